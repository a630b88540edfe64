"""`Watch`: what it writes while a model trains, and that the training takes no notice of it."""

from __future__ import annotations

import logging
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xai_cam.extras
import xai_cam.keras.watch
from support.commands import provenance
from support.training import X, build, compiled, train
from xai_cam import explain
from xai_cam.errors import InputError, NoImagesError, OutputError, XaiCamError
from xai_cam.images.finding import find_images
from xai_cam.keras import Watch


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def states() -> list[Any]:
    """What random numbers come next, without drawing any."""
    from keras.src.random.seed_generator import global_seed_generator

    drawn = np.asarray(global_seed_generator().state).tolist()
    return [random.getstate(), np.random.get_state()[1].tolist(), drawn]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_a_watched_training_is_the_same_training(tmp_path: Path, policy: str) -> None:
    """Weights, the optimizer's state, the history and the random numbers that come next: bit for bit."""
    plain, watched = build(policy, eager=False), build(policy, eager=False)
    alone = train(plain, [])
    after = states()
    seen = train(watched, [Watch(X[:3], method=["grad-cam", "score-cam"], folder=tmp_path)])
    assert states() == after and alone.history == seen.history
    for first, second in zip(plain.variables, watched.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second), first.path)
    for first, second in zip(plain.optimizer.variables, watched.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(first), np.asarray(second), first.path)
    assert names(tmp_path) == ["epoch_00000.png", "epoch_00001.png", "epoch_00002.png", "sheet.png"]


