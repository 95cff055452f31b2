"""Text, JSON, JSON lines and CSV of the same records."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from engine.age import AGES, Age
from engine.formats import FORMATS, CsvWriter, inert, text_stream, without_apostrophe
from engine.people import Known, Person, with_years
from engine.report import Face, ImageReport, ModelNames, Problem

NAMES = ModelNames("detector", "age", "1")


def face(mean: int) -> Face:
    distribution = np.zeros(AGES, np.float32)
    distribution[[mean - 5, mean, mean + 5]] = 0.25, 0.5, 0.25
    landmarks = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
    return Face((10.04, 20, 80, 90), landmarks, 0.98765, Age(distribution), ("small", "turned"))


def records(path: str = "a.jpg") -> list[dict[str, Any]]:
    return [
        ImageReport(path, "ok", NAMES, width=640, height=480, faces=(face(30), face(61))).to_record(0.8),
        ImageReport("b.jpg", "no_face", NAMES, width=10, height=10).to_record(),
        ImageReport("c.jpg", "error", NAMES, error=Problem("corrupt", "The file is damaged.")).to_record(),
    ]


def written(form: str, given: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = FORMATS[form](stream)
    for record in given:
        writer.add(record)
    writer.finish()
    return stream.getvalue()


def test_each_photo_is_in_the_file_as_soon_as_it_is_added() -> None:
    file = io.BytesIO()
    with text_stream(file) as stream:
        FORMATS["text"](stream).add(records()[1])
        assert file.getvalue() == b"b.jpg: no face found\n"
        stream.write("caf\udce9.jpg")  # a name that is not Unicode
    assert file.getvalue().endswith(rb"caf\udce9.jpg")
    assert not file.closed


def test_json_is_one_array() -> None:
    assert json.loads(written("json", records())) == records()
    assert json.loads(written("json", [])) == []


def test_json_lines() -> None:
    assert [json.loads(line) for line in written("jsonl", records()).splitlines()] == records()


def test_a_name_that_is_not_unicode_stays_json() -> None:
    text = written("jsonl", records("caf\udce9.jpg"))
    text.encode("utf-8")
    assert json.loads(text.splitlines()[0])["path"] == "caf\udce9.jpg"


def test_json_keeps_names_readable_and_takes_little_space() -> None:
    assert written("jsonl", records("größe.jpg")).startswith('{"schema":1,"path":"größe.jpg","status":"ok",')


def test_csv_has_one_row_per_face() -> None:
    text = written("csv", records())
    assert text.startswith("\ufeffpath,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert all(list(row) == CsvWriter.COLUMNS for row in rows)
    assert [(row["path"], row["face"], float(row["age"])) for row in rows] == [("a.jpg", "1", 30), ("a.jpg", "2", 61)]
    assert rows[0]["warnings"] == "small turned"
    assert float(rows[0]["low"]) < 30 < float(rows[0]["high"])


@pytest.mark.parametrize(
    "name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@sum.jpg", "\ta.jpg", "\ra.jpg", "\uff1d1+1.jpg", "\uff20sum"]
)
def test_csv_cells_do_not_run(name: str) -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", records(name)).removeprefix("\ufeff"), newline="")))
    assert rows[0]["path"] == "'" + name
    assert inert("a" + name) == "a" + name


@pytest.mark.parametrize("text", ["", "a.jpg", "'a.jpg", "=q.jpg", "'=q.jpg", "''=q.jpg", "'", "\uff0b", "'\uff0d1"])
def test_a_cell_gives_its_text_back(text: str) -> None:
    assert without_apostrophe(inert(text)) == text


@pytest.mark.parametrize("cell", ["=q.jpg", "-Anna", "'a.jpg"])
def test_a_cell_that_somebody_has_typed_stays(cell: str) -> None:
    assert without_apostrophe(cell) == cell


@pytest.mark.parametrize("point", [".", ","])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_part_of_a_name_is_a_cell_of_its_own(point: str, separator: str) -> None:
    """In another language a spreadsheet splits columns at another character, and would run what follows it."""
    stream = io.StringIO()
    CsvWriter(stream, point=point).add(records(f"a{separator}=1+1{separator}b.jpg")[0])
    rows = csv.reader(io.StringIO(stream.getvalue(), newline=""), delimiter=separator)
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_csv_keeps_commas_quotes_and_line_ends() -> None:
    name = 'a,"b"\nc.jpg'
    rows = list(csv.DictReader(io.StringIO(written("csv", records(name)).removeprefix("\ufeff"), newline="")))
    assert rows[0]["path"] == name


def test_csv_with_decimal_commas_says_the_same() -> None:
    stream = io.StringIO()
    CsvWriter(stream, point=",").add(records("1.5;2.jpg")[0])
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().removeprefix("\ufeff"), newline=""), delimiter=";"))
    plain = list(csv.DictReader(io.StringIO(written("csv", records("1.5;2.jpg")).removeprefix("\ufeff"), newline="")))
    numbers = "x y box_width box_height score age low high level".split()
    assert rows == [{**row, **{name: row[name].replace(".", ",") for name in numbers}} for row in plain]
    assert rows[0]["level"] == "0,8"


def test_text() -> None:
    lines = written("text", records()).splitlines()
    assert lines[0] == "a.jpg: 2 faces"
    assert lines[1].startswith("  face 1: 30 years, 25 to 35 in 8 of 10 cases; the face is small")
    assert lines[3] == "b.jpg: no face found"
    assert lines[4] == "c.jpg: The file is damaged."


def test_text_says_how_a_photo_was_turned() -> None:
    (record, *_) = records()
    assert written("text", [{**record, "rotated": 90}]).startswith("a.jpg: 2 faces, turned by 90 degrees\n")


@pytest.mark.parametrize(("mean", "said"), [(0.3, "0 years"), (0.9, "1 year"), (1.6, "2 years")])
def test_text_counts_years(mean: float, said: str) -> None:
    (record, *_) = records()
    record["faces"][0]["age"]["mean"] = mean
    assert f"  face 1: {said}, 25 to 35" in written("text", [record])


def test_text_says_who_was_born_after_the_photo() -> None:
    lines = []
    for taken in (1949, 1950):
        stream = io.StringIO()
        record = with_years(records()[0], Known({1: Person("Anna", 1950)}, taken), 0.8)
        FORMATS["text"](stream, years=True).add(record)
        lines.append(stream.getvalue().splitlines()[1])
    assert "; born after this photo was taken: check the years; " in lines[0]
    assert "check" not in lines[1]


def test_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in written("text", records("\x1b]0;title\x07"))


def test_record_follows_the_contract() -> None:
    record = records()[0]
    assert list(record) == ("schema path status error width height rotated faces model milliseconds".split())
    assert record["schema"] == 1
    assert record["model"] == {"detector": "detector", "age": "age", "version": "1"}
    entry = record["faces"][0]
    assert list(entry) == ["box", "landmarks", "score", "age", "warnings"]
    assert entry["box"] == [10.0, 20, 80, 90]
    assert np.shape(entry["landmarks"]) == (5, 2)
    assert list(entry["age"]) == ["mean", "interval", "level", "distribution"]
    assert entry["age"]["level"] == 0.8
    assert len(entry["age"]["distribution"]) == AGES
    assert sum(entry["age"]["distribution"]) == pytest.approx(1, abs=1e-4)
