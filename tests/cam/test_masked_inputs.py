"""Occlusion and RISE from end to end: against loops, by both engines, of models of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import black_box
from oracle.network import Network, read_network
from support.passes_counted import counted
from support.small_models import build_tiny, save_model
from xai_cam import Explainer, explain
from xai_cam.cam.engines.questions import ENGINES
from xai_cam.errors import InputError

X = np.random.default_rng(6).uniform(-1, 2, (3, 16, 16, 3)).astype(np.float32)
METHODS = ["occlusion", "rise"]
FEW = {"samples": 24, "seed": 5, "patch": 6, "stride": 4}
