"""The report: one HTML file with everything in it, made for printing, and in pieces so that it can be of any length.

It has no script and loads nothing: its own Content-Security-Policy allows only the pictures and the one style sheet
in it. File names and all other text are treated as hostile and escaped.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from desktop.names import HIDDEN
from desktop.records import CAUTION, Record, from_the_left, has_years, origin
from desktop.report_style import STYLE
from engine.age import LEVEL
from engine.dating import OLD_PRINTS
from engine.labels import place_labels
from engine.phrases import WARNING_TEXTS, cases, name_doubt, year_range
from engine.wording import Wording, whole

_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_DIGIT, _CAPITAL, _EDGE = 0.65, 0.72, 0.25
"""How wide and high the digits of an age are, and the dark edge around them, as parts of the font's size."""

CSP = f"default-src 'none'; img-src data:; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def beginning(photos: int, made: datetime, version: str, model: str, say: Wording) -> str:
    """Everything before the first photo.

    Args:
        photos: how many there will be.
        made: when the report is made.
        version: the app's.
        model: the age model's name and version.
        say: the reader's language.
    """
    title = text(say.counted(photos, "Ages in 1 photo", "Ages in {number} photos"))
    meant = say("The ranges are meant to hold {cases}.", cases=cases(LEVEL, say))
    return (
        f'<!doctype html>\n<html lang="{say.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{CSP}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n"
        f"<h1>{title}</h1>\n"
        f'<p class="quiet">{made:%Y-%m-%d %H:%M} · {text(origin(version, model, say))}</p>\n'
        f'<p class="caution">{text(say(CAUTION))}</p>\n<p class="quiet">{text(meant)}</p>\n</header>\n<main>\n'
    )


def photo_section(record: Record, thumbnail: bytes | None, crops: Sequence[bytes | None], say: Wording) -> str:
    """One photo.

    Args:
        record: the photo's record, see `desktop.people.People.record`.
        thumbnail: the upright photo as a small JPEG file, None when there is none.
        crops: JPEG files of the faces, in the record's order.
        say: the reader's language.
    """
    path = Path(record["path"])
    title = text(path.name)
    faces = from_the_left(record)
    taken: Record = record["taken"] if has_years(record) else {"year": None, "estimate": None}
    when = text(_when(taken, say))
    doubt = text(_doubt(taken, say))
    parts = [
        f'<article class="photo">\n<div>{_shot(record, title, thumbnail, say)}</div>\n<div>\n<h2>{title}</h2>\n',
        f'<p class="path quiet">{text(str(path.parent))}</p>\n',
        f'<p class="taken">{when}</p>\n' if when else "",
        f'<p class="quiet">{doubt}</p>\n' if doubt else "",
        '<ul class="faces">\n' if faces else "",
    ]
    for number, (place, face) in enumerate(faces, start=1):
        crop = crops[place] if place < len(crops) else None
        parts.append(_face(face, _which(number, len(faces), say), taken["year"], crop, say))
    parts.append("</ul>\n" if faces else f'<p class="error">{_without_faces(record, say)}</p>\n')
    return "".join([*parts, "</div>\n</article>\n"])


def ending(say: Wording) -> str:
    """Everything after the last photo."""
    note = text(say("Made with Agelens, which works offline: it has sent no photo anywhere."))
    return f'</main>\n<footer class="quiet"><p>{note}</p></footer>\n</body>\n</html>\n'


def text(value: str) -> str:
    """Text as markup, without characters that are invisible or change the reading direction."""
    return html.escape(HIDDEN.sub("\ufffd", value))


def _without_faces(record: Record, say: Wording) -> str:
    return text(say.finished("No face was found." if record["error"] is None else record["error"]["message"]))


