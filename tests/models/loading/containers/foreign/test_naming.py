"""Files of other kinds with anything changed anywhere end in a sentence, and so do two kinds in one file."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from support.foreign_files import BYTES, DOCUMENTS, TEXTS, zipped
from support.systems import pipe
from xai_cam.errors import ModelError
from xai_cam.models.loading.sniff import Kind, sniff

SAMPLES = [
    *(content for content, _ in BYTES.values()),
    *(content.encode() for content, _ in TEXTS.values()),
    *(json.dumps(content).encode() for content, _ in DOCUMENTS.values()),
]


def changed(data: bytes, dice: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(broken) + 1)
        what = dice.randrange(4)
        if what == 0:
            broken[at : at + dice.randint(1, 8)] = dice.randbytes(dice.randint(0, 8))
        elif what == 1:
            del broken[at:]
        elif what == 2:
            broken[at:at] = dice.choice(SAMPLES)[: dice.randint(1, 300)]
        elif broken:
            broken[at % len(broken)] ^= 1 << dice.randrange(8)
    return bytes(broken)


def test_changed_files_end_in_a_sentence(tmp_path: Path):
    dice, path, begun = random.Random(0), tmp_path / "file", time.process_time()
    for number in range(1500):
        path.write_bytes(changed(SAMPLES[number % len(SAMPLES)][:5_000], dice))
        try:
            assert isinstance(sniff(path), Kind)
        except ModelError as error:
            said = error.message.removeprefix(str(path))
            assert len(said) > 20 and said.endswith(".") and "\n" not in said and len(said) < 700
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("name", ["tflite", "pickle 4", "PNG", "safetensors"])
def test_a_model_behind_another_kind_is_not_looked_for(name: str, tmp_path: Path):
    path = tmp_path / "m.keras"
    content, words = BYTES[name]
    path.write_bytes(content + zipped({"config.json": b"{}", "model.weights.h5": b""}))
    with pytest.raises(ModelError) as caught:
        sniff(path)
    assert words in caught.value.message


def test_special_files_are_not_opened(tmp_path: Path):
    pipe(tmp_path / "m.h5")
    with pytest.raises(ModelError, match="a pipe or a device"):
        sniff(tmp_path / "m.h5")


def test_bytes_that_nobody_knows(tmp_path: Path):
    path = tmp_path / "m.h5.part"
    path.write_bytes(random.Random(1).randbytes(3_000))
    with pytest.raises(ModelError, match=r"neither JSON, nor HDF5, nor a .keras archive, .* ends in \.part"):
        sniff(path)
