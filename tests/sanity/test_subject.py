"""What is checked: which images, read and scaled how, and what becomes of those that cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import sha256
from support.runs import Recorder
from support.sanity_checks import counted_check, sanity_of
from support.systems import link
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.output.head import Head
from xai_cam.runs.plan import Request
from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import LeftOut
from xai_cam.sanity.report import Shown
from xai_cam.sanity.subject import Subject, same_file, spread

UNIT = Preprocessing("unit", "bgr", "requested")
NETWORK: Any = SimpleNamespace(input_shape=(4, 6, 3), head=Head(3, "softmax"))
"""All of a network that is asked for here."""

FEEDING = Feeding(NETWORK, UNIT)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    """Three flat pictures, red, green and blue, the second of which is cut off, and files of a model."""
    for number, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        Image.new("RGB", (12, 8), colour).save(tmp_path / f"{number}.png")
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:40])
    (tmp_path / "model.json").write_text("model", encoding="utf-8")
    (tmp_path / "weights.h5").write_text("weights", encoding="utf-8")
    return Subject(
        ModelFiles(tmp_path / "model.json", tmp_path / "weights.h5"),
        Request(labels=("ant", "bee", "cat")),
        [tmp_path / f"{number}.png" for number in range(3)],
    )


def read(subject: Subject) -> None:
    subject.read_images(FEEDING, Recorder())


def provenance_of(subject: Subject) -> dict[str, Any]:
    return subject.provenance(FEEDING)


def shown_of(subject: Subject, sanity: Sanity) -> Shown | None:
    return subject.to_show(sanity, FEEDING)


# --- Reading -----------------------------------------------------------------------------------------


def test_images_are_read_at_the_size_and_in_the_scaling_of_the_model(subject: Subject) -> None:
    """Red and blue in the order blue, green, red, from 0 to 1."""
    read(subject)
    assert subject.images.shape == (2, 4, 6, 3) and subject.images.images.dtype == np.float32
    assert (subject.images.images == np.array([[0, 0, 1], [1, 0, 0]]).reshape(2, 1, 1, 3)).all()


def test_an_image_that_cannot_be_read_has_failed(subject: Subject, tmp_path: Path) -> None:
    subject.paths.append(tmp_path / "missing.png")
    read(subject)
    assert [path.name for path in subject.read] == ["0.png", "2.png"]
    assert [path.name for path in subject.failures] == ["1.png", "missing.png"]
    assert all(subject.failures.values())


def test_failures_are_left_to_the_check_to_report(subject: Subject) -> None:
    watching = Recorder()
    subject.read_images(FEEDING, watching)
    assert watching.rows == watching.notices == []


def test_one_picture_is_kept_that_of_the_figure(subject: Subject) -> None:
    read(subject)
    assert list(subject.pictures) == [subject.paths[0]]
    again = Subject(subject.files, subject.request, subject.paths, subject.paths[2])
    read(again)
    assert list(again.pictures) == [subject.paths[2]]


# --- What is reported --------------------------------------------------------------------------------


def test_images_are_reported_with_the_class_explained(subject: Subject) -> None:
    read(subject)
    sanity = replace(sanity_of(counted_check()), predicted=np.array([2, 0]))
    assert subject.describe_images(sanity) == [
        {"image": "0.png", "predicted": 2, "predicted_name": "cat"},
        {"image": "2.png", "predicted": 0, "predicted_name": "ant"},
    ]


def test_images_without_a_map_are_named_with_the_cause(subject: Subject) -> None:
    read(subject)
    left_out = (LeftOut(0, "blank", "dead layer"), LeftOut(1, "non-finite", "NaN"))
    lines = subject.take_in(sanity_of(replace(counted_check(), left_out=left_out)))
    assert lines == ["0.png: some-cam at block/conv is blank, skipped: dead layer."]
    assert subject.failures[subject.paths[2]] == "some-cam at block/conv is non-finite: NaN"
    assert subject.paths[0] not in subject.failures


def test_provenance_names_files_scaling_and_failures(subject: Subject, tmp_path: Path) -> None:
    read(subject)
    provenance = provenance_of(subject)
    assert provenance.pop("tool").startswith("xai-cam ")
    assert provenance == {
        "model_sha256": sha256(tmp_path / "model.json"),
        "weights_sha256": sha256(tmp_path / "weights.h5"),
        "preprocessing": "unit bgr stretch",
        "head": "3 classes, softmax",
        "failed": 1,
    }


def test_provenance_tells_how_methods_sample_that_do(subject: Subject) -> None:
    """With their own numbers where none were asked for; the seed is that of the check."""
    subject.request = Request(methods=("grad-cam", "rise"), seed=4, samples=7, smooth=True)
    found = provenance_of(subject)
    assert found["samples"] == {"rise": 7} and found["smooth"] is True and "patch" not in found
    subject.request = Request(methods=("occlusion", "smooth-grad"), patch=6)
    found = provenance_of(subject)
    assert (found["samples"], found["patch"]) == ({"smooth-grad": 50}, 6) and "smooth" not in found


def test_what_is_black_is_not_known_of_numbers_without_a_white(subject: Subject) -> None:
    raw = Feeding(NETWORK, Preprocessing("raw", "rgb", "requested", as_stored=True))
    subject.read_images(raw, Recorder())
    assert (subject.images.black == 0).all()
    np.save(subject.paths[2].with_suffix(".npy"), np.full((8, 12, 3), -900.5, np.float32))
    subject.paths, subject.values = [subject.paths[2].with_suffix(".npy")], []
    subject.read_images(raw, Recorder())
    assert subject.images.black is None


def test_a_model_of_one_file_is_its_own_weights(subject: Subject, tmp_path: Path) -> None:
    subject.files = ModelFiles(tmp_path / "model.json")
    assert provenance_of(subject)["weights_sha256"] == sha256(tmp_path / "model.json")


# --- The image of the figure -------------------------------------------------------------------------


def test_the_image_asked_for_is_shown(subject: Subject) -> None:
    read(subject)
    sanity = replace(sanity_of(counted_check(images=(0, 1))), predicted=np.array([2, 0]))
    first = shown_of(subject, sanity)
    assert first is not None and (first.number, first.name, first.class_name) == (0, "0.png", "cat")
    subject.shown = subject.paths[2]
    asked = shown_of(subject, sanity)
    assert asked is not None and (asked.number, asked.name, asked.class_name) == (1, "2.png", "ant")
    assert (asked.picture.pixels == (0, 0, 255)).all()
    region = asked.region
    assert (region.top, region.left, region.bottom, region.right) == (0, 0, 8, 12)


def test_nothing_is_shown_without_a_map_or_of_an_image_that_has_gone(subject: Subject) -> None:
    read(subject)
    sanity = replace(sanity_of(counted_check(images=())), predicted=np.array([2, 0]))
    assert shown_of(subject, sanity) is None
    subject.shown = subject.paths[2]
    subject.paths[2].unlink()
    assert shown_of(subject, sanity) is None


# --- Which images ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "wanted", "expected"),
    [
        (3, None, [0, 3, 6]),
        (3, 3, [0, 3, 6]),
        (3, 4, [0, 4, 6]),
        (3, 1, [1, 3, 6]),
        (1, None, [0]),
        (1, 5, [5]),
        (9, 4, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_images_are_spread_evenly_around_the_one_wanted(
    count: int, wanted: int | None, expected: list[int]
) -> None:
    paths = [Path(f"{number}.png") for number in range(7)]
    found = spread(paths, count, None if wanted is None else paths[wanted])
    assert found == [paths[number] for number in expected]


def test_one_file_is_known_by_all_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_text("", encoding="utf-8")
    link(tmp_path / "link.png", tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    paths = [Path("b.png"), Path("a.png")]
    for name in (Path("a.png"), tmp_path / "a.png", tmp_path / "link.png", Path("x/../a.png")):
        if name.exists():
            assert same_file(paths, name) == Path("a.png")
    assert same_file(paths, Path("c.png")) is None
