"""desktop.faces: what a user asks about one face, with a worker's double."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.report import Upright

Until = Callable[..., float]

BOX = [4.0, 5.0, 20.0, 24.0]
"""Of the face that the worker's double finds in every photo."""


class Asking:
    """A call of the bridge in a thread of its own, as the page's calls come. `answer` holds one value when it ends."""

    def __init__(self, call: Callable[..., Any], *values: object) -> None:
        self.answer: list[Any] = []
        self._thread = threading.Thread(target=lambda: self.answer.append(call(*values)), daemon=True)
        self._thread.start()


@pytest.fixture
def done(shell: Any, until: Until) -> str:
    """Id of a photo that has been analysed."""
    shell.start()
    shell.greet()
    (photo_id,) = shell.album.add(shell.photos("turned.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["done"])
    shell.worker.calls.clear()
    return str(photo_id)


def test_an_explanation_with_its_progress(shell: Any, done: str, until: Until) -> None:
    assert shell.bridge.explain(done, BOX) == {"map": [[1.5] * 8] * 8, "message": None}
    report = shell.album.get(done).report
    assert shell.worker.asked == (Upright(64, 48, 90), report["faces"][0]["landmarks"])
    told = {"event": "explaining", "explaining": {"id": done, "box": BOX, "done": 13, "total": 65}}
    until(lambda: told in shell.sent)
    assert shell.jobs.run["total"] == 1, "it is no photo of the run"


def test_an_explanation_comes_before_previews_and_analyses_and_leaves_them_alone(
    shell: Any, done: str, until: Until
) -> None:
    shell.worker.gate = threading.Event()
    first, queued, waiting = (shell.album.add(shell.photos(name)).new for name in ("1.jpg", "2.jpg", "3.jpg"))
    shell.jobs.analyze(first)
    until(lambda: shell.worker.calls)
    shell.jobs.analyze(queued)
    shell.jobs.preview(waiting)
    asking = Asking(shell.bridge.explain, done, BOX)
    until(lambda: shell.jobs._questions)
    shell.worker.gate.set()
    until(lambda: asking.answer and shell.jobs.idle)
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "explain", "preview", "analyze"]
    assert shell.states() == ["done", "done", "done", "waiting"]
    assert shell.jobs.run == {"state": "idle", "done": 2, "total": 2, "seconds_left": None}


def test_cancelling_the_run_does_not_cancel_the_explanation(shell: Any, done: str, until: Until) -> None:
    shell.worker.gate = threading.Event()
    asking = Asking(shell.bridge.explain, done, BOX)
    until(lambda: shell.worker.calls)
    shell.bridge.analyze([done])
    shell.bridge.cancel()
    assert shell.jobs.run["state"] == "idle"
    shell.worker.gate.set()
    until(lambda: asking.answer)
    assert asking.answer[0]["map"] is not None
    assert shell.states() == ["done"]


@pytest.mark.parametrize("begun", [True, False], ids=["in work", "in line"])
def test_the_photo_is_removed_meanwhile(shell: Any, done: str, until: Until, begun: bool) -> None:
    shell.worker.gate = threading.Event()
    if not begun:
        shell.jobs.preview(shell.album.add(shell.photos("before.jpg")).new)
        until(lambda: shell.worker.calls)
    asking = Asking(shell.bridge.explain, done, BOX)
    until(lambda: shell.worker.calls if begun else shell.jobs._questions)
    shell.bridge.remove([done])
    until(lambda: asking.answer == [None], 2)  # at once, while the worker still works
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert ("explain" in [kind for kind, _ in shell.worker.calls]) == begun


def test_who_asks_anew_does_not_wait_for_what_was_asked_before(shell: Any, done: str, until: Until) -> None:
    shell.worker.gate = threading.Event()
    askings = []
    for number in (1, 2, 3):
        askings.append(Asking(shell.bridge.explain, done, BOX))
        until(lambda: shell.worker.calls)
        for earlier in askings[:-1]:
            until(lambda earlier=earlier: earlier.answer == [None])
        until(lambda number=number: number == 1 or len([one for one in shell.jobs._questions if not one.over]) == 1)
    shell.worker.gate.set()
    until(lambda: askings[2].answer)
    assert askings[2].answer[0]["map"] is not None
    until(lambda: shell.jobs.idle)
    assert len(shell.worker.calls) == 2, "the one in work and the last one"


def test_an_explanation_that_fails_says_why(shell: Any, done: str) -> None:
    (shell.folder / "turned.jpg").unlink()
    assert shell.bridge.explain(done, BOX) == {"map": None, "message": "made up: not_found"}
    assert shell.album.get(done).report["status"] == "ok", "the result stays"


def test_a_worker_that_cannot_work_says_why(shell: Any, done: str, until: Until) -> None:
    shell.worker.explain = lambda *_args: 1 / 0
    answer = shell.bridge.explain(done, BOX)
    assert answer["map"] is None
    assert "zero" in answer["message"]
    del shell.worker.explain
    assert shell.bridge.explain(done, BOX)["map"] is not None


def test_closing_ends_the_wait(shell: Any, done: str, until: Until) -> None:
    shell.worker.gate = threading.Event()
    asking = Asking(shell.bridge.explain, done, BOX)
    until(lambda: shell.worker.calls)
    shell.jobs.close()
    until(lambda: asking.answer == [None])


def test_a_face_that_is_not_there_needs_no_explanation(shell: Any, done: str) -> None:
    (waiting,) = shell.album.add(shell.photos("b.jpg")).new
    assert shell.bridge.explain(done, [4.0, 5.0, 20.0, 25.0]) is None
    assert shell.bridge.explain(waiting, BOX) is None
    assert shell.bridge.explain("p999", BOX) is None
    assert shell.worker.calls == []


@pytest.mark.parametrize("call", ["explain"])
@pytest.mark.parametrize(
    ("photo_id", "box"),
    [
        (None, BOX),
        (["p1"], BOX),
        ("x" * 33, BOX),
        ("p1", None),
        ("p1", 5),
        ("p1", "4555"),
        ("p1", BOX[:3]),
        ("p1", [*BOX, 1.0]),
        ("p1", [*BOX[:3], "24"]),
        ("p1", [*BOX[:3], True]),
        ("p1", [*BOX[:3], float("nan")]),
        ("p1", [*BOX[:3], 1e300]),
    ],
)
def test_wrong_values_are_refused(shell: Any, call: str, photo_id: object, box: object) -> None:
    shell.album.add(shell.photos("a.jpg"))
    with pytest.raises((TypeError, ValueError)):
        getattr(shell.bridge, call)(photo_id, box)
    assert shell.worker.calls == []
