"""From tar shards to chips in memory."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.__main__ import DATA
from training.data import decode, load, prepare
from training.sources import Row, read_shards, split_of, straddling

Chips = NDArray[np.uint8]


def no_report(text: str) -> None:
    raise AssertionError(f"nothing was to be reported, but: {text}")


def test_prepare(tmp_path: Path, make_shards: Callable[..., None], make_chip: Callable[..., Chips]) -> None:
    photos = [
        {"age": 5, "gender": 0, "race": 0, "group": "g1"},
        {"age": 25, "gender": 1, "race": 1, "split": "val"},
        {"age": 116, "gender": 0, "race": 4, "split": "test", "unique": 0},
    ]
    make_shards(tmp_path / "utkface", photos)
    told: list[str] = []
    faces = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=told.append)
    assert told == ["utkface: 3 photos, 0 skipped"]
    assert (faces.name, len(faces)) == ("utkface", 3)
    # shard 0 holds photos 0 and 2, shard 1 photo 1: the order is that of the archives
    assert faces.rows == (
        Row("000.jpg", 5, "male", "White", "train", "g1", True),
        Row("002.jpg", 116, "male", "other", "test", "", False),
        Row("001.jpg", 25, "female", "Black", "val", "", True),
    )
    assert faces.ages.tolist() == [5, 116, 25]
    assert faces.chips.shape == (3, 200, 200, 3)
    for row, seed in enumerate((0, 2, 1)):  # JPEG changes the noise by a few levels, another chip differs by dozens
        apart = np.abs(faces.chips[row].astype(float) - make_chip(faces.ages[row], seed)).mean()
        assert apart < 8


def test_a_collection_without_race_and_unique(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    """All-Age-Faces has neither column: no label, and every photo counts."""
    fields = ("name", "shard", "age", "gender", "split", "group")
    make_shards(tmp_path / "aaf", [{"age": 4}, {"age": 60}], fields)
    faces = prepare("aaf", tmp_path / "aaf", tmp_path / "cache", report=lambda _: None)
    assert faces.column("label").tolist() == ["", ""]
    assert faces.column("sex").tolist() == ["male", "female"]
    assert len(faces.part("train", unique=True)) == 2


def test_names_that_csv_must_quote(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    name = 'größe, "日本"\n.jpg'
    make_shards(tmp_path / "utkface", [{"name": name}])
    prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    assert load("utkface", tmp_path / "cache").rows[0].name == name


def test_photos_without_labels_and_other_members_are_left_alone(
    tmp_path: Path, make_shards: Callable[..., None]
) -> None:
    make_shards(tmp_path / "utkface", [{"name": "known.jpg"}, {"name": "x.jpg", "shard": "utkface-0.tar"}])
    labels = tmp_path / "utkface" / "labels.csv"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(line for line in lines if not line.startswith("x.jpg")) + "\n")
    assert [photo.row.name for photo in read_shards(tmp_path / "utkface")] == ["known.jpg"]


def test_labels_without_a_photo_do_not_pass_unnoticed(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    """An archive that was cut off between two members reads like a complete one."""
    make_shards(tmp_path / "utkface", [{}, {}])
    labels = tmp_path / "utkface" / "labels.csv"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join([*lines, lines[1].replace("000.jpg", "lost.jpg")]) + "\n")
    told: list[str] = []
    try:
        prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=told.append)
    except ValueError as error:
        told.append(str(error))
    assert any("lost.jpg" in line for line in told)


def test_one_name_in_two_shards(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(
        tmp_path / "utkface",
        [{"name": "a.jpg", "shard": "s-0.tar", "age": 10}, {"name": "a.jpg", "shard": "s-1.tar", "age": 70}],
    )
    faces = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    assert faces.ages.tolist() == [10, 70]
    assert faces.chips[0].mean() + 60 < faces.chips[1].mean()


def huge_png(side: int) -> bytes:
    """A PNG of a few bytes that claims to be `side` pixels wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def test_bad_photos_are_reported_and_skipped(
    tmp_path: Path, make_shards: Callable[..., None], make_chip: Callable[..., Chips], make_jpeg: Callable[..., bytes]
) -> None:
    good = make_jpeg(make_chip(30))
    bad = {
        "text.jpg": b"not a photo",
        "empty.jpg": b"",
        "truncated.jpg": good[: len(good) // 2],
        "small.jpg": make_jpeg(make_chip(30, size=100)),
        "bmp.jpg": b"BM" + bytes(200),
    }
    photos: list[dict[str, Any]] = [{"name": name, "content": content} for name, content in bad.items()]
    make_shards(tmp_path / "utkface", [{"name": "first.jpg"}, *photos, {"name": "last.jpg", "age": 80}])
    told: list[str] = []
    faces = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=told.append)
    assert sorted(row.name for row in faces.rows) == ["first.jpg", "last.jpg"]
    assert told[-1] == f"utkface: 2 photos, {len(bad)} skipped"
    for name in bad:
        assert sum(line.startswith(f"utkface: {name} skipped: ") for line in told) == 1
    assert "utkface: empty.jpg skipped: it is no JPEG or PNG file" in told
    assert any("small.jpg" in line and "100x100 instead of 200x200" in line for line in told)
    # What was skipped must not shift the chips against their labels.
    dark, light = (
        faces.chips[[row.name for row in faces.rows].index(name)].mean() for name in ("first.jpg", "last.jpg")
    )
    assert dark + 80 < light


