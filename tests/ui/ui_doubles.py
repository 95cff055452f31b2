"""Made-up answers and events, as Python gives them to the page (docs/bridge.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

from desktop.records import from_the_left
from engine.people import Known, Person, with_years

Json = dict[str, Any]

WIDTH, HEIGHT = 800, 600
"""Size of every made-up photo, in pixels."""

SETTINGS: Json = {"analyze_on_drop": True, "keep_album": True, "theme": "system", "language": "system"}

IDLE: Json = {"state": "idle", "done": 0, "total": 0, "seconds_left": None, "photos_per_minute": None}

LAST: Json = {
    "state": "on",
    "albums": [
        {"id": 7, "photos": 4021, "names": 12, "folder": "1974", "opened": "2026-11-24T12:28:00+00:00"},
        {"id": 5, "photos": 12, "names": 0, "folder": "", "opened": "2026-10-03T08:15:00+00:00"},
    ],
}
"""The contract's `Kept`, with albums of earlier runs."""

LIMITS: Json = {"name": 80, "first_birth": 1726, "first_year": 1826, "last_year": 2026}

ABOUT: Json = {
    "version": "9.8.7",
    "python": "3.11.2",
    "platform": "Linux-6.1",
    "provider": "CPUExecutionProvider",
    "packages": {"insightface": "2.1", "onnxruntime": "1.32.0"},
    "folders": ["/home/somebody/.local/share/Agelens", "/home/somebody/.config/Agelens"],
    "model": {
        "name": "resnet50-utkface",
        "version": "3",
        "figures": {
            "export_loss": -0.01,
            "utkface": {
                "all": {"photos": 1000, "mae": 4.26, "cs5": 0.713, "coverage": 0.804},
                "band": {
                    "0-12": {"photos": 300, "mae": 1.2},
                    "13-17": {"photos": 29, "mae": 9.0},
                    "66+": {"photos": 90, "mae": 6.0},
                },
                "sex": {"female": {"photos": 400, "mae": 4.24}, "male": {"photos": 600, "mae": 4.27}},
                "label": {"Asian": {"photos": 300, "mae": 3.0}, "Martian": {"photos": 30, "mae": 12.0}},
            },
            "family": {
                "all": {"photos": 478, "mae": 5.1, "bias": 3.48, "bias_range": [2.6, 4.6], "coverage": 0.623},
                "band": {
                    "0-12": {"photos": 232, "mae": 2.4, "bias": 2.16},
                    "26-35": {"photos": 42, "mae": 8.1, "bias": 6.07},
                    "36-50": {"photos": 30, "mae": 7.3, "bias": 4.83},
                    "51-65": {"photos": 29, "mae": 9.9, "bias": 9.9},
                },
            },
        },
        "calibration": {"level": 0.8},
    },
    "licences": {
        "code": "MIT",
        "weights": "non-commercial purposes only",
        "qt": None,
        "others": "/opt/agelens/THIRD_PARTY_NOTICES.txt",
    },
    "notes": ["Photos never leave this computer.", "It does not estimate sex or ethnicity."],
}


def face(
    box: Sequence[float], age: float = 34.2, low: float = 28.0, high: float = 41.0, warnings: Sequence[str] = ()
) -> Json:
    """A face of a report. `box` is x, y, width, height in pixels of the photo."""
    x, y, width, height = box
    weights = [math.exp(-(((year - age) / 5) ** 2) / 2) for year in range(101)]
    total = sum(weights)
    return {
        "box": list(box),
        "landmarks": [[x + width * across, y + height * 0.4] for across in (0.3, 0.7, 0.5, 0.35, 0.65)],
        "score": 0.93,
        "age": {
            "mean": age,
            "interval": [low, high],
            "level": 0.8,
            "distribution": [weight / total for weight in weights],
        },
        "warnings": list(warnings),
    }


def photo(photo_id: str = "p1", name: str = "a.jpg", state: str = "waiting", **changes: Any) -> Json:
    """A photo without a report, the contract's `WholePhoto` without its summary."""
    return {
        "id": photo_id,
        "name": name,
        "folder": "/home/somebody/photos",
        "state": state,
        "thumbnail": f"pictures/{photo_id}-thumbnail.jpg",
        "preview": f"pictures/{photo_id}-preview.jpg",
        "enlarged": f"pictures/{photo_id}-enlarged.jpg",
        "faces": [],
        "report": None,
        "undoable": False,
        "modified": 1_000_000_000.0,
        "taken": None,
        "corrected": False,
        "camera": None,
    } | changes


def done(
    photo_id: str = "p1", name: str = "a.jpg", faces: Sequence[Json] = (), error: tuple[str, str] | None = None
) -> Json:
    """A photo that has been analyzed. `error` is code and message; without faces and error, no face was found."""
    report = {
        "schema": 1,
        "path": f"/home/somebody/photos/{name}",
        "status": "error" if error else "ok" if faces else "no_face",
        "error": {"code": error[0], "message": error[1]} if error else None,
        "width": 0 if error else WIDTH,
        "height": 0 if error else HEIGHT,
        "rotated": 0,
        "faces": list(faces),
        "model": {"detector": "double", "age": "double", "version": "0"},
        "milliseconds": {},
    }
    pictures = {"thumbnail": None, "preview": None, "enlarged": None} if error else {}
    crops = [f"pictures/{photo_id}-face{number}.jpg" for number in range(1, len(faces) + 1)]
    return photo(photo_id, name, "done", report=report, faces=crops, **pictures)


def known(of: Json, people: Mapping[int, tuple[str, int | None]], taken: int | None = None) -> Json:
    """A photo whose people are known: name and birth year, by the number of the face."""
    persons = {number: Person(*who) for number, who in people.items()}
    return of | {"report": with_years(of["report"], Known(persons, taken), 0.8), "taken": taken}


def whole(of: Json) -> Json:
    """The contract's `WholePhoto`: with the summary that follows from the report."""
    report = of["report"]
    if report is None:
        return of | {"summary": None}
    estimate = report.get("taken", {}).get("estimate")
    summary = {
        "status": report["status"],
        "ages": [face["age"]["mean"] for _, face in from_the_left(report)],
        "uncertain": [bool(face["warnings"]) for _, face in from_the_left(report)],
        "names": [face["person"]["name"] for face in report["faces"] if face.get("person")],
        "year": None if estimate is None else estimate["mean"],
    }
    return of | {"summary": summary}


@cache
def jpeg(name: str) -> bytes:
    """The picture of this name (the end of an address): of one color, in the size of its kind."""
    size = (WIDTH, HEIGHT) if "preview" in name else (3 * WIDTH, 3 * HEIGHT) if "enlarged" in name else (160, 160)
    number = sum(name.encode()) * 37
    buffer = BytesIO()
    Image.new("RGB", size, (90 + number % 90, 90 + number // 7 % 90, 100 + number // 11 % 90)).save(buffer, "JPEG")
    return buffer.getvalue()


def start_script(photos: Sequence[Json], connected: bool, **changes: Any) -> str:
    """What the double is told before it starts. `changes` replace parts of the snapshot, `settings` some settings."""
    snapshot = {
        "engine": {"state": "ready", "message": None},
        "settings": SETTINGS | changes.pop("settings", {}),
        "run": IDLE,
        "kept": {"state": "on", "albums": []},
        "export": {"state": "idle", "done": 0, "total": 0, "result": None},
        "people": [],
        "limits": LIMITS,
    } | changes
    start = {"snapshot": snapshot, "photos": list(map(whole, photos)), "about": ABOUT, "connected": connected}
    return f"const start = {json.dumps(start)};\n"
