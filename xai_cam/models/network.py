"""A loaded model seen as a tree of layers: find one, pick the default, describe the head, look inside."""

from __future__ import annotations

import logging
import math
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.activations import AT_ONCE
from xai_cam.models.anatomy import Anatomy
from xai_cam.models.failures import as_ours
from xai_cam.models.input.backbones import usual_scaling
from xai_cam.models.input.expected_scaling import expected_scaling
from xai_cam.models.input.input_shape import image_shape, may_be_channels_first
from xai_cam.models.input.seen_statistics import ExpectedScaling
from xai_cam.models.input.teachable_machine import fed_as_always, open_size
from xai_cam.models.layers import LayerInfo, Wanted, resolve
from xai_cam.models.observing import Seen, at, has_layers, observing
from xai_cam.models.output.final_activation import PROBABILITIES
from xai_cam.models.output.head import Head
from xai_cam.models.output.head_conclusion import conclude, find_ending, sums_to_one
from xai_cam.models.output.losses import loss_of
from xai_cam.models.output.outputs import read_output, to_predicted, to_probabilities
from xai_cam.models.plain_calls import plain_calls
from xai_cam.models.running import as_asked, trace_as_it_runs, trial
from xai_cam.models.scopes import plain_scopes
from xai_cam.models.soundness import tell
from xai_cam.models.traced.nodes import nodes_of

__all__ = ["LayerInfo", "Network", "list_layers"]

log = logging.getLogger(__name__)


def _without_maps(info: LayerInfo, path: str, spatial: list[str]) -> str:
    size = "several tensors"
    if info.shape is not None:
        size = " x ".join("?" if side is None else str(side) for side in info.shape)
    stack = info.shape is not None and len(info.shape) in (3, 4) and info.shape[-3:-1] != (1, 1)
    what = "maps that lie in the picture" if stack else "spatial output"
    return (
        f"Layer {path!r} has no {what} (it gives {size}). Name a layer with maps larger "
        f"than 1 x 1: {', '.join(spatial) or 'this model has none'}."
    )


SPATIAL = Wanted(lambda info: info.spatial, "Nearest names with maps", True, _without_maps)
"""Layers that can be explained."""


