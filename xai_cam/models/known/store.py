"""Facts of networks in the user's cache: written, found again, and as if there were none where damaged."""

from __future__ import annotations

import json
from dataclasses import dataclass

from xai_cam.files.cache import Cache
from xai_cam.files.json_values import is_plain
from xai_cam.files.kept_bytes import find_bytes, keep_bytes
from xai_cam.models.known.codec import from_json, to_json
from xai_cam.models.known.messages import PACKAGE, Message
from xai_cam.models.known.network import FactsRecord

FORMAT = 1
"""Of the files; one of another format is as if it were not there."""

FILE = "facts.json"
MAX_BYTES = 1 << 24
"""Of a file that is read; a network of a thousand layers takes 400 kB."""


@dataclass(frozen=True)
class KeptFacts:
    """The facts of a network, and what was said when it was opened."""

    record: FactsRecord
    messages: tuple[Message, ...] = ()


def keep_facts(cache: Cache, key: str, facts: KeptFacts) -> bool:
    """Whether facts could be kept by this key; what was kept by it before is dropped."""
    try:
        body = json.dumps(to_json(facts), allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):  # something in the model is no plain data
        return False
    return keep_bytes(cache, key, FILE, f"facts {FORMAT}", body, MAX_BYTES)


def find_facts(cache: Cache, key: str) -> KeptFacts | None:
    """The facts that were kept by this key; None where there are none, or they were changed."""
    body = find_bytes(cache, key, FILE, f"facts {FORMAT}", MAX_BYTES)
    if body is None:
        return None
    try:
        found = json.loads(body)
        facts: KeptFacts | None = from_json(KeptFacts, found) if is_plain(found) else None
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return facts if facts is not None and _is_sound(facts) else None


def _is_sound(facts: KeptFacts) -> bool:
    ours = all(one.logger.partition(".")[0] == PACKAGE and 0 < one.level <= 50 for one in facts.messages)
    return ours and facts.record.is_sound
