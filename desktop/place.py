"""Size and place of the window, restored at the next start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

SIZE = (1180, 760)
SMALLEST_SIZE = (720, 480)

_LARGEST = 100_000
_TITLE_BAR = 40


@dataclass(frozen=True)
class Place:
    """In the screen's logical pixels. `x` and `y` are None while only the system knows them, as always under Wayland.

    For a maximized window, the size and place are those that it returns to.
    """

    width: int = SIZE[0]
    height: int = SIZE[1]
    x: int | None = None
    y: int | None = None
    maximized: bool = False

    @classmethod
    def from_json(cls, content: object) -> Place:
        """From what `to_json` gave; the default place for anything else."""
        if not isinstance(content, dict) or set(content) != set(cls.__dataclass_fields__):
            return cls()
        sides, corner = (content["width"], content["height"]), (content["x"], content["y"])
        if not all(
            type(side) is int and least <= side <= _LARGEST for side, least in zip(sides, SMALLEST_SIZE, strict=True)
        ):
            return cls()
        if not all(type(value) is int and abs(value) <= _LARGEST for value in corner):
            corner = (None, None)
        return cls(*sides, *corner, maximized=content["maximized"] is True)

    def to_json(self) -> dict[str, Any]:
        """For the settings' file."""
        return asdict(self)

    @property
    def is_shown(self) -> bool:
        """Whether a window can really be there: Windows reports a minimized one as tiny and far away."""
        return all(side >= least for side, least in zip((self.width, self.height), SMALLEST_SIZE, strict=True))

    def within(self, screens: Iterable[tuple[int, int, int, int]]) -> Place:
        """The same, no larger than a screen, and placed by the system if its title bar could not be reached any more.

        Args:
            screens: x, y, width and height of those that are connected now.
        """
        screens = list(screens)
        middle = None if self.x is None or self.y is None else (self.x + self.width // 2, self.y + _TITLE_BAR // 2)
        reached = [one for one in screens if middle is not None and _holds(one, middle)]
        _, _, width, height = (reached or screens or [(0, 0, self.width, self.height)])[0]
        place = replace(self, width=min(self.width, width), height=min(self.height, height))
        return place if reached else replace(place, x=None, y=None)


def _holds(screen: tuple[int, int, int, int], point: tuple[int, int]) -> bool:
    x, y, width, height = screen
    return x <= point[0] < x + width and y <= point[1] < y + height
