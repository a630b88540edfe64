"""Who is refused for want of credentials, and who for want of rights."""

from __future__ import annotations

import errno

import pytest

from support.s3_server import KEY, SECRET, S3Server
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.stores.refusals import CredentialsError, refusal
from xai_cam.files.stores.store import store_of

WHERE = "s3fs takes them from variables such as AWS_PROFILE, from ~/.aws/credentials, or from the role of"


@pytest.mark.parametrize("kind", ["403 for its key", "403 for its signature", "400 for its token"])
def test_credentials_that_a_store_does_not_take(s3: S3Server, kind: str) -> None:
    for method in ("LIST", "GET", "PUT"):
        s3.fail(kind, method)
    store = store_of("s3", "bucket")
    for ask in (
        lambda: store.entries("bucket/photos"),
        lambda: store.read("bucket/a.png"),
        lambda: store.write("bucket/a.png", b"1"),
    ):
        with pytest.raises(
            CredentialsError, match="does not take the credentials, or there are none"
        ) as error:
            ask()
        assert error.value.errno == errno.EACCES and WHERE in str(error.value)
        assert SECRET not in str(error.value) and KEY not in str(error.value)
    assert len(s3.asked) == 3, "to ask again would be no use"


@pytest.mark.parametrize("profile", ["", "nobody"])
def test_there_are_no_credentials(s3: S3Server, monkeypatch: pytest.MonkeyPatch, profile: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    with pytest.raises(CredentialsError, match="or there are none; s3fs takes them from"):
        StorePath("s3://bucket/a.png").read_bytes()
    assert not s3.asked


def test_rights_that_one_has_not(s3: S3Server) -> None:
    s3.fail("403", "LIST")
    s3.fail("403", "HEAD", times=9)
    with pytest.raises(PermissionError) as error:
        store_of("s3", "bucket").entries("bucket/photos")
    assert str(error.value.strerror) == "the store refuses it: there are no rights to it"
    assert not isinstance(error.value, CredentialsError)
    with pytest.raises(PermissionError, match="no rights to it, or no credentials"):  # without words
        store_of("s3", "bucket").look("bucket/a.png")


@pytest.mark.parametrize("key", ["bucket/a.keras", "bucket"])
@pytest.mark.parametrize("kind", ["403 for its key", "400 for its token"])
def test_a_question_that_is_refused_without_words(s3: S3Server, kind: str, key: str) -> None:
    """As S3 answers HEAD: what it says is asked for by a name to read."""
    s3.fail(kind, "HEAD", times=9)
    s3.fail(kind, "GET")
    with pytest.raises(CredentialsError, match="does not take the credentials") as error:
        store_of("s3", "bucket").look(key)
    assert error.value.filename == f"s3://{key}"
    with pytest.raises(OSError, match="the store refuses it") as other:  # it may be read after all
        store_of("s3", "bucket").look(key)
    assert not isinstance(other.value, CredentialsError)


class ClientAuthenticationError(Exception):
    """As of Azure, for both."""

    status_code = 403
    error_code = ""


@pytest.mark.parametrize(
    ("code", "unknown"),
    [("AuthenticationFailed", True), ("AuthorizationPermissionMismatch", False), ("", True)],
)
def test_azure_has_one_error_for_both(code: str, unknown: bool) -> None:
    error = ClientAuthenticationError()
    error.error_code = code
    found = refusal(error, "az://container/a.png")
    assert isinstance(found, CredentialsError) == unknown and found is not None
    assert ("adlfs takes them from variables that begin with AZURE_STORAGE_" in str(found)) == unknown


class HttpError(Exception):
    """As of gcsfs."""

    code = 401


def test_google_says_401_to_who_is_unknown() -> None:
    assert isinstance(refusal(HttpError(), "gs://bucket/a.png"), CredentialsError)
    found = refusal(OSError("Forbidden: https://storage/b"), "gs://bucket/a.png")
    assert found is not None and str(found.strerror).endswith("no rights to it")


def test_what_is_no_refusal() -> None:
    for error in (OSError(errno.EIO, "no"), TimeoutError(), ValueError("Forbidden")):
        assert refusal(error, "s3://bucket/a.png") is None
