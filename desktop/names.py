"""Names of people and the years that go with them: which are valid, and which face of a photo has which name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from engine.boxes import SAME_PLACE, overlap, same_places
from engine.dating import FIRST_BIRTH, FIRST_YEAR, this_year

LONGEST_NAME = 80
"""Characters of a person's name."""

LAST_KEPT = 9999
"""The last year that is understood in what was kept. The clock is not asked: it may have been set back since."""

SAME_SHAPE = 0.01
"""Largest relative difference between the proportions of two sizes of one picture."""

SAME_PICTURE = 0.9
"""Least overlap of a face's boxes by which the picture in a changed file counts as the same.

A lost name is missed and typed again; one on the wrong person is believed. In one picture, saved anew, brightened or in
another size, nearly all boxes overlap by more. In others they mostly do by less, even in portraits of one studio.
"""

HIDDEN = re.compile("[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters, line breaks, lone surrogates, and marks that change a text's reading direction."""


class NamedPlace(NamedTuple):
    """Somebody's name, and the box of the face that was given it."""

    box: tuple[float, ...]
    name: str


def places_on(faces: Sequence[Mapping[str, Any]], names: Sequence[NamedPlace]) -> dict[int, NamedPlace]:
    """The names of a report's faces, by the place of the face in it.

    A name goes to one face at most: if it was also given to a face that was removed, and has come back, to the latest.
    """
    found = same_places([face["box"] for face in faces], [one.box for one in names])
    latest = {names[number].name: place for place, number in sorted(found.items(), key=itemgetter(1))}
    return {place: names[found[place]] for place in latest.values()}


def outlasting(names: Sequence[NamedPlace], faces: Sequence[Mapping[str, Any]]) -> tuple[NamedPlace, ...]:
    """The names that stay in a photo whose file has changed: those of faces that are still exactly where they were.

    Args:
        names: as they were, see `resized`.
        faces: of the new report.
    """
    found = same_places([face["box"] for face in faces], [one.box for one in names], SAME_PICTURE)
    return tuple(names[number] for number in sorted(found.values()))


def shows_same_faces(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool | None:
    """Whether a face is where one was before, as in the same picture. None where both have no faces: nothing is known.

    Args:
        before, after: records of a photo's file, or of two files.
    """
    places = tuple(NamedPlace(tuple(face["box"]), "") for face in before["faces"])
    if not places and not after["faces"]:
        return None
    fitting = resized(places, (before["width"], before["height"]), (after["width"], after["height"]))
    return bool(outlasting(fitting, after["faces"]))


def joined(names: tuple[NamedPlace, ...], earlier: Sequence[NamedPlace]) -> tuple[NamedPlace, ...]:
    """A photo's names with earlier ones that it lacks: of other people, on other faces."""
    called = {one.name for one in names}
    lacking = (one for one in earlier if one.name not in called)
    return (*names, *(one for one in lacking if all(overlap(one.box, other.box) < SAME_PLACE for other in names)))


def renamed_in(names: tuple[NamedPlace, ...], name: str, to: str) -> tuple[NamedPlace, ...]:
    """The names with another one for that person."""
    return tuple(one._replace(name=to) if one.name == name else one for one in names)


def resized(names: tuple[NamedPlace, ...], before: tuple[int, int], after: tuple[int, int]) -> tuple[NamedPlace, ...]:
    """Names moved to fit a photo whose file now has the same picture in another size; unchanged for another picture.

    Args:
        names: as they were.
        before: width and height of the photo then, 0 where unknown.
        after: the same now.
    """
    if before == after or 0 in (*before, *after):
        return names
    across, down = after[0] / before[0], after[1] / before[1]
    if abs(across / down - 1) > SAME_SHAPE:
        return names
    scale = (across, down, across, down)
    return tuple(
        NamedPlace(tuple(value * by for value, by in zip(one.box, scale, strict=True)), one.name) for one in names
    )


def tidy_name(text: str) -> str:
    """A person's name as it is kept: one line, single spaces, nothing invisible; empty when nothing visible is left."""
    spaced = (" " if character.isspace() else character for character in text)
    seen = HIDDEN.sub("", "".join(spaced))
    return " ".join(seen.split()) if any(unicodedata.category(one)[0] in "LNPS" for one in seen) else ""


def is_name(value: object) -> bool:
    """Whether this can be a person's name, as `tidy_name` makes them."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and tidy_name(value) == value


def is_birth_year(value: object, latest: int | None = None) -> bool:
    """Whether somebody in a photo can have been born in that year, by default until this year."""
    return type(value) is int and FIRST_BIRTH <= value <= (this_year() if latest is None else latest)


def is_photo_year(value: object, latest: int | None = None) -> bool:
    """Whether a photo can have been taken in that year, by default until this year."""
    return type(value) is int and FIRST_YEAR <= value <= (this_year() if latest is None else latest)


def limits() -> dict[str, int]:
    """The contract's `Limits`."""
    return {"name": LONGEST_NAME, "first_birth": FIRST_BIRTH, "first_year": FIRST_YEAR, "last_year": this_year()}
