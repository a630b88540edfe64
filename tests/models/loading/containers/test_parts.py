"""Containers of several files: what names them, and what is read of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.systems import link, pipe
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.parts import (
    index_of,
    inside_of,
    is_checkpoint,
    named_by,
    parts_of,
    weights_named_by,
)
from xai_cam.models.loading.kinds import Kind


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    touch(folder / "saved_model.pb", folder / "keras_metadata.pb", folder / "fingerprint.pb")
    touch(*(folder / f"variables/variables.{end}" for end in ("index", "data-00000-of-00002")))
    touch(folder / "variables/variables.data-00001-of-00002", folder / "variables/variables.data-old")
    return folder


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    prefix = tmp_path / "training" / "cp-0010.ckpt"
    touch(index_of(prefix), prefix.with_name("cp-0010.ckpt.data-00000-of-00001"))
    touch(prefix.with_name("cp-0010.ckpt-2.index"), prefix.with_name("cp-0010.ckpt-2.data-00000-of-00001"))
    return prefix


def test_a_saved_model_is_named_by_its_folder_or_its_file(saved: Path):
    assert named_by(saved) == named_by(saved / "saved_model.pb") == saved
    assert [path.relative_to(saved).as_posix() for path in parts_of(saved, Kind.SAVED_MODEL)] == [
        "saved_model.pb",
        "keras_metadata.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00002",
        "variables/variables.data-00001-of-00002",
    ]


def test_a_saved_model_pb_elsewhere_names_itself(tmp_path: Path):
    touch(tmp_path / "saved_model.pb")
    assert named_by(tmp_path / "saved_model.pb") == tmp_path / "saved_model.pb"


def test_a_checkpoint_is_named_by_its_prefix_or_any_of_its_files(checkpoint: Path):
    assert is_checkpoint(checkpoint)
    for end in (".index", ".data-00000-of-00001", ""):
        assert named_by(checkpoint.with_name(checkpoint.name + end)) == checkpoint
    assert parts_of(checkpoint, Kind.CHECKPOINT) == (
        index_of(checkpoint),
        checkpoint.with_name("cp-0010.ckpt.data-00000-of-00001"),
    )


@pytest.mark.parametrize("name", ["cp-0010.ckpt", "/somewhere/else/cp-0010.ckpt", r"C:\\runs\\cp-0010.ckpt"])
def test_a_folder_names_its_last_checkpoint(checkpoint: Path, name: str):
    """TensorFlow notes the path where it was written, which may be another machine's."""
    state = checkpoint.parent / "checkpoint"
    state.write_text(f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "x"\n', encoding="utf-8")
    assert weights_named_by(checkpoint.parent) == weights_named_by(state) == checkpoint


@pytest.mark.parametrize(
    "text", ["", 'model_checkpoint_path: "gone"', 'model_checkpoint_path: "../.."', "\0"]
)
def test_a_note_that_leads_nowhere(checkpoint: Path, text: str):
    (checkpoint.parent / "checkpoint").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="names no checkpoint that is there"):
        weights_named_by(checkpoint.parent)


def test_a_note_that_is_no_text(checkpoint: Path):
    (checkpoint.parent / "checkpoint").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ModelError, match="Name the checkpoint itself"):
        weights_named_by(checkpoint.parent)


def test_a_file_is_its_own_only_part(tmp_path: Path):
    touch(tmp_path / "m.h5")
    assert parts_of(tmp_path / "m.h5", None) == (tmp_path / "m.h5",)
    assert named_by(tmp_path / "m.h5") == tmp_path / "m.h5"


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", r"..\x", r"C:\x", r"\\host\x", "", "a\0b"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str):
    (tmp_path / "m").mkdir()
    with pytest.raises(ModelError, match="leads out of the folder"):
        inside_of(tmp_path / "m", name)


def test_links_out_of_the_folder_are_refused(saved: Path, tmp_path: Path):
    touch(tmp_path / "secret")
    shard = saved / "variables/variables.data-00000-of-00002"
    shard.unlink()
    link(shard, tmp_path / "secret")
    with pytest.raises(ModelError, match="is a link that leads out of the folder"):
        parts_of(saved, Kind.SAVED_MODEL)


def test_a_folder_of_links_out_is_refused(saved: Path, tmp_path: Path):
    os.rename(saved / "variables", tmp_path / "elsewhere")
    link(saved / "variables", tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="is a link that leads out of the folder"):
        parts_of(saved, Kind.SAVED_MODEL)


