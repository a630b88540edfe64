"""Pickles: programs that make objects, told by their first steps, none of which is taken."""

from __future__ import annotations

import pickletools
import re
from itertools import islice

from xai_cam.models.loading.containers.foreign.looks import IN_PYTORCH, Foreign, Look
from xai_cam.models.loading.containers.foreign.magics import unpacked

TORCH_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""A pickle of one number, which PyTorch before 1.6 begins with."""

TEXTUAL = re.compile(
    rb"c[A-Za-z_][\w.]{0,200}\n\w{1,200}\n|\([dl](?:p\d{1,9})?\n|\(i\w[\w.]{0,200}\n|[\]})]q\x00"
)
"""How pickles of protocols 0 and 1 begin."""

STEPS = 6
"""Of its program that are looked at."""

PYTORCH = Foreign("is a PyTorch file (.pt, .pth)", IN_PYTORCH)
PROGRAM = "a program, which is never run here"
LOAD_IT = "Load it where it was written, and write the model with `model.save`."


def by_pickle(look: Look) -> Foreign | None:
    """What a pickle is of, as far as its beginning tells."""
    packed = look.head[:1] == b"\x78"
    data = unpacked(look.head) if packed else look.head
    if data.startswith(TORCH_MAGIC):
        return PYTORCH
    if not _is_pickle(data, packed or look.tail.endswith(b".")):
        return None
    if b"torch" in data:
        return PYTORCH
    if packed or b"joblib" in data:
        return Foreign(f"is a pickle of joblib (.joblib), {PROGRAM}", LOAD_IT)
    owner = next((name for key, name in OWNERS.items() if key in data), "")
    return Foreign(f"is a pickle (.pkl){owner}, {PROGRAM}", LOAD_IT)


OWNERS = {b"sklearn": " of scikit-learn", b"keras": " of a Keras model or of its parts"}


def _is_pickle(data: bytes, ends: bool) -> bool:
    """Whether the data begin as a pickle does; one without a mark of its protocol has to end as one, too."""
    marked = len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5
    if not marked and not (ends and TEXTUAL.match(data)):
        return False
    steps = 0
    try:
        for _ in islice(pickletools.genops(data), STEPS):
            steps += 1
    except (ValueError, UnicodeDecodeError):
        return steps > 2
    return steps > 1
