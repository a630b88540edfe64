"""Kernels of convolution layers: read, drawn, described, applied to pictures; and named kernels.

Kernels correlate, as those of a CNN and of `cv2.filter2D` do: they are laid over the picture as they are, not
turned by 180 degrees.
"""
