"""The page of a shard as data inside of it, from which a page of all shards is made."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError
from xai_cam.files.regular import open_regular, why_unreadable
from xai_cam.report.model import Asset, ColourBar, Item, Map, Page, PagePart, Parts
from xai_cam.report.text import as_json
from xai_cam.runs.share import Share

SCRIPT = re.compile(r'<script type="application/json" id="shard">(.*?)</script>', re.DOTALL)
KEPT = ("title", "items", "facts", "notes", "model", "colours", "part")
"""What of a page is not made anew from the images of all shards."""


def part_of(
    share: Share | None, images: list[str], comparison: dict[str, Any] | None = None
) -> PagePart | None:
    """What a page of these images says of its shard, if it is one of several."""
    if share is None:
        return None
    positions = tuple(share.positions[image] for image in images)
    told = (str(share.shard), share.images, share.all_images or 0, positions, comparison)
    return PagePart(*told, options=share.options, paths=share.paths)


def encode_part(page: Page) -> str:
    """The page as JSON, with its hash."""
    kept = Page(**{name: getattr(page, name) for name in KEPT})
    text = as_json({name: value for name, value in asdict(kept).items() if name in KEPT})
    return as_json({"sha256": _hash(text), "page": json.loads(text)})


def read_part(path: Path) -> Page:
    """The page of a shard, as `encode_part` wrote it.

    Raises
    ------
    InputError
        It is none, was changed since, or cannot be read.
    """
    try:
        with open_regular(path) as file:
            found = SCRIPT.findall(file.read().decode("utf-8"))
    except OSError as error:
        raise InputError(f"Cannot read {path}: {why_unreadable(path, error)}. Name another.") from error
    except UnicodeDecodeError:
        found = []
    if len(found) != 1:
        raise InputError(f"{path} is no report of a shard. Name pages that runs with `shard` wrote.")
    try:
        told = json.loads(found[0])
        if _hash(as_json(told["page"])) != told["sha256"]:
            raise ValueError("another hash")
        return _page(told["page"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} was changed since xai-cam wrote it. Run its command again.") from error


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _page(told: dict[str, Any]) -> Page:
    colours, part = told["colours"], told["part"]
    return Page(
        title=told["title"],
        items=tuple(_item(item) for item in told["items"]),
        facts=tuple((name, value) for name, value in told["facts"]),
        notes=tuple(told["notes"]),
        model=told["model"],
        colours=colours and ColourBar(**{**colours, "shades": tuple(colours["shades"])}),
        part=PagePart(**{**part, "positions": tuple(part["positions"])}),
    )


def _item(told: dict[str, Any]) -> Item:
    maps = tuple(_map(one) for one in told["maps"])
    return Item(**{**told, "picture": _asset(told["picture"]), "maps": maps})


def _map(told: dict[str, Any]) -> Map:
    parts = told["parts"]
    return Map(**{**told, "overlay": _asset(told["overlay"]), "parts": parts and Parts(**parts)})


def _asset(told: dict[str, Any] | None) -> Asset | None:
    if told is not None and not re.fullmatch("[0-9a-f]{1,64}", told["key"]):
        raise ValueError("no key of a picture")
    return None if told is None else Asset(**told)
