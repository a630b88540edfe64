"""A loaded model seen as a tree of layers: all that is known of it, and a look inside while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xai_cam.models.activations import AT_ONCE, Largest
from xai_cam.models.entrance import Entrance
from xai_cam.models.exploring import explore
from xai_cam.models.facts import ExpectedScaling, NetworkFacts, Numbered
from xai_cam.models.input.backbones import usual_scaling
from xai_cam.models.input.expected_scaling import expected_of_bands, expected_scaling
from xai_cam.models.input.input_shape import image_shape
from xai_cam.models.input.model_inputs import image_among, inputs_of
from xai_cam.models.input.teachable_machine import fed_as_always, open_size
from xai_cam.models.known_layer import KnownLayer
from xai_cam.models.layers import LayerInfo
from xai_cam.models.observing import Seen, at, has_layers, observing
from xai_cam.models.output.answers import Answers
from xai_cam.models.plain_calls import plain_calls
from xai_cam.models.scopes import plain_scopes
from xai_cam.models.traced.nodes import nodes_of
from xai_cam.models.untouched import AsOpened

__all__ = ["LayerInfo", "Network", "list_layers"]


class Network(NetworkFacts):
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
    outputs : sequence of str or int
        The outputs that are explained, by name or number; default: the only one, or the only classifier.
    image_input : str, optional
        The input that is the image, by name or number; default: the only one that may be.

    Attributes
    ----------
    batch_size : int or None
        The number of images that the model is limited to in one call; None: any.
    outputs, all_outputs : sequence of ModelOutput
        Those that are explained, and those that there are.
    extras : sequence of ModelInput
        The inputs besides the image.

    Raises
    ------
    ModelError
        It takes no image, its input's size is open, nobody can say which input is the image or which output
        is explained, or it fails on an image of that size, or needs too much memory.
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
        outputs: Sequence[str | int] = (),
        image_input: str | None = None,
    ) -> None:
        self.model = model
        inputs = inputs_of(model)
        image = image_among(inputs, image_input) if inputs else 0
        shape = image_shape((None, *inputs[image].shape) if inputs else None, size or open_size(model))
        self.entrance = Entrance(inputs, image, shape)
        at_once = min(batch_size or AT_ONCE, AT_ONCE)
        explored = explore(model, self.entrance, head, outputs, reshape, at_once)
        self.anatomy, self.batch_size = explored.anatomy, explored.batch_size
        self.outputs, self.all_outputs = explored.outputs, explored.all_outputs
        self.channels_first = self.anatomy.channels_first
        self.input_shape = (*shape[1:], shape[0]) if self.channels_first else shape
        self.call = call
        self.layers = self.anatomy.layers(call)
        self._weights: AsOpened | None = None

    def known_as(self, identity: str | None) -> Network:
        """The same, known by what it was opened from just now."""
        self.identity = identity
        self._weights = AsOpened(self.model) if identity is not None else None
        return self

    @property
    def is_as_opened(self) -> bool:
        """Whether the weights are still those of the files that `identity` is of."""
        return self._weights is not None and self._weights.holds

    def live(self) -> Network:
        """Itself: its model is there."""
        return self

    @property
    def reshape(self) -> tuple[int, ...] | None:
        """The grid of tokens that the caller has told."""
        return self.anatomy.reshape

    @property
    def grid_fits(self) -> bool:
        """Whether some layer has tokens of that grid; True where none was told."""
        return self.anatomy.grid_fits

    @property
    def ends(self) -> list[LayerInfo]:
        """The calls whose maps are the last before the spatial dimensions end, the very last at the end."""
        return self.anatomy.ends

    @property
    def deepest(self) -> LayerInfo | None:
        """The last call on the smallest grid."""
        return self.anatomy.deepest

    @property
    def numbered(self) -> list[Numbered]:
        """The layers of the model itself, in its own order."""
        paths = {id(info.layer): info.path for info in reversed(self.layers)}
        return [Numbered(str(one.name), type(one).__name__, paths.get(id(one))) for one in self.model.layers]

    @property
    def memory(self) -> tuple[Largest, Largest]:
        """The largest tensor made of the images, and the largest made of nothing, by names of layers."""
        return self.anatomy.trace.largest_by_name

    def expected_scaling(self) -> ExpectedScaling | None:
        """The scaling of pixels that the graph expects, or that a backbone it is known for usually has."""
        front = self.anatomy.front
        untouched = front is None or (front.affine.is_identity and front.statistics is None)
        told = (fed_as_always(self.model) if untouched else None) or expected_scaling(front)
        return told or usual_scaling([info.path for info in self.layers], str(self.model.name))

    def scaling_of_bands(self) -> ExpectedScaling | None:
        """The same of bands, whose numbers may lie anywhere: by the graph alone."""
        return expected_of_bands(self.anatomy.front)

    def own(self, info: LayerInfo) -> LayerInfo:
        """The layer of this network that is the given one, which may be of what was kept of it."""
        if not isinstance(info.layer, KnownLayer):
            return info
        same = (one for one in (*self.layers, *self.anatomy.calls) if one.path == info.path)
        return next((one for one in same if one.number == info.number), info)

    def run(
        self,
        inputs: Any,
        target: LayerInfo | None = None,
        seen: Seen | None = None,
        extras: Sequence[Any] = (),
    ) -> Answers:
        """Call the model inside a trace and look at what it answers.

        Parameters
        ----------
        inputs : (n, H, W, c) symbolic tensor
            Preprocessed images.
        target : LayerInfo, optional
            Layer to look at.
        seen : callable, optional
            Gets that layer and its output at each of its calls; what it returns replaces the output.
        extras : sequence of (n, …) symbolic tensors
            The model's other inputs.

        Returns
        -------
        answers : Answers
        """
        import keras

        target = None if target is None else self.own(target)
        layers = [] if target is None else [target.layer]
        watched = at(None if target is None else target.place, seen or _hand_on)
        seeing = observing(_leaves(self.model), layers, watched)
        with plain_scopes(self.model), plain_calls(self.model), seeing as activations:
            found = self.entrance.call(self.model, self.as_model_takes(inputs), extras)
        return Answers(self.outputs, keras.tree.flatten(found), found, activations)

    def as_model_takes(self, images: Any) -> Any:
        """Images (n, H, W, c) in the order of axes that the model has."""
        import tensorflow as tf

        images = tf.ensure_shape(images, (self.batch_size, *self.input_shape)) if self.batch_size else images
        last = len(self.input_shape)
        return tf.transpose(images, (0, last, *range(1, last))) if self.channels_first else images


def _hand_on(_: Any, output: Any) -> Any:
    return output


def list_layers(model: Any) -> list[LayerInfo]:
    """The layers of a model that need not be called, in the order in which it holds them, without shapes."""
    return [
        LayerInfo(path, layer, None, order)
        for order, (path, layer) in enumerate(nodes_of(model, operations=False).items())
    ]


def _leaves(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers(include_self=False) if not has_layers(layer)]
