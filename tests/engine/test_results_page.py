"""docs/results.md names every field, column and exit status that exists, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

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


def test_every_column_is_named() -> None:
    named = [name for row in rows(section("The table")) for name in re.findall("`(.+?)`", row)]
    assert sorted(named) == sorted([*CsvWriter.COLUMNS, *CsvWriter.YEARS])


def test_every_exit_status_is_named() -> None:
    assert [int(row) for row in rows(section("Exit status"))[1:]] == [int(code) for code in ExitCode]
