"""A finished run as files that others can run: timm weights, ONNX, a bundle; each checked by running it."""
