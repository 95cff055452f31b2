"""The worker's process: what it answers, and what its death costs."""

from __future__ import annotations

import contextlib
import errno
import gc
import multiprocessing.process
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from multiprocessing import Pipe
from multiprocessing.context import BaseContext, SpawnProcess
from pathlib import Path

import numpy as np
import pytest
from made_records import made_record
from PIL import Image

from engine import worker_process
from engine.age_model import BATCH
from engine.detector import MAX_CANDIDATES
from engine.limits import Limits
from engine.priority import NICENESS
from engine.report import PHOTO_CHANGED, ModelNames
from engine.worker import MOST_ANSWERS, Worker, WorkerFailed, _serve
from engine.worker_messages import (
    BEGUN,
    MOST_FACES,
    Answer,
    ModelInfo,
    NotLoaded,
    Outcome,
    Progress,
    Task,
    receive,
    send,
)

ROOT = Path(__file__).resolve().parents[2]
NAMES = ModelNames("detector", "age", "1")

posix = pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


def pid(worker: Worker) -> int:
    assert worker._process is not None
    assert worker._process.pid is not None
    return worker._process.pid


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_all_its_threads_let_the_window_go_first(worker: Worker, group_photo: Path) -> None:
    worker.analyze(group_photo)
    stats = list(Path(f"/proc/{pid(worker)}/task").glob("*/stat"))
    nice = []
    for stat in stats:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            nice.append(int(stat.read_text().rpartition(")")[2].split()[16]))
    assert len(nice) > (2 if len(os.sched_getaffinity(0)) > 1 else 1)
    assert set(nice) == {min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)}


def test_ready(worker: Worker) -> None:
    info = worker.wait_ready()
    assert info.names.detector
    assert info.names.age
    assert set(info.providers) == {"detector", "age"}


def test_analysis_with_pictures(worker: Worker, group_photo: Path) -> None:
    outcome = worker.analyze(group_photo, pictures=True)
    assert outcome.record is not None
    assert len(outcome.record["faces"]) == len(outcome.crops) == 6
    sizes = [Image.open(BytesIO(made)).size for made in (outcome.preview or b"", outcome.thumbnail or b"")]
    assert sizes == [(1280, 886), (320, 222)]
    assert {Image.open(BytesIO(face)).size for face in outcome.crops} == {(200, 200)}


def test_preview(worker: Worker, group_photo: Path, tmp_path: Path) -> None:
    outcome = worker.preview(group_photo)
    assert outcome.record is None
    assert outcome.preview
    assert outcome.thumbnail
    missing = worker.preview(tmp_path / "none.jpg")
    assert missing.record is not None
    assert missing.record["error"]["code"] == "not_found"
    assert missing.preview is None


def test_explanation(worker: Worker, astronaut_photo: Path) -> None:
    record = worker.analyze(astronaut_photo).record
    assert record is not None
    told: list[tuple[int, int]] = []
    outcome = worker.explain(
        astronaut_photo, record, record["faces"][0]["landmarks"], lambda done, total: told.append((done, total))
    )
    assert outcome.record is None
    assert outcome.map is not None
    assert [len(row) for row in outcome.map] == [8] * 8
    assert told == sorted(told)
    assert told[-1] == (65, 65)
    gone = worker.explain(astronaut_photo.with_name("none.png"), record, record["faces"][0]["landmarks"])
    assert gone.map is None
    assert gone.record is not None
    assert gone.record["error"]["code"] == "not_found"
    # Its progress reports are not taken for the answer to the next task.
    assert worker.preview(astronaut_photo).thumbnail


def test_a_face_in_a_drawn_box(worker: Worker, astronaut_photo: Path) -> None:
    record = {"width": 512, "height": 512, "rotated": 0}
    outcome = worker.face_in(astronaut_photo, record, (170.0, 50.0, 110.0, 140.0))
    assert outcome.record is None
    assert outcome.face is not None
    assert set(outcome.face) == {"box", "landmarks", "score", "age", "warnings"}
    assert outcome.face["score"] > 0.6
    assert [Image.open(BytesIO(face)).size for face in outcome.crops] == [(200, 200)]
    changed = worker.face_in(astronaut_photo, {**record, "width": 400}, (170.0, 50.0, 110.0, 140.0))
    assert changed.face is None
    assert changed.record is not None
    assert changed.record["error"]["code"] == "unreadable"


