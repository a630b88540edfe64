"""Runs on a Ray cluster of two machines, beside one of a single process: what differs?

    sudo .venv/bin/python benchmarks/cluster_machines.py [--images 200] [--only killed back]

Needs Linux, root and what `machines.py` says: the machines are namespaces of this one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cluster_faults import MODEL, draw  # noqa: E402
from machines import Machine, ended, switched_on, wait_for  # noqa: E402

from support.ray_clusters import contents, rows_of  # noqa: E402

KEYS = {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything", "AWS_DEFAULT_REGION": "us-east-1"}
S3 = {**KEYS, "AWS_ENDPOINT_URL": "http://10.77.0.3:5000"}
AT = ("--executor", "ray", "--ray-address")
CLUSTER, CLIENT = (*AT, "10.77.0.1:6379"), (*AT, "ray://10.77.0.1:10001")
TO = ("-r", "-o", "maps", "--results", "rows.csv", "--save", "overlay,raw", "--engine", "tensorflow")
LAYERS = "import keras\n\n\nclass Same(keras.layers.Layer):\n    pass\n"
STORE = """
import pathlib, socket, sys, time, s3fs
while socket.socket().connect_ex(("10.77.0.3", 5000)):
    time.sleep(0.2)
store, photos = s3fs.S3FileSystem(), pathlib.Path("/mnt/photos")
if sys.argv[1] == "fill":
    store.mkdir("bucket")
    for picture in photos.iterdir():
        store.pipe(f"bucket/photos/{picture.name}", picture.read_bytes())
else:
    store.get("bucket/maps/", "/mnt/maps/", recursive=True)
    store.rm("bucket/maps", recursive=True)
"""


# --- Runs ---------------------------------------------------------------------------------------------


class World:
    """Machines one and two with a cluster, a third beside it, and what one process makes of the pictures."""

    def __init__(self, machines: list[Machine]) -> None:
        self.one, self.two, self.three = machines
        self.shared = self.one.shared
        self.alone = self.run(MODEL)[:3]

    def start(self, cores: int = 1, **more: str) -> None:
        """A fresh cluster, of machines that are switched on anew."""
        for machine in (self.one, self.two):
            machine.off()
            machine.on()
        head = ("--head", "--port", 6379, "--ray-client-server-port", 10001, "--include-dashboard", "false")
        self.join(self.one, cores, *head, **more)
        self.join(self.two, cores, "--address", "10.77.0.1:6379", **more)

    def join(self, machine: Machine, cores: int = 1, *words: object, **more: str) -> None:
        fixed = ("--node-ip-address", machine.address, "--num-cpus", cores)
        fixed += ("--object-store-memory", 100 * 2**20)
        machine.python("-m", "ray.scripts.scripts", "start", *fixed, *words, **more)

    def rejoin(self) -> None:
        self.two.on()
        self.join(self.two, 1, "--address", "10.77.0.1:6379")

    def begin(self, model: Path, *words: object, on: Machine | None = None, **more: str) -> Any:
        pictures = () if any("photos" in str(word) for word in words) else ("photos",)
        return (on or self.one).begin("-m", "xai_cam", "explain", "-m", model, *TO, *pictures, *words, **more)

    def run(self, *words: Any, during: Callable[[], None] = lambda: None, **more: Any) -> tuple[Any, ...]:
        """Exit code, rows, outputs, and what was said; nothing of it stays."""
        process = self.begin(*words, **more)
        during()
        code, said = ended(process)
        if (more.get("AWS_ENDPOINT_URL"), code) == (S3["AWS_ENDPOINT_URL"], 0):
            self.one.python("-c", STORE, "fetch", **S3)
        rows = rows_of(self.shared / "rows.csv") if self.rows() else []
        made = code, rows, contents(self.shared / "maps"), said
        self.clear()
        return made

    def clear(self) -> None:
        shutil.rmtree(self.shared / "maps", ignore_errors=True)
        (self.shared / "rows.csv").unlink(missing_ok=True)

    def rows(self) -> int:
        table = self.shared / "rows.csv"
        return table.read_bytes().count(b"\n") if table.exists() else 0

    def half(self) -> None:
        """Wait until a third is through, and the second machine is at something."""
        wait_for(lambda: self.rows() > len(self.alone[1]) // 3 and self.two.pids("RayWorker.do"))


def same(world: World, *words: Any, alone: tuple[Any, ...] | None = None, **more: Any) -> str:
    """In which parts a run differs from one of a single process."""
    *made, said = world.run(*words, **more)
    parts = zip(("exit code", "rows", "outputs"), alone or world.alone, made, strict=True)
    differ = [part for part, one, other in parts if one != other]
    return f"DIFFERS in {', '.join(differ)}: {said}" if differ else "byte for byte as one process"


def refused(world: World, *words: Any, **more: Any) -> str:
    """What a run says that is refused and leaves nothing."""
    code, rows, outputs, said = world.run(*words, **more)
    return said.strip() if code == 2 and not rows and not outputs else f"WENT ON with {code}: {said}"


# --- Cases --------------------------------------------------------------------------------------------


def shared(world: World) -> Iterator[str]:
    """Everything in a folder that all see; the command on either machine of the cluster."""
    world.start()
    yield same(world, MODEL, *CLUSTER)
    yield same(world, MODEL, *AT, "auto", on=world.two)


def travels(world: World) -> Iterator[str]:
    """A model and its code on one machine alone, and two workers on each: what the other has got."""
    world.start(2)
    world.one.do("cp", "-r", MODEL.parent, "/srv/model")
    world.one.python("-c", f"open('/srv/layers.py', 'w').write({LAYERS!r})")
    words = (Path("/srv/model/model.json"), "--custom-objects", "/srv/layers.py")
    alone = world.run(*words)[:3]
    yield same(world, *words, *CLUSTER, "--workers", 4, alone=alone)
    sent = world.two.place("srv", ".cache", "xai-cam-sent")
    yield "sent: " + ", ".join(sorted(path.name for path in sent.rglob("*") if path.is_file()))


def unshared(world: World) -> Iterator[str]:
    """Outputs, pictures or a store that the second machine does not see."""
    world.start()
    world.one.do("cp", "-r", "/mnt/photos", "/srv/photos")
    yield refused(world, MODEL, *CLUSTER, "-o", "/srv/maps")
    yield refused(world, MODEL, *CLUSTER, "/srv/photos")


def store(world: World) -> Iterator[str]:
    """Pictures and outputs in S3; first by workers that were started without its variables."""
    words = (MODEL, "s3://bucket/photos/", "-o", "s3://bucket/maps/")
    world.three.begin("-m", "moto.server", "-H", world.three.address, "-p", 5000, out=DEVNULL)
    world.three.python("-c", STORE, "fill", **S3)
    alone = world.run(*words, **S3)[:3]
    world.start()
    yield refused(world, *words, *CLUSTER, **S3)
    world.start(**S3)
    yield same(world, *words, *CLUSTER, alone=alone, **S3)


def client(world: World) -> Iterator[str]:
    """From a machine that is not of the cluster: by Ray's client, and directly."""
    world.start()
    yield same(world, MODEL, *CLIENT, on=world.three)
    yield refused(world, MODEL, *CLUSTER, on=world.three)


