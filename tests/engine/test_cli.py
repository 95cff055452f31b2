"""The command line: most runs share one engine; a separate process only where that matters."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, TextIO, get_args

import numpy as np
import pytest
from made_records import made_record
from PIL import Image

from engine import cli
from engine.limits import Limits
from engine.report import ERROR_CODES, Warning_
from engine.worker import Worker, WorkerFailed
from engine.worker_messages import Outcome

Done = subprocess.CompletedProcess[str]


def process(*arguments: object, cwd: Path | None = None) -> Done:
    """The command line with its own process and engine."""
    command = [sys.executable, "-m", "engine", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=cwd, timeout=300, check=False)


def with_output(stream: TextIO, arguments: list[str]) -> Done:
    """The command line with this standard output."""
    command = [sys.executable, "-m", "engine", *arguments]
    return subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, encoding="utf-8", timeout=300, check=False)


@pytest.fixture(autouse=True)
def same_signals() -> Iterator[None]:
    """The command line hears signals, and ignores them at its end, where its process ends."""
    before = {number: signal.getsignal(number) for number in cli._interruptions()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


@pytest.fixture
def agelens(worker: Worker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line in this process, with an engine that has started already."""
    monkeypatch.setattr(cli, "Worker", lambda *_: contextlib.nullcontext(worker))

    def run(*arguments: object) -> Done:
        words = [*map(str, arguments)]
        try:
            status = cli.main(words)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Done(words, status, *capfd.readouterr())

    return run


@pytest.fixture
def folder(tmp_path: Path, group_photo: Path, astronaut_photo: Path) -> Path:
    """Two photos with faces, one without, a broken one, and another in a subfolder."""
    (tmp_path / "1 group.jpg").write_bytes(group_photo.read_bytes())
    (tmp_path / "2 größe 日本.png").write_bytes(astronaut_photo.read_bytes())
    (tmp_path / "3 broken.jpg").write_bytes(group_photo.read_bytes()[:9000])
    Image.new("RGB", (80, 60)).save(tmp_path / "4 empty.png")
    (tmp_path / "within").mkdir()
    (tmp_path / "within" / "5.png").write_bytes(astronaut_photo.read_bytes())
    return tmp_path


def check_record(record: dict[str, object]) -> None:
    """The contract's schema, to the letter."""
    assert list(record) == "schema path status error width height rotated faces model milliseconds".split()
    assert record["schema"] == 1
    assert record["status"] in ("ok", "no_face", "error")
    error, faces = record["error"], record["faces"]
    assert isinstance(faces, list)
    assert (error is not None) == (record["status"] == "error")
    assert bool(faces) == (record["status"] == "ok")
    if isinstance(error, dict):
        assert error["code"] in ERROR_CODES
        assert error["message"]
    for face in faces:
        assert len(face["box"]) == 4
        assert np.shape(face["landmarks"]) == (5, 2)
        assert 0 <= face["score"] <= 1
        low, high = face["age"]["interval"]
        assert 0 <= low <= face["age"]["mean"] <= high <= 100
        assert len(face["age"]["distribution"]) == 101
        assert set(face["warnings"]) <= set(get_args(Warning_))


def test_json_lines_of_a_folder(folder: Path) -> None:
    result = process(folder, "--format", "jsonl", "--recursive", "--quiet")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 3
    assert [Path(record["path"]).name for record in records] == [
        "1 group.jpg",
        "2 größe 日本.png",
        "3 broken.jpg",
        "4 empty.png",
        "5.png",
    ]
    assert [len(record["faces"]) for record in records] == [6, 1, 0, 0, 1]
    assert [record["status"] for record in records] == ["ok", "ok", "error", "no_face", "ok"]
    assert records[2]["error"]["code"] == "corrupt"
    for record in records:
        check_record(record)
    assert "3 broken.jpg" in result.stderr
    assert "of 5" not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not allow these names")
def test_names_that_mean_something_elsewhere(tmp_path: Path, astronaut_photo: Path) -> None:
    names = ["one/%41.png", "one/a.png", 'one/it\'s "quoted".png', "two/<b>bold<!--.png", "two/a.png", "two/--out.png"]
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with Image.open(astronaut_photo) as photo:
            photo.crop((0, 0, 400 + number, 400)).save(tmp_path / name)
    (tmp_path / "two" / "bad & $(touch gone).jpg").write_bytes(b"\xff\xd8\xff" + bytes(50))
    result = process("one", "two", "--format", "jsonl", "--quiet", "--annotate", "copies", cwd=tmp_path)
    assert result.returncode == 3
    records = {record["path"]: record for record in map(json.loads, result.stdout.splitlines())}
    bad = records.pop("two/bad & $(touch gone).jpg")
    assert bad["error"]["code"] == "corrupt"
    assert {name: (record["width"], record["status"]) for name, record in records.items()} == {
        name: (400 + number, "ok") for number, name in enumerate(names)
    }
    # Two photos of one name have two copies.
    assert sorted(Image.open(copy).width for copy in (tmp_path / "copies").iterdir()) == [*range(400, 406)]
    assert not list(tmp_path.rglob("gone"))


