"""Make the README's picture: what `xai-cam demo` draws, as a JPEG.

python docs/make_figure.py docs/demo.jpg
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image


def main(target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "xai_cam", "demo", "--output", folder, "--count", "1", "--seed", "1"]
        subprocess.run(command, check=True)
        Image.open(Path(folder, "figure.png")).convert("RGB").save(target, quality=88, subsampling=0)


if __name__ == "__main__":
    main(sys.argv[1])
