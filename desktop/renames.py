"""Which photos' files have exchanged their paths, as when scans are numbered anew or two files are swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from engine.paths import FileStamp, is_same_stamp


class Seen(NamedTuple):
    """A photo's path, its file's stamp at the time of the report, and the stamp of the file that is there now."""

    photo_id: str
    path: str
    before: FileStamp | None
    now: FileStamp | None


def renamed(photos: Collection[Seen]) -> dict[str, str]:
    """The new paths, by id, of photos whose files have exchanged their paths; each path still has one photo.

    A photo follows its file to a path of another photo that has changed, too, if the size and the exact time tell them
    without doubt. One whose file is at none of these paths takes the one that becomes free when the others have moved.
    """
    changed = [one for one in photos if not is_same_stamp(one.before, one.now)]
    counts = Counter(one.before for one in changed), Counter(one.now for one in changed)
    at = {one.now: one.path for one in changed if one.now is not None}
    moves = {one: at[one.before] for one in changed if one.before in at and {n[one.before] for n in counts} == {1}}
    paths = {one.photo_id: path for one, path in moves.items()}
    left = {path: one.path for one, path in moves.items()}  # by the path that a photo takes: the one that it leaves
    for one in changed:
        if one not in moves and one.path in left:
            free = one.path
            while free in left:
                free = left[free]
            paths[one.photo_id] = free
    return paths
