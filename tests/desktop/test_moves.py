"""desktop.moves"""

from __future__ import annotations

import pytest

from desktop.moves import Seen, renamed
from engine.paths import FileStamp

A, B, C, D = ((size, 1_700_000_000_123_456_789 + size) for size in (100, 200, 300, 400))


def seen(*stamps: tuple[FileStamp | None, FileStamp | None]) -> list[Seen]:
    """Photos p1, p2... at the paths 1, 2..., by what was recorded and what is there now."""
    return [Seen(f"p{number}", str(number), *both) for number, both in enumerate(stamps, 1)]


@pytest.mark.parametrize(
    ("stamps", "paths"),
    [
        ([(A, B), (B, A)], {"p1": "2", "p2": "1"}),
        # One scan was inserted in front: the last photo's file is at no path that is known.
        ([(A, D), (B, A), (C, B)], {"p1": "2", "p2": "3", "p3": "1"}),
        # The first was deleted, and the others moved up.
        ([(A, B), (B, C), (C, None)], {"p1": "3", "p2": "1", "p3": "2"}),
        # One was only edited.
        ([(A, B), (B, A), (C, D)], {"p1": "2", "p2": "1"}),
        # Two groups: who is left over stays within its own.
        ([(A, (1, 1)), (B, A), (C, (2, 2)), (D, C)], {"p1": "2", "p2": "1", "p3": "4", "p4": "3"}),
        # A copy has replaced another photo, and the photo itself is still there.
        ([(A, A), (B, A)], {}),
        # One is missing, and of the other nothing was known.
        ([(A, None), (None, B)], {}),
        # One follows its file, and the one that was there is missing.
        ([(None, A), (A, None)], {"p1": "2", "p2": "1"}),
        # One is as it was.
        ([(A, A), (B, C)], {}),
        # It cannot be told which of two it is.
        ([(A, B), (A, C), (B, A)], {}),
        ([(A, C), (A, A), (C, A)], {}),
        ([(A, B), (B, A), (C, C), (D, C), (C, D)], {"p1": "2", "p2": "1"}),
        ([(A, D), (B, A), (C, A)], {}),
        # Only one has exactly the other's time, and the other takes what is left.
        ([(A, B), (B, (A[0], A[1] + 5))], {"p2": "1", "p1": "2"}),
        # Nothing is known of them, or nothing is there any more.
        ([(A, None), (None, None), (B, None)], {}),
        ([(None, A), (None, B)], {}),
        ([], {}),
    ],
)
def test_photos_follow_their_files(
    stamps: list[tuple[FileStamp | None, FileStamp | None]], paths: dict[str, str]
) -> None:
    assert {photo_id: path for group in renamed(seen(*stamps)) for photo_id, path in group.items()} == paths


def test_each_group_of_photos_is_by_itself() -> None:
    groups = renamed(seen((A, B), (B, A), (C, (1, 1)), (D, C)))
    assert sorted(groups, key=min) == [{"p1": "2", "p2": "1"}, {"p4": "3", "p3": "4"}]
