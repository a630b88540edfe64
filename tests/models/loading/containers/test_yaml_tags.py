"""Values that PyYAML writes with tags, and tags that it must not follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.yaml_config import parse_yaml
from xai_cam.models.loading.containers.yaml_tags import ForeignTagError, Tagged, untagged

yaml = pytest.importorskip("yaml")

PATH = Path("m.yaml")

TYPE = """!!python/object/apply:numpy.dtype
    args: [f4, 0, 1]
    state: !!python/tuple [3, '<', null, null, null, -1, -1, 0]"""

SIX = f"""!!python/object/apply:numpy.core.multiarray.scalar
  - {TYPE}
  - !!binary AADAQA==
"""
"""6 as a float32 of NumPy 1, in the four bytes 00 00 C0 40."""


@pytest.mark.parametrize(
    "value",
    [
        *(np.float32(6), np.float64(0.1), np.float16(-2), np.int64(-3), np.uint8(200), np.bool_(True)),
        *(
            np.array(0.5),
            np.array([], np.float32),
            np.arange(6.0).reshape(2, 3),
            np.ones((1, 2, 1), np.int32),
        ),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3).astype(">i4"),
    ],
    ids=str,
)
def test_numbers_of_numpy(value: Any) -> None:
    """As PyYAML writes them today, with NumPy's present names."""
    found = parse_yaml(yaml.dump({"x": [value, value]}), PATH)
    assert found == {"x": [value.tolist()] * 2}
    assert type(found["x"][0]) is type(value.tolist())


def test_numbers_of_numpy_1() -> None:
    assert parse_yaml("x: " + SIX, PATH) == {"x": 6.0}
    text = SIX.replace("!!binary AADAQA==", '"\\0\\0 A"')
    assert parse_yaml("x: " + text, PATH) == {"x": 10.0}, "00 00 20 41 as a text of Python 2"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!python/tuple [1, !!python/tuple [2]]", [1, [2]]),
        ("!!python/unicode 'relu'", "relu"),
        ("!!python/str 'r\xe9lu'", "r\xe9lu"),
        ("!!python/long '3'", 3),
        ("!!python/object/apply:tensorflow.python.training.tracking.data_structures.ListWrapper [[3]]", [3]),
        ("!!python/object/apply:tensorflow.python.trackable.data_structures._DictWrapper [{a: 1}]", {"a": 1}),
        (
            "!!python/object/apply:tensorflow.python.trackable.data_structures.ListWrapper {args: [[3, 4]]}",
            [3, 4],
        ),
    ],
)
def test_other_values(text: str, value: Any) -> None:
    assert parse_yaml(f"x: {text}", PATH) == {"x": value}
    assert parse_yaml(f"x: &a {text}\ny: *a", PATH) == {"x": value, "y": value}


CODE = [
    *(
        "!!python/object/apply:os.system [id]",
        "!!python/object/new:os.system [[id]]",
        "!!python/name:os.system",
    ),
    *("!!python/module:os ''", "!!python/object:os.Popen {}", "!!python/complex 1j", "!!python/bytes aGk="),
    *("!!set {a}", "!!omap [a: 1]", "!custom x", "!<x> 1", "!!binary aGk=", "!!python/name:numpy.ndarray ''"),
    "!!python/object/apply:numpy.dtype [f4]",
    "!!python/object/apply:numpy.load [x.npy]",
    "!!python/object/apply:tensorflow.python.trackable.data_structures.ListWrapper.append [[3]]",
    "!!python/object/apply:x.tensorflow.python.trackable.data_structures.ListWrapper [[3]]",
    "!!python/object/apply:os.numpy.core.multiarray.scalar [id]",
    SIX.replace("numpy.dtype", "os.system"),
    SIX.replace("!!binary AADAQA==", "!!python/object/apply:os.system [id]"),
]


@pytest.mark.parametrize("text", CODE)
@pytest.mark.parametrize("place", ["x: {}", "x: &a {}", "- {}", "? {}\n: 1", "!!python/tuple [{}]"])
def test_any_other_tag_is_refused(text: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.system", lambda *_: pytest.fail("the file was followed"))
    text = place.format(text if "\n" not in place and "[" not in place else text.replace("\n", " "))
    with pytest.raises(ModelError, match=r"could run code from the file|is damaged"):
        parse_yaml(text, PATH)


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(ModelError, match=r"contains '!!python/name:os.system',.* as JSON, written with"):
        parse_yaml("class_name: !!python/name:os.system ''", PATH)


@pytest.mark.parametrize(
    "change",
    [
        ("AADAQA==", "AADA"),
        ("AADAQA==", "AADAQAAA"),
        ("AADAQA==", "AADAQA" + " " * 10_000 + "=="),
        ("AADAQA==", "AA=AQA=="),
        *(("f4", kind) for kind in ("O8", "S4", "V4", "'f4,f4'", "M8", "f16", "(99999999,)f4")),
        *(("'<'", order) for order in ("2", "'<<'", "null")),
        ("state:", "other:"),
        ("args:", "other:"),
        ("- !!binary AADAQA==", ""),
    ],
)
def test_damaged_numbers(change: tuple[str, str]) -> None:
    with pytest.raises(ModelError, match="is damaged"):
        parse_yaml("x: " + SIX.replace(*change), PATH)


def test_an_array_is_no_larger_than_what_is_stored() -> None:
    for shape in ((0, 10**9), (10**9, 0), (2, 10**12)):
        array = Tagged(
            "python/object/apply:numpy.core.multiarray._reconstruct",
            {"state": [1, list(shape), yaml_type(), False, Tagged("binary", "")]},
        )
        with pytest.raises(ValueError, match=r"shape|reshape"):
            untagged(array)


def yaml_type() -> Tagged:
    return Tagged("python/object/apply:numpy.dtype", {"args": ["f4"], "state": [3, "<"]})


def test_what_is_no_tag_of_keras() -> None:
    with pytest.raises(ForeignTagError, match=r"numpy\.dtype"):
        untagged(yaml_type())
