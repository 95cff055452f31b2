"""desktop.jobs, with a worker's double."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from desktop_doubles import OTHER_SIZE, FakeWorker, record

from desktop.jobs import HANGING
from desktop.pictures import PREFIX, Pictures, promise
from engine.paths import file_stamp
from engine.worker_messages import Outcome

Until = Callable[..., float]


def test_photos_are_analysed_in_order_with_their_pictures(shell: Any, until: Until) -> None:
    shell.start()
    paths = shell.photos("1.jpg", "2.jpg", "3.jpg")
    assert shell.jobs.analyze(shell.album.add(paths).new) == 3
    until(lambda: shell.states() == ["done"] * 3)
    assert shell.worker.calls == [("analyze", path) for path in paths]
    for photo in shell.album.photos():
        assert photo.record["path"] == photo.path
        for address in (photo.pictures.thumbnail, photo.pictures.preview, *photo.pictures.faces):
            assert shell.pictures.read(address.removeprefix(PREFIX)).startswith(b"\xff\xd8")
    until(
        lambda: (
            shell.jobs.run == {"state": "idle", "done": 3, "total": 3, "seconds_left": None, "photos_per_minute": None}
        )
    )


def test_previews_come_before_analyses(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    queued, waiting = (shell.album.add(shell.photos(name)).new for name in ("queued.jpg", "waiting.jpg"))
    first = shell.album.add(shell.photos("first.jpg")).new
    shell.jobs.analyze(first)
    until(lambda: shell.worker.calls)
    shell.jobs.analyze(queued)
    shell.jobs.preview(waiting)
    shell.worker.gate.set()
    until(lambda: len(shell.worker.calls) == 3)
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "preview", "analyze"]
    until(lambda: shell.jobs.idle)
    assert [photo.state for photo in shell.album.photos()] == ["done", "waiting", "done"]


def test_a_photo_that_is_queued_needs_no_preview_of_its_own(shell: Any, until: Until) -> None:
    added = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.preview(added)
    shell.jobs.analyze(None)
    shell.start()
    until(lambda: shell.states() == ["done", "done"])
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "analyze"]


def test_cancel_answers_at_once_while_a_slow_photo_is_in_work(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    ids = shell.album.add(shell.photos(*(f"{n}.jpg" for n in range(50)))).new
    shell.jobs.analyze(ids)
    until(lambda: "working" in shell.states())
    shell.jobs.cancel()
    assert shell.states() == ["waiting"] * 50
    run = shell.jobs.run
    assert (run["state"], run["done"], run["total"]) == ("cancelling", 0, 0)
    shell.worker.gate.set()
    until(lambda: shell.jobs.run["state"] == "idle")
    assert shell.states() == ["waiting"] * 50  # the late result was dropped
    assert shell.album.photos()[0].report is None
    assert len(shell.worker.calls) == 1


def test_a_cancelled_photo_can_be_analysed_again_before_the_worker_is_through(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["working"])
    shell.jobs.cancel()
    assert shell.jobs.analyze([photo_id]) == 1
    assert shell.jobs.run["state"] == "running"
    shell.worker.gate.set()
    until(lambda: shell.states() == ["done"])
    assert len(shell.worker.calls) == 2
    assert shell.jobs.run == {"state": "idle", "done": 1, "total": 1, "seconds_left": None, "photos_per_minute": None}


def shows_all(shell: Any) -> bool:
    """Whether the page gets a picture for each of these photos."""
    for photo in shell.album.photos():
        name = photo.pictures.thumbnail.removeprefix(PREFIX)
        shell.jobs.remake_preview(name, photo.id)
        if shell.pictures.read(name) is None:
            return False
    return True


def test_photos_whose_analysis_was_cancelled_can_be_seen(shell: Any, until: Until) -> None:
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.preview(ids)
    shell.jobs.analyze(ids)
    shell.jobs.cancel()
    shell.start()
    assert shows_all(shell)
    assert shell.states() == ["waiting", "waiting"]


@pytest.mark.parametrize("work", ["analyze", "preview"])
def test_photos_that_a_broken_engine_left_can_be_seen_once_it_works(shell: Any, until: Until, work: str) -> None:
    shell.worker.fails = "The age model is damaged."
    getattr(shell.jobs, work)(shell.album.add(shell.photos("a.jpg")).new)
    shell.start()
    until(lambda: shell.jobs.engine["state"] == "failed")
    until(lambda: all(photo.pictures is not None for photo in shell.album.photos()))  # they are promised after that
    shell.worker.fails = None
    assert shows_all(shell)


def on_a_hanging_drive(shell: Any) -> list[str]:
    """Ids of two photos on a drive, of which the first cannot be read, and of one elsewhere."""
    (shell.folder / "drive").mkdir()
    ids: list[str] = shell.album.add(shell.photos("drive/hanging.jpg", "drive/b.jpg", "c.jpg")).new
    return ids


def test_one_photo_on_a_hanging_drive_is_enough_to_make_no_pictures_of_those_beside_it_for_a_while(shell: Any) -> None:
    ids = on_a_hanging_drive(shell)
    shell.jobs.analyze(ids)
    shell.jobs.cancel()  # so that their pictures are promised
    shell.start()
    names = [photo.pictures.thumbnail.removeprefix(PREFIX) for photo in shell.album.photos()]

    def seen() -> list[bool]:
        for name, photo_id in zip(names, ids, strict=True):
            shell.jobs.remake_preview(name, photo_id)
        return [shell.pictures.read(name) is not None for name in names]

    assert seen() == [False, False, True]
    assert [Path(path).name for _, path in shell.worker.calls] == ["hanging.jpg", "c.jpg"]
    shell.worker.now += HANGING
    shell.jobs.remake_preview(names[1], ids[1])
    assert shell.pictures.read(names[1]) is not None


def test_the_first_pictures_of_photos_on_a_hanging_drive_do_not_hold_up_others(shell: Any, until: Until) -> None:
    ids = on_a_hanging_drive(shell)
    shell.jobs.preview(ids)
    asking = threading.Thread(target=shell.jobs.remake_preview, args=("b.jpg", ids[1]))
    shell.worker.gate = threading.Event()
    shell.start()
    until(lambda: shell.worker.calls)
    asking.start()
    until(lambda: shell.jobs._next_kind() == "remake")
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    asking.join()
    assert [Path(path).name for _, path in shell.worker.calls] == ["hanging.jpg", "c.jpg"]
    assert shell.album.get(ids[1]).pictures.version.startswith("promised")


def test_a_picture_that_nobody_waits_for_any_more_is_not_made(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.jobs.REMAKE_LIMIT", 0.01)
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze(ids)
    shell.jobs.cancel()
    shell.worker.gate = threading.Event()
    shell.start()
    shell.jobs.analyze(ids[:1])
    until(lambda: shell.worker.calls)
    shell.jobs.remake_preview(shell.album.get(ids[1]).pictures.thumbnail.removeprefix(PREFIX), ids[1])
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert [kind for kind, _ in shell.worker.calls] == ["analyze"]


def test_photos_that_a_paused_run_has_not_reached_can_be_seen(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg", "b.jpg")).new)
    until(lambda: "working" in shell.states())
    shell.jobs.pause()
    shell.jobs.analyze(shell.album.add(shell.photos("later.jpg")).new)
    shell.worker.gate.set()
    until(lambda: shell.states() == ["done", "queued", "queued"])
    assert shows_all(shell)
    assert shell.states() == ["done", "queued", "queued"]


def test_cancel_while_the_models_load(shell: Any, until: Until) -> None:
    shell.worker.loaded.clear()
    shell.start()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg")).new)
    assert shell.jobs.run["state"] == "running"
    shell.jobs.cancel()
    assert shell.jobs.run["state"] == "idle"
    assert shell.jobs.engine["state"] == "loading"
    shell.worker.loaded.set()
    until(lambda: shell.jobs.engine["state"] == "ready")
    assert shell.worker.calls == []


def test_a_photo_that_crashes_the_worker_does_not_stop_the_others(shell: Any, until: Until) -> None:
    shell.start()
    ids = shell.album.add([*shell.photos("a.jpg", "crash.jpg", "b.jpg"), str(shell.folder / "missing.jpg")]).new
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done"] * 4)
    reports = [photo.record for photo in shell.album.photos()]
    assert [report["status"] for report in reports] == ["ok", "error", "ok", "error"]
    assert [report["error"] and report["error"]["code"] for report in reports] == [None, "crashed", None, "not_found"]


def test_a_photo_that_could_not_be_read_can_be_analysed_again(shell: Any, until: Until) -> None:
    shell.start()
    (photo_id,) = shell.album.add([str(shell.folder / "a.jpg")]).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    assert shell.album.get(photo_id).record["status"] == "error"
    shell.photos("a.jpg")
    assert shell.jobs.analyze([photo_id]) == 1
    until(lambda: shell.jobs.idle)
    assert shell.album.get(photo_id).record["status"] == "ok"


def test_progress_counts_and_estimates(shell: Any, until: Until) -> None:
    shell.worker.seconds = 0.05
    analyze, runs = shell.worker.analyze, []

    def look(*values: Any, **options: Any) -> Outcome:
        runs.append(shell.jobs.run)
        outcome: Outcome = analyze(*values, **options)
        return outcome

    shell.worker.analyze = look
    shell.start()
    shell.greet()
    shell.jobs.analyze(shell.album.add(shell.photos(*(f"{n}.jpg" for n in range(12)))).new)
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert [run["done"] for run in runs] == list(range(12))
    assert (runs[0]["seconds_left"], runs[0]["photos_per_minute"]) == (None, None)
    for run in runs[1:]:
        assert (run["state"], run["total"]) == ("running", 12)
        assert run["seconds_left"] == pytest.approx(0.05 * (12 - run["done"]), abs=0.051)  # it has one decimal
        assert run["photos_per_minute"] == pytest.approx(60 / 0.05)
    told = [event["run"] for event in shell.sent if event["event"] == "run"]
    assert [run["done"] for run in told] == sorted(run["done"] for run in told)
    assert told[-1] == {"state": "idle", "done": 12, "total": 12, "seconds_left": None, "photos_per_minute": None}


def test_the_time_left_counts_the_turns_of_patient_questions(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    ids = shell.album.add(shell.photos("1.jpg", "2.jpg", "3.jpg")).new
    shell.jobs.analyze(ids)
    until(lambda: "working" in shell.states())
    runs = []

    def look(_: Any, path: str) -> Outcome:
        runs.append(shell.jobs.run)
        shell.worker.now += 0.4
        return Outcome(None)

    asking = [threading.Thread(target=shell.jobs.ask, args=(ids[0], str(n), look, True)) for n in (1, 2)]
    for thread in asking:
        thread.start()
    until(lambda: len(shell.jobs._questions) == 2)
    shell.worker.gate.set()
    for thread in asking:
        thread.join()
    assert [run["done"] for run in runs] == [1, 2]
    first, both = 60 / runs[0]["photos_per_minute"], 2 * 60 / runs[1]["photos_per_minute"]
    assert both - first == pytest.approx(0.4, abs=0.01)
    assert runs[1]["seconds_left"] == pytest.approx(0.2)


def test_pause_finishes_the_photo_in_work_and_begins_no_other(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    ids = shell.album.add(shell.photos(*(f"{n}.jpg" for n in range(4)))).new
    shell.jobs.analyze(ids)
    until(lambda: "working" in shell.states())
    shell.bridge.pause()
    assert shell.jobs.run == {
        "state": "paused",
        "done": 0,
        "total": 4,
        "seconds_left": None,
        "photos_per_minute": None,
    }
    shell.worker.gate.set()
    until(lambda: shell.states() == ["done", "queued", "queued", "queued"])
    # Pictures of photos added meanwhile are made; analyses wait, also new ones.
    shell.intake.take(shell.photos("later.jpg"), analyze=False)
    until(lambda: shell.album.photos()[-1].pictures is not None)
    shell.bridge.analyze([shell.album.photos()[-1].id])
    time.sleep(0.1)
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "preview"]
    assert (shell.jobs.run["state"], shell.jobs.run["done"], shell.jobs.run["total"]) == ("paused", 1, 5)
    shell.bridge.resume()
    until(lambda: shell.states() == ["done"] * 5)
    until(lambda: shell.jobs.run["state"] == "idle")


def test_the_page_hears_of_a_pause_and_of_its_end_while_a_slow_photo_is_in_work(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    shell.greet()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg", "b.jpg")).new)
    until(lambda: "working" in shell.states())
    for act, state in ((shell.bridge.pause, "paused"), (shell.bridge.resume, "running")):
        act()
        until(lambda: shell.events.delivered)
        assert [event["run"]["state"] for event in shell.sent if event["event"] == "run"][-1] == state


def test_a_question_of_the_user_comes_before_a_patient_one(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.worker.calls)
    asked: list[bool] = []

    def ask(patient: bool) -> None:
        def work(*_: object) -> Outcome:
            asked.append(patient)
            return Outcome(None)

        shell.jobs.ask(photo_id, f"patient: {patient}", work, patient)

    asking = [threading.Thread(target=ask, args=(patient,)) for patient in (True, False)]
    for number, thread in enumerate(asking, 1):
        thread.start()
        until(lambda number=number: len(shell.jobs._questions) == number)
    shell.worker.gate.set()
    for thread in asking:
        thread.join()
    assert asked == [False, True]


def test_cancel_while_paused_leaves_no_pause_behind(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze(ids)
    until(lambda: "working" in shell.states())
    shell.jobs.pause()
    shell.jobs.cancel()
    shell.worker.gate.set()
    until(lambda: shell.jobs.run["state"] == "idle")
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done", "done"])


@pytest.mark.parametrize("way", ["finished", "removed", "nothing"])
def test_a_pause_ends_with_its_run(shell: Any, until: Until, way: str) -> None:
    """Whether its last photo is finished or removed. Without a run there is nothing to pause."""
    shell.start()
    if way == "nothing":
        shell.jobs.pause()
    else:
        shell.worker.gate = threading.Event()
        shell.jobs.analyze(shell.album.add(shell.photos("a.jpg")).new)
        until(lambda: "working" in shell.states())
        shell.jobs.pause()
        if way == "removed":
            shell.bridge.remove(None)
        shell.worker.gate.set()
    until(lambda: shell.jobs.run["state"] == "idle")
    shell.jobs.analyze(shell.album.add(shell.photos("b.jpg")).new)
    until(lambda: shell.album.photos()[-1].state == "done")


def test_a_pause_ends_when_all_that_waits_is_removed(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    shell.greet()
    first, second = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze([first, second])
    until(lambda: "working" in shell.states())
    shell.jobs.pause()
    shell.worker.gate.set()
    until(lambda: shell.states() == ["done", "queued"] and shell.jobs._job is None)
    shell.bridge.remove([second])
    until(lambda: shell.events.delivered)
    assert [event["run"] for event in shell.sent if event["event"] == "run"][-1] == shell.jobs.run
    assert (shell.jobs.run["state"], shell.jobs.run["total"]) == ("idle", 1)
    shell.jobs.analyze([first])
    until(lambda: shell.jobs.run["state"] == "idle")
    assert len(shell.worker.calls) == 2


def test_photos_added_to_a_run_count_with_it_and_a_new_run_starts_at_zero(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg")).new)
    shell.jobs.analyze(shell.album.add(shell.photos("b.jpg")).new)
    assert shell.jobs.run["total"] == 2
    shell.worker.gate.set()
    until(lambda: shell.jobs.run["state"] == "idle")
    shell.worker.gate.clear()
    shell.jobs.analyze(shell.album.add(shell.photos("c.jpg")).new)
    assert shell.jobs.run == {
        "state": "running",
        "done": 0,
        "total": 1,
        "seconds_left": None,
        "photos_per_minute": None,
    }


def test_a_photo_removed_while_in_work_leaves_nothing_behind(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    first, second, third = shell.album.add(shell.photos("a.jpg", "b.jpg", "c.jpg")).new
    shell.jobs.analyze([first, second, third])
    until(lambda: "working" in shell.states())
    shell.bridge.remove([first, third])
    assert shell.jobs.run["total"] == 1
    shell.worker.gate.set()
    until(lambda: shell.states() == ["done"])
    shell.pictures.delete_forgotten()
    assert not list(shell.folder.glob(f"agelens-run-*/{first}-*"))
    assert shell.jobs.run == {"state": "idle", "done": 1, "total": 1, "seconds_left": None, "photos_per_minute": None}


def test_a_photo_that_was_cancelled_and_is_removed_does_not_count_in_the_next_run(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    first, second = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze([first])
    until(lambda: "working" in shell.states())
    shell.jobs.cancel()
    shell.jobs.analyze([second])
    shell.bridge.remove([first])
    assert (shell.jobs.run["state"], shell.jobs.run["total"]) == ("running", 1)


def test_models_that_do_not_load_are_told_and_photos_keep_waiting(shell: Any, until: Until) -> None:
    shell.worker.fails = "The age model is damaged."
    shell.start()
    ids = shell.album.add(shell.photos("a.jpg")).new
    until(lambda: shell.jobs.engine == {"state": "failed", "message": "The age model is damaged."})
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["waiting"] and shell.jobs.engine["state"] == "failed")
    assert shell.jobs.run["state"] == "idle"
    shell.worker.fails = None  # the user has put the file back
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done"])
    assert shell.jobs.engine == {"state": "ready", "message": None}


def test_who_asked_for_what_failed_finds_why(shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes until the failure is reported."""
    shell.start()
    until(lambda: shell.jobs.engine["state"] == "ready")
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    tell, found = shell.jobs._set_engine, []

    def ask() -> None:
        shell.jobs.ask(photo_id, "x", lambda *_: 1 / 0)
        found.append(shell.jobs.engine)

    asking = threading.Thread(target=ask)

    def tell_late(*values: Any) -> None:
        asking.join(0.2)  # long enough to come too early; it need not come
        tell(*values)

    monkeypatch.setattr(shell.jobs, "_set_engine", tell_late)
    asking.start()
    asking.join()
    assert found == [{"state": "failed", "message": "division by zero"}]


