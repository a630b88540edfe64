"""The version, on the ground where every module may read it."""

__version__ = "0.7.0"
