"""Small files of other kinds than Keras models, each as the program writes it that makes such a thing."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

Message = list[tuple[int, "int | bytes | str | Message"]]
"""A protocol buffer: fields in their order, of numbers, texts and messages."""


def varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def encode(message: Message) -> bytes:
    """https://protobuf.dev/programming-guides/encoding/"""
    out = b""
    for number, value in message:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        data = (
            encode(value) if isinstance(value, list) else value.encode() if isinstance(value, str) else value
        )
        out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


NODE: Message = [(1, "x"), (2, "Placeholder"), (5, [(1, "dtype"), (2, [(6, 1)])])]
GRAPH: Message = [(1, NODE), (1, [(1, "y"), (2, "Relu"), (3, "x")]), (4, [(1, 1087)])]
ONNX_GRAPH: Message = [(1, [(1, "x"), (2, "y"), (4, "Relu")]), (2, "g"), (11, [(1, "x")]), (12, [(1, "y")])]
MESSAGES: Mapping[str, Message] = {
    "ONNX": [(1, 8), (2, "tf2onnx"), (3, "1.9"), (7, ONNX_GRAPH), (8, [(1, ""), (2, 13)])],
    "ONNX without a name": [(1, 3), (7, ONNX_GRAPH), (8, [(2, 7)])],
    "frozen": GRAPH,
    "frozen, versions first": [GRAPH[-1], *GRAPH[:-1]],
    "frozen, a large constant": [(1, [*NODE, (5, [(1, "value"), (2, b"\0" * 200_000)])]), *GRAPH],
    "meta": [(1, [(4, "serve"), (5, "2.13.1")]), (2, GRAPH), (3, [(1, "save/Const:0")])],
    "SavedModel": [(1, 1), (2, [(1, [(4, "serve")]), (2, GRAPH), (7, b"")])],
    "metadata": [(1, [(2, 0), (3, "root"), (4, "_tf_keras_sequential"), (5, "{}")])],
    "Core ML": [(1, 4), (2, [(1, [(1, "image")])]), (500, [(1, [(1, "conv")])])],
    "Caffe": [(1, "net"), (100, [(1, "data"), (2, "Input"), (4, "data")])],
    "Caffe of old": [(1, "net"), (2, [(2, "data"), (4, "conv1"), (5, 4), (6, b"\0\0")])],
}
"""Fields as the .proto files of ONNX, TensorFlow, Core ML and Caffe number them."""


