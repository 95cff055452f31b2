"""desktop.exports: each kind of export, what is left out and said, and everything that can go wrong with it."""

from __future__ import annotations

import csv
import json
import os
import threading
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from desktop_doubles import OTHER_SIZE, FakeWorker
from PIL import Image
from shell_double import Shell, written

from desktop import export_kinds, exports
from desktop.exports import KINDS
from desktop.pictures import promise
from engine.formats import FORMATS
from engine.version import app_version

Until = Callable[..., float]

FILES = [kind for kind in KINDS if kind != "copies"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def full(shell: Shell, until: Until) -> Shell:
    """Three photos that are analyzed: two with a face, one that is not there."""
    shell.start()
    shell.greet()
    shell.intake.take([*shell.photos("a.jpg", "b/c.jpg"), str(shell.folder / "none.jpg")], analyze=True)
    until(lambda: shell.states() == ["done"] * 3)
    return shell


def export(shell: Shell, until: Until, kind: str, target: Path, ids: list[str] | None = None) -> str:
    """Export to the end; returns the final notice."""
    before = len(shell.notices())
    shell.chosen = [str(target)]
    assert shell.bridge.export(kind, ids) > 0
    until(lambda: shell.exports.state["state"] == "idle" and len(shell.notices()) > before)
    return shell.notices()[-1]


def kind_of(shell: Shell, notice: str) -> str:
    """How the page shows a notice; a warning stays for longer."""
    return next(event["kind"] for event in shell.sent if event.get("text") == notice)


def command_line(form: str, records: list[Any]) -> str:
    stream = StringIO()
    writer = FORMATS[form](stream)
    for record in records:
        writer.add(record)
    writer.finish()
    return stream.getvalue()


# What is written


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_tables_have_the_form_of_the_command_line(full: Shell, until: Until, out: Path, kind: str) -> None:
    said = export(full, until, kind, out / f"all.{kind}")
    text = (out / f"all.{kind}").read_bytes().decode()
    assert text == command_line(kind, [photo.record for photo in full.album.photos()])
    assert said == f"Exported 2 photos to {out / f'all.{kind}'}; 1 photo could not be read."
    assert list(out.iterdir()) == [out / f"all.{kind}"]


def test_tables_can_be_read_back(full: Shell, until: Until, out: Path) -> None:
    export(full, until, "csv", out / "a.csv")
    with (out / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["path"], row["age"]) for row in rows] == [
        (photo.path, "34.2") for photo in full.album.photos() if not photo.failed
    ]
    export(full, until, "json", out / "a.json")
    assert [one["status"] for one in json.loads((out / "a.json").read_text())] == ["ok", "ok", "error"]


@pytest.mark.parametrize("kind", ["csv", "json", "report"])
def test_people_and_years_go_along_where_records_have_them(full: Shell, until: Until, out: Path, kind: str) -> None:
    """As the command line adds them; the other photos have the same fields, empty."""
    photo = full.album.photos()[0]
    assert photo.report is not None
    full.people.name_face(photo.id, photo.record["faces"][0]["box"], "=Anna <b>")
    full.people.set_born("=Anna <b>", 1940)
    ids = [photo.id] if kind == "report" else None
    export(full, until, kind, out / f"a{export_kinds.ENDINGS[kind]}", ids)  # type: ignore[index]
    text = (out / f"a{export_kinds.ENDINGS[kind]}").read_text()  # type: ignore[index]
    if kind == "json":
        first, second = json.loads(text)[:2]
        assert first["faces"][0]["person"] == {"name": "=Anna <b>", "born": 1940, "doubt": 0.0}
        assert second["taken"] == {"year": None, "estimate": None}
    elif kind == "csv":
        rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))
        assert rows[0]["name"] == "'=Anna <b>"
        assert rows[0]["taken_low"] != ""
        assert rows[-1]["taken_low"] == ""
    else:
        assert "=Anna &lt;b&gt;" in text
        assert "Taken about 19" in text
        assert "Born after" not in text
        full.album.set_taken(photo.id, 1939)
        export(full, until, kind, out / "again.html", ids)
        assert "Born after this photo was taken: check the years." in (out / "again.html").read_text()


