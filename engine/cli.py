"""The command line: photos and folders in, one record per photo out."""

from __future__ import annotations

import argparse
import contextlib
import enum
import io
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, TextIO, cast

from engine.age import LEVEL
from engine.files import KeptAs, WholeRecords, reason, replacing, write_new
from engine.formats import ENCODING_ERRORS, FORMATS, Writer, text_stream
from engine.limits import Limits
from engine.log import start_log
from engine.paths import EXTENSIONS, RAW_EXTENSIONS, PathList, collect, is_same_file
from engine.people import KnownPeople, PeopleError, missing_faces, with_years
from engine.terminal import PROGRAM, ArgumentParser, Terminal, add_support_options, drop_output, printable, tell, within
from engine.worker import Worker, WorkerFailed
from engine.worker_messages import Outcome

_LEAST_MEMORY = 1500
"""Millions of bytes. Decoders keep several hundred from photo to photo, which must not make later ones too large."""


class ExitCode(enum.IntEnum):
    """Exit status of `python -m engine`."""

    OK = 0
    """Every photo was read; a photo without a face is no failure."""
    NO_ENGINE = 1
    """Agelens itself cannot work: a model is missing or damaged, or the result cannot be written."""
    USAGE = 2
    """The command line is wrong; nothing was analyzed."""
    SOME_UNREADABLE = 3
    """Some photos could not be read; all others were analyzed."""
    INTERRUPTED = 130
    """Ctrl-C, on Windows also Ctrl-Break, SIGTERM or a closed terminal; what was ready by then has been written."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: what follows the program's name, by default `sys.argv[1:]`.

    Returns:
        an `ExitCode`.
    """
    unwritable = sys.stdout is None  # closed, as by `>&-`
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # else `print` would use the other stream, and the next file get this number
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8", errors=ENCODING_ERRORS))  # noqa: SIM115
    start_log()  # only now, or its file might get that number
    try:
        options = _parser().parse(arguments)  # may be a long self-test
        if unwritable and options.out is None:
            tell("agelens: the result cannot be written: standard output is closed\n")
            return ExitCode.NO_ENGINE
        for number in _interruptions():
            if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has SIGHUP ignored; Python itself hears SIGINT
                signal.signal(number, _interrupt)
        return _carry_out(options)
    except KeyboardInterrupt:
        tell("agelens: interrupted\n")
        return ExitCode.INTERRUPTED