def _shot(record: Record, title: str, thumbnail: bytes | None, say: Wording) -> str:
    """The photo with boxes and ages, as an SVG in pixels of the photo: no style attributes, and sharp in print."""
    if thumbnail is None:
        return f'<p class="none quiet">{text(say("There is no preview of this photo."))}</p>'
    width, height = record["width"], record["height"]
    unit = max(width, height) / 300
    parts = [
        f'<svg class="shot" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
        f'<image href="{_data(thumbnail)}" width="{width}" height="{height}" preserveAspectRatio="none"/>'
    ]
    boxes = [face["box"] for face in record["faces"]]
    for x, y, across, down in boxes:
        box = f'x="{x:.1f}" y="{y:.1f}" width="{across:.1f}" height="{down:.1f}"'
        parts.append(
            f'<rect class="edge" {box} stroke-width="{3 * unit:.1f}"/><rect {box} stroke-width="{1.5 * unit:.1f}"/>'
        )
    ages = [f"{whole(face['age']['mean'])}{'?' if face['warnings'] else ''}" for face in record["faces"]]
    # Smaller at small faces: the ages of a crowd would hide each other and the faces.
    sizes = [max(6 * unit, min(14 * unit, down / 2)) for *_, down in boxes]
    labels = [
        (size * (_DIGIT * len(age) + _EDGE), size * (_CAPITAL + _EDGE)) for age, size in zip(ages, sizes, strict=True)
    ]
    places = place_labels(boxes, labels, (width, height), 2 * unit)
    for age, size, label, (left, top) in zip(ages, sizes, labels, places, strict=True):
        edge = size * _EDGE
        middle, line = left + label[0] / 2, top + label[1] - edge / 2
        parts.append(
            f'<text x="{middle:.1f}" y="{line:.1f}" font-size="{size:.1f}" stroke-width="{edge:.1f}">{age}</text>'
        )
    return "".join([*parts, "</svg>"])


def _which(number: int, total: int, say: Wording) -> str:
    if total == 1:
        return say("Face")
    return say("Face {number} of {total} from the left", number=number, total=total)


def _when(taken: Record, say: Wording) -> str:
    year, estimate = taken["year"], taken["estimate"]
    sentences = [] if year is None else [say("Taken in {year}.", year=year)]
    if estimate is not None:
        about = _estimated(estimate, say)
        sentences.append(
            say("Taken about {year}, {range}." if year is None else "By apparent age about {year}, {range}.", **about)
        )
    return " ".join(sentences)


def _doubt(taken: Record, say: Wording) -> str:
    """Why the year of a photo may be off; empty when nothing speaks against it."""
    estimate = taken["estimate"]
    if estimate is None or (taken["year"] or whole(estimate["interval"][0])) >= OLD_PRINTS:
        return ""
    return say("On old prints the range holds less often, and the year tends to be too late.")


def _face(face: Record, which: str, taken: int | None, crop: bytes | None, say: Wording) -> str:
    """One face. `taken` is the year of the photo where it is known."""
    age, person, born = face["age"], face.get("person"), face.get("born")
    doubts = [say(WARNING_TEXTS[name]) for name in face["warnings"]]
    heading = ""
    if person is not None:
        heading = person["name"] + ("" if person["born"] is None else say(", born {year}", year=person["born"]))
        doubts.insert(0, name_doubt(person, taken, say))
    picture = "<div></div>" if crop is None else f'<img src="{_data(crop)}" alt="" width="72" height="72">'
    lines = [
        f"<h3>{text(heading)}</h3>" if heading else "",
        f'<p class="quiet">{text(which)}</p>',
        f'<p class="age">{whole(age["mean"])}</p>',
        f"<p>{year_range(age['interval'], say)}</p>",
        "" if born is None else f"<p>{text(say('Born about {year}, {range}.', **_estimated(born, say)))}</p>",
        *(f'<p class="warning">{text(one[0].upper() + one[1:])}.</p>' for one in doubts if one),
    ]
    return f'<li class="face">{picture}<div>{"".join(lines)}</div></li>\n'


def _estimated(estimate: Record, say: Wording) -> dict[str, object]:
    return {"year": whole(estimate["mean"]), "range": year_range(estimate["interval"], say)}


def _data(picture: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