def test_copies_go_into_the_folder_and_overwrite_nothing(full: Shell, until: Until, out: Path) -> None:
    (out / "a.jpg").write_text("somebody's")
    said = export(full, until, "copies", out)
    assert sorted(path.name for path in out.iterdir()) == ["a-2.jpg", "a.jpg", "c.jpg"]
    assert (out / "a.jpg").read_text() == "somebody's"
    assert Image.open(out / "c.jpg").size == (64, 48)
    assert said == f"Exported 2 photos to {out}; 1 photo could not be read."
    assert Path(full.album.photos()[0].path).read_bytes() == b"a photo, as far as the double is concerned"


def test_copies_show_the_faces_that_the_user_left(full: Shell, until: Until, out: Path) -> None:
    first, *_ = full.album.photos()
    assert first.report is not None
    full.bridge.remove_face(first.id, first.record["faces"][0]["box"])
    export(full, until, "copies", out, [first.id])
    assert full.worker.asked["faces"] == []


class Page(HTMLParser):
    """Elements of a report: (tag, attributes), and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_report_has_everything_in_it(full: Shell, until: Until, out: Path) -> None:
    days = {date.today()}
    said = export(full, until, "report", out / "r.html")
    days.add(date.today())  # midnight may have passed
    page = Page((out / "r.html").read_text(encoding="utf-8"))
    words = " ".join(" ".join(page.words).split())
    assert len(page.all("article")) == 3
    assert len(page.all("image")) == 2
    assert len(page.all("img")) == 2
    for expected in ("a.jpg", "c.jpg", "28 to 41", "in 8 of 10 cases", "made up: not_found", "double 0"):
        assert expected in words
    assert "Not for age verification" in words
    assert any(f"{day:%Y-%m-%d}" in words for day in days)
    pictures = [one["href"] for one in page.all("image")] + [one["src"] for one in page.all("img")]
    assert all((address or "").startswith("data:image/jpeg;base64,") for address in pictures)
    assert said == f"Exported 2 photos to {out / 'r.html'}; 1 photo could not be read."


def test_the_report_has_no_script_and_a_strict_policy(full: Shell, until: Until, out: Path) -> None:
    export(full, until, "report", out / "r.html")
    page = Page((out / "r.html").read_text(encoding="utf-8"))
    (policy,) = [one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert {"script", "link", "iframe", "object", "a", "form"} & {tag for tag, _ in page.elements} == set()
    assert [one for _, one in page.elements if "style" in one or any(name.startswith("on") for name in one)] == []


@pytest.mark.skipif(os.name != "posix", reason="such names are POSIX's")
@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)<x>.jpg",
        '"><img src=x onerror=alert(1)>.jpg',
        "a\u202egpj.exe.jpg",
        "'&amp;\n.jpg",
        "\udcff.jpg",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names(shell: Shell, until: Until, out: Path, kind: str, name: str) -> None:
    shell.start()
    shell.greet()
    shell.intake.take(shell.photos(name.replace("/", "_")), analyze=True)
    until(lambda: shell.states() == ["done"])
    ending = export_kinds.ENDINGS.get(kind, "")  # type: ignore[call-overload]
    export(shell, until, kind, out / f"a{ending}" if ending else out)
    if kind == "report":
        text = (out / "a.html").read_text(encoding="utf-8")
        page = Page(text)
        assert len(page.all("img")) == 1
        assert len(page.all("script")) == 0
        assert not any("onerror" in one for _, one in page.elements)
        assert "\u202e" not in text
        assert name.replace("\u202e", "\ufffd").replace("\udcff", "\ufffd").replace("\n", "\ufffd") in page.words
    elif kind == "csv":
        rows = list(csv.DictReader(StringIO((out / "a.csv").read_text("utf-8-sig"), newline="")))
        assert len(rows) == 1
    elif kind == "json":
        assert json.loads((out / "a.json").read_text())[0]["path"] == shell.album.photos()[0].path
    else:
        assert [path.name for path in out.iterdir()] == [name]


def test_pictures_that_were_never_made_are_made_for_the_report(full: Shell, until: Until, out: Path) -> None:
    """As after an album was brought back. A photo whose file is gone has none, and the report says so."""
    for photo in full.album.photos()[:2]:
        promised = promise(photo.id, 1)
        full.album.update(photo.id, pictures=promised)
    Path(full.album.photos()[1].path).unlink()
    full.worker.calls.clear()
    export(full, until, "report", out / "r.html")
    page = Page((out / "r.html").read_text())
    assert [kind for kind, _ in full.worker.calls] == ["preview", "preview"]
    assert len(page.all("image")) == len(page.all("img")) == 1
    assert "There is no preview of this photo." in page.words


def test_of_a_photo_that_has_changed_the_report_has_no_pictures_made_now(full: Shell, until: Until, out: Path) -> None:
    """They would show other faces than the ages belong to."""
    first, second, _ = full.album.photos()
    for photo in (first, second):
        full.album.update(photo.id, pictures=promise(photo.id, 1))
    Path(first.path).write_bytes(b"another photo")
    said = export(full, until, "report", out / "r.html", [first.id, second.id])
    changed = "1 photo has changed since its analysis: the report has its earlier ages"
    assert said == f"Exported 2 photos to {out / 'r.html'}; {changed}."
    assert len(Page((out / "r.html").read_text()).all("img")) == 1


def test_a_report_says_of_how_many_photos_it_lacks_pictures_because_they_were_removed_meanwhile(
    full: Shell, until: Until, out: Path
) -> None:
    """It has their ages."""
    ids = [photo.id for photo in full.album.photos()[:2]]
    for photo_id in ids:
        full.album.update(photo_id, pictures=promise(photo_id, 1))
    full.worker.gate = threading.Event()
    full.chosen = [str(out / "r.html")]
    full.bridge.export("report", ids)
    until(lambda: full.worker.calls[-1][0] == "preview")
    full.bridge.remove(None)
    full.worker.gate.set()
    until(lambda: full.exports.state["state"] == "idle")
    gone = "2 photos had been removed from the window in the meantime"
    until(lambda: full.notices()[-1:] == [f"Exported 2 photos to {out / 'r.html'}; {gone}."])
    assert len(Page((out / "r.html").read_text()).all("article")) == 2


# What is asked and said


def test_a_name_with_the_date_is_proposed(full: Shell, until: Until, out: Path) -> None:
    for kind, ending in (("report", ".html"), ("csv", ".csv"), ("json", ".json")):
        days = {date.today().isoformat()}
        export(full, until, kind, out / f"x{ending}")
        days.add(date.today().isoformat())  # midnight may have passed
        assert full.proposed[-1] in {f"Agelens {day}{ending}" for day in days}


def test_a_name_without_its_ending_gets_it_and_replaces_nothing(full: Shell, until: Until, out: Path) -> None:
    (out / "mine.csv").write_text("somebody's")
    assert "mine-2.csv" in export(full, until, "csv", out / "mine")
    assert (out / "mine.csv").read_text() == "somebody's"
    assert (out / "mine-2.csv").exists()


def test_the_file_that_the_dialog_asked_about_is_replaced(full: Shell, until: Until, out: Path) -> None:
    (out / "mine.CSV").write_text("old")
    export(full, until, "csv", out / "mine.CSV")
    assert "34.2" in (out / "mine.CSV").read_text()


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_photos_that_all_failed_is_told_as_what_it_is(
    full: Shell, until: Until, out: Path, kind: str
) -> None:
    """It is written, with what was wrong, and replaces what was there before."""
    target = out / f"a{export_kinds.ENDINGS[kind]}"
    target.write_text("before")
    said = export(full, until, kind, target, [full.album.photos()[2].id])
    assert said == f"Exported 0 photos to {target}; 1 photo could not be read."
    assert target.read_text() != "before"


def test_where_to_is_looked_up_once_whatever_the_number_of_photos(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, look = [], exports.file_key
    monkeypatch.setattr(exports, "file_key", lambda path: looked.append(path) or look(path))  # type: ignore[func-returns-value]
    export(full, until, "csv", out / "a.csv")
    assert looked == [out / "a.csv"]


@pytest.mark.parametrize("lower", [False, True])
def test_an_export_onto_one_of_the_photos_is_refused(
    shell: Shell, until: Until, monkeypatch: pytest.MonkeyPatch, lower: bool
) -> None:
    if lower:  # as Windows, for which "Odd.csv" and "odd.CSV" are one file
        monkeypatch.setattr(os.path, "normcase", str.lower)
    shell.start()
    shell.greet()
    (photo,) = shell.photos("Odd.csv")
    shell.intake.take([photo], analyze=True)
    until(lambda: shell.states() == ["done"])
    shell.chosen = [photo]
    assert shell.bridge.export("csv", None) == 0
    until(lambda: f"{photo} is one of the photos: choose another name." in shell.notices())
    assert Path(photo).read_bytes() == b"a photo, as far as the double is concerned"


def test_only_the_photos_asked_for_in_their_order(full: Shell, until: Until, out: Path) -> None:
    ids = [photo.id for photo in full.album.photos()]
    said = export(full, until, "json", out / "a.json", [ids[1], ids[0], ids[1], "p999"])
    paths = [Path(one["path"]).name for one in json.loads((out / "a.json").read_text())]
    assert paths == ["c.jpg", "a.jpg"]
    assert said == f"Exported 2 photos to {out / 'a.json'}."


def test_photos_that_are_not_analysed_are_left_out_and_told(full: Shell, until: Until, out: Path) -> None:
    full.intake.take(full.photos("later.jpg", "latest.jpg"), analyze=False)
    said = export(full, until, "csv", out / "a.csv")
    assert said.endswith("1 photo could not be read; 2 photos are not analyzed yet and were left out.")


@pytest.mark.parametrize(("number", "kind"), [(2, "info"), (3, "warning")])
def test_what_an_export_has_written_can_be_looked_up(
    full: Shell, until: Until, out: Path, number: int, kind: str
) -> None:
    """By a user who was away when it was told. It is told for longer if something was left out."""
    said = export(full, until, "csv", out / "a.csv", [photo.id for photo in full.album.photos()][:number])
    assert full.exports.state["result"] == said
    assert kind_of(full, said) == kind


def test_nothing_to_export_is_told_before_a_dialog(shell: Shell, until: Until) -> None:
    shell.start()
    shell.greet()
    shell.chosen = ["never used"]
    assert shell.bridge.export("csv", None) == 0
    until(lambda: "There is nothing to export yet: no photo has been analyzed." in shell.notices())
    shell.intake.take(shell.photos("a.jpg"), analyze=False)
    assert shell.bridge.export("csv", None) == 0
    until(lambda: "There is nothing to export yet: 1 photo is not analyzed yet." in shell.notices())
    assert shell.proposed == []


def test_a_dialog_that_is_cancelled_exports_nothing(full: Shell) -> None:
    assert full.bridge.export("csv", None) == 0
    assert full.exports.state == {"state": "idle", "done": 0, "total": 0, "result": None}


@pytest.mark.parametrize(
    ("kind", "ids"), [("docx", None), (None, None), (3, None), ("csv", "p1"), ("csv", [3]), ("csv", ["x" * 40])]
)
def test_wrong_arguments_are_refused(full: Shell, kind: object, ids: object) -> None:
    full.chosen = ["never used"]
    with pytest.raises((TypeError, ValueError)):
        full.bridge.export(kind, ids)
    assert full.proposed == []


# What goes wrong


def test_one_export_at_a_time(full: Shell, until: Until, out: Path) -> None:
    full.worker.gate = threading.Event()
    full.chosen = [str(out)]
    assert full.bridge.export("copies", None) == 3
    assert full.bridge.export("copies", None) == 0
    full.worker.gate.set()
    until(lambda: full.exports.state["state"] == "idle")
    assert len(list(out.iterdir())) == 2


def test_progress_is_told_and_a_cancelled_export_ends_at_once(full: Shell, until: Until, out: Path) -> None:
    """Even while the engine is busy with one of its photos. What is complete stays, and is reported."""
    full.chosen = [str(out)]
    real = full.worker.annotate
    gate = threading.Event()

    def slow(path: str, record: Any) -> Any:
        if path.endswith("c.jpg"):
            gate.wait()
        return real(path, record)

    full.worker.annotate = slow  # type: ignore[method-assign]
    full.bridge.export("copies", None)
    running = {"event": "export", "export": {"state": "running", "done": 1, "total": 3, "result": None}}
    until(lambda: running in full.sent)
    full.bridge.cancel_export()
    until(lambda: full.exports.state["state"] == "idle")
    gate.set()
    until(lambda: full.events.delivered)
    assert full.notices()[-1] == f"The export was canceled. Before that, 1 of 3 photos had been copied to {out}."
    assert [path.name for path in out.iterdir()] == ["a.jpg"]
    told = [event["export"]["state"] for event in full.sent if event["event"] == "export"]
    assert told[-1] == "idle"


@pytest.mark.parametrize("kind", FILES)
def test_a_cancelled_file_leaves_nothing(
    full: Shell, until: Until, out: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = full.exports._step

    def step(job: Any, more: int) -> None:
        if job.done + more == 2:
            full.bridge.cancel_export()
        real(job, more)

    monkeypatch.setattr(full.exports, "_step", step)
    ending = export_kinds.ENDINGS[kind]  # type: ignore[index]
    (out / f"a{ending}").write_text("old")
    said = export(full, until, kind, out / f"a{ending}")
    assert said == "The export was canceled. Nothing was written."
    assert kind_of(full, said) == "info"
    assert [path.read_text() for path in out.iterdir()] == ["old"]


@pytest.mark.parametrize("kind", FILES)
def test_a_full_disk(full: Shell, until: Until, out: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    until(lambda: written(full))  # the kept album is not what this test is about
    monkeypatch.setattr(os, "fsync", no_space)
    said = export(full, until, kind, out / f"a{export_kinds.ENDINGS[kind]}")  # type: ignore[index]
    assert said == "The export failed: the disk is full. Nothing was written."
    assert kind_of(full, said) == "warning"
    assert list(out.iterdir()) == []


def test_a_disk_that_becomes_full_between_two_copies(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = export_kinds.write_new

    def write(folder: Path, stem: str, ending: str, content: bytes) -> None:
        if stem == "c":
            raise OSError(28, "No space left on device")
        real(folder, stem, ending, content)

    monkeypatch.setattr(export_kinds, "write_new", write)
    said = export(full, until, "copies", out)
    assert said == (f"The export failed: the disk is full. Before that, 1 of 3 photos had been copied to {out}.")


def test_what_nobody_expected_is_told_too(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_kinds, "write_new", Mock(side_effect=KeyError("?")))
    said = export(full, until, "copies", out)
    assert said == "The export failed (KeyError). Nothing was written."
    assert kind_of(full, said) == "warning"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_may_not_be_written_to(full: Shell, until: Until, out: Path, kind: str) -> None:
    out.chmod(0o500)
    said = export(full, until, kind, out / f"a{export_kinds.ENDINGS.get(kind, '')}")  # type: ignore[call-overload]
    assert "no permission to write" in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_of_the_system_is_told(
    full: Shell, until: Until, out: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Any, *rest: Any, **named: Any) -> int:
        if str(path).startswith(str(out)):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    ending = export_kinds.ENDINGS.get(kind, "")  # type: ignore[call-overload]
    said = export(full, until, kind, out / f"a{ending}" if ending else out)
    assert said == "The export failed: no permission to write to the folder or the file. Nothing was written."


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_has_vanished(full: Shell, until: Until, out: Path, kind: str) -> None:
    ending = export_kinds.ENDINGS.get(kind, "")  # type: ignore[call-overload]
    said = export(full, until, kind, out / "gone" / f"a{ending}" if ending else out / "gone")
    assert said == "The export failed: the folder is no longer there. Nothing was written."


def test_photos_that_are_gone_meanwhile_cost_their_own_copies(full: Shell, until: Until, out: Path) -> None:
    first, second, _ = full.album.photos()
    Path(first.path).unlink()
    assert export(full, until, "copies", out) == f"Exported 1 photo to {out}; 2 photos could not be read."
    said = export(full, until, "copies", out, [first.id])
    assert said == "Nothing was exported: made up: not_found"
    full.worker.gate = threading.Event()
    full.chosen = [str(out)]
    full.bridge.export("copies", [second.id])
    until(lambda: full.worker.calls[-1] == ("annotate", second.path))
    full.bridge.remove([second.id])
    until(lambda: full.exports.state["state"] == "idle")
    full.worker.gate.set()
    until(
        lambda: full.notices()[-1] == "Nothing was exported: 1 photo had been removed from the window in the meantime."
    )


def test_of_a_photo_that_has_changed_there_is_no_copy(full: Shell, until: Until, out: Path) -> None:
    """The faces are not where they were."""
    first, second, _ = full.album.photos()
    os.utime(first.path, ns=(1, 1))
    assert export(full, until, "copies", out, [first.id, second.id]).endswith(
        "1 photo has changed since its analysis and was left out: analyze it again."
    )
    said = export(full, until, "copies", out, [first.id])
    assert said == "Nothing was exported: The photo has changed since it was analyzed. Analyze it again."


def test_corrected_faces_are_exported_though_their_file_was_touched(full: Shell, until: Until, out: Path) -> None:
    first, second, _ = full.album.photos()
    for photo in (first, second):
        assert full.bridge.remove_face(photo.id, photo.record["faces"][0]["box"])
        full.album.update(photo.id, pictures=promise(photo.id))
    Path(first.path).write_bytes(b"the same picture with a tag")
    Path(second.path).write_bytes(OTHER_SIZE)
    for kind, target, what in (
        ("copies", out, " and was left out: analyze it again"),
        ("report", out / "r.html", ": the report has its earlier ages"),
    ):
        said = export(full, until, kind, target, [first.id, second.id])
        assert said.endswith(f"; 1 photo has changed since its analysis{what}."), said
    assert len(Page((out / "r.html").read_text()).all("image")) == 1


def test_a_crash_of_the_engine_costs_one_copy(shell: Shell, until: Until, out: Path) -> None:
    shell.start()
    shell.greet()
    paths = shell.photos("a.jpg", "will crash.jpg", "b.jpg")
    shell.intake.take(paths, analyze=True)
    until(lambda: shell.states() == ["done"] * 3)
    assert "1 photo could not be read" in export(shell, until, "copies", out)
    assert sorted(path.name for path in out.iterdir()) == ["a.jpg", "b.jpg"]


def test_an_engine_that_cannot_work_is_told_and_tables_need_none(
    tmp_path: Path, full: Shell, until: Until, out: Path
) -> None:
    def dies(*_: object) -> Any:
        raise RuntimeError("The model is damaged.")

    full.worker.annotate = dies  # type: ignore[method-assign]
    full.worker.fails = "The model is damaged."
    said = export(full, until, "copies", out)
    assert said == "The export failed: The model is damaged. Nothing was written."
    assert kind_of(full, said) == "warning"
    assert "Exported 2 photos" in export(full, until, "csv", out / "a.csv")


def test_the_windows_end_cancels_an_export_and_leaves_nothing(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CLOSING", 60.0)
    for photo in full.album.photos()[:2]:
        full.album.update(photo.id, pictures=promise(photo.id, 1))
    full.worker.gate = threading.Event()
    full.chosen = [str(out / "r.html")]
    full.bridge.export("report", None)
    until(lambda: list(out.iterdir()) != [])
    full.exports.close()
    assert list(out.iterdir()) == []
    full.worker.gate.set()


def test_a_cancel_in_the_moment_before_a_question_is_heard(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = full.album.photos()[0]
    full.album.update(photo.id, pictures=promise(photo.id, 1))
    full.worker.gate = threading.Event()
    ask = full.jobs.ask

    def ask_late(*arguments: Any, **options: Any) -> Any:
        full.exports.cancel()
        return ask(*arguments, **options)

    monkeypatch.setattr(full.jobs, "ask", ask_late)
    full.chosen = [str(out / "r.html")]
    full.bridge.export("report", None)
    until(lambda: full.exports.state["state"] == "idle")
    assert list(out.iterdir()) == []
    full.worker.gate.set()


def test_a_cancel_that_comes_late_does_not_reach_the_next_export(
    full: Shell, until: Until, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = full.album.photos()[0]
    drop, late = full.jobs.drop, []
    full.chosen = [str(out / "r.html")]

    def begin() -> None:
        full.album.update(photo.id, pictures=promise(photo.id, 1))
        full.worker.gate = threading.Event()
        full.bridge.export("report", None)
        until(lambda: full.jobs._job is not None)

    begin()
    with monkeypatch.context() as stalled:
        stalled.setattr(full.jobs, "drop", late.append)
        full.exports.cancel()
    full.worker.gate.set()
    until(lambda: full.exports.state["state"] == "idle")
    begin()
    drop(late[0])
    full.worker.gate.set()
    until(lambda: full.exports.state["state"] == "idle")
    result = full.exports.state["result"]
    assert result.startswith("Exported")
    assert "removed" not in result


def test_an_export_and_a_run_take_turns(shell: Shell, until: Until, out: Path, worker: FakeWorker) -> None:
    shell.start()
    shell.greet()
    paths = shell.photos(*(f"{n}.jpg" for n in range(12)))
    shell.intake.take(paths[:6], analyze=True)
    until(lambda: shell.states() == ["done"] * 6)
    worker.calls.clear()
    worker.gate = threading.Event()
    shell.intake.take(paths[6:], analyze=True)
    until(lambda: worker.calls)
    shell.chosen = [str(out)]
    shell.bridge.export("copies", [photo.id for photo in shell.album.photos()[:6]])
    until(lambda: shell.jobs._questions)
    worker.gate.set()
    until(lambda: shell.exports.state["state"] == "idle" and shell.jobs.idle)
    kinds = [kind for kind, _ in worker.calls]
    assert sorted(kinds) == ["analyze"] * 6 + ["annotate"] * 6
    assert kinds[1] == "annotate", kinds  # the export does not wait for the run's end
    # Nor the run for the export's: a waiting analysis comes after every copy. (What an export needs to write a copy
    # may take longer than an analysis, so there may be several between two copies.)
    last = max(place for place, kind in enumerate(kinds) if kind == "analyze")
    assert "annotate annotate annotate" not in " ".join(kinds[:last]), kinds


def test_a_paused_run_does_not_hold_an_export_up(full: Shell, until: Until, out: Path) -> None:
    full.worker.gate = threading.Event()
    full.intake.take(full.photos("later 1.jpg", "later 2.jpg"), analyze=True)
    until(lambda: full.worker.calls[-1][1].endswith("later 1.jpg"))
    full.bridge.pause()
    full.worker.gate.set()
    until(lambda: full.jobs.run["state"] == "paused" and full.states().count("done") == 4)
    export(full, until, "copies", out, [full.album.photos()[0].id])
    assert [path.name for path in out.iterdir()] == ["a.jpg"]


# The clipboard


def test_the_ages_of_a_photo_as_text(full: Shell) -> None:
    photo = full.album.photos()[0]
    assert photo.report is not None
    face = photo.record["faces"][0]
    right = {**face, "box": [40.0, 5.0, 20.0, 24.0], "age": {**face["age"], "mean": 61.0}, "warnings": ["blurred"]}
    full.album.update(photo.id, report=full.album.keep({**photo.record, "faces": [right, face]}))
    assert full.bridge.copy_text(photo.id) is True
    lines = full.copied[0].splitlines()
    assert lines[0] == "a.jpg: 2 faces"
    assert lines[1] == "  face 1: 34 years, 28 to 41 in 8 of 10 cases"
    assert lines[2] == "  face 2: 61 years, 28 to 41 in 8 of 10 cases; the face is blurred or hardly visible"
    assert "Not for age verification" in lines[3]
    assert lines[4:] == [f"Agelens {app_version()} · age model double 0"]


def test_what_is_not_analysed_has_no_text(shell: Shell) -> None:
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    assert shell.bridge.copy_text(photo_id) is False
    assert shell.bridge.copy_text("p999") is False
    with pytest.raises(TypeError):
        shell.bridge.copy_text(3)
    assert shell.copied == []


def test_a_report_of_many_photos_needs_little_memory(full: Shell, until: Until, out: Path) -> None:
    import tracemalloc  # noqa: PLC0415

    ids = [photo.id for photo in full.album.photos()[:2]]
    crop = BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(crop, "JPEG", quality=95)
    full.pictures.read = lambda _: crop.getvalue()  # type: ignore[method-assign]
    photos = [full.album.get(photo_id) for photo_id in ids] * 300
    full.exports._choice = lambda _: (photos, 0)  # type: ignore[assignment, method-assign]
    tracemalloc.start()
    try:
        export(full, until, "report", out / "r.html")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (out / "r.html").stat().st_size > 40_000_000
    assert peak < 10_000_000
