"""The campaign sees what is lost: folders made by hand, each with one thing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.comparing import age, contents, differences, leftovers

HEAD = "image,outcome,score,seconds\n"
ROWS = ("a.png,written,1.5,0.2\n", "b.png,written,2.5,0.3\n")


def folder(path: Path, **changed: bytes | None) -> Path:
    """An input, an output and a table; `changed` by name, with `_` for the dot."""
    files = {"a_png": b"picture", "a_npy": b"map", "rows_csv": (HEAD + "".join(ROWS)).encode(), **changed}
    path.mkdir(exist_ok=True)
    for name, data in files.items():
        if data is not None:
            (path / name.replace("_", ".", 1)).write_bytes(data)
    return path


def wrong(tmp_path: Path, *, whole: bool, **changed: bytes | None) -> list[str]:
    wanted = contents(folder(tmp_path / "wanted"))
    inputs = {"a.png": wanted["a.png"]}
    found = contents(folder(tmp_path / "found", **changed))
    return list(differences(found, wanted, inputs, whole=whole))


def table(*rows: str) -> bytes:
    return (HEAD + "".join(rows)).encode()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"a_png": b"other"}, "a.png was changed"),
        ({"a_png": None}, "a.png is missing"),
        ({"a_npy": b"ma"}, "a.npy is not as in the undisturbed run"),
        ({"c_npy": b"map"}, "c.npy should not be there"),
        ({"rows_csv": table(*ROWS, ROWS[1])}, "rows.csv is not as in the undisturbed run"),
        ({"rows_csv": table(ROWS[0], ROWS[1][:-8])}, "rows.csv is not as in the undisturbed run"),
        ({"rows_csv": table("a.png,written,9,0.2\n")}, "rows.csv is not as in the undisturbed run"),
    ],
)
def test_a_loss_is_seen(tmp_path: Path, changed: dict[str, bytes | None], line: str, whole: bool):
    assert wrong(tmp_path, whole=whole, **changed) == [line]


@pytest.mark.parametrize(
    "changed",
    [
        {"a_npy": None},
        {"rows_csv": table(ROWS[0])},
        {"rows_csv": table(ROWS[0], "b.png,failed,,0.1\n")},
    ],
)
def test_what_is_not_yet_there_is_a_loss_at_the_end_alone(tmp_path: Path, changed: dict[str, bytes | None]):
    assert wrong(tmp_path, whole=False, **changed) == []
    assert len(wrong(tmp_path, whole=True, **changed)) == 1


def test_how_a_run_went_is_no_difference(tmp_path: Path):
    later = table(ROWS[1].replace("written", "up to date"), ROWS[0].replace("0.2", "0.9"))
    assert wrong(tmp_path, whole=True, rows_csv=later) == []


def test_temporary_files_and_locks_are_seen(tmp_path: Path):
    for name in ("a.png", ".xai-cam-0123456789abcdef.tmp", ".xai-cam-results.lock"):
        (tmp_path / name).write_bytes(b"")
    age(tmp_path)
    assert leftovers(tmp_path) == [".xai-cam-0123456789abcdef.tmp", ".xai-cam-results.lock"]
    assert contents(tmp_path) == {"a.png": b""}
    young = (tmp_path / "a.png").stat().st_mtime
    assert (tmp_path / ".xai-cam-results.lock").stat().st_mtime < young - 7000
