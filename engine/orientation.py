"""Which way up a picture is, according to its file."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import ExifTags, Image

from engine.metadata import DAMAGED

_TAG = 0x0112

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(image: Image.Image, content: bytes) -> int | None:
    """The orientation 1..8 that is still to be undone, or None when there is no valid tag.

    An EXIF tag that says "upright" counts only next to an exposure time: cameras know how they were held, while
    scanning and editing software writes the tag without looking at the picture.

    In AVIF and HEIC files the container's turn counts as the tag. EXIF's tag is ignored there, as by every decoder of
    these formats: if the container has a turn, EXIF only repeats it. Pillow reports an AVIF's turn as if it were
    EXIF's; a HEIC's has already been applied by the decoder.
    """
    if image.format in ("AVIF", "HEIF"):
        if not has_turn(content):
            return None
        if image.format == "HEIF":
            return 1
    try:
        exif = image.getexif()
        value = exif.get(_TAG)
        counts = value != 1 or image.format == "AVIF" or ExifTags.Base.ExposureTime in exif.get_ifd(ExifTags.IFD.Exif)
    except DAMAGED:
        return None
    return value if counts and isinstance(value, int) and 1 <= value <= 8 else None


def upright(image: Image.Image, orientation: int | None) -> Image.Image:
    """The picture with its orientation undone."""
    method = _TRANSPOSE.get(orientation or 1)
    return image if method is None else image.transpose(method)


def has_turn(content: bytes) -> bool:
    """Whether an AVIF or HEIC file has a turn or a mirroring, the boxes `irot` and `imir`. A turn by 0 degrees counts.

    The boxes of all the file's pictures lie side by side (ISO/IEC 23008-12): usually one main picture and what belongs
    to it, turned alike.
    """
    meta = _box(content, b"meta")[4:]  # after its version and flags
    properties = _box(_box(meta, b"iprp"), b"ipco")
    return any(kind in (b"irot", b"imir") for kind, _ in _boxes(properties))


def _box(content: bytes, wanted: bytes) -> bytes:
    """What the first box of a kind holds, nothing if there is none."""
    return next((held for kind, held in _boxes(content) if kind == wanted), b"")


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that lie side by side in `content`, up to the first that is damaged: their kinds and what they hold."""
    start = 0
    while start + 8 <= len(content):
        length, head = int.from_bytes(content[start : start + 4], "big"), 8
        if length == 1:  # larger than 4 GB, or written as if it were
            length, head = int.from_bytes(content[start + 8 : start + 16], "big"), 16
        elif length == 0:  # to the end
            length = len(content) - start
        if length < head:
            return
        yield content[start + 4 : start + 8], content[start + head : start + length]
        start += length
