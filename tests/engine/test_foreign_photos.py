"""Pictures that others collected to break decoders: Pillow's own test images, PngSuite, any folder.

They are not part of this repository. If they can be had (`Tests/images` in Pillow's source distribution on PyPI,
http://www.schaik.com/pngsuite/), this runs them through the real worker process:

    AGELENS_FOREIGN_PHOTOS=FOLDER python3 dev.py test tests/engine/test_foreign_photos.py
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.report import ERROR_CODES
from engine.worker import Worker

FOLDER = os.environ.get("AGELENS_FOREIGN_PHOTOS")

LONGEST = 30.0
"""Seconds for one picture, those of hundreds of megapixels included, on a busy machine."""


@pytest.mark.timeout(3600)
@pytest.mark.skipif(FOLDER is None, reason="AGELENS_FOREIGN_PHOTOS names no folder of pictures")
def test_every_foreign_picture_is_read_or_refused_and_the_next_one_too(
    astronaut_photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert FOLDER is not None
    files = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file())
    assert files
    verdicts: Counter[str] = Counter()
    slow: list[str] = []
    crashed: list[str] = []
    with Worker() as worker:
        worker.wait_ready()
        for file in files:
            began = time.monotonic()
            record = worker.analyze(file).record
            assert record is not None
            verdict = record["status"] if record["error"] is None else record["error"]["code"]
            assert verdict in ("ok", "no_face", *ERROR_CODES)
            verdicts[verdict] += 1
            if time.monotonic() - began > LONGEST:
                slow.append(file.name)
            if verdict == "crashed":
                crashed.append(f"{file.name}: {record['error']['message']}")
        after = worker.analyze(astronaut_photo).record
    with capsys.disabled():
        print(f"\n{len(files)} pictures: {', '.join(f'{count} {name}' for name, count in verdicts.most_common())}")
    assert (slow, crashed) == ([], [])
    assert after is not None and len(after["faces"]) == 1
