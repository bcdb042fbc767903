"""Sonosift sifts an unlabelled ultrasound archive into named groups and trained models."""

__version__ = "0.1.0"
