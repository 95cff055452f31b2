"""See the package."""

from __future__ import annotations

from typing import Any


class SimilarityTransform:
    """Cannot be instantiated."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("this build of Agelens comes without scikit-image")
