"""NIfTI volumes are told from other files by their first bytes, whatever they are called."""

from __future__ import annotations

import gzip

from xai_cam.images.kinds import NIFTI, PICTURE, kind_of_head, kind_of_name, stem_of
from xai_cam.images.nifti_head import is_nifti

ONE = (348).to_bytes(4, "little") + bytes(340) + b"n+1\0"
TWO = (540).to_bytes(4, "big") + b"n+2\0\r\n\x1a\n" + bytes(528)


def test_both_versions_and_both_orders_of_bytes():
    assert is_nifti(ONE) and is_nifti(TWO) and is_nifti((348).to_bytes(4, "big") + ONE[4:])
    assert is_nifti(ONE[:344] + b"ni1\0"), "a header alone"
    assert is_nifti(gzip.compress(ONE + bytes(5000))[:512])


def test_other_files():
    assert not is_nifti(b"") and not is_nifti(ONE[:344] + b"abcd") and not is_nifti(b"\x89PNG\r\n\x1a\n")
    assert not is_nifti(gzip.compress(b"text" * 200)) and not is_nifti(b"\x1f\x8b" + bytes(100))


def test_the_kind_of_files():
    assert kind_of_name("Brain.NII.GZ") is NIFTI and kind_of_name("a.nii") is NIFTI
    assert kind_of_head(ONE, "a.png") is NIFTI and kind_of_head(b"GIF89a", "a.nii") is PICTURE
    assert kind_of_name("a.gz") is None


def test_names_without_their_suffixes():
    assert stem_of("a.b.nii.gz") == "a.b" and stem_of("A.NII") == "A" and stem_of("a.b.png") == "a.b"
    assert stem_of("a.gz") == "a" and stem_of(".nii") == ".nii"
