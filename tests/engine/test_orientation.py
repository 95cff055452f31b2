"""Finding a file's turn among its boxes. Whole files are read in test_image.py."""

from __future__ import annotations

import struct

import pytest

from engine.orientation import has_turn


def box(kind: bytes, held: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(held)) + kind + held


def file(*properties: bytes) -> bytes:
    held = box(b"ipco", b"".join(properties))
    return box(b"ftyp", b"heic") + box(b"meta", bytes(4) + box(b"hdlr") + box(b"iprp", held)) + box(b"mdat", b"irot")


SIZE = box(b"ispe", bytes(12))


@pytest.mark.parametrize("turn", [box(b"irot", b"\1"), box(b"irot", b"\0"), box(b"imir", b"\1")])
def test_a_turn_is_found(turn: bytes) -> None:
    assert has_turn(file(SIZE, turn))


def test_what_looks_like_a_turn_elsewhere_is_none() -> None:
    assert not has_turn(file(SIZE))
    assert not has_turn(file(box(b"hvcC", box(b"irot", b"\1"))))
    assert not has_turn(box(b"irot", b"\1"))


def test_long_and_open_boxes() -> None:
    long = struct.pack(">I4sQ", 1, b"hvcC", 20) + bytes(4)
    last = struct.pack(">I4s", 0, b"irot") + b"\1"
    assert has_turn(file(long, last))


@pytest.mark.parametrize("length", [2, 7, 0xFFFFFFFF])
def test_a_damaged_box_ends_the_search(length: int) -> None:
    assert not has_turn(file(struct.pack(">I4s", length, b"ispe"), box(b"irot", b"\1")))


def test_no_beginning_of_a_file_is_trouble() -> None:
    whole = file(SIZE, box(b"irot", b"\1"))
    assert not any(has_turn(whole[:length]) for length in range(whole.index(b"irot")))
