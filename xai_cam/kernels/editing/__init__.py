"""Rewriting a model: a filter in front of it, other kernels in it, and what that does to its answers."""
