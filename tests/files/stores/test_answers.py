"""What errors tell of a store's answer."""

from __future__ import annotations

import pytest

from xai_cam.files.stores.answers import chain_of, codes_of, name_of, status_of


class ClientError(Exception):
    """As botocore's."""

    def __init__(self, status: object, code: object) -> None:
        super().__init__()
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}}


class HttpError(Exception):
    """As gcsfs's and Azure's."""

    def __init__(self, code: object, error_code: object = None) -> None:
        super().__init__()
        self.code, self.error_code = code, error_code


@pytest.mark.parametrize(
    ("error", "status", "codes"),
    [
        (ClientError(403, "AccessDenied"), 403, {"AccessDenied"}),
        (ClientError(None, None), None, set()),
        (HttpError(401), 401, set()),
        (HttpError("401", "AuthenticationFailed"), None, {"AuthenticationFailed"}),
        (OSError(5, "no"), None, set()),
    ],
)
def test_the_status_and_the_code(error: Exception, status: int | None, codes: set[str]) -> None:
    assert status_of(error) == status and codes_of(error) == codes
    above = PermissionError("no")
    above.__cause__ = error
    assert status_of(above) == status and codes_of(above) == codes


def test_what_caused_an_error_and_what_it_came_up_beside() -> None:
    first, second, third = ValueError(), KeyError(), TimeoutError()
    second.__cause__, third.__context__, first.__cause__ = first, second, second  # a circle, too
    assert [*chain_of(third)] == [third] and [*chain_of(third, handled=True)] == [third, second, first]
    assert name_of(third) == "timeouterror"
