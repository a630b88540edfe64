"""Our measures beside those of other libraries, on the same saliency maps of the same network.

    python benchmarks/measures.py [--network mobilenet_025] [--photos FOLDER] [--steps 16] [--zoo FOLDER]

The network is rebuilt in PyTorch, as for `peers.py`. Grad-CAM maps are made once, by us, and handed to all;
so are the images, the class, and 0 in place of pixels that are deleted. ROAD is compared without noise, which
no two libraries draw alike. Prints a table in Markdown with the mean over the images, and the largest
difference between ours and theirs on one of them. Libraries that are not installed are named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from beside.measured import Found, Subject

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Given:
    """A map that is there already, as torch-cam's metrics ask for one."""

    model: Any
    cam: Any

    def __call__(self, *_: Any, **__: Any) -> list[Any]:
        return [self.cam]

    def fuse_cams(self, cams: list[Any]) -> Any:
        return cams[0]

    def _hooks_off(self) -> Any:
        return nullcontext()


def torchcam(subject: Subject) -> Iterator[Found]:
    import torch
    from torchcam.metrics import ClassificationMetric, DeletionInsertionMetric

    def softmax(logits: Any) -> Any:
        return torch.softmax(logits, dim=-1)

    found = []
    images = zip(subject.first, torch.from_numpy(subject.maps), subject.classes, strict=True)
    for image, cam, number in images:
        given = Given(subject.torch, cam[None])
        values: dict[str, float] = {}
        for metric in (
            ClassificationMetric(given, softmax),
            DeletionInsertionMetric(given, softmax, steps=subject.steps),
        ):
            metric.update(image[None], number)
            values |= metric.summary()
        found.append(values)
    for name, theirs, scale in (("drop", "avg_drop", 100), ("increase", "conf_increase", 100)):
        yield subject.pair(name, "torch-cam", [scale * one[theirs] for one in found])
    for name in ("deletion", "insertion"):
        key = next(key for key in found[0] if key.startswith(name))
        yield subject.pair(name, "torch-cam", [one[key] for one in found])


def pytorch_grad_cam(subject: Subject) -> Iterator[Found]:
    import torch
    from pytorch_grad_cam.metrics import arcc, cam_mult_image, road
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

    from xai_cam.metrics.imputation import imputed

    road.NoisyLinearImputer.__init__.__defaults__ = 0.0, road.neighbors_weights
    targets = [ClassifierOutputSoftmaxTarget(number) for number in subject.classes]
    asked = subject.first, subject.maps, targets, subject.torch
    with torch.inference_mode():
        all_classes = torch.softmax(subject.torch(subject.first), -1).numpy()
    y = all_classes[np.arange(len(subject.classes)), subject.classes]
    name = "pytorch-grad-cam"
    drops = cam_mult_image.DropInConfidence()(*asked)
    yield subject.pair("drop", name, 100 * drops / y, "theirs is divided by Y here")
    yield subject.pair("increase", name, 100 * cam_mult_image.IncreaseInConfidence()(*asked))
    yield subject.pair("complexity", name, arcc.Complexity()(subject.maps))
    removed = [cam >= np.percentile(cam, 50) for cam in subject.maps]
    ours = [imputed(image, gone)[gone] for image, gone in zip(subject.images, removed, strict=True)]
    impute, pairs = road.NoisyLinearImputer(), zip(subject.first, removed, strict=True)
    filled = [impute(image, torch.from_numpy(np.float32(~gone))).numpy() for image, gone in pairs]
    theirs = [one.transpose(1, 2, 0)[gone] for one, gone in zip(filled, removed, strict=True)]
    yield "half the pixels filled in", name, np.concatenate(ours), np.concatenate(theirs), "same pixels"
    note = "all pixels as salient as the percentile go"
    yield subject.pair("road_morf", name, y + road.ROADMostRelevantFirstAverage()(*asked), note)
    yield subject.pair("road_lerf", name, y + road.ROADLeastRelevantFirstAverage()(*asked), note)
    yield subject.pair("road", name, road.ROADCombined()(*asked), note)


def xplique(subject: Subject) -> Iterator[Found]:
    import keras
    from xplique import metrics

    model = keras.Sequential([subject.keras, keras.layers.Softmax()])
    targets = np.eye(model.output_shape[-1], dtype=np.float32)[subject.classes]

    def each(kind: Any, scale: float = 1, **more: Any) -> list[float]:
        pairs = zip(subject.images, targets, subject.maps, strict=True)
        return [
            scale * float(kind(model, x[None], t[None], 32, **more).evaluate(cam[None]))
            for x, t, cam in pairs
        ]

    scaled = "theirs takes off the minimum of the map"
    for name, kind in (("drop", "Drop"), ("increase", "Increase"), ("gain", "Gain")):
        found = each(getattr(metrics, f"Average{kind}Metric"), 100)
        yield subject.pair(name, "Xplique", found, scaled)
    for name, curve in (("deletion", metrics.Deletion), ("insertion", metrics.Insertion)):
        yield subject.pair(name, "Xplique", each(curve, baseline_mode=0.0, steps=subject.steps))
    for name, alone in (("entropy", metrics.Complexity), ("sparseness", metrics.Sparseness)):
        yield subject.pair(name, "Xplique", alone().detailed_evaluate(subject.maps))


