"""Output files of an explanation, their provenance, and its row in the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.methods import METHODS
from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.fade import LONGEST, fade
from xai_cam.drawing.marks import draw_grid, grid_strips, region_strips
from xai_cam.drawing.overlay import draw_heatmap, draw_overlay, heatmap_strips, overlay_strips
from xai_cam.drawing.slices import by_slices, in_drawn_order, is_volume
from xai_cam.files.provenance import Provenance, encode_array, encode_moving, encode_picture
from xai_cam.files.rows import IMAGE, INPUT, ORIGIN, PARTS, PASSES, SAMPLED, TARGET, Row, target_columns
from xai_cam.files.strips import Strips, is_large
from xai_cam.images.fitting import shrunk
from xai_cam.images.frame_facts import columns_of
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Picture, Region
from xai_cam.images.target_words import TARGET_WORDS, rival_names
from xai_cam.metrics.image_metrics import MapMetrics
from xai_cam.models.input.feeding import Feeding
from xai_cam.runs.plan import Plan, Request
from xai_cam.runs.target_part import class_cell, class_name_of
from xai_cam.runs.tasks import Task


def encode(
    explanation: Explanation,
    save: str,
    request: Request,
    provenance: Provenance,
    pixels: np.ndarray,
    region: Region,
    labels: Sequence[str] | None = None,
) -> bytes:
    """One output of an explanation as the bytes of its file.

    Parameters
    ----------
    explanation : Explanation
        The map.
    save : str
        One of `plan.SAVES`, but for masks and boxes (see `region_files`).
    request : Request
        How it is drawn.
    provenance : dict
        What the file carries.
    pixels : (H, W, 3) uint8
        The original picture.
    region : Region
        What the model saw of it.
    labels : sequence of str, optional
        Names of the classes, for captions.

    Raises
    ------
    ImageError
        The picture would be too large as it is to be drawn.
    """
    if save == "raw":
        return encode_array(explanation.cam, provenance)
    if save == "figure":
        figure = replace(explanation, labels=labels).figure(
            pixels,
            region,
            colormap=request.colormap,
            blend=request.blend,
            opacity=request.opacity,
            outline=request.outline,
            theme=request.theme,
            grid=request.grid,
            peak="peak" in request.marks,
            box="box" in request.marks,
            edge="edge" in request.marks,
            threshold=request.threshold,
            components=request.components,
        )
        return encode_picture(figure, provenance, request.file_format)
    factor = enlargement(pixels.shape[-3:-1], request.enlarge)
    if factor > 1:
        pixels, region = enlarge(pixels, region, factor)
        provenance = {**provenance, "enlarged": factor}
    if is_large(pixels.shape) and save == "animation":
        pixels, region = shrunk(pixels, region, LONGEST[request.animation])
    elif is_large(pixels.shape):
        return encode_picture(
            _in_strips(explanation, save, request, pixels, region), provenance, request.file_format
        )
    if save in ("overlay", "animation"):
        drawn = _overlaid(explanation, request, pixels, region)
        if save == "animation":
            part = region.part(explanation.part)
            plain = in_drawn_order(pixels, explanation.scaled_map, part)
            return encode_moving(fade(plain, drawn, request.animation), provenance, request.animation)
    else:
        part = region.part(explanation.part)
        drawn = draw_heatmap(explanation.scaled_map, part, pixels.shape[:-1], request.style.colours)
    return encode_picture(drawn, provenance, request.file_format)


def _overlaid(explanation: Explanation, request: Request, pixels: np.ndarray, region: Region) -> np.ndarray:
    """The picture with the map over it, and the map's cells where they are asked for."""
    part = region.part(explanation.part)
    if request.grid and is_volume(pixels):
        return by_slices(
            pixels.shape[:-1],
            explanation.scaled_map,
            part,
            lambda s: draw_grid(
                draw_overlay(s.pixels, s.saliency_map, s.region, request.style), s.cells, s.region
            ),
            pixels,
        )
    drawn = explanation.drawn_over(pixels, region, request.style, request.outline)
    return draw_grid(drawn, explanation.cam.shape, part) if request.grid else drawn


def _in_strips(
    explanation: Explanation, save: str, request: Request, pixels: np.ndarray, region: Region
) -> Strips:
    """A large overlay or map, drawn as it is written."""
    size, part = (pixels.shape[0], pixels.shape[1]), region.part(explanation.part)
    if save == "heatmap":
        return heatmap_strips(explanation.scaled_map, part, size, request.style.colours)
    drawn, placed = (
        overlay_strips(pixels, explanation.scaled_map, part, request.style),
        explanation.placed_region(region),
    )
    if placed is not None and request.outline:
        drawn = region_strips(drawn, placed)
    return grid_strips(drawn, explanation.cam.shape, part) if request.grid else drawn


