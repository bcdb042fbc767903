"""Where a network looks: Grad-CAM of its answers, as pictures."""
