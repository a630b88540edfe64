"""`xai-cam kernels show` before any work is done."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import fresh

WRONG = {
    "csv and json": (["--json", "--format", "csv"], "--json and --format csv both write"),
    "a folder for nothing": (["-o", "x"], "--output is for files."),
    "overwrite nothing": (["--overwrite"], "--overwrite is for files."),
    "colours without a picture": (["--combine", "rgb"], "Add --picture."),
    "an order without colours": (
        ["--picture", "--channel-order", "bgr"],
        "Use it with --picture --combine rgb",
    ),
    "csv of sums": (["--format", "csv", "--combine", "channels"], "Leave --combine out"),
    "filters": (["--filters", "1;2"], "is not a list of filters"),
    "format": (["--format", "png"], "'png' is not one of"),
    "combine": (["--combine", "mean"], "'mean' is not one of"),
}
"""Arguments, and a part of the message."""

SCRIPT = """
import json, sys
from click.testing import CliRunner
from xai_cam.cli import main

answers = {}
for name, arguments in json.load(sys.stdin).items():
    result = CliRunner().invoke(main, ["kernels", "show", *arguments])
    loaded = bool({"tensorflow", "keras"} & set(sys.modules))
    answers[name] = result.exit_code, result.output, loaded
print(json.dumps(answers))
"""


def test_help_and_wrong_usage_answer_without_tensorflow(tmp_path: Path) -> None:
    cases = {name: ["-m", str(tmp_path / "model.json"), *options] for name, (options, _) in WRONG.items()} | {
        "help": ["--help"]
    }
    done = fresh("-c", SCRIPT, input=json.dumps(cases))
    assert not done.returncode, done.stderr
    answers = json.loads(done.stdout)
    for name, (_, told) in WRONG.items():
        code, output, loaded = answers[name]
        assert (code, loaded) == (2, False) and told in output, (name, output)
    code, text, loaded = answers["help"]
    assert (code, loaded) == (0, False) and "(height, width, input channels, filters)" in " ".join(
        text.split()
    )