def test_links_inside_of_the_folder_are_followed(saved: Path):
    os.rename(saved / "variables/variables.index", saved / "index")
    link(saved / "variables/variables.index", saved / "index")
    assert len(parts_of(saved, Kind.SAVED_MODEL)) == 5


def test_links_into_the_store_of_the_hugging_face_hub_are_followed(tmp_path: Path):
    store = tmp_path / "hub/models--a--b"
    touch(store / "blobs/1", store / "blobs/2", tmp_path / "hub/models--evil/blobs/3")
    folder = store / "snapshots/abc"
    (folder / "variables").mkdir(parents=True)
    link(folder / "saved_model.pb", store / "blobs/1")
    link(folder / "variables/variables.index", store / "blobs/2")
    assert len(parts_of(folder, Kind.SAVED_MODEL)) == 2
    (folder / "saved_model.pb").unlink()
    link(folder / "saved_model.pb", tmp_path / "hub/models--evil/blobs/3")
    with pytest.raises(ModelError, match="leads out"):
        parts_of(folder, Kind.SAVED_MODEL)


def test_what_is_no_file_or_is_missing(saved: Path):
    index = saved / "variables/variables.index"
    index.unlink()
    with pytest.raises(ModelError, match=r"is incomplete: variables/variables.index is missing"):
        parts_of(saved, Kind.SAVED_MODEL)
    pipe(index)
    with pytest.raises(ModelError, match="is a pipe, not a file"):
        parts_of(saved, Kind.SAVED_MODEL)


def test_the_store_of_the_hub_is_no_link_itself(tmp_path: Path):
    touch(tmp_path / "secret" / "1")
    folder = tmp_path / "models--a--b" / "snapshots" / "abc"
    (folder / "variables").mkdir(parents=True)
    link(tmp_path / "models--a--b" / "blobs", tmp_path / "secret")
    link(folder / "saved_model.pb", tmp_path / "secret" / "1")
    with pytest.raises(ModelError, match="leads out"):
        parts_of(folder, Kind.SAVED_MODEL)


def test_a_folder_with_one_checkpoint_names_it_for_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    prefix = tmp_path / "w" / "cp.ckpt"
    touch(index_of(prefix), prefix.with_name("cp.ckpt.data-00000-of-00001"))
    assert weights_named_by(prefix.parent) == prefix
    monkeypatch.chdir(prefix.parent)
    assert weights_named_by(Path(".")) == prefix
    touch(index_of(prefix.with_name("b")), prefix.with_name("b.data-00000-of-00001"))
    with pytest.raises(ModelError, match=r"holds several checkpoints: b, cp.ckpt. Name one"):
        weights_named_by(prefix.parent)


def test_a_checkpoint_without_its_index(checkpoint: Path):
    (checkpoint.parent / "checkpoint").write_text('model_checkpoint_path: "cp-0010.ckpt"', encoding="utf-8")
    index_of(checkpoint).unlink()
    for path in (checkpoint, checkpoint.parent):
        with pytest.raises(ModelError, match=r"is incomplete: cp-0010.ckpt.index is missing"):
            weights_named_by(path)


def test_what_is_named_once_is_named_for_ever(tmp_path: Path):
    """A note that leads to a folder would be one thing when it is hashed, and another when it is read."""
    touch(tmp_path / "sub.index", tmp_path / "sub.data-00000-of-00001", tmp_path / "sub" / "config.json")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "sub"', encoding="utf-8")
    with pytest.raises(ModelError, match="names no checkpoint that is there"):
        weights_named_by(tmp_path)
    assert named_by(tmp_path / "sub.index") == tmp_path / "sub.index"


def test_a_file_is_named_once_in_a_list(tmp_path: Path):
    (tmp_path / "model.json").write_text(
        '{"modelTopology": {}, "weightsManifest": [{"paths": ["a", "a"], "weights": []}]}', encoding="utf-8"
    )
    touch(tmp_path / "a")
    with pytest.raises(ModelError, match="names a file twice"):
        parts_of(tmp_path / "model.json", Kind.TFJS)
    link(tmp_path / "b", tmp_path / "a")
    listing = (tmp_path / "model.json").read_text(encoding="utf-8").replace('"a", "a"', '"a", "b"')
    (tmp_path / "model.json").write_text(listing, encoding="utf-8")
    with pytest.raises(ModelError, match="several of the files that it names are one"):
        parts_of(tmp_path / "model.json", Kind.TFJS)
