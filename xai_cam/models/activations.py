"""How much memory a model's activations take, read off its graph before anything is run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.memory import in_words, largest_tensor, total_memory

AT_ONCE = 4
"""Images that a model has to take at a time, unless its user asks for fewer."""

HELD = {"Placeholder", "ReadVariableOp", "ResourceGather", "VarHandleOp"}
"""Operations that give weights, or part of them."""

NO_NUMBERS = {"resource", "variant", "string"}

IMAGES, WEIGHTS, NOTHING = "images", "weights", "nothing"
"""What a tensor is made of."""


@dataclass(frozen=True)
class Largest:
    """The largest tensor of a graph.

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
    """

    bytes: float = 0
    shape: tuple[int, ...] = ()
    kind: str = "float32"
    operation: Any = None

    @property
    def images(self) -> int:
        """As many images at a time as keep it within a quarter of the memory."""
        most = largest_tensor()
        return int(most / self.bytes) if self.bytes else most

    def describe(self, where: str = "") -> str:
        """What it is, and how large: `19.2 GB (adapt, 20000 x 20000 x 12, float32)`."""
        size = " x ".join(map(str, self.shape))
        return f"{in_words(self.bytes)} ({', '.join(filter(None, (where, size, self.kind)))})"


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
    for tensor, source in _tensors(graph, {one.name: IMAGES for one in inputs}):
        if not tensor.shape.is_fully_defined() or tensor.dtype.name in NO_NUMBERS:
            continue
        sides = tuple(tensor.shape.as_list())
        count = images if source == IMAGES else 1
        size = math.prod(sides) * tensor.dtype.size / count
        own = sides[1:] if source == IMAGES and sides[:1] == (images,) else sides
        if source == IMAGES and size >= of_images.bytes:
            of_images = Largest(size, own, tensor.dtype.name, tensor.op)
        elif source == NOTHING and size >= of_nothing.bytes:
            of_nothing = Largest(size, own, tensor.dtype.name, tensor.op)
    return of_images, of_nothing


def _tensors(graph: Any, sources: dict[str, str]) -> Iterator[tuple[Any, str]]:
    """The tensors of a graph with what they are made of; of functions that it calls, as of their call."""
    for operation in graph.get_operations():
        if operation.type == "Const":
            continue
        made_of = {sources.get(one.name, NOTHING) for one in (*operation.inputs, *operation.outputs)}
        source = IMAGES if IMAGES in made_of else WEIGHTS if WEIGHTS in made_of else NOTHING
        if source == NOTHING and operation.type in HELD:
            source = WEIGHTS
        for tensor in operation.outputs:
            sources[tensor.name] = source
            yield tensor, source
        for body in bodies_of(operation):
            yield from ((tensor, source) for tensor, _ in _tensors(body, {}))


def bodies_of(operation: Any) -> list[Any]:
    """The graphs of the functions that an operation runs: a call's, both of an `if`, those of a loop."""
    attributes = list(operation.node_def.attr.values())
    names = [one.func.name for one in attributes if one.HasField("func")]
    names += [function.name for one in attributes for function in one.list.func]
    found = [operation.graph._get_function(name) for name in names]
    return [one.graph for one in found if one is not None]


def check_activations(largest: Largest, images: int, where: str = "") -> None:
    """Refuse a model whose largest activation would take too much of the memory for so many images.

    Raises
    ------
    ModelError
    """
    if largest.bytes * images <= largest_tensor():
        return
    each = "" if images == 1 else f" for each of {images} images at a time"
    fewer = f"`batch_size={largest.images}`, " if images > 1 and 0 < largest.images < images else ""
    raise ModelError(
        f"The model's largest activation takes {largest.describe(where)}{each}, more than a quarter of the "
        f"memory here ({in_words(largest_tensor())} of {in_words(total_memory())}). Use {fewer}a smaller "
        "`size` if the model leaves it open, or a machine with more memory."
    )
