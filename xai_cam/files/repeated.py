"""Which of very many keys come more than once, in little memory: by their hashes first."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise


def repeated(keys: Callable[[], Iterable[Hashable]]) -> set[Hashable]:
    """The keys that come more than once; `keys` gives all of them, each time that it is called.

    A set of all would take some hundred bytes a key. Of a hash, 8 are held; only the keys of hashes that come
    more than once are looked at themselves.
    """
    hashes = sorted(array("q", map(hash, keys())))
    suspects = {one for one, other in pairwise(hashes) if one == other}
    if not suspects:
        return set()
    counts = Counter(key for key in keys() if hash(key) in suspects)
    return {key for key, count in counts.items() if count > 1}
