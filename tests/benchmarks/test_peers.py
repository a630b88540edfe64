"""The benchmark beside other libraries: workers that fail, crash and hang, and maps that are compared."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from beside import rounds
from beside.agreeing import agreements, correlation
from beside.contenders import Contender, on_the_grid
from beside.networks import Case
from beside.plainly import enlarged
from beside.process import ContenderError, start
from beside.rounds import Found, Settings, measure

FAKES = '''
import os, signal, sys, time
import numpy as np

class Good:
    """Takes 20 ms an image; prints where it must not; maps of 4 x 4 whose values tell the image."""
    def __init__(self, case, method, batch, option):
        print("loaded", option)
    def warm_up(self, images):
        print('{"seconds": 0}')
    def explain(self, images):
        time.sleep(0.02 * len(images))
        return {"grad-cam": np.stack([np.full((4, 4), x.mean()) for x in images])}

class Slow(Good):
    def explain(self, images):
        time.sleep(0.3 * len(images))
        return {}

class NotLoading(Good):
    def __init__(self, *given):
        raise ValueError("no such\\n  layer")

class Failing(Good):
    def explain(self, images):
        raise RuntimeError("not today")

class Crashing(Good):
    def explain(self, images):
        print("out of luck", file=sys.stderr)
        os._exit(3)

class Killed(Good):
    def explain(self, images):
        os.kill(os.getpid(), signal.SIGKILL)

class Hanging(Good):
    def explain(self, images):
        time.sleep(600)
'''
ASK = {"images": 2, "least": 0.0}


def fake(name: str, **given) -> Contender:
    return Contender(name, given.pop("engine", "PyTorch"), f"fake_contenders:{name}", (), **given)


@pytest.fixture
def case(tmp_path, monkeypatch) -> Case:
    """Three images of 8 x 8 whose values are 0, 1 and 2; the layer's grid is 2 x 2."""
    (tmp_path / "fake_contenders.py").write_text(FAKES, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = {"name": "Net", "layer": "conv", "weights": "none", "class_index": 0, "live": [4, 2, 3] * 6}
    (tmp_path / "case.json").write_text(json.dumps({**told, "grid": [2, 2], "folder": ""}), encoding="utf-8")
    np.save(tmp_path / "images.npy", np.repeat(np.arange(3.0), 192).reshape(3, 8, 8, 3).astype("f4"))
    return Case.read(tmp_path)


def begin(name: str, case: Case, patience: float = 30):
    return start(fake(name), case.folder, "grad-cam", 8, 8.0, patience)


def test_a_worker_answers_though_the_contender_prints(case, tmp_path):
    worker = begin("Good", case)
    assert worker.receive()["ready"] >= 0
    answer = worker.ask({**ASK, "save": str(tmp_path / "maps.npz")})
    assert answer["calls"] == 1
    assert 0.04 <= answer["seconds"] < 2
    assert 10 < answer["peak"] < 2000
    repeated = worker.ask({"images": 5, "least": 0.25})
    assert 1 < repeated["calls"] <= 3
    assert repeated["seconds"] >= 0.1
    worker.end()
    with np.load(tmp_path / "maps.npz") as found:
        assert found["grad-cam"].tolist() == [[[0, 0], [0, 0]], [[1, 1], [1, 1]]]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Failing", "RuntimeError: not today"),
        ("Crashing", "ended with exit code 3: out of luck"),
        ("Killed", "ended by signal 9"),
    ],
)
def test_a_contender_that_ends_while_it_works_is_told(name, told, case):
    worker = begin(name, case)
    worker.receive()
    with pytest.raises(ContenderError) as error:
        worker.ask(ASK)
    assert str(error.value).startswith(told)
    assert worker.process.poll() is not None


def test_a_contender_that_does_not_load_is_told(case):
    with pytest.raises(ContenderError, match=r"^ValueError: no such layer$"):
        begin("NotLoading", case).receive()


def test_a_contender_that_hangs_is_ended(case):
    worker = begin("Hanging", case)
    worker.receive()
    worker.patience = 0.5
    with pytest.raises(ContenderError, match=r"no answer within 0\.5 s"):
        worker.ask(ASK)
    assert worker.process.poll() is not None


