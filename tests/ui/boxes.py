"""Boxes of elements on the screen, as playwright gives them."""

from __future__ import annotations

from typing import Any

Box = dict[str, float]


def shared(one: Box, other: Box) -> float:
    """Area that two boxes share, in pixels."""
    across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return max(across, 0) * max(down, 0)


def names(window: Any) -> list[str]:
    """Names in the grid in the order of the screen: from left to right, from top to bottom."""
    found: list[str] = window.find(".cell").evaluate_all(
        """(cells) => cells.map((cell) => [cell.getBoundingClientRect(), cell.title])
            .sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, name]) => name)"""
    )
    return found
