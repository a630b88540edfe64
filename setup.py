"""Adds to what `setup.cfg` declares: the sample models beside the package, a README for an index."""

import re
from typing import Any

from setuptools import Distribution, setup

BESIDE = r"""(?![a-z]+:|#)(?P<path>[^)\s"]+)"""
"""The path of a file of the repository, where a link may also lead to the web or to a heading."""

LINK = re.compile(rf"(?P<picture>!?)\[(?P<text>(?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\({BESIDE}\)")
TAG = re.compile(rf"""(?P<head><[^>]*\b(?:src|srcset|href)="){BESIDE}(?P<tail>"[^>]*>)""")


class Declared(Distribution):
    """`packages = find:` finds `xai_cam` alone; `sample_models/` is installed as `xai_cam.sample_models`."""

    def parse_config_files(self, *args: Any, **kwargs: Any) -> None:
        """Read `setup.cfg`, and add what it cannot say."""
        super().parse_config_files(*args, **kwargs)
        self.packages = [*self.packages, "xai_cam.sample_models"]
        stated = self.metadata
        stated.long_description = for_an_index(stated.long_description, stated.url, stated.version)


def for_an_index(readme: str, url: str | None, version: str) -> str:
    """The README as a page of an index can show it, where no file lies beside it.

    Links and pictures lead to the tag of this version in the repository at `url`. Without a `url` in
    `setup.cfg`, links are left as plain text, and pictures are left out.
    """

    def link(found: re.Match[str]) -> str:
        picture, text = found["picture"], LINK.sub(link, found["text"])
        if url:
            return f"{picture}[{text}]({url}/{'raw' if picture else 'blob'}/v{version}/{found['path']})"
        return "" if picture else text

    def tag(found: re.Match[str]) -> str:
        anchor = found["head"].startswith("<a ")
        if url:
            kind = "blob" if anchor else "raw"
            return f"{found['head']}{url}/{kind}/v{version}/{found['path']}{found['tail']}"
        return "<a>" if anchor else ""

    return TAG.sub(tag, LINK.sub(link, readme))


if __name__ == "__main__":
    setup(distclass=Declared)
