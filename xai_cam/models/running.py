"""How a model runs: a batch size that is fixed in it, runs that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from xai_cam.errors import ModelError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.activations import AT_ONCE, bodies_of, check_activations, largest_activations
from xai_cam.models.batches import in_full_batches
from xai_cam.models.failures import as_ours
from xai_cam.models.input.model_inputs import as_asked
from xai_cam.models.plain_calls import plain_calls
from xai_cam.models.scopes import plain_scopes
from xai_cam.models.traced.trace import Trace, trace

PROBED = 2
"""Images in the one trace that a model is read from: of a known number, so that all shapes are known."""

NOT_ALIKE = 1e-5
"""A difference between two runs of one image, over the largest answer, that is no matter of rounding."""


# --- The batch size ----------------------------------------------------------------------------------


def trace_as_it_runs(
    model: Any, run: Any, shape: tuple[int, ...], nodes: dict[str, Any], at_once: int = AT_ONCE
) -> tuple[Trace, int | None]:
    """A trace of a model on a batch that it takes, and the batch size that it is limited to, if it is.

    A model is limited where it fails on other sizes, or answers with another number of rows, or mixes
    images: a reshape has its batch size written into it, or a constant of so many rows is added. It is run
    only if its activations are of a size that memory has room for.

    Raises
    ------
    ModelError
        `at_once` images, or the batch that it is limited to, need too much memory.
    ValueError, TypeError, tf.errors.OpError
        It runs on no batch.
    """
    import tensorflow as tf

    hints = batch_hints(model, nodes)
    probed = next(size for size in (PROBED, 3, 5, 7, 11, 13) if size not in hints)
    try:
        traced = _bounded_trace(run, (probed, *shape), nodes, at_once)
        if traced.largest[0].images < probed:  # fewer were asked for: nor may a trial take more
            traced = _bounded_trace(run, (1, *shape), nodes, 1)
        if _keeps_rows(traced, bool(hints)):
            return traced, None
        failed: Exception = ValueError("it gives another number of answers than it was given images")
    except (ValueError, TypeError, tf.errors.OpError) as error:
        if ran_out_of_memory(error):
            raise
        failed = error
    for size in sorted(hints | _leading_sizes(run, shape, nodes) | {1}):
        try:
            traced = _bounded_trace(run, (size, *shape), nodes, size)
            if _keeps_rows(traced, True):
                return traced, size
        except (ValueError, TypeError, tf.errors.OpError):
            continue
    raise failed


def _bounded_trace(run: Any, shape: tuple[int, ...], nodes: dict[str, Any], images: int) -> Trace:
    """A trace of a model whose activations for so many images fit into memory.

    Raises
    ------
    ModelError
        They do not.
    """
    traced = trace(run, shape, nodes)
    for largest, count in zip(traced.largest, (images, 1), strict=True):
        if largest.operation is not None:
            check_activations(
                largest, count, traced.where(largest.operation), largest.at and traced.where(largest.at)
            )
    return traced


def images_at_once(model: Any, shapes: Sequence[tuple[int, ...]], count: int, least: int = 1) -> int:
    """So many images, or as many as a model takes with activations that memory has room for.

    Parameters
    ----------
    model : keras.Model
        Of one input or several.
    shapes : sequence of (n, ...)
        Of its inputs for that many images.
    count : int
        The images. A model that cannot be traced is not judged.
    least : int
        As many have to fit.

    Raises
    ------
    ModelError
        They do not.
    """
    import tensorflow as tf

    def run(*images: Any) -> Any:
        first, more = as_asked(model, images[0], images[1:])
        return model(first, **more, training=False)

    signature = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    try:
        with plain_scopes(model), plain_calls(model), as_ours("", "", "Use a machine with more memory"):
            concrete = tf.function(run, autograph=False).get_concrete_function(*signature)
    except ModelError:
        return count
    of_images, of_nothing = largest_activations(concrete.graph, concrete.inputs[: len(shapes)], count)
    for largest, images in ((of_images, least), (of_nothing, 1)):
        check_activations(largest, images, largest.operation and largest.operation.name)
    return min(count, of_images.images)


def batch_hints(model: Any, nodes: dict[str, Any]) -> set[int]:
    """Batch sizes that the model's own record of its tensors mentions."""
    declared = [getattr(model, "inputs", None) or []]
    for node in (model, *nodes.values()):
        try:
            declared.append(node.output)
        except (AttributeError, ValueError):  # called more than once, or never by Keras itself
            declared += [one.output_tensors for one in getattr(node, "_inbound_nodes", ())]
    return set(_first_sizes(_flat(declared)))


