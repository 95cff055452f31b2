"""desktop.people and its calls: who is on which face, when they were born, and when photos were taken."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import desktop_doubles
import pytest

from desktop.bridge import finish_typing
from desktop.names import LONGEST_NAME
from desktop.reports import Report
from engine.dating import FIRST_YEAR, this_year
from engine.people import Known, Person, with_years

Until = Callable[..., float]

BOX = [4.0, 5.0, 20.0, 24.0]
"""The box of the face that the worker's double finds in every photo."""


@pytest.fixture
def album(shell: Any, until: Until) -> list[str]:
    """Ids of two photos that have been analyzed, with a face each."""
    shell.start()
    shell.greet()
    ids = shell.album.add(shell.photos("a.jpg", "b.jpg")).new
    shell.jobs.analyze(ids)
    until(lambda: shell.states() == ["done", "done"])
    return list(ids)


def report(shell: Any, photo_id: str) -> dict[str, Any]:
    """As the page is sent it."""
    found: dict[str, Any] = shell.people.to_whole_json(photo_id)["report"]
    return found


def test_a_photo_of_which_nothing_is_known_has_no_further_fields(shell: Any, album: list[str]) -> None:
    assert "taken" not in report(shell, album[0])
    assert set(report(shell, album[0])["faces"][0]) & {"person", "born"} == set()


def test_a_name_and_a_birth_year_date_the_photo(shell: Any, album: list[str], until: Until) -> None:
    assert shell.bridge.name_face(album[0], BOX, "Anna") == {"state": "named"}
    assert report(shell, album[0])["faces"][0]["person"] == {"name": "Anna", "born": None, "doubt": None}
    assert report(shell, album[0])["taken"] == {"year": None, "estimate": None}
    assert shell.bridge.set_born("Anna", 1950) is True
    found = report(shell, album[0])
    plain = shell.album.get(album[0]).record
    assert found == with_years(plain, Known({1: Person("Anna", 1950)}), 0.8)  # as the command line says it
    assert found["taken"]["estimate"]["interval"][0] >= 1950
    told = {"event": "people", "people": [{"name": "Anna", "born": 1950}]}
    until(lambda: told in shell.sent)


def test_lists_have_the_names_too(shell: Any, album: list[str], until: Until) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")

    def sent() -> list[list[str]]:
        photos = [photo for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
        return [photo["summary"]["names"] for photo in photos if photo["id"] == album[0] and photo["summary"]]

    until(lambda: sent()[-1:] == [["Anna"]])
    shell.bridge.name_face(album[0], BOX, None)
    until(lambda: sent()[-1] == [])


def test_of_two_names_given_at_once_the_page_has_both(
    shell: Any, album: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[dict[str, Any]]] = []
    threads: list[threading.Thread] = []

    def state(kind: str, value: Any) -> None:
        if kind != "people":
            return
        if not threads:  # the list is made; another name comes before it is sent
            threads.append(threading.Thread(target=shell.bridge.name_face, args=(album[1], BOX, "Bob")))
            threads[0].start()
            threads[0].join(0.1)
        told.append(value)

    monkeypatch.setattr(shell.events, "state", state)
    shell.bridge.name_face(album[0], BOX, "Ann")
    threads[0].join()
    assert [[person["name"] for person in people] for people in told] == [["Ann"], ["Ann", "Bob"]]


def test_a_birth_year_holds_in_all_photos_and_sends_them_anew(shell: Any, album: list[str], until: Until) -> None:
    _, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], second, "Ben")
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "Anna")
    until(lambda: any(event["event"] == "people" for event in shell.sent))
    shell.sent.clear()
    shell.bridge.set_born("Anna", 1940)

    def sent() -> set[str]:
        photos = [photo for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
        return {photo["id"] for photo in photos if photo["summary"]["year"] is not None}

    until(lambda: sent() == set(album))


def test_a_name_is_changed_wherever_it_is_and_back(shell: Any, album: list[str]) -> None:
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "Ana")
    shell.bridge.set_born("Ana", 1950)
    shell.bridge.name_face(album[0], BOX, "Anna")
    assert shell.people.known == [{"name": "Ana", "born": 1950}, {"name": "Anna", "born": None}]
    assert shell.bridge.rename("Ana", " Anna ", album[1:]) == album[1:]
    assert [names(shell, photo_id) for photo_id in album] == [["Anna"], ["Anna"]]
    assert shell.people.known == [{"name": "Anna", "born": 1950}]
    assert shell.bridge.rename("anna", "Ana", album[1:], True) == album[1:]
    assert [names(shell, photo_id) for photo_id in album] == [["Anna"], ["Ana"]]
    assert shell.people.known[0] == {"name": "Ana", "born": 1950}


