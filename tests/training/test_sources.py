"""Collections as their authors publish them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from training.sources import SOURCES, Photo, Row, read_cacd, read_fgnet, read_shards, read_table, read_utkface, split_of


def rows(photos: Iterable[Photo]) -> dict[str, Row]:
    return {photo.row.name: photo.row for photo in photos}


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_splits_are_for_ever() -> None:
    """They depend on the name alone; another rule would let a retrained model see its test photos."""
    names = [f"person {number}" for number in range(5000)]
    counts = Counter(split_of(name) for name in names)
    assert counts["train"] / 5000 == pytest.approx(0.8, abs=0.02)
    assert counts["val"] / 5000 == pytest.approx(0.1, abs=0.015)
    assert counts["test"] / 5000 == pytest.approx(0.1, abs=0.015)
    assert [split_of(name) for name in names[:6]] == ["train", "train", "test", "train", "train", "train"]


def test_utkface(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    touch(tmp_path, "part1/23_0_1_20170109142408075.jpg", "1_1_4_20161219140530307.jpg.chip.jpg")
    touch(tmp_path, "39_1_20170116174525125.jpg.chip.jpg", "readme.txt", "23_0_1_20170109142408075.png")
    photos = list(read_utkface(tmp_path))
    found = rows(photos)
    assert set(found) == {"part1/23_0_1_20170109142408075.jpg", "1_1_4_20161219140530307.jpg.chip.jpg"}
    whole = found["part1/23_0_1_20170109142408075.jpg"]
    assert (whole.age, whole.sex, whole.label) == (23, "male", "Black")
    chip = found["1_1_4_20161219140530307.jpg.chip.jpg"]
    assert (chip.age, chip.sex, chip.label) == (1, "female", "other")
    assert {photo.row.name: photo.aligned for photo in photos} == {whole.name: False, chip.name: True}
    assert {photo.read() for photo in photos} == {name.encode() for name in found}
    assert capsys.readouterr().err == (
        f"{tmp_path}: 1 photos whose name tells no age are left out, 39_1_20170116174525125.jpg.chip.jpg among them\n"
    )
    assert {row.group for row in found.values()} == {""}  # strangers may share a date
    assert {chip.split, whole.split} == {split_of("20161219140530307"), split_of("20170109142408075")}


def test_a_photo_and_its_chip_are_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    touch(tmp_path, "photos/23_0_1_2017.jpg", "chips/23_0_1_2017.jpg.chip.jpg", "photos/30_0_1_2017.jpg")
    assert set(rows(read_utkface(tmp_path))) == {"chips/23_0_1_2017.jpg.chip.jpg", "photos/30_0_1_2017.jpg"}
    said = capsys.readouterr().err
    assert "1 photos that are there as chips as well are left out, 23_0_1_2017.jpg among them" in said


def test_names_of_people_older_than_anybody_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    touch(tmp_path, "201_0_1_2017.jpg")
    assert list(read_utkface(tmp_path)) == []
    assert "201_0_1_2017.jpg among them" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names that are text")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/30_Ren\xe9e_Z_0001.jpg")).write_bytes(b"photo")
    (photo,) = read_cacd(tmp_path)
    assert (photo.row.name, photo.row.group) == ("30_Ren\ufffde_Z_0001.jpg", "Ren\ufffde_Z")
    assert photo.read() == b"photo"


def test_cacd_keeps_persons_together(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{age}_Jean-Luc_O'Neill_{age:04}.jpg" for age in range(20, 60)), "14_Aaron_Johnson_0001.jpg")
    found = rows(read_cacd(tmp_path))
    assert len(found) == 41
    assert found["14_Aaron_Johnson_0001.jpg"].age == 14
    assert found["14_Aaron_Johnson_0001.jpg"].group == "Aaron_Johnson"
    assert len({row.split for row in found.values() if row.group == "Jean-Luc_O'Neill"}) == 1


def test_fgnet(tmp_path: Path) -> None:
    touch(tmp_path, "images/001A43a.JPG", "002A03.jpg", "001A5.JPG", "points/001A43a.pts")
    found = rows(read_fgnet(tmp_path))
    assert {name: (row.age, row.group) for name, row in found.items()} == {
        "images/001A43a.JPG": (43, "001"),
        "002A03.jpg": (3, "002"),
    }


def test_table(tmp_path: Path) -> None:
    touch(tmp_path, "a/größe.jpg", "b.jpg")
    table = tmp_path / "mine.csv"
    table.write_text("\ufeffpath,age,sex,group,split\na/größe.jpg,7.9,female,kid,val\nb.jpg,80,,,\n", encoding="utf-8")
    photos = list(read_table(table))
    assert photos[0].row == Row("a/größe.jpg", 7, "female", "", "val", "kid")
    assert photos[1].row == Row("b.jpg", 80, "", "", split_of("b.jpg"), "b.jpg")
    assert [photo.read() for photo in photos] == [b"a/gr\xc3\xb6\xc3\x9fe.jpg", b"b.jpg"]
    assert not any(photo.aligned for photo in photos)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("path,years\nb.jpg,3\n", "no column age"),
        ("file\nb.jpg\n", "no column age and no column path"),
        ("", "no column age and no column path"),
        ("path,age\nb.jpg,3\nb.jpg,old\n", "line 3: old is not an age"),
        ("path,age\nb.jpg,-1\n", "-1 is not an age"),
        ("path,age\nb.jpg,1961\n", "1961 is not an age"),
        ("path,age\nb.jpg,nan\n", "nan is not an age"),
        ("path,age\nb.jpg\n", "line 2: there is no age"),
        ("path;age\nb.jpg;3\n", "no column age and no column path, but path;age"),
        ("path,age\nb\0.jpg,3\n", "line 2: .* is not a path"),
        ('path,age\n"b.jpg,' + 140_000 * "3", "is not a CSV file in UTF-8 with commas: field larger"),
        ("path,age,group,split\na.jpg,3,x,train\nb.jpg,4,x,test\n", "straddle two splits, x among them"),
        ("path,age,split\nb.jpg,3,dev\n", "train, val or test, not dev"),
        ("age,path\n30\n", "line 2: there is no path"),
    ],
)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        next(read_table(table))  # before the first photo


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_table_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("path,age\nb.jpg,3\ngröße.jpg,3\n", encoding=encoding)
    with pytest.raises(ValueError, match=r"mine\.csv is not a CSV file in UTF-8 with commas"):
        next(read_table(table))


def test_a_photo_that_comes_again_in_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However its path is spelled."""
    table = tmp_path / "mine.csv"
    lines = ["a.jpg,3,train", "b.jpg,4,train", "./a.jpg,3,train", f"{tmp_path / 'b.jpg'},4,train", "a.jpg,5,train"]
    table.write_text("\n".join(["path,age,split", *lines]), encoding="utf-8")
    assert [(photo.row.name, photo.row.age) for photo in read_table(table)] == [("a.jpg", 3), ("b.jpg", 4)]
    assert "3 lines that name a photo again are left out, ./a.jpg among them" in capsys.readouterr().err