def test_a_picture_for_a_closer_look(worker: Worker, group_photo: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    with Image.open(group_photo) as photo:
        upright = photo.convert("RGB")
        photo.rotate(90, expand=True).save(path)
    record = worker.analyze(path).record
    assert record is not None
    outcome = worker.enlarge(path, record)
    assert outcome.record is None
    assert outcome.enlarged is not None
    seen = Image.open(BytesIO(outcome.enlarged))
    assert seen.size == upright.size
    assert np.abs(np.asarray(seen, float) - np.asarray(upright, float)).mean() < 3
    upright.resize((640, 443)).save(path)
    changed = worker.enlarge(path, record)
    assert changed.enlarged is None
    assert changed.record is not None


def test_an_annotated_copy(worker: Worker, group_photo: Path, tmp_path: Path) -> None:
    """Of a photo that had to be turned, with what the record says."""
    path = tmp_path / "photo.png"
    with Image.open(group_photo) as photo:
        photo.rotate(90, expand=True).save(path)
    analysed = worker.analyze(path, annotate=True)
    assert analysed.record is not None
    assert analysed.record["rotated"] == 90
    outcome = worker.annotate(path, analysed.record)
    assert outcome.record is None
    assert outcome.copy == analysed.copy is not None
    assert Image.open(BytesIO(outcome.copy)).size == (1280, 886)
    assert worker.annotate(path, {**analysed.record, "faces": []}).copy != outcome.copy
    gone = worker.annotate(path.with_name("none.png"), analysed.record)
    assert gone.copy is None
    assert gone.record is not None
    assert gone.record["error"]["code"] == "not_found"


@pytest.mark.parametrize("degrees", [0, 90])
def test_pictures_by_an_earlier_record_are_those_of_the_analysis(
    worker: Worker, group_photo: Path, tmp_path: Path, degrees: int
) -> None:
    """Turned as before, with its faces cut out, and without detecting faces again."""
    path = tmp_path / "photo.png"
    with Image.open(group_photo) as photo:
        photo.rotate(degrees, expand=True).save(path)
    first = worker.analyze(path, pictures=True)
    assert first.record is not None
    assert first.record["rotated"] == degrees
    second = worker.preview(path, first.record)
    assert second.record is None
    assert (second.preview, second.thumbnail) == (first.preview, first.thumbnail)
    assert len(second.crops) == len(first.crops) == 6
    for one, other in zip(first.crops, second.crops, strict=True):
        pixels = [np.asarray(Image.open(BytesIO(face)), dtype=float) for face in (one, other)]
        assert np.abs(pixels[0] - pixels[1]).mean() < 3  # the record's landmarks are rounded to a tenth of a pixel


def test_there_are_no_pictures_by_the_record_of_a_photo_of_another_size(worker: Worker, astronaut_photo: Path) -> None:
    record = {"width": 512, "height": 511, "rotated": 0, "status": "no_face", "faces": []}
    changed = worker.preview(astronaut_photo, record)
    assert changed.preview is None
    assert changed.record is not None
    assert changed.record["error"]["message"] == PHOTO_CHANGED.message
    # For a photo that could not be read then, no size is known.
    assert worker.preview(astronaut_photo, {**record, "width": 0, "height": 0, "status": "error"}).preview


def test_an_outcome_tells_which_file_was_read(worker: Worker, group_photo: Path, tmp_path: Path) -> None:
    found = group_photo.stat()
    for outcome in (worker.analyze(group_photo), worker.preview(group_photo)):
        assert outcome.stamp == (found.st_size, found.st_mtime_ns)
    assert worker.analyze(tmp_path / "none.jpg").stamp is None


def test_a_photo_that_changes_meanwhile_is_not_taken_for_the_one_that_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"before")

    def edited(*_: object) -> Outcome:
        path.write_bytes(b"changed")
        return Outcome(None)

    monkeypatch.setitem(worker_process._TASKS, "preview", edited)
    task = Task("preview", str(path), 0.8)
    stamp = worker_process._answer(None, task, lambda *_: None).stamp  # type: ignore[arg-type]
    assert stamp is not None
    assert stamp[0] == len(b"before")


