"""What the commands of `record_commands.py` read: models and pictures, the same each time."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from xai_cam.runs.demo import make_pictures as draw_shapes

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"
SAMPLES = ("shapes", "shapes_binary", "digits", "dogcat")
ZOO = (
    "pplonski_mnist_k10_th",  # Keras 1, Theano
    "ardamavi_dogcat_k204",  # Keras 2, JSON + H5
    "giang_mnist_tfjs",  # Keras 2.1.4
    "oarriaga_fer_minixcep",  # a whole .h5
    "imagenet_mobilenet_v1_025_k3",  # Keras 3
    "imagenet_mobilenet_v1_025_224",  # ImageNet, Keras 2
)


def make_models(checkout: Path, folder: Path) -> None:
    """Copy the sample models of `checkout`, and those of the zoo."""
    for name in SAMPLES:
        shutil.copytree(checkout / "sample_models" / name, folder / name)
    for name in ZOO:
        shutil.copytree(SHARED / "zoo" / name, folder / name, ignore=shutil.ignore_patterns("*.npz"))
    shutil.copy(SHARED / "zoo/lambda_samples/dl4j_sequential_lambda.h5", folder / "lambda.h5")


def make_pictures(folder: Path) -> None:
    """Copy pictures, and make the odd ones."""
    data = SHARED / "data"
    draw_shapes(folder / "shapes", 6, 0)
    for kind in ("cat", "dog"):
        (folder / "dogcat" / kind).mkdir(parents=True)
        for number in (1, 2, 3):
            name = f"{kind}_{number:04}.jpg"
            shutil.copy(data / "dogcat/test" / kind / name, folder / "dogcat" / kind / name)
    for name in ("photos", "digits", "odd", "masks"):
        (folder / name).mkdir()
    for source, name in {"cat_dog.png": "", "collies.JPG": "", "multiple_dogs.jpg": "Zürich_犬.jpg"}.items():
        shutil.copy(data / "classic" / source, folder / "photos" / (name or source))
    for path in sorted((data / "digits").glob("*.png"))[:3]:
        shutil.copy(path, folder / "digits" / path.name)
    _make_odd(folder / "odd", folder / "photos" / "collies.JPG")
    for path in (folder / "shapes").iterdir():
        width, height = Image.open(path).size
        mask = np.zeros((height, width), np.uint8)
        mask[height // 4 : height // 2, width // 4 : width // 2] = 255
        Image.fromarray(mask).save(folder / "masks" / path.name)
    for name in ("01_circle", "04_star"):
        (folder / "binary" / name[3:]).mkdir(parents=True)
        shutil.copy(folder / f"shapes/{name}.png", folder / "binary" / name[3:] / f"{name}.png")
    shutil.copy(folder / "shapes/01_circle.png", folder / "binary/star/not_a_star.png")
    shutil.copy(SHARED / "zoo/arch_only/dl4j_cnn_th_k10.json", folder / "alone.json")
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("image", "class"))
        rows.writerows((path.name, path.stem[3:]) for path in sorted((folder / "shapes").iterdir()))
    np.save(folder / "kernel.npy", np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]).astype(np.float32) / 16)


def _make_odd(folder: Path, photo: Path) -> None:
    data = photo.read_bytes()
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"no picture " * 20)
    (folder / "cut.jpg").write_bytes(data[: len(data) // 2])
    (folder / "text.png").write_text("I am a text.\n", encoding="utf-8")
    (folder / "empty.png").touch()
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (40, 60, 4), np.uint8)
    Image.fromarray(noise[:2, :3, :3]).save(folder / "tiny.png")
    Image.fromarray(noise[..., 0]).save(folder / "grey.png")
    Image.fromarray(noise).save(folder / "clear.png")
    Image.fromarray(noise[..., 0].astype(np.uint16) * 257).save(folder / "sixteen.png")
    Image.fromarray(np.full((50, 50, 3), 128, np.uint8)).save(folder / "Übung_ñ.png")
