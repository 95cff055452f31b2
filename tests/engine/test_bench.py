"""The benchmark: a row per size, medians, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from PIL import Image

from engine import bench
from engine.worker_messages import Outcome


class TimedWorker:
    """Stands in for `Worker`: the n-th photo takes n times a millisecond, the first one of each size a second more."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.paths: list[Path] = []
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True

    def wait_ready(self) -> None:
        pass

    def analyze(self, path: str | os.PathLike[str]) -> Outcome:
        with Image.open(path) as image:
            first = image.size not in self.sizes
            self.sizes.append(image.size)
        self.paths.append(Path(path))
        time = len(self.sizes) + 1000.0 * first
        return Outcome({"faces": [{}] * 6, "milliseconds": dict.fromkeys(("decode", "detect", "age", "total"), time)})


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> TimedWorker:
    made = TimedWorker()
    monkeypatch.setattr(bench, "Worker", lambda: made)
    monkeypatch.setattr(bench, "SIDES", (64, 200))
    return made


def test_a_row_per_size(worker: TimedWorker, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--repeat", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("models loaded after ")
    assert lines[1].split()[:6] == ["long", "side", "faces", "decode", "detect", "age"]
    # Medians of 1001, 2, 3 and of 1004, 5, 6.
    assert [line.split() for line in lines[2:]] == [["64", "6", *["3"] * 4], ["200", "6", *["6"] * 4]]
    assert worker.sizes == [(64, 44)] * 3 + [(200, 138)] * 3, "insightface's t1.jpg, 1280x886, reduced"
    assert worker.closed
    assert not any(path.exists() for path in worker.paths)


def test_a_photo_of_ones_own(worker: TimedWorker, tmp_path: Path) -> None:
    Image.new("L", (30, 100)).save(tmp_path / "tall.png")
    assert bench.main(["--photo", str(tmp_path / "tall.png"), "--repeat", "1"]) == 0
    assert worker.sizes == [(19, 64), (60, 200)]
