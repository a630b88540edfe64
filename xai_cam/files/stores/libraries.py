"""The libraries that talk to stores: which each scheme needs, what they say, and how often they try."""

from __future__ import annotations

import logging
from typing import NamedTuple


class Library(NamedTuple):
    """A library as packages are installed, and the loggers that it and those below it speak by."""

    package: str
    loggers: tuple[str, ...] = ()


S3FS = Library("s3fs", ("s3fs", "aiobotocore", "botocore"))
GCSFS = Library("gcsfs", ("gcsfs", "google"))
ADLFS = Library("adlfs", ("adlfs", "azure"))
REQUESTS = Library("requests", ("urllib3",))

LIBRARIES = {
    **dict.fromkeys(("s3", "s3a"), S3FS),
    **dict.fromkeys(("gs", "gcs"), GCSFS),
    **dict.fromkeys(("az", "abfs", "abfss"), ADLFS),
    **dict.fromkeys(("hdfs", "arrow_hdfs"), Library("pyarrow")),
    **dict.fromkeys(("sftp", "ssh"), Library("paramiko", ("paramiko",))),
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
