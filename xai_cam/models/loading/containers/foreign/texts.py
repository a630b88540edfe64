"""Text that is no model: pointers, pages of the web, descriptions of other kinds of models."""

from __future__ import annotations

import re

from xai_cam.models.loading.containers.foreign.looks import (
    AGAIN,
    MODEL,
    ORIGINAL,
    REBUILD,
    Foreign,
    Look,
    quote,
)

ANYTHING = ""

RULES: tuple[tuple[re.Pattern[str], re.Pattern[str], Foreign], ...] = tuple(
    (re.compile(start), re.compile(more, re.M), Foreign(what, way))
    for start, more, what, way in (
        (
            r"version https://(git-lfs|hawser)\.github\.com/spec/",
            ANYTHING,
            "is a Git LFS pointer, which stands for a file that was not fetched",
            "Run `git lfs pull` in its repository, or download the file itself.",
        ),
        (
            r"\S{0,300}/annex/objects/",
            ANYTHING,
            "is a pointer of git-annex, which stands for a file that was not fetched",
            "Run `git annex get` in its repository.",
        ),
        (
            r"(outs|md5|deps):\s",
            r"^\s{0,9}-?\s?path: ",
            "is a pointer of DVC, which stands for a file that was not fetched",
            "Run `dvc pull` in its repository.",
        ),
        (
            r'model_checkpoint_path: "',
            ANYTHING,
            "says which TensorFlow checkpoint is the newest, and holds none itself",
            "Give the architecture JSON with `model` and the checkpoint with `weights`.",
        ),
        (
            r"\s*(saved_model_schema_version:|meta_graphs\s{0,9}\{)",
            ANYTHING,
            "is the graph of a SavedModel as text (.pbtxt)",
            "Save the model with `model.save`.",
        ),
        (
            r'\s*node\s{0,9}\{\s{0,9}name: "',
            ANYTHING,
            "is a graph of TensorFlow as text (.pbtxt), which has no layers",
            ORIGINAL,
        ),
        (
            r"\s*item\s{0,9}\{\s{0,9}(id|name|display_name):",
            ANYTHING,
            "is a list of labels (.pbtxt), not a model",
            MODEL,
        ),
        (
            r"[\s\S]{0,2000}\[(net|network)\]\s",
            r"^\[(convolutional|connected|crop|maxpool|softmax|route|local|rnn|gru|lstm)\]",
            "is a network of Darknet (.cfg), as YOLO comes with",
            REBUILD,
        ),
        (
            r"[\s\S]{0,2000}(name|input|layers?|force_backward|state)\s{0,9}[:{]",
            r"^[ \t]{0,9}layers?[ \t]{0,9}\{",
            "is the description of a Caffe network (.prototxt)",
            REBUILD,
        ),
        (r"7767517\s", ANYTHING, "is a network of ncnn (.param)", REBUILD),
        (
            ANYTHING,
            r"\bunsigned char \w{1,100}\[\d{0,9}\]\s{0,5}(\w{1,50}\(\w{1,50}\)\s{0,5})?=\s{0,5}\{",
            "is a model as an array in C, as TensorFlow Lite for Microcontrollers takes it",
            ORIGINAL,
        ),
        (r"\[InternetShortcut\]", ANYTHING, "is a link to a web page (.url)", AGAIN),
        (
            r"(-{2,9}WebKitFormBoundary|-{2}[\w-]{8,70}\r?\nContent-Disposition:)",
            ANYTHING,
            "is an upload as a browser sends it, with the file somewhere inside",
            "Upload or copy the file again.",
        ),
        (
            r"(iUhERg0KGgo|UEsDB)[A-Za-z0-9+/=\s]{20}",
            ANYTHING,
            "is a model written as text (Base64)",
            "Decode it into a file: `base64 -d < TEXT > model.h5`.",
        ),
    )
)
"""How a text begins, what stands somewhere in it, and what it then is."""

PAGE = re.compile(r"<(!doctype\s{1,9}html|html|head|body|meta|script|title|style|div|center|h1|p)\b", re.I)
TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.I)
ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]{0,100})([^>]{0,2000})")
CODE = re.compile(r"<Code>([\w.]{1,60})</Code>")
SOURCE = re.compile(
    r"^(import \w|from [\w.]{1,100} import |def \w{1,100}\(|class \w{1,100}\b.{0,100}:$)", re.M
)
PATH = re.compile(r"[^\s<>|]{1,400}\.(h5|hdf5|keras|json|pb|yaml|yml)")

NETWORK = Foreign("is the architecture of an OpenVINO model (.xml)", ORIGINAL)


def by_text(look: Look) -> Foreign | None:
    """What a text is."""
    text = look.text
    if text is None:
        return None
    for start, more, found in RULES:
        if start.match(text) and more.search(text):
            return found
    markup = _after_prologue(text)
    if markup.startswith("<"):
        return _markup(text, markup)
    if SOURCE.search(text):
        return Foreign(
            "is the source of a program in Python, not a model",
            "Run it where it belongs, and let it write the model with `model.save`.",
        )
    line = text.strip().partition("\n")[0]
    if len(text) < 500 and PATH.fullmatch(text.strip()):
        return Foreign(
            f"holds nothing but the path {quote(line)}: it was a link, and was copied as text",
            "Give the file that it leads to.",
        )
    return Foreign(
        f"is plain text, neither JSON, nor HDF5, nor a .keras archive (it begins with {quote(line)})",
        f"{MODEL[:-1]}; names of classes belong to `labels`.",
    )


def _after_prologue(text: str) -> str:
    """Markup without the comments and declarations that come first; each is passed over once."""
    text = text.lstrip()
    for opening, closing in (("<?xml", "?>"), ("<!--", "-->"), ("<!--", "-->")):
        if text.startswith(opening) and closing in text:
            text = text.partition(closing)[2].lstrip()
    return text


def _markup(text: str, start: str) -> Foreign | None:
    """What HTML and XML are, by the first element."""
    if PAGE.match(start):
        title = TITLE.search(text)
        named = f", {quote(title[1])}," if title else ""
        return Foreign(
            f"is an HTML page: a web page{named} was saved instead of the model",
            "Download the file itself (on GitHub by 'Download raw file', on a drive after signing in).",
        )
    element = ELEMENT.match(start)
    if not element:
        return None
    if element[1] == "net" and "version=" in element[2]:
        return NETWORK
    code = CODE.search(start)
    if element[1] == "Error" and code:
        return Foreign(f"is what a server answered ({code[1]}), saved instead of the model", AGAIN)
    return Foreign(f"is XML, of an element {quote(element[1])}, not a model", MODEL)
