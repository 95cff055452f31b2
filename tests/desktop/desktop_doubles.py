"""A fast double of `engine.worker.Worker`: the same interface, no models and no process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from engine.paths import FileStamp, file_stamp
from engine.report import PHOTO_CHANGED, ModelNames, Upright
from engine.worker import WorkerFailed
from engine.worker_messages import ModelInfo, Outcome

ODD_NAMES = [
    "a.jpg",
    "%41.jpg",
    "100%.jpg",
    "with space.jpg",
    'it\'s "quoted".jpg',
    "<b>bold.jpg",
    "über#?&;.jpg",
    "写真.jpg",
]
"""Of photos."""

OTHER_SIZE = b"a picture of another size"
"""Content of a file that is refused because it is not the photo of its record."""

MESSAGES = {
    "crashed": "The photo made the analysis crash. All other photos are unaffected.",
    PHOTO_CHANGED.code: PHOTO_CHANGED.message,
}


def jpeg(colour: tuple[int, int, int] = (90, 120, 150), size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG file of one color."""
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def record(path: str, status: str = "ok", code: str | None = None, faces: int = 1, rotated: int = 0) -> dict[str, Any]:
    """The contract's JSON record."""
    face = {
        "box": [4.0, 5.0, 20.0, 24.0],
        "landmarks": [[10.0, 12.0], [18.0, 12.0], [14.0, 17.0], [11.0, 22.0], [17.0, 22.0]],
        "score": 0.9,
        "age": {"mean": 34.2, "interval": [28.0, 41.0], "level": 0.8, "distribution": [0.0099] * 101},
        "warnings": [],
    }
    return {
        "schema": 1,
        "path": path,
        "status": status,
        "error": None if code is None else {"code": code, "message": MESSAGES.get(code, f"made up: {code}")},
        "width": 64,
        "height": 48,
        "rotated": rotated,
        "faces": [face] * faces if status == "ok" else [],
        "model": {"detector": "double", "age": "double", "version": "0"},
        "milliseconds": {},
    }


class FakeWorker:
    """Answers by the file's name: "crash" in it crashes, "hanging" is given up, "turned" was turned by 90 degrees, a
    missing file is an error.

    Args:
        seconds: how long a photo takes, by `now`; nobody really waits.
        fails: the error with which `wait_ready` fails, None to be ready.
    """

    def __init__(self, seconds: float = 0.0, fails: str | None = None) -> None:
        self.seconds = seconds
        self.now = 0.0
        """Seconds that photos have taken: a clock that a busy machine does not slow down."""
        self.fails = fails
        self.loaded = threading.Event()
        """`wait_ready` waits for it."""
        self.loaded.set()
        self.calls: list[tuple[str, str]] = []
        self.gate: threading.Event | None = None
        """When set, each call waits for it."""
        self.closed = threading.Event()
        self.finds: list[float] | None = None
        """The box of the face that `face_in` finds, None for the box it is given."""
        self.year_taken: int | None = None
        """The year written in the files that can be read."""
        self.asked: Any = None
        """What was passed about the face with the last question about one."""

    def start(self) -> None:
        pass

    def wait_ready(self) -> ModelInfo:
        self.loaded.wait()
        if self.fails is not None:
            raise WorkerFailed(self.fails)
        names = ModelNames("double", "double", "0")
        return ModelInfo(names, {"detector": "CPUExecutionProvider", "age": "CPUExecutionProvider"})

    def analyze(self, path: str, pictures: bool = False) -> Outcome:
        stamp = file_stamp(path)
        self._work("analyze", path)
        if (problem := self._problem(path)) is not None:
            return self._failure(path, problem, stamp)
        turned = "turned" in Path(path).name
        rotated = 90 if turned else 0
        picture = self.picture(path, turned)
        return Outcome(
            record(path, rotated=rotated),
            picture,
            jpeg(size=(32, 24)),
            (jpeg(size=(200, 200)),),
            stamp=stamp,
            year_taken=self.year_taken,
        )

    def preview(self, path: str, record_: Mapping[str, Any] | None = None) -> Outcome:
        stamp = file_stamp(path)
        self._work("preview", path)
        if (problem := self._problem(path, record_)) is not None:
            return self._failure(path, problem, stamp)
        turned = record_ is not None and record_["rotated"] != 0
        faces = () if record_ is None else (jpeg(size=(200, 200)),) * len(record_["faces"])
        return Outcome(None, self.picture(path, turned), jpeg(size=(32, 24)), faces, stamp=stamp)

    def enlarge(self, path: str, record_: Mapping[str, Any]) -> Outcome:
        stamp = file_stamp(path)
        self._work("enlarge", path)
        if (problem := self._problem(path, record_)) is not None:
            return self._failure(path, problem, stamp)
        return Outcome(None, enlarged=jpeg(size=(record_["width"], record_["height"])), stamp=stamp)

    def face_in(self, path: str, record_: Mapping[str, Any], box: tuple[float, float, float, float]) -> Outcome:
        stamp = file_stamp(path)
        self._work("face", path)
        self.asked = (Upright.of(record_), box)
        if (problem := self._problem(path, record_)) is not None:
            return self._failure(path, problem, stamp)
        (face,) = record(path)["faces"]
        return Outcome(None, crops=(jpeg(size=(200, 200)),), face={**face, "box": list(self.finds or box)}, stamp=stamp)

    def annotate(self, path: str, record_: Mapping[str, Any]) -> Outcome:
        stamp = file_stamp(path)
        self._work("annotate", path)
        if (problem := self._problem(path, record_)) is not None:
            return self._failure(path, problem, stamp)
        self.asked = record_
        return Outcome(None, copy=jpeg(size=(record_["width"], record_["height"])), stamp=stamp)

    def explain(
        self,
        path: str,
        record_: Mapping[str, Any],
        landmarks: Sequence[Sequence[float]],
        heard: Callable[[int, int], None] | None = None,
    ) -> Outcome:
        stamp = file_stamp(path)
        if heard is not None:
            heard(13, 65)
        self._work("explain", path)
        self.asked = (Upright.of(record_), landmarks)
        if (problem := self._problem(path, record_)) is not None:
            return self._failure(path, problem, stamp)
        return Outcome(None, map=((1.5,) * 8,) * 8, stamp=stamp)

    def close(self) -> None:
        self.closed.set()
        self.loaded.set()
        if self.gate is not None:
            self.gate.set()

    @staticmethod
    def picture(path: str, turned: bool) -> bytes:
        """The preview of a photo; each path has its own."""
        number = hash(path)
        colour = (number & 255, number >> 8 & 255, number >> 16 & 255)
        return jpeg(colour, (48, 64) if turned else (64, 48))

    def _work(self, kind: str, path: str) -> None:
        self.calls.append((kind, path))
        if self.gate is not None:
            self.gate.wait()
        self.now += self.seconds
        if self.closed.is_set():
            raise WorkerFailed("The analysis has been stopped.")

    @staticmethod
    def _failure(path: str, problem: str, stamp: FileStamp | None) -> Outcome:
        # A process that is gone cannot report a stamp.
        late = "hanging" in Path(path).name
        return Outcome(record(path, "error", problem), stamp=None if problem == "crashed" else stamp, late=late)

    @staticmethod
    def _problem(path: str, record_: Mapping[str, Any] | None = None) -> str | None:
        if any(word in Path(path).name for word in ("crash", "hanging")):
            return "crashed"
        if not Path(path).exists():
            return "not_found"
        return PHOTO_CHANGED.code if record_ is not None and Path(path).read_bytes() == OTHER_SIZE else None
