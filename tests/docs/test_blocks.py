"""Every block of the README and of `docs` runs as written, in a clean folder, and prints what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import ROOT
from support.doc_blocks import Block, Reader, blocks_of, difference, files_of, logical_lines, says
from support.systems import link, posix

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES if page.name != "walk_template.md"}
RUN = [page for page, text in TEXTS.items() if any(not block.not_run for block in blocks_of(text))]
pytestmark = posix

MOST_NOT_RUN = 20


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for name in files_of(TEXTS[page]):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        link(Path(name), ROOT / name)
    reader = Reader()
    for block in blocks_of(TEXTS[page]):
        if block.not_run:
            continue
        printed = reader.run(block)
        differs = None if block.shown is None else difference(block.shown, printed)
        assert differs is None, f"{page.name}:{block.line}\n{block.code}\n{differs}\n\n{printed}"


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    left_out = [
        f"{page.name}:{block.line}: {block.not_run}"
        for page, text in TEXTS.items()
        for block in blocks_of(text)
        if block.not_run
    ]
    print("\n".join(left_out))
    assert len(left_out) <= MOST_NOT_RUN, "\n".join(left_out)


# --- The harness itself --------------------------------------------------------------------------------

PAGE = """
```sh
echo one    # a comment
echo two
```

```text
one
...
```

Text.

```text
not an output
```

<!-- not run: needs a GPU -->
```python
fast()
```

```toml title="a.toml"
x = 1
```
"""


def test_blocks_know_what_they_print_and_whether_they_run() -> None:
    assert blocks_of(PAGE) == [
        Block(2, "sh", "echo one    # a comment\necho two\n", shown="one\n...\n"),
        Block(19, "python", "fast()\n", not_run="needs a GPU"),
        Block(23, "toml", "x = 1\n", title="a.toml"),
    ]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("12 written in 9 s", "12 written in 1 min 3 s"),
        ("p 0.950, in .../maps", "p  0.948, in /tmp/x/maps"),
        ("keras  3.15.1", "keras  3.9.0"),
        ("0.02 % lost", "0.03 % lost"),
    ],
)
def test_what_may_differ_from_machine_to_machine(shown: str, printed: str) -> None:
    assert says(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("12 written", "13 written"), ("p 0.950", "p 0.85"), ("circle 0.9", "star 0.9"), ("a", "a b")],
)
def test_what_may_not(shown: str, printed: str) -> None:
    assert not says(shown, printed)


def test_dots_stand_for_lines_and_nothing_else_is_left_out() -> None:
    assert difference("a\n...\nd\n", "a\nb\nc\nd\n") is None
    assert "printed:   b" in str(difference("a\nd\n", "a\nb\nc\nd\n"))
    assert "printed:   b" in str(difference("a\n", "a\nb\n"))
    assert "(nothing more)" in str(difference("a\nb\n", "a\n"))


def test_a_block_that_fails_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError, match="No such option"):
        Reader().run(Block(1, "sh", "xai-cam methods --nonsense\n"))
    with pytest.raises(AssertionError):
        Reader().run(Block(1, "sh", "false\n"))
    assert "No such option" in Reader().run(Block(1, "sh", "xai-cam methods --nonsense\n", exits=2))


def test_a_pipe_of_our_commands_and_a_file_behind_an_arrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Reader().run(Block(1, "sh", "X=methods\nxai-cam $X --json > m.json\n")) == ""
    assert "grad-cam" in Path("m.json").read_text(encoding="utf-8")


def test_lines_that_go_on_are_one() -> None:
    assert list(logical_lines("a \\\n  b\n# no\n\nc\n")) == ["a    b", "c"]
