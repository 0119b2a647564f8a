"""Images: grids of pixels with two axes, [channels, height, width]."""
