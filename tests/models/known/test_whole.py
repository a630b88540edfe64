"""Models to look at, of which it may be open which output is explained."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers as make

from xai_cam.errors import ModelError
from xai_cam.files.cache import Cache
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import StoredModel
from xai_cam.models.known.whole import known_whole, open_whole
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.output.model_output import EVERY

OPTIONS = NetworkOptions()


def built(*activations: str) -> Any:
    """A model with an output of each activation."""
    image = keras.Input((8, 8, 3))
    x = make.GlobalMaxPooling2D()(make.Conv2D(4, 3, name="conv")(image))
    return keras.Model(image, [make.Dense(3, one, name=f"out_{i}")(x) for i, one in enumerate(activations)])


Stored = Callable[[], StoredModel]


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Stored]:
    """Gives what makes a stored model with such outputs, as each new process has it."""

    def make_one(*activations: str) -> Stored:
        (tmp_path / "model").touch()
        model, cache = built(*activations), Cache(tmp_path / "cache")
        return lambda: StoredModel(ModelFiles(tmp_path / "model"), lambda: model, {}, cache)

    return make_one


def test_where_nobody_can_say_all_outputs_are_looked_at(stored: Callable[..., Stored]) -> None:
    made = stored("softmax", "softmax")
    assert known_whole(made(), OPTIONS) is None
    assert len(open_whole(made(), OPTIONS).outputs) == 2
    known = known_whole(made(), OPTIONS)
    assert known is not None and len(known.outputs) == 2
    with pytest.raises(ModelError, match="no output 'third'"):
        open_whole(made(), replace(OPTIONS, outputs=("third",)))


def test_where_it_can_be_told_it_is_the_one(stored: Callable[..., Stored]) -> None:
    made = stored("softmax", "relu")
    made().network(replace(OPTIONS, outputs=EVERY))  # somebody asked for all
    assert known_whole(made(), OPTIONS) is None
    assert [one.name for one in open_whole(made(), OPTIONS).outputs] == ["out_0"]
    known = known_whole(made(), OPTIONS)
    assert known is not None and [one.name for one in known.outputs] == ["out_0"]


def test_another_error_stays(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((7,)), make.Dense(2)])
    with pytest.raises(ModelError, match="does not take images"):
        open_whole(StoredModel(ModelFiles(tmp_path / "none"), lambda: model), OPTIONS)


def warned(
    outputs: tuple[str, ...], stored: Callable[..., Stored], monkeypatch: pytest.MonkeyPatch
) -> Stored:
    """A model of which a line is said whenever it is opened."""
    opened = NetworkOptions.open

    def speaking(options: NetworkOptions, model: Any) -> Any:
        logging.getLogger("xai_cam.models.network").warning("It is odd.")
        return opened(options, model)

    monkeypatch.setattr(NetworkOptions, "open", speaking)
    return stored(*outputs)


def test_what_does_not_fit_says_nothing(
    stored: Callable[..., Stored], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = warned(("softmax", "relu"), stored, monkeypatch)
    made().network(replace(OPTIONS, outputs=EVERY))
    caplog.clear()
    assert known_whole(made(), OPTIONS) is None and not caplog.messages
    open_whole(made(), OPTIONS)
    assert caplog.messages == ["It is odd."]


def test_what_is_opened_twice_is_said_once_and_kept(
    stored: Callable[..., Stored], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = warned(("softmax", "softmax"), stored, monkeypatch)
    open_whole(made(), OPTIONS)
    assert caplog.messages == ["It is odd."]
    caplog.clear()
    assert known_whole(made(), OPTIONS) is not None and caplog.messages == ["It is odd."]