def picture(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 4)).save(data, kind)
    return data.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(name: str, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        archive.addfile(tarfile.TarInfo(name))
    return data.getvalue()


def safetensors(length: int = 96) -> bytes:
    """A header of so many bytes, filled up with blanks as the format allows."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, separators=(",", ":"))
    return struct.pack("<Q", length) + header.ljust(length).encode() + b"\0\0\x80?"


def darknet() -> bytes:
    numbers = np.random.default_rng(0).normal(size=100).astype("<f4")
    return struct.pack("<3iq", 0, 2, 0, 32_013_312) + numbers.tobytes()


TORCH_ZIP = {"archive/data.pkl": pickle.dumps({}), "archive/version": b"3", "archive/data/0": b"\0" * 64}
TORCH_OLD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00."
"""How `torch.save(..., _use_new_zipfile_serialization=False)` begins: two pickles of numbers."""

BYTES: Mapping[str, tuple[bytes, str]] = {
    "tflite": (b"\x1c\0\0\0TFL3" + b"\0" * 200, "TensorFlow Lite model"),
    "tflite with labels": (b"\x1c\0\0\0TFL3" + b"\0" * 99 + zipped({"labels.txt": b"a"}), "TensorFlow Lite"),
    "npy": (b"\x93NUMPY\1\0v\0{'descr': '<f4'}", "array of NumPy"),
    "npz": (zipped({"arr_0.npy": b"\x93NUMPY"}), "arrays of NumPy"),
    "mat": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(128), "MATLAB file"),
    "rds": (gzip.compress(b"X\n\0\0\0\3\0\4\1\0"), "file of R"),
    "RData": (gzip.compress(b"RDX3\nX\n"), "file of R"),
    **{kind: (picture(kind), f"a picture ({kind})") for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF")},
    "pdf": (b"%PDF-1.5\n\xff\xff", "is a PDF"),
    "elf": (b"\x7fELF\2\1\1", "is a program"),
    "apple double": (b"\0\5\x16\7\0\2\0\0Mac OS X        ", "what macOS keeps beside a file"),
    "7z": (b"7z\xbc\xaf'\x1c\0\4abc", "is a 7z archive"),
    "rar": (b"Rar!\x1a\x07\1\0abc", "is a RAR archive"),
    "tar": (tarred("m/model.h5"), "tar archive, whose first entry is 'm/model.h5'"),
    "tar, long name": (tarred("a" * 120 + ".h5"), "tar archive, whose first entry is 'aaa"),
    "tar.gz": (
        tarred("model.h5", "w:gz"),
        "gzip (.tar.gz) and is a tar archive, whose first entry is 'model.h5'",
    ),
    "tar.xz": (tarred("model.h5", "w:xz"), "is an xz archive"),
    "tar.bz2": (tarred("model.h5", "w:bz2"), "is a bzip2 archive"),
    "gz of HDF5": (gzip.compress(b"\x89HDF\r\n\x1a\n" + b"\0" * 99), "gzip archive of an HDF5 file"),
    "torch of tar": (tarred("sys_info", form=tarfile.USTAR_FORMAT), "PyTorch file"),
    "torch": (zipped(TORCH_ZIP), "PyTorch file (.pt"),
    "TorchScript": (zipped({**TORCH_ZIP, "archive/code/__torch__.py": b""}), "PyTorch file (TorchScript)"),
    "torch of old": (TORCH_OLD, "PyTorch file"),
    "safetensors": (safetensors(), "safetensors"),
    "safetensors like JSON": (safetensors(ord("{")), "safetensors"),
    "safetensors like a list": (safetensors(ord("[")), "safetensors"),
    "darknet": (darknet(), "weights of Darknet"),
    "events": (
        b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\x09\0\0\xc0\x1a\0\0\0A\x1a\x0dbrain.Event:2",
        "log of a training",
    ),
    "index": (b"\0\0\1\2" * 20 + bytes.fromhex("57fb808b247547db"), "index of a TensorFlow checkpoint"),
    "UTF-16": ('{"class_name": "Sequential"}'.encode("utf-16"), "text in UTF-16"),
    "as text, ends of lines": (b"\x89HDF\n\x1a\n" + b"\0" * 99, "copied as if it were text"),
    "as text, replaced": (b"\xef\xbf\xbdHDF\r\n\x1a\n" + b"\0" * 99, "copied as if it were text"),
    "zeros": (b"\0" * 70_000, "consists of 70,000 zeros"),
    "empty": (b"", "is empty"),
    "joblib": (zlib.compress(pickle.dumps({"a": 1})), "pickle of joblib"),
    "pickled class": (pickle.dumps(Path("a")), "is a pickle (.pkl)"),
    **{f"pickle {p}": (pickle.dumps({"a": [1, "b"]}, p), "is a pickle (.pkl)") for p in range(6)},
    **{f"pickled list {p}": (pickle.dumps([1, "b"], p), "is a pickle (.pkl)") for p in range(6)},
    **{
        name: (encode(message), word)
        for (name, message), word in zip(
            MESSAGES.items(),
            (
                *("ONNX model (.onnx), written by 'tf2onnx'", "ONNX model", "frozen graph", "frozen graph"),
                *(
                    "frozen graph",
                    "MetaGraphDef",
                    "SavedModel without its folder",
                    "metadata of a SavedModel",
                ),
                *("Core ML model", "Caffe model", "Caffe model"),
            ),
            strict=True,
        )
    },
}
"""Name -> the bytes, and words that the message must hold."""

TEXTS: Mapping[str, tuple[str, str]] = {
    "LFS": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 98765432\n",
        "Git LFS pointer",
    ),
    "annex": ("/annex/objects/SHA256E-s123--abc.h5\n", "git-annex"),
    "DVC": ("outs:\n- md5: abc\n  size: 3\n  path: model.h5\n", "DVC"),
    "page": (
        "\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>",
        "'Sign in', was saved instead",
    ),
    "old page": ("<!-- saved from url -->\n<HTML><BODY>x</BODY></HTML>", "HTML page"),
    "page of a drive": ("<?xml version='1.0'?><html><title>Quota exceeded</title>", "'Quota exceeded'"),
    "answer": ('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "AccessDenied"),
    "OpenVINO": ('<?xml version="1.0"?>\n<net name="m" version="11">\n<layers>', "OpenVINO model"),
    "XML": ("<kml><a/></kml>", "XML, of an element 'kml'"),
    "Darknet": ("# YOLO\n[net]\nbatch=1\n\n[convolutional]\nfilters=3\n", "network of Darknet"),
    "Darknet at once": ("[net]\nbatch=1\n\n[convolutional]\nfilters=3\n", "network of Darknet"),
    "Caffe": ('name: "C"\nlayer {\n  name: "data"\n  type: "Input"\n}\n', "Caffe network"),
    "Caffe of old": (
        '# c\nname: "C"\ninput: "data"\nlayers {\n  name: "c"\n type: CONVOLUTION }',
        "Caffe network",
    ),
    "checkpoint": ('model_checkpoint_path: "cp.ckpt"\n', "TensorFlow checkpoint is the newest"),
    "pbtxt": ('node {\n  name: "x"\n  op: "Placeholder"\n}\n', "graph of TensorFlow as text"),
    "label map": ("item {\n  id: 1\n  name: 'cat'\n}\n", "list of labels"),
    "C": ("#include <x.h>\nalignas(8) const unsigned char model[] = {0x1c, 0x00};", "array in C"),
    "Python": ("#!/usr/bin/env python\nimport keras\n\nmodel = 1\n", "source of a program in Python"),
    "link": ("../models/model.h5", "the path '../models/model.h5'"),
    "url": ("[InternetShortcut]\nURL=http://x\n", "link to a web page"),
    "Base64": ("iUhERg0KGgoAAAAAAAgIAAQAEAAAAAAAAAAA", "Base64"),
    "upload": (
        "------WebKitFormBoundaryX\nContent-Disposition: form-data\n\n",
        "upload as a browser sends it",
    ),
    "answer in words": ("404: Not Found", "plain text, neither JSON, nor HDF5, nor a .keras archive"),
    "settings": ("[tool.black]\nline = 1\n", "plain text"),
}

DOCUMENTS: Mapping[str, tuple[object, str]] = {
    "notebook": ({"cells": [{"source": '"class_name"'}], "metadata": {}, "nbformat": 4}, "Jupyter notebook"),
    "graph model": (
        {"format": "graph-model", "modelTopology": {"node": [], "versions": {}}, "weightsManifest": []},
        "TensorFlow.js graph model",
    ),
    "old graph model": ({"modelTopology": {"node": []}, "weightsManifest": []}, "TensorFlow.js graph model"),
    "manifest": ([{"paths": ["a.bin"], "weights": []}], "list of a TensorFlow.js model's weights"),
    "Teachable Machine": (
        {"tmVersion": "2.4", "labels": ["a"], "imageSize": 224},
        "metadata of a Teachable Machine",
    ),
    "metadata": ({"keras_version": "3.0", "date_saved": "x"}, "metadata of an unpacked .keras model"),
    "list of labels": (["cat", "dog"], "list of labels"),
    "labels by number": ({"0": "cat", "1": "dog"}, "list of labels"),
    "numbers by label": ({"cat": 0, "dog": 1}, "list of labels"),
    "ImageNet": ({"0": ["n01440764", "tench"]}, "list of labels"),
    "Hugging Face": (
        {"architectures": ["ViT"], "model_type": "vit"},
        "configuration of a Hugging Face model",
    ),
    "tokenizer": ({"version": "1.0", "added_tokens": [], "model": {}}, "tokenizer"),
    "Keras' tokenizer": ({"class_name": "Tokenizer", "config": {"word_index": "{}"}}, "tokenizer"),
    "shards": ({"metadata": {}, "weight_map": {"a": "model-1.safetensors"}}, "Hugging Face model's shards"),
    "COCO": ({"images": [], "annotations": [], "categories": []}, "COCO"),
    "MXNet": ({"nodes": [], "arg_nodes": [], "heads": []}, "MXNet"),
    "GitHub": ({"message": "Not Found", "documentation_url": "x"}, "what GitHub answered"),
    "history": ({"loss": [1.0], "accuracy": [0.5], "val_loss": [1.0]}, "history of a training"),
    "get_config": (
        {"name": "sequential_1", "layers": [{"class_name": "Dense", "config": {}}]},
        "what `model.get_config()` returns",
    ),
    "anything": ({"a": 1, "b`": 2}, "not describe a Keras model (its keys are a, b')"),
    "nothing": ({}, "not describe a Keras model (an empty object)"),
    "numbers": ([1, 2], "not describe a Keras model (a list of 2)"),
}


def hdf5(**content: object) -> bytes:
    """An HDF5 file of arrays `name=`, and of attributes `name__at__attribute=` and `__at__attribute=`."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for name, value in content.items():
            where, _, attribute = name.partition("__at__")
            if attribute:
                (file[where] if where else file).attrs[attribute] = value
            else:
                file[where] = value
    return data.getvalue()
