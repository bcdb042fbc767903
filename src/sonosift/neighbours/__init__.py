"""Nearest neighbours and k-means."""