@pytest.mark.parametrize("side", [20_000, 60_000])
def test_a_photo_that_claims_to_be_huge_is_a_bad_photo(side: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(huge_png(side))


def test_decode_makes_rgb_of_grey_and_palette(make_chip: Callable[..., Chips]) -> None:
    for mode in ("L", "P", "RGBA", "1"):
        buffer = io.BytesIO()
        Image.fromarray(make_chip(50)).convert(mode).save(buffer, "PNG")
        pixels = decode(buffer.getvalue())
        assert pixels.shape == (200, 200, 3)
        assert pixels.dtype == np.uint8


def test_grey_of_16_bits_is_no_white_chip(make_chip: Callable[..., Chips]) -> None:
    buffer = io.BytesIO()
    Image.fromarray(make_chip(50)[..., 0].astype(np.uint16) * 257).save(buffer, "PNG")
    with pytest.raises(ValueError, match="more than 8 bits of grey"):
        decode(buffer.getvalue())


def test_groups_that_straddle_splits_are_refused(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(tmp_path / "utkface", [{"group": "a"}, {"group": "b"}, {"group": "a", "split": "test"}])
    with pytest.raises(ValueError, match="straddle two splits"):
        prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    with pytest.raises(FileNotFoundError):
        load("utkface", tmp_path / "cache")


def test_copies_of_a_published_chip_share_a_split(tmp_path: Path) -> None:
    """UTKFace as published does not list near-duplicates: they are found by their looks, whatever their dates."""
    rng = np.random.default_rng(0)
    other, mine, theirs = (
        np.kron(rng.integers(0, 256, (10, 10, 3), np.uint8), np.ones((20, 20, 1), np.uint8)) for _ in range(3)
    )
    dates = {split: next(str(n) for n in range(99) if split_of(str(n)) == split) for split in ("train", "test")}
    chips = {
        f"30_0_0_{dates['train']}": (mine, 95),
        f"31_0_0_{dates['test']}": (mine, 40),
        f"50_0_0_{dates['train']}": (theirs, 95),
        f"54_0_0_{dates['test']}": (theirs, 40),
        f"60_0_0_{dates['test']}": (other, 95),
    }
    for name, (pixels, quality) in chips.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.jpg.chip.jpg", "JPEG", quality=quality)
    faces = prepare("utk", tmp_path, tmp_path / "cache", "utkface", report=lambda _: None)
    found = [(row.age, row.split, row.group[:2], row.unique) for row in faces.rows]
    assert found == [
        (30, "train", "30", True),
        (31, "train", "30", False),
        (50, "train", "50", False),  # the copies' ages lie four years apart
        (54, "train", "50", False),
        (60, "test", "", True),
    ]


def test_straddling() -> None:
    rows = [Row("1", 1, split="train", group="a"), Row("2", 1, split="train", group="a"), Row("3", 1, split="val")]
    assert straddling(rows) == set()
    assert straddling([*rows, Row("4", 1, split="test", group="a"), Row("5", 1, split="test")]) == {"a"}


def test_no_readable_photo(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(tmp_path / "utkface", [{"content": b"nothing"}])
    with pytest.raises(ValueError, match="no photo could be read"):
        prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)


def test_data_that_is_not_there(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    with pytest.raises(FileNotFoundError, match=r"labels\.csv"):
        prepare("utkface", tmp_path / "missing", tmp_path / "cache")
    make_shards(tmp_path / "utkface", [{}])
    (tmp_path / "utkface" / "utkface-0.tar").unlink()
    with pytest.raises(FileNotFoundError, match=r"utkface-0\.tar"):
        prepare("utkface", tmp_path / "utkface", tmp_path / "cache")


def test_a_second_prepare_does_nothing(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(tmp_path / "utkface", [{"age": 20}, {"age": 40}])
    first = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache" / "utkface").iterdir()}
    (tmp_path / "utkface").rename(tmp_path / "gone")
    again = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=no_report)
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache" / "utkface").iterdir()} == before
    assert again.rows == first.rows
    assert np.array_equal(again.chips, first.chips)


def test_an_interrupted_prepare_starts_anew(
    tmp_path: Path, make_shards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shards(tmp_path / "utkface", [{"age": age} for age in range(20, 26)])
    cache = tmp_path / "cache" / "utkface"

    def interrupted(content: bytes) -> Chips:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("training.data.decode", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare("utkface", tmp_path / "utkface", tmp_path / "cache")
    with pytest.raises(FileNotFoundError):
        load("utkface", tmp_path / "cache")
    # ... and one that was killed after the chips, before the labels.
    (cache / "chips.raw").write_bytes(bytes(200 * 200 * 3 * 99))
    (cache / "chips.bin").write_bytes(bytes(17))
    faces = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    assert sorted(faces.ages.tolist()) == [20, 21, 22, 23, 24, 25]
    assert all(faces.chips[i].mean() > 40 for i in range(6))
    assert (cache / "chips.bin").stat().st_size == 6 * 200 * 200 * 3
    assert sorted(path.name for path in cache.iterdir()) == ["chips.bin", "labels.csv", "missed.csv"]


def test_more_photos_than_one_portion(
    tmp_path: Path, make_shards: Callable[..., None], make_jpeg: Callable[..., bytes]
) -> None:
    """`prepare` decodes 256 at a time: the order must hold across portions."""
    levels = np.linspace(0, 250, 300).round().astype(int)
    photos = [
        {"age": number % 101, "shard": "s-0.tar", "content": make_jpeg(np.full((200, 200, 3), level, np.uint8))}
        for number, level in enumerate(levels)
    ]
    make_shards(tmp_path / "utkface", photos)
    faces = prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    assert faces.ages.tolist() == [number % 101 for number in range(300)]
    assert np.abs(faces.chips[:, 100, 100, 0] - levels).max() <= 1


def test_load_of_what_was_not_prepared(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `python -m training prepare` first"):
        load("utkface", tmp_path)


def test_load_maps_read_only(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(tmp_path / "utkface", [{}])
    prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    with pytest.raises(ValueError, match="read-only"):
        load("utkface", tmp_path / "cache").chips[0] = 0


def test_parts(make_faces: Callable[..., Any]) -> None:
    faces = make_faces([1, 2, 3, 4, 5], splits=["train", "val", "val", "test", "val"])
    faces = replace(faces, rows=tuple(replace(row, unique=row.age != 3) for row in faces.rows))
    assert faces.part("val").ages.tolist() == [2, 3, 5]
    assert faces.part("val", unique=True).ages.tolist() == [2, 5]
    assert len(faces.part("train")) == len(faces.part("test")) == 1
    assert len(faces.part("train").part("val")) == 0
    assert faces.part("all").ages.tolist() == [1, 2, 3, 4, 5]
    assert faces.part("all", unique=True).ages.tolist() == [1, 2, 4, 5]
    batches = list(faces.part("val").batches(2))
    assert [len(batch) for batch in batches] == [2, 1]
    assert np.array_equal(np.concatenate(batches), faces.chips[[1, 2, 4]])
    assert all(batch.flags.c_contiguous for batch in batches)


SPLITS = {
    "utkface": {"train": 17717, "val": 1196, "test": 2393},
    "aaf": {"train": 10231, "val": 639, "test": 640},
}


@pytest.mark.parametrize("name", SPLITS)
def test_real_labels(name: str) -> None:
    """Near-duplicates of the real collections never straddle splits, and all the photos are there (../shared)."""
    path = DATA / name / "labels.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there (the photos are research material and not part of the repository)")
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert Counter(line["split"] for line in lines) == SPLITS[name]
    rows = [Row(line["name"], int(line["age"]), split=line["split"], group=line["group"]) for line in lines]
    assert sum(bool(row.group) for row in rows) > 100
    assert straddling(rows) == set()
    if name == "utkface":
        measured = Counter(line["split"] for line in lines if line["unique"] == "1")
        assert (measured["val"], measured["test"]) == (1111, 2241)


def test_collections_prepared_with_a_column_more_are_read(tmp_path: Path, make_shards: Callable[..., None]) -> None:
    make_shards(tmp_path / "utkface", [{"group": "g1"}, {}])
    prepare("utkface", tmp_path / "utkface", tmp_path / "cache", report=lambda _: None)
    labels = tmp_path / "cache" / "utkface" / "labels.csv"
    head, *lines = labels.read_text().splitlines()
    labels.write_text("".join(f"{line}\n" for line in [f"{head},copies", *(f"{line},1" for line in lines)]))
    assert [row.group for row in load("utkface", tmp_path / "cache").rows] == ["g1", ""]


def test_a_sample_is_a_part_in_order(make_faces: Callable[..., Any]) -> None:
    faces = make_faces(list(range(30)))
    chosen = faces.sample(10)
    assert len(chosen) == 10
    assert chosen.ages.tolist() == sorted(set(chosen.ages.tolist()))
    assert faces.sample(10).ages.tolist() == chosen.ages.tolist() != faces.sample(10, seed=1).ages.tolist()
    assert len(faces.sample(99)) == 30
