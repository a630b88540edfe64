"""A model file is somebody else's data: nothing in it runs, reaches outside, or fills the memory."""

from __future__ import annotations

import base64
import copy
import json
import marshal
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest

from support.small_models import shared
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.audit import RUNS_CODE, audit, refuse
from xai_cam.models.loading.custom import as_given, custom_name
from xai_cam.models.loading.operations import MORE_OPERATIONS

SHAPE = [None, 16, 16, 3]


@pytest.fixture(autouse=True)
def nothing_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever a test opens, no file appears, and nothing is executed or downloaded."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in ("system", "popen"):
        monkeypatch.setattr(os, name, lambda *_, **__: pytest.fail("a command was run"))
    yield
    assert not list(place.iterdir()) and not (tmp_path / "evil").exists()


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def sequential(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, **more}


def image() -> dict[str, Any]:
    return layer("InputLayer", batch_shape=SHAPE)


def payload(target: Path) -> str:
    """Marshalled code that would create `target`, as a Lambda layer holds it."""
    code = compile(f"open({str(target)!r}, 'w').close()", "evil", "exec")
    return base64.b64encode(marshal.dumps(code)).decode()


# --- Configurations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("class_name", sorted(RUNS_CODE))
def test_code_is_refused_wherever_it_hides(class_name: str):
    inner = layer(class_name, name="hidden")
    for config in (
        sequential(inner),
        sequential(sequential(inner)),
        sequential(layer("TimeDistributed", layer=inner)),
        sequential(layer("Dense", activation=inner)),
        sequential({**layer("Dense"), "inbound_nodes": [[["i", 0, 0, {"mask": inner}]]]}),
    ):
        with pytest.raises(
            ModelError, match=rf"'hidden' is a {class_name}, which contains code|would run while"
        ):
            refuse(audit(config))


