"""How much memory a model's activations take, read off its graph before anything is run."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.memory import in_words, largest_tensor, most_at_once, total_memory

AT_ONCE = 4
"""Images that a model has to take at a time, unless its user asks for fewer."""

HELD = {"Placeholder", "ReadVariableOp", "ResourceGather", "VarHandleOp"}
"""Operations that give weights, or part of them."""

NO_NUMBERS = {"resource", "variant", "string"}

IMAGES, WEIGHTS, NOTHING = "images", "weights", "nothing"
"""What a tensor is made of."""


@dataclass(frozen=True)
class Largest:
    """The largest tensor of a graph, and the most that all of its kind take at once.

    Attributes
    ----------
    bytes : float
        For one image.
    shape : tuple of int
        For one image, where the tensor has a row for each.
    kind : str
        Of its numbers.
    operation : tf.Operation, optional
        What makes it; None: there is no tensor.
    together : float
        Bytes of all that are there at once, for one image: each from when it is made to its last use.
    at : tf.Operation, optional
        When they are.
    """

    bytes: float = 0
    shape: tuple[int, ...] = ()
    kind: str = "float32"
    operation: Any = None
    together: float = 0
    at: Any = None

    @property
    def images(self) -> int:
        """As many images at a time as keep it within a quarter of the memory, and all within half of it."""
        bounds = ((largest_tensor(), self.bytes), (most_at_once(), self.together))
        return min(int(most / size) if size else most for most, size in bounds)

    @property
    def alone(self) -> bool:
        """Whether it bounds the images by itself, and not with the others."""
        return self.together * largest_tensor() <= self.bytes * most_at_once()

    def describe(self, where: str = "") -> str:
        """What it is, and how large: `19.2 GB (adapt, 20000 x 20000 x 12, float32)`."""
        size = " x ".join(map(str, self.shape))
        return f"{in_words(self.bytes)} ({', '.join(filter(None, (where, size, self.kind)))})"

    def describe_all(self, at: str = "") -> str:
        """How large all are that are there at once: `7.7 GB at once (at average)`."""
        return f"{in_words(self.together)} at once" + (f" (at {at})" if at else "")


def largest_activations(graph: Any, inputs: Sequence[Any], images: int) -> tuple[Largest, Largest]:
    """The largest tensor that is made of the images, and the largest that is made of nothing.

    Parameters
    ----------
    graph : tf.Graph
        Traced on so many images. What is made of weights alone is no larger than they are, and left out.
    inputs : sequence of tensors
        The images, in that graph.
    images : int
        How many it was traced on.
    """
    of_images, of_nothing = Largest(), Largest()
    sources = _sources(graph, {one.name: IMAGES for one in inputs})
    for tensor, source in _tensors(graph, sources):
        sides = tuple(tensor.shape.as_list()) if tensor.shape.is_fully_defined() else ()
        size = _bytes_of(tensor) / (images if source == IMAGES else 1)
        own = sides[1:] if source == IMAGES and sides[:1] == (images,) else sides
        if source == IMAGES and size >= of_images.bytes:
            of_images = Largest(size, own, tensor.dtype.name, tensor.op)
        elif source == NOTHING and size >= of_nothing.bytes:
            of_nothing = Largest(size, own, tensor.dtype.name, tensor.op)
    together, at = _most_together(graph, IMAGES, sources)
    of_images = replace(of_images, together=together / images, at=at)
    if of_nothing.bytes:
        together, at = _most_together(graph, NOTHING, sources)
        of_nothing = replace(of_nothing, together=together, at=at)
    return of_images, of_nothing


def _bytes_of(tensor: Any) -> int:
    """What a tensor takes, as far as its shape tells."""
    if not tensor.shape.is_fully_defined() or tensor.dtype.name in NO_NUMBERS:
        return 0
    return int(math.prod(tensor.shape.as_list()) * tensor.dtype.size)


def _sources(graph: Any, known: dict[str, str]) -> dict[str, str]:
    """What the tensors of a graph are made of, by name; constants are left out."""
    sources = dict(known)
    for operation in graph.get_operations():
        if operation.type == "Const":
            continue
        made_of = {sources.get(one.name, NOTHING) for one in (*operation.inputs, *operation.outputs)}
        source = IMAGES if IMAGES in made_of else WEIGHTS if WEIGHTS in made_of else NOTHING
        if source == NOTHING and operation.type in HELD:
            source = WEIGHTS
        sources |= {tensor.name: source for tensor in operation.outputs}
    return sources


def _tensors(graph: Any, sources: dict[str, str]) -> Iterator[tuple[Any, str]]:
    """The tensors of a graph with what they are made of; of functions that it calls, as of their call."""
    for operation in graph.get_operations():
        made = [tensor for tensor in operation.outputs if tensor.name in sources]
        yield from ((tensor, sources[tensor.name]) for tensor in made)
        for body in bodies_of(operation):
            source = sources[made[0].name] if made else NOTHING
            yield from ((tensor, source) for tensor, _ in _tensors(body, _sources(body, {})))


def _most_together(graph: Any, source: str, sources: dict[str, str] | None) -> tuple[int, Any]:
    """Bytes of what is made of one thing and there at once, at most, and the operation at which it is.

    The graph is run in its order, and what it is given counts; inside of a function (nothing is known) all
    is made of the same, and what it is given is there already.
    """
    operations = graph.get_operations()
    last = {one.name: place for place, operation in enumerate(operations) for one in operation.inputs}
    last |= {one.name: len(operations) for one in graph.outputs}
    together, most, at = 0, 0, None
    ended: defaultdict[int, int] = defaultdict(int)
    for place, operation in enumerate(operations):
        if operation.type == "Const" or (sources is None and operation.type == "Placeholder"):
            continue
        own = [one for one in operation.outputs if sources is None or sources[one.name] == source]
        for tensor in own:
            together += _bytes_of(tensor)
            ended[last.get(tensor.name, place)] += _bytes_of(tensor)
        inside = [_most_together(body, source, None)[0] for body in bodies_of(operation)] if own else []
        if together + max(inside, default=0) > most:
            most, at = together + max(inside, default=0), operation
        together -= ended[place]
    return most, at


def bodies_of(operation: Any) -> list[Any]:
    """The graphs of the functions that an operation runs: a call's, both of an `if`, those of a loop."""
    attributes = list(operation.node_def.attr.values())
    names = [one.func.name for one in attributes if one.HasField("func")]
    names += [function.name for one in attributes for function in one.list.func]
    found = [operation.graph._get_function(name) for name in names]
    return [one.graph for one in found if one is not None]


def check_activations(largest: Largest, images: int, where: str = "", at: str = "") -> None:
    """Refuse a model whose activations would take too much of the memory for so many images.

    Raises
    ------
    ModelError
        The largest takes more than a quarter, or all that are there at once more than half.
    """
    if largest.bytes * images > largest_tensor():
        what, share = f"largest activation takes {largest.describe(where)}", "a quarter"
    elif largest.together * images > most_at_once():
        what, share = f"activations take {largest.describe_all(at)}", "half"
    else:
        return
    most = in_words(largest_tensor() if share == "a quarter" else most_at_once())
    each = "" if images == 1 else f" for each of {images} images at a time"
    fewer = f"`batch_size={largest.images}`, " if images > 1 and 0 < largest.images < images else ""
    raise ModelError(
        f"The model's {what}{each}, more than {share} of the memory here ({most} of "
        f"{in_words(total_memory())}). Use {fewer}a smaller `size` if the model leaves it open, or a machine "
        "with more memory."
    )
