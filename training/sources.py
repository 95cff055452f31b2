"""Photo collections as their authors publish them: where the photos are and what is known about each.

Every reader gives the same: labels, and a function that reads the photo's bytes. Collections without their own splits
are split by `split_of` on what must stay together: a person if people are known, else the photo.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One photo's labels.

    `sex` and `label` are for measuring bias, `label` also for a gate that goes by people (`training.gate.fit_people`);
    both may be empty. `group` names photos that must share a split (one person's, near-duplicates). Only `unique`
    photos are measured on.
    """

    name: str
    age: int
    sex: str = ""
    label: str = ""
    split: str = "train"
    group: str = ""
    unique: bool = True


@dataclass(frozen=True)
class Photo:
    """A photo that has not been read yet.

    Attributes:
        row: its labels.
        read: gives the file's content, or raises OSError.
        aligned: whether it is already a chip in UTKFace's geometry, and not a whole photo.
    """

    row: Row
    read: Callable[[], bytes]
    aligned: bool = False


SEXES = {"0": "male", "1": "female"}
LABELS = {"0": "White", "1": "Black", "2": "Asian", "3": "Indian", "4": "other"}
SPLITS = ("train", "val", "test")
_CHIP = ".chip.jpg"
"""Ending of a chip's file name in UTKFace as published."""

OLDEST = 122
"""The greatest age ever documented, in years: a higher label is an error."""


def split_of(group: str) -> str:
    """The split of a group of photos: 80 % train, 10 % val, 10 % test, by its name alone, so that it never changes."""
    number = int.from_bytes(hashlib.sha256(group.encode(errors="surrogateescape")).digest()[:4], "big") % 10
    return "test" if number == 9 else "val" if number == 8 else "train"


def _as_text(name: str) -> str:
    """A file's name for a table, even if it is invalid in this system's encoding."""
    return os.fsencode(name).decode("utf-8", "replace")


