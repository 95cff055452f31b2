"""Photos of faces with ages: from the collections as published to one array of chips per collection.

`prepare` decodes everything once into `chips.bin` (uint8, N x 200 x 200 x 3, RGB) and `labels.csv` in a cache folder;
training and evaluation map that file into memory. A photo that is not yet a chip goes through the engine's own detector
and alignment. What cannot be used is reported and skipped.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from training.duplicates import grouped, look_of
from training.files import write_atomic
from training.network import CHIP
from training.sources import SOURCES, SPLITS, UNGROUPED, Photo, Row, check_groups

if TYPE_CHECKING:
    from training.whole_photos import FaceCutter

FIELDS = tuple(field.name for field in fields(Row))

_AT_ONCE = 256
"""Photos read before they are decoded together."""


@dataclass(frozen=True)
class Faces:
    """A collection, or a part of one, ready for use.

    Attributes:
        name: the collection's name.
        chips: uint8 (N, 200, 200, 3), RGB, usually a memory map of the whole collection.
        rows: N labels, in the order of `chips`.
        index: which entries of `chips` and `rows` belong to this part.
        missed: labels of the whole photos of this part in which no face was found.
    """

    name: str
    chips: NDArray[np.uint8]
    rows: tuple[Row, ...]
    index: NDArray[np.int64]
    missed: tuple[Row, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    @property
    def ages(self) -> NDArray[np.float64]:
        """Labeled ages of this part, in years."""
        return np.array([self.rows[i].age for i in self.index], dtype=np.float64)

    def column(self, field: str) -> NDArray[np.str_]:
        """One label of every photo of this part, as text."""
        return np.array([str(getattr(self.rows[i], field)) for i in self.index])

    def part(self, split: str, unique: bool = False) -> Faces:
        """The photos of one split, or of "all"; with `unique`, only those to measure on."""
        splits = SPLITS if split == "all" else (split,)
        keep = [i for i in self.index if self.rows[i].split in splits and (self.rows[i].unique or not unique)]
        missed = tuple(row for row in self.missed if row.split in splits)
        return Faces(self.name, self.chips, self.rows, np.array(keep, dtype=np.int64), missed)

    def sample(self, count: int, seed: int = 0) -> Faces:
        """At most `count` photos of this part, drawn at random and kept in order; the same ones for the same seed."""
        chosen = np.random.default_rng(seed).permutation(len(self))[:count]
        return Faces(self.name, self.chips, self.rows, self.index[np.sort(chosen)])

    def digest(self) -> str:
        """Hash of what a run learns from this part: which photos in which order, and their labels."""
        known = [(row.name, row.age, row.group) for row in (self.rows[i] for i in self.index)]
        return hashlib.sha256(repr(known).encode()).hexdigest()

    def batches(self, size: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The chips of this part in order, `size` at a time."""
        for start in range(0, len(self.index), size):
            yield np.ascontiguousarray(self.chips[self.index[start : start + size]])