EVIL: dict[str, Callable[[Path], dict[str, Any]]] = {
    "keras 2 lambda": lambda t: layer(
        "Lambda", function=[payload(t), None, None], function_type="lambda", name="evil"
    ),
    "keras 3 lambda": lambda t: layer(
        "Lambda",
        function={"class_name": "__lambda__", "config": {"code": payload(t), "defaults": None}},
        name="evil",
    ),
    "lambda as an activation": lambda t: layer(
        "Dense",
        units=3,
        name="evil",
        activation={"class_name": "__lambda__", "config": {"code": payload(t), "defaults": None}},
    ),
    "lambda of keras 1": lambda t: layer("Lambda", function=payload(t), function_type="lambda", name="evil"),
    "merge of keras 1": lambda t: layer("Merge", mode=payload(t), mode_type="lambda", name="evil"),
    "operation by name": lambda t: layer("TFOpLambda", function="io.write_file", name="evil"),
    "module os": lambda t: {**layer("Dense", units=3, name="evil"), "module": "os"},
    "class of os": lambda t: {**layer("system", command=f"touch {t}", name="evil"), "module": "os"},
    "function of os": lambda t: layer(
        "Activation",
        name="evil",
        activation={"module": "os", "class_name": "function", "config": "system", "registered_name": "s"},
    ),
    "builtin": lambda t: layer(
        "Activation",
        name="evil",
        activation={"module": "builtins", "class_name": "function", "config": "exec"},
    ),
    "builtin class": lambda t: {**layer("exec", name="evil"), "module": "builtins"},
    "download": lambda t: layer(
        "Activation",
        name="evil",
        activation={"module": "keras.utils", "class_name": "function", "config": "get_file"},
    ),
    "safe mode off": lambda t: layer(
        "Activation",
        name="evil",
        activation={
            "module": "keras.config",
            "class_name": "function",
            "config": "enable_unsafe_deserialization",
        },
    ),
    "file editor": lambda t: {
        **layer("KerasFileEditor", filepath=str(t), name="evil"),
        "module": "keras.saving",
    },
    "registered by a package other": lambda t: {
        **layer("Dense", name="evil"),
        "registered_name": "pkg>Dense",
    },
    "fn of a module": lambda t: {**layer("Dense", name="evil"), "fn_module": "subprocess"},
    "saved model": lambda t: layer("TFSMLayer", filepath=str(t), name="evil"),
    "torch module": lambda t: layer("TorchModuleWrapper", module=payload(t), name="evil"),
    "path to a function": lambda t: {
        **layer("applications.MobileNetV2", weights="imagenet", name="evil"),
        "module": "keras",
    },
    "operation that calls": lambda t: {**layer("Cond", name="evil"), "module": "keras.src.ops.core"},
    "operation on numbers": lambda t: {
        **layer("Add", name="evil"),
        "module": "keras.src.ops.numpy",
        "inbound_nodes": [{"args": [1, 2], "kwargs": {}}],
    },
    "layer on a constant": lambda t: {
        **layer("ZeroPadding2D", padding=25_000, name="evil"),
        "inbound_nodes": [
            {
                "args": [{"class_name": "__tensor__", "config": {"value": [0], "dtype": "float32"}}],
                "kwargs": {},
            }
        ],
    },
    "comment beside a call": lambda t: {
        **layer("ZeroPadding2D", padding=25_000, name="evil"),
        "inbound_nodes": [{"args": [1], "kwargs": {}, "comment": {"class_name": "__keras_tensor__"}}],
    },
    "layer made in a call": lambda t: {
        **layer("Flatten", name="evil"),
        "inbound_nodes": [
            {"args": [{"class_name": "__keras_tensor__"}], "kwargs": {"x": layer("Dense", units=10**5)}}
        ],
    },
    "text as an array": lambda t: layer(
        "ReLU",
        name="evil",
        max_value={"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "<U500000000"}},
    ),
    "vocabulary": lambda t: layer("StringLookup", vocabulary="/etc/passwd", name="evil"),
}


@pytest.mark.parametrize("form", ["json", "whole h5", "archive"])
@pytest.mark.parametrize("name", EVIL)
def test_crafted_configurations_run_nothing(
    name: str, form: str, tmp_path: Path, files: tuple[Path, Path], legacy: Path
):
    evil = EVIL[name](tmp_path / "evil")
    config = sequential(image(), layer("Flatten"), evil)
    path = tmp_path / "model"
    if form == "whole h5":
        path.write_bytes(legacy.read_bytes())
        with h5py.File(path, "r+") as file:
            file.attrs["model_config"] = json.dumps(config)
    elif form == "archive":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.write(files[1], "model.weights.h5")
    else:
        path.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=r"refused.*evil"):
        load_model(path, files[1] if form == "json" else None)


@pytest.mark.parametrize("name", ["keras 2 lambda", "operation by name"])
def test_code_in_the_flat_list_of_keras_0(name: str, tmp_path: Path, files: tuple[Path, Path]):
    evil = EVIL[name](tmp_path / "evil")
    path = tmp_path / "model"
    path.write_text(
        json.dumps({"name": "Sequential", "layers": [{**evil["config"], "name": evil["class_name"]}]}),
        encoding="utf-8",
    )
    with pytest.raises(ModelError, match="which contains code"):
        load_model(path, files[1])


def test_real_files_with_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]):
    monkeypatch.setattr(marshal, "loads", lambda *_: pytest.fail("code was read"))
    samples = sorted(shared("zoo/lambda_samples").iterdir())
    assert len(samples) >= 4
    for path in samples:
        with pytest.raises(ModelError, match="which contains code"):
            load_model(path, files[1] if path.suffix == ".json" else None)


ELSEWHERE = ("os", "keras_cv.layers", "kerasx", "tensorflow.python.ops.gen_io_ops", 7)
FORMER = (
    "tf_keras.layers",
    "tf_keras.src.layers",
    "tensorflow.keras.layers",
    "tensorflow.python.keras.layers",
)


