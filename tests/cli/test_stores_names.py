"""Names in a store that are no names of a shell, a URL or a glob: from the listing to the report and back."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, explain
from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.images.finding import find_images

Files = Callable[..., tuple[Path, Path]]

ODD = (
    *("a b.png", "ä ö.png", "日本.png", "a?x=1.png", "q?.png", "a#1.png", "100%.png", "%41%2F.png"),
    *("a::b.png", "a\\b.png", "a+b&c=d.png", "a;b,c.png", "~.png", "a\"b'c.png", "x@y:z.png"),
    *("[x].png", "*.png", "folder[1]/c.png", "f*?/d.png"),
    *("long/" + "n" * 200 + ".png", "/".join(["deep"] * 150) + "/e.png"),
)


@pytest.fixture
def odd(s3: S3Server, make_photo: Callable[..., Path], tmp_path: Path) -> dict[str, bytes]:
    """Pictures of such names below `s3://bucket/photos/`."""
    found = {}
    for seed, name in enumerate(ODD):
        found[name] = make_photo(tmp_path / "photo.png", seed=seed).read_bytes()
        s3.put(f"bucket/photos/{name}", found[name])
    return found


def output_of(name: str) -> str:
    return f"{name.removesuffix('.png')}_grad-cam.png"


def test_odd_names_from_the_listing_to_the_report_and_back(
    odd: dict[str, bytes], s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    there = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps/", "--results", "s3://bucket/rows.jsonl"]
    page = ["--report", str(tmp_path / "page.html")]
    assert counted(explain(model_files(), *there, *page), len(ODD))
    assert set(stored(s3, "maps")) == {output_of(name) for name in ODD}
    rows = [json.loads(line) for line in s3.get("bucket/rows.jsonl").decode().splitlines()]
    assert {(row["image"], row["overlay"]) for row in rows} == {
        (f"s3://bucket/photos/{name}", f"s3://bucket/maps/{output_of(name)}") for name in ODD
    }
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len([*(tmp_path / "page_files").iterdir()]) >= 2 * len(ODD) and "日本.png" in text
    before = stored(s3, "maps")
    assert counted(explain(model_files(), *there, *page), 0, up_to_date=len(ODD))
    assert stored(s3, "maps") == before


def test_odd_names_travel_to_workers_with_what_their_listing_told(odd: dict[str, bytes]) -> None:
    found = find_images(["s3://bucket/photos/"], recursive=True).images
    again = pickle.loads(pickle.dumps(found))
    assert [str(image.path) for image in again] == [str(image.path) for image in found]
    assert {str(image.path).removeprefix("s3://bucket/photos/") for image in again} == set(ODD)
    for image in again:
        data = odd[str(image.path).removeprefix("s3://bucket/photos/")]
        assert image.path.listed.size == len(data) and image.path.read_bytes() == data


def test_a_name_that_leaves_no_room_for_an_outputs_name_costs_that_image_alone(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    """A key has 1,024 bytes; the server of these tests does not mind by itself."""
    s3.fail("400 for its name", "PUT", "n" * 1010)
    s3.put("bucket/photos/" + "n" * 1010 + ".png", s3.get("bucket/photos/a.png"))
    result = explain(model_files(), "s3://bucket/photos/")
    assert result.exit_code == 1 and counted(result, 1, failed=1)
    assert "Give the image a shorter name." in result.stderr and s3.count("PUT", "n" * 1010) == 1