def _interruptions() -> list[int]:
    """The signals that end a run, of those that this system has."""
    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt as Ctrl-C does, but once: a closing terminal may send both signals, while results are to be written."""
    for number in _interruptions():
        if number != signal.SIGINT:
            signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _carry_out(options: argparse.Namespace) -> int:
    # Copies are no photos: without this, each run would find those of the one before.
    paths = collect(options.paths, recursive=options.recursive, leave_out=options.annotate)
    people = KnownPeople()
    complaint = _complaint(options, paths)
    if complaint is None and options.people is not None:
        try:
            people = KnownPeople.read(options.people)
        except PeopleError as error:
            complaint = f"--people {printable(str(options.people))}: {error}"
    if complaint is None and options.annotate is not None:  # last: a refused command leaves nothing behind
        try:
            options.annotate.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            wrong = "this is a file, not a folder" if isinstance(error, FileExistsError) else error.strerror
            complaint = f"--annotate {printable(str(options.annotate))}: {wrong}"
    if complaint:
        tell(f"agelens: {complaint}\n")
        return ExitCode.USAGE
    for note in _notes(options, paths, people):
        tell(f"agelens: {note}\n")
    try:
        with _output(options.out) as stream:
            return _run(options, paths, FORMATS[options.format](stream, years=_years(options)), people)
    except WorkerFailed as error:
        tell(f"agelens: {error}\n")
        return ExitCode.NO_ENGINE
    except KeptAs as error:
        tell(f"agelens: {printable(str(options.out))} cannot be replaced: {reason(error)}. ")
        tell(f"The result is in {printable(str(error.path))}.\n")
        return ExitCode.NO_ENGINE
    except OSError as error:
        if options.out is None and drop_output(sys.stdout, error):
            return ExitCode.OK
        tell(f"agelens: the result cannot be written: {reason(error)}\n")
        return ExitCode.NO_ENGINE


def _notes(options: argparse.Namespace, paths: PathList, people: KnownPeople) -> Iterator[str]:
    """What to say about the photos before the first of them."""
    for folder in paths.empty_folders:
        yield f"there are no photos in {printable(folder)}"
    if paths.raw_files:
        several = f"{paths.raw_files:,} raw files of cameras were left out. Export them as JPEG."
        yield "1 raw file of a camera was left out. Export it as JPEG." if paths.raw_files == 1 else several
    if options.annotate is not None and any(is_same_file(path, options.annotate) for path in options.paths):
        yield f"later runs will find the copies as photos in {printable(str(options.annotate))}"
    elif paths.left_out and not options.quiet:
        yield f"the folder {printable(str(options.annotate))} is left out, as the copies are saved there"
    for folder in paths.unreadable_folders:
        yield f"the folder {printable(folder)} cannot be read"
    for library in paths.libraries:
        yield f"{printable(library)} is a library of Photos. Export the photos there first."
    if options.people is not None and not people.count_besides(()):
        yield f"--people {printable(str(options.people))}: nothing is filled in; enter names and birth years"
    if others := people.count_besides(paths.photos):
        yield f"photos that --people knows and that are not among these: {others}"


def _years(options: argparse.Namespace) -> bool:
    """Whether records include years."""
    return options.people is not None or options.exif_year


def _run(options: argparse.Namespace, paths: PathList, writer: Writer, people: KnownPeople) -> int:
    exit_code = ExitCode.SOME_UNREADABLE if paths.unreadable_folders else ExitCode.OK
    total = len(paths.photos)
    limits = Limits(
        file_bytes=int(options.max_megabytes * 1e6),
        pixels=int(options.max_megapixels * 1e6),
        memory_bytes=int(options.max_memory * 1e6),
    )
    told_by_result = options.format == "text" and options.out is None and sys.stdout.isatty() and sys.stderr.isatty()
    with Worker(options.time_limit, options.interval, options.detector, limits) as worker:
        progress = _Progress(total, quiet=options.quiet)
        try:
            for path in progress.over(paths.photos):
                outcome = worker.analyze(path, annotate=options.annotate is not None)
                record: dict[str, Any] = outcome.record or {}
                if record["status"] == "error":
                    exit_code = ExitCode.SOME_UNREADABLE
                    if not told_by_result:
                        progress.say(f"agelens: {printable(path)}: {printable(record['error']['message'])}")
                problem = _save_copy(outcome, path, options.annotate)
                if problem:
                    exit_code = ExitCode.SOME_UNREADABLE
                    progress.say(f"agelens: {printable(path)}: {printable(problem)}")
                if _years(options):
                    known = people.of(path)
                    missing = missing_faces(record, known)
                    if missing:
                        progress.say(f"agelens: {printable(path)}: {missing}")
                    taken = outcome.year_taken if options.exif_year else None
                    record = with_years(record, known, options.interval, taken)
                progress.clear()  # progress and result may go to one terminal
                with _for_the_copies(options):
                    writer.add(record)
            _ignore_further_interruptions(options.out)
        except (WorkerFailed, OSError) as error:
            if writer.written == 0 or (isinstance(error, OSError) and _is_stream(options.out)):
                raise
            why = f"the result cannot be written: {reason(error)}." if isinstance(error, OSError) else str(error)
            progress.say(f"agelens: {why} Stopped after {writer.written} of {total} photos.")
            _ignore_further_interruptions(options.out)
            exit_code = ExitCode.NO_ENGINE
        except KeyboardInterrupt:
            if writer.written == 0:
                raise
            _ignore_further_interruptions(options.out)
            progress.say(f"agelens: interrupted after {writer.written} of {total} photos")
            exit_code = ExitCode.INTERRUPTED
        finally:
            progress.clear()
        writer.finish()
    return exit_code


@contextlib.contextmanager
def _for_the_copies(options: argparse.Namespace) -> Iterator[None]:
    """Lets a run that makes copies go on without output when the reader of standard output has seen enough."""
    try:
        yield
    except OSError as error:
        if options.annotate is None or options.out is not None or not drop_output(sys.stdout, error):
            raise


def _save_copy(outcome: Outcome, path: str, folder: Path) -> str | None:
    """Save the annotated copy, if there is one, named after its photo. Returns what is wrong if it is missing."""
    if outcome.copy is None:
        return outcome.copy_problem
    try:
        write_new(folder, Path(path).stem, ".jpg", outcome.copy)
    except OSError as error:
        return f"The annotated copy could not be saved: {reason(error)}."
    return None


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=PROGRAM,
        description="Estimates how old the people in photos look: for every face an apparent age and a range.",
        epilog="Exit status: 0 all photos read, 1 Agelens cannot work or the result could not be written, 2 wrong "
        "usage, 3 some photos or folders could not be read, or some copies not saved, 130 interrupted. Apparent age "
        "only: not for age verification, not for decisions about people.",
    )
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="+",
        help="a photo, or a folder: of its files, those with a photo's extension that are not hidden",
    )
    add_support_options(parser, "agelens-cli")
    parser.add_argument(
        "--recursive", action="store_true", help="also include photos in subfolders, but not behind links to folders"
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="format of the result (default: text)")
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=_target,
        help="write the result to FILE instead of standard output (-): at the end or, if interrupted, with what is "
        "ready by then",
    )
    parser.add_argument(
        "--annotate",
        metavar="DIR",
        type=_path,
        help="save copies of the photos, with boxes and ages drawn on them, in DIR; better not among the photos, where "
        "runs without this option find them as photos",
    )
    parser.add_argument(
        "--interval",
        metavar="LEVEL",
        type=_level,
        default=LEVEL,
        help=f"share of cases that the age range should cover, between 0 and 1 (default: {LEVEL})",
    )
    parser.add_argument(
        "--people",
        metavar="FILE",
        type=_path,
        help="estimate when photos were taken: FILE is a table from --format csv to which you have added the columns "
        "name and born (birth year) for people you know, and taken for photos whose year you know",
    )
    parser.add_argument(
        "--exif-year",
        action="store_true",
        help="trust the year that the camera recorded, and estimate when the people in the photo were born (a scanner "
        "records the year of the scan)",
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress; errors are still shown")
    parser.add_argument(
        "--detector",
        metavar="DIR",
        type=_path,
        help="use the InsightFace detection model in DIR (for example buffalo_l)",
    )
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=_positive,
        default=60.0,
        help="give up on a photo after this time, which starts over with every 16 faces (default: 60)",
    )
    limits = Limits()
    memory = f"memory for photos beyond the models, in millions of bytes, at least {_LEAST_MEMORY}; only on Linux"
    for option, most, kind, what in (
        ("--max-megabytes", limits.file_bytes, _positive, "size of a photo's file, in millions of bytes"),
        ("--max-megapixels", limits.pixels, _positive, "size of a photo, in millions of pixels"),
        ("--max-memory", limits.memory_bytes, _memory, memory),
    ):
        default = most / 1e6
        text = f"largest {what} (default: {default:.0f})"
        parser.add_argument(option, metavar="NUMBER", type=kind, default=default, help=text)
    return parser


def _path(text: str) -> Path:
    if not text:  # say, an unset variable of a script; Path would take it for the current folder
        raise argparse.ArgumentTypeError("a name is needed, not ''")
    return Path(text)


def _target(text: str) -> Path | None:
    if text.endswith(tuple(filter(None, (os.sep, os.altsep)))):  # Path would take it for a file
        raise argparse.ArgumentTypeError(f"a file is needed, not the folder {text!r}")
    return None if text == "-" else _path(text)


def _level(text: str) -> float:
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 < value < 1:
            return value
    raise argparse.ArgumentTypeError(f"a number between 0 and 1, such as 0.8, is needed, not {text!r}")


def _positive(text: str) -> float:
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 < value < 1e6:
            return value
    raise argparse.ArgumentTypeError(f"a number above 0 and below 1000000 is needed, not {text!r}")


def _memory(text: str) -> float:
    value = _positive(text)
    if value < _LEAST_MEMORY:
        raise argparse.ArgumentTypeError(f"a number of at least {_LEAST_MEMORY} is needed, not {text!r}")
    return value


def _complaint(options: argparse.Namespace, paths: PathList) -> str | None:
    """What is wrong with the command line beyond its syntax, found before any time is spent on photos."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return "the current folder has been removed"
    if "-" in paths.photos and not os.path.exists("-"):  # noqa: PTH110
        return "photos are not read from standard input (-); name their files"
    out: Path | None = options.out
    if out is not None:
        wrong = None
        made: list[Path] = []  # folders that --annotate makes if they are not there
        if options.annotate is not None:
            made = [options.annotate.absolute(), *options.annotate.absolute().parents]
        if os.path.isdir(out) or out.absolute() in made:  # unlike Path's, never raises  # noqa: PTH112
            wrong = "this is a folder"
        elif not (os.path.isdir(out.parent) or out.parent.absolute() in made):  # noqa: PTH112
            wrong = f"the folder {printable(str(out.parent))} does not exist"
        elif any(is_same_file(out, photo) for photo in paths.photos):
            wrong = "this is one of the photos"
        elif out.suffix.lower() in EXTENSIONS | RAW_EXTENSIONS:  # as of `--out *.jpg`, by which the first would be lost
            wrong = "this is the name of a photo"
        elif options.people is not None and is_same_file(out, options.people):
            wrong = "this is the file about people; choose another name"
        if wrong:
            return f"--out {printable(str(out))}: {wrong}"
    if options.detector is not None and not os.path.isdir(options.detector):  # noqa: PTH112
        return f"--detector {printable(str(options.detector))}: there is no such folder"
    return None