def test_a_photo_of_a_table_is_in_one_split(tmp_path: Path) -> None:
    """However its path is spelled, and whatever the groups."""
    table = tmp_path / "mine.csv"
    table.write_text("path,age,split,group\na.jpg,3,train,one\n./a.jpg,3,test,two\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"\./a\.jpg is in two splits, train and test"):
        next(read_table(table))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name,shard,age,split,group\na.jpg,a.tar,201,train,g\n", "line 2: 201 is not an age"),
        ("name,shard,age,group\na.jpg,a.tar,3,g\n", "no column split"),
        ("name,shard,age,split,group\na.jpg,a.tar,3,train,g\nb.jpg,a.tar\n", "line 3: something is missing"),
        ("name,shard,age,split,group\na.jpg,a.tar,old,train,g\n", "line 2: .* the age is no whole number"),
        ("name,shard,age,split,group\na.jpg,a.tar,3,valid,g\n", "line 2: .* train, val or test, not valid"),
    ],
)
def test_labels_of_shards_that_are_wrong_say_where(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        list(read_shards(tmp_path))


def test_a_photo_of_a_table_that_is_missing(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("path,age\ngone.jpg,3\n", encoding="utf-8")
    (photo,) = read_table(table)
    with pytest.raises(FileNotFoundError):
        photo.read()


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in ("shards", "table")])
def test_an_empty_folder_holds_no_photos(tmp_path: Path, name: str) -> None:
    assert list(SOURCES[name](tmp_path)) == []
