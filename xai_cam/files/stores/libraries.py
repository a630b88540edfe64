"""The libraries that talk to stores: which each scheme needs, how they are had, what they say."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from xai_cam.errors import InputError, XaiCamError
from xai_cam.extras import require
from xai_cam.files.stores.one_by_one import SCHEMES, OneByOne
from xai_cam.installation import install_command


class Library(NamedTuple):
    """A library as packages are installed, the loggers that it speaks by, and where it finds credentials."""

    package: str
    loggers: tuple[str, ...] = ()
    credentials: str = ""


S3FS = Library(
    "s3fs",
    ("s3fs", "aiobotocore", "botocore"),
    "variables such as AWS_PROFILE, from ~/.aws/credentials, or from the role of the machine",
)
GCSFS = Library(
    "gcsfs",
    ("gcsfs", "google"),
    "GOOGLE_APPLICATION_CREDENTIALS, from `gcloud auth application-default login`, or from the machine",
)
ADLFS = Library("adlfs", ("adlfs", "azure"), "variables that begin with AZURE_STORAGE_")
PARAMIKO = Library("paramiko", ("paramiko",), "the SSH agent, or from ~/.ssh")
REQUESTS = Library("requests", ("urllib3",))

LIBRARIES = {
    **dict.fromkeys(("s3", "s3a"), S3FS),
    **dict.fromkeys(("gs", "gcs"), GCSFS),
    **dict.fromkeys(("az", "abfs", "abfss"), ADLFS),
    **dict.fromkeys(("hdfs", "arrow_hdfs"), Library("pyarrow")),
    **dict.fromkeys(("sftp", "ssh"), PARAMIKO),
    **dict.fromkeys(("http", "https"), Library("aiohttp", ("aiohttp",))),
    **dict.fromkeys(("webhdfs", "webHDFS", "dbfs"), REQUESTS),
    "smb": Library("smbprotocol", ("smbprotocol",)),
    "oss": Library("ossfs", ("ossfs",)),
    "oci": Library("ocifs", ("ocifs",)),
    "hf": Library("huggingface_hub", ("huggingface_hub",)),
}
"""By scheme."""

PATIENT = frozenset({"gs", "gcs", "az", "abfs", "abfss"})
"""Stores whose library itself tries for half a minute and more before it gives up, so that we do not."""


def keep_quiet(scheme: str) -> None:
    """Keep a library's own words off the standard error, as they may hold addresses that are signed.

    Whoever has set up logging still gets them.
    """
    for name in ("fsspec", *(LIBRARIES[scheme].loggers if scheme in LIBRARIES else ())):
        log = logging.getLogger(name)
        if not log.hasHandlers():
            log.addHandler(logging.NullHandler())


def where_credentials_are(scheme: str) -> str:
    """Where the library of a store takes them from, as the end of a sentence."""
    library = LIBRARIES.get(scheme)
    if library is None or not library.credentials:
        return "the store's own settings give them"
    return f"{library.package} takes them from {library.credentials}"


def file_system(scheme: str, root: str) -> Any:
    """What talks to a store, of `fsspec`.

    Raises
    ------
    InputError, XaiCamError
        Nobody knows such a store, or what talks to it is not installed.
    """
    fsspec = require("fsspec")
    if scheme not in fsspec.available_protocols() and scheme not in fsspec.registry:
        raise InputError(
            f"{scheme}:// is no store that is known. Name one of s3://, gs://, az:// or hdfs://, or a path."
        )
    keep_quiet(scheme)
    try:
        files = fsspec.core.url_to_fs(f"{scheme}://{root}")[0]
        return OneByOne(files) if scheme in SCHEMES else files
    except Exception as error:  # noqa: BLE001 - what becomes of it is raised below
        failure = _unusable(scheme, error)
    raise failure  # out here, so that a traceback does not show what may hold credentials


def _unusable(scheme: str, error: Exception) -> XaiCamError:
    if not isinstance(error, ImportError):
        return XaiCamError(
            f"{scheme}:// cannot be used ({type(error).__name__}). Check the store's own settings, as "
            "credentials and its address."
        )
    library = LIBRARIES.get(scheme)
    if library is None:
        return XaiCamError(f"{scheme}:// needs a library of its own, which is not installed. Install that.")
    command = install_command([library.package])
    return XaiCamError(f"{scheme}:// needs {library.package}, which is not installed. Run `{command}`.")
