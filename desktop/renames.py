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


def renamed(photos: Collection[Seen]) -> list[dict[str, str]]:
    """The new paths, by id, of photos whose files have exchanged their paths; each path still has one photo.

    A photo follows its file to a path of another photo that has changed, too, if the size and the exact time tell them
    without doubt: among all photos, only one had them, and only one has them now. One whose file is at none of these
    paths takes the one that becomes free when the others have moved; if it might be its own file that is there, all of
    them stay where they are.

    Returns:
        for each group that exchanged paths among themselves.
    """
    seen = {one.path: one for one in photos}
    changed = [one for one in photos if not is_same_stamp(one.before, one.now)]
    counts = Counter(one.before for one in photos), Counter(one.now for one in photos)
    at = {one.now: one.path for one in changed if one.now is not None}
    # By the path that a photo takes: the one that it leaves.
    left = {at[one.before]: one.path for one in changed if one.before in at and {n[one.before] for n in counts} == {1}}
    groups = []
    # First the paths whose own photos follow no file. What remains are circles, which come back to where they began.
    for first in sorted(left, key=set(left.values()).__contains__):
        group: dict[str, str] = {}
        path = first
        while path in left:
            taken, path = path, left.pop(path)
            group[seen[path].photo_id] = taken
        if path != first:
            group[seen[first].photo_id] = path
            if seen[first].before is not None and seen[first].before == seen[path].now:
                continue
        if group:
            groups.append(group)
    return groups