@posix
def test_what_ends_the_whole_group_leaves_it_to_the_supervisor(worker: Worker) -> None:
    """Else the photo that it is on would count as one that crashes, as `timeout` also signals the supervisor."""
    worker.wait_ready()
    assert os.getpgid(pid(worker)) == pid(worker)


@posix
def test_a_killed_process_costs_one_photo(worker: Worker, group_photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.wait_ready()
    first = pid(worker)
    receive_answer = worker._answer

    def killed_once_begun(limit: float) -> Answer:
        answer = receive_answer(limit)
        if answer == BEGUN:
            os.kill(first, signal.SIGKILL)
        return answer

    with monkeypatch.context() as killing:
        killing.setattr(worker, "_answer", killed_once_begun)
        record = worker.analyze(group_photo).record
    assert record is not None
    assert record["error"]["code"] == "crashed"
    assert record["path"] == str(group_photo)
    again = worker.analyze(group_photo).record
    assert again is not None
    assert again["status"] == "ok"
    assert pid(worker) != first


@posix
def test_a_process_that_dies_between_photos_costs_none(worker: Worker, group_photo: Path) -> None:
    worker.wait_ready()
    first = pid(worker)
    assert worker._process is not None
    worker._process.kill()
    worker._process.join()
    record = worker.analyze(group_photo).record
    assert record is not None
    assert record["status"] == "ok"
    assert pid(worker) != first


def test_a_process_that_dies_right_after_a_photo_does_not_cost_the_next(
    monkeypatch: pytest.MonkeyPatch, worker: Worker, group_photo: Path
) -> None:
    """It still seems to live when the next is sent."""
    taken = TakenOver(monkeypatch)
    taken.connection.close()
    started: list[Worker] = []

    def spawn(dead: Worker) -> None:
        if dead._process is None:
            worker.wait_ready()
            started.append(worker)
            dead._process, dead._connection, dead._info = worker._process, worker._connection, worker._info

    monkeypatch.setattr(Worker, "_spawn", spawn)
    record = taken.worker.analyze(group_photo).record
    assert record is not None
    assert record["status"] == "ok"
    assert started == [worker]


def test_a_photo_whose_processes_die_before_they_begin_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = TakenOver(monkeypatch)
    ends = [taken.worker._connection]
    for _ in range(3):
        ours, theirs = Pipe()
        theirs.close()
        ends.append(ours)
    taken.connection.close()

    def spawn(dead: Worker) -> None:
        if dead._process is None:
            dead._process, dead._connection, dead._info = taken, ends.pop(), ModelInfo(NAMES, {})  # type: ignore[assignment]

    monkeypatch.setattr(Worker, "_spawn", spawn)
    assert "crash" in taken.problem()
    assert len(ends) == 3  # of those there were, one was taken


class SlowCrowd:
    """The supervisor's end of a pipe to a process whose every answer takes 8 seconds.

    Attributes:
        limits: the most seconds that it waited for each answer.
    """

    def __init__(self, *answers: Answer) -> None:
        self.limits: list[float] = []
        self.messages: list[bytes] = []
        for answer in answers:
            send(self, answer)  # type: ignore[arg-type]

    def send(self, task: object) -> None:
        pass

    def send_bytes(self, message: bytes) -> None:
        self.messages.append(message)

    def poll(self, timeout: float) -> bool:
        self.limits.append(timeout)
        return timeout >= 8

    def recv_bytes(self, _: int) -> bytes:
        return self.messages.pop(0)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("limit", "given_up"), [(10.0, False), (7.0, True)])
