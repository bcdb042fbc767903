"""Search a finished cohort again for whatever could identify a patient, and say what was found."""
