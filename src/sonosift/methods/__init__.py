"""Ways of learning, one file each, with its configuration beside it."""