def test_the_maps_are_those_of_the_weights_of_each_epoch_by_one_graph(tmp_path: Path) -> None:
    model, expected, traces = build(), [], []
    watch = Watch(X[:3], "conv_1", ["grad-cam", "layer-cam"], folder=tmp_path)

    class Beside(__import__("keras").callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            found = explain(self.model, X[:3], "conv_1", ["grad-cam", "layer-cam"], engine="tensorflow")
            expected.append([[one.saliency_map for one in of] for of in found.by_image])
            (compiled,) = watch._watched.explainer.engine.whole._gradients.values()
            traces.append(compiled.experimental_get_tracing_count())

    train(model, [watch, Beside()], epochs=3)
    assert traces == [1, 1, 1]
    assert [epoch.number for epoch in watch._epochs] == [0, 1, 2, 3] and watch.seconds > 0
    for epoch, maps in zip(watch._epochs[1:], expected, strict=True):
        assert list(epoch.variants) == ["grad-cam at conv_1", "layer-cam at conv_1"]
        for row, cells in enumerate(epoch.variants.values()):
            for image, cell in enumerate(cells):
                np.testing.assert_allclose(cell.scaled_map, maps[image][row], atol=1e-6)
    told = watch._epochs[-1].told
    assert "loss 0." in told and "accuracy 0." in told


def test_strips_are_named_and_sorted_by_epoch(tmp_path: Path) -> None:
    watch = Watch(X[0], every=2, folder=tmp_path / "new")
    model = build()
    train(model, [watch], epochs=5)
    strips = ["epoch_00000.png", "epoch_00002.png", "epoch_00004.png", "sheet.png"]
    assert names(tmp_path / "new") == strips
    assert provenance(tmp_path / "new" / strips[1])["epoch"] == 2
    assert not find_images(
        [str(tmp_path / "new")], is_own_output=xai_cam.files.provenance.is_own_output
    ).images
    train(model, [watch], epochs=6, first=5)
    train(model, [watch], epochs=8, first=6)
    assert names(tmp_path / "new")[3:] == [
        "epoch_00005.png",
        "epoch_00006.png",
        "epoch_00008.png",
        "sheet.png",
    ]
    assert [epoch.number for epoch in watch._epochs] == [0, 2, 4, 5, 6, 8], "one training goes on"
    train(model, [watch], epochs=2)
    assert [epoch.number for epoch in watch._epochs] == [0, 2], "another one begins"


def test_tensorboard_has_the_strips(tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(build(), [Watch(X[:2], folder=tmp_path / "w", tensorboard=tmp_path / "logs")])
    events = accumulator.EventAccumulator(str(tmp_path / "logs"), size_guidance={"tensors": 0}).Reload()
    assert [event.step for event in events.Tensors("watch")] == [0, 1, 2]


def test_without_tensorboard_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: module != "tensorboard")
    with pytest.raises(XaiCamError, match="TensorBoard, which is not installed"):
        Watch(X, folder=tmp_path, tensorboard=tmp_path)


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"every": 0}, InputError, "`every` is 0"),
        ({"every": "often"}, InputError, "`every` is 'often'"),
        ({"method": "grad"}, InputError, "Unknown method 'grad'"),
        ({"blend": "x"}, InputError, "Unknown `blend`"),
        ({"images": []}, InputError, "no image to watch"),
        ({"images": "no such folder"}, XaiCamError, "no such file"),
        ({"folder": f"{__file__}/x"}, OutputError, "Cannot write"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_training(
    tmp_path: Path, asked: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Watch(**{"images": X, "folder": tmp_path, **asked})
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoImagesError):
        Watch(tmp_path / "empty", folder=tmp_path)


def failing(what: str, tmp_path: Path) -> tuple[Any, Watch]:
    """A model and a callback that cannot work."""
    import keras

    if what == "no maps":
        layers = [
            keras.Input((16, 16, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax"),
        ]
        return compiled(keras.Sequential(layers)), Watch(X[:2], folder=tmp_path)
    asked: dict[str, dict[str, Any]] = {
        "no layer": {"layer": "conv_9"},
        "several classes": {"target_class": "top2"},
        "no labels": {"target_class": "cat"},
    }
    return build(), Watch(X[:, :8] if what == "other size" else X[:2], folder=tmp_path, **asked.get(what, {}))


@pytest.mark.parametrize("what", ["no maps", "no layer", "several classes", "no labels", "other size"])
def test_what_cannot_be_drawn_is_told_once_and_the_training_goes_on(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    model, watch = failing(what, tmp_path)
    with caplog.at_level(logging.WARNING):
        assert len(train(model, [watch], epochs=3).history["loss"]) == 3
    told = [record.getMessage() for record in caplog.records if "Watch:" in record.getMessage()]
    assert len(told) == 1 and told[0].endswith("Nothing is drawn; the training goes on.")
    assert not names(tmp_path)


def test_a_full_disk_costs_a_strip_and_not_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = xai_cam.keras.watch.write_whole

    def full(path: Path, *rest: Any) -> None:
        if path.name in ("epoch_00001.png", "epoch_00002.png"):
            raise OSError(28, "No space left on device")
        write(path, *rest)

    monkeypatch.setattr(xai_cam.keras.watch, "write_whole", full)
    with caplog.at_level(logging.WARNING):
        train(build(), [Watch(X[:1], folder=tmp_path)], epochs=3)
    assert names(tmp_path) == ["epoch_00000.png", "epoch_00003.png", "sheet.png"]
    assert sum("No space left" in record.getMessage() for record in caplog.records) == 1


def test_files_of_others_are_not_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "epoch_00001.png").write_bytes(b"mine")
    train(build(), [Watch(X[:1], folder=tmp_path)])
    assert (tmp_path / "epoch_00001.png").read_bytes() == b"mine" and "epoch_00002.png" in names(tmp_path)
    assert "was not written by xai-cam. Name another `folder`." in caplog.text
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "sheet.png").write_bytes(b"mine")
    with pytest.raises(InputError, match="was not written by xai-cam"):
        Watch(X[:1], folder=tmp_path / "other")


def test_a_training_after_an_interrupted_one_lets_go_of_its_model(tmp_path: Path) -> None:
    watch, first = Watch(X[:1], folder=tmp_path), build()

    class Interrupt(__import__("keras").callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(first, [watch, Interrupt()])
    assert watch._watched is not None
    watch.set_model(build())
    watch.on_train_begin()
    assert watch._watched is None


def test_an_interrupt_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(X[:1], folder=tmp_path)
    monkeypatch.setattr(watch, "_draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        train(build(), [watch])
