"""Make the font of all figures of three Noto fonts: Latin, Greek, Cyrillic, signs and East Asian scripts.

On Debian, with fontTools installed:

    apt-get download fonts-noto-core fonts-noto-cjk
    for package in fonts-noto-*.deb; do dpkg-deb -x $package noto; done
    python docs/make_font.py noto/usr/share/fonts xai_cam/drawing/fonts/figures.ttf

What several of the fonts have is taken from the first. Outlines are all that is kept: no hints, kerning or
ligatures. The font gets a name of its own, as the Noto name belongs to its owner.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

NAME = "xai-cam figures"
VERSION = "1.0"
COPYRIGHT = "Copyright 2015-2020 Google LLC (Noto Sans, Noto Sans Math); 2014-2021 Adobe (Noto Sans CJK)"
LICENCE_ADDRESS = "https://openfontlicense.org"
LICENCE = "SIL Open Font License, Version 1.1"

UNITS = 1000
FAITHFUL = 2.0
"""Units of 1000 to the em by which an outline may move when its cubic curves become quadratic ones."""

LETTERS = ((0x20, 0x250), (0x2B0, 0x530), (0x1E00, 0x2000), (0xFB00, 0xFB07))
SIGNS = ((0x2000, 0x2070), (0x2070, 0x20C0), (0x2100, 0x2190), (0x2500, 0x2600))
ARROWS_AND_MATHS = ((0x2190, 0x2300), (0x25A0, 0x2600))
EASTERN = ((0x3000, 0x3100), (0x31F0, 0x3200), (0xFF00, 0xFFF0))
CODED = {"euc_jp": 0xFE, "gb2312": 0xFE, "euc_kr": 0xFE, "big5": 0xC6}
"""What is written in Japan, China, Korea and Taiwan: JIS X 0208, GB 2312, KS X 1001 and the common part of
Big5; each with the last of its first bytes."""


def main(folder: Path, target: Path) -> None:
    """Write the font."""
    sans = TTFont(_find(folder, "NotoSans-Regular.ttf"))
    maths = TTFont(_find(folder, "NotoSansMath-Regular.ttf"))
    cjk = TTCollection(_find(folder, "NotoSansCJK-Regular.ttc")).fonts[0]  # Japanese forms
    wanted = [
        (sans, _within(LETTERS, SIGNS)),
        (maths, _within(ARROWS_AND_MATHS)),
        (cjk, _within(SIGNS, EASTERN) | _coded()),
    ]
    glyphs, widths, characters = {".notdef": _empty_box()}, {".notdef": 600}, {}
    for font, codes in wanted:
        assert font["head"].unitsPerEm == UNITS
        names, outlines = font.getBestCmap(), font.getGlyphSet()
        for code in sorted(codes & names.keys() - characters.keys()):
            name = f"u{code:04X}"
            glyphs[name] = _outline(outlines, names[code])
            widths[name] = round(outlines[names[code]].width)
            characters[code] = name
    _build(glyphs, widths, characters, sans, target)


def _find(folder: Path, name: str) -> Path:
    return next(folder.rglob(name))


def _within(*groups: tuple[tuple[int, int], ...]) -> set[int]:
    return {code for group in groups for first, end in group for code in range(first, end)}


def _coded() -> set[int]:
    """The characters of the East Asian standards, each written in two bytes."""
    texts = [
        bytes((high, low)).decode(coding, "ignore")
        for coding, last in CODED.items()
        for high in range(0xA1, last + 1)
        for low in range(0x40, 0xFF)
    ]
    return {ord(text) for text in texts if len(text) == 1}


def _outline(outlines: Any, name: str) -> Any:
    drawn = DecomposingRecordingPen(outlines)
    outlines[name].draw(drawn)
    pen = TTGlyphPen(None)
    quadratic = Cu2QuPen(pen, FAITHFUL, reverse_direction=outlines.font.sfntVersion == "OTTO")
    drawn.replay(quadratic)
    return pen.glyph()


def _empty_box() -> Any:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in ((50, 0, 550, 714), (100, 50, 500, 664)):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        pen.moveTo(corners[0])
        for corner in corners[1:] if left == 50 else corners[:0:-1]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


def _build(
    glyphs: dict[str, Any], widths: dict[str, int], characters: dict[int, str], like: Any, target: Path
) -> None:
    builder = FontBuilder(UNITS, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(characters)
    builder.setupGlyf(glyphs)
    left = {name: glyph.xMin if glyph.numberOfContours else 0 for name, glyph in glyphs.items()}
    builder.setupHorizontalMetrics({name: (width, left[name]) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=like["hhea"].ascent, descent=like["hhea"].descent)
    names = {
        **{"familyName": NAME, "fullName": NAME, "psName": NAME.replace(" ", "-"), "styleName": "Regular"},
        **{"version": f"Version {VERSION}", "uniqueFontIdentifier": f"{NAME} {VERSION}"},
        **{"copyright": COPYRIGHT, "licenseDescription": LICENCE, "licenseInfoURL": LICENCE_ADDRESS},
    }
    builder.setupNameTable(names)
    builder.setupOS2(sTypoAscender=like["hhea"].ascent, sTypoDescender=like["hhea"].descent)
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.save(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
