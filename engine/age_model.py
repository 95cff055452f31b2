"""The age model: face chips -> age distributions.

The network (docs/model-card.md) has 101 outputs, a distribution over the ages 0..100; its expectation is the estimate
(Rothe, Timofte and Van Gool, "DEX", IJCV 2018; Gao et al., "DLDL-v2", IJCAI 2018). It comes as an ONNX graph that holds
everything from the 8-bit chip to the calibrated distribution, so that nothing that matters for the estimate is left to
this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.age import AGES
from engine.model_info import MODELS, AgeModelError, read_info
from engine.runtime import providers, session_options

CHIP_SIZE = 200
"""Side of a face chip in pixels."""

BATCH = 16


class AgeModel:
    """The exported model behind ONNX Runtime. Make one with `AgeModel.load`."""

    def __init__(self, session: onnxruntime.InferenceSession, info: dict[str, Any]) -> None:
        self._session = session
        self.info = info
        """Contents of `age.json`: name, version, landmark template, calibration, measured figures."""

    @classmethod
    def load(cls, folder: Path | None = None, threads: int | None = None) -> AgeModel:
        """Load `age.onnx` and `age.json`.

        Args:
            folder: where the two files are; by default the model that comes with Agelens.
            threads: as for `engine.Analyzer`.

        Raises:
            AgeModelError: a file is missing, is not the one that `age.json` names (SHA-256), or cannot be loaded.
        """
        info = read_info(folder)
        path = (folder or MODELS) / "age.onnx"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise AgeModelError(f"The age model {path.name} cannot be read: {error.strerror}.") from error
        if hashlib.sha256(content).hexdigest() != info.get("sha256"):
            raise AgeModelError(
                f"The age model {path.name} is damaged or was altered. Installing Agelens again repairs it."
            )
        try:
            session = onnxruntime.InferenceSession(content, session_options(threads=threads), providers=providers())
        except Exception as error:  # ONNX Runtime's own exception classes are not public
            raise AgeModelError(f"The age model {path.name} cannot be loaded: {error}.") from error
        return cls(session, info)

    @property
    def name(self) -> str:
        """Name of the model, for example `resnet50-...`."""
        return str(self.info["name"])

    @property
    def version(self) -> str:
        """Version of the model's weights."""
        return str(self.info["version"])

    @property
    def provider(self) -> str:
        """ONNX Runtime's execution provider in use, for example `CPUExecutionProvider`."""
        return str(self._session.get_providers()[0])

    @property
    def template(self) -> NDArray[np.float32]:
        """Shape (5, 2): where the five landmarks lie in a chip, in pixels (x, y)."""
        return np.asarray(self.info["template"], dtype=np.float32)

    def predict(self, chips: NDArray[np.uint8], heard: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        """Age distributions of aligned faces.

        Args:
            chips: shape (N, 200, 200, 3), uint8, RGB, in UTKFace's geometry (`engine.alignment`); N may be 0.
            heard: called before each batch of faces with the number done so far and the total.

        Returns:
            shape (N, 101), float32, rows sum to 1: calibrated probability of the ages 0..100 in years.

        Raises:
            ValueError: `chips` has another shape or type.
        """
        chips = np.asarray(chips)
        if chips.dtype != np.uint8 or chips.ndim != 4 or chips.shape[1:] != (CHIP_SIZE, CHIP_SIZE, 3):
            raise ValueError(
                f"chips must be uint8 of shape (N, {CHIP_SIZE}, {CHIP_SIZE}, 3), not {chips.dtype} {chips.shape}"
            )
        distributions = np.empty((len(chips), AGES), np.float32)
        for start in range(0, len(chips), BATCH):
            if heard is not None:
                heard(start, len(chips))
            batch = chips[start : start + BATCH]
            (distributions[start : start + BATCH],) = self._session.run(["distribution"], {"chips": batch})
        # The graph's softmax is float32: scaling once more brings the sums as close to 1 as possible.
        distributions /= distributions.sum(axis=1, keepdims=True)
        return distributions
