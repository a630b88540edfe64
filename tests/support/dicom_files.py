"""DICOM files made by pydicom, tiny ones: of any pixels, transfer syntax and elements."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def dataset(pixels: np.ndarray | None, syntax: str = ExplicitVRLittleEndian, **elements: Any) -> Dataset:
    """A dataset of pixels (H, W), (frames, H, W) or, with three samples, (…, H, W, 3), and more elements."""
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = pydicom.uid.UID(syntax)
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID = SECONDARY_CAPTURE
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID = "1.2.3"
    if pixels is not None:
        describe(found, pixels, elements.get("SamplesPerPixel", 1))
    for name, value in elements.items():
        setattr(found, name, value)
    if pixels is not None:
        put_pixels(found, pixels)
    return found


def describe(found: Dataset, pixels: np.ndarray, samples: int) -> None:
    """The elements that any pixels need."""
    size = pixels.shape[:-1] if samples == 3 else pixels.shape
    found.Rows, found.Columns = size[-2:]
    if len(size) == 3:
        found.NumberOfFrames = size[0]
    found.SamplesPerPixel = samples
    found.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        found.PlanarConfiguration = 0
    found.BitsAllocated = found.BitsStored = 8 * pixels.dtype.itemsize
    found.HighBit = found.BitsStored - 1
    found.PixelRepresentation = int(pixels.dtype.kind == "i")


def put_pixels(found: Dataset, pixels: np.ndarray) -> None:
    """The pixels, in the file's own transfer syntax."""
    found.HighBit = found.BitsStored - 1
    syntax = found.file_meta.TransferSyntaxUID
    if syntax == JPEGBaseline8Bit:
        found.PixelData = encapsulate([jpeg_of(pixels)])
        found["PixelData"].VR = "OB"
        return
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    data = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(order))).tobytes()
    if syntax == RLELossless:
        found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.PixelData = data + b"\0" * (len(data) % 2)
    found["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    if syntax == RLELossless:
        found.compress(RLELossless, generate_instance_uid=False)


def jpeg_of(pixels: np.ndarray) -> bytes:
    """A JPEG of a grey or RGB picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


def write(path: Path, found: Dataset) -> Path:
    """The file of a dataset."""
    found.save_as(path, enforce_file_format=True)
    return path


def dicom_file(
    path: Path, pixels: np.ndarray | None, syntax: str = ExplicitVRLittleEndian, **elements: Any
) -> Path:
    """A file of these pixels and elements."""
    return write(path, dataset(pixels, syntax, **elements))


def table(entries: list[int], first: int, bits: int, signed: bool = False) -> Dataset:
    """The item of a sequence of look-up tables."""
    found = Dataset()
    found.add_new(0x00283002, "SS" if signed else "US", [len(entries) % 65536, first, bits])
    found.add_new(0x00283006, "OW", np.array(entries, "<u2").tobytes())
    return found
