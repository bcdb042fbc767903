"""What sound does: probe geometry, scatterers, point spread, propagation, and how echoes become a picture."""
