"""What a run asks of a model's outputs besides the class, brought to the model that was opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.aim import SIMILAR
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.fingerprint import hash_of
from xai_cam.files.names import composed
from xai_cam.images.class_specs import check_rivals
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import resolve
from xai_cam.images.masks import check_flat, mask_of, read_mask, region_in
from xai_cam.images.picture import Region
from xai_cam.models.input.feeding import Feeding
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.targeted_request import TargetedRequest

MOST_NAMES = 20
"""Outputs that a message names."""


def check_target(request: TargetedRequest) -> None:
    """Refuse what contradicts itself, and names that no label has, before a model is loaded.

    Raises
    ------
    InputError
    """
    _asked(request)
    rivals = rivals_in(request.against, request.labels)
    if isinstance(rivals, tuple):
        numbers = [resolve(name, request.labels, "") for name in rivals]
        named = [resolve(spec, request.labels, "") for spec in request.specs if spec != "folder"]
        check_rivals(named, [one for one in numbers if isinstance(one, int)])
    if request.masks is not None and request.region != "predicted":
        raise InputError("`region` and `masks` exclude each other. Leave one out.")
    if request.masks is not None and not request.masks.is_dir():
        raise InputError(f"`masks` {request.masks} is not a folder. Name a folder of mask pictures.")
    if request.like is None:
        return
    if not request.like.is_file():
        raise InputError(f"There is no file {request.like}. Name the picture to compare with in `like`.")
    if request.specs != ("predicted",):
        raise InputError(
            "`like` explains the likeness to a picture, which has no classes. Leave out `target_class`."
        )


def rivals_in(given: Sequence[str], labels: Sequence[str] | None) -> str | tuple[str, ...] | None:
    """The classes that a class is explained against: `similar`, or names between commas.

    A name that holds a comma itself is taken whole.
    """
    known = {composed(name) for name in labels or ()}
    names = [
        part.strip()
        for one in given
        for part in ([one] if composed(one) in known else one.split(","))
        if part.strip()
    ]
    if given and not names:
        raise InputError(f"`against` names no class. Name classes, or use {SIMILAR}.")
    if names == [SIMILAR] and SIMILAR not in known:
        return SIMILAR
    if SIMILAR in names and SIMILAR not in known:
        raise InputError(f"`against` is either {SIMILAR} or names of classes. Use one of them.")
    return tuple(dict.fromkeys(names)) or None


def _asked(request: TargetedRequest, like: dict[str, np.ndarray] | None = None) -> TargetRequest:
    """The same as the library takes it; the reference stands for itself until it is read."""
    return TargetRequest(
        output_name=request.output_names or None,
        image_input=request.image_input,
        against=rivals_in(request.against, request.labels),
        region=request.region,
        masks=request.masks,
        like=like if like is not None else request.like,
    )


def targets_of(request: TargetedRequest, feeding: Feeding) -> Targets:
    """The columns of scores that a request asks for.

    Raises
    ------
    InputError, ModelError
        The model's outputs are not of that kind.
    """
    like = None if request.like is None else read_reference(request.like, feeding)
    if request.like is not None and request.reference_hash != hash_of(request.like):
        raise InputError(f"{request.like} was replaced while the run began. Run the same command again.")
    return _asked(request, like).targets(feeding.network, feeding.labels)


def read_reference(path: Path, feeding: Feeding) -> dict[str, np.ndarray]:
    """A picture as the model takes it, read and prepared as the others are, with the model's other inputs.

    Raises
    ------
    InputError
        It cannot be read, or something is missing for it.
    """
    try:
        values, _ = feeding.fit_in(feeding.read(path))
        held = feeding.hold(ImageFile(path, Path()))
    except XaiCamError as error:
        raise InputError(f"The picture of `like`, {path}: {error.message}. Name another.") from error
    found = {feeding.network.image_name: feeding.preprocessing.apply(values)[None]}
    return found | {one.name: array[None] for one, array in zip(feeding.network.extras, held, strict=True)}


def regions_of(state: ImageState, masks: Path, targets: Targets) -> tuple[np.ndarray, ...]:
    """The mask of an image that was read, on the grid of each output of places.

    Raises
    ------
    ImageError
        There is none, or it does not fit the image.
    """
    both = zip(targets.regions, targets.region_parts, strict=True)
    return tuple(mask_in(state, masks, size, part) for size, part in both)


def mask_in(state: ImageState, masks: Path, size: Sequence[int], part: Region | None = None) -> np.ndarray:
    """The mask of an image that was read, on a grid over what the model sees of it, or a part of that, uint8.

    Raises
    ------
    ImageError
        There is none, or it does not fit the image.
    """
    assert state.size is not None, f"{state.name} was not read"
    check_flat(state.region)
    return region_in(read_mask(mask_of(state.task.image, masks), state.size), state.region.part(part), size)


def arguments_of(request: TargetedRequest, feeding: Feeding) -> dict[str, Any]:
    """The same as arguments of functions that make maps of arrays, but for the masks.

    Raises
    ------
    InputError
        The picture to compare with cannot be read.
    """
    rivals = rivals_in(request.against, feeding.labels)
    named = [resolve(name, feeding.labels, "") for name in rivals] if isinstance(rivals, tuple) else rivals
    like = None if request.like is None else read_reference(request.like, feeding)
    return {"against": named, "region": request.region, "like": like}


def describe_targets(targets: Targets, request: TargetedRequest) -> list[str]:
    """Sentences on what was chosen where nothing was said: the region, and the direction of a value."""
    heads = [block.head for block in targets.blocks if block.head is not None]
    network, said = targets.network, list[str]()
    others = [one for one in network.all_outputs if one not in network.outputs]
    if others and not request.output_names:
        names = ", ".join(one.short_name for one in others[:MOST_NAMES])
        names += f" and {len(others) - MOST_NAMES:,} more" if len(others) > MOST_NAMES else ""
        said.append(
            f"Output {network.outputs[0]}, the only one that classifies images. `output_name` takes others: "
            f"{names}."
        )
    if targets.aim.region == "predicted" and any(head.is_segmentation for head in heads):
        said.append(
            "Of a segmentation the scores of the class are summed over the places that are predicted as it. "
            '`region="all"` takes the whole picture, `masks` the part that a mask marks.'
        )
    directed = any(spec.rpartition(":")[2] in ("up", "down") for spec in request.specs)
    if any(head.is_regression for head in heads) and not directed:
        said.append('What raises the value is explained (up). `target_class="down"` shows what lowers it.')
    return said
