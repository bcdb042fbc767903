"""Networks: backbones from timm, heads."""
