"""Class names: read, put into file names, and found again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from support.systems import pipe
from xai_cam.cli.errors import exit_code_of
from xai_cam.errors import InputError, XaiCamError, nearest
from xai_cam.images.labels import (
    MAX_BYTES,
    check_labels,
    file_name_of,
    name_of,
    read_labels,
    resolve,
    split_specs,
)

NAMES = ["кот", "Siamese cat", "狗"]


@pytest.mark.parametrize(
    "text",
    [
        "кот\nSiamese cat\n狗\n",
        "кот\r\n  Siamese cat  \r\n狗\n\n\n",
        "\ufeffкот\nSiamese cat\n狗",
        json.dumps(NAMES),
        "\ufeff \n" + json.dumps(NAMES, ensure_ascii=False),
        json.dumps({"0": "кот", "1": "Siamese cat", "2": "狗"}),
        json.dumps({"2": "狗", "0": "кот", "1": "Siamese cat"}),
        json.dumps({"0": ["n01", "кот"], "1": ["n02", "Siamese cat"], "2": ["n03", "狗"]}),
    ],
)
def test_every_kind_of_labels_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels").write_text(text, encoding="utf-8", newline="")
    assert list(read_labels(tmp_path / "labels")) == NAMES


def test_an_empty_line_in_between_keeps_its_index(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("a\n\nc\n", encoding="utf-8")
    assert list(read_labels(tmp_path / "labels.txt")) == ["a", "", "c"]


def test_ids_name_classes_too(tmp_path: Path) -> None:
    entries = {"0": ["n02012849", "crane"], "1": ["n03126707", "crane"], "2": ["n02124075", "cat"]}
    (tmp_path / "class_index.json").write_text(json.dumps(entries), encoding="utf-8")
    labels = read_labels(tmp_path / "class_index.json")
    assert list(labels) == ["crane", "crane", "cat"]
    assert [resolve(id_, labels, "") for id_, _ in entries.values()] == [0, 1, 2]
    assert resolve("folder", labels, "n03126707") == 1 and resolve("cat", labels, "") == 2
    with pytest.raises(InputError, match="not among the labels"):
        resolve("n00000000", labels, "")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n\n", b"[]", b"{}", b"[1, 2", b'{"cat": 1}', b'{"0": "a", "2": "c"}', b'{"1": "a"}'),
        *(b'["a", null]', b'["a", {"b": 1}]', b"\xff\xfec\x00a\x00t"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    """Gaps too: a name would stand for another class."""
    (tmp_path / "labels.json").write_bytes(content)
    with pytest.raises(InputError, match=r"labels\.json"):
        read_labels(tmp_path / "labels.json")


def test_a_missing_file_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.txt", tmp_path):
        with pytest.raises(InputError, match="Cannot read the labels"):
            read_labels(path)


def test_as_many_labels_as_classes() -> None:
    check_labels(None, 7)
    check_labels(NAMES, 3)
    with pytest.raises(InputError, match="3 classes, the model has 4"):
        check_labels(NAMES, 4)


def test_name_of() -> None:
    assert name_of(1, NAMES) == "Siamese cat"
    assert name_of(1, None) == name_of(1, ["a"]) == "1"


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("cat", "cat"),
        ("кот 猫", "кот-猫"),
        ("Siamese cat, Siamese", "Siamese-cat-Siamese"),
        ("a/b\\c:d", "a-b-c-d"),
        ("../../etc", "etc"),
        ("tab\tnew\nline", "tab-new-line"),
        ("???", "class"),
        ("", "class"),
        ("C++ 1.5_x=y", "C++-1.5_x=y"),
        ("कुत्ता", "कुत्ता"),  # with its vowel signs, which are marks
        ("Ko\u0308ter", "Köter"),
    ],
)
def test_class_names_in_file_names(label: str, part: str) -> None:
    assert file_name_of(0, [label, "other"]) == part


@pytest.mark.parametrize(
    ("labels", "parts"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (["a b", "a/b", "c"], ["a-b-0", "a-b-1", "c"]),
        (["Crane", "crane"], ["Crane-0", "crane-1"]),  # one file on many disks
        (["?", "!"], ["class-0", "class-1"]),
        (["a b", "a-b", "a-b-1"], ["a-b-0", "a-b-1", "a-b-1-2"]),
    ],
)
def test_no_two_classes_share_a_file_name(labels: list[str], parts: list[str]) -> None:
    assert [file_name_of(i, labels) for i in range(len(labels))] == parts


def test_without_labels_the_index_is_the_name() -> None:
    assert file_name_of(12, None) == "12"


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("predicted", "predicted"),
        ("top1", "top1"),
        ("top12", "top12"),
        ("2", 2),
        ("Siamese cat", 1),
        ("狗", 2),
        ("folder", 0),
    ],
)
def test_specs(spec: str, found: str | int) -> None:
    assert resolve(spec, NAMES, "кот") == found


def test_digits_are_a_label_first_and_an_index_else() -> None:
    assert resolve("7", ["9", "7"], "") == 1
    assert resolve("1", ["9", "7"], "") == 1
    assert resolve("folder", None, "03") == 3


@pytest.mark.parametrize(
    ("spec", "labels", "message"),
    [
        ("siamese", NAMES, "'siamese' is not among the labels. Nearest: Siamese cat,"),
        ("folder", NAMES, "The folder name 'pics' is not among"),
        ("folder", None, "The folder name 'pics' needs `labels`"),
        ("cat", None, "The class 'cat' needs `labels`"),
        ("top0", None, "'top0' needs `labels`"),
        ("-1", None, "'-1' is below 0"),
        ("-1", NAMES, "'-1' is below 0"),
    ],
)
def test_unknown_classes_are_refused(spec: str, labels: list[str] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve(spec, labels, "pics")


def test_a_label_counts_before_what_its_word_means_otherwise() -> None:
    assert [resolve(one, ["up", "top1", "a+b"], "") for one in ("up", "top1", "a+b")] == [0, 1, 2]
    assert resolve("top2", ["up", "top1"], "") == "top2"


def test_classes_between_commas() -> None:
    assert split_specs(["0,1, 2+3", "up"], None) == ["0", "1", "2+3", "up"]
    assert split_specs(["cat, small", "dog,cat"], ["cat, small", "cat", "dog"]) == [
        "cat, small",
        "dog",
        "cat",
    ]
    assert split_specs(["dog+cat, small"], ["cat, small", "dog"]) == ["dog+cat, small"]
    assert split_specs(["above:0,5"], None) == ["above:0,5"]


def test_nearest_names_come_first() -> None:
    known = ["block1_conv1", "block5_conv3", "flatten", "Block5_Pool"]
    assert nearest("block5_pol", known)[0] == "Block5_Pool"
    assert nearest("block5_conv", known, 2) == ["block5_conv3", "block1_conv1"]
    assert nearest("CONV", ["COPY", "conv"])[0] == "conv"
    assert nearest("x", []) == []
    assert len(nearest("a", [str(i) for i in range(20)])) == 8


def test_errors_have_their_exit_codes() -> None:
    codes = {kind.__name__: exit_code_of(kind) for kind in XaiCamError.__subclasses__()}
    assert codes == {
        **{"InputError": 2, "ModelError": 3, "NoImagesError": 4},
        **{"ImageError": 1, "OutputError": 1, "OutOfMemoryError": 1},
    }


# --- Numbers before the names ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("0 cat\n1 dog\n2 7up", "0: cat\n1: dog\n2: 7up", "0,cat\n1,dog\n2,7up", "0\tcat\n1\tdog\n2\t7up"),
        *("0 cat\r\n1 dog\r\n2 7up\r\n\r\n", "\ufeff0  cat \n\n1  dog\n2  7up", "0;cat\n1 ; dog\n2 , 7up"),
        "00 cat\n01 dog\n02 7up",
    ],
)
def test_an_index_on_every_line_is_no_part_of_the_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.txt").write_text(text, encoding="utf-8", newline="")
    found = read_labels(tmp_path / "labels.txt")
    assert found == ("cat", "dog", "7up") and not found.numbered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 cat\n2 dog", "counted from 1."),
        ("1 dog\n0 cat", "sorted by their numbers."),
        ("2 dog\n1 cat", "counted from 1 and sorted by their numbers."),
    ],
)
def test_other_numbers_are_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.txt").write_text(text, encoding="utf-8")
    found = read_labels(tmp_path / "labels.txt")
    assert found == ("cat", "dog") and found.numbered.endswith(said)


@pytest.mark.parametrize(
    "names",
    [
        ["3 wheeler", "4 wheeler"],  # they do not begin with 0 or 1
        ["0 cat", "dog"],
        ["0 cat", "2 dog"],
        ["0 cat", "0 dog"],
        ["7up", "0cola"],
        ["0", "1", "2"],
        ["1 euro", "2 euro"],  # without the numbers they would be one
        ["0 stars", "1 star", "2 stars"],
        ["0.5 litres", "1.5 litres"],
        ["cat", "7up"],
    ],
)
def test_names_that_begin_with_digits_stay(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(names), encoding="utf-8")
    assert list(read_labels(tmp_path / "labels.txt")) == names


@pytest.mark.parametrize(
    "content",
    [
        {"tfjsVersion": "1.3.1", "labels": ["кот", "Siamese cat", "狗"], "imageSize": 224},
        {"labels": {"1": "Siamese cat", "0": "кот", "2": "狗"}},
        {"狗": 2, "кот": 0, "Siamese cat": 1},
    ],
)
def test_json_of_other_tools(tmp_path: Path, content: object) -> None:
    """Teachable Machine's metadata, and the `class_indices` of Keras' generators."""
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    assert list(read_labels(tmp_path / "a.json")) == NAMES


def test_labels_without_end_are_not_read_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match=r"big\.txt are larger than 16 MB\."):
        read_labels(tmp_path / "big.txt")
    with pytest.raises(InputError, match="no regular file"):
        read_labels(tmp_path)
    if hasattr(os, "mkfifo"):
        pipe(tmp_path / "pipe")
        with pytest.raises(InputError, match="no regular file"):
            read_labels(tmp_path / "pipe")
        with pytest.raises(InputError, match="no regular file"):
            read_labels(Path("/dev/zero"))
