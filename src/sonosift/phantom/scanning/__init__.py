"""What an operator does: which exam, which view, where the probe is held, when the picture is frozen."""
