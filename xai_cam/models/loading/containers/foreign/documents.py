"""JSON that is no architecture: notebooks, labels, tokenizers, configurations of other libraries."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign.looks import (
    AGAIN,
    IN_PYTORCH,
    MODEL,
    ORIGINAL,
    REBUILD,
    Foreign,
    Look,
    listed,
)

KERAS = (b'"class_name"', b'"layers"', b'"modelTopology"', b'"weightsManifest"', b'"weight_map"')
"""What stands in every description of a Keras model, and hardly anywhere else."""

MODELS = frozenset({"class_name", "modelTopology", "model_topology", "weight_map"})
"""Keys of which one stands in the outermost object of every model's JSON since Keras 1."""

MOST = 4 * 2**20
"""Bytes of a JSON that are read to name it; of a longer one the first bytes tell."""

MOST_VALUES = 400_000

GRAPH_MODEL = Foreign(
    "is a TensorFlow.js graph model, which has operations but no layers (a layers model has them, and loads)",
    ORIGINAL,
)
LABELS = Foreign(
    "is JSON, but does not describe a Keras model: it is a list of labels",
    "Give it with `labels`, and the model with `model`.",
)
HUGGING_FACE = Foreign("is the configuration of a Hugging Face model, not of a Keras model", IN_PYTORCH)
GET_CONFIG = Foreign(
    "is JSON of what `model.get_config()` returns, which does not describe a Keras model as a whole",
    "Write it with `model.to_json()`.",
)
SHARDS = Foreign("is the list of a Hugging Face model's shards, not a model", IN_PYTORCH)
TOKENIZER = Foreign("is a tokenizer, which cuts texts into words, not a model", MODEL)
PICTURES = "Give the file of a model in its place."

RULES: tuple[tuple[frozenset[str], Foreign], ...] = tuple(
    (frozenset(keys.split()), Foreign(what, way))
    for keys, what, way in (
        (
            "cells nbformat",
            "is a Jupyter notebook, not a model",
            "Run it, and let it write the model with `model.save`.",
        ),
        (
            "tmVersion labels",
            "is the metadata of a Teachable Machine, not the model",
            "Give the model.json that lies beside it.",
        ),
        (
            "keras_version date_saved",
            "is the metadata of an unpacked .keras model, not the model",
            "Give the folder that it lies in.",
        ),
        (
            "nodes arg_nodes heads",
            "is the architecture of an MXNet model (-symbol.json)",
            REBUILD,
        ),
        ("images annotations categories", "is a data set in the COCO format, not a model", PICTURES),
        ("images annotations", "is a data set in the COCO format, not a model", PICTURES),
        ("shapes imagePath", "is an annotation of a picture (labelme), not a model", PICTURES),
        (
            "itemInfoEntries",
            "is the manifest of a Core ML package",
            ORIGINAL,
        ),
        ("message documentation_url", "is what GitHub answered, saved instead of the model", AGAIN),
        (
            "content encoding sha",
            "is what GitHub's interface says of a file, not the file",
            "Download the file itself.",
        ),
        ("added_tokens model", TOKENIZER.what, TOKENIZER.way),
        ("tokenizer_class", TOKENIZER.what, TOKENIZER.way),
        ("transformers_version", HUGGING_FACE.what, HUGGING_FACE.way),
        ("architectures model_type", HUGGING_FACE.what, HUGGING_FACE.way),
        (
            "format signature userDefinedMetadata",
            *(GRAPH_MODEL.what, GRAPH_MODEL.way),
        ),
        ("accuracy loss", "is the history of a training, not the model", MODEL),
        ("val_loss loss", "is the history of a training, not the model", MODEL),
        ("dependencies name", "describes a package of JavaScript, not a model", MODEL),
    )
)
"""Keys of an object that are there together, and what it then is; the first that fits holds."""

IS_SHARDS = re.compile(rb'"[^"]{0,200}\.(safetensors|bin)"\s{0,20}[,}]')
KEY = re.compile(r'"([^"\\]{1,60})"\s{0,20}:')


