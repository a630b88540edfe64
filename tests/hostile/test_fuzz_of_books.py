"""Provenance, labels and truth tables with anything changed anywhere: read, or refused in one sentence.

Two hundred cases of each run always, two thousand with `make nightly`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.runs import MAP, plan_of
from xai_cam.errors import InputError
from xai_cam.files.provenance import encode_array, encode_picture, read_provenance
from xai_cam.files.seal import is_intact
from xai_cam.images.ground_truth import read_truth
from xai_cam.images.labels import read_labels
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.compare_run import CompareWork
from xai_cam.runs.outputs import row_of

LABELS = ("ant", "bee", "dog")
PIXELS = np.random.default_rng(0).integers(0, 255, (9, 11, 3), np.uint8)

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
junk = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)
spots = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6)


def cases(count: int) -> Any:
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count,
        deadline=None,
        phases=phases,
        suppress_health_check=checks,
        derandomize=count <= 200,
    )


def spoilt(data: bytes, changes: list[tuple[float, bytes]]) -> bytes:
    """Bytes written over at some places, and the end cut off where the last of these says so."""
    found = bytearray(data)
    for share, new in changes:
        at = int(share * (len(found) - 1))
        found[at : at + len(new)] = new
    return bytes(found[: int(changes[-1][0] * len(found))] if len(changes) > 3 else found)


def look(folder: Path, said: dict[str, Any]) -> None:
    """What a run makes of an output with the right digest that says this of itself."""
    image = folder / "a.png"
    image.write_bytes(b"image")
    for saves, encode in (
        (("overlay",), lambda said: encode_picture(PIXELS, said, "png")),
        (("raw",), lambda said: encode_array(PIXELS, said)),
    ):
        plan = plan_of(folder, [image], labels=LABELS, saves=saves)
        task = plan.tasks[0]
        wanted = plan.digest(task, None, "grad-cam", saves[0])
        path = plan.output(task, None, "grad-cam", None, saves[0])
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode({**said, "request": wanted}))
        for found in plan.done(task, None, "grad-cam") or []:
            row = row_of(task, found, found["paths"], "up to date")
            assert row.class_name in (*LABELS, str(row.class_index)) and isinstance(row.status, str)
            json.dumps(vars(row), allow_nan=False)


def check_provenance(folder: Path, name: str, value: Any) -> None:
    look(folder, {**MAP, name: value})


def check_panel(folder: Path, name: str, value: Any) -> None:
    image = folder / "a.png"
    image.write_bytes(b"image")
    plan = plan_of(folder, [image], methods=("grad-cam",), labels=LABELS)
    work = CompareWork(plan, lambda: None, lambda _: None, measures=Measures(steps=2))
    wanted = work.digest(plan.tasks[0])
    of_map = dict.fromkeys(("masked_probability",), 0.5)
    said = {
        **MAP,
        "compared": {"maps": [{"contender": "grad-cam", "values": of_map, name: value}], name: value},
    }
    (folder / "out").mkdir(exist_ok=True)
    (folder / "out" / "a_compare.png").write_bytes(encode_picture(PIXELS, {**said, "request": wanted}, "png"))
    assert work.up_to_date(plan.tasks[0], wanted) is None


def check_bytes(folder: Path, changes: list[tuple[float, bytes]]) -> None:
    for suffix, data in (
        ("png", encode_picture(PIXELS, MAP, "png")),
        ("jpg", encode_picture(PIXELS, MAP, "jpg")),
        ("npy", encode_array(PIXELS, MAP)),
    ):
        path, changed = folder / f"a.{suffix}", spoilt(data, changes)
        path.write_bytes(changed)
        found = read_provenance(path)
        assert found is None or isinstance(found, dict)
        if is_intact(path):
            assert suffix == "png" or changed == data  # but for the checksum of a PNG's text
            assert found == MAP


TEXTS = {
    "labels.json": b'["ant", "bee", "dog"]',
    "labels2.json": b'{"0": "ant", "1": ["n01", "bee"], "2": "dog"}',
    "labels.txt": "0 ant\n1 bee\n2 Hündchen\n".encode(),
    "truth.csv": b'image,class\na.png,ant\nsub/b.png,bee\n"c d.png",dog\n',
    "truth.tsv": b"filename\tlabel\na.png\tant\nb.png\tbee\n",
}


def check_text(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    try:
        if name.startswith("labels"):
            found = read_labels(path)
            assert len(found) and all(isinstance(label, str) for label in found)
        else:
            table = read_truth(path)
            assert all(isinstance(part, str) for pair in table.items() for part in pair)
    except InputError as error:
        assert "\n" not in error.message and len(error.message) < 2000, error.message
        assert error.message.endswith((".", "?"))


name_of_field = st.sampled_from(sorted(MAP))


@cases(200)
@given(name_of_field, junk)
def test_values_of_provenance(tmp_path: Path, name: str, value: Any) -> None:
    check_provenance(tmp_path, name, value)


@cases(100)
@given(st.sampled_from(["contender", "values", "curves", "maps", "agreement", "score"]), junk)
def test_values_of_panels(tmp_path: Path, name: str, value: Any) -> None:
    check_panel(tmp_path, name, value)


@cases(200)
@given(spots)
def test_bytes_of_outputs(tmp_path: Path, changes: list[tuple[float, bytes]]) -> None:
    check_bytes(tmp_path, changes)


@cases(200)
@given(st.sampled_from(sorted(TEXTS)), spots)
def test_bytes_of_labels_and_truth_tables(
    tmp_path: Path, name: str, changes: list[tuple[float, bytes]]
) -> None:
    check_text(tmp_path, name, spoilt(TEXTS[name], changes))


@cases(200)
@given(junk)
def test_labels_of_any_json(tmp_path: Path, value: Any) -> None:
    check_text(tmp_path, "labels.json", json.dumps(value).encode())


@pytest.mark.nightly
@cases(2000)
@given(name_of_field, junk, spots, st.sampled_from(sorted(TEXTS)))
def test_thousands(
    tmp_path: Path, name: str, value: Any, changes: list[tuple[float, bytes]], text: str
) -> None:
    check_provenance(tmp_path, name, value)
    check_bytes(tmp_path, changes)
    check_text(tmp_path, text, spoilt(TEXTS[text], changes))
    check_text(tmp_path, "labels.json", json.dumps(value).encode())
