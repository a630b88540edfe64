"""Model editing: a filter in front of a model, other kernels in it, and the effect on its scores."""
