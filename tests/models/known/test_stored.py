"""Models in files: opened once, and known the next time without being opened."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.small_models import build_tiny
from xai_cam.errors import ModelError, XaiCamError
from xai_cam.files.cache import Cache
from xai_cam.models.known.network import KnownNetwork
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import StoredModel, network_of
from xai_cam.models.loading import steady
from xai_cam.models.loading.custom_code import CustomCode
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.network import Network

OPTIONS = NetworkOptions()
LOG = logging.getLogger("xai_cam.models.loading.load")


class Opening:
    """Models in the files of the tiny one, each as a new process has it; counts how often one is opened."""

    def __init__(self, files: tuple[Path, Path], cache: Cache | None) -> None:
        self.files, self.cache, self.opened = files, cache, 0
        self.said: list[str] = []

    def load(self) -> Any:
        self.opened += 1
        for line in self.said:
            LOG.warning(line)
        return build_tiny()

    def stored(self, **changed: Any) -> StoredModel:
        files = replace(ModelFiles(*self.files), **changed)
        return StoredModel(files, self.load, {"allow_unsafe": False}, self.cache)


@pytest.fixture
def opening(files: tuple[Path, Path], tmp_path: Path) -> Opening:
    return Opening(files, Cache(tmp_path / "cache"))


def test_the_second_time_it_is_known(opening: Opening) -> None:
    first, second = (opening.stored().network(OPTIONS) for _ in range(2))
    assert isinstance(first, Network) and isinstance(second, KnownNetwork) and opening.opened == 1
    assert second.identity == first.identity is not None
    assert second.find().path == first.find().path == "conv_2"


def test_it_is_opened_when_it_is_asked_for(opening: Opening) -> None:
    opening.stored().network(OPTIONS)
    known = opening.stored().network(OPTIONS)
    live = known.live()
    assert opening.opened == 2 and known.live() is live and live.identity == known.identity
    assert live.own(known.find()).layer is live.find().layer


def test_once_it_is_open_other_networks_are_of_the_open_one(opening: Opening) -> None:
    opening.stored().network(OPTIONS)
    model = opening.stored()
    assert model.model is model.model and isinstance(model.network(OPTIONS), Network) and opening.opened == 2


def test_how_it_is_seen_counts(opening: Opening) -> None:
    opening.stored().network(OPTIONS)
    assert isinstance(opening.stored().network(replace(OPTIONS, head="regression")), Network)
    assert isinstance(opening.stored().network(replace(OPTIONS, batch_size=1)), KnownNetwork)


@pytest.mark.parametrize(
    "asked",
    [{"size": (20, 20)}, {"size": (8, 16, 16)}]
    + [{"head": head} for head in ("binary", "multilabel", "segmentation", "odd")],
)
def test_what_it_cannot_be_is_refused_without_it(asked: dict[str, Any], opening: Opening) -> None:
    with pytest.raises(XaiCamError) as opened:
        opening.stored().network(replace(OPTIONS, **asked))
    opening.stored().network(OPTIONS)
    before = opening.opened
    with pytest.raises(type(opened.value)) as known:
        opening.stored().network(replace(OPTIONS, **asked))
    assert str(known.value) == str(opened.value) and opening.opened == before == 2
    fitting = replace(OPTIONS, size=(16, 16), head="softmax")
    assert isinstance(opening.stored().network(fitting), Network)


@pytest.mark.parametrize("why", ["no cache", "code of the user", "a cache that others may use"])
def test_it_may_have_to_be_opened_each_time(opening: Opening, why: str, tmp_path: Path) -> None:
    changed = {"code": CustomCode("own.py", {}, "0" * 64)} if why == "code of the user" else {}
    opening.cache = None if why == "no cache" else opening.cache
    if why == "a cache that others may use":
        (tmp_path / "file").touch()
        opening.cache = Cache(tmp_path / "file")
    networks = [opening.stored(**changed).network(OPTIONS) for _ in range(2)]
    assert all(isinstance(one, Network) for one in networks) and opening.opened == 2
    assert why.startswith("a cache") or [one.identity for one in networks] == [None, None]


def test_a_model_that_was_changed_is_opened(opening: Opening) -> None:
    opening.stored().network(OPTIONS)
    weights = opening.files[1]
    weights.write_bytes(weights.read_bytes() + b"0")
    assert isinstance(opening.stored().network(OPTIONS), Network)


def test_one_that_changes_while_it_is_known_is_not_mixed_with_it(opening: Opening) -> None:
    opening.stored().network(OPTIONS)
    stored = opening.stored()
    known = stored.network(OPTIONS)
    weights = opening.files[1]
    weights.write_bytes(weights.read_bytes() + b"0")
    assert not stored.files.are_unchanged()  # as whoever opens it looks, and hashes it anew
    with pytest.raises(ModelError, match=r"The model changed while the run went on .*Run the same command"):
        known.live()


def test_what_was_said_is_said_again_once(opening: Opening, caplog: pytest.LogCaptureFixture) -> None:
    opening.said = ["Its kernels were turned."]
    opening.stored().network(OPTIONS)
    assert caplog.messages == opening.said
    caplog.clear()
    known = opening.stored().network(OPTIONS)
    assert caplog.messages == opening.said
    opening.said.append("This is new.")
    known.live()
    assert caplog.messages == opening.said


def test_a_line_that_names_the_file_is_not_said_of_another(
    opening: Opening, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    opening.said = [f"{opening.files[0]} is guessed."]
    opening.stored().network(OPTIONS)
    assert isinstance(opening.stored().network(OPTIONS), KnownNetwork)
    copies = tmp_path / "copy.json", tmp_path / "copy.h5"
    for path, copy in zip(opening.files, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    opening.files, opening.said = copies, []
    caplog.clear()
    assert isinstance(opening.stored().network(OPTIONS), Network) and caplog.messages == []


def test_nothing_is_kept_of_files_that_changed_while_they_were_opened(
    opening: Opening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The line that says so is of that time alone."""
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[__name__], "LOG", steady.log)
        opening.said = ["The model changed while it was loaded (tiny.json): it is loaded again."]
        opening.stored().network(OPTIONS)
    opening.said = []
    caplog.clear()
    assert isinstance(opening.stored().network(OPTIONS), Network) and caplog.messages == []