class Network:
    """A Keras model, its input, its layers in the order of the call, and its head.

    Parameters
    ----------
    model : keras.Model
        Called, never changed.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    head : str
        What the output means, one of `HEADS`; `auto` concludes it.
    reshape : (int, int), optional
        Rows and columns of the grid that a transformer's tokens form, where the model does not tell.
    call : int, optional
        Which call of layers that the model calls several times, from 1 on; default: the last.
    batch_size : int, optional
        The images that it will be asked about at a time, for which there has to be memory: a model whose
        largest activation takes more than a quarter of it for that many, or whose activations take more than
        half of it at once, is refused. Of more than four, four have to fit, and batches are kept as small as
        it takes.

    Attributes
    ----------
    batch_size : int or None
        The number of images that the model is limited to in one call; None: any.

    Raises
    ------
    ModelError
        It is no image classifier with one input and one output, its input's size is open, or it fails on
        an image of that size, or needs too much memory.
    InputError
        The model cannot have such a head.
    """

    def __init__(
        self,
        model: Any,
        size: tuple[int, ...] | None = None,
        head: str = "auto",
        *,
        reshape: tuple[int, ...] | None = None,
        call: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.model = model
        shape = image_shape(model, size or open_size(model))
        at_once = min(batch_size or AT_ONCE, AT_ONCE)
        self.anatomy, self.head, self.batch_size = _explore(model, shape, head, reshape, at_once)
        self._kept_small = False
        self.channels_first = self.anatomy.channels_first
        self.input_shape = (*shape[1:], shape[0]) if self.channels_first else shape
        self.call = call
        self.layers = self.anatomy.layers(call)

    def find(self, path: str | None = None) -> LayerInfo:
        """The layer at `path` (a name, `outer/inner`, or an unambiguous inner name); None: the default.

        Raises
        ------
        ModelError
            No such layer, several of that name, or a layer whose output is no stack of maps.
        """
        found = self.default_layer() if path is None else resolve(self.layers, path, SPATIAL)
        if self.call is not None and self.call != found.number:
            times = "once" if found.times == 1 else f"{found.times} times"
            raise ModelError(
                f"Layer {found.path!r} is called {times}, so there is no call {self.call}. Choose another "
                "`call`, or leave it out."
            )
        return found

    def default_layer(self) -> LayerInfo:
        """The last layer or operation whose output is a stack of maps of the picture, larger than 1 x 1.

        A pooling that comes last is passed over, and a layer made of others in its own manner is one step.
        Whatever stands before the first convolution does not count.
        """
        ends = self.anatomy.ends
        if self.anatomy.reshape and not (ends and self.anatomy.grid_fits):
            grid = self.anatomy.reshape
            of_tokens = [info.shape for info in self.layers if info.shape and len(info.shape) == 2]
            counts = ", ".join(map(str, sorted({shape[0] or 0 for shape in of_tokens}))) or "none"
            raise ModelError(
                f"No layer has {math.prod(grid)} tokens, or a few more, that matter to the output, so "
                f"`reshape={tuple(grid)}` fits none. Layers have {counts}."
            )
        if not ends:
            raise ModelError(
                "The model has no convolution with maps of the picture larger than 1 x 1, so there is "
                "nothing to draw a heat map of. Give a convolutional network, or `reshape` for a transformer."
            )
        return self.at_call(ends[-1])

    def side_by_side(self) -> list[LayerInfo]:
        """Other layers and calls whose maps are the last of their branch, beside the default's."""
        return [info for info in self.anatomy.ends if info != self.default_layer()]

    def at_call(self, info: LayerInfo) -> LayerInfo:
        """The layer at the call that was asked for, if it has so many."""
        return next((one for one in self.layers if one.path == info.path), info) if self.call else info

    def expected_scaling(self) -> ExpectedScaling | None:
        """The scaling of pixels that the graph expects, or that a backbone it is known for usually has."""
        front = self.anatomy.front
        untouched = front is None or (front.affine.is_identity and front.statistics is None)
        told = (fed_as_always(self.model) if untouched else None) or expected_scaling(front)
        return told or usual_scaling([info.path for info in self.layers], str(self.model.name))

    def spatial_layers(self) -> list[LayerInfo]:
        """The layers that can be explained, in the order of the call."""
        return [info for info in self.layers if info.spatial]

    def at_most(self, images: int) -> int:
        """So many images at a time, or as many as there is memory for, which is logged once."""
        largest = self.anatomy.trace.largest[0]
        most = max(min(images, largest.images), 1)
        if most < images and not self._kept_small:
            self._kept_small = True
            where = self.anatomy.trace.where
            what, share = f"activations take {largest.describe_all(where(largest.at))}", "half"
            if largest.alone:
                what = f"largest activation takes {largest.describe(where(largest.operation))}"
                share = "a quarter"
            log.warning(
                f"The {what} for each image: continuing with at most {most} at a time, for which {share} of "
                "the memory is enough."
            )
        return most

    def run(self, inputs: Any, target: LayerInfo | None = None, seen: Seen | None = None) -> tuple[Any, Any]:
        """Call the model inside a trace and look at its class scores.

        Parameters
        ----------
        inputs : (n, H, W, c) symbolic tensor
            Preprocessed images.
        target : LayerInfo, optional
            Layer to look at.
        seen : callable, optional
            Gets that layer and its output at each of its calls; what it returns replaces the output.

        Returns
        -------
        logits : (n, classes) float32
            Scores of the classes before the final activation; [-z, z] for a binary head, the values of a
            regression.
        output : (n, classes) float32
            The model's own output for each class; [1 - p, p] for a one-unit sigmoid.
        """
        layers = [] if target is None else [target.layer]
        watched = at(None if target is None else target.place, seen or _hand_on)
        seeing = observing(_leaves(self.model), layers, watched)
        with plain_scopes(self.model), plain_calls(self.model), seeing as activations:
            output = _single(self.model(as_asked(self.model, self.as_model_takes(inputs)), training=False))
        return read_output(self.head, output, activations)

    def as_model_takes(self, images: Any) -> Any:
        """Images (n, H, W, c) in the order of axes that the model has."""
        import tensorflow as tf

        images = tf.ensure_shape(images, (self.batch_size, *self.input_shape)) if self.batch_size else images
        last = len(self.input_shape)
        return tf.transpose(images, (0, last, *range(1, last))) if self.channels_first else images

    def probabilities(self, logits: Any, output: Any) -> Any:
        """Class probabilities of what `run` returned; for heads that have them."""
        return to_probabilities(self.head, logits, output)

    def predicted(self, output: Any) -> Any:
        """Index of the predicted class, (n,) int32; of a regression 0, the first value."""
        return to_predicted(self.head, output)


def _hand_on(_: Any, output: Any) -> Any:
    return output


# --- Exploring a model once --------------------------------------------------------------------------


def _explore(
    model: Any, shape: tuple[int, ...], asked: str, reshape: tuple[int, ...] | None, at_once: int
) -> tuple[Anatomy, Head, int | None]:
    """Trace the model once; find out what it is made of, what its output is, and how it runs."""
    nodes = nodes_of(model)

    def run(images: Any) -> Any:
        return _single(model(as_asked(model, images), training=False))

    with as_ours(
        f"The model cannot be run on an input of {shape}",
        "See that Keras runs it on such an image, and check `size` if the model leaves it open",
        "Use a smaller `size` if the model leaves it open, or a machine with more memory",
    ):
        with plain_scopes(model), plain_calls(model):
            traced, batch_size = trace_as_it_runs(model, run, shape, nodes, at_once)
        with traced.concrete.graph.as_default():  # what is read off the output may be computed from it
            ending = find_ending(traced.output, traced.activations)
        sums = ending.units > 1 and ending.activation not in PROBABILITIES
        sums = sums and sums_to_one(trial(traced), shape, ending.units)
        head = conclude(ending, sums, loss_of(model), asked)
        tell(model, nodes, traced, batch_size)
    anatomy = Anatomy(traced, reshape=reshape)
    if may_be_channels_first(shape) and not anatomy.reads_places:
        other = Anatomy(traced, channels_first=True, reshape=reshape)
        anatomy = other if other.reads_places else anatomy
    return anatomy, head, batch_size


def list_layers(model: Any) -> list[LayerInfo]:
    """The layers of a model that need not be called, in the order in which it holds them, without shapes."""
    return [
        LayerInfo(path, layer, None, order)
        for order, (path, layer) in enumerate(nodes_of(model, operations=False).items())
    ]


def _leaves(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers(include_self=False) if not has_layers(layer)]


def _single(output: Any) -> Any:
    """The one output tensor of a call."""
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)):
        if len(output) != 1:
            raise ModelError(
                f"The model has {len(output)} outputs. Only models with one output can be explained."
            )
        return output[0]
    return output