@pytest.mark.parametrize("module", [*ELSEWHERE, *FORMER])
def test_foreign_modules_are_refused(module: Any):
    with pytest.raises(ModelError, match="comes from the module"):
        refuse(audit(sequential({**layer("Dense"), "module": module})))


HIDDEN: dict[str, dict[str, Any]] = {
    "function of os": {"module": "os", "class_name": "function", "config": "system"},
    "lambda": {"class_name": "Lambda", "config": {"function": ["code", None, None]}},
    "code": {"class_name": "__lambda__", "config": {"code": "x"}},
    "vocabulary": {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    "class of os": {"module": "os", "class_name": "system", "config": {}},
}


@pytest.mark.parametrize("name", HIDDEN)
def test_nothing_hides_behind_the_name_of_what_the_user_brings_along(name: str):
    """Keras looks a class up by the name it is registered under, and then by the other."""
    hidden = {**HIDDEN[name], "registered_name": "a>MyLayer"}
    given = as_given(copy.deepcopy(hidden), {"MyLayer"})
    assert custom_name(given) == "MyLayer" and given["module"] is None, "only the user's can be meant"
    assert given["class_name" if given["class_name"] != "function" else "config"] == "MyLayer"
    assert audit(sequential(layer("Dense", activation=given)), {"MyLayer"}) == []
    with pytest.raises(ModelError, match="refused"):
        refuse(audit(sequential(layer("Dense", activation=hidden)), {"MyLayer"}))
    call = {"args": [{"class_name": "__keras_tensor__", "config": {}}, hidden], "kwargs": {}}
    mine = {"class_name": "MyLayer", "config": {"name": "mine"}, "inbound_nodes": [call]}
    with pytest.raises(ModelError, match="'mine' is called with objects that would run"):
        refuse(audit(as_given(sequential(mine), {"MyLayer"}), {"MyLayer"}))


def test_pickles_are_no_models(tmp_path: Path, files: tuple[Path, Path]):
    class Evil:
        def __reduce__(self) -> Any:
            return open, (str(tmp_path / "evil"), "w")

    path = tmp_path / "model.keras"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match="is a pickle"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(files[0], "config.json")
        archive.writestr("model.weights.npz", pickle.dumps(Evil()))
    with pytest.raises(ModelError, match=r"not a .keras model"):
        load_model(path)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("layers/conv2d/vars/0", data=[b"x"], dtype=h5py.special_dtype(vlen=bytes))
    with pytest.raises(ModelError, match="not numbers"):
        load_model(files[0], tmp_path / "w.h5")


@pytest.mark.parametrize("part", ["core", "image", "math", "linalg"])
def test_operations_of_other_modules_are_named_one_by_one(part: str):
    """`Map`, `Cond` and the like call functions; what only computes may be on a graph."""
    from importlib import import_module

    import keras

    module = f"keras.src.ops.{part}"
    own = {
        name for name, item in vars(import_module(module)).items() if getattr(item, "__module__", 0) == module
    }
    classes = [name for name in own if isinstance(getattr(import_module(module), name), type)]
    allowed = {name for name in classes if not audit({**layer(name), "module": module})}
    assert allowed == MORE_OPERATIONS.get(module, set()) & set(classes), "an older Keras has fewer"
    assert all(issubclass(getattr(import_module(module), name), keras.Operation) for name in allowed)


@pytest.mark.parametrize("class_name", ["TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"])
def test_an_operation_by_name_outside_of_a_graph_is_code(class_name: str):
    inside = {**layer("Dense", activation=layer(class_name, function="nn.relu", name="hidden"))}
    with pytest.raises(ModelError, match=r"'hidden' is a .*Op\w+, which contains code") as error:
        refuse(audit(sequential(inside)))
    assert "custom_objects" not in str(error.value), "it has no class that could be given"
