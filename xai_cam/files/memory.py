"""Memory that runs out: how the libraries say so, and what is loaded before it can."""

from __future__ import annotations

import errno
import re
from importlib import import_module

from xai_cam.errors import OutOfMemoryError, XaiCamError, causes_of

SAID = re.compile(
    r"out of memory|out_of_memory|\boom\b|(?:insufficient|not enough) memory|bad_alloc|bad allocation"
    r"|resource exhausted|failed to map segment|can't start new thread"
    r"|(?:cannot|could not|unable to|failed to|can't) (?:re)?allocate"
    r"|status: 1, message: could not",  # oneDNN's own number for it
    re.IGNORECASE,
)
"""How libraries, the linker and Python put it, whatever class of error they choose."""

TOO_LITTLE = "there is too little memory for this picture; free some, or make the picture smaller"
"""What is said of a picture that fails so."""

NEEDED = ("cv2", "PIL.ImageFont", "PIL._imagingft", "PIL.PngImagePlugin", "PIL.JpegImagePlugin")
"""What is else imported by the first thread that draws or writes a picture."""


def ran_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that memory ran out."""
    return any(map(_says_so, causes_of(error)))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError | OutOfMemoryError) or getattr(error, "errno", 0) == errno.ENOMEM:
        return True
    if type(error).__name__ == "ResourceExhaustedError":  # of TensorFlow
        return True
    return not isinstance(error, XaiCamError) and SAID.search(str(error)) is not None


def load_libraries() -> None:
    """Import what drawing and writing need, while there is memory for it.

    Imported by the first picture that is drawn, when a model and large pictures have taken their share, it
    would fail there, and with it every picture behind.

    Raises
    ------
    XaiCamError
        One is missing, or there is no memory for it now.
    """
    for name in NEEDED:
        try:
            import_module(name)
        except ImportError as error:
            if ran_out_of_memory(error):
                what = "There is too little memory. Free some, or raise the limit"
            else:
                what = "Reinstall opencv-python-headless and pillow"
            raise XaiCamError(f"{name} cannot be imported ({error}). {what}.") from error
