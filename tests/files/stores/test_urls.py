"""What counts as a URL, and which are refused without being repeated."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from xai_cam.errors import InputError
from xai_cam.files.stores.paths import as_path
from xai_cam.files.stores.urls import check_url, is_url, local_path


@pytest.mark.parametrize("text", ["s3://bucket/a.png", "memory://a", "hdfs://node:8020/x", "GS://bucket"])
def test_a_scheme_and_two_slashes_make_a_url(text: str) -> None:
    assert is_url(text)
    check_url(text)


@pytest.mark.parametrize("text", ["photos/a.png", "C://photos", "s3:/bucket", "/s3://x", "a.png?x=1", "-"])
def test_a_path_is_none(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize(
    "url",
    [
        "sftp://ann:hunter2@host/photos",
        "https://host/a.png?token=hunter2",
        "s3://bucket/a.png?X-Amz-Signature=hunter2",
        "https://host/p?x=1&key=hunter2",
        "s3://AKIA:abc/hunter2@bucket/p",
        "zip://a.png::s3://ann:hunter2@bucket/x.zip",
        "simplecache::s3://ann:hunter2@bucket/x.png",
        "simplecache::filecache::s3://ann:hunter2@bucket/x.png",
        "file:///a.png::s3://ann:hunter2@bucket/x.zip",
        "https://hunter2@host/a.png",
        "https://host/a#access_token=hunter2",
        "s3://bucket/a#access_token=hunter2",
        "https://host/a?hunter2",
        "https://host/a%3Fhunter2",
        "sftp://ann%3Ahunter2@host/a",
        "sftp://ann:hunter2%40host/a",
    ],
)
def test_credentials_are_refused_and_not_repeated(url: str) -> None:
    assert is_url(url)
    with pytest.raises(InputError) as caught:
        as_path(url)
    assert not any(hidden in str(caught.value) for hidden in ("hunter2", "ann", "AKIA"))
    assert ("chain" if "::" in url else "credentials") in str(caught.value)


@pytest.mark.parametrize("url", ["s3://bucket/img?.png", "abfs://photos@account.dfs.core.windows.net/a"])
def test_a_glob_and_a_name_before_an_at_sign_are_no_credentials(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        *(
            ("s3://", "no bucket"),
            ("s3:///a", "no bucket"),
            ("memory://", "no bucket"),
            ("memory:///", "no b"),
        ),
        ("zip://a::s3://b/c", "chain"),
        *((f"s3://bucket/{key}", "a name in it that is empty") for key in ("/", "/a", "a//b.png", "a//")),
        *((f"s3://bucket/{key}", r"or \. or \.\.") for key in (".", "..", "a/./b", "../a.png", "a/..")),
        ("memory:///a//b", "a name in it that is empty"),
    ],
)
def test_a_url_that_names_no_place(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_url(url)


@pytest.mark.parametrize("url", ["zip://hunter2/a.png", "github://ann:hunter2@main/photos", "TAR://hunter2"])
def test_archives_and_the_like_are_no_stores(url: str) -> None:
    with pytest.raises(InputError, match=r"(?i)^(zip|github|tar):// is no store") as caught:
        check_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["memory://a/b.png", "memory:///a/b.png"])
def test_memory_has_one_top_however_it_is_written(url: str) -> None:
    path = as_path(url)
    assert str(path) == "memory://a/b.png" and path.name == "b.png"


def test_windows_with_an_older_python_has_no_paths_of_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.files.stores.urls.os", SimpleNamespace(name="nt"))
    monkeypatch.setattr("xai_cam.files.stores.urls.sys", SimpleNamespace(version_info=(3, 11)))
    with pytest.raises(InputError, match=r"need Python 3\.12 on Windows"):
        as_path("s3://bucket/a.png")
    monkeypatch.setattr("xai_cam.files.stores.urls.sys", SimpleNamespace(version_info=(3, 12)))
    check_url("s3://bucket/a.png")


def test_urls_of_this_disk_are_paths() -> None:
    assert local_path("file:///a/b%20c.png") == Path("/a/b c.png")
    assert local_path("file:///a/b/") == Path("/a/b") == local_path("file://localhost/a/b")
    assert local_path("file:///a/1?.png") == Path("/a/1?.png") and local_path("file:///#1") == Path("/#1")
    assert local_path("s3://a/b") is None
