"""Photos of faces with ages: from the collections as they come to one array of chips per collection.

`prepare` decodes everything once into `chips.npy` (uint8, N x 200 x 200 x 3, RGB) and `labels.csv` under a cache
folder; training and evaluation map that file into memory. A photo that cannot be read is reported and skipped.
"""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.files import write_atomic
from training.network import CHIP

Array = NDArray[np.generic]

FIELDS = ("name", "age", "sex", "label", "split", "group", "unique")


@dataclass(frozen=True)
class Row:
    """One photo's labels.

    `sex` and `label` are for measuring bias only and may be empty; `group` names near-duplicates.
    """

    name: str
    age: int
    sex: str = ""
    label: str = ""
    split: str = "train"
    group: str = ""
    unique: bool = True


@dataclass(frozen=True)
class Faces:
    """A collection, or a part of one, ready for use.

    Attributes:
        name: the collection's name.
        chips: uint8 (N, 200, 200, 3), RGB, usually a memory map of the whole collection.
        rows: N labels, in the order of `chips`.
        index: which entries of `chips` and `rows` belong to this part.
    """

    name: str
    chips: NDArray[np.uint8]
    rows: tuple[Row, ...]
    index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def ages(self) -> NDArray[np.float64]:
        """Labelled ages of this part, in years."""
        return np.array([self.rows[i].age for i in self.index], dtype=np.float64)

    def column(self, field: str) -> NDArray[np.str_]:
        """One label of every photo of this part, as text."""
        return np.array([str(getattr(self.rows[i], field)) for i in self.index])

    def part(self, split: str, unique: bool = False) -> Faces:
        """The photos of one split; with `unique`, only those that are to be measured on."""
        keep = [i for i in self.index if self.rows[i].split == split and (self.rows[i].unique or not unique)]
        return Faces(self.name, self.chips, self.rows, np.array(keep, dtype=np.int64))

    def batches(self, size: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The chips of this part in order, `size` at a time."""
        for start in range(0, len(self.index), size):
            yield np.ascontiguousarray(self.chips[self.index[start : start + size]])


SEXES = {"0": "male", "1": "female"}
LABELS = {"0": "White", "1": "Black", "2": "Asian", "3": "Indian", "4": "other"}


def read_shards(folder: Path) -> Iterator[tuple[Row, Callable[[], bytes]]]:
    """Photos of a folder with `labels.csv` and tar shards, shard by shard in the order of the archive.

    Yields:
        the labels, and a function that returns the photo's bytes (call it before the next one is asked for).
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        table = {(line["shard"], line["name"]): line for line in csv.DictReader(file)}
    for shard in sorted({shard for shard, _ in table}):
        with tarfile.open(folder / shard) as archive:
            for member in archive:
                line = table.get((shard, member.name))
                if line is None:
                    continue
                row = Row(
                    name=line["name"],
                    age=int(line["age"]),
                    sex=SEXES.get(line.get("gender", ""), ""),
                    label=LABELS.get(line.get("race", ""), ""),
                    split=line["split"],
                    group=line["group"],
                    unique=line.get("unique", "1") == "1",
                )

                def read(archive: tarfile.TarFile = archive, member: tarfile.TarInfo = member) -> bytes:
                    content = archive.extractfile(member)
                    return content.read() if content else b""

                yield row, read


def decode(content: bytes) -> NDArray[np.uint8]:
    """A photo's bytes -> a chip.

    Raises:
        ValueError: the photo cannot be decoded, or is not 200x200.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            chip = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise ValueError(str(error)) from error
    if chip.shape != (CHIP, CHIP, 3):
        raise ValueError(f"size {chip.shape[1]}x{chip.shape[0]} instead of {CHIP}x{CHIP}")
    return chip


def straddling(rows: Mapping[str, str] | list[Row]) -> set[str]:
    """Groups of near-duplicates that lie in more than one split."""
    if not isinstance(rows, list):
        raise TypeError("rows is a list of Row")
    seen: dict[str, str] = {}
    return {row.group for row in rows if row.group and seen.setdefault(row.group, row.split) != row.split}


def prepare(name: str, source: Path, cache: Path, report: Callable[[str], None] = print) -> Faces:
    """Decode one collection into `cache / name`; does nothing when that was done before.

    Raises:
        ValueError: near-duplicates straddle two splits, or no photo could be read.
    """
    target = cache / name
    if (target / "labels.csv").exists():
        return load(name, cache)
    target.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    skipped = 0

    def work(item: tuple[Row, bytes]) -> tuple[Row, NDArray[np.uint8] | str]:
        try:
            return item[0], decode(item[1])
        except ValueError as error:
            return item[0], str(error)

    beside = target / "chips.raw"
    with beside.open("wb") as file, ThreadPoolExecutor(4) as pool:
        pending: list[tuple[Row, bytes]] = []

        def flush() -> None:
            nonlocal skipped
            for row, chip in pool.map(work, pending):
                if isinstance(chip, str):
                    skipped += 1
                    report(f"{name}: {row.name} skipped: {chip}")
                else:
                    rows.append(row)
                    file.write(chip.tobytes())
            pending.clear()

        for row, read in read_shards(source):
            pending.append((row, read()))
            if len(pending) == 256:
                flush()
        flush()
    if not rows:
        raise ValueError(f"{source}: no photo could be read")
    if both := straddling(rows):
        raise ValueError(f"{source}: {len(both)} groups of near-duplicates straddle two splits")
    beside.replace(target / "chips.bin")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(
        [getattr(row, field) if field != "unique" else int(row.unique) for field in FIELDS] for row in rows
    )
    write_atomic(target / "labels.csv", text.getvalue().encode())  # last: its presence says that all is there
    report(f"{name}: {len(rows)} photos, {skipped} skipped")
    return load(name, cache)


def load(name: str, cache: Path) -> Faces:
    """A prepared collection, its chips mapped into memory.

    Raises:
        FileNotFoundError: `prepare` has not run.
    """
    target = cache / name
    if not (target / "labels.csv").exists():
        raise FileNotFoundError(f"{target} is missing: run `python -m training prepare` first")
    with (target / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = tuple(
            Row(
                line["name"],
                int(line["age"]),
                line["sex"],
                line["label"],
                line["split"],
                line["group"],
                line["unique"] == "1",
            )
            for line in csv.DictReader(file)
        )
    chips = np.memmap(target / "chips.bin", dtype=np.uint8, mode="r", shape=(len(rows), CHIP, CHIP, 3))
    return Faces(name, chips, rows, np.arange(len(rows)))
