"""Measures an exported model: on prepared collections, and on whole photos through the complete engine."""

from __future__ import annotations

import csv
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.age_model import AgeModel
from training.data import Faces
from training.duplicates import Looks, copied, look_of
from training.files import read_json, write_json
from training.metrics import figures, mae_range
from training.predictions import Predictions
from training.whole_photos import FaceCutter

Floats = NDArray[np.float64]


def predict(model: AgeModel, faces: Faces) -> Floats:
    """Distributions of the chips of `faces`, shape (N, 101)."""
    return np.concatenate([model.predict(chips) for chips in faces.batches()]).astype(np.float64)


def predictions_on(model: AgeModel, faces: Faces) -> Predictions:
    """What the model answers on the aligned chips of `faces`.

    Raises:
        ValueError: there are no photos.
    """
    if len(faces) == 0:
        raise ValueError(f"{faces.name}: there is no photo to measure on")
    return Predictions.of(faces, predict(model, faces))


def copies(predicted: Predictions, faces: Faces, learned: Sequence[Faces]) -> dict[str, Any]:
    """How many photos look like copies of photos that a network has learned from, and what that changes.

    Args:
        predicted: answers on `faces`.
        faces: N photos.
        learned: what the network has learned from.

    Returns:
        `among`, names of the collections that it has learned from; `photos`, how many of the N look like a copy of one
        of theirs; `change`, in years, of the MAE if these were left out, None if no others remain.
    """
    own = _looks(faces)
    found = np.any([copied(own, _looks(part)) for part in learned], axis=0)
    errors = np.abs(predicted.estimates - predicted.ages)
    return {
        "among": [part.name for part in learned],
        "photos": int(found.sum()),
        "change": None if found.all() else round(float(errors[~found].mean() - errors.mean()), 4),
    }


def _looks(faces: Faces) -> Looks:
    return np.array([look_of(chip) for chips in faces.batches() for chip in chips], np.float32).reshape(len(faces), -1)


def evaluate_photos(folder: Path) -> dict[str, dict[str, Any]]:
    """Figures of the model that ships on whole photos: `labels.csv` (name, collection, age, person) and a tar archive.

    Returns:
        figures by collection; `missed` counts the photos in which no face was found.

    Raises:
        FileNotFoundError: there is no archive in `folder`.
        ValueError: the archive lacks a labeled photo or has a damaged one, or there is a collection without faces.
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        labels = {line["name"]: line for line in csv.DictReader(file)}
    archive = next(iter(sorted(folder.glob("*.tar"))), None)
    if archive is None:
        raise FileNotFoundError(f"there is no archive in {folder}")
    cutter = FaceCutter()
    collections = [line["collection"] for line in labels.values()]
    found: dict[str, list[tuple[NDArray[np.float32], float, str]]] = {name: [] for name in collections}
    missed = dict.fromkeys(collections, 0)
    lacking = set(labels)
    with tarfile.open(archive) as photos:
        for number, member in enumerate(photos):
            line = labels.get(member.name)
            content = photos.extractfile(member) if line else None
            if line is None or content is None:
                continue
            lacking.discard(member.name)
            try:
                cut = cutter.cut(content.read())
            except ValueError as error:
                raise ValueError(f"{archive}: {member.name}: {error}") from error
            if cut is None:
                missed[line["collection"]] += 1
                continue
            found[line["collection"]].append(
                (cut.face.age.distribution, float(line["age"]), line.get("person") or line["name"])
            )
            if number % 100 == 99:
                print(f"{number + 1} photos", file=sys.stderr, flush=True)
    if lacking:
        raise ValueError(f"{archive} lacks {len(lacking)} photos of labels.csv, {min(lacking)} among them")
    measured = {}
    for name, answers in found.items():
        if not answers:
            raise ValueError(f"{name}: no face was found in any of {missed[name]} photos")
        rows, ages, people = zip(*answers, strict=True)
        measured[name] = figures(np.array(rows, np.float64), np.array(ages), people=np.array(people))
        measured[name]["missed"] = missed[name]
    return measured


def keep(folder: Path, name: str, sha256: str, found: dict[str, Any], split: str = "test") -> None:
    """Write figures to `folder / name.json`, with the model and the part of the collection that they belong to."""
    write_json(folder / f"{name}.json", {"model": sha256, "split": split, "figures": found})


def kept(folder: Path, sha256: str) -> dict[str, Any]:
    """Figures by name that were measured on the model with this hash, on test parts and whole photos."""
    files = {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}
    return {
        name: content["figures"]
        for name, content in files.items()
        # Older files name no part.
        if content["model"] == sha256 and content.get("split", "test") == "test"
    }


def table(name: str, found: dict[str, Any]) -> str:
    """Figures as lines for a terminal."""
    lines = [f"{name}  (photos, MAE, CS@5, bias, coverage of the 80 % interval)"]
    for part, group in [
        ("", {"all": found["all"]}),
        *((key, found[key]) for key in ("band", "sex", "label") if key in found),
    ]:
        for label, one in group.items():
            known = mae_range(one)
            lines.append(
                f"  {part:6} {label:8} {one['photos']:6} {one['mae']:6.2f} {one['cs5']:6.3f} {one['bias']:+6.2f} "
                f"{one['coverage']:6.3f}" + (f"   MAE {known[0]:.2f} to {known[1]:.2f}" if known else "")
            )
    if "copies" in found:
        one = found["copies"]
        lines.append(
            f"  {one['photos']} photos look like copies of training photos of {', '.join(one['among'])}"
            + ("" if one["change"] is None else f"; without them the MAE would change by {one['change']:+.3f}")
        )
    if found.get("missed"):
        lines.append(f"  in {found['missed']} further photos no face was found")
    return "\n".join(lines)
