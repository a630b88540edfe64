"""What was said while a model was opened is collected, held back and said again."""

from __future__ import annotations

import logging
import threading

import pytest

from xai_cam.models.known.messages import Message, collected, is_listening, say_again, unless_said

OURS, OTHERS = logging.getLogger("xai_cam.models.somewhere"), logging.getLogger("elsewhere")


def test_warnings_of_the_package_are_collected(caplog: pytest.LogCaptureFixture) -> None:
    with collected() as found:
        OURS.warning("This is %d.", 1)
        OURS.info("Nobody asked.")
        OTHERS.warning("Of another.")
    OURS.warning("Later.")
    assert found == [Message("xai_cam.models.somewhere", logging.WARNING, "This is 1.")]
    assert "This is 1." in caplog.messages  # it went its usual way, too


def test_those_of_other_threads_are_not() -> None:
    with collected() as found:
        thread = threading.Thread(target=OURS.warning, args=["Beside."])
        thread.start()
        thread.join()
    assert found == []


def test_what_was_said_is_said_again_word_by_word(caplog: pytest.LogCaptureFixture) -> None:
    said = Message("xai_cam.models.somewhere", logging.ERROR, "100 %d of it")
    say_again([said])
    (record,) = caplog.records
    assert (record.name, record.levelno, record.getMessage()) == ("xai_cam.models.somewhere", 40, said.text)


def test_what_was_said_is_held_back(caplog: pytest.LogCaptureFixture) -> None:
    with unless_said([Message("xai_cam", logging.WARNING, "Known.")]):
        OURS.warning("Known.")
        OURS.warning("New.")
        OTHERS.warning("Known.")
    OURS.warning("Known.")
    assert [one.getMessage() for one in caplog.records] == ["New.", "Known.", "Known."]
    assert [one.name for one in caplog.records] == [OURS.name, OTHERS.name, OURS.name]


def test_whether_anybody_listens(caplog: pytest.LogCaptureFixture) -> None:
    assert is_listening()
    with caplog.at_level(logging.ERROR, "xai_cam"):
        assert not is_listening()


def test_those_of_all_threads_where_that_is_asked_for() -> None:
    def warn() -> None:
        logging.getLogger("xai_cam.somewhere").warning("elsewhere")

    for of_all in (False, True):
        with collected(of_all) as found:
            thread = threading.Thread(target=warn)
            thread.start()
            thread.join()
        assert [one.text for one in found] == ["elsewhere"] * of_all
