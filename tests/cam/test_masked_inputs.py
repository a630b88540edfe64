"""Occlusion and RISE from end to end: against loops, by both engines, of models of every kind."""

from __future__ import annotations

import numpy as np

X = np.random.default_rng(6).uniform(-1, 2, (3, 16, 16, 3)).astype(np.float32)
METHODS = ["occlusion", "rise"]
FEW = {"samples": 24, "seed": 5, "patch": 6, "stride": 4}
