"""Arrays from a frozen TensorFlow graph, without TensorFlow, which would be 600 MB for one file that is read once.

A graph is a protocol buffer (tensorflow/core/framework/graph.proto and what it names). Only nodes that hold an array
are read: those of the kind `Const` with 32-bit floats.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_FLOAT = 1
"""TensorFlow's type number for 32-bit floats."""

# Field numbers, as in the .proto files.
_GRAPH_NODE = 1
_NODE_NAME, _NODE_KIND, _NODE_ATTRIBUTE = 1, 2, 5
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_ATTRIBUTE_TENSOR = 8
_TENSOR_TYPE, _TENSOR_SHAPE, _TENSOR_CONTENT, _TENSOR_FLOATS = 1, 2, 4, 5
_SHAPE_DIMENSION = 2
_DIMENSION_SIZE = 1


def constants(graph: bytes) -> dict[str, NDArray[np.float32]]:
    """Name of each constant of 32-bit floats -> its array.

    Raises:
        ValueError: this is not a graph.
    """
    found = {}
    for number, node in _fields(memoryview(graph)):
        if number != _GRAPH_NODE:
            continue
        name, kind, value = "", "", None
        for field, content in _fields(_bytes(node)):
            if field == _NODE_NAME:
                name = str(_bytes(content), "utf-8")
            elif field == _NODE_KIND:
                kind = str(_bytes(content), "utf-8")
            elif field == _NODE_ATTRIBUTE:
                entry = dict(_fields(_bytes(content)))
                if str(_bytes(entry.get(_ENTRY_KEY, memoryview(b""))), "utf-8") == "value":
                    value = _bytes(entry[_ENTRY_VALUE])
        array = _array(value) if kind == "Const" and value is not None else None
        if array is not None:
            found[name] = array
    if not found:
        raise ValueError("no graph of TensorFlow with arrays in it")
    return found


def _array(attribute: memoryview) -> NDArray[np.float32] | None:
    """A tensor's array; None if it is not of 32-bit floats."""
    kind = 0
    shape: list[int] = []
    content = b""
    for number, tensor in _fields(attribute):
        if number != _ATTRIBUTE_TENSOR:
            continue
        for field, value in _fields(_bytes(tensor)):
            if field == _TENSOR_TYPE and isinstance(value, int):
                kind = value
            elif field == _TENSOR_SHAPE:
                shape = [
                    int(dict(_fields(_bytes(size))).get(_DIMENSION_SIZE, 0))
                    for part, size in _fields(_bytes(value))
                    if part == _SHAPE_DIMENSION
                ]
            elif field in (_TENSOR_CONTENT, _TENSOR_FLOATS):
                content += bytes(_bytes(value))
    if kind != _FLOAT:
        return None
    values = np.frombuffer(content, np.float32)
    # An array of equal numbers is stored as a single one.
    return values.reshape(shape) if len(values) == math.prod(shape) else np.full(shape, values.item(), np.float32)


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a part should be")
    return value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and content of each field, in the order of the file; fixed-width numbers are given as their bytes.

    Raises:
        ValueError: this is not a message, or it ends too soon.
    """
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _number(message, place)
            yield key >> 3, value
            continue
        if kind == 2:
            size, place = _number(message, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of the unknown kind {kind}")
        if place + size > len(message):
            raise ValueError("it ends too soon")
        yield key >> 3, message[place : place + size]
        place += size


def _number(message: memoryview, place: int) -> tuple[int, int]:
    """A variable-width number, seven bits a byte, and where the next item begins."""
    value = shift = 0
    while True:
        if place >= len(message):
            raise ValueError("it ends too soon")
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
