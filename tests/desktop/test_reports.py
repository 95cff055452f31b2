"""desktop.reports"""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from desktop_doubles import record

from desktop.reports import Reports


def face(mean: float, left: float, *warnings: str) -> dict[str, Any]:
    (made,) = record("a.jpg")["faces"]
    return {**made, "box": [left, 5.0, 20.0, 24.0], "age": {**made["age"], "mean": mean}, "warnings": list(warnings)}


def test_records_come_back_as_they_were() -> None:
    reports = Reports()
    records = [record(f"\u00fc{number}\udcff.jpg", faces=number % 3) for number in range(50)]
    kept = list(map(reports.keep, records))
    assert [report.read() for report in reversed(kept)] == records[::-1]


def test_what_a_list_shows_is_at_hand() -> None:
    reports = Reports()
    faces = [face(70.0, 300.0), face(34.25, 100.0, "small"), face(5.5, 200.0)]
    report = reports.keep({**record("a.jpg"), "faces": faces})
    assert report.summary() == {
        "status": "ok",
        "ages": [34.25, 5.5, 70.0],
        "uncertain": [True, False, False],
        "names": [],
        "year": None,
    }
    assert report.model == ("double", "0")
    assert reports.keep(record("a.jpg", "error", "corrupt")).summary()["ages"] == []


def test_threads_do_not_mix_records_up() -> None:
    reports = Reports()
    wrong: list[int] = []

    def work(number: int) -> None:
        mine = record(f"{number}.jpg", faces=number)
        kept = [reports.keep(mine) for _ in range(100)]
        wrong.extend(number for report in kept if report.read() != mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_on_a_full_disk_they_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    reports = Reports()
    assert reports.keep(record("a.jpg")).read() == record("a.jpg")
    monkeypatch.undo()
    assert reports.keep(record("b.jpg")).read() == record("b.jpg")


@pytest.mark.skipif(os.name != "posix", reason="an open file can be without a name on POSIX only")
def test_the_file_is_in_the_folder_and_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    reports = Reports(tmp_path)
    reports.keep(record("a.jpg"))
    assert reports._file is not None
    assert list(tmp_path.iterdir()) == []