def quantus(subject: Subject) -> Iterator[Found]:
    import quantus as peer
    from quantus.functions.perturb_func import noisy_linear_imputation

    from xai_cam.metrics.imputation import imputed
    from xai_cam.metrics.sensitivity import DRAWS, shaken

    given = {"disable_warnings": True, "display_progressbar": False, "normalise": False}
    asked = {"model": subject.keras, "x_batch": subject.images, "channel_first": False, "softmax": True}
    asked["y_batch"] = np.array(subject.classes)
    for name, kind in (("entropy", peer.Complexity), ("sparseness", peer.Sparseness)):
        yield subject.pair(name, "Quantus", kind(**given)(**asked, a_batch=subject.maps[..., None].copy()))
    image, gone = subject.images[0], subject.maps[0] >= np.percentile(subject.maps[0], 50)
    filled = noisy_linear_imputation(image.transpose(2, 0, 1), np.flatnonzero(gone), noise=0.0)
    theirs = filled.transpose(1, 2, 0)[gone]
    yield "half the pixels filled in", "Quantus", imputed(image, gone)[gone], theirs, "same pixels, one image"
    draws, classes = iter(range(DRAWS)), np.array(subject.classes)[:, None]

    def shake(arr: np.ndarray, **_: Any) -> np.ndarray:
        draw = next(draws)
        changed = np.stack([shaken(image, draw) for image in subject.images])
        return changed.transpose(0, 3, 1, 2).reshape(arr.shape)  # it keeps its images channels first

    def explain(inputs: np.ndarray, **_: Any) -> np.ndarray:
        images = np.asarray(inputs, np.float32)
        if images.shape != subject.images.shape:
            images = images.transpose(0, 2, 3, 1)
        return subject.saliency(images, classes)[..., None]

    metric = peer.MaxSensitivity(nr_samples=DRAWS, perturb_func=shake, abs=False, **given)
    found = metric(**asked, a_batch=subject.maps[..., None], explain_func=explain)
    yield subject.pair("max_sensitivity", "Quantus", found, "our draws, our maps of them")


PEERS: dict[str, Callable[[Subject], Iterator[Found]]] = {
    "torchcam": torchcam,
    "pytorch_grad_cam": pytorch_grad_cam,
    "xplique": xplique,
    "quantus": quantus,
}


def row(found: Found) -> str:
    """A line of the table: the means, and the largest difference."""
    name, peer, ours, theirs, note = found
    most = np.abs(ours - theirs).max()
    return f"| {name} | {peer} | {ours.mean():.6f} | {theirs.mean():.6f} | {most:.1e} | {note} |"


def photos(folder: Path, size: tuple[int, int]) -> np.ndarray:
    """The pictures of a folder from -1 to 1, (n, H, W, 3) float32."""
    from PIL import Image

    paths = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
    opened = [Image.open(path).convert("RGB").resize(size[::-1]) for path in paths]
    return np.stack([np.asarray(one, np.float32) / 127.5 - 1 for one in opened])


def work(options: argparse.Namespace) -> None:
    """What a process of its own does: make all ready, or compare one library."""
    from beside.networks import Case, prepare

    if options.only == "ours":
        case = prepare(options.network, options.folder, options.zoo)
        subject = Subject(case, options.steps)
        subject.measure(photos(options.photos, subject.keras.input_shape[1:3]))
        count, where = len(subject.images), f"{case.name} ({case.weights}), {case.layer}"
        print(f"{where}, {count} photos, {options.steps} steps\n")
        print("| measure | library | ours | theirs | largest difference | |\n|---|---|---|---|---|---|")
        return
    try:
        for found in PEERS[options.only](Subject(Case.read(options.folder), options.steps)):
            print(row(found), flush=True)
    except ImportError as error:
        print(f"| | {options.only} | | | | not installed ({error}) |")


def main() -> None:
    from beside.networks import NETWORKS

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", choices=NETWORKS, default="mobilenet_025")
    parser.add_argument("--photos", type=Path, default=ROOT / "sample_models" / "pictures")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--zoo", type=Path, default=ROOT.parent / "shared" / "zoo")
    parser.add_argument("--only", choices=["ours", *PEERS], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        work(options)
        return
    with tempfile.TemporaryDirectory() as folder:  # a process each: TensorFlow and torchvision do not get on
        for name in ("ours", *PEERS):
            command = [sys.executable, __file__, *sys.argv[1:], "--only", name, "--folder", folder]
            done = subprocess.run(command, stdout=None, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                print(f"| | {name} | | | | failed: {' '.join(done.stderr.split())[-200:]} |", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
