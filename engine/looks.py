"""Looks at many files: several at once, as on a network drive each look waits for the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_AT_ONCE = 16

_Item = TypeVar("_Item")
_Seen = TypeVar("_Seen")


def look_at(items: Iterable[_Item], look: Callable[[_Item], _Seen]) -> list[_Seen]:
    """What `look` returns for each item, in their order."""
    items = list(items)
    if len(items) < 2:
        return [look(item) for item in items]
    with ThreadPoolExecutor(min(_AT_ONCE, len(items)), thread_name_prefix="look") as pool:
        return list(pool.map(look, items))
