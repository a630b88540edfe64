"""What a reader does with a report in a browser."""

from __future__ import annotations

from typing import Any

COUNT = 30
"""Images of the report."""


def until(page: Any, condition: str, *values: Any) -> None:
    """Wait for it; the page's policy forbids Playwright's own way, which evaluates text in the page."""
    for _ in range(200):
        if page.evaluate(condition, *values):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


def names(page: Any) -> list[str]:
    return page.locator(".card h3").all_text_contents()


def counted(page: Any, count: int, total: int = COUNT) -> None:
    """Wait until the live region says so; a filter is applied a moment after the last key."""
    page.get_by_text(f"{count} of {total} images", exact=True).wait_for()


def choose(page: Any, name: str, value: str) -> None:
    page.locator(f"#tools [name={name}]").select_option(value)


def opacity(page: Any, selector: str) -> float:
    return float(page.locator(selector).first.evaluate("e => getComputedStyle(e).opacity"))


def slide(page: Any, selector: str, value: int) -> None:
    page.locator(selector).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})) }", value
    )
