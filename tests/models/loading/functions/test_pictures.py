"""Functions of `tf.image` as tf.keras computes them."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function

IMAGE = tf.image

FUNCTIONS: dict[str, Function] = {
    "resize": lambda x, _: IMAGE.resize(x, (4, 5)),
    "resize, nearest": lambda x, _: IMAGE.resize(x, [4, 5], method="nearest"),
    "resize, bicubic and smooth": lambda x, _: IMAGE.resize(x, [3, 4], method="bicubic", antialias=True),
    "resize in proportion": lambda x, _: IMAGE.resize(x, (12, 12), preserve_aspect_ratio=True),
    "resize with margins": lambda x, _: IMAGE.resize_with_pad(x, 11, 12),
    "resize of TensorFlow 1": lambda x, _: tf.compat.v1.image.resize_bilinear(
        x, (12, 16), half_pixel_centers=True
    ),
    "crop": lambda x, _: IMAGE.crop_to_bounding_box(x, 1, 2, 3, 4),
    "middle": lambda x, _: IMAGE.central_crop(x, 0.5),
    "margins": lambda x, _: IMAGE.pad_to_bounding_box(x, 1, 2, 10, 12),
    "crop and margins": lambda x, _: IMAGE.resize_with_crop_or_pad(x, 3, 11),
    "grey": lambda x, _: IMAGE.rgb_to_grayscale(x[..., :3]),
    "colour": lambda x, _: IMAGE.grayscale_to_rgb(x[..., :1]),
    "mirror": lambda x, _: IMAGE.flip_left_right(x),
    "upside down": lambda x, _: IMAGE.flip_up_down(x),
    "turned": lambda x, _: IMAGE.rot90(x),
    "turned back": lambda x, _: IMAGE.rot90(x, k=3),
    "on its side": lambda x, _: IMAGE.transpose(x),
    "standardised": lambda x, _: IMAGE.per_image_standardization(x),
    "fractions": lambda x, _: IMAGE.convert_image_dtype(tf.cast(x * 100, tf.uint8), tf.float32),
    "fractions already": lambda x, _: IMAGE.convert_image_dtype(x, tf.float32) * 1.0,
    "contrast": lambda x, _: IMAGE.adjust_contrast(x, 2.0),
    "brightness": lambda x, _: IMAGE.adjust_brightness(x, 0.2),
    "gamma": lambda x, _: IMAGE.adjust_gamma(x, 2.0, 1.5),
    "saturation": lambda x, _: IMAGE.adjust_saturation(x[..., :3] / 2, 1.5),
    "hue": lambda x, _: IMAGE.hsv_to_rgb(IMAGE.rgb_to_hsv(x[..., :3] / 2)),
    "luminance": lambda x, _: IMAGE.rgb_to_yuv(x[..., :3]) + IMAGE.rgb_to_yiq(x[..., :3]),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)
