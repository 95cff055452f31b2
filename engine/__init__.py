"""Agelens' engine: a photo goes in, an apparent age with a calibrated range comes out for every face.

    from engine import Analyzer

    with Analyzer() as analyzer:
        report = analyzer.analyze("photo.jpg")
    for face in report.faces:
        print(face.age.mean, face.age.interval(0.8))

The names below are imported on first use: `import engine` alone is quick and loads no model library, which the
window's process relies on.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.age import Age
    from engine.analyzer import Analyzer
    from engine.detector import DetectorError
    from engine.limits import Limits
    from engine.model_info import AgeModelError
    from engine.report import Face, ImageReport, ModelNames, Problem

    __version__: str

# Unless this is set before it is imported, ONNX Runtime sends telemetry to Microsoft and keeps an identifier of this
# computer in the user's cache. Builds that log to Windows itself ignore the variable: for them, `engine.runtime` turns
# telemetry off.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "Age",
    "AgeModelError",
    "Analyzer",
    "DetectorError",
    "Face",
    "ImageReport",
    "Limits",
    "ModelNames",
    "Problem",
    "__version__",
]

_HOMES = {
    "Age": "engine.age",
    "AgeModelError": "engine.model_info",
    "Analyzer": "engine.analyzer",
    "DetectorError": "engine.detector",
    "Face": "engine.report",
    "ImageReport": "engine.report",
    "Limits": "engine.limits",
    "ModelNames": "engine.report",
    "Problem": "engine.report",
}


if not TYPE_CHECKING:  # else type checkers would believe that every name is there

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        if name == "__version__":
            return import_module("engine.version").app_version()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
