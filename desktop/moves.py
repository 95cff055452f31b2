"""Which photo's file is which: files that were moved or renamed, and files that have exchanged their paths, as when
scans are numbered anew or two are swapped."""

from __future__ import annotations

import ntpath
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from desktop.photo import Photo, State
from engine.paths import FileStamp, is_same_stamp

Traits = tuple[str, int]
"""What a moved file keeps: its name, whatever its spelling, and its size."""

Left = dict[Traits | FileStamp, list[Photo]]
"""Photos whose files are gone, by what they share with new files: the traits of one, or the exact stamp of only one."""


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


def is_movable(photo: Photo) -> bool:
    """Whether no first analysis of it has begun: the result of any other can be dropped."""
    return photo.state != "working" or photo.was_read


def without_analysis(photo: Photo) -> Photo:
    """A photo that gets another path: an analysis that has begun is of the file before."""
    state: State = photo.state if photo.report is None else "done"  # which drops the result
    return replace(photo, state=state, pictures=None)  # new addresses make the page ask for what it could not get


def own_stamp(photo: Photo) -> FileStamp | None:
    """The stamp by which a photo follows its file; None if nothing is known of it yet that could follow."""
    return photo.stamp if photo.report is not None or photo.has_entries else None


def is_as_seen(photo: Photo, seen: Seen) -> bool:
    """Whether it is still what was seen, and can be given another path."""
    return (photo.path, own_stamp(photo)) == (seen.path, seen.before) and is_movable(photo)


def traits_of(file: str, stamp: FileStamp) -> Traits:
    """Also of a path of another system: an album may have been copied from there, with the photos."""
    name = ntpath.basename(file)  # knows the separators of all systems
    return unicodedata.normalize("NFC", name).casefold(), stamp[0]


def keys_of(photo: Photo) -> tuple[Traits | FileStamp, ...]:
    """What a photo is found by in a `Left`."""
    return () if photo.stamp is None else (traits_of(photo.file, photo.stamp), photo.stamp)


def take(left: Left, key: str, stamp: FileStamp) -> Photo | None:
    """Take the photo that has become this file out of those `left`; None if there is none, or it cannot be told."""
    of_this_name = left.get(traits_of(key, stamp), [])
    found = next((one for one in of_this_name if is_same_stamp(one.stamp, stamp)), None)
    if found is None and len(of_this_stamp := left.get(stamp, [])) == 1:
        found = of_this_stamp[0]
    if found is not None:
        for own in left.keys() & set(keys_of(found)):
            left[own].remove(found)
    return found
