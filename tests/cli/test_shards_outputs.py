"""What runs with `--shard` write: names of the plan of all, and never over an image of another shard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import colours
from support.commands import named, run, tree
from xai_cam.files.shard import number_of

Files = tuple[Path, Path]


def test_names_of_outputs_are_those_of_the_plan_of_all(
    tiny_files: Files, make_photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two images that share a stem keep their whole names, also where each is alone in its shard."""
    monkeypatch.chdir(tmp_path)
    names = ["a.png", next(f"a.{end}" for end in ("jpg", "bmp", "webp") if number_of(f"a.{end}", 2) == 2)]
    assert number_of("a.png", 2) == 1
    for name in names:
        make_photo(Path("photos") / name)
    for number in (1, 2):
        assert (
            run("explain", *named(tiny_files), "-o", "out", "photos", "--shard", f"{number}/2").exit_code == 0
        )
    assert sorted(tree(Path("out"))) == sorted(f"{name}_grad-cam.png" for name in names)


@pytest.mark.parametrize("more", [(), ("--only", "wrong", "-c", "folder", "--labels", "labels.txt")])
def test_images_of_other_shards_are_never_written_over(
    more: tuple[str, ...], judges: Callable[..., Files], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with --overwrite: an image may have the name of another one's output."""
    monkeypatch.chdir(tmp_path)
    Path("labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    stem = next(
        f"a{n}" for n in range(99) if number_of(f"ant/a{n}.png", 2) != number_of(f"ant/a{n}_grad-cam.png", 2)
    )
    for seed in range(40):  # until it is taken for no ant
        first = colours.paint(Path("photos/ant") / f"{stem}.png", seed)
        if colours.answer(first)[1]:
            break
    other = colours.paint(Path("photos/ant") / f"{stem}_grad-cam.png", seed)
    before = other.read_bytes()
    number = number_of(f"ant/{stem}.png", 2)
    asked = ("explain", *named(judges()), "-r", "photos", "--overwrite", *more)
    result = run(*asked, "--shard", f"{number}/2")
    assert result.exit_code == 1
    assert f"{other} is one of the inputs" in result.stderr
    assert other.read_bytes() == before


def test_pictures_of_other_shards_are_never_written_over(
    make_photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of commands that draw for each image, too."""
    monkeypatch.chdir(tmp_path)
    name = "{}_box_filtered.png"
    stem = next(f"a{n}" for n in range(99) if number_of(f"a{n}.png", 2) != number_of(name.format(f"a{n}"), 2))
    make_photo(Path("photos") / f"{stem}.png")
    other = make_photo(Path("photos") / name.format(stem), seed=1)
    before = other.read_bytes()
    shard = f"{number_of(f'{stem}.png', 2)}/2"
    result = run("kernels", "apply", "--fir", "box", "photos", "--overwrite", "--shard", shard)
    assert result.exit_code == 1 and f"{other} is one of the inputs" in result.stderr, result.stderr
    assert other.read_bytes() == before
