"""A model's answers, photo by photo, kept beside its figures so that the model need not run again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.age import AGES
from training.data import Faces
from training.files import write_atomic
from training.metrics import figures

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Predictions:
    """A model's answers on N photos.

    Attributes:
        names: the photos' names in their collection.
        ages: labeled ages in years.
        sexes: as labeled, empty if they are not.
        labels: group labels, empty if there are none.
        groups: of photos that belong together, mostly because they show one person; empty if there are none.
        distributions: shape (N, 101), calibrated probability of the ages 0..100 in years.
    """

    names: Texts
    ages: Floats
    sexes: Texts
    labels: Texts
    groups: Texts
    distributions: Floats

    @classmethod
    def of(cls, faces: Faces, distributions: Floats) -> Predictions:
        """The answers on `faces`, in the order of its photos."""
        names, sexes, labels, groups = (faces.column(name) for name in ("name", "sex", "label", "group"))
        return cls(names, faces.ages, sexes, labels, groups, distributions)

    @property
    def estimates(self) -> Floats:
        """Expectations of the distributions, in years."""
        return np.asarray(self.distributions @ np.arange(AGES), np.float64)

    def figures(self) -> dict[str, Any]:
        """Figures by age band, sex and group label (`training.metrics.figures`)."""
        people = np.where(self.groups == "", self.names, self.groups)
        return figures(self.distributions, self.ages, {"sex": self.sexes, "label": self.labels}, people)

    def fits(self, faces: Faces) -> bool:
        """Whether these are answers on the photos of `faces`, with the labels that they have now."""
        labelled = Predictions.of(faces, self.distributions)
        return all(
            np.array_equal(getattr(self, name), getattr(labelled, name))
            for name in ("names", "ages", "sexes", "labels", "groups")
        )


def keep_predictions(folder: Path, name: str, sha256: str, predictions: Predictions) -> None:
    """Write `folder / name.predictions.npz`, with the model that the predictions belong to."""
    content = io.BytesIO()
    arrays = {field.name: getattr(predictions, field.name) for field in fields(predictions)}
    # The model answers in float32.
    arrays["distributions"] = predictions.distributions.astype(np.float32)
    np.savez_compressed(content, model=np.array(sha256), **arrays)
    write_atomic(_path(folder, name), content.getvalue())


def kept_predictions(folder: Path, name: str, sha256: str) -> Predictions | None:
    """What `keep_predictions` wrote; None if that is missing, damaged or another model's."""
    try:
        with np.load(_path(folder, name)) as content:
            if str(content["model"]) != sha256:
                return None
            arrays = {field.name: content[field.name] for field in fields(Predictions)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Predictions(**arrays | {"distributions": arrays["distributions"].astype(np.float64)})


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.predictions.npz"