def describe(
    plan: Plan, task: Task, explanation: Explanation, feeding: Feeding, region: Region, picture: Picture
) -> Provenance:
    """Provenance of an explanation, from which its files and its row are written."""
    output, region = explanation.output_name, region.part(explanation.part)
    labels, head = feeding.labels_of(output), feeding.head_of(output)
    facts, (height, width) = {**feeding.facts(), **columns_of(picture.facts)}, picture.size
    return {
        "tool": f"xai-cam {__version__}",
        "libraries": _versions(),
        **plan.files.origin,
        "image_sha256": task.image_hash,
        "layer": explanation.layer,
        "method": explanation.method,
        "class": explanation.target_class,
        "class_name": class_name_of(explanation.target_class, explanation.members, labels),
        **_target(explanation, feeding),
        "predicted": explanation.predicted_class,
        "predicted_name": name_of(explanation.predicted_class, labels),
        "head": str(feeding.output(output)) if head is None else head.describe(),
        "score": explanation.score,
        "score_name": explanation.score_name,
        "probability": None if np.isnan(explanation.probability) else explanation.probability,
        **limits(plan.request, explanation.method),
        **told(plan.request, explanation),
        **({"made_of": explanation.made_of} if explanation.made_of else {}),
        **({} if plan.request.like is None else {"like_sha256": plan.request.reference_hash}),
        "engine": explanation.engine,
        "preprocessing": feeding.describe(),
        **{name: value for name, value in facts.items() if value not in (None, "")},
        **feeding.held_values(task.image),
        "image_width": width,
        "image_height": height,
        "region": list(region.sides.values()),
        "status": explanation.status,
        "cause": explanation.cause,
    }


def _target(explanation: Explanation, feeding: Feeding) -> Provenance:
    """What is explained besides the class, as far as there is something to say."""
    network, labels = feeding.network, feeding.labels_of(explanation.output_name)
    output = explanation.output_name or (network.outputs[0].name if len(network.all_outputs) > 1 else "")
    rivals = rival_names(explanation.against, labels)
    share = None if explanation.region is None else float(explanation.region.mean())
    return {
        **target_columns(output, rivals, explanation.sign, explanation.direction, share),
        **({"members": list(explanation.members)} if explanation.members else {}),
        **(_of_outputs(feeding) if len(network.outputs) > 1 else {}),
    }


def _of_outputs(feeding: Feeding) -> Provenance:
    """The outputs that are explained, what they are taken for, and which of them the labels name."""
    outputs = feeding.network.outputs
    labelled = [one.name for one in outputs if feeding.labels_of(one.name) is not None]
    return {
        "outputs": [one.name for one in outputs],
        "heads": [str(one) if one.head is None else one.head.describe() for one in outputs],
        "labelled": labelled[0] if labelled else "",
    }


def limits(request: Request, method: str) -> dict[str, Any]:
    """Options that make the map of a channel-scoring method less exact."""
    if method not in METHODS or not METHODS[method].evidence.by_channel:
        return {}
    return request.limits.given | ({} if request.precision == "f32" else {"precision": request.precision})


def told(request: Request, one: Explanation | MapMetrics) -> dict[str, Any]:
    """What is to be told of how a map was made, besides the layer and the method.

    How many channels were scored where it need not be all, and the error that is expected; how inputs were
    made of the image, and how far the sum of the map is from what it should be.
    """
    found: dict[str, Any] = {}
    if limits(request, one.method).keys() & {"max_channels", "tolerance"}:
        found = {"passes": one.passes, "expected_error": one.expected_error}
    if one.method in METHODS:
        found |= {**request.sampled(one.method), **({"smooth": "yes"} if request.smooth else {})}
        found |= {"residual": one.residual, "score_change": one.score_change}
        found |= {"standard_error": one.standard_error}
    return {name: value for name, value in found.items() if value is not None}


def row_of(task: Task, provenance: Provenance, paths: dict[str, Any], outcome: str) -> Row:
    """The row of one explanation, from the provenance of its files."""
    of_class = provenance["score_name"] not in TARGET_WORDS
    return Row(
        image=str(task.image.path),
        outcome=outcome,
        status=provenance["status"],
        layer=provenance["layer"],
        method=provenance["method"],
        class_index=class_cell(provenance["class"], provenance.get("members", ())) if of_class else None,
        class_name=provenance["class_name"] if of_class else "",
        predicted_index=provenance["predicted"],
        predicted_name=provenance["predicted_name"],
        score=provenance["score"],
        score_name=provenance["score_name"],
        probability=provenance["probability"],
        head=provenance["head"],
        preprocessing=provenance["preprocessing"],
        **facts_in(provenance),
        max_channels=provenance.get("max_channels"),
        precision=provenance.get("precision", ""),
        **{name: provenance[name] for name in (*PASSES, *PARTS, *SAMPLED) if name in provenance},
        message=provenance["cause"],
        **paths,
    )


def facts_in(provenance: Provenance) -> dict[str, Any]:
    """The columns of a row that its files hold under the same name, those that are there."""
    return {name: provenance[name] for name in (*INPUT, *IMAGE, *ORIGIN, *TARGET) if name in provenance}


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("tensorflow", "keras", "numpy", "pillow")}
