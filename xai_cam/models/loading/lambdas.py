"""Lambda layers whose code is known, as layers of Keras: the code is compared, never run.

The residual sums of InceptionResNetV2 in `keras.applications` were written so before Keras 3:
`Lambda(lambda inputs, scale: inputs[0] + inputs[1] * scale, arguments={"scale": 0.17})`.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from xai_cam.models.loading.arithmetic import is_number
from xai_cam.models.loading.shape import Config, is_reference

LONGEST = 2_000
"""Characters of that code, nearly all of them the path of the file that it came from."""

CODES = (
    b"|\0\0d\1\0\x19|\0\0d\2\0\x19|\1\0\x14\x17S",  # Python 2.7 to 3.5
    b"|\0d\1\x19\0|\0d\2\x19\0|\1\x14\0\x17\0S\0",  # 3.6 to 3.10
    b"\x97\0|\0d\1\x19" + 9 * b"\0" + b"|\0d\2\x19" + 9 * b"\0" + b"|\1z\5\0\0z\0\0\0S\0",  # 3.11
)
"""What `inputs[0] + inputs[1] * scale` is compiled to."""

SCALED_SUM = re.compile(
    rb"[s\xf3]"
    + b"|".join(re.escape(len(code).to_bytes(4, "little") + code) for code in CODES).join((b"(", b")"))
    + rb"([)\xa9]\x03|\(\x03\x00{3})N[i\xe9]\x00{4}[i\xe9]\x01\x00{3}",
    re.DOTALL,
)
"""The same as Python stores it, before its constants: None, 0, 1."""


def replace_known_lambdas(config: Any) -> list[str]:
    """Replace such layers anywhere in a configuration, in place; their names are returned."""
    replaced = []
    pending = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.get("class_name") == "Lambda" and _replace(item):
                replaced.append(str(item["config"]["name"]))
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    return replaced


def _replace(layer: Config) -> bool:
    config, calls = layer.get("config"), layer.get("inbound_nodes")
    if not isinstance(config, dict) or not isinstance(calls, list) or not all(map(_is_of_two, calls)):
        return False
    arguments = config.get("arguments")
    scale = arguments.get("scale") if isinstance(arguments, dict) and len(arguments) == 1 else None
    if not calls or not is_number(scale) or config.get("mask") or not _is_scaled_sum(config.get("function")):
        return False
    for key in ("module", "registered_name", "build_config"):
        layer.pop(key, None)
    layer["class_name"] = "CustomScaleLayer"
    layer["config"] = {"name": config.get("name"), "scale": scale}
    return True


def _is_of_two(node: Any) -> bool:
    """Whether a call is on two tensors and nothing else."""
    tensors = node if isinstance(node, list) else []
    return len(tensors) == 2 and all(is_reference(t) and len(t) == 4 and t[3] == {} for t in tensors)


def _is_scaled_sum(function: Any) -> bool:
    """Whether a stored function, of no defaults and no closure, is that code."""
    if isinstance(function, dict) and function.get("class_name") == "__lambda__":
        inner = function.get("config")
        parts = [inner.get(key) for key in ("code", "defaults", "closure")] if isinstance(inner, dict) else []
    else:
        parts = function if isinstance(function, list) else []
    if (
        len(parts) != 3
        or parts[1:] != [None, None]
        or not isinstance(parts[0], str)
        or len(parts[0]) > LONGEST
    ):
        return False
    try:
        code = base64.b64decode(parts[0])
    except (binascii.Error, ValueError):
        return False
    return SCALED_SUM.search(code) is not None
