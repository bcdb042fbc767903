"""How a method is trained: the loop, resuming, curves, precision."""