def test_nothing_is_kept_where_no_warning_is_heard(
    opening: Opening, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.ERROR, "xai_cam"):
        opening.stored().network(OPTIONS)
    with caplog.at_level(logging.ERROR, LOG.name):
        assert isinstance(opening.stored().network(OPTIONS), Network)
    with monkeypatch.context() as patched:
        patched.setattr(LOG, "disabled", True)
        assert isinstance(opening.stored().network(OPTIONS), Network)
    assert isinstance(opening.stored().network(OPTIONS), Network)


@pytest.mark.parametrize("images", [1, 4])
def test_too_little_memory_is_refused_in_the_words_of_an_opened_one(
    opening: Opening, monkeypatch: pytest.MonkeyPatch, images: int
) -> None:
    options = replace(OPTIONS, batch_size=images)
    network = opening.stored().network(options)
    bound = int(network.memory[0].bytes * images) - 1
    monkeypatch.setattr("xai_cam.models.activations.largest_tensor", lambda: bound)
    messages = []
    for make in (lambda: options.open(build_tiny()), lambda: opening.stored().network(options)):
        made: Callable[[], Any] = make
        with pytest.raises(ModelError) as caught:
            made()
        messages.append(caught.value.message)
    assert messages[0] == messages[1] and "more than a quarter of the memory" in messages[0]


def test_a_loaded_model_is_seen_as_it_always_was() -> None:
    network = network_of(build_tiny(), OPTIONS)
    assert isinstance(network, Network) and network.identity is None