def test_json_to_a_file(folder: Path, tmp_path: Path, agelens: Callable[..., Done]) -> None:
    result = agelens(folder / "1 group.jpg", folder / "4 empty.png", "--format=json", "--out", tmp_path / "out.json")
    assert (result.returncode, result.stdout) == (0, "")
    assert "2 of 2" in result.stderr
    records = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [record["status"] for record in records] == ["ok", "no_face"]
    assert not list(tmp_path.glob("out.json.*"))


def test_csv_in_another_interval(folder: Path, agelens: Callable[..., Done]) -> None:
    photo = folder / "1 group.jpg"
    narrow, wide = (
        list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"), newline="")))
        for result in (process(photo, "--format=csv", "--interval=0.5"), agelens(photo, "--format=csv"))
    )
    assert len(narrow) == len(wide) == 6
    for one, other in zip(narrow, wide, strict=True):
        assert float(other["low"]) < float(one["low"]) < float(one["high"]) < float(other["high"])
        assert one["level"] == "0.5"


def test_text(folder: Path, agelens: Callable[..., Done]) -> None:
    result = agelens(folder / "1 group.jpg")
    assert result.returncode == 0
    assert result.stdout.splitlines()[0].endswith("1 group.jpg: 6 faces")
    assert result.stdout.count("in 8 of 10 cases") == 6


def test_annotated_copies_overwrite_nothing(folder: Path, agelens: Callable[..., Done]) -> None:
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    assert agelens(folder / "1 group.jpg", "--annotate", folder, "--quiet").returncode == 0
    assert all(path.read_bytes() == content for path, content in before.items())
    copy = Image.open(folder / "1 group-2.jpg")
    assert copy.size == (1280, 886)
    original = np.asarray(Image.open(folder / "1 group.jpg").convert("RGB"), dtype=int)
    assert (np.abs(np.asarray(copy, dtype=int) - original).max(axis=2) > 60).mean() > 0.003


def test_copies_among_the_photos_are_no_photos(folder: Path, agelens: Callable[..., Done]) -> None:
    copies = folder / "within" / "copies"
    command = [folder / "within", "--recursive", "--annotate", copies, "--format", "jsonl"]
    said = f"agelens: the folder {copies} is left out, as the copies are saved there\n"
    for run in range(2):
        result = agelens(*command)
        assert len(result.stdout.splitlines()) == 1
        assert result.stderr.count(said) == run
    assert said not in agelens(*command, "--quiet").stderr
    assert [copy.name for copy in sorted(copies.iterdir())] == ["5-2.jpg", "5-3.jpg", "5.jpg"]


def test_copies_beside_the_photos_come_with_a_warning(folder: Path, agelens: Callable[..., Done]) -> None:
    inside, outside = (
        agelens(folder / "within", "--annotate", copies, "--quiet").stderr
        for copies in (folder / "within", folder / "copies")
    )
    warning = f"agelens: later runs will find the copies as photos in {folder / 'within'}\n"
    assert inside == warning
    assert outside == ""
    # Named itself, the folder is not left out.
    both = agelens(folder, folder / "within", "--recursive", "--annotate", folder / "within", "--format", "csv").stderr
    assert warning in both
    assert "left out" not in both


