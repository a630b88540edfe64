"""A written or converted model, described as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xai_cam.models.convert import Conversion
    from xai_cam.models.saving import Saved

MAX_NAMED = 3
BACKENDS = {"theano": "Theano", "tensorflow": "TensorFlow", "cntk": "CNTK"}


def describe_saved(outputs: Sequence[Path], saved: Saved) -> Iterator[str]:
    """Lines of text: the files, how they were checked, what other programs need to read them."""
    for path in outputs:
        size = path.stat().st_size
        yield f"Wrote {path} ({size / 1e6:.1f} MB)" if size >= 1e5 else f"Wrote {path} ({size / 1e3:.0f} kB)"
    yield (
        f"Read back by Keras: all {saved.weights:,} weights are equal, the outputs agree to "
        f"{saved.difference:.1e}."
    )
    if saved.needs:
        yield f"Other programs need custom_objects for: {', '.join(saved.needs)}."


def describe_conversion(done: Conversion) -> Iterator[str]:
    """Lines of text: what was changed, written and compared."""
    loaded = done.loaded
    backend = f" on {BACKENDS.get(loaded.origin.backend)}" if loaded.origin.backend in BACKENDS else ""
    version = loaded.origin.keras_version
    writer = version if str(version).startswith("tfjs-") else f"Keras {version}"
    yield f"Read from {loaded.container}, written by {writer}{backend}. Changed:"
    for what, names in loaded.changes.items():
        more = f", and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        yield f"  {what}: {', '.join(names[:MAX_NAMED])}{more}"
    if not loaded.changes:
        yield "  nothing"
    yield from loaded.notices
    yield from describe_saved(done.written, done)
