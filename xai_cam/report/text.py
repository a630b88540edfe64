"""Texts and numbers as a page shows them."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

MISSING = "\N{EN DASH}"

_HARMLESS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""Escapes that keep a text from ending the script element, or starting a comment in it."""


def shown(text: str) -> str:
    """A text as a page can show it: control characters and odd bytes are escaped."""
    if text.isprintable():
        return text
    return "".join(_escaped(sign) if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)


def _escaped(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":  # a byte of a file's name that is no UTF-8
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")


def number(value: float | None) -> str:
    """A number to about three digits; a dash for NaN and None."""
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    if 0 < size < 0.001:
        return f"{value:.1e}".replace("e-0", "e-").replace("-", "\N{MINUS SIGN}")
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def hundredths(value: float | None) -> str:
    """Two decimals, for numbers from -1 to 1 in narrow cells."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")


def percent(share: float | None) -> str:
    """A share, 0 to 1, in per cent."""
    return MISSING if share is None or not math.isfinite(share) else f"{100 * share:.0f} %"


def as_json(value: Any) -> str:
    """JSON that is safe inside a script element; numbers that are not finite are null."""
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_HARMLESS)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(str(key)): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
