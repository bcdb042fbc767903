"""What we keep: catalog, frame store, splits, annotations, runs."""
