"""What the package does as a library leaves the process that it runs in as it was, also while it works."""

from __future__ import annotations

from support import ROOT
from support.commands import fresh

SCRIPT = """
import json, logging, os, signal, sys, threading, warnings
try:
    import resource
except ImportError:  # Windows has no limits
    resource = None

sys.argv += ["--verbose"]  # a host's own word, which is none for OpenVINO
signal.signal(signal.SIGINT, lambda number, frame: None)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger().setLevel(logging.ERROR)

# What these do when they are imported is none of our doing.
import cv2, h5py, keras, numpy as np, tensorflow
engines = sys.argv[1].split(",")
if "openvino" in engines:
    import openvino, openvino.frontend.tensorflow.utils
from xai_cam import compare, explain, load_model


def state():
    root = logging.getLogger()
    return {
        "argv": list(sys.argv),
        "signals": {int(number): repr(signal.getsignal(number)) for number in signal.valid_signals()},
        "missing": sorted(name for name, module in list(sys.modules.items()) if module is None),
        "root": [root.level, root.disabled, *map(repr, root.handlers), *map(repr, root.filters)],
        "disabled": logging.root.manager.disable,
        "limits": [
            resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")
        ],
        "environment": dict(os.environ),
        "path": list(sys.path),
        "folder": os.getcwd(),
        "hooks": [repr(sys.excepthook), repr(threading.excepthook), repr(sys.unraisablehook)],
    }


def watch():
    while not done.is_set():
        samples[0] += 1
        now = state()
        changed.update(key for key in now if now[key] != before[key])
        done.wait(0.0005)


before, filters, threads = state(), list(warnings.filters), threading.active_count()
changed, samples, done = set(), [0], threading.Event()
watcher = threading.Thread(target=watch, daemon=True)  # it ends with the script, also on an error
watcher.start()
for path in sys.argv[2:4]:
    model = load_model(path)
images = np.random.default_rng(0).random((2, *model.input_shape[1:]), np.float32)
names = [explain(model, images, method="score-cam", engine=e, cache=False)[0].engine for e in engines]
compare(model, images, method=["grad-cam", "score-cam"])
done.set()
watcher.join()
after = state()
left = [key for key in after if after[key] != before[key]]
left += ["warnings"] * (warnings.filters != filters) + ["threads"] * (threading.active_count() > threads)
print(json.dumps({"during": sorted(changed), "after": left, "engines": names, "enough": samples[0] > 100}))
"""


def test_a_library_call_leaves_the_process_alone() -> None:
    """Arguments, signals, modules, root logger, limits, environment: sampled by a second thread."""
    engines = ["tensorflow"]
    try:
        import openvino  # noqa: F401
    except ImportError:
        pass
    else:
        engines.append("openvino")
    samples = ROOT / "sample_models"
    models = samples / "dogcat" / "keras2" / "model.json", samples / "digits" / "model.json"
    done = fresh("-c", SCRIPT, ",".join(engines), *models, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    expected = f'{{"during": [], "after": [], "engines": {engines}, "enough": true}}\n'
    assert done.stdout == expected.replace("'", '"')
