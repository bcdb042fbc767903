"""What a network is shown: samplers and batched augmentations on the training device."""
