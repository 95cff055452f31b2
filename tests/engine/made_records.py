"""Records as the engine makes them, but of made-up faces."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from engine.age import AGES, Age
from engine.report import Face, ImageReport, ModelNames, Problem, Status

NAMES = ModelNames("detector", "age", "1")


def made_record(status: Status = "ok", path: str = "a.jpg") -> dict[str, Any]:
    """The contract's record of a photo, with one face when it is "ok"."""
    landmarks = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
    face = Face((10.0, 20.0, 80.0, 90.0), landmarks, 0.9, Age(np.full(AGES, 1 / AGES)), ("small",))
    error = Problem("corrupt", "The file is damaged.") if status == "error" else None
    faces = (face,) if status == "ok" else ()
    report = ImageReport(path, status, NAMES, error, 640, 480, 90, faces, {"decode": 12.3})
    made: dict[str, Any] = json.loads(json.dumps(report.to_record(0.8)))
    return made
