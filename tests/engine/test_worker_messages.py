"""engine.worker_messages: what is sent arrives."""

from __future__ import annotations

import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import pytest
from made_records import made_record

from engine.report import ModelNames
from engine.worker_messages import (
    MOST_CROPS,
    MOST_FACES,
    Answer,
    ModelInfo,
    NotLoaded,
    Outcome,
    Progress,
    receive,
    send,
)

ANSWERS = [
    NotLoaded("The age model is missing."),
    ModelInfo(ModelNames("detector", "age", "1"), {"detector": "CPUExecutionProvider"}),
    Progress(16, 40),
    Outcome(None),
    Outcome(made_record(path="\udcff.jpg")),
    Outcome(None, b"preview", b"", (b"one", b"two"), b"enlarged", b"\x00" * 1_000_000, stamp=(5, 2**62)),
    Outcome(
        None,
        crops=(b"crop",),
        face=made_record()["faces"][0],
        copy_problem="None.",
        year_taken=1974,
        map=[[0.5, -0.25]],
    ),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_what_is_sent_arrives(answer: Answer) -> None:
    ours, theirs = Pipe()
    sending = threading.Thread(target=send, args=(theirs, answer))
    sending.start()
    assert receive(ours) == answer
    sending.join()
    theirs.close()
    with pytest.raises(EOFError):
        receive(ours)


def test_text_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worker_messages.MOST_TEXT", 100)
    ours, theirs = Pipe()
    send(theirs, NotLoaded(" " * 100))
    with pytest.raises(OSError, match="length"):
        receive(ours)


def test_pictures_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worker_messages.MOST_BYTES", 9)
    ours, theirs = Pipe()
    send(theirs, Outcome(None, b"12345", b"6789"))
    assert receive(ours) == Outcome(None, b"12345", b"6789")
    send(theirs, Outcome(None, b"12345", b"67890"))
    with pytest.raises(OSError, match="length"):
        receive(ours)


NONSENSE: list[dict[str, Any]] = [
    {"record": {}},
    {"record": made_record() | {"width": -1}},
    {"record": made_record() | {"width": 10**400}},
    {"record": made_record() | {"more": float("nan")}},
    {"face": {"box": [0, 0, 1, 1]}},
    {"preview": 0},
    {"preview": "no picture"},
    {"thumbnail": []},
    {"crops": 0},
    {"crops": [0]},
    {"copy": {}},
    {"copy_problem": 3},
    {"year_taken": 2**70},
    {"year_taken": {}},
    {"map": "xxx"},
    {"map": [["x"]]},
    {"map": [[10**400]]},
    {"stamp": (1, 2, 3)},
    {"stamp": ("1", "2")},
    {"stamp": (0, 2**63)},
]


@pytest.mark.parametrize("fields", NONSENSE, ids=lambda fields: next(iter(fields)))
def test_an_outcome_is_what_it_is_said_to_be(fields: dict[str, Any]) -> None:
    """Its receiver stores it, prints it, and sends it to the page."""
    ours, theirs = Pipe()
    send(theirs, Outcome(**{"record": None} | fields))
    with pytest.raises(ValueError, match=r"none|number"):
        receive(ours)


def send_while_wanted(connection: Connection, answer: Answer) -> None:
    with suppress(OSError):
        send(connection, answer)


@pytest.mark.parametrize("kind", ["faces", "crops"])
def test_an_answer_has_no_more_faces_than_the_detector_finds(kind: str) -> None:
    """Each takes memory, a file and room on the page."""
    ours, theirs = Pipe()
    for more in (0, 1):
        face = made_record()["faces"][:1]
        if kind == "faces":
            answer = Outcome(made_record() | {"faces": face * (MOST_FACES + more)})
        else:
            answer = Outcome(None, crops=(b"",) * (MOST_CROPS + more))
        sending = threading.Thread(target=send_while_wanted, args=(theirs, answer))
        sending.start()
        if more:
            with pytest.raises(ValueError, match=r"none|crops"):
                receive(ours)
            ours.close()  # the rest is not received
        else:
            assert receive(ours) == answer
        sending.join()


def test_a_number_that_is_too_large_for_one_is_none() -> None:
    """Python reads it as infinity, which no file of albums and no export could hold."""
    ours, theirs = Pipe()
    send(theirs, Outcome(made_record() | {"more": 1.25e100}))
    text = ours.recv_bytes()
    theirs.send_bytes(text.replace(b"1.25e+100", b"1e999"))
    with pytest.raises(ValueError, match="1e999 is no number"):
        receive(ours)


def test_progress_is_two_numbers() -> None:
    ours, theirs = Pipe()
    send(theirs, Progress("all", 3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none"):
        receive(ours)
