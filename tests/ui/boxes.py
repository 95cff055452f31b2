"""Boxes of elements on the screen, as playwright gives them."""

from __future__ import annotations

Box = dict[str, float]


def shared(one: Box, other: Box) -> float:
    """Area that two boxes share, in pixels."""
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return max(across, 0) * max(down, 0)