def killed(world: World) -> Iterator[str]:
    """The second machine is switched off in the middle."""
    world.start()

    def switch_off() -> None:
        world.half()
        world.two.off()

    yield same(world, MODEL, *CLUSTER, during=switch_off)
    world.two.on()


def back(world: World) -> Iterator[str]:
    """It is switched off, and comes back to the cluster and to work."""

    def return_() -> None:
        world.half()
        world.two.off()
        world.rejoin()
        wait_for(lambda: world.two.pids("RayWorker.do"))

    world.start()
    yield same(world, MODEL, *CLUSTER, during=return_)


def versions(world: World) -> Iterator[str]:
    """Another version of xai-cam on the second machine."""
    world.start()
    world.two.off()
    world.two.on()
    (world.shared / "_version.py").write_text('__version__ = "0.0.1"\n', encoding="utf-8")
    world.two.do("mount", "--bind", "/mnt/_version.py", ROOT / "xai_cam" / "_version.py")
    world.join(world.two, 1, "--address", "10.77.0.1:6379")
    yield world.run(MODEL, *CLUSTER)[3].splitlines()[0]


def interrupted(world: World) -> Iterator[str]:
    """Ctrl-C, and a command that is killed, on the cluster and from outside; then what is left."""
    world.start()
    for words, machine in ((CLUSTER, world.one), (CLIENT, world.three)):
        for name in ("INT", "KILL"):
            process = world.begin(MODEL, *words, on=machine)
            world.half()
            machine.do("kill", f"-{name}", *machine.pids("xai_cam explain"))
            code, _ = ended(process)
            wait_for(lambda: not world.one.pids("RayWorker") + world.two.pids("RayWorker"))
            left = [path.name for path in world.shared.glob("maps/.xai-cam-*.tmp")]
            outputs = world.run(MODEL)[2]
            rest = {name: data for name, data in outputs.items() if ".tmp/" not in name}
            whole = "then byte for byte" if rest == world.alone[2] else "then OTHER OUTPUTS"
            yield f"SIG{name} at {words[-1]}: exit code {code}, {len(left)} temporary folders, {whole}"


CASES = (shared, travels, unshared, store, client, killed, back, versions, interrupted)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=[case.__name__ for case in CASES])
    asked = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder) / "photos", asked.images)
        with switched_on(Path(folder)) as machines:
            world = World(machines)
            for case in CASES:
                if asked.only is None or case.__name__ in asked.only:
                    print(f"\n{case.__name__}: {case.__doc__}")
                    for line in case(world):
                        print(f"    {line}", flush=True)
                        wrong += any(sign in line for sign in ("DIFFERS", "WENT ON", "OTHER OUTPUTS"))
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
