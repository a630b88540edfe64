"""What images really show: folders, tables, and the classes of a model."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.images.finding import ImageFile, find_images
from xai_cam.images.ground_truth import (
    folder_names,
    match_classes,
    match_unlabelled,
    path_beside,
    read_truth,
    table_names,
)
from xai_cam.images.labels import Labels


def images(*names: str) -> list[ImageFile]:
    """Pictures as found below a folder `top`."""
    return [ImageFile(Path("top", name), Path(name).parent) for name in names]


def touch(top: Path, *names: str) -> Path:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"-")
    return top


# --- Folders ------------------------------


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("cat/1.png", None, "cat"),
        ("cat/2024/june/1.png", None, "cat"),
        ("test/cat/1.png", ["cat", "dog"], "cat"),
        ("test/cat/june/1.png", ["cat", "dog"], "cat"),
        ("dog/cat/1.png", ["cat", "dog"], "cat"),  # the nearest
        ("bird/june/1.png", ["cat", "dog"], "bird"),
        ("1.png", None, "top"),
        ("7/1.png", ["cat", "dog"], "7"),
        ("кот/1.png", ["кот"], "кот"),
    ],
)
def test_folders_may_be_nested(name: str, labels: list[str] | None, expected: str) -> None:
    assert folder_names(images(name), labels) == [expected]


def test_the_folder_around_an_image_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "cat/1.png", "cat/inner/2.png")
    monkeypatch.chdir(tmp_path / "cat" / "inner")
    for argument in ("..", "../1.png", tmp_path / "cat" / "1.png", "../*.png", "../../cat/1.png"):
        found = find_images([str(argument)]).images
        assert folder_names(found) == ["cat"], argument
    monkeypatch.chdir(tmp_path / "cat")
    assert folder_names(find_images(["1.png"]).images) == folder_names(find_images(["."]).images) == ["cat"]


def test_accents_are_the_same_in_both_of_their_spellings() -> None:
    one, two = (unicodedata.normalize(form, "Müll") for form in ("NFC", "NFD"))
    assert one != two
    for label, folder in ((one, two), (two, one)):
        assert folder_names(images(f"test/{folder}/1.png"), [label]) == [folder]
        assert match_classes([folder], ["Glas", label]) == [1]


# --- Tables ------------------------------

CAT_DOG = {"a.png": "cat", "b.png": "dog"}


@pytest.mark.parametrize(
    "text",
    [
        "a.png,cat\nb.png,dog\n",
        "a.png;cat\nb.png;dog",
        "a.png\tcat\r\nb.png\tdog\r\n",
        "\ufeffimage,class\na.png,cat\nb.png,dog\n",
        "class;path\ncat;a.png\ndog;b.png\n",
        "Filename , Label\na.png,cat\nb.png,dog\n",
        "file,species\na.png,cat\nb.png,dog\n",
        "species,file\ncat,a.png\ndog,b.png\n",
        "name,label\na.png,cat\nb.png,dog\n",
        "id,width,image,height,truth\n1,2,a.png,3,cat\n4,5,b.png,6,dog\n",
        '"a.png","cat"\n"b.png","dog"\n',
        "a.png,cat,comment\nb.png,dog,\n",
        "\na.png,cat\n,\n\nb.png,dog\na.png,cat\n",
        "a.png,cat\nb.png,dog\nc.png,\n",  # not labelled
        "./a.png,cat\nb.png,dog\na.png,cat\n",
        "image,outcome,truth_index,truth_name\na.png,right,0,cat\nb.png,wrong,1,dog\n",  # of an evaluation
    ],
)
def test_tables(text: str, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(text.encode())
    assert read_truth(path) == CAT_DOG


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b.png;cat\nc.png;dog, or not\n", {"a, b.png": "cat", "c.png": "dog, or not"}),
        ('"a, b.png",cat\n', {"a, b.png": "cat"}),
        ('"a\n.png",cat\n', {"a\n.png": "cat"}),
        ("фото/猫\u2028.png,猫\n", {"фото/猫\u2028.png": "猫"}),
        ("a.png,label\nb.png,image\n", {"a.png": "label", "b.png": "image"}),  # no header
        ("a.png,0\nb.png,12\n", {"a.png": "0", "b.png": "12"}),
    ],
)
def test_odd_names_in_tables(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_bytes(text.encode())
    assert read_truth(tmp_path / "truth.csv") == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "names no images. Write lines of image,class."),
        (b"image,class\n", "names no images"),
        (b"a.png,\n", "names no images"),
        (b"a.png\nb.png\n", "has the line 'a.png'. Write an image and its class on each line."),
        (b"a.png;cat\nb.png\nc.png;dog", "has the line 'b.png'"),
        (b",cat\n", "has the line ',cat'"),
        (b"a\0.png,cat\n", "is not a CSV file"),
        (b"a.png,cat\n./a.png,dog\n", "gives both 'cat' and 'dog' for a.png. Keep one of them."),
        (b"file,a,b\na.png,cat,dog\n", "(file, a, b) does not name the image or its class"),
        (b"label,pixel0,pixel1\n5,0,0\n", "(label, pixel0, pixel1) does not name the image or its class"),
        (b"caf\xe9.png,cat\n", "Cannot read the true classes"),
        ("a.png,cat\n".encode("utf-16")[:-1], "no text in UTF-16"),
        (b'"' + b"a" * 200_000 + b'",cat\n', "is not a CSV file (field larger than field limit"),
    ],
)
def test_what_is_no_table(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_truth(path)
    text = raised.value.message
    assert message in text and str(path) in text
    assert len(text) < 500 and len(re.findall(r"[.!?](?=\s|$)", text)) == 2


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_table_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read the true classes"):
        read_truth(tmp_path / name)


# --- Images of a table ------------------------------


def named(
    top: Path, table: dict[str, str], *arguments: str, source: str = "truth.csv"
) -> dict[str, str | None]:
    """Name below `top` -> what the table says of each picture that the arguments stand for."""
    found = find_images([str(top / a) for a in arguments], recursive=True).images
    names = table_names(found, table, top / source)
    return {i.path.relative_to(top).as_posix(): name for i, name in zip(found, names, strict=True)}


@pytest.mark.parametrize(
    "names",
    [
        ("test/cat/1.png", "test/2.png"),  # as seen from the table
        ("cat/1.png", "2.png"),  # as seen from the folder that was named
        ("1.png", "2.png"),  # alone
        ("{top}/test/cat/1.png", "{top}/test/2.png"),
    ],
)
def test_how_a_table_may_name_images(names: tuple[str, str], tmp_path: Path) -> None:
    touch(tmp_path, "test/cat/1.png", "test/2.png", "test/3.png")
    table = {names[0].format(top=tmp_path): "cat", names[1].format(top=tmp_path): "dog"}
    assert named(tmp_path, table, "test") == {
        "test/cat/1.png": "cat",
        "test/2.png": "dog",
        "test/3.png": None,
    }


def test_names_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "test/1.png", "tables/truth.csv")
    monkeypatch.chdir(tmp_path)
    found = named(tmp_path, {"test/1.png": "cat"}, "test", source="tables/truth.csv")
    assert found == {"test/1.png": "cat"}
    assert path_beside(tmp_path / "tables" / "truth.csv", "test/1.png") == Path("test/1.png")
    assert path_beside(tmp_path / "truth.csv", "test/1.png") == tmp_path / "test" / "1.png"
    assert path_beside(tmp_path / "truth.csv", "x" * 5000) == Path("x" * 5000)


def test_a_name_means_the_file_beside_the_table_before_one_of_that_name(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.png", "test/1.png", "test/2.png")
    table = {"1.png": "cat", "2.png": "dog"}
    assert named(tmp_path, table, "train", "test", source="train/truth.csv") == {
        "train/1.png": "cat",
        "test/1.png": None,
        "test/2.png": "dog",
    }


def test_a_name_alone_must_not_be_that_of_several_images(tmp_path: Path) -> None:
    touch(tmp_path, "test/x/1.png", "test/y/1.png")
    with pytest.raises(
        InputError, match=r"gives 'cat' for 1.png, but 2 of the images have that name\. Write "
    ):
        named(tmp_path, {"1.png": "cat"}, "test")
    assert named(tmp_path, {"x/1.png": "cat"}, "test") == {"test/x/1.png": "cat", "test/y/1.png": None}
    full = {"x/1.png": "cat", "y/1.png": "dog"}
    assert set(named(tmp_path, full, "test").values()) == {"cat", "dog"}


def test_two_names_of_one_file(tmp_path: Path) -> None:
    touch(tmp_path, "1.png")
    for other in ("x/../1.png", str(tmp_path / "1.png")):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert named(tmp_path, {"1.png": "cat", other: "cat"}, "1.png") == {"1.png": "cat"}
        with pytest.raises(InputError, match="gives both 'cat' and 'dog'"):
            named(tmp_path, {"1.png": "cat", other: "dog"}, "1.png")


# --- Classes ------------------------------


@pytest.mark.parametrize(
    ("names", "labels", "expected"),
    [
        (["dog", "cat", "dog"], ["cat", "dog", "bird"], [1, 0, 1]),
        (["0", "02", "1"], ["cat", "dog", "bird"], [0, 2, 1]),
        (["5", "3"], ["3", "5"], [1, 0]),  # a name before a number
        (["134", "stork"], [*(["stork"] + ["crane"] * 517)], [134, 0]),
    ],
)
def test_labels_are_matched_by_name(names: list[str], labels: list[str], expected: list[int]) -> None:
    assert match_classes(names, labels) == expected


@pytest.mark.parametrize(
    ("names", "labels", "message"),
    [
        (["kat", "dog"], ["cat", "dog"], "only among the images kat; only among the labels cat. Rename"),
        (["cat", "dog", "bird"], ["cat", "dog"], "only among the images bird; only among the labels none."),
        (["2"], ["cat", "dog"], "only among the images 2; only among the labels cat, dog."),
        (["-1", "1" * 5000], ["cat"], "only among the images -1, 1"),
        ([f"n{i:02}" for i in range(12)], ["cat"], "n08, n09 and 2 more; only among the labels cat."),
        (
            ["crane"],
            ["crane", "stork", "crane"],
            "name several classes 'crane' (0, 2). Name their image fold",
        ),
    ],
)
def test_a_mismatch_lists_both_sides(names: list[str], labels: list[str], message: str) -> None:
    with pytest.raises(InputError) as raised:
        match_classes(names, labels)
    assert message in raised.value.message


def test_folders_may_be_called_by_the_ids_of_classes() -> None:
    labels = Labels(["crane", "crane", "cat"])
    labels.ids = ("n02012849", "n03126707", "n02124075")
    images = [
        ImageFile(Path("top", *parts, "1.jpg"), Path(*parts))
        for parts in (("n03126707",), ("n02124075", "more"), ("cat",))
    ]
    names = folder_names(images, labels)
    assert names == ["n03126707", "n02124075", "cat"]
    assert match_classes(names, labels) == [1, 2, 2]


def test_without_labels_names_are_taken_in_alphabetical_order() -> None:
    assert match_unlabelled(["dog", "cat", "dog"], 2) == ([1, 0, 1], ["cat", "dog"])
    assert match_unlabelled(["b", "a", "B"], 3) == ([2, 1, 0], ["B", "a", "b"])


def test_without_labels_numbers_are_indices() -> None:
    assert match_unlabelled(["2", "00"], 3) == ([2, 0], ["0", "1", "2"])
    assert match_unlabelled(["1", "10", "2"], 3) == (
        [0, 1, 2],
        ["1", "10", "2"],
    )  # too large: names like others


@pytest.mark.parametrize(
    ("names", "classes"), [(["cat", "dog"], 3), (["a", "b", "c"], 2), (["0", "9" * 5000], 3)]
)
def test_without_labels_their_number_must_be_that_of_the_classes(names: list[str], classes: int) -> None:
    with pytest.raises(
        InputError, match=rf"have {len(names)} classes \(.*\), the model has {classes}\. Give `lab"
    ):
        match_unlabelled(names, classes)
