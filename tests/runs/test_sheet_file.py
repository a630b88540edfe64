"""Pages on disk: all of them or none, and never over a file of somebody else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PdfParser

from support.commands import tree
from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.errors import InputError, OutputError
from xai_cam.files.provenance import is_own_output, read_provenance
from xai_cam.files.stores.paths import StorePath
from xai_cam.runs.sheet_file import SheetFile, check_sheet

PAGE = np.full((40, 30, 3), 200, np.uint8)


def written(path: Path, pages: int) -> list[Path]:
    sheet = SheetFile(path)
    for number in range(pages):
        sheet.add(PAGE - 10 * number)
    return sheet.finish()


def test_pages_of_png_are_numbered_and_are_our_own(tmp_path: Path) -> None:
    names = written(tmp_path / "s.png", 3)
    assert [name.name for name in names] == ["s.png", "s-2.png", "s-3.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s-2.png", "s-3.png", "s.png"]
    for number, name in enumerate(names):
        assert (np.asarray(Image.open(name)) == 200 - 10 * number).all()
        assert is_own_output(name), "no later run may take it for an image"
        assert (read_provenance(name) or {})["sheet"] == number + 1


def test_a_pdf_has_all_pages_and_no_time(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        assert written(tmp_path / name, 3) == [tmp_path / name]
        with PdfParser.PdfParser(str(tmp_path / name), mode="rb") as pdf:
            assert len(pdf.pages) == 3
            assert (pdf.info.Producer[:7], pdf.info.Title) == ("xai-cam", name[0])
            assert "CreationDate" not in str(pdf.info)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]


def test_a_shorter_sheet_leaves_no_page_of_a_longer_one(tmp_path: Path) -> None:
    written(tmp_path / "s.png", 4)
    (tmp_path / "s-9.png").write_bytes(b"somebody's")
    written(tmp_path / "s.png", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s-2.png", "s-9.png", "s.png"]


def test_what_is_not_finished_leaves_nothing(tmp_path: Path) -> None:
    sheet = SheetFile(tmp_path / "s.png")
    sheet.add(PAGE)
    assert not (tmp_path / "s.png").exists() and len(list(tmp_path.iterdir())) == 1
    sheet.discard()
    assert list(tmp_path.iterdir()) == []
    assert SheetFile(tmp_path / "s.pdf").finish() == []


def test_a_page_of_somebody_else_stays_and_so_does_the_old_sheet(tmp_path: Path) -> None:
    written(tmp_path / "s.png", 1)
    before = (tmp_path / "s.png").read_bytes()
    Image.new("RGB", (3, 3)).save(tmp_path / "s-2.png")
    with pytest.raises(InputError, match=r"s-2\.png exists and was not written by xai-cam"):
        written_again = SheetFile(tmp_path / "s.png")
        written_again.add(PAGE)
        written_again.add(PAGE)
        written_again.finish()
    assert (tmp_path / "s.png").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s-2.png", "s.png"]


def test_a_folder_that_goes_away_is_told(tmp_path: Path) -> None:
    for name in ("s.png", "s.pdf"):
        with pytest.raises(OutputError, match=r"Cannot write .*Use another `sheet`"):
            SheetFile(tmp_path / "gone" / name).add(PAGE)


@pytest.mark.parametrize("name", ["s.jpg", "s", "s.html"])
def test_other_kinds_of_files_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not end in \.png or \.pdf"):
        check_sheet(tmp_path / name, overwrite=False)


@pytest.mark.parametrize("name", ["s.png", "s.pdf"])
def test_only_sheets_are_replaced(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    check_sheet(path, overwrite=False)
    written(path, 2)
    check_sheet(path, overwrite=False)
    path.write_bytes(b"%PDF-1.4 somebody's")
    with pytest.raises(InputError, match="was not written by xai-cam"):
        check_sheet(path, overwrite=False)
    check_sheet(path, overwrite=True)
    image = Image.new("RGB", (3, 3))
    image.save(path)
    with pytest.raises(InputError, match="was not written by xai-cam"):
        check_sheet(path, overwrite=False)


def test_further_pages_replace_neither_inputs_nor_a_strangers_file(tmp_path: Path) -> None:
    photo = tmp_path / "s-2.png"
    Image.new("RGB", (3, 3)).save(photo)
    before = photo.read_bytes()
    for inputs, message in (((photo,), "is one of the inputs"), ((), "was not written by xai-cam")):
        sheet = SheetFile(tmp_path / "s.png", overwrite=True, inputs=inputs)
        sheet.add(PAGE)
        sheet.add(PAGE)
        with pytest.raises(InputError, match=message):
            sheet.finish()
        assert photo.read_bytes() == before and [path.name for path in tmp_path.iterdir()] == ["s-2.png"]


def test_a_page_of_ours_that_is_an_input_is_not_deleted(tmp_path: Path) -> None:
    pages = written(tmp_path / "s.png", 2)
    sheet = SheetFile(tmp_path / "s.png", inputs=[pages[1]])
    sheet.add(PAGE)
    sheet.finish()
    assert pages[1].exists()


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are Unicode there")
def test_a_pdf_may_be_called_what_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pdf"))
    assert written(path, 2) == [path]
    check_sheet(path, overwrite=False)


def test_a_large_pdf_is_known_again(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    sheet = SheetFile(tmp_path / "s.pdf")
    for page in (noise, noise[::-1]):
        sheet.add(page)
    sheet.finish()
    assert (tmp_path / "s.pdf").stat().st_size > 3 * (1 << 16)
    check_sheet(tmp_path / "s.pdf", overwrite=False)


def test_a_broken_pdf_is_not_ours_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "s.pdf"
    for trailer in (b"<< /Size 1 /Root 9 0 R /Info 8 0 R >>", b"<< /Size (", b"<< /Prev 7 /Size 2 >>", b""):
        path.write_bytes(
            b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer\n" + trailer + b"\nstartxref\n9\n%%EOF"
        )
        with pytest.raises(InputError, match="was not written by xai-cam"):
            check_sheet(path, overwrite=False)
    Image.new("RGB", (3, 3)).save(path, producer="another", title="xai-cam")
    with pytest.raises(InputError, match="was not written by xai-cam"):
        check_sheet(path, overwrite=False)


def test_pages_in_a_store_are_those_of_a_disk(s3: S3Server, tmp_path: Path) -> None:
    """Further pages of an earlier sheet are deleted there too, if this tool wrote them."""
    there = StorePath("s3:", "bucket/sheets/s.png")
    s3.put("bucket/sheets/s-4.png", b"somebody's")
    for count in (3, 1):
        for path in (tmp_path / "s.png", there):
            names = [name.name for name in written(path, count)]
            assert names == ["s.png", "s-2.png", "s-3.png"][:count]
        found = stored(s3, "sheets")
        assert found.pop("s-4.png") == b"somebody's" and found == tree(tmp_path)
    s3.put("bucket/sheets/s.png", b"somebody's")
    with pytest.raises(InputError, match=r"s3://bucket/sheets/s\.png exists and was not written by xai-cam"):
        check_sheet(there, overwrite=False)