def test_all_take_turns_and_a_failure_stops_nobody_else(case, monkeypatch):
    floor = fake("Good", floor=True)
    monkeypatch.setattr(rounds, "FLOORS", (Contender("floor", "PyTorch", floor.home, (), floor=True),))
    monkeypatch.setattr(rounds, "LEAST", 0.0)
    monkeypatch.setattr(rounds, "FLOOR_LEAST", 0.0)
    monkeypatch.setattr(rounds, "BATCHES", (1, 2))
    found = Found()
    everyone = [fake(name) for name in ("Good", "Slow", "Failing", "NotLoading")]
    other = fake("Killed", methods=("grad-cam",))
    settings = Settings(rounds=2, seconds=0.35, patience=30, memory=8)
    maps = measure(case, "score-cam", [16, 1], [*everyone, other], settings, found, lambda _: None)
    assert {told["contender"]: told["error"] for told in found.failures} == {
        "Failing": "RuntimeError: not today",
        "NotLoading": "ValueError: no such layer",
    }
    by_name = {name: [r for r in found.records if r["contender"] == name] for name in ("Good", "Slow")}
    assert [(r["images"], r["round"]) for r in by_name["Good"]] == [(1, 0), (1, 1), (16, 0), (16, 1)]
    many = by_name["Good"][2]
    assert 4 <= many["measured"] <= 16  # of 20 ms each, as many as 0.35 s allow; fewer on a busy machine
    assert many["forwards"] == pytest.approx(np.mean(case.live[: many["measured"]]))
    assert many["seconds"] >= 0.02
    assert many["floor"] >= 0.02
    slow = by_name["Slow"]  # one image alone takes nearly all the time: measured once, shown for both
    assert [r["seconds"] for r in slow if r["images"] == 1] == [
        r["seconds"] for r in slow if r["images"] == 16
    ]
    assert {r["measured"] for r in slow} == {1}
    assert set(maps) == {"Good", "Slow"}


def test_maps_are_read_where_the_layers_values_were_put():
    cv2 = pytest.importorskip("cv2")
    grid = np.random.default_rng(0).uniform(0, 1, (4, 7)).astype(np.float32)
    centres = cv2.resize(grid, (7 * 16, 4 * 16), interpolation=cv2.INTER_LINEAR)
    # Half a pixel beside each centre the enlarged map has moved 1/32 of the way to a neighbour.
    assert np.abs(on_the_grid(centres[None], (4, 7), corners=False)[0] - grid).max() < 2 / 32
    rows = np.stack([np.interp(np.linspace(0, 6, 61), np.arange(7), row) for row in grid])
    corners = np.stack([np.interp(np.linspace(0, 3, 31), np.arange(4), c) for c in rows.T], 1)
    np.testing.assert_allclose(on_the_grid(corners[None], (4, 7), corners=True)[0], grid, atol=1e-6)
    np.testing.assert_allclose(enlarged(grid[None], 31, 61)[0], corners, atol=1e-6)
    np.testing.assert_allclose(enlarged(grid[None], 64, 112, corners=False)[0], centres, atol=1e-5)


def test_agreement_is_the_lowest_correlation_by_the_same_definition(tmp_path):
    rng = np.random.default_rng(0)
    ours, masks = rng.uniform(0, 1, (3, 4, 4)), rng.uniform(0, 1, (1, 4, 4))
    theirs = np.stack([2 * ours[0] + 1, rng.uniform(0, 1, (4, 4))])
    files = {
        "xai-cam, TensorFlow": {"score-cam": ours, "score-cam-official": 1 - ours},
        "torchcam": {"score-cam": theirs},
        "grad-cam": {"score-cam": 3 * masks},
        "aligned corners": {"score-cam": masks},
    }
    for name, arrays in files.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
    found = {told["contender"]: told for told in agreements({n: tmp_path / f"{n}.npz" for n in files})}
    assert set(found) == {"xai-cam, TensorFlow", "torchcam", "grad-cam"}
    assert found["torchcam"]["compared"] == 2
    assert found["torchcam"]["correlation"] == pytest.approx(np.corrcoef(theirs[1].flat, ours[1].flat)[0, 1])
    assert found["torchcam"]["own_masks"] is None
    assert found["grad-cam"]["own_masks"] == pytest.approx(1)
    assert found["grad-cam"]["correlation"] == pytest.approx(np.corrcoef(masks[0].flat, ours[0].flat)[0, 1])
    assert np.isnan(correlation(np.ones((2, 2)), ours[0, :2, :2]))
    assert agreements({"torchcam": Path(os.devnull)}) == []
