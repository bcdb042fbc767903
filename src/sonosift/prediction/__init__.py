"""A trained run on files that it has never seen."""
