"""How pictures become an input of a model besides the image: another view of the same thing."""

from __future__ import annotations

from xai_cam.errors import InputError, XaiCamError
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.holding import View
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.input.preprocessing import COLOUR_ONLY, Preprocessing, choose_preprocessing


def view_of(network: NetworkFacts, asked: Preprocessing | None, wanted: ModelInput) -> View:
    """How pictures become another input of a network.

    Sides that the input leaves open are those of the image.

    Parameters
    ----------
    network : NetworkFacts
        Whose input it is.
    asked : Preprocessing, optional
        The scaling that was asked for, for this input too; default: found as that of the image is.
    wanted : ModelInput
        The input.

    Raises
    ------
    InputError
        It takes no pictures.
    """
    if not wanted.is_image:
        raise InputError(
            f"`extra` {wanted.name} is a folder of pictures, and the model takes {wanted}. Give numbers."
        )
    first = network.channels_first
    *sides, channels = wanted.shape[1:] + wanted.shape[:1] if first else wanted.shape
    channels = channels or network.input_shape[2]
    height, width = (side or own for side, own in zip(sides, network.input_shape[:2], strict=True))
    scaling = _scaling(network, asked, wanted, channels, (height, width))
    return View((height, width), channels, scaling, first)


def _scaling(
    network: NetworkFacts,
    asked: Preprocessing | None,
    wanted: ModelInput,
    channels: int,
    size: tuple[int, int],
) -> Preprocessing:
    """That asked for; else what the graph does to this input."""
    if asked is not None and (channels == 3 or asked.name not in COLOUR_ONLY):
        return asked
    from xai_cam.models.network import Network

    try:
        return choose_preprocessing(Network(network.live().model, size, image_input=wanted.name))
    except XaiCamError:  # no map lies in it, which does not matter to an input that is held
        return Preprocessing("unit", "rgb", "a guess: the model does not say; `preprocess` says otherwise")