def check_document(look: Look) -> None:
    """Refuse a JSON that is not the description of a model, as far as its size lets it be read for that.

    Raises
    ------
    ModelError
        It is something else, which is named, or it breaks off.
    OSError
    """
    if not look.tail.rstrip().endswith((b"}", b"]", b'"')):
        raise _cut_off(look)
    if b'"weight_map"' in look.head and IS_SHARDS.search(look.head):
        raise SHARDS.error(look.path)
    if look.size > MOST:
        found = named(dict.fromkeys(KEY.findall(look.head.decode("utf-8", "replace"))))
        if found is not None and not any(mark in look.head for mark in KERAS):
            raise found.error(look.path)
        return
    data = look.path.read_bytes()
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        return
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        return  # it is damaged, as its reader will say
    if not describes_a_model(parsed):
        raise foreign_json(look.path, parsed)


def describes_a_model(parsed: Any) -> bool:
    """Whether JSON may be an architecture of Keras or TensorFlow.js, or the list of a model's shards."""
    if isinstance(parsed, str):
        return parsed.lstrip().startswith("{")  # written as JSON twice
    if not isinstance(parsed, dict) or named(parsed) is not None:
        return False
    is_keras_0 = parsed.get("name") in ("Sequential", "Graph") and "layers" in parsed
    return is_keras_0 or not MODELS.isdisjoint(parsed)


def foreign_json(path: Path, parsed: Any) -> ModelError:
    """The error for JSON that is not the description of a Keras model."""
    found = named(parsed)
    if found is None:
        what = f"is JSON, but does not describe a Keras model ({_summary(parsed)})"
        found = Foreign(what, "Write it with `model.to_json()`.")
    return found.error(path)


def named(parsed: Any) -> Foreign | None:
    """What JSON is, if it is something known that is no architecture."""
    if isinstance(parsed, list):
        is_manifest = parsed and isinstance(parsed[0], dict) and {"paths", "weights"} <= set(parsed[0])
        if is_manifest:
            what = "is the list of a TensorFlow.js model's weights, not the model"
            return Foreign(what, "Give the model.json beside it.")
        return LABELS if parsed and all(isinstance(one, str) for one in parsed) else None
    if not isinstance(parsed, dict):
        return None
    if parsed.get("class_name") == "Tokenizer":
        return TOKENIZER
    if _is_get_config(parsed):
        return GET_CONFIG
    topology = parsed.get("modelTopology")
    if parsed.get("format") == "graph-model" or (isinstance(topology, dict) and "node" in topology):
        return GRAPH_MODEL
    for keys, found in RULES:
        if keys <= set(parsed):
            return found
    return LABELS if _are_labels(parsed) else None


def _is_get_config(parsed: dict[str, Any]) -> bool:
    layers = parsed.get("layers")
    if "class_name" in parsed or not isinstance(layers, list) or not layers:
        return False
    return isinstance(layers[0], dict) and "class_name" in layers[0]


def _are_labels(parsed: dict[str, Any]) -> bool:
    """Whether an object tells names of classes: numbers -> names, names -> numbers, or a list in it."""
    if set(parsed) & {"labels", "classes", "class_names", "class_indices", "id2label"} and len(parsed) <= 3:
        return True
    numbered = all(key.isdigit() and isinstance(value, str | list) for key, value in parsed.items())
    indexed = sorted(value for value in parsed.values() if type(value) is int) == list(range(len(parsed)))
    return bool(parsed) and (numbered or indexed)


def _summary(parsed: Any) -> str:
    """What there is in JSON, in a few words."""
    if isinstance(parsed, dict):
        return f"its keys are {listed(list(parsed))}" if parsed else "an empty object"
    return f"a list of {len(parsed):,}" if isinstance(parsed, list) else "a single value"


def _cut_off(look: Look) -> ModelError:
    return Foreign(
        f"is damaged: it does not end as JSON does after {look.size:,} bytes, which is how an unfinished "
        f"download looks{look.unfinished}",
        AGAIN,
    ).error(look.path)
