"""Two types that every file here speaks of."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Pair = tuple[int, int]
"""Rows first, then columns: a size, strides, a position."""