def decode(content: bytes) -> NDArray[np.uint8]:
    """A chip's file -> its pixels, shape (200, 200, 3), RGB.

    Raises:
        ValueError: the photo cannot be decoded, is not 200x200, or has more than 8 bits of gray.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is checked below
            with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
                if image.size != (CHIP, CHIP):
                    raise ValueError(f"size {image.width}x{image.height} instead of {CHIP}x{CHIP}")
                if image.mode.startswith("I"):  # Pillow would clip it at 255: all white
                    raise ValueError("more than 8 bits of grey")
                return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError as error:
        raise ValueError("it is no JPEG or PNG file") from error  # Pillow would name the buffer
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def prepare(
    name: str, source: Path, cache: Path, layout: str = "shards", report: Callable[[str], None] = print
) -> Faces:
    """Decode one collection into `cache / name`; does nothing if that has been done before.

    Args:
        name: what the collection is called from now on.
        source: its folder, or its CSV file.
        cache: folder of the prepared collections.
        layout: a name in `training.sources.SOURCES`.
        report: called with what was skipped and why.

    Raises:
        ValueError: a group straddles two splits, or no photo could be read.
    """
    target = cache / name
    if (target / "labels.csv").exists():
        return load(name, cache)
    target.mkdir(parents=True, exist_ok=True)
    beside = target / "chips.raw"
    rows: list[Row] = []
    missed: list[Row] = []
    looks: list[NDArray[np.float32]] = []
    skipped = 0
    with beside.open("wb") as file:
        for photo, chip in _chips(SOURCES[layout](source)):
            if isinstance(chip, str):
                skipped += 1
                report(f"{name}: {photo.row.name} skipped: {chip}")
                continue
            if chip is None:
                missed.append(photo.row)
                report(f"{name}: {photo.row.name} has no face that was found")
                continue
            rows.append(photo.row)
            file.write(chip.tobytes())
            if layout in UNGROUPED:
                looks.append(look_of(chip))
            if len(rows) % 2000 == 0:
                print(f"{name}: {len(rows)} photos", file=sys.stderr, flush=True)
    if not rows:
        raise ValueError(f"{source}: no photo could be read")
    if looks:
        rows = grouped(rows, np.stack(looks))
    check_groups(source, rows)
    beside.replace(target / "chips.bin")
    _write_rows(target / "missed.csv", missed)
    _write_rows(target / "labels.csv", rows)  # last: its presence means that everything is there
    report(f"{name}: {len(rows)} photos, {skipped} skipped{f', {len(missed)} without a face' if missed else ''}")
    return load(name, cache)


def _write_rows(path: Path, rows: Sequence[Row]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows([int(value) if isinstance(value, bool) else value for value in vars(row).values()] for row in rows)
    write_atomic(path, text.getvalue().encode())


def _read_rows(path: Path) -> tuple[Row, ...]:
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(
            # Collections prepared earlier have one more column.
            Row(**{name: line[name] for name in FIELDS} | {"age": int(line["age"]), "unique": line["unique"] == "1"})
            for line in csv.DictReader(file)
        )


def _chips(photos: Iterator[Photo]) -> Iterator[tuple[Photo, NDArray[np.uint8] | str | None]]:
    """Each photo with its chip, with the reason why there is none, or with None where no face was found."""
    cutter: FaceCutter | None = None
    lock = threading.Lock()

    def work(item: tuple[Photo, bytes | OSError]) -> tuple[Photo, NDArray[np.uint8] | str | None]:
        nonlocal cutter
        photo, content = item
        try:
            if isinstance(content, OSError):
                raise ValueError(content.strerror or str(content))
            if photo.aligned:
                return photo, decode(content)
            with lock:
                if cutter is None:
                    # Loads the engine's libraries, which training itself and collections of chips do without.
                    from training.whole_photos import FaceCutter  # noqa: PLC0415

                    cutter = FaceCutter()
                cut = cutter.cut(content)
                return photo, cut.chip if cut else None
        except ValueError as error:
            return photo, str(error)

    with ThreadPoolExecutor(4) as pool:
        while pending := [(photo, _read(photo)) for photo in islice(photos, _AT_ONCE)]:
            yield from pool.map(work, pending)


def _read(photo: Photo) -> bytes | OSError:
    try:
        return photo.read()
    except OSError as error:
        return error


def load(name: str, cache: Path) -> Faces:
    """A prepared collection, its chips mapped into memory.

    Raises:
        FileNotFoundError: `prepare` has not run.
    """
    target = cache / name
    if not (target / "labels.csv").exists():
        raise FileNotFoundError(f"{target} is missing: run `python -m training prepare` first")
    rows = _read_rows(target / "labels.csv")
    # Collections prepared earlier have no such file.
    missed = _read_rows(target / "missed.csv") if (target / "missed.csv").exists() else ()
    chips = np.memmap(target / "chips.bin", dtype=np.uint8, mode="r", shape=(len(rows), CHIP, CHIP, 3))
    return Faces(name, chips, rows, np.arange(len(rows)), missed)
