"""docs/results.md names every field, column and exit status that exists, and no other."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, get_args

import pytest

import engine
from engine import Analyzer
from engine.cli import ExitCode
from engine.formats import CsvWriter
from engine.people import Known, Person, with_years
from engine.report import SCHEMA, Warning_

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[str]:
    """First cells of its tables' rows."""
    return [cell for cell in re.findall(r"^\| (.+?) \|", text, re.MULTILINE) if not cell.startswith("---")]


def marked(text: str) -> set[str]:
    """What is marked as code."""
    return set(re.findall(r"`([^`]+)`", text))


@pytest.fixture(scope="module")
def record(analyzer: Analyzer, group_photo: Path) -> dict[str, Any]:
    """The record of a real photo, with everything that it can contain."""
    report = analyzer.analyze(group_photo).to_record()
    return with_years(report, Known({1: Person("Anna", 1950)}, 1974), 0.8)


def test_every_field_is_named(record: dict[str, Any]) -> None:
    face = record["faces"][0]
    fields = {*record, *face, *(f"age.{name}" for name in face["age"])} - {"age"}
    named = marked("".join(rows(section("The record"))))
    assert named == fields
    within = {*record["model"], *record["milliseconds"], *record["taken"], *face["person"], "code", "message"}
    within |= {*record["faces"][1]["born"], *(f'"{name}"' for name in get_args(Warning_))}
    assert within <= marked(section("The record"))
    assert f"| `schema` | {SCHEMA}. " in PAGE


def shape(value: Any) -> Any:
    """The keys of a record, at any depth; of a list, those of its first item."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_example_is_a_record(analyzer: Analyzer, group_photo: Path) -> None:
    (lines,) = re.findall(r"(?:^    .*\n)+", section("The record"), re.MULTILINE)
    example, real = json.loads(lines.replace(", ...", "")), analyzer.analyze(group_photo).to_record()
    for one in (example, real):
        one["faces"] = [one["faces"][0] | {"warnings": []}]
    assert shape(example) == shape(real)
    assert example["model"] == real["model"]


def test_every_column_is_named() -> None:
    named = [name for row in rows(section("The table")) for name in re.findall("`(.+?)`", row)]
    assert sorted(named) == sorted([*CsvWriter.COLUMNS, *CsvWriter.YEARS])


def test_every_exit_status_is_named() -> None:
    assert [int(row) for row in rows(section("Exit status"))[1:]] == [int(code) for code in ExitCode]


def test_every_name_of_the_library_is_named() -> None:
    named = [name for row in rows(section("In Python"))[1:] for name in re.findall("`(.+?)`", row)]
    assert sorted(named) == sorted(engine.__all__)


def test_the_program_runs(
    group_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"```python\n(.+?)```", section("In Python"), re.DOTALL)
    shutil.copy(group_photo, tmp_path / "beach.jpg")
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    assert len(capsys.readouterr().out.splitlines()) == 6
    (tmp_path / "beach.jpg").unlink()
    exec(program, {})
    assert capsys.readouterr().out.startswith("not_found The file is not there.")