def test_a_crowd_may_take_as_long_as_it_goes_on(monkeypatch: pytest.MonkeyPatch, limit: float, given_up: bool) -> None:
    crowd = SlowCrowd(Progress(0, 40), Progress(16, 40), Progress(32, 40), Outcome(made_record()))
    worker = Worker(time_limit=limit)
    monkeypatch.setattr(worker, "_ready", lambda: ModelInfo(NAMES, {}))
    monkeypatch.setattr(worker, "_connection", crowd)
    record = worker.analyze("crowd.jpg").record
    assert record is not None
    assert record["status"] == ("error" if given_up else "ok")
    assert crowd.limits == [limit] * (1 if given_up else 4)  # the limit is for each answer, not for all of them


def test_a_crowd_is_told_of_before_its_ages_are_estimated(
    worker: Worker, group_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an answer, with which the time starts over."""
    answers: list[Answer] = []
    receive_answer = worker._answer

    def noted(limit: float) -> Answer:
        answers.append(receive_answer(limit))
        return answers[-1]

    worker.wait_ready()
    monkeypatch.setattr(worker, "_answer", noted)
    worker.analyze(group_photo)
    assert answers[:2] == [BEGUN, Progress(0, 6)]
    assert MOST_ANSWERS > MAX_CANDIDATES / BATCH + 1
    assert MOST_FACES == MAX_CANDIDATES


class TakenOver:
    """A process that a photo has taken over: a worker asks, the test answers."""

    exitcode = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch, time_limit: float = 60) -> None:
        self.worker = Worker(time_limit)
        ours, self.connection = Pipe()
        monkeypatch.setattr(self.worker, "_process", self)
        monkeypatch.setattr(self.worker, "_connection", ours)
        monkeypatch.setattr(self.worker, "_info", ModelInfo(NAMES, {}))

    def is_alive(self) -> bool:
        return True

    def kill(self) -> None:
        self.connection.close()

    def join(self, timeout: float | None = None) -> None:
        pass

    def close(self) -> None:
        pass

    def problem(self, record: dict[str, object] | None = None) -> str:
        """What is reported for the photo; the process must then be gone."""
        found = self.worker.annotate("photo.jpg", {"width": 1, "height": 1, "rotated": 0, **(record or {})}).record
        assert self.worker._process is None
        assert self.connection.closed
        assert found is not None
        assert found["error"]["code"] == "crashed"
        return str(found["error"]["message"])


class Running:
    """If unpickled, it makes a folder, or does whatever an attacker wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (self.folder,)


def test_nothing_in_an_answer_can_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    taken = TakenOver(monkeypatch)
    taken.connection.send(Running(tmp_path / "made"))
    assert "crash" in taken.problem()
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        b"1",
        b'["Outcome", {}]',
        b'["Outcome", []]',
        b'["Path", {}]',
        b'["Progress", {"done": 1}]',
        b'["ModelInfo", {"names": {"detector": "", "age": "", "version": ""}, "providers": {}}]',
        b"[" * 5_000,
    ],
)
def test_what_is_no_answer_ends_the_process(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    taken = TakenOver(monkeypatch)
    taken.connection.send_bytes(answer)
    assert "crash" in taken.problem()


def test_an_answer_to_another_question_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an answer about a copy, a record means the reason why there is none."""
    taken = TakenOver(monkeypatch)
    send(taken.connection, Outcome(made_record()))
    assert "crash" in taken.problem()
    taken = TakenOver(monkeypatch)
    send(taken.connection, Outcome(None))
    record = taken.worker.analyze("photo.jpg").record
    assert record is not None
    assert record["error"]["code"] == "crashed"


def test_telling_of_progress_for_ever_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = TakenOver(monkeypatch)
    for _ in range(MOST_ANSWERS + 1):
        send(taken.connection, Progress(0, 1))
    assert "crash" in taken.problem()


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_an_answer_that_nobody_has_waited_for_is_not_the_next_ones(
    monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    taken = TakenOver(monkeypatch)
    send(taken.connection, Progress(0, 1))

    def fail(*_: int) -> None:
        raise failure

    with pytest.raises(failure):
        taken.worker.explain("photo.jpg", {"width": 1, "height": 1, "rotated": 0}, [], fail)
    assert taken.worker._process is None
    assert taken.connection.closed


@posix
def test_an_answer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = TakenOver(monkeypatch, time_limit=0.05)
    os.write(taken.connection.fileno(), struct.pack("!i", 1000) + b"[")
    assert "took longer" in taken.problem()


@posix
def test_a_process_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = TakenOver(monkeypatch, time_limit=0.05)
    gc.collect()
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    assert "took longer" in taken.problem({"faces": [0.5] * 1_000_000})
    gc.collect()
    assert complaints == []  # of a message that could not be freed


@posix
def test_a_process_that_hangs_is_replaced_and_the_next_photo_is_analysed(group_photo: Path) -> None:
    with Worker(time_limit=0.001) as worker:
        worker.wait_ready()
        first = pid(worker)
        os.kill(first, signal.SIGSTOP)
        outcome = worker.analyze(group_photo)
        record = outcome.record
        assert outcome.late
        assert record is not None
        assert record["error"]["code"] == "crashed"
        assert "took longer" in record["error"]["message"]
        assert not _alive(first)
        worker._time_limit = 60
        again = worker.analyze(group_photo).record
        assert again is not None
        assert again["status"] == "ok"


MODEL_FAULTS = {
    "age model missing": ("age.onnx", None, "age.onnx cannot be read"),
    "age model altered": ("age.onnx", b"x", "age.onnx is damaged or was altered"),
    "description missing": ("age.json", None, "age.json cannot be read"),
    "description damaged": ("age.json", b"x", "age.json is damaged"),
}


@pytest.mark.parametrize("fault", MODEL_FAULTS)
def test_a_model_that_is_missing_or_altered_is_told(tmp_path: Path, fault: str) -> None:
    """By the process itself, in an installation with a faulty file; nothing is analyzed."""
    name, added, told = MODEL_FAULTS[fault]
    shutil.copytree(ROOT / "engine", tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "engine" / "models" / name
    content = file.read_bytes()
    file.unlink()
    if added is not None:
        file.write_bytes(content + added)
    code = (
        "import engine\nfrom engine.worker import Worker, WorkerFailed\n"
        "print(engine.__file__)\n"
        "with Worker() as worker:\n"
        "    try:\n        worker.analyze('photo.jpg')\n    except WorkerFailed as error:\n        print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    where, said = done.stdout.strip().split("\n")
    assert Path(where).is_relative_to(tmp_path)
    assert told in said


@posix
def test_who_does_not_close_it_can_end_all_the_same() -> None:
    code = (
        "from engine.worker import Worker\nif __name__ == '__main__':\n    worker = Worker()\n    worker.wait_ready()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_missing_models_are_told(tmp_path: Path) -> None:
    """Each time, by a process of its own: meanwhile somebody may have put them there."""
    with Worker(detector_folder=tmp_path) as worker:
        for _ in range(2):
            with pytest.raises(WorkerFailed, match="detector"):
                worker.wait_ready()


@pytest.mark.parametrize(
    ("dies", "told"),
    [(True, r"^The analysis could not be started\.$"), (False, r"^The models took too long to load\.$")],
    ids=["dies", "hangs"],
)
def test_a_process_that_does_not_come_to_its_first_photo_is_told(
    monkeypatch: pytest.MonkeyPatch, dies: bool, told: str
) -> None:
    monkeypatch.setattr("engine.worker.LOADING_LIMIT", 0.01)
    taken = TakenOver(monkeypatch)
    monkeypatch.setattr(taken.worker, "_info", None)
    if dies:
        taken.connection.close()
    with pytest.raises(WorkerFailed, match=told):
        taken.worker.analyze("photo.jpg")
    assert taken.worker._process is None


def test_the_limits_hold_for_all_that_is_done_with_a_photo(group_photo: Path) -> None:
    record = {"width": 1280, "height": 886, "rotated": 0, "status": "no_face", "faces": []}
    with Worker(limits=Limits(pixels=1_000_000)) as worker:
        for outcome in (
            worker.analyze(group_photo),
            worker.preview(group_photo),
            worker.preview(group_photo, record),
        ):
            assert outcome.record is not None
            assert outcome.record["error"]["code"] == "too_large"


CONFINED = """
import sys
from multiprocessing import Pipe
from types import SimpleNamespace
from engine import worker_process
from engine.limits import Limits

def confine(memory, devices):
    sys.exit(f"{memory} {devices}")

worker_process.confine = confine
worker_process.Analyzer = lambda *_: SimpleNamespace(providers=dict(detector=sys.argv[1], age=sys.argv[2]))
worker_process.serve(Pipe()[0], None, Limits(memory_bytes=7))
"""


@pytest.mark.parametrize(
    ("detector", "age", "devices"), [("CPU", "CPU", False), ("CUDA", "CPU", True), ("CPU", "CUDA", True)]
)
def test_only_with_a_graphics_card_may_files_be_opened_for_writing(detector: str, age: str, devices: bool) -> None:
    command = [sys.executable, "-c", CONFINED, *(f"{one}ExecutionProvider" for one in (detector, age))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == f"7 {devices}\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            ImportError("DLL load failed while importing cv2: The specified module could not be found."),
            "The analysis could not be started: DLL load failed while importing cv2: The specified module could not be "
            "found.",
        ),
        (MemoryError(), "There is not enough memory for the models. Close other programs, then try again."),
    ],
    ids=["missing", "no memory"],
)
def test_a_library_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch, error: Exception, told: str) -> None:
    def halted(name: str, *_: object) -> None:
        raise error

    ours, theirs = Pipe()
    monkeypatch.setattr("engine.worker.step_back", lambda: None)  # this process keeps its priority
    with monkeypatch.context() as patched:
        patched.setattr("builtins.__import__", halted)
        _serve(theirs, None, Limits())
    assert receive(ours) == NotLoaded(told)


SIGNALLED = """
import os, signal, sys
from multiprocessing import Pipe
from engine import worker_process
from engine.limits import Limits

if not hasattr(signal, "SIGBREAK"):  # only Windows has it
    signal.SIGBREAK = signal.SIGUSR1

def analyzer(*_):
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    sys.exit("goes on")

worker_process.Analyzer = analyzer
worker_process.serve(Pipe()[0], None, Limits())
"""


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGBREAK"])
def test_what_the_user_types_to_end_the_run_leaves_it_to_the_supervisor(name: str) -> None:
    command = [sys.executable, "-c", SIGNALLED, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "goes on\n"


OUT_OF_MEMORY = """
import sys
from multiprocessing import Pipe
from engine import worker_process
from engine.limits import Limits
from engine.worker_messages import receive

def fails(*_):
    raise MemoryError

ours, theirs = Pipe()
worker_process.Analyzer = fails
worker_process.serve(theirs, None, Limits())
print(receive(ours).reason, file=sys.stderr)
"""
"""In a process of its own, as the worker's has no standard output."""


def test_a_lack_of_memory_for_the_models_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", OUT_OF_MEMORY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (
        done.stderr.splitlines()[-1]
        == "There is not enough memory for the models. Close other programs, then try again."
    )


