"""Does with files what people do with photos, and knows whose name is on which face; `test_machines.py` runs it.

A file holds one picture with two faces. The faces of all pictures are in nearly the same places, and all files have the
same size, so that a name would be shown on somebody else's face if it were kept where it is. A name tells on which face
of which picture it was entered, and so does a birth year.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Concatenate, ParamSpec

from app_machine import AppMachine
from desktop_doubles import FakeWorker, jpeg, record
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from desktop.names import places_on
from desktop.photo import Photo
from engine.paths import FileStamp, file_stamp
from engine.worker_messages import Outcome

P = ParamSpec("P")

PICTURES = range(10)
LANDSCAPE = 9
"""The picture without faces."""

PLACES = [f"{folder}/{number}.jpg" for folder in ("scans", "sorted") for number in range(1, 6)]
SIZE = (200, 200)
FIRST_TIME, STEP = 1_700_000_000_123_456_789, 3_000_000_019
"""Nanoseconds. No file's time is one to which a drive rounds, nor is one whole hours from another's."""

places = st.sampled_from(PLACES)
which = st.integers(0, 9)
faces = st.integers(0, 1)


def box_of(picture: int, face: int) -> tuple[float, ...]:
    """The places of different pictures overlap enough to count as one, but never nearly wholly."""
    return (10.0 + 3 * (picture % 3), 10.0 + 3 * (picture // 3) + 100 * face, 40.0, 50.0)


WHERE = {box_of(picture, face): (picture, face) for picture in range(LANDSCAPE) for face in (0, 1)}


def birth_of(name: str) -> int:
    """The first of the five birth years that are entered for a person."""
    picture, face, _ = name.split("-")
    return 1900 + 10 * int(picture) + 5 * int(face)


DISK = threading.Lock()
"""Held while files change, and while the double reads which picture a file holds."""


class Eyes(FakeWorker):
    """Sees the faces of the picture that a file holds."""

    def analyze(self, path: str, pictures: bool = False) -> Outcome:
        super().analyze(path, pictures)
        with DISK:
            if (stamp := file_stamp(path)) is None:
                return Outcome(record(path, "error", "not_found"))
            picture = picture_in(Path(path))
        size = {"width": SIZE[0], "height": SIZE[1]}
        if picture == LANDSCAPE:
            return Outcome(record(path, "no_face") | size, jpeg(), jpeg(), stamp=stamp)
        (one,) = record(path)["faces"]
        found = [{**one, "box": list(box_of(picture, face))} for face in (0, 1)]
        whole = record(path) | size | {"faces": found}
        return Outcome(whole, jpeg(), jpeg(), (jpeg(), jpeg()), stamp=stamp)


def undisturbed(change: Callable[Concatenate[NamesMachine, P], None]) -> Callable[Concatenate[NamesMachine, P], None]:
    """A change of files while which none is looked at."""

    @wraps(change)
    def alone(self: NamesMachine, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with DISK:
            change(self, *args, **kwargs)
            self.note_occupants()

    return alone


def picture_in(path: Path) -> int:
    """The picture that a file holds."""
    return path.read_bytes()[0] - ord("0")


class NamesMachine(AppMachine):
    """`named` is what was entered on each face since the album was begun or continued, as long as it must be there."""

    worker_kind = Eyes
    checks: ClassVar[Counter[str]] = Counter()
    """How often what had to be checked, in all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.times = count()
        self.occupants: dict[str, set[FileStamp | None]] = defaultdict(set)
        self.named: dict[FileStamp | None, dict[int, str | None]] = defaultdict(dict)  # by the file and the face
        self.files: dict[int, set[FileStamp | None]] = defaultdict(set)  # that have ever held a picture
        self.copied = False  # whether a file has an exact copy
        self.bin: dict[str, tuple[bytes, int]] = {}  # what was deleted, by place
        for folder in ("scans", "sorted"):
            (self.photos / folder).mkdir()
        for picture in PICTURES[:3]:
            self.write(self.photos / PLACES[picture], picture)
        self.note_occupants()

    def write(self, path: Path, picture: int, time: int | None = None) -> None:
        path.write_bytes(str(picture).encode())
        time = FIRST_TIME + STEP * next(self.times) if time is None else time
        os.utime(path, ns=(time, time))

    def note_occupants(self) -> None:
        for path in self.existing():
            self.occupants[str(path)].add(file_stamp(path))
            self.files[picture_in(path)].add(file_stamp(path))

    def existing(self) -> list[Path]:
        return sorted(path for path in self.photos.rglob("*.jpg"))

    def some_file(self, number: int) -> Path | None:
        files = self.existing()
        return files[number % len(files)] if files else None

    @initialize(named=st.integers(1, 3), patient=st.sampled_from([True, True, False]))
    def begin(self, named: int, patient: bool) -> None:
        """Begin with an album in which something is named. One who is patient waits for each analysis."""
        self.patient = patient
        self.open(self.place / "run")
        self.add_folder("scans")
        for number in range(named):
            self.name(number, 0, "A")
            self.taken(number, 0)

    # What a user does in the window

    @rule(number=which, analyze=st.just(True) | st.booleans())
    def add(self, number: int, analyze: bool) -> None:
        if path := self.some_file(number):
            self.shell.intake.take([str(path)], analyze)

    @rule(folder=st.sampled_from(["scans", "sorted", "."]))
    def add_folder(self, folder: str) -> None:
        self.shell.intake.take([str(self.photos / folder)], True)
        self.settle()

    @rule(number=which, face=faces, name=st.none() | st.sampled_from("AB"))
    def name(self, number: int, face: int, name: str | None) -> None:
        photo = self.shell.album.get(self.one(number))
        for box, (picture, place) in self.faces_of(photo).items():
            if place == face:
                whole = None if name is None else f"{picture}-{face}-{name}"
                said = self.shell.bridge.name_face(self.one(number), list(box), whole)
                if photo is not None and said["state"] == "named":
                    self.named[photo.stamp][face] = whole

    @rule(number=which, to=st.sampled_from("AB"), every=st.booleans(), undoing=st.booleans())
    def rename(self, number: int, to: str, every: bool, undoing: bool) -> None:
        """Correct somebody's name, in all photos or one."""
        if known := self.shell.people.known:
            name = known[number % len(known)]["name"]
            other = name[:-1] + to
            if other != name:
                self.shell.bridge.rename(name, other, self.ids() if every else [self.one(number)], undoing)
                # This machine does not know in which photos the name has changed.
                self.named = defaultdict(dict, {stamp: {} for stamp in self.named})

    @rule(number=which, year=st.none() | st.integers(0, 4))
    def born(self, number: int, year: int | None) -> None:
        if known := self.shell.people.known:
            name = known[number % len(known)]["name"]
            self.shell.bridge.set_born(name, None if year is None else birth_of(name) + year)

    @rule(number=which, year=st.none() | st.integers(0, 9))
    def taken(self, number: int, year: int | None) -> None:
        photo = self.shell.album.get(self.one(number))
        for picture, _ in list(self.faces_of(photo).values())[:1]:
            self.shell.bridge.set_taken(self.one(number), None if year is None else 1930 + 10 * picture + year)

    @rule(number=which, face=faces)
    def remove_face(self, number: int, face: int) -> None:
        for box, (_, place) in self.faces_of(self.shell.album.get(self.one(number))).items():
            if place == face:
                self.shell.bridge.remove_face(self.one(number), list(box))

    @rule(number=which)
    def undo(self, number: int) -> None:
        self.shell.bridge.undo(self.one(number))

    @rule(number=which, every=st.sampled_from([*7 * [False], True]))
    def remove(self, number: int, every: bool) -> None:
        for photo in self.shell.album.photos() if every else self.shell.album.some([self.one(number)]):
            self.named.pop(photo.stamp, None)
        self.shell.bridge.remove(None if every else [self.one(number)])

    @rule()
    def bring_back(self) -> None:
        self.shell.bridge.bring_back()

    @rule(number=which)
    def analyze(self, number: int) -> None:
        self.shell.bridge.analyze([self.one(number)])

    @rule(number=which)
    def continue_album(self, number: int) -> None:
        if albums := self.shell.keeper.kept["albums"]:
            self.shell.bridge.continue_album(albums[number % len(albums)]["id"])

    @rule(goes_on=st.sampled_from([True, True, True, False]))
    def close(self, goes_on: bool) -> None:
        """Close the window and open it again, mostly to continue with the same album."""
        self.settle()
        # What was set apart for files that are not here is lost.
        here = {photo.stamp for photo in self.shell.album.photos()}
        self.shell.close()
        self.open(self.shell.folder)
        self.named = defaultdict(dict, {stamp: one for stamp, one in self.named.items() if goes_on and stamp in here})
        if goes_on:
            self.continue_album(0)

    @rule()
    def kill(self) -> None:
        left = self.left_by_a_kill()
        self.shell.close()
        self.open(left)
        self.continue_album(0)
        self.named.clear()  # the last second is lost

    # What happens to the files

    @rule(number=which, place=places)
    @undisturbed
    def move(self, number: int, place: str) -> None:
        path, target = self.some_file(number), self.photos / place
        if path and not target.exists():
            path.rename(target)

    @rule(one=which, other=which)
    @undisturbed
    def swap(self, one: int, other: int) -> None:
        first, second, spare = self.some_file(one), self.some_file(other), self.photos / "spare"
        if first and second and first != second:
            first.rename(spare)
            second.rename(first)
            spare.rename(second)

    @rule(folder=st.sampled_from(["scans", "sorted"]), first=st.integers(1, 4))
    @undisturbed
    def insert(self, folder: str, first: int) -> None:
        """Make room for a scan, if there is a gap: those from `first` up to it get the next number."""
        row = [self.photos / folder / f"{number}.jpg" for number in range(first, 6)]
        gap = next((place for place, path in enumerate(row) if not path.exists()), None)
        for place in range(gap or 0, 0, -1):
            row[place - 1].rename(row[place])

    @rule(number=which, place=places, exact=st.sampled_from([*7 * [False], True]))
    @undisturbed
    def copy(self, number: int, place: str, exact: bool) -> None:
        path, target = self.some_file(number), self.photos / place
        if path and not target.exists():
            shutil.copy2(path, target)
            self.copied |= exact
            if not exact:
                self.write(target, picture_in(path))

    @rule(number=which)
    @undisturbed
    def edit(self, number: int) -> None:
        """Save the picture anew, as a program does that makes it brighter."""
        if path := self.some_file(number):
            self.write(path, picture_in(path))

    @rule(place=places, picture=st.sampled_from(PICTURES))
    @undisturbed
    def scan(self, place: str, picture: int) -> None:
        """Write a picture, perhaps over another."""
        self.write(self.photos / place, picture)

    @rule(number=which)
    @undisturbed
    def delete(self, number: int) -> None:
        if path := self.some_file(number):
            self.bin[str(path.relative_to(self.photos))] = (path.read_bytes(), path.stat().st_mtime_ns)
            path.unlink()

    @rule(number=which)
    @undisturbed
    def restore(self, number: int) -> None:
        if self.bin:
            place = sorted(self.bin)[number % len(self.bin)]
            if not (self.photos / place).exists():
                content, time = self.bin.pop(place)
                self.write(self.photos / place, content[0] - ord("0"), time)

    @precondition(lambda _: os.name != "nt")  # Windows renames no folder in which a file is open
    @rule()
    @undisturbed
    def rename_folder(self) -> None:
        """As when a drive gets another letter."""
        here, there = self.photos / "scans", self.photos / "sorted"
        spare = self.photos / "spare"
        here.rename(spare)
        there.rename(here)
        spare.rename(there)

    # What holds

    @rule()
    def settle(self) -> None:
        self.wait_for_everything()
        photos = self.shell.album.photos()
        for photo in photos:
            self.has_only_own_names(photo)
        for person in self.shell.people.known:
            assert person["born"] is None or 0 <= person["born"] - birth_of(person["name"]) < 5, person
        if self.patient and not self.copied:  # of exact copies it cannot always be told which is which
            for photo in photos:
                # One with corrections stays where it is when another picture comes to its path.
                if all(other is photo or other.stamp != photo.stamp or not other.corrected for other in photos):
                    self.has_all_names(photo)
            self.no_ghosts(photos)

    def faces_of(self, photo: Photo | None) -> dict[tuple[float, ...], tuple[int, int]]:
        """By box: which picture a photo's face belongs to, and which of its two faces it is."""
        shown: Any = None if photo is None else photo.record
        return {} if shown is None else {tuple(face["box"]): WHERE[tuple(face["box"])] for face in shown["faces"]}

    def has_only_own_names(self, photo: Photo) -> None:
        """No name is on a face, no year with a picture, for which it was not entered."""
        now = file_stamp(photo.path)
        shown = photo.record
        if shown is None or shown["status"] != "ok" or photo.newer_stamp is not None:
            return
        faces = self.faces_of(photo)
        if now is not None:
            pictures = {picture for picture, _ in faces.values()}
            assert pictures <= {picture_in(Path(photo.path))}, photo
        for place, named in places_on(shown["faces"], photo.names).items():
            picture, face = faces[tuple(shown["faces"][place]["box"])]
            self.checks["only own names"] += 1
            assert named.name.startswith(f"{picture}-{face}-"), (photo.path, picture, face, photo.names)

    def has_all_names(self, photo: Photo) -> None:
        """A photo whose picture has never been in another file has all names that were entered on its faces."""
        shown = photo.record
        faces = self.faces_of(photo)
        alone = all(self.files[picture] == {photo.stamp} for picture, _ in faces.values())
        if shown is None or not alone or file_stamp(photo.path) != photo.stamp:
            return
        named = places_on(shown["faces"], photo.names).items()
        there = {faces[tuple(shown["faces"][place]["box"])][1]: one.name for place, one in named}
        for face, name in self.named.get(photo.stamp, {}).items():
            if name is not None and face in {face for _, face in faces.values()}:
                self.checks["all names"] += 1
                assert there.get(face) == name, (photo, self.named[photo.stamp])

    def no_ghosts(self, photos: list[Photo]) -> None:
        """No photo is missing whose file is here under another path, if no other file was ever where it was."""
        there = {photo.stamp: photo for photo in photos if Path(photo.path).exists()}
        for photo in photos:
            places = [places for places in self.occupants.values() if photo.stamp in places]
            alone = all(len(stamps) == 1 for stamps in places)
            if photo.stamp is not None and alone and not Path(photo.path).exists():
                self.checks["no ghosts"] += 1
                assert photo.stamp not in there, (photo, there[photo.stamp])

    @invariant()
    def each_file_is_one_photo(self) -> None:
        if self.patient:
            self.wait_for_work()
        photos = self.shell.album.photos()
        assert len({os.path.realpath(photo.path) for photo in photos}) == len(photos)
