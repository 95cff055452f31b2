"""engine.terminal: names that would steer a terminal are only shown."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from engine.formats import CsvWriter, JsonLinesWriter, JsonWriter, TextWriter, Writer
from engine.report import ImageReport, ModelNames, Problem
from engine.terminal import ArgumentParser, Terminal, printable, within

STEERING = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "C1": "\x9b31mred\x9d0;title\x9c",
    "bidi": "a\u202egpj.exe\u2066\u200f",
    "line": "a\rb\nc\u2028d\x0b",
    "delete": "a\x7f\x08b",
    "half a character": "\ud800",
    "byte": "\udcff",
    "tag": "a\U000e0041",
    "long": "\x1b[2J" * 2_500,
}
"""Names that a file or a person may have."""


def steers(text: str) -> str:
    """Characters of an output that are not merely shown."""
    return "".join(one for one in text if one != "\n" and not one.isprintable())


def faces(name: str) -> dict[str, object]:
    age = {"mean": 30.0, "interval": [25.0, 35.0], "level": 0.8, "distribution": [1.0]}
    person = {"name": name, "born": 1950, "doubt": 0.0}
    face = {"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "age": age, "warnings": [], "person": person, "born": None}
    return {"status": "ok", "faces": [face], "taken": {"year": None, "estimate": None}}


def arguments() -> ArgumentParser:
    parser = ArgumentParser(prog="x")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--quiet", action="store_true")
    return parser


def test_unseen_characters_are_shown_as_escapes() -> None:
    assert printable("a\x1b[31m\u202eb\r\n\udce9é日") == "a\\x1b[31m\\u202eb\\r\\n\\udce9é日"


def test_names_keep_what_joins_their_letters() -> None:
    persian, family = "\u0645\u06cc\u200c\u0631\u0648\u062f", "\U0001f469\u200d\U0001f467"
    assert printable(persian) == persian
    for spaced in ("Screenshot 2024-01-01 at 9.41.00\u202fAM.png", "家族\u3000旅行.jpg", "Mon\u00a0album.jpg"):
        assert printable(spaced) == spaced
    assert printable(family) == family


@pytest.mark.parametrize("name", STEERING.values(), ids=STEERING)
@pytest.mark.parametrize("writer", [TextWriter, CsvWriter, JsonWriter, JsonLinesWriter])
def test_what_results_say_on_a_terminal(writer: type[Writer], name: str) -> None:
    """Names of files and people, and messages."""
    names = ModelNames("detector", "age", "1")
    failed = ImageReport(name, "error", names, error=Problem("crashed", f"It failed: {name}.")).to_record()
    raw = io.BytesIO()
    terminal = Terminal(raw, encoding="utf-8", newline="")
    made = writer(terminal, years=True)
    for record in (failed, failed | faces(name)):
        made.add(record)
    made.finish()
    terminal.flush()
    shown = raw.getvalue().decode()
    assert len(shown) > 100
    assert steers(shown) == ""


@pytest.mark.parametrize("name", STEERING.values(), ids=STEERING)
def test_json_steers_nothing_wherever_it_is_shown(name: str) -> None:
    """Its escapes lose nothing, so they are used in files too."""
    failed = ImageReport(name, "error", ModelNames("d", "a", "1"), error=Problem("crashed", name)).to_record()
    stream = io.StringIO()
    JsonLinesWriter(stream).add(failed)
    assert steers(stream.getvalue()) == ""
    assert json.loads(stream.getvalue()) == failed


def test_a_table_looks_as_in_a_file() -> None:
    raw = io.BytesIO()
    terminal = Terminal(raw, encoding="utf-8", newline="")
    CsvWriter(terminal).finish()
    terminal.write("größe 日本,1\r\n")
    terminal.flush()
    assert raw.getvalue().decode().startswith("path,width,")
    assert raw.getvalue().decode().endswith("\ngröße 日本,1\n")


@pytest.mark.parametrize(
    "words", ["a.jpg b.jpg --quiet", "--quiet a.jpg b.jpg", "a.jpg --quiet b.jpg", "--quiet -- a.jpg b.jpg"]
)
def test_options_stand_anywhere_among_paths(words: str) -> None:
    assert arguments().parse(words.split()) == argparse.Namespace(paths=["a.jpg", "b.jpg"], quiet=True)


def test_after_two_dashes_there_are_only_paths() -> None:
    for words in (["--", "--quiet", "--"], ["--quiet", "--", "--quiet", "--"]):
        assert arguments().parse(words).paths == ["--quiet", "--"]
    parsed = arguments().parse(["a.jpg", "--quiet", "--", "-b.jpg", "", "c.jpg"])
    assert parsed == argparse.Namespace(paths=["a.jpg", "-b.jpg", "", "c.jpg"], quiet=True)


def test_the_usage_names_the_paths_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["a.jpg", "--quit", "b.jpg"], ["a.jpg", "--help"]):
        with pytest.raises(SystemExit):
            arguments().parse(words)
        said = "".join(capsys.readouterr())
        assert said.startswith("usage: x [-h] [--quiet] paths [paths ...]\n")
    assert "positional arguments:" in said


@pytest.mark.parametrize("name", STEERING.values(), ids=STEERING)
def test_what_is_said_of_a_wrong_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ArgumentParser(prog="x").parse([f"--{name}"])
    shown = capsys.readouterr().err
    assert "unrecognized arguments: --" in shown
    assert steers(shown) == ""


def test_nothing_that_a_photo_says_in_words_is_told(analyzer: Any, tmp_path: Path) -> None:
    """At most a year of EXIF: what a camera or a stranger wrote there reaches no page, terminal or table."""
    exif, details = Image.Exif(), {}
    words = "HOSTILE <script>alert(1)</script>\x1b[31m\u202e" + "x" * 10_000
    for tag in (ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Artist):
        exif[tag] = words
    for tag in (ExifTags.Base.DateTimeOriginal, ExifTags.Base.UserComment, ExifTags.Base.LensModel):
        details[tag] = f"1974:08:21 {words}"
    exif[ExifTags.IFD.Exif] = details
    Image.new("RGB", (64, 48)).save(tmp_path / "a.png", exif=exif)
    assert b"HOSTILE" in (tmp_path / "a.png").read_bytes()
    inspection = analyzer.inspect(tmp_path / "a.png")
    assert inspection.report.year_taken == 1974
    told = json.dumps(inspection.report.to_record()) + repr(inspection.report)
    assert "HOSTILE" not in told


@pytest.mark.skipif(os.name != "posix", reason="such names, and such terminals, are POSIX's")
@pytest.mark.parametrize("module", ["engine", "desktop"])
def test_files_that_are_named_like_options(module: str, tmp_path: Path) -> None:
    """`agelens *` in a folder of somebody else's files."""
    (tmp_path / "--\x1b]0;title\x07\x9b31m.jpg").touch()
    (tmp_path / "a.jpg").touch()
    root = Path(__file__).parents[2]
    said = subprocess.run(
        f"{sys.executable} -m {module} *",
        shell=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 2
    assert b"unrecognized arguments" in said.stderr
    assert steers(said.stderr.decode()) == ""


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX's")
def test_the_command_line_knows_a_terminal() -> None:
    """In a terminal the table is made harmless; in a pipe the names stay as they are."""
    program = "from engine.cli import _output\nwith _output(None) as stream: stream.write('a\\x1b[31m\\u202eb\\udce9')"
    ours, theirs = os.openpty()
    subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], stdout=theirs, timeout=60, check=True
    )
    os.close(theirs)
    assert os.read(ours, 1000) == b"a\\x1b[31m\\u202eb\\udce9"
    os.close(ours)
    piped = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, timeout=60, check=True
    )
    assert piped.stdout.decode() == "a\x1b[31m\u202eb\\udce9"


@pytest.mark.parametrize(
    ("text", "columns", "left"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("\u5199\u771f", 4, "\u5199\u771f"),
        ("a\u5199\u771f", 4, "a\u5199"),
        ("", 0, ""),
    ],
)
def test_a_line_is_cut_by_the_columns_that_it_takes(text: str, columns: int, left: str) -> None:
    assert within(text, columns) == left
