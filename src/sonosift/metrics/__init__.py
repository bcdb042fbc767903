"""Metrics: pure functions, one file per family."""
