"""Does random things to the app, including kills, and knows what it must show; `test_machines.py` runs it.

After a kill, what had been written by then must be there, in that state or a later one, and nothing twice.
"""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from io import StringIO
from pathlib import Path
from typing import Any

from app_machine import AppMachine
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from shell_double import written

from desktop.photo import Photo
from desktop.photo_index import PhotoIndex

KINDS_OF_FILES = ("a.jpg", "b.jpg", "c.jpg", "turned.jpg", "crash.jpg", "missing.jpg")
LINKS = {"link.jpg": "a.jpg", "crash link.jpg": "crash.jpg"}
FACE, OTHER_FACE = [4.0, 5.0, 20.0, 24.0], [40.0, 10.0, 16.0, 20.0]
STATES = {"waiting", "queued", "working", "done"}

names = st.lists(st.sampled_from([*KINDS_OF_FILES, *LINKS]), min_size=1, max_size=4)
which = st.integers(0, len(KINDS_OF_FILES) - 1)
people = st.sampled_from(["Ada", "Béla"])

Kept = tuple[Any, ...]
"""What is kept of a photo; () once it has been removed."""


def kept(photo: Photo) -> Kept:
    return photo.path, photo.record, photo.names, photo.taken, photo.camera, photo.corrected


class History(PhotoIndex):
    """Stands in for the album's photos, under the album's own lock, and records each version of each file's photo."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, list[Kept]] = defaultdict(list)

    def put(self, photo: Photo) -> None:
        super().put(photo)
        self.versions[photo.file].append(kept(photo))

    def pop(self, photo_id: str) -> Photo | None:
        photo = super().pop(photo_id)
        if photo is not None:
            self.versions[photo.file].append(())
        return photo


class ShellMachine(AppMachine):
    """`possible` is what each file's photo may be after a kill: as it was last written, or any later version."""

    def __init__(self) -> None:
        super().__init__()
        self.out = self.place / "out"
        self.out.mkdir()
        for name in KINDS_OF_FILES:
            if name != "missing.jpg":
                (self.photos / name).write_bytes(b"a photo, as far as the double is concerned")
        for link, target in LINKS.items():
            (self.photos / link).symlink_to(self.photos / target)
        self.exports = 0
        self.expected: dict[str, list[str]] = {}  # paths in a table, by the table's name
        self.births: dict[str, list[int | None]] = {}
        self.settled: dict[str, Kept] = {}

    @initialize()
    def begin(self) -> None:
        self.open(self.place / "run0")

    def prepare(self) -> None:
        self.history = self.shell.album._photos = History()

    @property
    def held(self) -> bool:
        """Whether the worker's current call, or its next one, is held until it is let go."""
        return self.worker.gate is not None and not self.worker.gate.is_set()

    # What a user does

    @rule(some=names, analyze=st.booleans(), hold=st.booleans())
    def add(self, some: list[str], analyze: bool, hold: bool) -> None:
        if hold:  # so that there is a queue to remove from, to cancel, to kill
            self.hold_the_worker(True)
        self.shell.intake.take([str(self.photos / name) for name in some], analyze)

    @rule(number=which, every=st.booleans())
    def analyze(self, number: int, every: bool) -> None:
        self.shell.bridge.analyze(None if every else [self.one(number)])

    @rule(call=st.sampled_from(["pause", "resume", "cancel", "cancel_export"]))
    def order(self, call: str) -> None:
        assert getattr(self.shell.bridge, call)()

    @rule(number=which, every=st.booleans())
    def remove(self, number: int, every: bool) -> None:
        self.shell.bridge.remove(None if every else [self.one(number)])

    @rule()
    def bring_back(self) -> None:
        here = self.ids()
        back = self.shell.bridge.bring_back() or 0
        assert len(self.ids()) == len(here) + back
        assert set(here) <= set(self.ids())

    @rule(number=which, name=st.none() | people)
    def name(self, number: int, name: str | None) -> None:
        self.shell.bridge.name_face(self.one(number), FACE, name)

    @rule(name=people, year=st.none() | st.integers(1950, 1955))
    def born(self, name: str, year: int | None) -> None:
        self.births.setdefault(name, [None]).append(year)
        self.shell.bridge.set_born(name, year)

    @rule(number=which, year=st.none() | st.integers(1990, 1995))
    def taken(self, number: int, year: int | None) -> None:
        self.shell.bridge.set_taken(self.one(number), year)

    @rule(number=which, call=st.sampled_from(["remove_face", "undo"]))
    def correct(self, number: int, call: str) -> None:
        getattr(self.shell.bridge, call)(self.one(number), *([FACE] if call == "remove_face" else []))

    @precondition(lambda self: not self.held)
    @rule(number=which)
    def add_face(self, number: int) -> None:
        self.shell.bridge.add_face(self.one(number), OTHER_FACE)

    @rule(kind=st.sampled_from(["csv", "json", "copies"]))
    def export(self, kind: str) -> None:
        self.exports += 1
        name = f"{self.exports}" if kind == "copies" else f"{self.exports}.{kind}"
        if kind == "copies":
            (self.out / name).mkdir()
        self.shell.chosen = [str(self.out / name)]
        # Only the machine adds and removes; what is analyzed meanwhile may or may not be in it.
        self.expected[name] = [photo.path for photo in self.shell.album.photos()]
        self.shell.bridge.export(kind, None)

    # What happens

    @rule(hold=st.booleans())
    def hold_the_worker(self, hold: bool) -> None:
        """Hold the worker's calls from now on, or let them go on."""
        assert self.worker.gate is not None
        (self.worker.gate.clear if hold else self.worker.gate.set)()

    @rule(name=st.sampled_from(KINDS_OF_FILES), how=st.sampled_from(["changes", "goes"]))
    def file(self, name: str, how: str) -> None:
        path = self.photos / name
        if how == "goes":
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(bytes(1 + (path.stat().st_size if path.exists() else 0)))

    @rule()
    def settle(self) -> None:
        self.wait_for_everything()
        self.note()

    def note(self) -> None:
        """Note that what is in the window now has been written."""
        self.settled = {photo.file: kept(photo) for photo in self.shell.album.photos()}
        self.history.versions.clear()
        now = self.shell.people.births
        self.births = {name: [now.get(name)] for name in {*self.births, *now}}

    @rule(early=st.lists(st.sampled_from([*KINDS_OF_FILES, *LINKS]), max_size=2))
    def close(self, early: list[str]) -> None:
        """Close the window and open it again."""
        self.settle()
        self.shell.close()
        self.reopen(self.shell.folder, early)

    @rule(early=st.lists(st.sampled_from([*KINDS_OF_FILES, *LINKS]), max_size=2))
    def kill(self, early: list[str]) -> None:
        left = self.left_by_a_kill()
        self.exports_are_complete()
        self.shell.close()
        self.reopen(left, early)

    def reopen(self, folder: Path, early: list[str]) -> None:
        """Start the app, perhaps add some photos, and continue the album."""
        since = self.history.versions
        possible = {file: [now, *since.get(file, [])] for file, now in self.settled.items()}
        possible |= {file: [(), *some] for file, some in since.items() if file not in possible}
        self.open(folder)
        self.shell.intake.take([str(self.photos / name) for name in early], analyze=False)
        self.until(lambda: written(self.shell) and self.shell.jobs.idle)
        here = {photo.file: photo for photo in self.shell.album.photos()}
        self.history.versions.clear()
        self.shell.continue_last()
        first = {file: versions[0] for file, versions in self.history.versions.items()}
        for file, some in possible.items():
            if file in here:
                back = first.get(file, kept(here[file]))
                assert any(is_in(back, one) for one in some), (file, back, some)
            else:
                assert first.get(file, ()) in some, (file, first.get(file), some)
        assert first.keys() <= possible.keys()
        for person in self.shell.people.known:
            assert person["born"] in self.births.get(person["name"], [None]), (person, self.births)
        assert not list((folder / "data").glob("*.unreadable"))
        self.settle()

    # What holds always

    @invariant()
    def each_file_is_one_photo(self) -> None:
        photos = self.shell.album.photos()
        assert len({os.path.realpath(photo.path) for photo in photos}) == len(photos)
        for photo in photos:
            assert photo.state in STATES
            assert photo.report is not None or photo.state != "done"

    @invariant()
    def the_run_adds_up(self) -> None:
        with self.shell.jobs._wake:
            run, states = self.shell.jobs.run, self.shell.states()
        ahead = states.count("queued") + states.count("working")
        assert run["total"] - run["done"] == ahead, (run, states)
        assert states.count("working") <= 1
        assert (run["state"] in ("running", "paused")) == (ahead > 0)

    @invariant()
    def exports_are_complete(self) -> None:
        for path in self.out.rglob("[!.]*"):
            if path.suffix == ".jpg":  # a free name is reserved by an empty file until the photo is complete
                assert path.read_bytes()[-2:] in (b"\xff\xd9", b"")
            elif path.is_file():
                assert set(paths_in(path)) <= set(self.expected[path.name])


def is_in(back: Kept, one: Kept) -> bool:
    """Whether a photo that was added before its album came back has at least what the album had of it."""
    if one == ():
        return True
    _, report, *rest = back
    _, report_then, *rest_then = one
    read = report_then is not None and report_then["status"] != "error"
    if read and (report is None or report["faces"] != report_then["faces"]):
        return False
    return rest == rest_then


def paths_in(table: Path) -> list[str]:
    """The photos of a complete table."""
    text = table.read_bytes().decode("utf-8-sig")
    if table.suffix == ".json":
        return [record["path"] for record in json.loads(text)]
    assert text.endswith("\n")
    return [row["path"] for row in csv.DictReader(StringIO(text))]
