"""A simulated hospital: anatomy, probe, speckle, overlays, messy metadata, and the truth about all of it."""
