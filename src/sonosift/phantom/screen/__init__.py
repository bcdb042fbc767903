"""What the machine shows: the scan in its place, and everything drawn over and beside it."""
