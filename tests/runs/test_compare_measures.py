"""What a run measures."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import InputError
from xai_cam.images.boxes.source import read_boxes
from xai_cam.images.finding import ImageFile
from xai_cam.metrics.measures import USUAL
from xai_cam.runs.compare_measures import Measures

IMAGE = ImageFile(Path("b.png"), Path())


def test_measures_by_their_names() -> None:
    assert Measures().asked.names == USUAL and Measures(steps=5).asked.steps == 5
    assert Measures(names=("entropy",)).asked.names == ("entropy",)
    with pytest.raises(InputError, match="Unknown measure"):
        _ = Measures(names=("depth",)).asked


@pytest.mark.parametrize(
    ("names", "is_costly", "images"),
    [
        (("drop",), False, None),
        (("drop",), True, 4),
        (("drop", "max_sensitivity"), False, 4),
        (("adcc",), False, 4),
        (("cost",), True, 1),
    ],
)
def test_where_each_image_takes_long_few_go_together(
    names: tuple[str, ...], is_costly: bool, images: int | None
) -> None:
    assert Measures(names=names).batch_size(is_costly) == images


def test_what_says_where_objects_are(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("image,x0,y0,x1,y1\na,1,2,3,4\n", encoding="utf-8")
    boxes = read_boxes(tmp_path / "b.csv", [])
    assert Measures(boxes=boxes).located and Measures(masks=tmp_path).located and not Measures().located
    assert set(Measures(boxes=boxes).asked.names) == {*USUAL, "iou", "max_box_acc"}
    assert not Measures(masks=tmp_path, names=("drop",)).located, "nobody asks"
    assert Measures().notices([IMAGE]) == []
    with pytest.raises(InputError, match="but those of 'a' and others"):
        Measures(boxes=boxes).notices([IMAGE])


def test_whether_the_object_has_to_be_known() -> None:
    assert Measures().of_truth and Measures(names=("pointing_game",)).of_truth
    assert not Measures(names=("drop", "entropy")).of_truth