def test_what_is_asked_for_once_a_failure_is_told_is_done(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not thrown away with earlier requests."""
    ids = shell.album.add(shell.photos("a.jpg")).new
    shell.worker.fails = "The age model is damaged."
    asking = threading.Thread(target=shell.jobs.analyze, args=(ids,))
    tell = shell.jobs._set_engine

    def tell_and_wait(state: str, message: str | None) -> None:
        tell(state, message)
        if state == "failed":
            shell.worker.fails = None  # the user has put the file back
            asking.start()
            asking.join(0.2)  # long enough to come too early; it need not come

    monkeypatch.setattr(shell.jobs, "_set_engine", tell_and_wait)
    shell.start()
    until(lambda: shell.states() == ["done"])


def test_an_unforeseen_fault_does_not_end_the_thread(shell: Any, until: Until) -> None:
    shell.start()
    until(lambda: shell.jobs.engine["state"] == "ready")
    good = shell.worker.analyze
    shell.worker.analyze = lambda *_args, **_options: 1 / 0
    ids = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze(ids)
    until(lambda: shell.jobs.engine["state"] == "failed" and shell.states() == ["waiting"])
    shell.worker.analyze = good
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done"])


def test_analysing_again_keeps_the_result_until_the_new_one_is_there(shell: Any, until: Until) -> None:
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["done"])
    shell.worker.gate = threading.Event()
    assert shell.jobs.analyze([photo_id]) == 1
    until(lambda: shell.states() == ["working"])
    shell.jobs.cancel()
    assert shell.states() == ["done"]
    assert shell.album.get(photo_id).record["status"] == "ok"


def test_the_preview_of_a_waiting_photo_that_cannot_be_read_says_so(shell: Any, until: Until) -> None:
    shell.start()
    (photo_id,) = shell.album.add([str(shell.folder / "missing.jpg")]).new
    shell.jobs.preview([photo_id])
    until(lambda: shell.states() == ["done"])
    assert shell.album.get(photo_id).failed


def test_a_preview_takes_no_faces_from_a_photo_that_gets_its_report_meanwhile(shell: Any, until: Until) -> None:
    """As from an album that is continued."""
    shell.start()
    (path,) = shell.photos("a.jpg")
    (photo_id,) = shell.album.add([path]).new
    shell.worker.gate = threading.Event()
    shell.jobs.preview([photo_id])
    until(lambda: shell.worker.calls == [("preview", path)])
    promised = promise(photo_id, 1)
    shell.album.update(photo_id, state="done", report=shell.album.keep(record(path)), pictures=promised)
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert shell.album.get(photo_id).pictures == promised


def test_a_photo_that_is_moved_while_its_preview_is_made_is_not_missing(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    (path,) = shell.photos("old/a.jpg")
    (photo_id,) = shell.album.add([path]).new
    shell.jobs.preview([photo_id])
    until(lambda: shell.worker.calls == [("preview", path)])
    (shell.folder / "old").rename(shell.folder / "new")
    assert shell.album.add([str(shell.folder / "new" / "a.jpg")]).moved == (photo_id,)
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert shell.states() == ["waiting"]
    assert shows_all(shell)


def test_a_picture_that_is_asked_for_first_does_not_keep_photos_from_following_their_files(
    shell: Any, until: Until
) -> None:
    """The analysis that it begins is of the other photo's file, and its result is dropped."""
    shell.start()
    one, other = paths = shell.photos("a.jpg", "b.jpg")
    Path(other).write_bytes(b"another")
    shell.jobs.analyze(shell.album.add(paths).new)
    until(lambda: shell.states() == ["done", "done"] and shell.jobs.idle)
    before = shell.album.photos()
    aside = Path(one).rename(shell.folder / "aside")
    Path(other).rename(one)
    aside.rename(other)
    shell.worker.calls.clear()
    shell.jobs.remake_preview(before[0].pictures.preview.removeprefix(PREFIX), before[0].id)
    until(lambda: ("analyze", one) in shell.worker.calls and shell.jobs.idle)
    after = shell.album.photos()
    assert [(photo.path, photo.state) for photo in after] == [(other, "done"), (one, "done")]
    assert [(photo.report, photo.stamp) for photo in after] == [(photo.report, photo.stamp) for photo in before]


def test_an_analysis_waits_for_no_look_at_a_file_but_the_workers(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is given up after a while when a drive hangs."""
    shell.start()
    path, photo_id = analysed_photo(shell, until)
    Path(path).write_bytes(b"an edited photo")
    looked: list[object] = []
    for module in ("album", "photo"):
        monkeypatch.setattr(f"desktop.{module}.file_stamp", looked.append)
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    assert looked == []
    assert shell.album.get(photo_id).stamp == file_stamp(path)


def test_a_picture_asked_for_while_another_of_the_photo_is_being_kept_is_made_next(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.start()
    _, photo_id = analysed_photo(shell, until)
    pictures = shell.album.get(photo_id).pictures
    names = [pictures.name("thumbnail"), pictures.name("preview")]
    for name in names:
        next(shell.folder.glob(f"agelens-run-*/{name}")).unlink()
    later = threading.Thread(target=shell.jobs.remake_preview, args=(names[1], photo_id))
    restore = shell.pictures.restore

    def slowly(shown: Any, asked: list[str], outcome: Outcome) -> None:
        restore(shown, asked, outcome)
        if asked == names[:1]:
            later.start()
            until(lambda: len(shell.jobs._remakes) == 2)

    monkeypatch.setattr(shell.pictures, "restore", slowly)
    shell.jobs.remake_preview(names[0], photo_id)
    later.join()
    assert None not in [shell.pictures.read(name) for name in names]


def test_faces_corrected_before_a_changed_file_is_queued_stay(shell: Any, until: Until) -> None:
    """Looking at the files of a folder may take long enough for that."""
    shell.start()
    path, photo_id = analysed_photo(shell, until)
    Path(path).write_bytes(b"an edited photo")
    assert shell.bridge.remove_face(photo_id, shell.album.get(photo_id).record["faces"][0]["box"])
    assert shell.jobs.analyze([photo_id], {photo_id: file_stamp(path)}) == 0
    assert shell.album.get(photo_id).corrected
    assert shell.bridge.undo(photo_id)
    shell.jobs.remake_preview(lost_preview(shell, photo_id), photo_id)
    until(lambda: shell.jobs.idle and len(shell.worker.calls) == 3)
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "preview", "analyze"]


def test_previews_no_longer_kept_are_made_again_turned_ones_too(tmp_path: Path, shell: Any, until: Until) -> None:
    shell.pictures._preview_limit = 1  # keeps only the latest
    shell.start()
    ids = shell.album.add(shell.photos("a.jpg", "turned.jpg", "c.jpg")).new
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done"] * 3)
    for photo, turned in zip(shell.album.photos(), (False, True, False), strict=True):
        name = photo.pictures.preview.removeprefix(PREFIX)
        if shell.pictures.read(name) is None:
            shell.jobs.remake_preview(name, photo.id)
        assert shell.pictures.read(name) == FakeWorker.picture(photo.path, turned)
    assert len(list(shell.folder.glob("agelens-run-*/*-preview-*"))) == 1
    assert shell.states() == ["done"] * 3


def analysed_photo(shell: Any, until: Until) -> tuple[str, str]:
    """Path and id of a photo that has been analyzed."""
    (path,) = shell.photos("a.jpg")
    (photo_id,) = shell.album.add([path]).new
    shell.jobs.analyze([photo_id])
    until(lambda: shell.states() == ["done"] and shell.jobs.idle)
    return path, photo_id


def lost_preview(shell: Any, photo_id: str) -> str:
    """Name of a photo's preview whose file is gone, as if it had made room for others."""
    name: str = shell.album.get(photo_id).pictures.preview.removeprefix(PREFIX)
    next(shell.folder.glob(f"agelens-run-*/{name}")).unlink()
    return name


def test_a_preview_that_cannot_be_made_again_does_not_block(shell: Any, until: Until) -> None:
    shell.start()
    path, photo_id = analysed_photo(shell, until)
    Path(path).unlink()
    name = lost_preview(shell, photo_id)
    shell.jobs.remake_preview(name, photo_id)
    assert shell.pictures.read(name) is None
    assert shell.album.get(photo_id).record["status"] == "ok"


@pytest.mark.parametrize(("corrected", "content"), [(False, b"another photo"), (False, OTHER_SIZE), (True, OTHER_SIZE)])
def test_a_changed_file_has_no_picture_with_the_faces_of_before(
    shell: Any, until: Until, corrected: bool, content: bytes
) -> None:
    """It is analyzed again, unless that would undo what the user corrected."""
    shell.start()
    shell.greet()
    path, photo_id = analysed_photo(shell, until)
    if corrected:
        assert shell.bridge.remove_face(photo_id, shell.album.get(photo_id).record["faces"][0]["box"])
    report = shell.album.get(photo_id).report
    name = lost_preview(shell, photo_id)
    Path(path).write_bytes(content)
    shell.worker.calls.clear()
    remade, keep = [], shell.pictures.restore
    shell.pictures.restore = lambda *values: remade.append(values) or keep(*values)
    shell.jobs.remake_preview(name, photo_id)
    until(lambda: shell.jobs.idle)
    assert remade == []
    assert shell.worker.calls == [("preview", path), *([] if corrected else [("analyze", path)])]
    assert (shell.album.get(photo_id).report is report) == corrected
    if not corrected:
        until(lambda: shell.notices() == ["1 photo has changed since last time and is being analyzed again."])


def test_names_are_to_be_checked_when_the_picture_of_a_changed_file_was_asked_for(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    path, photo_id = analysed_photo(shell, until)
    shell.bridge.name_face(photo_id, [4.0, 5.0, 20.0, 24.0], "Anna")
    name = lost_preview(shell, photo_id)
    Path(path).write_bytes(b"another photo")
    shell.jobs.remake_preview(name, photo_id)
    told = "1 photo has changed since last time and is being analyzed again. Check its names and year."
    until(lambda: shell.notices() == [told])


def test_a_photo_with_corrected_faces_has_pictures_though_its_file_was_touched(shell: Any, until: Until) -> None:
    """By a rating, a tag, or copying, which gives the file a new time."""
    shell.start()
    shell.greet()
    path, photo_id = analysed_photo(shell, until)
    assert shell.bridge.remove_face(photo_id, shell.album.get(photo_id).record["faces"][0]["box"])
    name = lost_preview(shell, photo_id)
    Path(path).write_bytes(b"the same picture with a tag")
    shell.jobs.remake_preview(name, photo_id)
    assert shell.pictures.read(name) == FakeWorker.picture(path, False)
    until(lambda: shell.jobs.idle)
    assert shell.album.get(photo_id).corrected
    assert [kind for kind, _ in shell.worker.calls] == ["analyze", "preview"]


def test_a_changed_file_that_cannot_be_analysed_is_tried_once(shell: Any, until: Until) -> None:
    """However often the page asks for its picture."""
    shell.start()
    shell.greet()
    path, photo_id = analysed_photo(shell, until)
    lost_preview(shell, photo_id)
    Path(path).write_bytes(b"another photo")
    shell.worker.calls.clear()
    shell.worker.analyze = lambda *_args, **_options: Outcome(record(path, "error", "unreadable"))
    analyse, analysed = shell.jobs.analyze, []
    shell.jobs.analyze = lambda ids, changes: analysed.append(ids) or analyse(ids, changes)
    for _ in range(3):
        shell.jobs.remake_preview(shell.album.get(photo_id).pictures.preview.removeprefix(PREFIX), photo_id)
        until(lambda: shell.jobs.idle)
    assert analysed == [[photo_id]]
    assert shell.worker.calls == [("preview", path)] * 3


@pytest.mark.parametrize("kind", ["unchanged", "corrected", "late", "changed"])
def test_a_photo_that_crashes_keeps_what_is_known_of_it_unless_its_file_has_changed(
    shell: Any, until: Until, kind: str
) -> None:
    shell.start()
    path, photo_id = analysed_photo(shell, until)
    if kind == "corrected":
        assert shell.bridge.remove_face(photo_id, shell.album.get(photo_id).record["faces"][0]["box"])
    report = shell.album.get(photo_id).report
    if kind != "unchanged":
        os.utime(path, ns=(1, 1))
    crashing = Outcome(record(path, "error", "crashed"), late=kind == "late")  # as on a drive that hangs
    shell.worker.analyze = lambda *_args, **_options: crashing
    shell.jobs.analyze([photo_id], {photo_id: file_stamp(path)})
    until(lambda: shell.jobs.idle)
    photo = shell.album.get(photo_id)
    assert (photo.report is report) == (kind != "changed")
    assert (photo.newer_stamp is None) == (kind in ("unchanged", "changed"))
    # A file that came later is not taken for the earlier one.
    del shell.worker.analyze
    os.utime(path, (10, 10))
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    shell.worker.analyze = lambda *_args, **_options: crashing
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    assert not shell.album.get(photo_id).failed


def test_a_preview_asked_for_again_is_made_though_nobody_wanted_it_meanwhile(shell: Any, until: Until) -> None:
    """As when a photo is removed and brought back while its preview is being made."""
    shell.start()
    _, photo_id = analysed_photo(shell, until)
    name = lost_preview(shell, photo_id)
    shell.worker.gate = threading.Event()
    shell.worker.calls.clear()
    asking = [threading.Thread(target=shell.jobs.remake_preview, args=(name, photo_id)) for _ in range(2)]
    asking[0].start()
    until(lambda: len(shell.worker.calls) == 1)
    shell.jobs.forget([photo_id])
    asking[0].join()
    asking[1].start()
    until(lambda: name in shell.jobs._remakes)
    shell.worker.gate.set()
    asking[1].join()
    assert shell.pictures.read(name)
    assert len(shell.worker.calls) == 2


def test_a_picture_that_is_promised_anew_while_it_is_made_is_made_under_its_new_name(shell: Any, until: Until) -> None:
    """As when the photo is moved meanwhile."""
    shell.start()
    _, photo_id = analysed_photo(shell, until)
    shell.worker.gate = threading.Event()
    shell.worker.calls.clear()
    names = [lost_preview(shell, photo_id)]
    promised = promise(photo_id, 1)
    names.append(promised.preview.removeprefix(PREFIX))
    asking = [threading.Thread(target=shell.jobs.remake_preview, args=(name, photo_id)) for name in names]
    asking[0].start()
    until(lambda: shell.worker.calls)
    shell.album.update(photo_id, pictures=promised)
    asking[1].start()
    until(lambda: names[1] in shell.jobs._remakes)
    shell.worker.gate.set()
    for thread in asking:
        thread.join()
    assert shell.pictures.read(names[1])


def test_closing_does_not_wait_for_the_photo_in_work(shell: Any, until: Until) -> None:
    shell.worker.gate = threading.Event()
    shell.start()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg")).new)
    until(lambda: shell.states() == ["working"])
    closed = threading.Event()
    shell.worker.close = closed.set  # the worker goes on with the photo
    shell.jobs.close()
    assert closed.is_set()
    assert shell.jobs._thread.is_alive()
    shell.worker.gate.set()
    until(lambda: not shell.jobs._thread.is_alive())


def test_a_full_disk_costs_pictures_not_results(shell: Any, until: Until, monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write = Pictures._write
    monkeypatch.setattr(Pictures, "_write", full)
    shell.start()
    shell.greet()
    shell.jobs.analyze(shell.album.add(shell.photos("a.jpg", "b.jpg")).new)
    shell.jobs.preview(shell.album.add(shell.photos("c.jpg")).new)
    until(lambda: shell.states() == ["done", "done", "waiting"] and shell.jobs.idle and shell.events.delivered)
    assert shell.album.photos()[0].record["status"] == "ok"
    assert shell.notices() == ["Previews cannot be saved: the disk is full."]
    # Once there is room, they are made when the page asks for them.
    monkeypatch.setattr(Pictures, "_write", write)
    for photo in shell.album.photos():
        name = photo.pictures.thumbnail.removeprefix(PREFIX)
        shell.jobs.remake_preview(name, photo.id)
        assert shell.pictures.read(name) is not None


@pytest.mark.parametrize("changed", [False, True])
def test_a_full_disk_keeps_the_pictures_that_are_right(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    shell.start()
    (path,) = shell.photos("a.jpg")
    (photo_id,) = shell.album.add([path]).new
    shell.jobs.preview([photo_id])
    until(lambda: shell.jobs.idle)
    before = shell.album.get(photo_id).pictures
    if changed:
        Path(path).write_bytes(b"another photo")
    monkeypatch.setattr(Pictures, "_write", full)
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    analysed = shell.album.get(photo_id).pictures
    assert (analysed.thumbnail == before.thumbnail, analysed.preview == before.preview) == (not changed, not changed)
    assert len(analysed.faces) == 1
    shell.jobs.analyze([photo_id])
    until(lambda: shell.jobs.idle)
    assert shell.album.get(photo_id).pictures.preview != analysed.preview, "its faces may be others"


def test_a_photo_removed_just_before_its_turn_is_not_counted(shell: Any, until: Until) -> None:
    first, second = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze([first, second])
    shell.album.remove([second])  # the jobs learn of it too late
    shell.worker.loaded.clear()
    shell.start()
    shell.greet()
    shell.worker.loaded.set()
    until(lambda: shell.jobs.idle and shell.events.delivered)
    assert shell.worker.calls == [("analyze", shell.album.get(first).path)]
    assert shell.jobs.run == {"state": "idle", "done": 1, "total": 1, "seconds_left": None, "photos_per_minute": None}
    assert [event["run"] for event in shell.sent if event["event"] == "run"][-1] == shell.jobs.run


def waiting_for(shell: Any, until: Until, photo_id: str) -> list[threading.Thread]:
    """Who asks for a picture, and who asks a question."""
    waiting = [
        threading.Thread(target=shell.jobs.remake_preview, args=("a.jpg", photo_id), daemon=True),
        threading.Thread(target=shell.jobs.ask, args=(photo_id, "x", lambda *_: None), daemon=True),
    ]
    for thread in waiting:
        thread.start()
    until(lambda: shell.jobs._remakes and shell.jobs._questions)
    return waiting


def test_nobody_waits_for_anything_once_the_window_is_closed(shell: Any, until: Until) -> None:
    shell.worker.loaded.clear()
    shell.start()
    waiting = waiting_for(shell, until, shell.album.add(shell.photos("a.jpg")).new[0])
    shell.jobs.close()
    until(lambda: not any(thread.is_alive() for thread in waiting))


def test_what_is_asked_for_a_photo_that_is_gone_stops_nothing(shell: Any, until: Until) -> None:
    waiting = waiting_for(shell, until, "p99")
    shell.start()
    until(lambda: shell.jobs.idle and not any(thread.is_alive() for thread in waiting))


def test_what_was_asked_for_is_not_tried_again_and_again_without_models(shell: Any, until: Until) -> None:
    shell.worker.fails = "The age model is damaged."
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.preview([photo_id])
    waiting = waiting_for(shell, until, photo_id)
    shell.start()
    until(lambda: shell.jobs.engine["state"] == "failed" and shell.jobs.idle)
    until(lambda: not any(thread.is_alive() for thread in waiting))
