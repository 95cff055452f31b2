"""Photos that were removed come back with all that was known of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop import album, keeper
from desktop.pictures import PREFIX, Pictures

Until = Callable[..., float]


def analysed(shell: Any, until: Until, *names: str) -> list[str]:
    """Ids of photos of these names, each with a report."""
    ids = list(shell.album.add(shell.photos(*names)).new)
    shell.jobs.analyze(ids)
    until(lambda: all(shell.album.get(photo_id).state == "done" for photo_id in ids) and shell.jobs.idle)
    return ids


def test_a_photo_comes_back_as_and_where_it_was(shell: Any, until: Until) -> None:
    shell.start()
    ids = analysed(shell, until, "a.jpg", "b.jpg", "c.jpg")
    box = shell.album.get(ids[1]).record["faces"][0]["box"]
    shell.bridge.name_face(ids[1], box, "Anna")
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.set_taken(ids[1], 1983)
    assert shell.bridge.remove_face(ids[1], box)
    before = shell.album.photos()
    assert shell.bridge.remove([ids[1]]) == 1
    assert shell.people.known == []
    assert shell.bridge.bring_back() == 1
    assert shell.album.photos() == before
    assert shell.people.known == [{"name": "Anna", "born": 1950}]
    assert shell.bridge.undo(ids[1]) == {"state": "undone"}, "the correction can still be taken back"
    assert shell.album.get(ids[1]).record["faces"]
    assert shell.bridge.bring_back() is None


def test_its_pictures_are_made_again(shell: Any, until: Until) -> None:
    shell.start()
    (photo_id,) = analysed(shell, until, "a.jpg")
    pictures = shell.album.get(photo_id).pictures
    names = [one.removeprefix(PREFIX) for one in (pictures.thumbnail, pictures.preview, *pictures.faces)]
    shell.bridge.remove(None)
    assert [shell.pictures.read(name) for name in names] == [None] * len(names)
    shell.bridge.bring_back()
    for name in names:
        shell.jobs.remake_preview(name, photo_id)
        assert shell.pictures.read(name)


def test_removing_does_not_wait_for_the_files_and_deleting_what_is_kept_does(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.start()
    (photo_id,) = analysed(shell, until, "a.jpg")
    with monkeypatch.context() as patched:
        patched.setattr(Pictures, "delete_forgotten", lambda _: None)
        assert shell.bridge.remove(None) == 1
    assert list(shell.folder.glob(f"agelens-run-*/{photo_id}-*"))
    assert shell.bridge.delete_kept()
    assert not list(shell.folder.glob(f"agelens-run-*/{photo_id}-*"))


def test_removals_come_back_one_after_the_other(shell: Any) -> None:
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg", "c.jpg", "d.jpg")).new
    for some in ([ids[2], ids[0]], [ids[3]]):
        shell.bridge.remove(some)
    shell.bridge.remove(["p99"])  # removes nothing, so there is nothing to take back
    assert shell.bridge.bring_back() == 1
    assert [photo.id for photo in shell.album.photos()] == [ids[1], ids[3]]
    assert shell.bridge.bring_back() == 2
    assert [photo.id for photo in shell.album.photos()] == list(ids)
    assert {photo.pictures is not None for photo in shell.album.photos()[::2]} == {True}, "they can be asked for"


def test_more_than_nine_photos_are_in_order_again(shell: Any) -> None:
    ids = shell.album.add(shell.photos(*(f"{n}.jpg" for n in range(12)))).new
    shell.bridge.remove([ids[2]])
    assert shell.bridge.bring_back() == 1
    assert [photo.id for photo in shell.album.photos()] == list(ids)


@pytest.mark.parametrize("state", ["queued", "working"])
def test_a_photo_that_was_to_be_analysed_waits(shell: Any, until: Until, state: str) -> None:
    shell.worker.gate = threading.Event()
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze(ids)
    if state == "working":
        shell.start()
        until(lambda: "working" in shell.states())
    shell.bridge.remove([ids[0]])
    shell.bridge.bring_back()
    assert shell.album.get(ids[0]).state == "waiting"
    shell.worker.gate.set()


def test_a_photo_that_has_come_again_meanwhile_is_there_once(shell: Any, until: Until) -> None:
    """With the report, the name and the year that it had."""
    shell.start()
    (first,) = analysed(shell, until, "a.jpg")
    box = shell.album.get(first).record["faces"][0]["box"]
    shell.bridge.name_face(first, box, "Anna")
    shell.bridge.set_taken(first, 1983)
    shell.bridge.remove(None)
    (again,) = shell.album.add(shell.photos("a.jpg")).new
    assert shell.bridge.bring_back() == 0
    (photo,) = shell.album.photos()
    assert (photo.id, photo.state, photo.taken) == (again, "done", 1983)
    assert [one.name for one in photo.names] == ["Anna"]


def test_corrections_come_back_to_a_photo_that_is_being_analysed_again(shell: Any, until: Until) -> None:
    """All removed by mistake, dropped again, and only then brought back."""
    shell.start()
    ids = analysed(shell, until, "a.jpg", "b.jpg")
    for photo_id in ids:
        assert shell.bridge.remove_face(photo_id, shell.album.get(photo_id).record["faces"][0]["box"])
    shell.bridge.remove(None)
    shell.worker.gate = threading.Event()
    shell.worker.calls.clear()
    shell.intake.take(shell.photos("a.jpg", "b.jpg", "c.jpg"), analyze=True)
    until(lambda: shell.states() == ["working", "queued", "queued"])
    assert shell.bridge.bring_back() == 0
    working, queued, other = (photo.id for photo in shell.album.photos())
    assert shell.states() == ["done", "done", "queued"]
    assert shell.jobs.analyze([working]) == 1, "looked at anew, as the user wants it now"
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert [len(shell.album.get(photo_id).record["faces"]) for photo_id in (working, queued, other)] == [1, 0, 1]
    assert [Path(path).name for _, path in shell.worker.calls] == ["a.jpg", "c.jpg", "a.jpg"]
    run = shell.jobs.run
    assert (run["state"], run["done"], run["total"]) == ("idle", 3, 3)


def test_a_photo_that_got_its_report_back_in_the_queue_is_counted_once(shell: Any, until: Until) -> None:
    shell.start()
    analysed(shell, until, "a.jpg")
    shell.bridge.remove(None)
    shell.worker.gate = threading.Event()
    shell.intake.take(shell.photos("first.jpg", "a.jpg"), analyze=True)
    assert shell.bridge.bring_back() == 0
    again = shell.album.photos()[1].id
    assert shell.jobs.analyze([again]) == 1
    assert shell.jobs.run["total"] == 2
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert (shell.jobs.run["done"], shell.jobs.run["total"]) == (2, 2)


def test_a_paused_run_does_not_wait_for_a_photo_that_got_its_report_back(shell: Any, until: Until) -> None:
    shell.start()
    ids = analysed(shell, until, "a.jpg")
    shell.bridge.remove(ids)
    shell.worker.gate = threading.Event()
    shell.intake.take(shell.photos("b.jpg", "a.jpg"), analyze=True)
    until(lambda: shell.states() == ["working", "queued"])
    shell.bridge.pause()
    assert shell.bridge.bring_back() == 0
    assert shell.states() == ["working", "done"]
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert (shell.jobs.run["state"], shell.jobs.run["total"]) == ("idle", 1)


def test_old_removals_are_forgotten_and_the_latest_never_is(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album, "MOST_REMOVED", 2)
    ids = shell.album.add(shell.photos(*(f"{n}.jpg" for n in range(6)))).new
    for some in (ids[:1], ids[1:2], ids[2:3], ids[3:]):
        shell.bridge.remove(list(some))
    assert shell.bridge.bring_back() == 3
    assert shell.bridge.bring_back() is None


def test_what_came_back_is_kept_where_it_was_for_the_next_start(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "INTERVAL", 0.01)
    shell.start()
    ids = analysed(shell, until, "a.jpg", "b.jpg")
    shell.bridge.set_taken(ids[0], 1983)

    def kept() -> list[tuple[str, int | None]]:
        number = shell.keeper._number
        return [] if number is None else [(Path(one.path).name, one.taken) for one in shell.keeper._file.read(number)]

    until(lambda: kept() == [("a.jpg", 1983), ("b.jpg", None)])
    shell.bridge.remove([ids[0]])
    until(lambda: kept() == [("b.jpg", None)])
    shell.bridge.bring_back()
    until(lambda: kept() == [("a.jpg", 1983), ("b.jpg", None)])
    shell.bridge.remove([ids[0]])
    until(lambda: kept() == [("b.jpg", None)])
    shell.album.add(shell.photos("a.jpg"))  # added again it is a new one
    until(lambda: [name for name, _ in kept()] == ["b.jpg", "a.jpg"])


def test_the_page_hears_of_it(shell: Any, until: Until) -> None:
    shell.start()
    ids = analysed(shell, until, "a.jpg", "b.jpg")
    shell.greet()
    shell.bridge.remove([ids[0]])
    shell.bridge.bring_back()
    until(lambda: shell.events.delivered)
    page: dict[str, Any] = dict.fromkeys(ids)
    for event in shell.sent:
        if event["event"] == "removed":
            page = {photo_id: page[photo_id] for photo_id in page if photo_id not in event["ids"]}
        if event["event"] == "photos":
            page |= {photo["id"]: photo for photo in event["photos"]}
    assert set(page) == set(ids)
    assert page[ids[0]]["summary"]["status"] == "ok"


def test_what_comes_back_while_it_is_removed_is_not_forgotten(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the removal has to wait while a run of thousands is canceled."""
    shell.start()
    (photo_id,) = analysed(shell, until, "a.jpg")
    forget = shell.jobs.forget

    def back() -> None:
        shell.bridge.bring_back()
        shell.bridge.analyze([photo_id])

    coming = threading.Thread(target=back)

    def slowly(ids: Any) -> None:
        coming.start()
        coming.join(0.1)
        forget(ids)

    monkeypatch.setattr(shell.jobs, "forget", slowly)
    shell.worker.gate = threading.Event()
    first = shell.album.add(shell.photos("first.jpg")).new
    shell.jobs.analyze(first)  # so that the other one stays in the queue
    shell.bridge.remove([photo_id])
    coming.join()
    shell.worker.gate.set()
    until(lambda: shell.jobs.idle)
    assert shell.states() == ["done", "done"]
    assert [Path(path).name for _, path in shell.worker.calls] == ["a.jpg", "first.jpg", "a.jpg"]


def test_an_answer_that_comes_too_late_changes_nothing(shell: Any, until: Until) -> None:
    """The photo was removed while it was analyzed, and came back before the engine was done with it."""
    shell.worker.gate = gate = threading.Event()
    shell.start()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    shell.jobs.analyze([photo_id])
    until(lambda: "working" in shell.states())
    shell.bridge.remove([photo_id])
    shell.bridge.bring_back()
    gate.set()
    until(lambda: shell.jobs._job is None)
    assert shell.album.get(photo_id).state == "waiting"
    assert shell.jobs.analyze([photo_id]) == 1
    until(lambda: shell.states() == ["done"])