def _leading_sizes(run: Any, shape: tuple[int, ...], nodes: dict[str, Any]) -> set[int]:
    """The batch sizes that tensors of the graph have where that of the images is left open."""
    import tensorflow as tf

    try:
        traced = trace(run, (None, *shape), nodes)
    except (ValueError, TypeError, tf.errors.OpError):
        return set()
    return set(_first_sizes(_flat([traced.outputs, [call.output for call in traced.calls]])))


def _flat(values: Any) -> list[Any]:
    import keras

    return list(keras.tree.flatten(values))


def _first_sizes(tensors: Iterable[Any]) -> Iterator[int]:
    for tensor in tensors:
        shape = getattr(tensor, "shape", None)
        if shape is not None and len(shape) > 1 and shape[0] is not None:
            yield int(shape[0])


def _keeps_rows(traced: Trace, thorough: bool) -> bool:
    """Whether a model answers each image of its batch, and each by itself."""
    size = batch_of(traced)
    if any(one.shape.rank and one.shape[0] not in (None, size) for one in traced.outputs):
        return False
    if not thorough:
        return True
    images = made_up(traced)
    before = _answers(traced, images)
    kept = all(len(one) == size for one in before)
    if not kept or size == 1 or unsteady_operations(traced):
        return kept
    images[1:] = images[1:] / 2
    after = _answers(traced, images)
    return all(_alike(one[:1], other[:1]) for one, other in zip(before, after, strict=True))


# --- Trial runs --------------------------------------------------------------------------------------


def batch_of(traced: Trace) -> int:
    """The number of images that a model was traced on."""
    return int(traced.concrete.inputs[0].shape[0])


def made_up(traced: Trace) -> np.ndarray:
    """Images of noise, as many as the trace takes."""
    shape = tuple(traced.concrete.inputs[0].shape)
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def _answers(traced: Trace, images: np.ndarray) -> list[np.ndarray]:
    """What a traced model answers to a batch, output by output; it remembers nothing of it."""
    with _put_back(traced):
        return [np.asarray(one) for one in traced.concrete(images)]


def tried(traced: Trace) -> list[np.ndarray]:
    """The outputs of a traced model for two images of noise, one in [0, 1] and one in [0, 255]."""
    shape = tuple(traced.concrete.inputs[0].shape)[1:]
    images = np.random.default_rng(0).uniform(0, 1, (2, *shape)).astype(np.float32)
    images[1] *= 255
    return in_full_batches(lambda part: _answers(traced, part), batch_of(traced), images)


def _alike(some: np.ndarray, others: np.ndarray) -> bool:
    largest = max(float(np.abs(some).max(initial=0)), 1e-30)
    return bool(np.allclose(some, others, rtol=0, atol=NOT_ALIKE * largest, equal_nan=True))


# --- What differs between runs -----------------------------------------------------------------------


def unsteady_operations(traced: Trace) -> list[Any]:
    """Operations that draw random numbers, keep something for the next run, or run Python code."""
    return [operation for operation in traced.concrete.graph.get_operations() if _unsteady(operation)]


def _unsteady(operation: Any) -> bool:
    kind = operation.type
    if "Random" in kind or kind.startswith("Assign") or "PyFunc" in kind or "Multinomial" in kind:
        return True
    return any(_unsteady(inner) for body in bodies_of(operation) for inner in body.get_operations())


@contextmanager
def _put_back(traced: Trace) -> Iterator[None]:
    """Give variables their values back, where the model may assign them itself."""
    steady = not any(map(_unsteady, traced.concrete.graph.get_operations()))
    values = [] if steady else [(one, one.read_value()) for one in traced.concrete.graph.variables]
    try:
        yield
    finally:
        for variable, value in values:
            variable.assign(value)


def differing(traced: Trace) -> list[str] | None:
    """The layers for which two runs of one image differ, by path; None if they do not differ.

    The model is run only if its graph holds something that may differ.
    """
    suspects = unsteady_operations(traced)
    if not suspects:
        return None
    images = made_up(traced)
    images[:] = images[:1]
    with _put_back(traced):
        runs = [[np.asarray(one) for one in traced.concrete(images)] for _ in range(2)]
    answers = [np.concatenate(of_output) for of_output in zip(*runs, strict=True)]
    if all(_alike(one, np.broadcast_to(one[:1], one.shape)) for one in answers):
        return None
    made = [traced.maker(operation) for operation in suspects]
    return list(dict.fromkeys(call.path for call in made if call is not None))
