"""What the error of a library tells of a store's answer, in the ways of the usual libraries."""

from __future__ import annotations

from collections.abc import Iterator


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error or its cause tells of; None: none."""
    return next((found for one in chain_of(error) if (found := _own_status(one)) is not None), None)


def codes_of(error: BaseException) -> set[str]:
    """The words of a store for what was wrong, as `AccessDenied`, that an error or its cause tells of."""
    return {code for one in chain_of(error) if isinstance(code := _own_code(one), str)}


def chain_of(error: BaseException, handled: bool = False) -> Iterator[BaseException]:
    """An error and what caused it; with `handled` also those that it came up beside."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        yield one
        chain.append(one)
        one = one.__cause__ or (one.__context__ if handled else None)


def name_of(error: BaseException) -> str:
    """The name of its kind, in small letters."""
    return type(error).__name__.lower()


def _own_status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # of botocore
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return found if isinstance(found, int) else None
    for name in ("status", "status_code", "code"):
        found = getattr(error, name, None)
        if isinstance(found, int):
            return found
    return None


def _own_code(error: BaseException) -> object:
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return response.get("Error", {}).get("Code")
    return getattr(error, "error_code", None)  # of Azure
