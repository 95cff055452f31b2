"""desktop.faces: what a user asks about one face, with a worker's double."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from desktop_doubles import OTHER_SIZE, record

from desktop.pictures import PREFIX, PhotoPictures, Pictures
from engine.report import PHOTO_CHANGED, Upright

Until = Callable[..., float]

BOX = [4.0, 5.0, 20.0, 24.0]
"""The box of the face that the worker's double finds in every photo."""

UNDONE, BUSY, GONE = ({"state": state} for state in ("undone", "busy", "gone"))


class Asking:
    """A call of the bridge in a thread of its own, like the page's calls. `answer` holds one value when it ends."""

    def __init__(self, call: Callable[..., Any], *values: object) -> None:
        self.answer: list[Any] = []
        self._thread = threading.Thread(target=lambda: self.answer.append(call(*values)), daemon=True)
        self._thread.start()


@pytest.fixture
def done(shell: Any, until: Until) -> str:
    """Id of a photo that has been analyzed."""
    shell.start()
    shell.greet()
    (photo_id,) = shell.album.add(shell.photos("turned.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["done"])
    shell.worker.calls.clear()
    return str(photo_id)


def test_an_explanation_with_its_progress(shell: Any, done: str, until: Until) -> None:
    assert shell.bridge.explain(done, BOX) == {"map": [[1.5] * 8] * 8, "message": None}
    report = shell.album.get(done).record
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
    assert shell.jobs.run == {"state": "idle", "done": 2, "total": 2, "seconds_left": None, "photos_per_minute": None}


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
    until(lambda: asking.answer == [None])  # while the worker still works
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
    assert shell.album.get(done).record["status"] == "ok", "the result stays"


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


@pytest.mark.parametrize("call", ["explain", "add_face", "remove_face"])
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


OTHER = [40.0, 10.0, 15.0, 18.0]
"""A box that the user draws beside the face that was found."""


def boxes(shell: Any, photo_id: str) -> list[list[float]]:
    return [face["box"] for face in shell.album.get(photo_id).record["faces"]]


def pictures(shell: Any, photo_id: str) -> list[str]:
    """Addresses of the crops, after checking that each can be loaded."""
    addresses = shell.album.get(photo_id).pictures.faces
    assert all(shell.pictures.read(address.removeprefix(PREFIX)) for address in addresses)
    return addresses


def test_a_face_is_added(shell: Any, done: str, until: Until) -> None:
    assert shell.bridge.add_face(done, OTHER) == {"state": "added", "message": None}
    assert shell.worker.asked == (Upright(64, 48, 90), tuple(OTHER))
    assert boxes(shell, done) == [BOX, OTHER]
    assert len(pictures(shell, done)) == 2
    photo = shell.album.get(done)
    assert photo.undoable
    assert photo.record["status"] == "ok"
    assert set(photo.record) == set(record("a.jpg"))
    shell.bridge.show(done)
    whole = photo.to_whole_json(photo.record)
    until(lambda: {"event": "whole", "photo": whole} in shell.sent)


def test_a_box_that_reaches_beyond_the_photo_is_cut_off(shell: Any, done: str) -> None:
    shell.bridge.add_face(done, [50, -10, 30, 40])
    assert shell.worker.asked[1] == (50, 0, 14, 30)


@pytest.mark.parametrize(
    "box",
    [
        [70, 10, 20, 20],
        [-30, 10, 20, 20],
        [60, 10, 20, 20],
        [10, 10, 5, 20],
        [30, 10, -20, 20],
        [10, 50, 20, 20],
        [10, -15, 20, 20],
        [10, 10, 20, 5],
    ],
)
def test_a_box_with_no_photo_in_it_is_refused(shell: Any, done: str, box: list[float]) -> None:
    with pytest.raises(ValueError, match="box"):
        shell.bridge.add_face(done, box)
    assert shell.worker.calls == []


def test_faces_drawn_while_the_engine_is_busy_are_all_added(shell: Any, done: str, until: Until) -> None:
    (other,) = shell.album.add(shell.photos("b.jpg")).new
    shell.bridge.analyze([other])
    until(lambda: shell.jobs.idle)
    shell.worker.gate = threading.Event()
    drawn = [(done, OTHER), (done, [10, 30, 12, 15]), (other, OTHER)]
    askings = [Asking(shell.bridge.add_face, *one) for one in drawn]
    until(lambda: shell.jobs._job and len(shell.jobs._questions) == 2)
    shell.worker.gate.set()
    until(lambda: all(asking.answer for asking in askings))
    assert [asking.answer for asking in askings] == [[{"state": "added", "message": None}]] * 3
    assert (len(boxes(shell, done)), len(boxes(shell, other))) == (3, 2)


@pytest.mark.parametrize(("shift", "state"), [(1.0, "known"), (8.0, "known"), (9.0, "added")])
def test_a_face_that_is_there_already_is_not_added_again(shell: Any, done: str, shift: float, state: str) -> None:
    """Two boxes drawn around one face lead to one face. By hand, 12 / 28 and 11 / 29 of the boxes 8 and 9 apart."""
    shell.worker.finds = [BOX[0] + shift, *BOX[1:]]
    assert shell.bridge.add_face(done, [0.0, 0.0, 30.0, 40.0]) == {"state": state, "message": None}
    assert boxes(shell, done) == ([BOX] if state == "known" else [BOX, shell.worker.finds])
    assert len(pictures(shell, done)) == len(boxes(shell, done))
    assert shell.album.get(done).undoable == (state == "added")


def test_a_face_that_cannot_be_added_says_why(shell: Any, done: str) -> None:
    (shell.folder / "turned.jpg").unlink()
    assert shell.bridge.add_face(done, OTHER) == {"state": "failed", "message": "made up: not_found"}
    assert boxes(shell, done) == [BOX]


def test_a_face_is_removed_with_its_crop_and_comes_back(shell: Any, done: str) -> None:
    shell.bridge.add_face(done, OTHER)
    first, second = pictures(shell, done)
    assert shell.bridge.remove_face(done, BOX) is True
    assert boxes(shell, done) == [OTHER]
    assert pictures(shell, done) == [second]
    assert shell.bridge.remove_face(done, BOX) is False, "pressed twice: the next face stays"
    assert boxes(shell, done) == [OTHER]
    assert shell.bridge.undo(done) == UNDONE
    assert boxes(shell, done) == [BOX, OTHER]
    assert pictures(shell, done) == [first, second]
    assert shell.bridge.remove_face(done, OTHER) is True
    assert pictures(shell, done) == [first]
    assert shell.bridge.undo(done) == UNDONE
    assert shell.album.get(done).undoable
    assert shell.bridge.undo(done) == UNDONE
    assert boxes(shell, done) == [BOX]
    assert not shell.album.get(done).undoable
    assert shell.bridge.undo(done) == GONE


def test_without_its_last_face_a_photo_has_none_and_can_get_one_again(shell: Any, done: str) -> None:
    before = shell.album.get(done).record
    assert shell.bridge.remove_face(done, BOX)
    report = shell.album.get(done).record
    assert report == {**before, "status": "no_face", "faces": []}
    assert shell.bridge.add_face(done, OTHER)["state"] == "added"
    assert shell.album.get(done).record["status"] == "ok"
    assert len(pictures(shell, done)) == 1


def test_analysing_again_brings_removed_faces_back_and_ends_undo(shell: Any, done: str, until: Until) -> None:
    shell.bridge.remove_face(done, BOX)
    shell.bridge.add_face(done, OTHER)
    assert shell.bridge.analyze([done]) == 1
    until(lambda: shell.jobs.idle)
    assert boxes(shell, done) == [BOX]
    assert not shell.album.get(done).undoable
    assert shell.bridge.undo(done) == GONE
    shell.bridge.remove_face(done, BOX)
    shell.bridge.undo(done)
    assert boxes(shell, done) == [BOX]
    assert shell.bridge.undo(done) == GONE, "not back to before the analysis"


def test_the_list_says_which_photos_are_corrected(shell: Any, done: str, until: Until) -> None:
    def corrected() -> bool:
        return bool(shell.album.get(done).to_json()["corrected"])

    assert not corrected()
    shell.bridge.remove_face(done, BOX)
    assert corrected()
    shell.bridge.undo(done)
    assert not corrected()
    shell.bridge.remove_face(done, BOX)
    shell.bridge.analyze([done])
    until(lambda: shell.jobs.idle)
    assert not corrected()


def test_a_photo_that_is_analysed_is_not_corrected_meanwhile(shell: Any, done: str, until: Until) -> None:
    shell.bridge.remove_face(done, BOX)
    shell.bridge.undo(done)
    shell.bridge.add_face(done, OTHER)
    shell.worker.gate = threading.Event()
    shell.bridge.analyze([done])
    until(lambda: shell.states() == ["working"])
    assert shell.bridge.remove_face(done, BOX) is False
    assert shell.bridge.add_face(done, [20, 20, 20, 20]) is None
    assert shell.bridge.undo(done) == BUSY
    assert boxes(shell, done) == [BOX, OTHER]
    shell.bridge.cancel()
    assert shell.bridge.undo(done) == UNDONE, "a cancelled analysis changes nothing"
    shell.worker.gate.set()


def test_a_correction_is_not_gone_while_its_photo_is_queued(shell: Any, done: str, until: Until) -> None:
    (other,) = shell.album.add(shell.photos("b.jpg")).new
    shell.bridge.remove_face(done, BOX)
    shell.worker.gate = threading.Event()
    shell.bridge.analyze([other])
    until(lambda: shell.album.get(other).state == "working")
    shell.bridge.analyze([done])
    assert shell.album.get(done).state == "queued"
    assert shell.bridge.undo(done) == BUSY
    assert shell.bridge.undo(other) == GONE, "nothing was corrected there"
    shell.bridge.cancel()
    assert shell.bridge.undo(done) == UNDONE
    assert boxes(shell, done) == [BOX]
    shell.worker.gate.set()


def test_a_correction_of_a_photo_that_was_removed_is_gone_until_it_is_back(shell: Any, done: str) -> None:
    shell.bridge.remove_face(done, BOX)
    shell.bridge.remove(None)
    assert shell.bridge.undo(done) == GONE
    shell.bridge.bring_back()
    assert shell.bridge.undo(done) == UNDONE


def test_an_analysis_that_comes_between_drawing_and_finding_wins(shell: Any, done: str, until: Until) -> None:
    shell.worker.gate, analysing, analyze = threading.Event(), threading.Event(), shell.worker.analyze
    shell.worker.analyze = lambda *values, **options: analysing.wait() and analyze(*values, **options)
    asking = Asking(shell.bridge.add_face, done, OTHER)
    until(lambda: shell.worker.calls)
    shell.bridge.analyze([done])
    shell.worker.gate.set()
    until(lambda: asking.answer == [None])
    analysing.set()
    until(lambda: shell.jobs.idle)
    assert boxes(shell, done) == [BOX]


@pytest.mark.parametrize("content", [b"another photo", OTHER_SIZE])
@pytest.mark.parametrize("corrected", [False, True])
def test_in_a_photo_that_has_changed_no_face_is_added_or_explained(
    shell: Any, done: str, corrected: bool, content: bytes
) -> None:
    """It would be a face of another picture. Corrections are not lost when a file was merely touched."""
    if corrected:
        assert shell.bridge.add_face(done, OTHER)["state"] == "added"
    (shell.folder / "turned.jpg").write_bytes(content)
    found = boxes(shell, done)
    same = corrected and content != OTHER_SIZE
    problem = None if same else PHOTO_CHANGED.message
    assert shell.bridge.explain(done, BOX)["message"] == problem
    assert shell.bridge.add_face(done, [10, 30, 12, 15]) == {"state": "added" if same else "failed", "message": problem}
    assert len(boxes(shell, done)) == len(found) + same


def test_a_photo_removed_while_the_crop_is_kept_leaves_nothing_behind(
    shell: Any, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Pictures.put_crop

    def remove_first(pictures: Pictures, of: PhotoPictures, content: bytes) -> str:
        shell.bridge.remove([of.photo_id])
        return put(pictures, of, content)

    monkeypatch.setattr(Pictures, "put_crop", remove_first)
    assert shell.bridge.add_face(done, OTHER) is None
    shell.pictures.delete_forgotten()
    assert not list(shell.folder.glob(f"agelens-run-*/{done}-*"))


def test_a_photo_removed_while_a_face_is_added_leaves_nothing_behind(shell: Any, done: str, until: Until) -> None:
    shell.worker.gate = threading.Event()
    asking = Asking(shell.bridge.add_face, done, OTHER)
    until(lambda: shell.worker.calls)
    shell.bridge.remove([done])
    until(lambda: asking.answer == [None])
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    shell.pictures.delete_forgotten()
    assert not list(shell.folder.glob(f"agelens-run-*/{done}-*"))


def test_on_a_full_disk_a_face_is_added_without_its_crop(
    shell: Any, done: str, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Pictures, "put_crop", full)
        assert shell.bridge.add_face(done, OTHER)["state"] == "added"
    until(lambda: any(event["event"] == "notice" and "the disk is full" in event["text"] for event in shell.sent))
    first = pictures(shell, done)
    assert len(first) == 1
    shell.bridge.add_face(done, [10, 30, 12, 15])
    assert pictures(shell, done) == first, "no crop stands for another face"
    assert len(boxes(shell, done)) == 3


def test_photos_without_a_result_have_no_faces_to_correct(shell: Any, done: str, until: Until) -> None:
    waiting, missing = shell.album.add([*shell.photos("b.jpg"), str(shell.folder / "missing.jpg")]).new
    shell.bridge.analyze([missing])
    until(lambda: shell.jobs.idle)
    shell.worker.calls.clear()
    for photo_id in (waiting, missing, "p999"):
        assert shell.bridge.add_face(photo_id, OTHER) is None
        assert shell.bridge.remove_face(photo_id, BOX) is False
        assert shell.bridge.undo(photo_id) == GONE
    assert shell.worker.calls == []
