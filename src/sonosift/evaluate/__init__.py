"""Protocols: thresholds, bootstrap by patient, baselines."""
