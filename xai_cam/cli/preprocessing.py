"""Options that say how an image becomes the model's input, and how large it may be."""

from __future__ import annotations

import click

from xai_cam.cli import groups
from xai_cam.cli.groups import group
from xai_cam.cli.input_options import extra_option
from xai_cam.cli.values import Bands, Window
from xai_cam.images.fitting import FITS
from xai_cam.images.grey_levels import DEPTHS
from xai_cam.images.opening import MAX_PIXELS
from xai_cam.images.resampling import DEFAULT_FILTER, FILTERS
from xai_cam.models.input.preprocessing import SCALINGS

reading_options = (
    click.option(
        "--window",
        type=Window(),
        metavar="LOW:HIGH",
        help=(
            "Grey images, arrays and bands: values in the file that become black and white; those beyond are "
            "clipped. DICOM: rescaled values, such as Hounsfield units; default: the window of the file."
        ),
    ),
    click.option(
        "--depth",
        type=click.IntRange(*DEPTHS),
        metavar="BITS",
        help="The same of more than 8 bits: bits in use. With 12, the value 4095 becomes white.",
    ),
    click.option(
        "--frame",
        type=click.IntRange(1),
        metavar="N",
        help="Frame to take of files that have several (DICOM, GIF, TIFF), from 1 on. Default: the first.",
    ),
    click.option(
        "--show-bands",
        type=Bands(),
        metavar="N[,N,N]",
        help=(
            "Bands shown as the picture, counted from 1: one as grey, or three as red, green and blue. "
            "Default: pictures as they are; of more bands the first three."
        ),
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(1),
        metavar="N",
        default=MAX_PIXELS,
        help=(
            "Largest picture that is decoded; one that has more pixels fails, before it takes any memory. "
            f"Default: {MAX_PIXELS:,}."
        ),
    ),
)
"""How files are read, whatever is done with them."""

_common = (
    click.option(
        "--preprocess",
        type=click.Choice(["auto", *SCALINGS]),
        default="auto",
        show_default=True,
        help=(
            "Scaling that the model was trained with: raw (0 to 255), unit (0 to 1), signed (-1 to 1), "
            "caffe (BGR, ImageNet means subtracted), torch (ImageNet mean and deviation), standardize "
            "(each image by its own)."
        ),
    ),
    click.option(
        "--channel-order",
        type=click.Choice(["rgb", "bgr"]),
        help="Channel order that the model expects. Default: rgb; bgr with caffe.",
    ),
    click.option(
        "--fit",
        type=click.Choice(FITS),
        default=FITS[0],
        show_default=True,
        help="How to fit an image to the model's input size.",
    ),
    click.option(
        "--resize-with",
        type=click.Choice(list(FILTERS)),
        default=DEFAULT_FILTER,
        show_default=True,
        help=(
            "Filter that resizes an image. `load_img` of Keras takes nearest by default, training data are "
            "usually read with bilinear; area is the mean of the pixels (OpenCV's INTER_AREA)."
        ),
    ),
    *reading_options,
    extra_option,
)

shrink_option = click.option(
    "--shrink-on-load",
    is_flag=True,
    help=(
        "Decode large JPEGs at a half, a quarter or an eighth of their size, yet no less than three times "
        "the model's input. Faster, but scores differ a little. For runs that draw no picture."
    ),
)

preprocessing_options = group("preprocessing", groups.PreprocessingOptions, *_common)

shrinking_options = group("preprocessing", groups.PreprocessingOptions, *_common, shrink_option)
"""The same where pictures need not be there as a whole."""
