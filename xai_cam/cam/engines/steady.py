"""Sizes of chunks that stay, where a new one costs: XLA compiles for it, cuDNN looks for its fastest way."""

from __future__ import annotations

from xai_cam.models.device_memory import even_size


class SteadySizes:
    """The size of the chunks of each question, by what is asked first; it grows to its double at least."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}

    def size(self, question: str, count: int, most: int) -> int:
        """The size for a question about so many inputs, at most `most`: those that fit have become fewer."""
        kept, wanted = min(self._sizes.get(question, 0), most), even_size(count, most)
        if wanted > kept:
            kept = min(max(wanted, 2 * kept), most)
        self._sizes[question] = kept
        return kept
