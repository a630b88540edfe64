"""How a DICOM file begins."""

from __future__ import annotations

import re

PREAMBLE = 128
MAGIC = b"DICM"
"""Behind the preamble, of which nothing is said."""

MAGIC_BYTES = PREAMBLE + len(MAGIC)

DICOMDIR = "dicomdir"
"""A file of this name, in whatever letters, lists others."""

BARE = re.compile(rb"[\x02\x08]\0.\0(?:[A-Z]{2}|[\x02-\x80]\0\0\0)|\0[\x02\x08]\0.[A-Z]{2}", re.DOTALL)
"""The first element of a file without preamble: of group 2 or 8, with a kind, or with a short length."""


def is_dicom(head: bytes) -> bool:
    """Whether the first `MAGIC_BYTES` of a file are those of DICOM."""
    return head[PREAMBLE:MAGIC_BYTES] == MAGIC


def is_bare(head: bytes) -> bool:
    """Whether a file begins as DICOM without its preamble does, as old devices wrote it."""
    return BARE.match(head) is not None
