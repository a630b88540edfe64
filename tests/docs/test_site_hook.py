"""The site is built without a warning; in a browser every link leads somewhere and nothing is fetched."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

from support import ROOT
from support.chromium import chromium
from support.commands import clean_environment, fresh

MARKS = re.compile(r"^<!-- options: xai-cam (.+) -->$", re.MULTILINE)
PAGES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = spec_from_file_location("site_hook", ROOT / "docs" / "site_hook.py")
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")  # as MkDocs does
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, which no test may change."""
    if not (find_spec("mkdocs") and find_spec("material") and find_spec("mkdocstrings")):
        pytest.skip("needs MkDocs: the extra `docs`")
    folder = tmp_path_factory.mktemp("a site") / "site"
    built = fresh(
        *("-m", "mkdocs", "build", "--strict", "--quiet", "-f", ROOT / "mkdocs.yml", "-d", folder),
        env=clean_environment(NO_MKDOCS_2_WARNING="1"),
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


# --- Options ------------------------------------------------------------------------------------------


def test_options_are_those_of_the_command_in_its_groups(hook: ModuleType) -> None:
    text = hook.options_of("explain")
    assert text.startswith("## Options of `explain`\n\n```text\nxai-cam explain [OPTIONS]")
    assert re.search(r"^`-m, --model` `\w+`\n:   \S", text, re.MULTILINE)
    assert "`--fit` `stretch | crop | letterbox`\n:   " in text


def test_a_help_text_shows_as_it_is(hook: ModuleType) -> None:
    assert hook.as_markdown("a*b [x] <i> `c*d` | e") == r"a\*b \[x\] &lt;i&gt; `c*d` \| e"


def test_links_of_the_repository_become_those_of_the_site(hook: ModuleType) -> None:
    def moved(text: str, source: str) -> str:
        return hook.on_page_markdown(text, SimpleNamespace(file=SimpleNamespace(src_uri=source)), None, None)

    assert moved("[a](../SECURITY.md#x)", "safety.md") == "[a](SECURITY.md#x)"
    assert moved("![a](docs/demo.jpg)", "README.ja.md") == "![a](demo.jpg)"
    assert moved("[a](explain.md) [b](#c) [d](https://e.org/f)", "faq.md") == (
        "[a](explain.md) [b](#c) [d](https://e.org/f)"
    )
    assert moved("[a](notebook.ipynb)", "index.md") == "[a](notebook.md)"
    assert moved("[a](notebook.ipynb)", "notebook.md") == "[a](notebook.ipynb)"
    assert moved("[a](../../docs/walk.md)", "sample_models/digits/CARD.md") == "[a](../../walk.md)"


def commands_of(group: Any, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{above}{name} ")
        elif not command.hidden:
            yield above + name


def test_every_command_has_one_page_with_its_options() -> None:
    from xai_cam.cli import main

    asked = sorted(words for text in PAGES.values() for words in MARKS.findall(text))
    assert asked == sorted(commands_of(main))


# --- The site in a browser ------------------------------------------------------------------------------


@dataclass
class Walked:
    """What a browser met on all pages."""

    links: dict[str, set[str]] = field(default_factory=dict)
    anchors: dict[str, set[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


def failure_of(request: Any) -> list[str]:
    """What failed, unless the browser went on to the next page before it was there."""
    return [] if "ERR_ABORTED" in request.failure else [f"{request.failure}: {request.url}"]


@pytest.fixture(scope="module")
def walked(site: Path, browser: Any) -> Walked:
    found = Walked()
    with browser.new_page() as page:
        page.on("console", lambda m: found.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("requestfailed", lambda request: found.errors.extend(failure_of(request)))
        page.on("request", lambda request: found.fetched.append(request.url))
        for path in sorted(site.rglob("*.html")):
            if path.name == "404.html":  # for servers: its links are absolute
                continue
            page.goto(path.as_uri())
            links = "[...document.querySelectorAll('a[href]')].map(a => a.href)"
            found.links[path.as_uri()] = set(page.evaluate(links))
            names = "[...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name)"
            found.anchors[path.as_uri()] = set(page.evaluate(names))
            broken = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
            found.errors.extend(page.evaluate(broken))
    return found


def test_every_link_and_anchor_leads_somewhere(site: Path, walked: Walked) -> None:
    missing = []
    for page, links in walked.links.items():
        for link in links:
            url, anchor = urldefrag(link)
            if not url.startswith("file:"):
                continue
            known = walked.anchors.get(url)
            there = known is not None or Path(unquote(url.removeprefix("file://"))).is_file()
            if not there or (anchor and known is not None and unquote(anchor) not in known):
                missing.append(f"{page.rpartition('/')[2]}: {link}")
    assert len(walked.links) > 30
    assert missing == []


def test_nothing_goes_wrong_and_nothing_comes_from_elsewhere(walked: Walked) -> None:
    assert walked.errors == []
    assert [url for url in walked.fetched if not url.startswith(("file:", "data:"))] == []


def test_pages_are_found_by_the_search_from_disk(site: Path, browser: Any) -> None:
    with browser.new_page() as page:
        page.goto((site / "index.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("letterbox")
        page.locator(".md-search-result__item").first.wait_for()
        hrefs = page.locator(".md-search-result__item a").evaluate_all("all => all.map(a => a.href)")
        assert any("explain.html" in href or "preprocessing.html" in href for href in hrefs)


def test_what_is_not_for_readers_is_not_on_the_site(site: Path) -> None:
    names = {os.fspath(path.relative_to(site)) for path in site.rglob("*")}
    assert not [name for name in names if name.endswith((".py", "walk_template.html", "README.md"))]


def test_the_hook_is_found_without_mkdocs() -> None:
    code = "import sys; sys.modules['mkdocs'] = None; sys.path.insert(0, 'docs'); import site_hook"
    done = fresh("-c", code, cwd=ROOT)
    assert done.returncode == 0, done.stderr