def test_nobody_gets_the_name_of_another_in_the_same_photo(shell: Any, album: list[str]) -> None:
    for box, name in zip(two_faces(shell, album[0]), ("Ana", "Anna"), strict=True):
        shell.bridge.name_face(album[0], box, name)
    assert shell.bridge.rename("Ana", "anna", album) == []
    assert names(shell, album[0]) == ["Ana", "Anna"]
    shell.bridge.set_born("Bob", 1950)  # of somebody who is in no photo any more
    assert shell.bridge.rename("Bob", "Ben", album) == []
    assert "Ben" not in shell.people.births


def test_a_renaming_is_announced_at_once_for_all_photos(
    shell: Any, album: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that all of it is kept, or nothing, however the window ends."""
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "Ana")
    told: list[list[str]] = []
    monkeypatch.setattr(shell.album, "_changed", lambda ids: told.append(list(ids)))
    assert shell.people.rename("Ana", "Anna", album) == album
    assert told == [album]


def test_a_renaming_reads_no_reports_of_photos_in_which_nobody_has_the_other_name(
    shell: Any, album: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands, and all other calls wait."""
    shell.bridge.name_face(album[0], BOX, "Ana")
    shell.events.close()  # which describes photos
    monkeypatch.delattr("desktop.reports.Report.read")
    assert shell.people.rename("Ana", "Anna", album) == album[:1]


def test_a_renaming_taken_back_gives_nobody_the_year_of_another(shell: Any, album: list[str]) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.name_face(album[1], BOX, "Ana")
    assert shell.bridge.rename("Ana", "Anna", album[1:]) == album[1:]
    assert shell.bridge.rename("Anna", "Ana", album[1:], True) == album[1:]
    assert shell.people.known == [{"name": "Ana", "born": None}, {"name": "Anna", "born": 1950}]


def test_a_year_of_the_photo_gives_birth_years(shell: Any, album: list[str]) -> None:
    assert shell.bridge.set_taken(album[0], 1970) is True
    found = report(shell, album[0])
    assert found["taken"]["year"] == 1970
    assert found["faces"][0]["born"]["interval"][1] <= 1970.5
    assert shell.bridge.set_taken(album[0], None) is True
    assert "taken" not in report(shell, album[0])
    assert shell.bridge.set_taken("p99", 1970) is False


def test_a_photo_has_a_year_before_it_is_analyzed(shell: Any, album: list[str]) -> None:
    (photo_id,) = shell.album.add(shell.photos("later.jpg")).new
    shell.bridge.set_taken(photo_id, 1970)
    assert shell.people.to_json(photo_id)["summary"] is None
    assert shell.people.to_whole_json(photo_id)["report"] is None


def test_a_name_is_taken_back(shell: Any, album: list[str]) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    assert shell.bridge.name_face(album[0], BOX, "  ") == {"state": "named"}
    assert shell.people.known == []
    assert "taken" not in report(shell, album[0])
    # Typed again, she needs no year.
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.name_face(album[0], BOX, "Anna")
    assert report(shell, album[0])["faces"][0]["person"]["born"] == 1950


def names(shell: Any, photo_id: str) -> list[str | None]:
    """Of a photo's faces."""
    return [face["person"] and face["person"]["name"] for face in report(shell, photo_id)["faces"]]


def test_a_known_name_is_known_in_other_case(shell: Any, album: list[str]) -> None:
    shell.bridge.name_face(album[0], BOX, "Oma Irmgard")
    shell.bridge.name_face(album[1], BOX, "oma irmgard")
    assert names(shell, album[1]) == ["Oma Irmgard"]
    shell.bridge.set_born("oma irmgard", 1948)  # the page may not have heard of the other case yet
    assert shell.people.known == [{"name": "Oma Irmgard", "born": 1948}]


def test_the_case_of_a_name_can_be_corrected(shell: Any, album: list[str]) -> None:
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "oma irmgard")
    shell.bridge.name_face(album[0], BOX, "Oma Irmgard")
    assert names(shell, album[0]) == ["Oma Irmgard"]
    shell.bridge.name_face(album[1], BOX, "Oma Irmgard")
    assert [one["name"] for one in shell.people.known] == ["Oma Irmgard"]


