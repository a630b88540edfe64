"""What libraries of stores say by themselves is kept off the standard error."""

from __future__ import annotations

import pytest

from support.commands import fresh
from xai_cam.files.stores.libraries import LIBRARIES, where_credentials_are

LOUD = """
import logging
from xai_cam.files.stores.libraries import keep_quiet
log = logging.getLogger("gcsfs.credentials")
log.warning("before")
{}
keep_quiet("gs")
keep_quiet("gs")
keep_quiet("nowhere")
log.warning("https://host/a?signature=hunter2")
print(len(logging.getLogger("gcsfs").handlers))
"""


@pytest.mark.parametrize(
    ("set_up", "heard", "handlers"),
    [
        ("", "before\n", 1),
        ("logging.basicConfig(format='%(message)s')", "before\nhttps://host/a?signature=hunter2\n", 0),
    ],
)
def test_nothing_is_printed_but_where_logging_is_set_up(set_up: str, heard: str, handlers: int) -> None:
    """In processes of their own, since pytest listens to all loggers."""
    done = fresh("-c", LOUD.format(set_up))
    assert (done.stderr, done.stdout) == (heard, f"{handlers}\n")


def test_where_a_library_finds_credentials() -> None:
    assert where_credentials_are("s3a").startswith("s3fs takes them from variables such as AWS_PROFILE, ")
    assert where_credentials_are("sftp") == "paramiko takes them from the SSH agent, or from ~/.ssh"
    for scheme in ("smb", "nowhere"):
        assert where_credentials_are(scheme) == "the store's own settings give them"
    assert not any(where_credentials_are(scheme).endswith((".", " ")) for scheme in LIBRARIES)
