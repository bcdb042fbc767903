"""Search a finished cohort for identity again, trusting nothing that made it."""
