"""`Watch`: a callback that draws what a model looks at, epoch by epoch, and leaves the training as it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.map_sign import check_sign
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import methods_named
from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.drawing.overlay import OverlayStyle
from xai_cam.drawing.text import one_line
from xai_cam.errors import InputError, XaiCamError, nearest
from xai_cam.extras import check_extra
from xai_cam.files.provenance import encode_picture, is_free_or_ours
from xai_cam.files.writing import check_writable, write_whole
from xai_cam.images.class_specs import TargetClass
from xai_cam.images.numbers import whole_number
from xai_cam.keras.strip import MAX_ROWS, Epoch, draw_epochs, draw_strip
from xai_cam.keras.watched import Wanted, Watched
from xai_cam.models.given import Layer

log = logging.getLogger(__name__)

SHEET = "sheet.png"

MAX_TOLD = 4
"""Figures of an epoch that its strip shows."""


class Watch(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Draw heat maps of a few images after every epoch: see a model learn where to look.

    Into `folder` it writes a strip an epoch, `epoch_00001.png` and so on (`epoch_00000.png` shows the model
    before its first), and in the end `sheet.png` with the epochs one below the other; sheets of the first 1,
    2, 4, 8, … strips come before, so that a training that is interrupted has one too.

    The model runs in inference mode, by one graph that is made once and reads the weights as they are.
    Nothing of the training changes: no weight, no state of the optimizer, no random number.

    What goes wrong while the model trains (a model that cannot be explained, a disk that is full) never ends
    the training: it is logged as a warning, once, and the training goes on.

    Parameters
    ----------
    images : Prepared, path, image, array, or a sequence of these
        The images to watch, at most 12. Files, folders and Pillow's images are prepared as `prepare` does;
        arrays, tensors and datasets are taken as the model takes them.
    layer : str, int or keras.layers.Layer, or a sequence of these, optional
        The target layer, as for `explain`; default: the last with maps.
    method : str or sequence of str
        Names in `METHODS`; a row of the strip for each.
    target_class : spec, or (n,) int array
        One class of each image: `predicted`, an index or one of `labels`; or indices image by image.
    every : int
        Draw after every so many epochs.
    folder : path
        Where the strips go.
    labels : sequence of str, or path to a file of labels, optional
        Names of the model's classes.
    preprocess : str
        For files and Pillow's images, as for `prepare`.
    tensorboard : path, optional
        A folder of TensorBoard's logs: the strips are written there too, under `watch`.
    image_input, extra
        Of a model of several inputs, as for `explain`; `images` may also be a dict of all of them.
    colormap, opacity, blend
        As for `Explanation.overlay`.
    sign : str
        As for `explain`.

    Attributes
    ----------
    seconds : float
        Time that it took so far.

    Raises
    ------
    InputError, ImageError, OutputError
        An argument makes no sense, a picture is missing, or nothing can be written to `folder`.
    XaiCamError
        `tensorboard` is given, and TensorBoard is not installed.

    Examples
    --------
    >>> import keras, numpy as np, xai_cam
    >>> from xai_cam.keras import Watch
    >>> model, pictures, labels, truth = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> model.compile("sgd", "sparse_categorical_crossentropy")
    >>> watch = Watch(images, labels=labels, folder="watch")
    >>> classes = np.array([labels.index(name) for name in truth])
    >>> _ = model.fit(images.values, classes, epochs=2, verbose=0, callbacks=[watch])
    >>> sorted(path.name for path in watch.folder.iterdir())
    ['epoch_00000.png', 'epoch_00001.png', 'epoch_00002.png', 'sheet.png']
    """

    def __init__(
        self,
        images: Any,
        layer: Layer = None,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        *,
        every: int = 1,
        folder: str | Path = "watch",
        labels: Sequence[str] | str | Path | None = None,
        preprocess: str = "auto",
        tensorboard: str | Path | None = None,
        colormap: str = DEFAULT_COLORMAP,
        opacity: float | None = None,
        blend: str = "alpha",
        sign: str = "positive",
        image_input: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        number = whole_number(every)
        if number is None or number < 1:
            raise InputError(f"`every` is {every!r}. Give a whole number of at least 1.")
        methods = methods_named(method)
        for name in methods:
            if name not in METHODS:
                close = ", ".join(nearest(name, list(METHODS), 3))
                raise InputError(f"Unknown method {name!r}. Nearest: {close}.")
        asked = (images, layer, methods, target_class, labels, preprocess, check_sign(sign))
        self._wanted = Wanted(*asked, image_input, extra)
        self._wanted.check()
        if tensorboard is not None:
            check_extra("tensorboard")
        self._every, self._tensorboard = number, tensorboard
        self._style = OverlayStyle(colormap, blend, opacity, sign == "both")
        self.folder = Path(folder)
        check_writable(self.folder, "`folder`")
        self._place(SHEET)
        self.seconds = 0.0
        self._strips = 0
        self._epochs: list[Epoch] = []
        self._logged: set[str] = set()
        self._watched: Watched | None = None
        self._failed = self._begun = False
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - as Keras calls it
        """Let go of an earlier training, also of one that was interrupted."""
        self._guarded(self._close)
        self._failed = self._begun = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Draw the model as it is before its first epoch."""
        # An earlier training, which this one continues, may have drawn the model as it is.
        drawn = bool(self._epochs) and self._epochs[-1].number == epoch
        if not self._begun and not drawn and self.model.built:
            self._guarded(lambda: self._draw(epoch, ""))
        self._begun = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Draw what the model looks at now."""
        if (epoch + 1) % self._every == 0:
            self._guarded(lambda: self._draw(epoch + 1, _told(logs or {})))

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        """Write the sheet; let go of the model, and of TensorBoard's file."""
        self._guarded(self._write_sheet)
        self._guarded(self._close)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step whose failure must not end a training of hours: it is told, once."""
        start = time.perf_counter()
        try:
            step()
        except Exception as error:  # noqa: BLE001 - see above
            reason = error.message if isinstance(error, XaiCamError) else f"{type(error).__name__}: {error}"
            reason = one_line(reason)
            self._failed = self._failed or self._watched is None
            if reason not in self._logged:
                self._logged.add(reason)
                what = "Nothing is drawn" if self._failed else "A strip is missing"
                log.warning(f"Watch: {reason} {what}; the training goes on.")
        self.seconds += time.perf_counter() - start

    def _draw(self, number: int, told: str) -> None:
        if self._failed:
            return
        if self._watched is None:
            self._watched = Watched.of(self.model, self._wanted)
        watched = self._watched
        if self._epochs and number <= self._epochs[-1].number:
            self._epochs.clear()  # another training
            self._strips = 0
        self._epochs.append(Epoch(number, told, watched.look()))
        strip = draw_strip(self._epochs[-1], watched.pictures, self._style)
        self._write(f"epoch_{number:05}.png", strip, number)
        self._strips += 1
        if self._strips & (self._strips - 1) == 0:
            self._write_sheet()
        if len(self._epochs) > 2 * MAX_ROWS:
            self._epochs = [*self._epochs[:-1:2], self._epochs[-1]]
        if self._tensorboard is not None:
            self._log(strip, number)

    def _write_sheet(self) -> None:
        if self._watched is not None and self._epochs:
            drawn = draw_epochs(self._epochs, self._watched.pictures, self._style)
            self._write(SHEET, drawn, self._epochs[-1].number)

    def _write(self, name: str, pixels: np.ndarray, number: int) -> None:
        path = self._place(name)
        said = {"tool": f"xai-cam {__version__}", "epoch": number, "methods": self._wanted.methods}
        write_whole(path, encode_picture(pixels, said, "png"), "`folder`")

    def _place(self, name: str) -> Path:
        path = self.folder / name
        if not is_free_or_ours(path):
            raise InputError(f"{path} exists and was not written by xai-cam. Name another `folder`.")
        return path

    def _log(self, strip: np.ndarray, number: int) -> None:
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._tensorboard))
        with self._writer.as_default():
            tf.summary.image("watch", strip[None], step=number)
        self._writer.flush()

    def _close(self) -> None:
        self._watched = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _told(logs: dict[str, Any]) -> str:
    """Loss and metrics of an epoch, as `loss 0.41, accuracy 0.87`."""
    known = [(name, value) for name, value in logs.items() if np.ndim(value) == 0 and name != "learning_rate"]
    return ", ".join(f"{name} {float(value):.3g}" for name, value in known[:MAX_TOLD])
