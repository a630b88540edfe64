"""The benchmark beside other libraries: medians, ratios, aims, tables and the chart, from records by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from beside.figures import aims, figures
from beside.table import BEGIN, END, markdown, number, put_into

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

OPENVINO, TENSORFLOW = "xai-cam, OpenVINO", "xai-cam, TensorFlow"


def record(contender: str, seconds: float, floor: float | None, peak: float, **given) -> dict:
    told = {"network": "MobileNetV2", "method": "score-cam", "images": 1, "round": 0, "measured": 1}
    figure = {"contender": contender, "seconds": seconds, "floor": floor, "peak": peak, "forwards": 100}
    return {**told, "calls": 1, "batch": 8, **figure, **given}


@pytest.fixture
def results() -> dict:
    """Ours by OpenVINO in 8, 10 and 30 s, by TensorFlow in 25; three peers, of which one fails."""
    case = {"name": "MobileNetV2", "layer": "Conv_1", "weights": "random", "live": [100] * 16}
    return {
        "date": "2030-01-02",
        "machine": "3 cores",
        "versions": {"torch": "9.8"},
        "settings": {"rounds": 3, "seconds": 60.0},
        "methods": ["score-cam"],
        "images": [1, 16],
        "cases": [case],
        "records": [
            record(OPENVINO, 10.0, 0.1, 900, round=0),
            record(OPENVINO, 8.0, 0.05, 1000, round=1),
            record(OPENVINO, 30.0, 0.15, 950, round=2),
            record(TENSORFLOW, 25.0, 0.2, 1100),
            record("tf-keras-vis", 80.0, 0.2, 5000),
            record("grad-cam", 15.0, None, 2000),
            record(OPENVINO, 9.0, 0.1, 1000, images=16, measured=6),
        ],
        "failures": [
            {
                "network": "MobileNetV2",
                "method": "score-cam",
                "contender": "torchcam",
                "error": "ValueError: no",
            }
        ],
        "agreements": [
            {
                "network": "MobileNetV2",
                "method": "score-cam",
                "contender": "tf-keras-vis",
                "correlation": 0.97531,
                "own_masks": 0.99994,
            }
        ],
    }


def test_figures_are_medians_and_ratios_of_the_rounds(results):
    rows = {row.contender: row for row in figures(results, "MobileNetV2", "score-cam", 1)}
    ours = rows[OPENVINO]
    assert (ours.seconds, ours.peak, ours.rounds) == (10.0, 1000, 3)
    assert ours.to_floor == pytest.approx(1.6)  # of 1.0, 1.6 and 2.0
    assert ours.to_ours == {"OpenVINO": 1.0, "TensorFlow": pytest.approx(0.4)}
    assert rows["tf-keras-vis"].to_ours == {"OpenVINO": 8.0, "TensorFlow": pytest.approx(3.2)}
    assert rows["tf-keras-vis"].to_floor == pytest.approx(4.0)
    assert rows["grad-cam"].to_floor is None
    assert rows["torchcam"].error == "ValueError: no"
    assert rows["torchcam"].seconds is None
    assert rows["forward, OpenVINO"].seconds == pytest.approx(10.0)  # of 10, 5 and 15
    assert rows["forward, TensorFlow"].seconds == pytest.approx(20.0)
    assert "forward, PyTorch" not in rows
    assert "xplique" not in rows


def test_aims_are_judged_by_what_was_measured(results):
    by_text = {aim.text: aim for aim in aims(results)}
    judged = {text: aim.met for text, aim in by_text.items()}
    assert judged == {
        "Score-CAM of MobileNetV2 at least 7 times as fast as tf-keras-vis": True,  # 8 times
        "Score-CAM of MobileNetV2 at least 2 times as fast as grad-cam": False,  # 1.5 times
        "Score-CAM of MobileNetV2 at least 2 times as fast as torchcam": None,  # it failed
        "in at most 0.25 of tf-keras-vis' memory": True,  # 0.2
        "Score-CAM by OpenVINO within 1.05 of as many raw forward passes": False,
        "Score-CAM by TensorFlow within 1.05 of as many raw forward passes": False,
        "no peer faster on any network, by any method": True,
    }
    assert by_text["Score-CAM of MobileNetV2 at least 2 times as fast as grad-cam"].found.startswith("1.50")
    results["records"].append(record("torchcam", 7.5, 0.1, 800, images=16))
    last = aims(results)[-1]
    assert last.met is False
    assert "torchcam takes 0.83 of our time (MobileNetV2, score-cam, 16 images)" in last.found


def test_the_table_shows_failures_and_how_many_images_were_measured(results):
    lines = markdown(results).splitlines()
    assert "- torchcam failed: `ValueError: no`" in lines
    cells = {
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]]
        for line in lines
        if "|" in line
    }
    assert cells[f"**{OPENVINO}**"] == [
        *("10.0", "1.60", "1.00", "0.400", "1,000"),
        *("9.00 (6)", "0.900", "1.00", "–", "1,000"),
        "–",
    ]
    assert cells["torchcam"][0] == "failed"
    assert cells["tf-keras-vis"][5:] == ["–"] * 5 + ["0.9753 (0.9999)"]
    assert any(line.startswith("3 cores; torch 9.8. At most 3 rounds") for line in lines)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0123456, "0.0123"), (1.005, "1.00"), (12.34, "12.3"), (1234.5, "1,234"), (0, "0"), (None, "–")],
)
def test_numbers_have_three_digits(value, shown):
    assert number(value) == shown


def test_only_what_stands_between_the_markers_of_a_page_is_replaced(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    put_into(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("all\n", encoding="utf-8")
    put_into(page, "new\n")
    put_into(page, "newer\n")
    assert page.read_text(encoding="utf-8") == f"all\n\n{BEGIN}\nnewer\n{END}\n"


def test_raw_figures_are_drawn_again(results, tmp_path):
    pytest.importorskip("matplotlib")
    from PIL import Image

    raw, docs = tmp_path / "raw.json", tmp_path / "docs"
    raw.write_text(json.dumps(results), encoding="utf-8")
    docs.mkdir()
    command = [
        sys.executable,
        str(BENCHMARKS / "peers.py"),
        "--read",
        str(raw),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run([*command, "--docs", str(docs)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| torchcam | failed |" in (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "peers.md").read_text(encoding="utf-8") == markdown(results)
    with Image.open(docs / "peers.png") as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(0x7B, 0x3F, 0xA0), (0xE0, 0x7B, 0x00), (255, 255, 255)} <= colours  # ours, by either engine


def test_unknown_names_are_refused_in_one_line():
    command = [sys.executable, str(BENCHMARKS / "peers.py"), "--peers", "torchcam,nobody"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no nobody; known: tf-keras-vis, tf-explain, xplique, grad-cam, torchcam" in done.stderr
    assert "Traceback" not in done.stderr
