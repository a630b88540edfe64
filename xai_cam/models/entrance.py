"""What goes into a model: its inputs, and which of them is the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.models.input.model_inputs import ModelInput, as_asked


@dataclass(frozen=True)
class Entrance:
    """What goes into a model: all inputs, which of them is the image, and that image's shape (H, W, c)."""

    inputs: Sequence[ModelInput]
    image: int
    shape: tuple[int, ...]

    @property
    def extras(self) -> list[ModelInput]:
        """The inputs besides the image."""
        return [one for number, one in enumerate(self.inputs) if number != self.image]

    def call(self, model: Any, images: Any, extras: Sequence[Any]) -> Any:
        """What the model gives for images and its other inputs, which become the kind of numbers it takes."""
        import tensorflow as tf

        kinds = [one.dtype for one in self.extras]
        given = [tf.cast(one, kind) for one, kind in zip(extras, kinds, strict=True)]
        first, more = as_asked(model, images, given, self.image)
        return model(first, **more, training=False)
