"""What a photo's file says besides the picture: camera, date and place (EXIF), colors (ICC), notes (XMP, IPTC)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image

DAMAGED = (
    *(OSError, ValueError, SyntaxError, struct.error, KeyError, IndexError, TypeError),
    *(AttributeError, OverflowError),  # on writing, for a number where the standard has a text
)
"""What Pillow raises on damaged metadata, which does not make the picture unreadable."""

_MOST_BYTES = 65_500
"""The most that a JPEG file can hold of EXIF, and of each other kind except the profile."""

_MOST_ICC = 10_000_000

_LEAST_DPI = 10
"""Below this it is no resolution of a photo: for a TIFF file without one, Pillow returns 1."""

_MAKER_NOTE = 0x927C

_SUBJECT = (0x9214, 0xA214)
"""SubjectArea and SubjectLocation: places in the picture before it was turned."""

_STRUCTURE = frozenset(
    map(
        int,
        "254 255 256 257 258 259 262 266 273 277 278 279 284 288 289 290 291 317 320 322 323 324 325 330 338 339 340 "
        "341 347 512 513 514 519 520 521 529 530 531 532 700 33723 34377 34675".split(),
    )
)
"""Tags that tell how a TIFF file stores its pixels, or hold other metadata: in another file they would be wrong."""

_IPTC = 0x0404
"""The Photoshop resource in which JPEG files keep captions and keywords."""


def _attribute(names: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\s(?:" + names + rb")=(?:\"[^\"]*\"|'[^']*')")


def _element(names: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<(" + names + rb")(?:\s[^<>]*)?(?<!/)>.*?</\1>", re.DOTALL)


_XMP_CHANGES = (
    (re.compile(rb"(tiff:Orientation(?:=[\"']|>))[0-9]"), rb"\g<1>1"),
    # Viewers would look for a video or a gain map behind the picture, and the copy has neither.
    (re.compile(rb"(Camera:(?:MotionPhoto|MicroVideo)(?:=[\"']|>))[0-9]"), rb"\g<1>0"),
    (_attribute(rb"hdrgm:Version"), b""),
    (_element(rb"hdrgm:Version"), b""),
    # Sizes of the picture before it was turned, and small pictures without what has been drawn.
    (_attribute(rb"tiff:Image(?:Width|Length)|exif:Pixel[XY]Dimension"), b""),
    (_element(rb"tiff:Image(?:Width|Length)|exif:Pixel[XY]Dimension|x[am]p:Thumbnails"), b""),
)

_XMP_PLACES = _element(rb"exif:Subject(?:Area|Location)|mwg-rs:Regions|MP:RegionInfo")
"""Places of faces, with their names, and of the subject, in the picture before it was turned."""


@dataclass(frozen=True, eq=False)
class Metadata:
    """As in the file, None where there are none: `exif`, the `icc` profile and `xmp`; `dpi` across and down.

    `iptc` has captions and keywords, `comment` the plain-text comment of a JPEG or GIF file. `turned` says whether the
    file, or its orientation tag, turns the picture.
    """

    exif: Image.Exif | None = None
    icc: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    turned: bool = False


def read_metadata(image: Image.Image, turned: bool) -> Metadata:
    """The metadata of a picture that has been opened, `turned` as in `Metadata`. What is damaged counts as missing."""
    try:
        exif = image.getexif()
    except DAMAGED:
        exif = None
    info = image.info
    photoshop = info.get("photoshop")
    return Metadata(
        exif or None,
        _bytes(info.get("icc_profile")),
        _bytes(info.get("xmp")),
        _dpi(info.get("dpi")),
        # In a PNG file this may be a text of that name.
        _bytes(photoshop.get(_IPTC)) if isinstance(photoshop, dict) else None,
        _bytes(info.get("comment")),
        turned,
    )


def jpeg_options(metadata: Metadata, size: tuple[int, int], turned: bool) -> dict[str, Any]:
    """Metadata as Pillow's options for saving a JPEG file of an upright RGB picture.

    Everything in the original stays, except what would now be wrong: the orientation, the size, the places of faces and
    of the subject if the picture was turned, a thumbnail without what has been drawn, a video or gain map that is no
    longer there, and a profile for colors other than RGB. What no JPEG file can hold is left out.

    Args:
        metadata: of the original.
        size: width and height of the picture to save.
        turned: it was turned further than the file says.
    """
    turned = turned or metadata.turned
    options = {
        "exif": _exif(metadata.exif, size, turned),
        "icc_profile": rgb_profile(metadata),
        "xmp": _xmp(metadata.xmp, turned),
        "dpi": metadata.dpi,
        "extra": _iptc_segment(metadata.iptc),
        "comment": _within(metadata.comment),
    }
    return {name: value for name, value in options.items() if value is not None}


def _exif(original: Image.Exif | None, size: tuple[int, int], turned: bool) -> bytes | None:
    if original is None:
        return None
    try:
        exif = Image.Exif()
        exif.endian = original.endian
        exif.update({tag: value for tag, value in original.items() if tag not in _STRUCTURE})
        directories = {tag: dict(original.get_ifd(tag)) for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)}
        details = directories[ExifTags.IFD.Exif]
        if ExifTags.IFD.Interop in details:
            details[ExifTags.IFD.Interop] = dict(original.get_ifd(ExifTags.IFD.Interop))
        for tag, length in zip((ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight), size, strict=True):
            if tag in details:
                details[tag] = length
        for place in _SUBJECT if turned else ():
            details.pop(place, None)
        exif.update({tag: directory for tag, directory in directories.items() if directory})
        exif[ExifTags.Base.Orientation] = 1
        encoded = exif.tobytes()
        if len(encoded) > _MOST_BYTES and details.pop(_MAKER_NOTE, None) is not None:  # the camera maker's, often large
            encoded = exif.tobytes()
    except DAMAGED:
        return None
    return encoded if len(encoded) <= _MOST_BYTES else None


def rgb_profile(metadata: Metadata) -> bytes | None:
    """The profile, if it is for RGB; one of another kind says nothing about the RGB made from the picture."""
    icc = metadata.icc
    return icc if icc is not None and len(icc) <= _MOST_ICC and icc[16:20] == b"RGB " else None


def _xmp(original: bytes | None, turned: bool) -> bytes | None:
    xmp = _within(original)
    if xmp is None:
        return None
    for wrong, right in _XMP_CHANGES:
        xmp = wrong.sub(right, xmp)
    return _XMP_PLACES.sub(b"", xmp) if turned else xmp


def _iptc_segment(iptc: bytes | None) -> bytes | None:
    """An APP13 segment with only these captions and keywords: what else it may hold is about the original."""
    content = _within(iptc)
    if content is None:
        return None
    resource = b"8BIM" + struct.pack(">HHI", _IPTC, 0, len(content)) + content + bytes(len(content) % 2)
    segment = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment


def _within(value: bytes | None) -> bytes | None:
    return value if value is not None and len(value) <= _MOST_BYTES else None


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    return value if isinstance(value, bytes) and value else None


def _dpi(value: object) -> tuple[float, float] | None:
    try:
        across, down = (float(number) for number in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # Each on its own: a damaged file's may be no number, which `min` and `max` may overlook.
    return (across, down) if all(_LEAST_DPI <= one < 65_000 for one in (across, down)) else None
