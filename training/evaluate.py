"""Measures the shipped model: on prepared collections, and on whole photos through the complete engine."""

from __future__ import annotations

import csv
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from engine.age_model import AGES, AgeModel
from engine.analyzer import Analyzer
from engine.report import Face
from training.data import Faces
from training.metrics import figures


def evaluate_chips(model: AgeModel, faces: Faces) -> dict[str, Any]:
    """Figures on aligned chips, by age band, sex and group label of the collection."""
    rows = np.concatenate([model.predict(chips) for chips in faces.batches()]).astype(np.float64)
    return figures(rows, faces.ages, {"sex": faces.column("sex"), "label": faces.column("label")})


def evaluate_photos(folder: Path) -> dict[str, dict[str, Any]]:
    """Figures on whole photos: `labels.csv` (name, collection, age) and one tar archive, through the engine.

    Of several faces the one nearest to the photo's centre, weighted by its size, is measured; a photo in which none is
    found counts as `missed`.

    Returns:
        figures by collection.

    Raises:
        FileNotFoundError: there is no archive in `folder`.
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        labels = {line["name"]: line for line in csv.DictReader(file)}
    archive = next(iter(sorted(folder.glob("*.tar"))), None)
    if archive is None:
        raise FileNotFoundError(f"there is no archive in {folder}")
    found: dict[str, list[tuple[np.ndarray, float]]] = {}
    missed: dict[str, int] = {}
    with Analyzer() as analyzer, tarfile.open(archive) as photos, tempfile.TemporaryDirectory() as scratch:
        for number, member in enumerate(photos):
            line = labels.get(member.name) or labels.get(Path(member.name).name)
            content = photos.extractfile(member) if line else None
            if line is None or content is None:
                continue
            path = Path(scratch) / "photo"
            path.write_bytes(content.read())
            report = analyzer.analyze(path)
            name = line["collection"]
            if report.faces:
                face = max(report.faces, key=lambda face: _prominence(face, report.width, report.height))
                found.setdefault(name, []).append((face.age.distribution, float(line["age"])))
            else:
                missed[name] = missed.get(name, 0) + 1
            if number % 50 == 49:
                print(f"{number + 1} photos", file=sys.stderr, flush=True)
    return {
        name: figures(np.array([row for row, _ in pairs], dtype=np.float64), np.array([age for _, age in pairs]))
        | {"missed": missed.get(name, 0)}
        for name, pairs in found.items()
    }


def _prominence(face: Face, width: int, height: int) -> float:
    """Size of a face, less what it lies off the photo's centre."""
    x, y, box_width, box_height = face.box
    off = np.hypot(x + box_width / 2 - width / 2, y + box_height / 2 - height / 2)
    return float(np.sqrt(box_width * box_height) - 0.5 * off)


def table(name: str, found: dict[str, Any]) -> str:
    """Figures as lines for a terminal."""
    lines = [f"{name}  (photos, MAE, CS@5, bias, coverage of the 80 % interval)"]
    for part, group in [
        ("", {"all": found["all"]}),
        *((key, found[key]) for key in ("band", "sex", "label") if key in found),
    ]:
        for label, one in group.items():
            lines.append(
                f"  {part:6} {label:8} {one['photos']:6} {one['mae']:6.2f} {one['cs5']:6.3f} {one['bias']:+6.2f} "
                f"{one['coverage']:6.3f}   MAE {one['mae_range'][0]:.2f} to {one['mae_range'][1]:.2f}"
            )
    return "\n".join(lines)


def export_loss(model: AgeModel, reference: np.ndarray, faces: Faces) -> float:
    """MAE of the exported model less that of the float32 model, in years.

    Args:
        model: the exported model.
        reference: distributions of the float32 model, shape (N, 101).
        faces: what both saw.
    """
    ages = np.arange(AGES)
    ours = np.concatenate([model.predict(chips) for chips in faces.batches()]).astype(np.float64) @ ages
    return float(np.abs(ours - faces.ages).mean() - np.abs(reference @ ages - faces.ages).mean())