def test_the_result_may_lie_in_the_folder_that_is_made_for_the_copies(
    tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert agelens("none.jpg", "--annotate", "new/copies", "--out", tmp_path / "new" / "ages.csv").returncode == 3
    assert (tmp_path / "new" / "ages.csv").exists()
    assert agelens("none.jpg", "--annotate", "new/ages.csv").stderr == (
        f"agelens: --annotate {Path('new', 'ages.csv')}: this is a file, not a folder\n"
    )


def test_a_copy_that_cannot_be_made_takes_no_ages_away(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    """No JPEG file is that long, but a photo may be."""
    Image.new("RGB", (65_501, 20)).save(tmp_path / "long.png")
    result = agelens(tmp_path / "long.png", "--format", "jsonl", "--annotate", tmp_path / "copies", "--quiet")
    record = json.loads(result.stdout)
    assert (result.returncode, record["status"], record["width"]) == (3, "no_face", 65_501)
    assert "long.png: There is no annotated copy. The photo is longer than the 65,500 pixels" in result.stderr
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_copy_that_cannot_be_saved_takes_no_ages_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cli, "write_new", full)
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(Worker, "analyze", lambda *_, **__: Outcome(made_record("no_face"), copy=b"content"))
    assert cli.main(["a.jpg", "b.jpg", "--annotate", str(tmp_path), "--quiet", "--format", "jsonl"]) == 3
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "agelens: b.jpg: The annotated copy could not be saved: the disk is full.\n" in said.err


def test_a_library_of_photos_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "Our.photoslibrary"
    library.mkdir()
    (library / "1.jpg").touch()
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cli.main([str(library), "--recursive"]) == 0
    assert f"agelens: {library} is a library of Photos. Export the photos there first.\n" == capfd.readouterr().err


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(made_record("no_face"), copy_problem="\x1b[2J"),
        Outcome(made_record("error") | {"error": {"code": "corrupt", "message": "\x1b[2J"}}),
    ],
    ids=["copy", "photo"],
)
def test_what_is_wrong_steers_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], outcome: Outcome
) -> None:
    """Whatever is said by a worker that a photo has taken over."""
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(Worker, "analyze", lambda *_, **__: outcome)
    assert cli.main(["\x1b[A.jpg", "--annotate", str(tmp_path), "--quiet"]) == 3
    assert capfd.readouterr().err == "agelens: \\x1b[A.jpg: \\x1b[2J\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not allow these names")
