"""Looks at many files: several at once, as on a network drive each look waits for the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TypeVar

_AT_ONCE = 16

_Item = TypeVar("_Item")
_Seen = TypeVar("_Seen")


def look_at(items: Iterable[_Item], look: Callable[[_Item], _Seen]) -> list[_Seen]:
    """What `look` returns for each item, in their order."""
    items = list(items)
    if len(items) < 2:
        return [look(item) for item in items]
    share = math.ceil(len(items) / _AT_ONCE)  # a thread's: on a fast disk, handing over single items takes the longest
    shares = [items[start : start + share] for start in range(0, len(items), share)]
    with ThreadPoolExecutor(len(shares), thread_name_prefix="look") as pool:
        return list(chain.from_iterable(pool.map(lambda some: [look(item) for item in some], shares)))