def test_a_name_corrected_in_its_case_keeps_its_birth_year(shell: Any, album: list[str]) -> None:
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "oma irmgard")
    shell.bridge.set_born("oma irmgard", 1948)
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "Oma Irmgard")
        assert report(shell, photo_id)["faces"][0]["person"]["born"] == 1948


def test_a_birth_year_changes_in_upper_and_lower_case(shell: Any, album: list[str], until: Until) -> None:
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "karl")
    shell.bridge.set_born("karl", 1950)
    shell.bridge.name_face(album[0], BOX, "Karl")
    shell.bridge.set_born("Karl", 1951)
    assert report(shell, album[1])["faces"][0]["person"] == {"name": "karl", "born": 1951, "doubt": 0.0}

    def dated() -> set[str]:
        """The photos whose year the page has."""
        photos = [photo for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
        summaries = {photo["id"]: photo["summary"] for photo in photos}
        return {photo_id for photo_id, summary in summaries.items() if summary and summary["year"] is not None}

    until(lambda: dated() == set(album))
    shell.bridge.set_born("Karl", None)
    until(lambda: dated() == set())
    shell.bridge.name_face(album[0], BOX, "karl")
    assert shell.people.known == [{"name": "karl", "born": None}]


def test_nobody_is_twice_in_a_photo_in_other_case(shell: Any, album: list[str]) -> None:
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Anna")
    assert shell.bridge.name_face(album[0], second, "ANNA") == {"state": "twice"}


def test_a_misspelled_name_hands_its_birth_year_on(shell: Any, album: list[str], until: Until) -> None:
    shell.bridge.name_face(album[0], BOX, "Onkel Karl")
    shell.bridge.set_born("Onkel Karl", 1950)
    shell.bridge.name_face(album[0], BOX, "Onkel Carl")
    assert report(shell, album[0])["faces"][0]["person"]["born"] == 1950
    told = {"event": "people", "people": [{"name": "Onkel Carl", "born": 1950}]}
    until(lambda: told in shell.sent)


def test_somebody_else_has_another_birth_year(shell: Any, album: list[str]) -> None:
    """Somebody whose name is on another face too, or who was known before, is not a misspelling."""
    for photo_id in album:
        shell.bridge.name_face(photo_id, BOX, "Karl")
    shell.bridge.set_born("Karl", 1950)
    shell.bridge.name_face(album[0], BOX, "Peter")
    assert report(shell, album[0])["faces"][0]["person"]["born"] is None
    shell.bridge.name_face(album[1], BOX, "Peter")
    assert shell.people.known == [{"name": "Peter", "born": None}]


def test_somebody_known_takes_nobodys_birth_year_over(shell: Any, album: list[str]) -> None:
    for photo_id, name in zip(album, ("Anna", "Bert"), strict=True):
        shell.bridge.name_face(photo_id, BOX, name)
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.name_face(album[0], BOX, "Bert")
    assert shell.people.known == [{"name": "Bert", "born": None}]


def two_faces(shell: Any, photo_id: str) -> list[list[float]]:
    """Give a photo a second face, right of its own."""
    now = shell.album.get(photo_id).record
    other = now["faces"][0] | {"box": [40.0, 5.0, 20.0, 24.0]}
    shell.album.update(photo_id, report=shell.album.keep({**now, "faces": [*now["faces"], other]}))
    return [BOX, other["box"]]


def test_undoing_gives_nobody_the_name_or_year_of_another(shell: Any, album: list[str]) -> None:
    """A face was removed by mistake, and its neighbour got the name."""
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Oma")
    shell.bridge.set_born("Oma", 1921)
    shell.bridge.name_face(album[0], second, "Tante")
    shell.bridge.remove_face(album[0], first)
    shell.bridge.name_face(album[0], second, "Oma")
    shell.bridge.name_face(album[0], second, "Tante", True)
    assert {"name": "Tante", "born": None} in shell.people.known
    shell.bridge.undo(album[0])
    assert names(shell, album[0]) == ["Oma", "Tante"]
    assert shell.people.births == {"Oma": 1921}


def test_undoing_brings_back_the_name_as_it_was_written(shell: Any, album: list[str]) -> None:
    for photo_id, name in zip(album, ("Anna", "Eva"), strict=True):
        shell.bridge.name_face(photo_id, BOX, "Anna")
        shell.bridge.name_face(photo_id, BOX, "anna" if name == "Anna" else name)
    shell.bridge.name_face(album[1], BOX, "Anna", True)
    assert [names(shell, photo_id) for photo_id in album] == [["anna"], ["Anna"]]


def test_undoing_moves_no_year_that_is_only_remembered(shell: Any, album: list[str]) -> None:
    for name in ("Berta", None, "Anna"):
        shell.bridge.name_face(album[0], BOX, name)
        shell.bridge.set_born("Berta", 1950)
    shell.bridge.name_face(album[0], BOX, "Berta")
    shell.bridge.name_face(album[0], BOX, "Anna", True)
    assert shell.people.known == [{"name": "Anna", "born": None}]


def test_a_removed_face_that_comes_back_has_no_name_that_another_has_by_now(shell: Any, album: list[str]) -> None:
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Anna")
    shell.bridge.remove_face(album[0], first)
    shell.bridge.name_face(album[0], second, "Anna")
    shell.bridge.undo(album[0])
    assert names(shell, album[0]) == [None, "Anna"]
    shell.bridge.name_face(album[0], second, None)
    assert names(shell, album[0]) == ["Anna", None]


def test_nobody_is_twice_in_a_photo(shell: Any, album: list[str]) -> None:
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Anna")
    assert shell.bridge.name_face(album[0], second, "Anna") == {"state": "twice"}
    assert shell.bridge.name_face(album[1], BOX, "Anna") == {"state": "named"}
    assert [face["person"] and face["person"]["name"] for face in report(shell, album[0])["faces"]] == ["Anna", None]


def test_a_face_that_is_not_there_cannot_be_named(shell: Any, album: list[str]) -> None:
    assert shell.bridge.name_face(album[0], [1.0, 2.0, 3.0, 4.0], "Anna") == {"state": "gone"}
    assert shell.bridge.name_face("p99", BOX, "Anna") == {"state": "gone"}
    assert shell.people.known == []


def test_names_stay_on_their_faces_through_corrections(shell: Any, album: list[str]) -> None:
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Anna")
    shell.bridge.name_face(album[0], second, "Ben")
    shell.bridge.remove_face(album[0], first)
    assert [face["person"]["name"] for face in report(shell, album[0])["faces"]] == ["Ben"]
    shell.bridge.undo(album[0])
    assert [face["person"]["name"] for face in report(shell, album[0])["faces"]] == ["Anna", "Ben"]


def test_a_removed_face_keeps_its_name_though_another_one_is_named_meanwhile(shell: Any, album: list[str]) -> None:
    first, second = two_faces(shell, album[0])
    shell.bridge.name_face(album[0], first, "Anna")
    shell.bridge.remove_face(album[0], first)
    shell.bridge.name_face(album[0], second, "Ben")
    shell.bridge.undo(album[0])
    assert names(shell, album[0]) == ["Anna", "Ben"]


def test_a_name_that_goes_with_its_picture_is_offered_no_more(
    shell: Any, album: list[str], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    path = shell.album.get(album[0]).path
    Path(path).write_bytes(b"another picture")
    other = desktop_doubles.record(path)
    other["faces"][0]["box"] = [40.0, 5.0, 20.0, 24.0]
    monkeypatch.setattr(desktop_doubles, "record", lambda *_, **__: other)
    shell.bridge.analyze([album[0]])
    until(lambda: shell.jobs.idle and shell.album.get(album[0]).names == ())
    until(lambda: [event["people"] for event in shell.sent if event["event"] == "people"][-1:] == [[]])


def test_names_and_years_outlast_another_analysis(shell: Any, album: list[str], until: Until) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    shell.bridge.set_taken(album[0], 1970)
    before = shell.album.get(album[0]).report
    shell.bridge.analyze([album[0]])
    until(lambda: shell.states() == ["done", "done"] and shell.album.get(album[0]).report is not before)
    found = report(shell, album[0])
    assert (found["faces"][0]["person"]["name"], found["taken"]["year"]) == ("Anna", 1970)


def test_what_stands_in_a_field_counts_when_the_window_is_closed(shell: Any, album: list[str]) -> None:
    shell.bridge.typed(2, ["name_face", album[0], BOX, "Anna"])
    shell.bridge.typed(1, ["name_face", album[0], BOX, "An"])  # an older call, in a thread that was slower
    assert shell.people.known == []
    finish_typing(shell.bridge)
    assert shell.people.known == [{"name": "Anna", "born": None}]
    shell.bridge.name_face(album[0], BOX, None)
    finish_typing(shell.bridge)  # nothing more
    assert shell.people.known == []


@pytest.mark.parametrize(("changed", "shift", "kept"), [(False, 3.0, ["Anna"]), (True, 3.0, []), (True, 0.5, ["Anna"])])
def test_a_changed_file_keeps_names_only_where_faces_are_exactly_where_they_were(
    shell: Any,
    album: list[str],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    changed: bool,
    shift: float,
    kept: list[str],
) -> None:
    """Faces of another picture are other people's, though they are in much the same places."""
    shell.bridge.name_face(album[0], BOX, "Anna")
    before = shell.album.get(album[0])
    found = desktop_doubles.record(before.path)
    found["faces"][0]["box"] = [BOX[0] + shift, *BOX[1:]]
    monkeypatch.setattr(desktop_doubles, "record", lambda *_, **__: found)
    if changed:
        Path(before.path).write_bytes(b"another picture")
    shell.bridge.analyze([album[0]])
    until(lambda: shell.jobs.idle and shell.album.get(album[0]).report is not before.report)
    assert [one.name for one in shell.album.get(album[0]).names] == kept


@pytest.mark.parametrize(
    "call", [None, ["set_taken", "p1", 19], ["set_taken", "p1", None, 1], ["name_face", "p1", BOX, "x" * 1000]]
)
def test_what_cannot_be_meant_does_not_count(shell: Any, album: list[str], call: list[Any] | None) -> None:
    shell.bridge.set_taken(album[0], 1984)
    shell.bridge.typed(1, ["set_taken", album[0], 1985])
    shell.bridge.typed(2, call)
    finish_typing(shell.bridge)
    assert shell.album.get(album[0]).taken == 1984
    assert shell.people.known == []


def test_a_disk_that_fails_under_what_stands_in_a_field_loses_nothing_else(
    shell: Any, album: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise OSError(errno.EIO, "the disk fails")

    shell.bridge.typed(1, ["name_face", album[0], BOX, "Anna"])
    monkeypatch.setattr(Report, "read", failing)
    finish_typing(shell.bridge)  # the window closes, and saves what it has after this
    assert "what stood in a field is lost" in caplog.text
    shell.bridge.typed(2, ["set_taken", album[0], 1984])
    finish_typing(shell.bridge)
    assert shell.album.get(album[0]).taken == 1984


def test_what_stood_in_a_field_of_a_page_that_is_no_more_counts(shell: Any, album: list[str]) -> None:
    shell.bridge.typed(7, ["set_taken", album[0], 1984])
    shell.greet()
    assert shell.album.get(album[0]).taken == 1984
    shell.bridge.typed(8, ["set_taken", album[0], 1985])
    shell.bridge.typed(6, ["set_taken", album[0], 1986])  # of the page before, in a thread that was slower
    finish_typing(shell.bridge)
    assert shell.album.get(album[0]).taken == 1985


def test_names_outlast_a_file_with_the_same_picture_in_another_size(
    shell: Any, album: list[str], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    larger = desktop_doubles.record(shell.album.get(album[0]).path)
    larger |= {"width": 256, "height": 192}
    larger["faces"][0]["box"] = [16.0, 20.0, 80.0, 96.0]
    monkeypatch.setattr(desktop_doubles, "record", lambda *_, **__: larger)
    shell.bridge.analyze([album[0]])
    until(lambda: shell.jobs.idle)
    assert report(shell, album[0])["faces"][0]["person"]["name"] == "Anna"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Anna", 3.5),
        ("Anna", True),
        ("Anna", "1950"),
        ("Anna", FIRST_YEAR - 101),
        ("Anna", 9999),
        (3, 1950),
        ("", 1950),
        ("x" * (LONGEST_NAME + 1), 1950),
    ],
)
def test_wrong_birth_years_are_refused(shell: Any, album: list[str], name: object, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        shell.bridge.set_born(name, value)
    assert shell.people.births == {}


def test_next_year_is_refused(shell: Any, album: list[str]) -> None:
    year = this_year() + 1  # not a parameter: in New Year's night, the processes would collect different tests
    with pytest.raises(ValueError, match="year"):
        shell.bridge.set_born("Anna", year)
    with pytest.raises(ValueError, match="year"):
        shell.bridge.set_taken(album[0], year)


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, 9999, 1970.0, "1970", False])
def test_wrong_years_of_photos_are_refused(shell: Any, album: list[str], year: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        shell.bridge.set_taken(album[0], year)
    assert shell.album.get(album[0]).taken is None


@pytest.mark.parametrize("name", ["x" * 10_000, 3, ["Anna"], {}], ids=lambda name: str(name)[:8])
def test_wrong_names_are_refused(shell: Any, album: list[str], name: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        shell.bridge.name_face(album[0], BOX, name)
    assert shell.people.known == []


def test_everything_comes_back_with_the_album(shell: Any, album: list[str], until: Until) -> None:
    from desktop.album_file import AlbumFile  # noqa: PLC0415

    shell.bridge.name_face(album[0], BOX, "Anna")
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.set_taken(album[1], 1970)
    shell.close()
    file = AlbumFile(shell.folder / "data" / "album.sqlite3")
    file.open()
    (album,) = file.albums()
    photos = list(file.read(album.id))
    assert [[one.name for one in photo.names] for photo in photos] == [["Anna"], []]
    assert [photo.taken for photo in photos] == [None, 1970]
    assert file.read_births(album.id) == {"Anna": 1950}
    file.close()
    assert json.dumps("Anna") not in json.dumps([photo.report for photo in photos])  # reports stay the contract's


def test_an_album_that_is_continued_has_its_people(tmp_path: Any, until: Until) -> None:
    from desktop_doubles import FakeWorker  # noqa: PLC0415
    from shell_double import Shell  # noqa: PLC0415

    first = Shell(tmp_path, FakeWorker()).start()
    first.greet()
    (photo_id,) = first.album.add(first.photos("a.jpg")).new
    first.jobs.analyze([photo_id])
    until(lambda: first.states() == ["done"])
    first.bridge.name_face(photo_id, BOX, "Anna")
    first.bridge.set_born("Anna", 1950)
    first.close()
    second = Shell(tmp_path, FakeWorker()).start()
    second.greet()
    until(lambda: second.keeper.kept["albums"])
    assert second.continue_last() == 1
    assert second.people.known == [{"name": "Anna", "born": 1950}]
    (photo,) = second.album.photos()
    assert second.people.to_json(photo.id)["summary"]["year"] is not None
    second.close()


def test_years_of_an_earlier_album_hold_unless_somebody_of_that_name_is_here(
    shell: Any, album: list[str], until: Until
) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    shell.bridge.name_face(album[1], BOX, "Ben")
    shell.bridge.set_born("Anna", 1950)
    shell.bridge.set_born("Ben", 1960)
    shell.bridge.name_face(album[1], BOX, None)
    shell.people.restore({"Anna": 1911, "Ben": 1912, "Cleo": 1913})
    assert shell.people.births == {"Anna": 1950, "Ben": 1912, "Cleo": 1913}
    until(lambda: any(event["event"] == "notice" and "here: Anna (1911)." in event["text"] for event in shell.sent))


def test_years_of_an_earlier_album_date_the_photos_that_are_here(shell: Any, album: list[str], until: Until) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    until(lambda: shell.events.delivered)
    shell.sent.clear()
    shell.people.restore({"Anna": 1950})
    until(lambda: shell.events.delivered)
    (sent,) = [photo for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
    assert sent["id"] == album[0]
    assert sent["summary"]["year"] is not None
    assert all(event["event"] != "notice" for event in shell.sent)


def test_a_clock_that_is_set_back_stops_nothing(
    shell: Any, album: list[str], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.bridge.name_face(album[0], BOX, "Anna")
    shell.bridge.set_born("Anna", this_year())
    shell.bridge.set_taken(album[1], this_year())
    until(lambda: shell.events.delivered)
    before = this_year() - 1
    for place in ("engine.dating", "desktop.names"):
        monkeypatch.setattr(f"{place}.this_year", lambda: before)
    shell.bridge.name_face(album[1], BOX, "Anna")
    assert report(shell, album[1])["faces"][0]["person"] == {"name": "Anna", "born": None, "doubt": None}
    assert report(shell, album[1])["taken"] == {"year": before + 1, "estimate": None}
    until(lambda: shell.events.delivered)
    assert shell.people.births == {"Anna": before + 1}  # the year is back once the clock is right


def test_a_photo_added_before_the_album_is_continued_gets_its_names(tmp_path: Any, until: Until) -> None:
    from desktop_doubles import FakeWorker  # noqa: PLC0415
    from shell_double import Shell  # noqa: PLC0415

    for turn in range(2):
        shell = Shell(tmp_path, FakeWorker()).start()
        shell.greet()
        (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
        shell.jobs.analyze([photo_id])
        until(lambda here=shell: here.states() == ["done"])
        if turn == 0:
            shell.bridge.name_face(photo_id, BOX, "Anna")
            shell.bridge.set_taken(photo_id, 1970)
        else:
            until(lambda here=shell: here.keeper.kept["albums"])
            assert shell.continue_last() == 0
            assert report(shell, photo_id)["faces"][0]["person"]["name"] == "Anna"
            assert shell.album.get(photo_id).taken == 1970
        shell.close()
