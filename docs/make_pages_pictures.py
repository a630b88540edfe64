"""Draw the pictures of the pages from what the commands on these pages write.

    python docs/make_pages_pictures.py docs                # all of them, some minutes
    python docs/make_pages_pictures.py docs compare.jpg

It needs what the tests need: the blocks of a page are run as the tests run them, and the picture of the HTML
report is taken by Chromium.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.chromium import chromium  # noqa: E402
from support.doc_blocks import Reader, blocks_of, files_of  # noqa: E402
from xai_cam.drawing.panels import Panel, draw_panels  # noqa: E402

WIDEST, MOST_BYTES = 1400, 180_000
"""Of a picture; the pages themselves are some 870 pixels wide."""

GAP = 24
"""White between two pictures in one."""

BLURRED = ("circle/01.png", "star/04.png", "heart/06.png")
"""What becomes a square behind a Gaussian."""

STAR = "04_circle_star"
"""What is segmented."""

WINDOW, ZOOM = {"width": 1000, "height": 9000}, 0.9
"""Of the browser: the table has just room in it, the page is in view, and it is as wide as our pages."""


@dataclass(frozen=True)
class Picture:
    """What shows on a page: which page, and how it is drawn in the folder where its commands have run."""

    page: str
    draw: Callable[[], Image.Image]


def files(*names: str) -> Callable[[], Image.Image]:
    """The files as they are, one below the other."""
    return lambda: stacked([Image.open(name).convert("RGB") for name in names])


def stacked(images: list[Image.Image]) -> Image.Image:
    """Images one below the other, on white."""
    height = sum(image.height for image in images) + GAP * (len(images) - 1)
    whole, top = Image.new("RGB", (max(image.width for image in images), height), "white"), 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height + GAP
    return whole


def before_and_after() -> Image.Image:
    """Overlays of the model as it was trained, and below them those of the blurred one."""
    rows = {"as trained": "trained", "behind a Gaussian": "maps"}
    panels = [
        [overlay(f"{folder}/{name}".replace(".png", "_grad-cam.png"), when) for name in BLURRED]
        for when, folder in rows.items()
    ]
    return Image.fromarray(draw_panels(panels))


def overlay(name: str, when: str) -> Panel:
    """An overlay, with the class and probability that it records."""
    with Image.open(name) as image:
        made = json.loads(image.info["xai-cam"])
        caption = f"{when}: {made['class_name']} {made['probability']:.2f}"
        return Panel(np.asarray(image.convert("RGB")), caption)


def titled(name: str, title: str) -> Panel:
    """A picture under a title of ours."""
    return Panel(np.asarray(Image.open(name).convert("RGB")), title)


def regions() -> Image.Image:
    """One star, explained over three regions."""
    folders = {"maps": "--region predicted", "everywhere": "--region all", "chosen": "--masks masks"}
    row = [titled(f"{folder}/{STAR}_grad-cam.png", title) for folder, title in folders.items()]
    return Image.fromarray(draw_panels([row]))


def fineness() -> Image.Image:
    """One star, explained at two layers."""
    layers = {"relu_bottom3": "12 x 12", "relu_up1": "96 x 96"}
    row = [titled(f"layers/{STAR}_{name}_grad-cam.png", f"{name}, {size}") for name, size in layers.items()]
    return Image.fromarray(draw_panels([row]))


def both_sides() -> Image.Image:
    """Four pictures, asked for the left shape and for the right one."""
    rows = [
        [overlay(f"{side}/{number:02}_grad-cam.png", f"side={value}") for number in range(1, 5)]
        for value, side in enumerate(("left", "right"))
    ]
    return Image.fromarray(draw_panels(rows))


def measured_hearts() -> Image.Image:
    """Four hearts, and what speaks for their area and for being turned to either side."""
    rows = [
        [titled(f"{place.format(number)}.png", title) for number in range(1, 5)]
        for place, title in (
            ("areas/{:02}_score-cam", "area:up"),
            ("angles/{:02}_score-cam_angle", "angle:up"),
            ("angles/{:02}_score-cam_angle-down", "angle:down"),
        )
    ]
    return Image.fromarray(draw_panels(rows))


def report_page() -> Image.Image:
    """A comparison's page in a browser: its head with the charts, and where its gallery begins."""
    with chromium() as browser:
        page = browser.new_page(viewport=WINDOW, device_scale_factor=ZOOM, color_scheme="light")
        page.goto(Path("compared.html").resolve().as_uri())
        page.wait_for_timeout(2000)  # pictures are loaded when they come into view, here at once
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        parts = [page.locator(part).first.bounding_box() for part in ("#summary", "#gallery", "#cards > li")]
    summary, gallery, card = ([round(ZOOM * at) for at in (b["y"], b["y"] + b["height"])] for b in parts)
    head = shot.crop((0, 0, shot.width, summary[1]))
    return stacked([head, shot.crop((0, gallery[0], shot.width, card[1]))])


PICTURES = {
    "explain.jpg": Picture("explain.md", files("figures/star/04_grad-cam_figure.png")),
    "compare.jpg": Picture("compare.md", files("compared/star/04_compare.png")),
    "features.jpg": Picture("features.md", files("features/06_conv1_1+relu1_1+pool1_features.png")),
    "kernels_apply.jpg": Picture("kernels_apply.md", files("cat_conv1_1.13_filtered_figure.png")),
    "kernels_show.jpg": Picture(
        "kernels_show.md", files("kernels/conv_kernels.png", "kernels/conv_response.png")
    ),
    "kernels_prepend.jpg": Picture("kernels_prepend.md", before_and_after),
    "sanity.jpg": Picture("sanity.md", files("sanity/sanity.png")),
    "segmentation.jpg": Picture("segmentation.md", files(f"maps/{STAR}_grad-cam_figure.png")),
    "segmentation_regions.jpg": Picture("segmentation.md", regions),
    "segmentation_layers.jpg": Picture("segmentation.md", fineness),
    "several_inputs.jpg": Picture("several_inputs.md", both_sides),
    "regression.jpg": Picture("regression.md", measured_hearts),
    "report.jpg": Picture("reports.md", report_page),
    "volumes.jpg": Picture("volumes.md", files("maps/ball_grad-cam_figure.png")),
}


def run_commands(page: Path) -> None:
    """Run the commands of a page in the current folder."""
    text = page.read_text(encoding="utf-8")
    for name in files_of(text):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).symlink_to(ROOT / name)
    reader = Reader()
    for block in blocks_of(text):
        if block.language in ("sh", "python") and not block.not_run:
            reader.run(block)


def save(image: Image.Image, target: Path) -> None:
    """Write a JPEG of the best quality that is small enough."""
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    for quality in range(92, 40, -3):
        written = io.BytesIO()
        image.save(written, "JPEG", quality=quality, subsampling=0, progressive=True)
        if written.tell() <= MOST_BYTES:
            target.write_bytes(written.getvalue())
            return
    raise ValueError(f"{target.name} does not fit into {MOST_BYTES} bytes; crop it.")


def main(folder: Path, names: list[str]) -> None:
    for name in names or PICTURES:
        picture = PICTURES[name]
        with tempfile.TemporaryDirectory() as parent:
            here = Path(parent, "shapes")  # a report shows the name of the model's folder
            here.mkdir()
            os.chdir(here)
            run_commands(ROOT / "docs" / picture.page)
            save(picture.draw(), folder / name)
            os.chdir(ROOT)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