def test_a_folder_without_photos_is_told_and_is_no_failure(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    bare = tmp_path / "\x1b[2J"
    bare.mkdir()
    result = agelens(bare, "--quiet", "--format", "json")
    assert (result.returncode, json.loads(result.stdout)) == (0, [])
    escaped = tmp_path / "\\x1b[2J"
    assert result.stderr == f"agelens: there are no photos in {escaped}\n"


def test_the_result_is_there_though_nobody_reads_what_is_said_beside_it(folder: Path, tmp_path: Path) -> None:
    """As behind `2>&1 | head -1`. What could not be said before the worker starts must not keep it from starting."""
    (tmp_path / "bare").mkdir()
    command = [
        sys.executable,
        "-m",
        "engine",
        folder / "4 empty.png",
        folder / "none.jpg",
        tmp_path / "bare",
        "--out",
        tmp_path / "out.txt",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait(300) == 3
    assert "none.jpg" in (tmp_path / "out.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
@pytest.mark.parametrize(
    "arguments", ["none.jpg --quiet", "none.jpg --quiet --format csv", "--help", "--version", "--self-test"], ids=str
)
def test_a_full_disk_is_told_in_a_sentence(arguments: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = with_output(full, arguments.split())
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "agelens: the result cannot be written: the disk is full"
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="elsewhere, a pipe without a reader fails in another way")
@pytest.mark.parametrize("arguments", ["--quiet --format csv", "--help", "--version", "--self-test"], ids=str)
def test_a_reader_that_has_seen_enough_hears_no_complaint(folder: Path, arguments: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        result = with_output(pipe, [str(folder / "4 empty.png"), *arguments.split()])
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere, a pipe without a reader fails in another way")
@pytest.mark.parametrize("form", ["text", "csv"])
def test_copies_are_made_though_the_reader_has_seen_enough(folder: Path, tmp_path: Path, form: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    photos = [str(folder / "1 group.jpg"), str(folder / "none.jpg"), str(folder / "2 größe 日本.png")]
    with os.fdopen(writing, "w") as pipe:
        result = with_output(pipe, [*photos, "--quiet", "--format", form, "--annotate", str(tmp_path / "copies")])
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["1 group.jpg", "2 größe 日本.jpg"]
    assert (result.returncode, result.stderr.count("\n")) == (3, 1), result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's device that is always full")
def test_a_wrong_command_line_has_its_status_though_it_cannot_be_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "engine", "--unknown"]
        assert subprocess.run(command, stderr=full, timeout=60, check=False).returncode == 2


@pytest.mark.parametrize(("system", "status"), [("win32", 0), ("linux", 1)])
def test_windows_says_of_a_reader_that_is_gone_what_others_say_of_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, status: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(cli, "_run", fail)
    monkeypatch.setattr(sys, "platform", system)
    with (tmp_path / "pipe").open("w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert cli.main(["a.jpg"]) == status
        assert cli.main(["a.jpg", "--out", str(tmp_path / "out.txt")]) == 1


@pytest.mark.skipif(os.name != "posix", reason="only POSIX shells close standard error")
def test_the_result_is_all_there_is_where_standard_error_is_closed(folder: Path) -> None:
    command = ["sh", "-c", 'exec "$0" "$@" 2>&-', sys.executable, "-m", "engine", folder / "4 empty.png"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (result.returncode, result.stdout) == (0, f"{folder / '4 empty.png'}: no face found\n")


@pytest.mark.skipif(os.name != "posix", reason="only POSIX shells close standard output")
def test_where_standard_output_is_closed_the_result_can_only_go_to_a_file(folder: Path) -> None:
    command = ["sh", "-c", 'exec "$0" "$@" >&-', sys.executable, "-m", "engine", "--quiet", folder / "4 empty.png"]
    result = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (
        1,
        "agelens: the result cannot be written: standard output is closed\n",
    )
    out = folder / "out.txt"
    result = subprocess.run([*command, "--out", out], stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert out.read_text(encoding="utf-8") == f"{folder / '4 empty.png'}: no face found\n"


def test_an_analysis_that_ends_half_way_keeps_what_there_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    analyze = Worker.analyze

    def once(self: Worker, path: str, **options: bool) -> Outcome:
        if "2" in Path(path).name:
            raise WorkerFailed("The analysis could not be started.")
        return analyze(self, path, **options)

    monkeypatch.setattr(Worker, "analyze", once)
    out = tmp_path / "out.json"
    command = [
        folder / "4 empty.png",
        folder / "2 größe 日本.png",
        folder / "3 broken.jpg",
        "--format=json",
        "--out",
        out,
    ]
    assert cli.main([*map(str, command)]) == 1
    assert "The analysis could not be started. Stopped after 1 of 3 photos." in capfd.readouterr().err
    assert [record["status"] for record in json.loads(out.read_text(encoding="utf-8"))] == ["no_face"]
    assert cli.main([*map(str, command[1:])]) == 1
    assert len(json.loads(out.read_text(encoding="utf-8"))) == 1, "nothing was ready, so what was there stays"


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_disk_that_fills_up_leaves_the_photos_before(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource", reason="Windows limits no file")
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(Worker, "analyze", lambda _, path, **__: Outcome(made_record(path=path)))
    out = tmp_path / f"out.{form}"
    command = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "--quiet", "--format", form, "--out", str(out)]
    assert cli.main(command) == 0
    size = out.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(0.7 * size), before[1]))
    try:
        assert cli.main(command) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    told = "agelens: the result cannot be written: the file is too large for this disk. Stopped after 2 of 4 photos.\n"
    assert capfd.readouterr().err == told
    text = out.read_text(encoding="utf-8-sig")
    rows = json.loads(text) if form == "json" else csv.DictReader(io.StringIO(text))
    assert [row["path"] for row in rows] == ["a.jpg", "b.jpg"]
    assert [*tmp_path.iterdir()] == [out]


@pytest.mark.parametrize(
    "moment", [(cli, "_parser"), (cli, "collect"), (Worker, "start"), (Worker, "analyze")], ids=lambda it: it[1]
)
def test_an_interruption_before_the_first_result_leaves_the_file_that_was_there(
    moment: tuple[object, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*moment, interrupted)
    (tmp_path / "out.json").write_text("before")
    assert cli.main([str(tmp_path / "a.jpg"), "--format=json", "--out", str(tmp_path / "out.json"), "--quiet"]) == 130
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    assert capfd.readouterr().err == "agelens: interrupted\n"


def test_people_date_photos(folder: Path, tmp_path: Path, agelens: Callable[..., Done]) -> None:
    photo, people = folder / "1 group.jpg", tmp_path / "people.csv"
    assert agelens(photo, "--format", "csv", "--out", people).returncode == 0
    rows = list(csv.DictReader(io.StringIO(people.read_text(encoding="utf-8-sig"), newline="")))
    births = {0: 1974 - round(float(rows[0]["age"])), 1: 1974 - round(float(rows[1]["age"]))}
    with people.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "name", "born"])
        writer.writeheader()
        writer.writerows(
            {**row, "name": f"=P{n}", "born": births[n]} if n in births else row for n, row in enumerate(rows)
        )

    text = agelens(photo, "--people", people)
    assert text.returncode == 0
    assert ": 6 faces, by its faces about 197" in text.stdout.splitlines()[0]
    assert f"face 1 (=P0, born {births[0]}): " in text.stdout
    assert text.stdout.count("; born about 19") == 4

    result = agelens(photo, "--people", people, "--format", "csv", "--quiet")
    rows = list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"), newline="")))
    assert rows[0]["name"] == "'=P0"
    assert {row["taken_estimate"] for row in rows} == {rows[0]["taken_estimate"]}
    assert float(rows[0]["taken_low"]) < 1974 < float(rows[0]["taken_high"])
    assert (rows[0]["born_estimate"], rows[0]["taken"]) == ("", "")
    assert float(rows[2]["born_low"]) < float(rows[2]["born_estimate"]) < float(rows[2]["born_high"])

    command = [photo, "--people", people, "--format", "json", "--quiet", "--interval", "0.5"]
    record = json.loads(agelens(*command).stdout)[0]
    assert record["faces"][1]["person"]["born"] == births[1]
    assert record["taken"]["estimate"]["level"] == record["faces"][2]["born"]["level"] == 0.5
    for out in (people, folder / "within" / ".." / people.name):
        assert agelens(photo, "--people", people, "--out", out).returncode == 2


def test_a_table_about_nobody_is_told(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    """As one that was saved before it was filled in."""
    people = tmp_path / "people.csv"
    told = f"agelens: --people {people}: nothing is filled in; enter names and birth years\n"
    for row, expected in (("a.jpg,1,,", True), ("a.jpg,1,Anna,", False), ("b.jpg,1,,1974", False)):
        people.write_text(f"path,face,name,taken\n{row}\n", encoding="utf-8")
        assert (told in agelens("a.jpg", "--people", people, "--quiet").stderr) == expected


def test_the_cameras_year_is_used_only_when_asked_for(
    tmp_path: Path, astronaut_photo: Path, agelens: Callable[..., Done]
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "1990:07:01 12:00:00"
    Image.open(astronaut_photo).convert("RGB").save(tmp_path / "a.jpg", exif=exif)
    asked = agelens(tmp_path / "a.jpg", "--exif-year", "--quiet")
    assert ": 1 face, taken in 1990" in asked.stdout
    assert "; born about 19" in asked.stdout
    assert "1990" not in agelens(tmp_path / "a.jpg", "--quiet").stdout
    (tmp_path / "people.csv").write_text(f"path,face,name\n{tmp_path / 'a.jpg'},1,Anna\n", encoding="utf-8")
    named = agelens(tmp_path / "a.jpg", "--quiet", "--people", tmp_path / "people.csv").stdout
    assert "Anna" in named
    assert "1990" not in named


def test_a_face_that_is_gone_is_told(folder: Path, tmp_path: Path, agelens: Callable[..., Done]) -> None:
    photo, people = folder / "2 größe 日本.png", tmp_path / "people.csv"
    people.write_text(f"path,face,name,born\n{photo},2,Anna,1950\nmoved.jpg,1,Anna,\n", encoding="utf-8")
    (folder / "raw").mkdir()
    (folder / "raw" / "6.nef").touch()
    result = agelens(photo, folder / "raw", "--people", people)
    assert "photos that --people knows and that are not among these: 1\n" in result.stderr
    assert "1 raw file of a camera was left out. Export it as JPEG.\n" in result.stderr
    assert result.returncode == 0
    assert "face 2 (Anna) is not among the faces that were found (1)" in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", (60, 0.8, None, Limits())),
        (
            "--time-limit 7 --interval 0.9 --detector . --max-megabytes 1.5 --max-megapixels 2 --max-memory 1500",
            (7, 0.9, Path(), Limits(1_500_000, 2_000_000, 1_500_000_000)),
        ),
    ],
)
def test_the_engine_is_told_the_options(
    words: str, expected: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[object, ...]] = []

    def start(*options: object) -> NoReturn:
        told.append(options)
        raise WorkerFailed("That is enough.")

    monkeypatch.setattr(cli, "Worker", start)
    assert cli.main(["a.jpg", *words.split()]) == 1
    assert told == [expected]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--format", "xml", "a.jpg"],
        *(["--interval", level, "a.jpg"] for level in ("0", "1", "1.5", "nan")),
        *(["--time-limit", seconds, "a.jpg"] for seconds in ("0", "-1", "1e6", "nan", "a minute")),
        ["--max-memory", "1499", "a.jpg"],
        ["--out", "no/such/folder/out.json", "a.jpg"],
        ["--out", ".", "a.jpg"],
        ["--out", "b.JPG", "a.jpg"],
        ["--out", "b.cr2", "a.jpg"],
        ["--annotate", "copies", "--out", "copies/a.jpg", "a.jpg"],
        ["--detector", "no-such-folder", "a.jpg"],
        ["--detector", "n" * 300, "a.jpg"],
        ["--people", "no-such-file.csv", "a.jpg"],
        ["--annotate", "n" * 300, "a.jpg"],
        ["--annotate", "new", "--detector", "no-such-folder", "a.jpg"],
        ["--annotate", "new", "--people", "no-such-file.csv", "a.jpg"],
        ["--annotate", "same", "--out", "same", "a.jpg"],
        ["--annotate", "same/copies", "--out", "same", "a.jpg"],
        ["-", "a.jpg"],
        ["a.jpg", "--out", f"results{os.sep}"],
        *([option, "", "a.jpg"] for option in ("--out", "--annotate", "--detector", "--people")),
    ],
)
def test_usage(
    arguments: list[str], tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = agelens(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("option", "number", "needed"),
    [
        ("--time-limit", "1e9", "a number above 0 and below 1000000 is needed, not '1e9'"),
        ("--max-memory", "100", "a number of at least 1500 is needed, not '100'"),
        ("--interval", "80", "a number between 0 and 1, such as 0.8, is needed, not '80'"),
    ],
)
def test_which_numbers_an_option_takes(option: str, number: str, needed: str, agelens: Callable[..., Done]) -> None:
    assert agelens("a.jpg", option, number).stderr.endswith(f"argument {option}: {needed}\n")


def test_a_dash_is_standard_output_and_no_standard_input(
    tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert agelens("a.jpg", "--out", "-").stdout.startswith("a.jpg: The file is not there.")
    assert agelens("-").stderr == "agelens: photos are not read from standard input (-); name their files\n"
    assert [*tmp_path.iterdir()] == []
    Path("-").write_bytes(b"a file of this name")
    assert agelens("-").returncode == 3


def test_options_stand_between_photos(agelens: Callable[..., Done]) -> None:
    result = agelens("a.jpg", "--quiet", "b.jpg", "--format=jsonl")
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == ["a.jpg", "b.jpg"]


def test_a_result_that_cannot_take_its_place_is_kept_beside_it(
    tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another program has the file open: the run may have taken hours."""
    out = tmp_path / "ages.csv"
    out.write_text("before")
    replace = os.replace

    def refuse(path: Path, target: Path) -> None:
        if Path(target) == out:
            raise PermissionError(13, "Permission denied")
        replace(path, target)

    monkeypatch.setattr(os, "replace", refuse)
    result = agelens("a.jpg", "--format=jsonl", "--out", out, "--quiet")
    assert result.returncode == 1
    kept = tmp_path / "ages-2.csv"
    assert (
        f"ages.csv cannot be replaced: no permission to write to the folder or the file. The result is in {kept}."
        in (result.stderr)
    )
    assert json.loads(kept.read_text())["path"] == "a.jpg"
    assert out.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == [kept, out]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_file_that_a_stream_leads_to_is_not_replaced(tmp_path: Path, name: str) -> None:
    if not Path("/proc/self/fd").exists() and name.startswith("/proc"):
        pytest.skip("this system has no /proc")
    with (tmp_path / "log.txt").open("a") as log:
        log.write("before\n")
        log.flush()
        assert with_output(log, ["a.jpg", "--format=jsonl", "--out", name]).returncode == 3
        log.write("after\n")
    before, result, after = (tmp_path / "log.txt").read_text().splitlines()
    assert (before, json.loads(result)["path"], after) == ("before", "a.jpg", "after")


def test_a_photo_is_never_the_output(folder: Path, agelens: Callable[..., Done]) -> None:
    photo = folder / "1 group.jpg"
    size = photo.stat().st_size
    for out in (photo, folder / "within" / ".." / photo.name):
        assert agelens(photo, "--out", out).returncode == 2
        assert photo.stat().st_size == size


@pytest.mark.skipif(os.name != "posix", reason="Windows has other words for it")
def test_a_name_that_no_file_can_have_is_told(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    result = agelens("a.jpg", "--out", tmp_path / ("n" * 300))
    assert result.returncode == 1
    assert result.stderr == "agelens: the result cannot be written: File name too long\n"


def test_a_path_that_is_empty_is_a_record_too(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    """As from an unset variable in a script: without this record, pairs of photos and records would not match."""
    result = agelens("", tmp_path / "none.jpg", "--format", "json", "--quiet")
    nameless, missing = json.loads(result.stdout)
    assert (nameless["path"], nameless["error"]["message"]) == ("", "The name of the photo's file is empty.")
    assert (missing["path"], missing["status"]) == (str(tmp_path / "none.jpg"), "error")


@pytest.mark.skipif(os.name != "posix", reason="named pipes of POSIX")
def test_a_reader_that_leaves_a_named_pipe_has_not_got_the_result(
    folder: Path, tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    told = cli.tell

    def leave(text: str) -> None:
        """Leave at the first photo."""
        if text.startswith("1 of"):
            os.close(reading)
        told(text)

    monkeypatch.setattr(cli, "tell", leave)
    result = agelens(folder / "4 empty.png", "--out", pipe)
    assert result.returncode == 1
    assert result.stderr.endswith("the result cannot be written: Broken pipe\n")


@pytest.mark.skipif(os.name != "posix", reason="named pipes of POSIX")
def test_a_name_that_is_not_unicode_goes_through_a_named_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with cli._output(tmp_path / "pipe") as stream:
        stream.write("caf\udce9.jpg\r\n")
    assert os.read(reading, 100) == b"caf\\udce9.jpg\r\n"
    os.close(reading)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the current folder cannot be removed")
def test_a_current_folder_that_is_gone_is_told(
    tmp_path: Path, agelens: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = agelens(tmp_path / "a.jpg")
    assert (result.returncode, result.stderr) == (2, "agelens: the current folder has been removed\n")


def test_a_missing_photo_is_a_record(tmp_path: Path, agelens: Callable[..., Done]) -> None:
    result = agelens(tmp_path / "none.jpg", "--format", "json", "--quiet")
    assert result.returncode == 3
    assert json.loads(result.stdout)[0]["error"]["code"] == "not_found"


def test_a_folder_that_cannot_be_read_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refused(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refused)
        assert cli.main([str(tmp_path)]) == 3
    assert capfd.readouterr().err == f"agelens: the folder {tmp_path} cannot be read\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_and_results_share_no_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Result(io.StringIO):
        def write(self, text: str, /) -> int:
            return terminal.write(text)

    def analyze(*_: object, **__: object) -> Outcome:
        return Outcome({"path": "a.jpg", "status": "no_face", "rotated": 0, "faces": []})

    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(Worker, "analyze", analyze)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(sys, "stdout", Result())
    assert cli.main(["a.jpg"]) == 0
    blank = " " * 79
    assert terminal.getvalue().split("\r") == ["", blank, "1 of 1: a.jpg", blank, "a.jpg: no face found\n", blank, ""]


@pytest.mark.parametrize(
    ("words", "shows_result", "shows_errors", "told"),
    [
        ("", True, True, False),
        ("", True, False, True),
        ("", False, True, True),
        ("--format csv", True, True, True),
        ("--out out.txt", True, True, True),
    ],
)
def test_a_terminal_shows_each_error_once(
    words: str, shows_result: bool, shows_errors: bool, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Worker, "start", lambda _: None)
    monkeypatch.setattr(Worker, "analyze", lambda *_, **__: Outcome(made_record("error")))
    monkeypatch.setattr(sys, "stdout", result := io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys, "stderr", errors := io.StringIO())
    monkeypatch.setattr(result, "isatty", lambda: shows_result)
    monkeypatch.setattr(errors, "isatty", lambda: shows_errors)
    assert cli.main(["a.jpg", "--quiet", *words.split()]) == 3
    assert errors.getvalue().startswith("agelens: a.jpg: ") == told


def test_progress_is_one_line_that_renews_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    progress = cli._Progress(2, quiet=False)
    for path in progress.over(["long " * 40, "b.jpg"]):
        if path == "b.jpg":
            progress.say("something is wrong")
    progress.clear()
    first, second, last = terminal.getvalue().split(cleared := f"\r{' ' * 79}\r")[1:4]
    assert first.startswith("1 of 2: long long")
    assert len(first) == 79  # a longer line would leave rows behind on a terminal of 80 columns
    assert second == "2 of 2: b.jpg"
    assert last == "something is wrong\n"
    assert terminal.getvalue().endswith(cleared)
    assert "\x1b" not in terminal.getvalue(), "old consoles of Windows show it"


@pytest.mark.parametrize(("told", "columns"), [(30, 30), (0, 80)])
def test_a_terminal_that_knows_no_width_has_eighty_columns(
    monkeypatch: pytest.MonkeyPatch, told: int, columns: int
) -> None:
    """As on serial lines and in some containers."""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(terminal, "fileno", lambda: 2)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((told, 24)))
    assert cli._columns() == columns


def test_missing_models_are_no_photo_error(tmp_path: Path, astronaut_photo: Path) -> None:
    result = process(astronaut_photo, "--detector", tmp_path)
    assert result.returncode == 1
    assert "detector" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches processes differently on Windows")
@pytest.mark.parametrize(("name", "times"), [("SIGINT", 1), ("SIGTERM", 1), ("SIGINT", 20)])
def test_interruption_keeps_what_is_ready(folder: Path, tmp_path: Path, name: str, times: int) -> None:
    """Also if somebody is impatient."""
    out = tmp_path / "out.json"
    many = tmp_path / "many"
    many.mkdir()
    for number in range(60):
        (many / f"{number}.jpg").symlink_to(folder / "1 group.jpg")
    command = [sys.executable, "-m", "engine", str(many), "--format", "json", "--out", str(out)]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that run in a shell's background inherit an ignored Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (it takes no lock)
    )
    assert process.stderr is not None
    assert any("3 of 60" in line for line in process.stderr), "it ended before its third photo"
    os.killpg(process.pid, getattr(signal, name))  # as a terminal and `timeout` do
    assert any("interrupted" in line for line in process.stderr)
    for _ in range(times - 1):
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses to signal one that has ended
            os.killpg(process.pid, getattr(signal, name))
        time.sleep(0.005)
    process.communicate(timeout=60)
    assert process.returncode == 130
    records = json.loads(out.read_text())
    assert 2 <= len(records) < 60
    assert {record["status"] for record in records} == {"ok"}


def test_nothing_in_the_current_folder_is_run(tmp_path: Path) -> None:
    """It may be a stranger's."""
    here, script = tmp_path / "here", tmp_path / "agelens.py"
    here.mkdir()
    (here / "multiprocessing.py").write_text("from pathlib import Path\nPath('ran').touch()\n")
    script.write_text(f"import sys\nsys.path.append({str(Path(cli.__file__).parents[1])!r})\n" + INSTALLED)
    result = subprocess.run([sys.executable, script, "a.jpg"], cwd=here, capture_output=True, timeout=120, check=False)
    assert result.returncode == 3, result.stderr  # there is no such photo
    assert [path.name for path in here.iterdir()] == ["multiprocessing.py"]


INSTALLED = """
from engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""
"""As the program that pip installs."""

EARLY = """
import os, runpy, signal, sys

class Interruption:
    def find_spec(name, *_):
        if name == "numpy":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interruption)
runpy.run_module("engine", run_name="__main__")
"""


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C reaches processes differently on Windows")
def test_an_interruption_of_the_imports_shows_no_traceback() -> None:
    result = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


SIGNALLED = """
import os, signal, sys
from engine import cli
from engine.worker import Worker
from engine.worker_messages import Outcome

if not hasattr(signal, "SIGBREAK"):  # only Windows has it
    signal.SIGBREAK = signal.SIGUSR1
number, before, out = getattr(signal, sys.argv[1]), getattr(signal, sys.argv[2]), sys.argv[3]

def analyze(self, path, **options):
    if path == "b.jpg":
        os.kill(os.getpid(), number)
    return Outcome({"path": path, "status": "ok"})

signal.signal(number, before)
Worker.start = lambda self: None
Worker.analyze = analyze
Worker.close = lambda self: os.kill(os.getpid(), number)
sys.exit(cli.main(["a.jpg", "b.jpg", "c.jpg", "--format=jsonl", "--out", out, "--quiet"]))
"""
"""Analyzes nothing, and gets a signal at the second photo and again at the end."""


@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes without a signal")
def test_an_interruption_after_the_last_photo_loses_nothing(tmp_path: Path) -> None:
    """As long as the process that analyzed may need to end."""
    command = [sys.executable, "-c", SIGNALLED.replace('path == "b.jpg"', "False"), "SIGINT", "SIG_DFL"]
    code = command[2].replace("signal.signal(number, before)", "signal.signal(number, signal.default_int_handler)")
    command = [sys.executable, "-c", code, "SIGINT", "SIG_DFL", str(tmp_path / "out.jsonl")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3


@pytest.mark.skipif(os.name != "posix", reason="Windows ends processes without a signal")
@pytest.mark.parametrize(
    ("name", "before", "status", "written"),
    [
        ("SIGTERM", "SIG_DFL", 130, 1),
        ("SIGHUP", "SIG_DFL", 130, 1),
        ("SIGHUP", "SIG_IGN", 0, 3),
        ("SIGBREAK", "SIG_DFL", 130, 1),
    ],
    ids=["end", "terminal gone", "nohup", "Ctrl-Break"],
)
def test_signals_are_as_ctrl_c(name: str, before: str, status: int, written: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SIGNALLED, name, before, tmp_path / "out.jsonl"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == status, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == written
