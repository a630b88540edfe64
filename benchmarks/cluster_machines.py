"""Runs on a Ray cluster of two machines, beside one of a single process: what differs?

    sudo .venv/bin/python benchmarks/cluster_machines.py [--images 200] [--only killed back]

Needs Linux, root and what `machines.py` says: the machines are namespaces of this one. `submitted` needs
`pip install "ray[default]" pyyaml` besides. The exit code is 1 where anything is not as it should be.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, CalledProcessError, Popen, TimeoutExpired

from cluster_faults import MODEL, draw
from machine_jobs import PLACES, command_of_job, job, stop
from machine_runs import (
    AT,
    CLIENT,
    CLUSTER,
    ROOT,
    WRONG,
    World,
    compared,
    judged,
    refused,
    rest,
    same,
)
from machines import ended, switched_on

KEYS = {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything", "AWS_DEFAULT_REGION": "us-east-1"}
S3 = {**KEYS, "AWS_ENDPOINT_URL": "http://10.77.0.3:5000"}
LAYERS = "import keras\n\n\nclass Same(keras.layers.Layer):\n    pass\n"
STORE = """
import pathlib, sys, s3fs
store, photos = s3fs.S3FileSystem(), pathlib.Path("/mnt/photos")
if sys.argv[1] == "fill":
    store.mkdir("bucket")
    for picture in photos.iterdir():
        store.pipe(f"bucket/photos/{picture.name}", picture.read_bytes())
else:
    store.get("bucket/maps/", "/mnt/maps/", recursive=True)
    store.rm("bucket/maps", recursive=True)
"""
AHEAD = """
import pathlib, time
real = time.time
time.time = lambda: real() + 86400
pathlib.Path("/mnt/ahead/used").touch()
"""
SLOW = """
import pathlib, time
started, used = pathlib.Path("/proc/self/cmdline").read_bytes(), pathlib.Path("/mnt/slow/used")
if b"ray.util.client.server" in started and b"specific-server" in started and not used.exists():
    used.touch()
    time.sleep(45)
"""


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
    alone, _ = world.run(*words)
    yield same(world, *words, *CLUSTER, "--workers", 4, alone=alone)
    kept = [machine.place("srv", ".cache", "xai-cam-sent") for machine in (world.one, world.two)]
    own, sent = (sorted(path.name for path in one.rglob("*") if path.is_file()) for one in kept)
    right = not own and sent == ["layers.py", "model.json", "model.weights.h5"]
    yield judged(right, f"sent to the first: {', '.join(own) or 'nothing'}; to the second: {', '.join(sent)}")


def unshared(world: World) -> Iterator[str]:
    """Outputs or pictures that the second machine does not see."""
    world.start()
    world.one.do("cp", "-r", "/mnt/photos", "/srv/photos")
    yield refused(world, MODEL, *CLUSTER, "-o", "/srv/maps")
    yield refused(world, MODEL, *CLUSTER, "/srv/photos")


def store(world: World) -> Iterator[str]:
    """Pictures and outputs in S3; first by workers that were started without its variables."""
    words = (MODEL, "s3://bucket/photos/", "-o", "s3://bucket/maps/")
    server = world.three.begin("-m", "moto.server", "-H", world.three.address, "-p", 5000, out=DEVNULL)
    world.listening(world.three, 5000)
    world.three.python("-c", STORE, "fill", **S3)

    def fetch() -> None:
        world.three.python("-c", STORE, "fetch", **S3)

    alone, _ = world.run(*words, fetch=fetch, **S3)
    world.start()
    yield refused(world, *words, *CLUSTER, **S3)
    world.start(**S3)
    yield same(world, *words, *CLUSTER, alone=alone, fetch=fetch, **S3)
    server.terminate()


def client(world: World) -> Iterator[str]:
    """From a machine that is not of the cluster: by Ray's client, and directly."""
    world.start()
    yield same(world, MODEL, *CLIENT, on=world.three)
    yield refused(world, MODEL, *CLUSTER, on=world.three, naming="ray://HOST:10001")
    world.start(**begun_with(world, "slow", SLOW))
    line = same(world, MODEL, *CLIENT, on=world.three)
    yield judged((world.shared / "slow" / "used").exists(), f"where Ray gives up its first server: {line}")


def killed(world: World) -> Iterator[str]:
    """The second machine is switched off in the middle."""

    def switch_off(process: Popen[str]) -> None:
        world.half(process)
        world.two.off()

    world.start()
    yield same(world, MODEL, *CLUSTER, during=switch_off)
    world.two.on()


def back(world: World) -> Iterator[str]:
    """It is switched off, and comes back to the cluster and to work."""

    def return_(process: Popen[str]) -> None:
        world.half(process)
        world.one.kill("RayWorker", "STOP")  # else it may be through with all before the other is back
        world.again()
        world.at_work(process)
        world.one.kill("RayWorker", "CONT")

    world.start()
    yield same(world, MODEL, *CLUSTER, during=return_)


