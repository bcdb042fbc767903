"""Groups of frames: match them to labels and name them."""