def _is_stream(out: Path | None) -> bool:
    """Whether the result goes to standard output, or to what may let it wait: /dev/stdout, a named pipe."""
    return out is None or _descriptor(out) is not None or (out.exists() and not out.is_file())


def _descriptor(out: Path) -> int | None:
    """The number of the stream of this process that a path stands for: what that leads to is not to be replaced."""
    found = re.fullmatch(r"/dev/(?:stdout|stderr|fd/(\d+))|/proc/self/fd/(\d+)", os.fspath(out), re.ASCII)
    if found is None or os.name != "posix":
        return None
    number = found[1] or found[2]
    return int(number) if number is not None else 1 if out.name == "stdout" else 2


def _ignore_further_interruptions(out: Path | None) -> None:
    """What is left to do takes a moment, and a Ctrl-C would lose the file. A stream may let it wait for ever."""
    if not _is_stream(out):
        for number in _interruptions():
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _output(out: Path | None) -> Iterator[TextIO]:
    """The stream for the result. A file appears under its name only at the end."""
    if out is not None and _is_stream(out):
        number = _descriptor(out)
        target = out if number is None else os.dup(number)  # which goes on where the stream is
        with open(target, "w", encoding="utf-8", errors=ENCODING_ERRORS, newline="") as stream:  # noqa: PTH123
            yield stream
        return
    if out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Windows consoles default to a legacy code page, and each format writes its own line ends.
            sys.stdout.reconfigure(encoding="utf-8", errors=ENCODING_ERRORS, newline="")
        if sys.stdout.isatty():
            terminal = Terminal(sys.stdout.buffer, encoding="utf-8", errors=ENCODING_ERRORS, newline="")
            yield terminal
            terminal.detach()  # writes what is left
        else:
            yield sys.stdout
            sys.stdout.flush()
        return
    with replacing(out, keep=True) as file, text_stream(cast(BinaryIO, WholeRecords(file))) as stream:
        yield stream


class _Progress:
    """Which photo of how many, on standard error: on a terminal one line that is rewritten, else a line per photo."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total = total
        self._quiet = quiet
        self._renews = sys.stderr.isatty()

    def over(self, paths: Iterable[str]) -> Iterator[str]:
        for number, path in enumerate(paths, start=1):
            if not self._quiet:
                line = f"{number} of {self._total}: {printable(path)}"
                self.clear()
                # A line that wraps could not be rewritten.
                tell(within(line, _columns() - 1) if self._renews else f"{line}\n")
            yield path

    def say(self, text: str) -> None:
        self.clear()
        tell(f"{text}\n")

    def clear(self) -> None:
        if self._renews and not self._quiet:
            tell(f"\r{' ' * (_columns() - 1)}\r")  # Windows consoles may not know the escape sequence for this


def _columns() -> int:
    """Width of the terminal behind standard error."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
