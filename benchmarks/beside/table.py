"""Figures -> Markdown, and into the page between its markers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from beside.contenders import CONTENDERS, METHODS, OURS
from beside.figures import Figure, aims, figures

BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"
MISSING = "–"

NOTES = """\
- *s*: seconds an image, median over the rounds; in brackets, on how many images where time allowed fewer.
- */ floor*: divided by what the raw batched forward passes alone take in the same engine, measured right
  before and after: one pass an image for Grad-CAM, one a live channel for Score-CAM, in the batch in which
  they are fastest. *x OpenVINO*, *x TensorFlow*: how many times as long as xai-cam takes by that engine.
- *MiB*: peak resident memory of a process that does nothing else, libraries and network included.
- *map*: the lowest correlation, over the images, with the map of xai-cam by TensorFlow on the layer's grid,
  by the same definition. tf-keras-vis' Score-CAM weighs with probabilities (`score-cam-official`), that of
  grad-cam and torchcam with a softmax over the channels' logits (`score-cam`). The masks differ: xai-cam
  enlarges them with half-pixel centres, then scales them to [0, 1]; tf-keras-vis and grad-cam enlarge them
  with aligned corners; torchcam scales them first. In brackets the correlation of the first image's map with
  Score-CAM written out plainly with the library's own masks.
- All explain the logit: the networks have no softmax. What a call hands out differs: overlays (tf-explain),
  maps in the input's size (tf-keras-vis, xplique, grad-cam, and here xai-cam too), maps on the layer's grid
  (torchcam).
- Grad-CAM gets all images in one call. In Score-CAM tf-keras-vis and grad-cam get them one by one: they build
  all masked inputs of a call at once. Sizes of batch are those in which the raw forward pass is fastest;
  xai-cam chooses its own. PyTorch's weights are laid out channels last, its faster way on processors.
- Grad-CAM of xai-cam, OpenVINO: by one graph, gradients too, where that converts; else what follows the layer
  is TensorFlow's. All compute in float32, but for masked forwards of xai-cam, OpenVINO bf16.
"""


def number(value: float | None, digits: int = 3) -> str:
    """Three significant digits, without exponent."""
    if value is None or math.isnan(value):
        return MISSING
    if value == 0:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{min(decimals, 6)}f}"


def markdown(results: Mapping[str, Any]) -> str:
    """All tables, what was aimed at, and what they were measured on."""
    parts = [_aims(results)]
    for method in results["methods"]:
        for case in results["cases"]:
            parts.append(_section(results, case, method))
    parts += [NOTES, _conditions(results)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _aims(results: Mapping[str, Any]) -> str:
    words = {True: "yes", False: "**no**", None: MISSING}
    lines = ["| aim | found | met |", "|---|---|---|"]
    return "\n".join(lines + [f"| {aim.text} | {aim.found} | {words[aim.met]} |" for aim in aims(results)])


def _section(results: Mapping[str, Any], case: Mapping[str, Any], method: str) -> str:
    by_count = {
        images: {row.contender: row for row in figures(results, case["name"], method, images)}
        for images in results["images"]
    }
    names = [name for name in CONTENDERS if any(name in rows for rows in by_count.values())]
    if not names:
        return ""
    engines = [one.engine for one in OURS if method in one.methods]
    header, rules = [""], ["---"]
    for images in by_count:
        what = "1 image" if images == 1 else f"{images} images"
        header += [f"{what}: s", "/ floor", *(f"x {engine}" for engine in engines), "MiB"]
        rules += ["---:"] * (3 + len(engines))
    lines = [f"### {METHODS[method]}, {case['name']}", "", _about(case, method), ""]
    lines += [_row([*header, "map"]), "|" + "|".join([*rules, "---:"]) + "|"]
    for name in names:
        cells = [cell for n, rows in by_count.items() for cell in _cells(rows.get(name), n, engines)]
        shown = f"**{name}**" if CONTENDERS[name].ours else name
        lines.append(_row([shown, *cells, _agreement(results, case["name"], method, name)]))
    errors = [row for row in by_count[next(iter(by_count))].values() if row.error]
    lines += ["", *(f"- {row.contender} failed: `{row.error}`" for row in errors)] if errors else []
    return "\n".join(lines)


def _about(case: Mapping[str, Any], method: str) -> str:
    live = case["live"]
    told = f"Weights: {case['weights']}. Layer `{case['layer']}`"
    if method == "score-cam":
        spread = f"{min(live)}" if min(live) == max(live) else f"{min(live)} to {max(live)}"
        told += f", {spread} live channels"
    return told + "."


def _cells(row: Figure | None, images: int, engines: Sequence[str]) -> list[str]:
    if row is None or row.seconds is None:
        return ["failed" if row is not None else MISSING, *[MISSING] * (2 + len(engines))]
    fewer = f" ({row.measured})" if row.measured < images and not CONTENDERS[row.contender].floor else ""
    return [
        number(row.seconds) + fewer,
        number(row.to_floor),
        *(number(row.to_ours.get(engine)) for engine in engines),
        number(row.peak, 4),
    ]


def _agreement(results: Mapping[str, Any], network: str, method: str, name: str) -> str:
    for told in results["agreements"]:
        if (told["network"], told["method"], told["contender"]) == (network, method, name):
            own = told.get("own_masks")
            return f"{told['correlation']:.4f}" + (f" ({own:.4f})" if own is not None else "")
    return MISSING


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _conditions(results: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    settings = results["settings"]
    load = f", load average {results['load']:.1f} when it began" if "load" in results else ""
    return (
        f"{results['machine']}{load}; {versions}. At most {settings['rounds']} rounds; runs of many images "
        f"of at most {settings['seconds']:g} s; taken on {results['date']}."
    )


def put_into(page: Path, text: str) -> None:
    """Replace what stands between the markers of a page; without markers it goes to the end."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        before, after = old.rstrip("\n") + "\n\n" if old else "", "\n"
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
