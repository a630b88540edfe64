"""Kinds of files that are told by the bytes that they begin with."""

from __future__ import annotations

import math
import re
import struct
import zlib

from xai_cam.models.loading.containers.foreign.looks import (
    AGAIN,
    IN_PYTORCH,
    ORIGINAL,
    REBUILD,
    UNPACK,
    Foreign,
    Look,
    quote,
)

IN_R = "In R, write it with `save_model_hdf5(model, 'model.h5')` or `save_model(model, 'model.keras')`."
IN_MATLAB = (
    "In MATLAB, write the network with `exportNetworkToTensorFlow`, and save what that makes in Python with "
    "`model.save`."
)
INSTEAD = "Give the file of a model in its place."


def _picture(kind: str) -> Foreign:
    return Foreign(
        f"is a picture ({kind}), not a model", "Give the file of a model here, and pictures as images."
    )


def _packed(kind: str) -> Foreign:
    return Foreign(f"is {kind} archive", UNPACK)


def _lite(kind: str) -> Foreign:
    return Foreign(
        f"is {kind}, made to be run and no more: it has no layers that could be explained", ORIGINAL
    )


NUMPY = Foreign(
    "is an array of NumPy (.npy), not a model",
    "Build the model in Keras, give it its weights with `model.set_weights`, and write it with `model.save`.",
)
MATLAB = Foreign("is a MATLAB file (.mat), not a Keras model", IN_MATLAB)
RDS = Foreign("is a file of R (.rds, .RData), not a Keras model", IN_R)
CHECKPOINT = Foreign(
    "is the index of a TensorFlow checkpoint, which holds weights without an architecture",
    "Give the architecture JSON with `model` and the checkpoint with `weights`.",
)
AS_TEXT = Foreign(
    "was an HDF5 file, and is damaged: it was copied as if it were text, which changed its bytes",
    "Copy or download it again as binary.",
)
PYTORCH_TAR = Foreign("is a PyTorch file (of PyTorch before 0.1.10)", IN_PYTORCH)

STARTS: tuple[tuple[int, bytes, Foreign], ...] = (
    (4, b"TFL3", _lite("a TensorFlow Lite model (.tflite)")),
    (4, b"ORTM", _lite("a model of ONNX Runtime (.ort)")),
    (4, b"ET12", _lite("a PyTorch ExecuTorch program (.pte)")),
    (0, b"GGUF", Foreign("is a language model (.gguf)", REBUILD)),
    (0, b"ptrt", _lite("a TensorRT engine")),
    (0, b"ftrt", _lite("a TensorRT engine")),
    (0, b"\x93NUMPY", NUMPY),
    (0, b"MATLAB 5.0 MAT-file", MATLAB),
    (0, b"MATLAB 7.3 MAT-file", MATLAB),
    (0, b"RDX2\n", RDS),
    (0, b"RDX3\n", RDS),
    (0, b"X\n\0\0\0\2", RDS),
    (0, b"X\n\0\0\0\3", RDS),
    (0, b"\x89PNG", _picture("PNG")),
    (0, b"\xff\xd8\xff", _picture("JPEG")),
    (0, b"GIF8", _picture("GIF")),
    (0, b"II*\0", _picture("TIFF")),
    (0, b"MM\0*", _picture("TIFF")),
    (8, b"WEBP", _picture("WebP")),
    (4, b"ftypheic", _picture("HEIC")),
    (4, b"ftypavif", _picture("AVIF")),
    (128, b"DICM", _picture("DICOM")),
    (4, b"ftyp", Foreign("is a video, not a model", INSTEAD)),
    (0, b"%PDF-", Foreign("is a PDF, not a model", INSTEAD)),
    (0, b"PAR1", Foreign("is a Parquet table, not a model", INSTEAD)),
    (0, b"ARROW1", Foreign("is an Arrow table, not a model", INSTEAD)),
    (0, b"CDF\1", Foreign("is a netCDF data set, not a model", INSTEAD)),
    (0, b"CDF\2", Foreign("is a netCDF data set, not a model", INSTEAD)),
    (0, b"SQLite format 3", Foreign("is an SQLite database, not a model", INSTEAD)),
    (0, b"\x7fELF", Foreign("is a program, not a model", INSTEAD)),
    (0, b"bplist00", Foreign("is a property list of macOS, as iCloud leaves in place of a file", AGAIN)),
    (
        *(0, b"\0\5\x16\7"),
        Foreign(
            "is what macOS keeps beside a file (AppleDouble), not the file",
            "Give the file of the same name without the dot and underscore in front.",
        ),
    ),
    (0, b"L\0\0\0\1\x14\2\0", Foreign("is a shortcut of Windows", "Give the file that it leads to.")),
    (0, b"7z\xbc\xaf'\x1c", _packed("a 7z")),
    (0, b"Rar!\x1a\x07", _packed("a RAR")),
    (0, b"BZh", _packed("a bzip2")),
    (0, b"\xfd7zXZ\0", _packed("an xz")),
    (0, b"\x28\xb5\x2f\xfd", _packed("a zstd")),
    (0, b"\x04\x22\x4d\x18", _packed("an lz4")),
    (0, b"\x89HDF\n\x1a\n", AS_TEXT),
    (0, b"\x89HDF\r\r\n\x1a", AS_TEXT),
    (0, b"\x89HDF\n\n\x1a", AS_TEXT),
    (0, b"\xef\xbf\xbdHDF", AS_TEXT),
    (0, b"\xc2\x89HDF", AS_TEXT),
    (
        *(0, b"\xff\xfe{\0"),
        Foreign(
            "is text in UTF-16, as PowerShell's `>` writes it", "Save it as UTF-8: JSON is nothing else."
        ),
    ),
    (0, b"\xfe\xff\0{", Foreign("is text in UTF-16", "Save it as UTF-8: JSON is nothing else.")),
    (
        *(0, b"\x12\1\0\0\0\0\0\0"),
        Foreign("holds the weights of an MXNet model (.params)", REBUILD),
    ),
)
"""Where the bytes stand, which they are, and what begins so."""

TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last bytes of LevelDB's tables, as which TensorFlow writes the index of a checkpoint."""

EXTRAS, OCTAL = (b"x", b"g", b"L", b"K"), re.compile(rb"[0-7 \0]{12}")
"""Kinds of entries in a tar archive that tell of the next one, and how the size of one is written."""

PEEK = 2**12
"""Bytes that are unpacked to see what was packed."""


def by_magic(look: Look) -> Foreign | None:
    """What a file is by fixed bytes at its beginning or end."""
    for at, magic, found in STARTS:
        if look.head.startswith(magic, at):
            return found
    if look.head.startswith(b"BM") and look.size == int.from_bytes(look.head[2:6], "little"):
        return _picture("BMP")
    if look.tail.endswith(TABLE_END):
        return CHECKPOINT
    if b"brain.Event:" in look.head[:64]:
        return Foreign(
            "is a log of a training, for TensorBoard, not a model",
            "Give the model that the training saved.",
        )
    return _safetensors(look) or _tar(look.head) or _gzip(look) or _darknet(look)


def _safetensors(look: Look) -> Foreign | None:
    length = int.from_bytes(look.head[:8], "little")
    if look.head[8:10] not in (b'{"', b"{}") or not 2 <= length < 10**8 or length + 8 > look.size:
        return None
    return Foreign(
        "holds weights in the safetensors format, as PyTorch and Hugging Face write them", IN_PYTORCH
    )


def _tar(head: bytes) -> Foreign | None:
    if head[257:262] != b"ustar":
        return None
    while head[156:157] in EXTRAS and len(head) > 1024:
        size = int(head[124:136].strip(b" \0") or b"0", 8) if OCTAL.fullmatch(head[124:136]) else 0
        head = head[512 * (1 + -(-size // 512)) :]
    first = head[:100].partition(b"\0")[0].decode("utf-8", "replace")
    if first in ("sys_info", "pickle", "storages", "tensors", "./sys_info"):
        return PYTORCH_TAR
    return Foreign(f"is a tar archive, whose first entry is {quote(first)}", UNPACK)


def _gzip(look: Look) -> Foreign | None:
    """What is in a gzip file, as far as its first bytes tell."""
    if not look.head.startswith(b"\x1f\x8b"):
        return None
    inner = _unpacked(look.head, 31)
    if inner.startswith((b"RDX", b"X\n\0\0\0")):
        return RDS
    if (tar := _tar(inner)) is not None:
        return Foreign(f"is packed with gzip (.tar.gz) and {tar.what}", tar.way)
    what = {b"\x89HDF": " of an HDF5 file", b"PK\3\4": " of a zip archive"}.get(inner[:4], "")
    return Foreign(f"is a gzip archive{what}", UNPACK)


def _unpacked(data: bytes, window: int) -> bytes:
    """The beginning of what was packed, or nothing."""
    try:
        return zlib.decompressobj(window).decompress(data, PEEK)
    except zlib.error:
        return b""


def unpacked(data: bytes) -> bytes:
    """The beginning of what zlib packed, or nothing."""
    return _unpacked(data, 15)


def _darknet(look: Look) -> Foreign | None:
    """Weights of Darknet: a version of three numbers, how many images were seen, and float32 without end."""
    if len(look.head) < 84 or look.size % 4:
        return None
    major, minor, revision = struct.unpack_from("<3i", look.head)
    numbers = struct.unpack_from("<16f", look.head, 20)
    if major != 0 or minor not in (1, 2) or not 0 <= revision <= 9:
        return None
    if not all(math.isfinite(x) and (x == 0 or 1e-12 < abs(x) < 1e6) for x in numbers) or not any(numbers):
        return None
    return Foreign("holds weights of Darknet (.weights), as YOLO comes with", REBUILD)


def of_zeros(look: Look) -> Foreign | None:
    """What a download leaves that reserved its room and did not fill it."""
    if any(look.head) or any(look.tail):
        return None
    return Foreign(f"consists of {look.size:,} zeros, as an unfinished download does{look.unfinished}", AGAIN)


def nothing(look: Look) -> Foreign | None:
    """An empty file."""
    return None if look.head.strip() else Foreign(f"is empty{look.unfinished}", AGAIN)
