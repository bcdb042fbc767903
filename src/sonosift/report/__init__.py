"""One self-contained HTML page per cohort and run."""
