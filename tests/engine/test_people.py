"""The file about people, and the records with years that follow from it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_records import made_record

from engine.age import AGES, Age
from engine.dating import this_year
from engine.formats import CsvWriter
from engine.people import Known, KnownPeople, PeopleError, Person, missing_faces, with_years
from engine.report import Face, ImageReport, ModelNames


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> KnownPeople:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding=encoding)
    return KnownPeople.read(file)


def test_names_and_years(tmp_path: Path) -> None:
    people = read(
        tmp_path,
        "path,face,age,name,born,taken\n"
        "a.jpg,1,34,Anna,1950,\n"
        'a.jpg,2,30,"Bréa, Ben",1948,\n'
        "a.jpg,3,12,,,\n"
        "b.jpg,2,34,Anna,,1974\n"
        "b.jpg,3,20,,,\n"
        "d.jpg,1,20,,,\n",
    )
    assert people.of("a.jpg") == Known({1: Person("Anna", 1950), 2: Person("Bréa, Ben", 1948)})
    assert people.of("b.jpg") == Known({2: Person("Anna", 1950)}, 1974)
    assert people.of("c.jpg") == Known()
    assert [people.count_besides(paths) for paths in (["a.jpg", "./b.jpg"], ["b.jpg", "c.jpg"], [])] == [0, 1, 2]


def test_somebody_may_be_born_and_a_photo_taken_this_year(tmp_path: Path) -> None:
    year = this_year()
    assert read(tmp_path, f"path,face,name,born,taken\na.jpg,1,Anna,{year},{year}\n").of("a.jpg") == Known(
        {1: Person("Anna", year)}, year
    )


@pytest.mark.parametrize("name", ["a\rb.jpg", "a\nb.jpg", "a\r\nb.jpg", "\r.jpg"])
def test_a_path_keeps_its_line_ends(tmp_path: Path, name: str) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        CsvWriter(stream, years=True).add(with_years(made_record(path=name), Known({1: Person("Anna")}), 0.8))
    assert KnownPeople.read(tmp_path / "a.csv").of(name).people == {1: Person("Anna")}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str) -> None:
    lines = ["path;face;name;born", "a.jpg;1;Anna;1950", "b,c,d,e.jpg;1;Anna;"]
    (tmp_path / "a.csv").write_bytes(end.join(lines).encode())
    assert KnownPeople.read(tmp_path / "a.csv").of("b,c,d,e.jpg").people == {1: Person("Anna", 1950)}


@pytest.mark.parametrize("mark", ".,")
def test_whole_numbers_may_look_like_fractions(tmp_path: Path, mark: str) -> None:
    """As from pandas, whose columns with gaps are of fractions."""
    table = "path;face;name;born;taken\na.jpg;1.0;Anna;1950.0;1984.00\n".replace(".0", f"{mark}0")
    assert read(tmp_path, table).of("a.jpg") == Known({1: Person("Anna", 1950)}, 1984)


@pytest.mark.parametrize("separator", ",;\t")
def test_separators_and_a_byte_order_mark(tmp_path: Path, separator: str) -> None:
    text = "name,path,face,born\r\nAnna,a.jpg,1,1950\r\n\r\n".replace(",", separator)
    assert read(tmp_path, text, "utf-8-sig").of("a.jpg").people == {1: Person("Anna", 1950)}


def test_a_table_with_decimal_commas_is_read_back(tmp_path: Path) -> None:
    face = Face((10.5, 20, 80.25, 90), np.zeros((5, 2), np.float32), 0.9, Age(np.eye(AGES, dtype=np.float32)[34]))
    photo = ImageReport("a.jpg", "ok", ModelNames("d", "a", "1"), faces=(face,)).to_record()
    named = with_years(photo, Known({1: Person("Anna", 1950)}, 1984), 0.8)
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        CsvWriter(stream, years=True, point=",").add(named)
    known = KnownPeople.read(tmp_path / "a.csv").of("a.jpg")
    assert known == Known({1: Person("Anna", 1950)}, 1984, {1: named["faces"][0]["box"]})


def test_two_ways_to_write_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    people = read(tmp_path, f"path,face,name\n{tmp_path / 'a.jpg'},1,Anna\n")
    assert people.of("./a.jpg").people == {1: Person("Anna")}


@pytest.mark.parametrize(("system", "known"), [("darwin", {1: Person("Anna")}), ("linux", {})])
def test_accents_written_in_two_ways_are_one_name_on_macos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, known: dict[int, Person]
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    people = read(tmp_path, "path,face,name\nmu\u0308ller.jpg,1,Anna\n")
    assert people.of("m\u00fcller.jpg").people == known


def test_one_photo_by_two_paths_keeps_all_its_people(tmp_path: Path) -> None:
    people = read(tmp_path, "path,face,name\na.jpg,1,Ben\n./a.jpg,2,Anna\n")
    assert people.of("a.jpg").people == {1: Person("Ben"), 2: Person("Anna")}


def test_a_name_that_is_no_text_is_found_as_the_table_spells_it(tmp_path: Path) -> None:
    people = read(tmp_path, "path,face,name\ncaf\\udce9.jpg,1,Anna\n")
    assert people.of("caf\udce9.jpg").people == {1: Person("Anna")}


def test_headings_as_people_write_them(tmp_path: Path) -> None:
    assert read(tmp_path, "Path, Face ,NAME\na.jpg,1,Anna\n").of("a.jpg").people == {1: Person("Anna")}


def test_a_name_is_one_however_its_letters_are_composed(tmp_path: Path) -> None:
    people = read(tmp_path, "path,face,name,born\na.jpg,1,Ju\u0308rgen,1950\nb.jpg,1,J\u00fcrgen,\n")
    assert people.of("b.jpg").people == {1: Person("J\u00fcrgen", 1950)}


def test_a_formula_is_a_name(tmp_path: Path) -> None:
    people = read(tmp_path, "path,face,name\n'-a.jpg,1,'=Anna\nb.jpg,1,'Ben\n")
    assert people.of("-a.jpg").people == {1: Person("=Anna")}
    assert people.of("b.jpg").people == {1: Person("'Ben")}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column path and no column face"),
        ("path,name\na.jpg,Anna\n", "no column face"),
        ("path,face,age\na.jpg,1,34\n", "none of the columns name, born and taken"),
        ("path,face,name\na.jpg,1,Anna\na.jpg,2,Anna\n", "line 3: Anna is on two faces of a.jpg"),
        ("path,face,name\na.jpg,0,Anna\n", "line 2: '0' is not a face number"),
        ("path,face,name\na.jpg,x,Anna\n", "line 2: 'x' is not a face number"),
        ("path,face,name\n,1,Anna\n", "line 2: no path"),
        ("path,face,name,born\na.jpg,1,Anna,50\n", "line 2: '50' is not a birth year between 1726 and"),
        ("path,face,name,born\na.jpg,1,Anna,3000\n", "is not a birth year"),
        ("path,face,name,born\na.jpg,1,Anna,1950.5\n", "'1950.5' is not a birth year"),
        ("path,face,name,born\na.jpg,1,Anna,1950.\n", "is not a birth year"),
        ("path,face,name,born\na.jpg,1,Anna,\N{ARABIC-INDIC DIGIT ONE}950\n", "is not a birth year"),
        ("path,face,name,born\na.jpg,1,,1950\n", "line 2: a birth year without a name"),
        (
            "path,face,name,born\na.jpg,1,Anna,1950\nb.jpg,1,Anna,1951\n",
            "line 3: birth year of Anna: 1951 here, 1950 above",
        ),
        ("path,face,name,born\na.jpg,1,Anna,1950\na.jpg,1,Ben,1951\n", "line 3: face 1 of a.jpg has two names"),
        ("path,face,taken\na.jpg,1,1974\na.jpg,2,1975\n", "line 3: photo a.jpg: 1975 here, 1974 above"),
        ("path,face,taken\na.jpg,1,1700\n", "is not a year between 1826 and"),
        (
            'path,face,name\nb.jpg,1,Ben\n"a.jpg,1,Anna\nc.jpg,1,\n',
            "line 3: a quotation mark is missing, or one too many",
        ),
        ('"path"x,face,name\na.jpg,1,Anna\n', "line 1: a quotation mark is missing, or one too many"),
        ("path,face,name,born,Name\na.jpg,1,,,Anna\n", "it has the column name twice"),
    ],
)
def test_complaints(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PeopleError) as caught:
        read(tmp_path, text)
    assert complaint in str(caught.value)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="CSV UTF-8"):
        read(tmp_path, "path,face,name\na.jpg,1,Bréa\n", "latin-1")


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(PeopleError, match="cannot be read"):
            KnownPeople.read(place)


def record(*ages: int) -> dict[str, Any]:
    faces = tuple(
        Face((0, 0, 9, 9), np.zeros((5, 2), np.float32), 0.9, Age(np.eye(AGES, dtype=np.float32)[age])) for age in ages
    )
    return ImageReport("a.jpg", "ok", ModelNames("d", "a", "1"), faces=faces).to_record()


def test_a_named_face_dates_the_photo_and_the_photo_the_others() -> None:
    found = with_years(record(24, 4, 50), Known({1: Person("Anna", 1950), 2: Person("Cleo")}), 0.8)
    assert found["taken"]["year"] is None
    assert found["taken"]["estimate"] == {"mean": 1974.0, "interval": [1973.6, 1974.4], "level": 0.8}
    assert found["faces"][0]["person"] == {"name": "Anna", "born": 1950, "doubt": 0.0}
    assert found["faces"][0]["born"] is None
    assert found["faces"][1]["person"] == {"name": "Cleo", "born": None, "doubt": None}
    assert found["faces"][1]["born"]["mean"] == 1970.0
    assert found["faces"][2]["person"] is None
    assert found["faces"][2]["born"]["mean"] == 1924.0


def test_a_known_year_goes_before_an_estimated_one() -> None:
    known = Known({1: Person("Anna", 1950)}, taken=1980)
    found = with_years(record(24, 4), known, 0.8, taken=2019)
    assert found["taken"]["year"] == 1980
    assert found["taken"]["estimate"]["mean"] == 1974.0
    assert found["faces"][1]["born"]["mean"] == 1976.0


def test_a_known_year_doubts_who_does_not_fit_it() -> None:
    known = Known({1: Person("Anna", 1950), 2: Person("Ben", 1936), 3: Person("Cleo")}, taken=1940)
    found = with_years(record(24, 4, 50), known, 0.8)
    doubts = [face["person"]["doubt"] for face in found["faces"]]
    assert doubts == [1.0, 0.001, None]
    assert found["faces"][0]["born"] is None
    assert found["taken"]["estimate"] is not None
    for year, doubt in [(1949, 1.0), (1950, 1.0), (1974, 0.001)]:
        anna = with_years(record(24), Known({1: Person("Anna", 1950)}), 0.8, taken=year)["faces"][0]["person"]
        assert anna["doubt"] == doubt


def test_the_cameras_year_is_taken_where_nothing_else_is_known() -> None:
    found = with_years(record(24), Known(), 0.8, taken=2019)
    assert found["taken"] == {"year": 2019, "estimate": None}
    assert found["faces"][0]["born"]["mean"] == 1995.0


def test_nothing_known_leaves_the_record_as_it_was() -> None:
    plain = record(24)
    found = with_years(plain, Known(), 0.8)
    assert found == {**plain, "taken": {"year": None, "estimate": None}, "faces": found["faces"]}
    assert found["faces"] == [{**plain["faces"][0], "person": None, "born": None}]
    assert "person" not in plain["faces"][0]


def test_a_face_is_known_by_its_box_and_else_by_its_number(tmp_path: Path) -> None:
    """In the window the first face was removed, and one that the detector does not find was added."""
    people = read(
        tmp_path,
        "path;face;x;y;box_width;box_height;name\n"
        "a.jpg;1;101,5;10;50;60;Anna\n"
        "a.jpg;2;200.0;10.0;50.0;60.0;Ben\n"
        "a.jpg;3;400;10;50;60;Cleo\n"
        "a.jpg;4;10. May;;;;Dan\n"
        "a.jpg;5;;;;;Eve\n",
    )
    found = record(3, 24, 50, 7)
    for face, x in zip(found["faces"], (0.0, 100.0, 200.0, 300.0), strict=True):
        face["box"] = [x, 10.0, 50.0, 60.0]
    who = [face["person"] and face["person"]["name"] for face in with_years(found, people.of("a.jpg"), 0.8)["faces"]]
    assert who == [None, "Anna", "Ben", "Dan"]
    missing = "face 3 (Cleo), face 5 (Eve) are not among the faces that were found (4)"
    assert missing_faces(found, people.of("a.jpg")) == missing


def test_a_face_that_is_not_there_is_told() -> None:
    known = Known({1: Person("Anna", 1950), 3: Person("Ben", 1960)})
    assert missing_faces(record(24), known) == "face 3 (Ben) is not among the faces that were found (1)"
    assert with_years(record(24), known, 0.8)["taken"]["estimate"]["mean"] == 1974.0
    assert missing_faces(record(24, 30, 31), known) is None
