"""Looks at many files: several at once, as on a network drive each look waits for the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from multiprocessing.pool import ThreadPool
from typing import TypeVar

_AT_ONCE = 16

_Item = TypeVar("_Item")
_Seen = TypeVar("_Seen")


def look_at(items: Iterable[_Item], look: Callable[[_Item], _Seen]) -> list[tuple[_Item, _Seen]]:
    """Each item, in their order, with what `look` returns for it."""
    items = list(items)
    if len(items) < 2:
        return [(item, look(item)) for item in items]
    # Not an executor, whose threads would keep the program from ending while a drive hangs. In shares, as handing over
    # single items takes the longest on a fast disk.
    with ThreadPool(min(_AT_ONCE, len(items))) as pool:
        return list(zip(items, pool.map(look, items, math.ceil(len(items) / _AT_ONCE)), strict=True))