def cut_off(world: World) -> Iterator[str]:
    """It is cut off from the network in the middle."""

    def cut(process: Popen[str]) -> None:
        world.half(process)
        world.two.do("ip", "link", "set", "eth0", "down")

    world.start()
    yield same(world, MODEL, *CLUSTER, during=cut)


def ahead(world: World) -> Iterator[str]:
    """For Python its clock is a day ahead."""
    world.start()
    world.again(**begun_with(world, "ahead", AHEAD))
    line = same(world, MODEL, *CLUSTER)
    yield judged((world.shared / "ahead" / "used").exists(), line)


def versions(world: World) -> Iterator[str]:
    """Another version of xai-cam on it."""
    (world.shared / "_version.py").write_text('__version__ = "0.0.1"\n', encoding="utf-8")
    world.start()
    world.two.off()
    world.two.on()
    world.two.do("mount", "--bind", "/mnt/_version.py", ROOT / "xai_cam" / "_version.py")
    world.join()
    line = world.run(MODEL, *CLUSTER)[1].splitlines()[0]
    yield judged(line.startswith("Workers on machine-2 have other versions: xai-cam 0.0.1 (here"), line)


def interrupted(world: World) -> Iterator[str]:
    """Ctrl-C, and a command that is killed, on the cluster and from outside; then what is left."""
    world.start()
    for words, machine in ((CLUSTER, world.one), (CLIENT, world.three)):
        for name, expected in (("INT", 130), ("KILL", -9)):
            process = world.begin(MODEL, *words, on=machine)
            world.half(process)
            machine.kill("xai_cam explain", name)
            code, _ = ended(process)
            left = rest(world, f"exit code {code}", f"exit code {expected}", temporary=name == "KILL")
            yield f"SIG{name} at {words[-1]}: {left}"


def headless(world: World) -> Iterator[str]:
    """Ray is killed on the head under a command by its client; the head is switched off under another."""
    world.start()
    process = world.begin(MODEL, *CLIENT, on=world.three)
    world.half(process)
    world.one.kill("ray", "KILL")
    code, said = ended(process)
    gone = [line for line in said.splitlines() if "The connection to the Ray cluster is gone" in line]
    yield judged(bool(gone), gone[0] if gone else said)
    yield rest(world, f"exit code {code}", "exit code 1", temporary=True)
    world.start()
    process = world.begin(MODEL, *CLUSTER, on=world.two)
    world.half(process)
    world.one.off()
    code, _ = ended(process)
    world.one.on()
    yield f"switched off: {rest(world, f'exit code {code}', 'exit code 1', temporary=True)}"


def submitted(world: World) -> Iterator[str]:
    """The command of docs/jobs/ray-job.yaml by `ray job submit` from outside; GPUs are there in name."""
    if not (find_spec("aiohttp_cors") and find_spec("yaml")):
        yield "not tried, for want of ray[default] and PyYAML"
        return
    world.start(2, ("--num-cpus", 0, "--dashboard-host", "0.0.0.0"), ("--num-gpus", 1))
    world.listening(world.one, 8265)
    alone, _ = world.run(MODEL, *PLACES)
    yield ended_as(job(world, "whole", command_of_job()), "succeeded")
    yield compared(world.made(0), alone)
    broken = world.shared / "photos" / "0007 broken.png"
    broken.write_bytes(b"no picture")
    alone, _ = world.run(MODEL, *PLACES)
    yield "an image that fails: " + ended_as(job(world, "fails", command_of_job()), "succeeded")
    yield compared(world.made(1), alone)
    broken.unlink()
    yield "a wrong option: " + ended_as(job(world, "wrong", command_of_job("--layer nothing")), "failed")

    def stopping(process: Popen[str]) -> None:
        world.half(process)
        stop(world, "stopped")

    world.made(0)
    end = job(world, "stopped", command_of_job(), during=stopping)
    yield f"a job {rest(world, end, 'was stopped')}"


def begun_with(world: World, name: str, code: str) -> dict[str, str]:
    """Variables by which Python begins with some code."""
    folder = world.shared / name
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": f"/mnt/{name}"}


def ended_as(state: str, expected: str) -> str:
    return judged(state == expected, state)


CASES = (
    *(shared, travels, unshared, store, client, killed, back, cut_off, ahead, versions),
    *(interrupted, headless, submitted),
)


def tried(world: World, case: Callable[[World], Iterator[str]]) -> Iterator[str]:
    """What a case finds, also that it cannot go on."""
    try:
        yield from case(world)
    except (RuntimeError, TimeoutError, TimeoutExpired, CalledProcessError) as error:
        yield judged(False, f"{type(error).__name__} {error}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=[case.__name__ for case in CASES])
    asked = parser.parse_args()
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder) / "photos", asked.images)
        with switched_on(Path(folder)) as machines:
            world = World(machines)
            for case in CASES:
                if asked.only is None or case.__name__ in asked.only:
                    print(f"\n{case.__name__}: {case.__doc__}")
                    for line in tried(world, case):
                        print(f"    {line}", flush=True)
                        lines.append(line)
    wrong = sum(WRONG in line for line in lines)
    print(f"\n{len(lines)} lines, {wrong} of them wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
