"""One file per verb of the command line, each the Python call and its progress."""