def _open_tar(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except tarfile.TarError as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    try:
        yield from archive
    except tarfile.TarError as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _shard_lines(path: Path) -> Iterator[dict[str, str]]:
    needed = {"name", "shard", "age", "split", "group"}
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        _demand(path, lines, needed)
        for line in lines:
            if not all(line[name] for name in needed - {"group"}) or not line["age"].isdecimal():
                raise ValueError(f"{path}, line {lines.line_num}: something is missing, or the age is no whole number")
            if int(line["age"]) > OLDEST:
                raise ValueError(f"{path}, line {lines.line_num}: {line['age']} is not an age in years")
            _check_split(f"{path}, line {lines.line_num}", line["split"])
            yield line


def _demand(path: Path, lines: csv.DictReader[str], columns: set[str]) -> None:
    if missing := columns - set(lines.fieldnames or ()):
        found = ", ".join(lines.fieldnames or ()) or "none at all"
        raise ValueError(f"{path}: there is no column {' and no column '.join(sorted(missing))}, but {found}")


def _check_split(where: str, split: str) -> None:
    if split not in SPLITS:
        raise ValueError(f"{where}: the split is train, val or test, not {split}")


def straddling(rows: Iterable[Row]) -> set[str]:
    """Groups of photos that lie in more than one split."""
    seen: dict[str, str] = {}
    return {row.group for row in rows if row.group and seen.setdefault(row.group, row.split) != row.split}


def check_groups(source: Path, rows: Iterable[Row]) -> None:
    """Check that no group of photos lies in more than one split.

    Raises:
        ValueError: one does.
    """
    if both := straddling(rows):
        raise ValueError(f"{source}: groups of photos straddle two splits, {', '.join(sorted(both)[:3])} among them")


def read_shards(folder: Path) -> Iterator[Photo]:
    """A folder with `labels.csv` and tar shards, shard by shard in the order of the archive.

    Columns: name, shard, age, gender (0 male, 1 female), split, group (of near-duplicates), and, if known, race and
    unique. A photo must be read before the next one is requested.
    """
    table = {(line["shard"], line["name"]): line for line in _shard_lines(folder / "labels.csv")}
    for shard in sorted({shard for shard, _ in table}):
        missing = {name for of, name in table if of == shard}
        with _open_tar(folder / shard) as archive:
            for member in _members(archive, folder / shard):
                line = table.get((shard, member.name))
                if line is None:
                    continue
                missing.discard(member.name)
                row = Row(
                    name=line["name"],
                    age=int(line["age"]),
                    sex=SEXES.get(line.get("gender", ""), ""),
                    label=LABELS.get(line.get("race", ""), ""),
                    split=line["split"],
                    group=line["group"],
                    unique=line.get("unique", "1") == "1",
                )

                def read(
                    archive: tarfile.TarFile = archive, member: tarfile.TarInfo = member, path: Path = folder / shard
                ) -> bytes:
                    try:
                        content = archive.extractfile(member)
                        return content.read() if content else b""
                    except tarfile.TarError as error:
                        raise ValueError(f"{path} is damaged: {error}") from error

                yield Photo(row, read, aligned=True)
        if missing:
            raise ValueError(f"{folder / shard} lacks {len(missing)} photos of labels.csv, {min(missing)} among them")


def _from_names(
    folder: Path,
    pattern: str,
    describe: Callable[[re.Match[str]], tuple[int, str, str, str]],
    grouped: bool = True,
) -> Iterator[Photo]:
    """Photos below `folder` whose names have all labels; what is left out is reported on the terminal.

    Args:
        pattern: a photo's whole file name must match it.
        describe: (age, sex, label, group) of a match.
        grouped: whether a group is one person or one picture; if not, its photos only share a split.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() == ".jpg")
    chips = {path.name.removesuffix(_CHIP) for path in paths if path.name.endswith(_CHIP)}
    nameless, twice = [], []
    for path in paths:
        found = re.fullmatch(pattern, path.name)
        if found is None or (described := describe(found))[0] > OLDEST:
            nameless.append(path.name)
        elif path.name in chips:
            twice.append(path.name)
        else:
            age, sex, label, group = described
            name = path.relative_to(folder).as_posix()
            row = Row(_as_text(name), age, sex, label, split_of(group), _as_text(group) if grouped else "")
            yield Photo(row, path.read_bytes, aligned=name.endswith(_CHIP))
    _report(folder, "photos whose name tells no age", nameless)
    _report(folder, "photos that are there as chips as well", twice)


def _report(source: Path, what: str, names: Sequence[str]) -> None:
    if names:
        text = f"{source}: {len(names)} {what} are left out, {_as_text(names[0])} among them"
        print(text, file=sys.stderr, flush=True)


def read_utkface(folder: Path) -> Iterator[Photo]:
    """UTKFace as its authors publish it: `age_gender_race_date.jpg` or `....jpg.chip.jpg` (Zhang et al., CVPR 2017).

    The chips among them are taken as they are, whole photos are aligned. Who is in a photo is not known. The split goes
    by the date, which strangers may share, so it is not a group; `training.data.prepare` groups near-duplicates.
    """
    return _from_names(
        folder,
        r"(\d{1,3})_([01])_([0-4])_(\d+)\.jpg(\.chip\.jpg)?",
        lambda m: (int(m[1]), SEXES[m[2]], LABELS[m[3]], m[4]),
        grouped=False,
    )


def read_cacd(folder: Path) -> Iterator[Photo]:
    """CACD2000: `age_First_Last_number.jpg`, grouped by person (Chen, Chen and Hsu, ECCV 2014)."""
    return _from_names(folder, r"(\d{1,3})_(.+)_(\d+)\.jpg", lambda m: (int(m[1]), "", "", m[2]))


def read_fgnet(folder: Path) -> Iterator[Photo]:
    """FG-NET: person, `A`, age and sometimes a letter, `001A43b.JPG` (Lanitis, Taylor and Cootes, TPAMI 2002)."""
    return _from_names(folder, r"(?i)(\d{3})A(\d{2})[a-z]?\.jpg", lambda m: (int(m[2]), "", "", m[1]))


def read_table(path: Path) -> Iterator[Photo]:
    """Any photos: a CSV file with the columns path (relative to the file) and age, which is rounded down to years.

    Optional columns: sex, label, group (photos that belong together) and split. All lines are checked before the first
    photo is given. A photo that comes again, however its path is spelled, is left out and reported.

    Raises:
        ValueError: it is no such table, a column is missing, a line is not what it should be, or a group straddles two
            splits.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            _demand(path, lines, {"path", "age"})
            found = [_row_of(line, f"{path}, line {lines.line_num}") for line in lines]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8 with commas: {error}") from error
    check_groups(path, found)
    rows: dict[str, Row] = {}
    again = []
    for row in found:
        first = rows.setdefault(os.path.realpath(path.parent / row.name), row)
        if first.split != row.split:
            raise ValueError(f"{path}: {row.name} is in two splits, {first.split} and {row.split}")
        if first is not row:
            again.append(row.name)
    _report(path, "lines that name a photo again", again)
    for row in rows.values():
        yield Photo(row, (path.parent / row.name).read_bytes)


def _row_of(line: Mapping[str, str | None], where: str) -> Row:
    """The labels of a line of a table, which is at `where`."""
    for column in ("path", "age"):
        if not line[column]:
            raise ValueError(f"{where}: there is no {column}")
    name, years = str(line["path"]), str(line["age"])
    if "\0" in name:
        raise ValueError(f"{where}: {name!r} is not a path")
    try:
        age = float(years)
    except ValueError:
        age = -1.0
    if not 0 <= age <= OLDEST:
        raise ValueError(f"{where}: {years} is not an age in years")
    group = line.get("group") or os.path.normpath(name)  # however it is spelled, it is in one split
    split = line.get("split") or split_of(group)
    _check_split(where, split)
    return Row(name, int(age), line.get("sex") or "", line.get("label") or "", split, group)


SOURCES: Mapping[str, Callable[[Path], Iterator[Photo]]] = {
    "shards": read_shards,
    "utkface": read_utkface,
    "cacd": read_cacd,
    "fgnet": read_fgnet,
    "table": read_table,
}
"""Name of a layout -> reader of a folder (for `table`, of a CSV file)."""

UNGROUPED = ("utkface",)
"""Layouts that do not say which photos are near-duplicates: `training.data.prepare` finds these by their looks."""
