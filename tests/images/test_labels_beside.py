"""Labels beside the model: which file is taken, and what becomes of those that do not fit."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from support.systems import pipe
from xai_cam.images.labels import Labels
from xai_cam.images.labels_beside import (
    MAX_BYTES,
    NAMES,
    find_labels,
    folders_of,
    labels_behind,
    settle_labels,
)


def beside(folder: Path, **files: str) -> Labels | None:
    """What is found beside a model; the files are named with `_` for the dot."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8", errors="surrogatepass")
    return find_labels(folder / "model.keras")


def test_the_first_of_the_names_is_taken(tmp_path: Path) -> None:
    assert find_labels(tmp_path / "model.keras") is None
    for number, name in reversed(list(enumerate(NAMES))):
        names = [f"a{number}", "b"]
        json_ = name == "metadata.json"
        text = (
            json.dumps({"labels": names} if json_ else names) if name.endswith("json") else "\n".join(names)
        )
        (tmp_path / name).write_text(text, encoding="utf-8")
        found = find_labels(tmp_path / "model.keras")
        assert found is not None and found == tuple(names) and found.found == tmp_path / name


def test_only_the_folder_of_the_model_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    assert beside(tmp_path, labels_txt="a\nb") == ("a", "b")
    assert find_labels(tmp_path / "deeper" / "model.keras") is None
    (tmp_path / "labels.txt").rename(tmp_path / "my labels.txt")
    assert find_labels(tmp_path / "model.keras") is None


def test_of_a_model_that_is_a_folder_both_sides_are_looked_at(tmp_path: Path) -> None:
    """As Teachable Machine's `model.savedmodel` beside `labels.txt`."""
    folder = tmp_path / "model.savedmodel"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"")
    (tmp_path / "labels.txt").write_text("0 cat\n1 dog\n", encoding="utf-8")
    for model in (folder, folder / "saved_model.pb", folder / "keras_metadata.pb"):
        found = find_labels(model)
        assert found == ("cat", "dog") and found.found == tmp_path / "labels.txt"
        assert folders_of(model) == [folder, tmp_path]
    (folder / "metadata.json").write_text('{"labels": ["inside", "it"]}', encoding="utf-8")
    assert find_labels(folder) == ("inside", "it")
    assert find_labels(folder / "variables") == ("inside", "it"), "as of any file in there"


def test_the_folder_around_one_that_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "labels.txt").write_text("a\nb", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "model")
    assert find_labels(Path()) == find_labels(Path("../model")) == ("a", "b")
    monkeypatch.chdir(tmp_path)
    assert find_labels(Path("model")) == ("a", "b")


def test_the_model_itself_is_no_list_of_labels(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('["a", "b"]', encoding="utf-8")
    assert find_labels(tmp_path / "labels.json") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no labels"),
        ("a" * 300, "too long"),
        ("a\x1b[31m\nb", "control characters"),
        ("a\n" * (MAX_BYTES // 2 + 1), "larger than 4 MB"),
        ("[" * 100_000, "not a list of labels"),
        ('["a", "\\ud800"]', "control characters"),
        ('{"0": "a", "5": "b"}', "not a list of labels"),
    ],
)
def test_what_is_no_list_is_passed_over(
    tmp_path: Path, text: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert beside(tmp_path, labels_txt=text, classes_txt="a\nb") == ("a", "b")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{tmp_path / 'labels.txt'}, beside the model, is not read") and reason in said


def test_bytes_that_are_no_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "labels.txt").write_bytes(b"caf\xe9\ndog\n")
    assert find_labels(tmp_path / "model.keras") is None
    assert "no text in UTF-8" in caplog.text


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe(tmp_path / "labels.txt")
    assert find_labels(tmp_path / "model.keras") is None


def test_metadata_of_other_tools_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert beside(tmp_path, metadata_json='{"epochs": 0, "classes": 1}') is None
    assert beside(tmp_path, metadata_json='{"labels": 3}') is None
    assert not caplog.records


# --- Whether they fit --------------------------------------------------------------------------------


def test_those_that_fit_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = beside(tmp_path, labels_txt="2 b\n1 a")
    with caplog.at_level(logging.WARNING):
        settled = settle_labels(found, 2)
        assert settled == ("a", "b") and settle_labels(settled, 2) == settled
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith(f"Class names from {tmp_path / 'labels.txt'}, found") and "labels=" in first
    assert second.endswith("which are counted from 1 and sorted by their numbers.")


def test_those_that_do_not_fit_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = beside(tmp_path, labels_txt="a\nb\nc")
    assert settle_labels(found, 2) is None
    (said,) = [record.getMessage() for record in caplog.records]
    assert "names 3 classes and the model has 2: it is left out" in said
    assert labels_behind("1", 1, found) is None and labels_behind("b", 1, found) == found


def test_those_that_were_given_stay(caplog: pytest.LogCaptureFixture) -> None:
    assert settle_labels(Labels("ab"), 3) == ("a", "b"), "they are refused elsewhere"
    assert settle_labels(None, 3) is None and settle_labels(["a"], 3) == ["a"]
    assert labels_behind("other", 1, Labels("ab")) == ("a", "b")
    assert not caplog.records
