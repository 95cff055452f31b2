"""Writes frozen TensorFlow graphs by the rules of protocol buffers, independently of the code that reads them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def number(value: int) -> bytes:
    """A variable-width number."""
    found = bytearray()
    while value > 127:
        found.append(value % 128 + 128)
        value //= 128
    return bytes([*found, value])


def field(place: int, content: bytes | int) -> bytes:
    """A field that holds a number, or bytes of any length."""
    if isinstance(content, int):
        return number(place * 8) + number(content)
    return number(place * 8 + 2) + number(len(content)) + content


def tensor(kind: int, shape: tuple[int, ...], values: bytes) -> bytes:
    """An attribute with an array in it."""
    sizes = b"".join(field(2, field(1, size)) for size in shape)
    return field(8, field(1, kind) + field(2, sizes) + values)


def node(name: str, kind: str, attribute: bytes = b"", **attributes: bytes) -> bytes:
    """A node of the graph; `attribute` is the one called `value`."""
    given = {**attributes, **({"value": attribute} if attribute else {})}
    entries = b"".join(field(5, field(1, key.encode()) + field(2, value)) for key, value in given.items())
    return field(1, field(1, name.encode()) + field(2, kind.encode()) + field(3, b"another") + entries)


def frozen(arrays: Mapping[str, NDArray[np.float32]]) -> bytes:
    """A graph with these constants, and with nodes that are not constants."""
    parts = [node("input", "Placeholder", dtype=field(6, 1))]
    for name, array in arrays.items():
        parts.append(node(name, "Const", tensor(1, array.shape, field(4, array.tobytes())), dtype=field(6, 1)))
        parts.append(node(f"{name}/read", "Identity"))
    return b"".join(parts)
