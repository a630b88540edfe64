"""Text is called by what it is, in a time that does not grow with tricks in it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from support.foreign_files import TEXTS
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign.looks import HEAD
from xai_cam.models.loading.sniff import sniff


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("name", TEXTS)
def test_it_is_called_by_its_name(name: str, mark: str, tmp_path: Path):
    content, words = TEXTS[name]
    path = tmp_path / "model.h5"
    path.write_text(mark + content, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        sniff(path)
    said = caught.value.message.removeprefix(str(path))
    assert words in said and "\n" not in said and said.endswith("."), said


HOSTILE = (
    *(
        "<html><title ",
        "<!--",
        "<!-- -->",
        "name: layer { ",
        "layer{ a:b ",
        "[net]\n[conv",
        " ",
        "\n",
        "class a",
    ),
    *(
        "unsigned char a",
        "a",
        "outs: \n -",
        "<a ",
        "<Error><Code>a",
        "iUhERg0KGgo",
        "--a",
        "item { ",
        "node {  ",
    ),
    *("[", '{"a":', '[{"a":', "7767517 ", "version https://git-lfs", "a/annex", "name:", "../"),
)


@pytest.mark.parametrize("start", ["", "name: 'x'\n", "[net]\n", "outs:\n", "<html>", '{"'])
def test_texts_that_would_keep_a_search_busy(start: str, tmp_path: Path):
    path, begun = tmp_path / "m", time.process_time()
    for part in HOSTILE:
        path.write_text(start + part * (HEAD // len(part)), encoding="utf-8")
        with pytest.raises(ModelError):
            sniff(path)
    assert time.process_time() - begun < 5


def test_a_name_in_it_is_shown_in_one_line(tmp_path: Path):
    path = tmp_path / "m"
    path.write_text("<html><title>a `layer`\n\n" + "b " * 300 + "</title>", encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        sniff(path)
    assert "a 'layer' b" in caught.value.message and len(caught.value.message) < 400 + len(str(path))
