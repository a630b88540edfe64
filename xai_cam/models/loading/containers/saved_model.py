"""SavedModel folders of tf.keras: the configuration in their metadata, the weights in their checkpoint.

Nothing of the TensorFlow graph in them is run, or even looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.files.regular import open_regular
from xai_cam.models.loading.containers.checkpoint import ALL, read_checkpoint
from xai_cam.models.loading.containers.object_graph import ObjectGraph, read_graph
from xai_cam.models.loading.containers.parts import METADATA, SAVED_MODEL, VARIABLES, index_of, parts_of
from xai_cam.models.loading.containers.protobuf import fields, messages, text
from xai_cam.models.loading.contents import Contents, Reading
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.shape import layers_in
from xai_cam.models.loading.stored import LayerWeights
from xai_cam.models.loading.training import loss_in
from xai_cam.models.loading.tree import parse

META_GRAPH, OBJECT_GRAPH, NODE, USER_OBJECT = 2, 7, 1, 4
"""Numbers of the fields on the way to an object in `saved_model.pb`."""

IDENTIFIER, JSON = 1, 3
"""Of a user's object in `saved_model.pb`."""

SEQUENCES = ("__tuple__", "TensorShape")
"""Classes by which tf.keras marks what JSON has no form of its own for."""

AS_LAYERS = (
    "Build it there out of layers, from its input on (`keras.Model(inputs, outputs)`), load these weights, "
    "and save that model as .keras."
)


def read_saved_model(folder: Path, reading: Reading) -> Contents:
    """The configuration and weights of a SavedModel.

    Raises
    ------
    ModelError
        It is damaged, or no Keras model of layers.
    """
    parts = parts_of(folder, Kind.SAVED_MODEL)
    identifier, root = _root_of(parts, reading.limits)
    if identifier and not root:
        raise ModelError(
            f"{folder} lacks {METADATA}, which describes the layers of a SavedModel. Copy the whole folder "
            "again; or give its architecture JSON with `model` and this folder with `weights`."
        )
    found = decoded(parse(root, folder)) if root else None
    if not isinstance(found, dict):
        raise ModelError(
            f"{folder} is a SavedModel of plain TensorFlow functions: the Keras layers that would be looked "
            "into are not in it. Load the Keras model that it was exported from, and save it as .keras."
        )
    config = {"class_name": found.get("class_name"), "config": found.get("config")}
    if not isinstance(config["config"], dict | list) or not layers_in(config):
        kind = found.get("class_name") if isinstance(found.get("class_name"), str) else identifier
        raise ModelError(
            f"{folder} is a SavedModel of the class {str(kind)[:200]!r}, whose code calls its layers and is "
            f"not in the folder. {AS_LAYERS}"
        )
    weights = read_weights(folder / VARIABLES, config, reading) if reading.with_weights else None
    version = found.get("keras_version")
    loss = loss_in(found.get("training_config"))
    return Contents(config, version if isinstance(version, str) else None, weights, loss)


def read_weights(prefix: Path, config: Any, reading: Reading) -> LayerWeights:
    """The weights of a checkpoint, by the layers of a configuration.

    Raises
    ------
    ModelError
        It is damaged, or of another model.
    """
    checkpoint = read_checkpoint(prefix, reading.limits)
    where = index_of(prefix)
    try:
        nodes = read_graph(checkpoint)
        if nodes is None:
            raise ModelError(
                f"{where} lists tensors without the objects that own them, as TensorFlow 1 did. Load it "
                "there and save the weights as .h5."
            )
    except (ValueError, OSError) as error:
        raise damaged_file(where, error, ALL) from error
    graph = ObjectGraph(nodes, checkpoint)
    return LayerWeights(lambda: graph.layers(config), str(where))


def read_folder_weights(folder: Path, config: Any, reading: Reading) -> LayerWeights:
    """The weights in a SavedModel folder, for an architecture that lies elsewhere.

    Raises
    ------
    ModelError
    """
    parts_of(folder, Kind.SAVED_MODEL)
    return read_weights(folder / VARIABLES, config, reading)


def _root_of(parts: tuple[Path, ...], limits: Limits) -> tuple[str, bytes]:
    """How the root object calls itself, and its JSON; none in a SavedModel of another library."""
    files = {path.name: path for path in parts}
    path = files.get(METADATA, files[SAVED_MODEL])
    limits.check("bytes", path.stat().st_size)
    with open_regular(path) as file:
        data = file.read()
    try:
        return _in_metadata(data) if path.name == METADATA else _in_saved_model(data)
    except ValueError as error:
        raise damaged_file(path, error, ALL) from error


def _in_metadata(data: bytes) -> tuple[str, bytes]:
    for node in messages(data, 1):
        found = dict(fields(node))
        if found.get(2, 0) == 0:  # its number; that of the root is not written
            return text(found.get(4, memoryview(b""))), bytes(_bytes(found.get(5)))
    return "", b""


def _in_saved_model(data: bytes) -> tuple[str, bytes]:
    """The same in a SavedModel of TensorFlow 2.0 to 2.4, which had no file for it."""
    for meta_graph in messages(data, META_GRAPH):
        for graph in messages(meta_graph, OBJECT_GRAPH):
            for root in messages(graph, NODE):
                for user_object in messages(root, USER_OBJECT):
                    found = dict(fields(user_object))
                    identifier = text(found.get(IDENTIFIER, memoryview(b"")))
                    if identifier.startswith("_tf_keras_"):
                        return identifier, bytes(_bytes(found.get(JSON)))
                break
    return "", b""


def _bytes(value: int | memoryview | None) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number in it stands for a text")
    return memoryview(b"") if value is None else value


def decoded(value: Any) -> Any:
    """JSON of tf.keras without its marks: tuples and shapes are lists."""
    if isinstance(value, dict):
        if value.get("class_name") in SEQUENCES and set(value) == {"class_name", "items"}:
            return decoded(value["items"])
        return {key: decoded(one) for key, one in value.items()}
    return [decoded(one) for one in value] if isinstance(value, list) else value
