"""Stores of this machine: servers that speak as clouds do, with a proxy in front where they speak HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from store_proxy import Proxy, proxy_of

SECRET = "planted-secret-of-the-store"
AZURE_KEY = base64.b64encode(b"the key that every azurite has".ljust(64, b".")).decode()


@dataclass
class Place:
    """A store as a run is to know it.

    Attributes
    ----------
    url : str
        Of a folder in it.
    env : dict
        Variables by which its library finds it.
    wrong : dict
        Variables with credentials that it does not take.
    missing : str
        The URL of a bucket that is not there; empty where there is no such thing.
    versions : str
        Of library and server.
    """

    url: str
    env: dict[str, str]
    versions: str
    wrong: dict[str, str] = field(default_factory=dict)
    missing: str = ""
    proxy: Proxy | None = None


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """A server in a process of its own, from when it listens."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError(f"{command[0]} does not listen")
        yield
    finally:
        process.terminate()
        process.wait()


def version_of(*packages: str) -> str:
    """`gcsfs 2026.10.1, …`."""
    from importlib.metadata import version

    return ", ".join(f"{package} {version(package)}" for package in packages)


@contextmanager
def s3(folder: Path) -> Iterator[Place]:
    """Amazon's, by moto."""
    port = free_port()
    server = [
        sys.executable,
        "-c",
        "from moto.server import main; main()",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with started(server, port), proxy_of(port, SECRET) as proxy:
        keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_MAX_ATTEMPTS": "1"}
        env = {**keys, "AWS_ENDPOINT_URL": proxy.url, "AWS_DEFAULT_REGION": "us-east-1"}
        yield Place("s3://bucket/data", env, version_of("s3fs", "moto"), {}, "s3://none/data", proxy)


@contextmanager
def gs(folder: Path) -> Iterator[Place]:
    """Google's, by gcp-storage-emulator."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    port = free_port()
    command = ["-m", "gcp_storage_emulator", "start", "--port", str(port), "--in-memory", "--quiet"]
    with started([sys.executable, *command], port), proxy_of(port, SECRET) as proxy:
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()
        account = {
            **{"type": "service_account", "project_id": SECRET, "private_key_id": SECRET},
            **{"private_key": pem, "client_email": f"{SECRET}@host", "token_uri": f"{proxy.url}/token"},
        }
        (folder / "account.json").write_text(json.dumps(account), encoding="utf-8")
        wrong = {"GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json")}
        env = {"STORAGE_EMULATOR_HOST": proxy.url}
        versions = version_of("gcsfs", "gcp-storage-emulator")
        yield Place("gs://bucket/data", env, versions, wrong, "gs://none/data", proxy)


@contextmanager
def az(folder: Path) -> Iterator[Place]:
    """Azure's, by azurite, whose program the variable `AZURITE` names."""
    port = free_port()
    command = [os.environ.get("AZURITE", "azurite-blob"), "--blobPort", str(port), "--silent"]
    options = ["--location", str(folder / "azurite"), "--skipApiVersionCheck"]
    os.environ["AZURITE_ACCOUNTS"] = f"account:{AZURE_KEY}"
    with started([*command, *options], port), proxy_of(port, SECRET) as proxy:

        def named(key: str) -> dict[str, str]:
            place = f"BlobEndpoint={proxy.url}/account"
            text = f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={key};{place}"
            return {"AZURE_STORAGE_CONNECTION_STRING": text}

        wrong = named(base64.b64encode(SECRET.encode()).decode())
        versions = version_of("adlfs")
        yield Place("az://bucket/data", named(AZURE_KEY), versions, wrong, "az://none/data", proxy)


@contextmanager
def hdfs(folder: Path) -> Iterator[Place]:
    """Hadoop's, by pyarrow; the variable `NAMENODE` names a server that is there, as `127.0.0.1:8020`."""
    node = os.environ["NAMENODE"]
    yield Place(f"hdfs://{node}/data-{os.getpid()}", {}, version_of("pyarrow"))


@contextmanager
def webhdfs(folder: Path) -> Iterator[Place]:
    """Hadoop's by HTTP; the variable `NAMENODE_HTTP` names a server that is there, as `127.0.0.1:9870`."""
    port = int(os.environ["NAMENODE_HTTP"].rpartition(":")[2])
    with proxy_of(port, SECRET) as proxy:
        host = proxy.url.removeprefix("http://")
        yield Place(f"webhdfs://root@{host}/data-{os.getpid()}", {}, version_of("requests"), proxy=proxy)


@contextmanager
def sftp(folder: Path) -> Iterator[Place]:
    """A machine that one reaches by SSH, by asyncssh."""
    import asyncssh

    home, port, root = folder / "home", free_port(), folder / "root"
    (home / ".ssh").mkdir(parents=True)
    root.mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(home / ".ssh" / "id_ed25519")
    (folder / "authorized").write_bytes(key.export_public_key())

    class Rooted(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(root).encode())

    async def listen() -> None:
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        await asyncssh.listen(
            *("127.0.0.1", port),
            server_host_keys=[host_key],
            authorized_client_keys=str(folder / "authorized"),
            sftp_factory=Rooted,
        )

    loop = asyncio.new_event_loop()
    loop.run_until_complete(listen())
    Thread(target=loop.run_forever, daemon=True).start()
    wrong = {"HOME": str(folder)}
    versions = version_of("paramiko", "asyncssh")
    yield Place(f"sftp://ann@127.0.0.1:{port}/data", {"HOME": str(home)}, versions, wrong)


@contextmanager
def disk(folder: Path) -> Iterator[Place]:
    """This disk, by URLs."""
    yield Place((folder / "root").as_uri(), {}, "")


SERVERS = {"s3": s3, "gs": gs, "az": az, "hdfs": hdfs, "webhdfs": webhdfs, "sftp": sftp, "file": disk}