@pytest.mark.parametrize("step", [(SpawnProcess, "start"), (BaseContext, "Pipe")], ids=lambda it: it[1])
def test_a_process_that_cannot_start_is_told_and_the_next_may(
    monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    worker = Worker()
    with monkeypatch.context() as patched:
        patched.setattr(*step, fails)
        for begin in (worker.start, worker.wait_ready):
            with pytest.raises(WorkerFailed, match="could not be started"):
                begin()
    worker.start()
    assert pid(worker)
    worker.close()
    assert worker._process is None, "it has been waited for"


def test_closing_while_the_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    closing = threading.Thread(target=worker.close)
    start, started = SpawnProcess.start, []

    def slowly(process: SpawnProcess) -> None:
        closing.start()
        while not worker._closed:
            time.sleep(0.001)
        start(process)
        started.append(process)

    monkeypatch.setattr(SpawnProcess, "start", slowly)
    with pytest.raises(WorkerFailed, match="stopped"):
        worker.start()
    closing.join()
    with pytest.raises(ValueError, match="closed"):
        started[0].is_alive()  # nothing is left of it


@posix
def test_closing_does_not_wait_for_the_photo(group_photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    worker.start()
    worker.wait_ready()
    os.kill(pid(worker), signal.SIGSTOP)  # it will never be done with the photo
    failures: list[Exception] = []
    waits, answer = threading.Event(), worker._answer

    def noted(limit: float) -> Answer:
        waits.set()
        return answer(limit)

    monkeypatch.setattr(worker, "_answer", noted)

    def analyse() -> None:
        try:
            worker.analyze(group_photo)
        except WorkerFailed as error:
            failures.append(error)

    monkeypatch.setattr("engine.worker.ENDING_LIMIT", 60.0)
    thread = threading.Thread(target=analyse, daemon=True)
    thread.start()
    assert waits.wait(60)
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 30
    thread.join(60)
    assert failures
    with pytest.raises(WorkerFailed):
        worker.analyze(group_photo)


def test_killing_a_process_that_is_just_being_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker()
    process = multiprocessing.get_context("spawn").Process()
    process._popen = None  # as in the middle of `close`, in another thread
    monkeypatch.setattr(worker, "_process", process)
    worker._kill()


class Unending:
    """A process that reads from a lost network share: not even SIGKILL ends it."""

    exitcode = None

    def kill(self) -> None:
        pass

    def is_alive(self) -> bool:
        return True

    def join(self, timeout: float | None = None) -> None:
        assert timeout is not None, "waits for ever"

    def close(self) -> None:
        raise ValueError("Cannot close a process while it is still running.")


def test_a_process_that_cannot_be_killed_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worker.ENDING_LIMIT", 0.01)
    worker = Worker(time_limit=0)
    ours, theirs = Pipe()
    unending, children = Unending(), multiprocessing.process._children
    children.add(unending)  # Python waits for these on exit, without a limit
    monkeypatch.setattr(worker, "_process", unending)
    monkeypatch.setattr(worker, "_connection", ours)
    monkeypatch.setattr(worker, "_info", ModelInfo(NAMES, {}))
    record = worker.analyze("photo.jpg").record
    assert record is not None
    assert record["error"]["code"] == "crashed"
    assert worker._process is None, "the next photo gets another one"
    assert unending not in children
    assert ours.closed
    theirs.close()


def test_closing_waits_not_for_ever_for_a_process_that_cannot_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.worker.ENDING_LIMIT", 0.01)
    worker = Worker()
    with worker._lock:  # as the thread that waits for its answer
        worker.close()
    with pytest.raises(WorkerFailed, match="stopped"):
        worker.start()


def test_importing_the_supervisor_loads_no_model_library() -> None:
    heavy = "{'onnxruntime', 'cv2', 'insightface', 'torch', 'PIL'}"
    code = f"import sys, engine.worker, engine.model_info; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


ORPHAN = """
import multiprocessing
import time
from engine import worker_process
from engine.limits import Limits

def work(connection):
    def load(*_):
        connection.send(None)
        time.sleep(60)

    worker_process.Analyzer = load
    worker_process.serve(connection, None, Limits())

if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(theirs,))
    process.start()
    ours.recv()
    print(process.pid, flush=True)
    time.sleep(60)
"""
"""A program whose worker does not listen to it: it is busy with the models, as later with photos."""


@posix
def test_no_orphan_goes_on_with_its_work_when_the_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "orphan.py").write_text(ORPHAN, encoding="utf-8")
    parent = subprocess.Popen(
        [sys.executable, tmp_path / "orphan.py"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert _ends(child)


@posix
def test_no_orphan_when_the_parent_is_killed() -> None:
    code = (
        "import time\nfrom engine.worker import Worker\n"
        "if __name__ == '__main__':\n"
        "    w = Worker(); w.start(); w.wait_ready(); print(w._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert _ends(child)


def _ends(process: int) -> bool:
    """Whether a process ends, on a busy machine, and before its parent would have by itself."""
    deadline = time.monotonic() + 45
    while _alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _alive(process)


def _alive(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    if sys.platform == "linux":
        try:
            return "State:\tZ" not in status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
    return subprocess.run(["ps", "-p", str(process)], capture_output=True, check=False).returncode == 0
