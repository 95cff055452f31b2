"""Files -> upright RGB arrays, for a short list of formats and within limits.

Everything that a decoder may throw at us ends as an `ImageError` with one of the contract's codes and a sentence
that says what to do.
"""

from __future__ import annotations

import math
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from engine.dating import FIRST_YEAR, this_year
from engine.jpeg import with_end
from engine.limits import Limits
from engine.metadata import DAMAGED, Metadata, read_metadata
from engine.orientation import orientation, upright
from engine.paths import RAW_EXTENSIONS, openable
from engine.pictures import in_srgb
from engine.report import ErrorCode
from engine.tiff import SIGNATURES, is_negative, is_whole, mend

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "HEIF")
"""Pillow's names of the formats that are read. Nothing else is ever tried.

A further one also needs: its extensions in engine/paths.py; its signature in `_looks_supported`; who undoes its
orientation, in `engine.orientation.orientation` and `_decode`; its name in the sentence in `_decode`; and its type in
packaging/linux/agelens.desktop and packaging/macos/info_plist.py.
"""

_AT_LEAST = 1_000_000
"""Bytes that are read of a file whatever its size is said to be: it may be growing, or on a disk that does not know."""

_EXIF_DIRECTORY_TAG = 0x8769
_DATE_TIME_ORIGINAL_TAG = 0x9003
_BITS_TAG = 258
_SAMPLE_FORMAT_TAG = 339
_UNSIGNED = (1,)

_SCANNERS_BITS = 12
"""Bits of the gray values in some TIFF files, which Pillow returns unscaled in 16 bits."""

_LITTLE_MORE = 2.0
"""The highest that floating-point values meant to be 0 to 1 get, where sharpening or a fit went a little above."""

_DATALESS = 0x40000000
"""macOS' SF_DATALESS in `st_flags`: the file's content is elsewhere, as in iCloud. Reading waits until it has come."""

_IN_USE = {32, 33}
"""What Windows calls ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION; for Python they are of missing permission."""

_ONE_AT_A_TIME = threading.Lock()


def _is_heic(start: bytes) -> bool:
    kind = pillow_heif.get_file_mimetype(start) if start[4:8] == b"ftyp" else ""
    return kind.startswith(("image/heic", "image/heif"))


# Not with register_heif_opener, which asks the encoder for its name: the bundle has none.
Image.register_open(pillow_heif.HeifImageFile.format, pillow_heif.HeifImageFile, _is_heic)


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded photo.

    `pixels` has shape (height, width, 3), uint8, RGB, turned upright as its orientation tag says. `has_orientation`
    tells whether there was such a tag. `year_taken` is the year of EXIF's DateTimeOriginal, None if there is none: for
    a camera's photo the year in which it was taken, but for a scanned print often that of the scan. `metadata` are the
    file's, unchanged.
    """

    pixels: NDArray[np.uint8]
    has_orientation: bool
    year_taken: int | None = None
    metadata: Metadata = field(default_factory=Metadata)


class ImageError(Exception):
    """A photo that cannot be read: `code` as in the contract, and a sentence for people as the text."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


def load_photo(path: str | os.PathLike[str], limits: Limits | None = None) -> Photo:
    """Read a photo.

    Transparent parts become white; animations give their first frame; 16-bit, floating-point, CMYK, palette and
    grayscale pictures become 8-bit RGB. A color profile is applied if it is for gray or for CMYK.

    Args:
        path: a JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC/HEIF file.
        limits: size limits, by default `Limits()`.

    Raises:
        ImageError: the file is missing, unreadable, too large, of another format, or damaged.
    """
    limits = limits or Limits()
    content = _read(path, limits)
    if Path(os.fsdecode(path)).suffix.lower() in RAW_EXTENSIONS:
        raise ImageError("unsupported_format", "Agelens does not read raw files of cameras. Export the photo as JPEG.")
    return decode_photo(content, limits)


def _let_pass(pixels: int) -> None:
    """Raise Pillow's own bound, so that `limits` decides; Pillow refuses twice that bound. Global, so never lowered."""
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, pixels)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Decode quietly: `limits` catches bombs, and what else Pillow warns about (odd metadata) does not affect pixels.

    Python changes warnings for the whole process and then restores what it found. Of two threads in here at once, the
    last to leave would restore the other's silence, so each photo waits for its turn.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings(action="ignore"):
        yield


@_without_warnings()
def decode_photo(content: bytes, limits: Limits) -> Photo:
    """The photo in a file's content, as `load_photo` reads it.

    Raises:
        ImageError: the content is too large, of another format, or damaged.
    """
    _let_pass(limits.pixels)
    try:
        return _decode(content, limits)
    except ImageError as error:
        whole = with_end(content) if error.code == "corrupt" else None
        if whole is None:
            raise
        return _decode(whole, limits)


def _decode(content: bytes, limits: Limits) -> Photo:
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image, limits)  # of the first frame, where files are opened, or a HEIC's primary picture
            if isinstance(image, TiffImageFile) and not mend(image):
                raise _strange_tiff()
            tag = orientation(image, content)
            year_taken = _year_taken(image)
            image.load()
            if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
                image.putalpha(255)  # many programs leave these bytes unused
            # The orientation is read again: Pillow turns TIFF files while loading them, and then the tag is gone.
            tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
            pixels = _to_rgb(upright(image, orientation(image, content)), tags, is_negative(image))
            turned = tag not in (None, 1) or (tag == 1 and image.format == "HEIF")
            return Photo(pixels, tag is not None, year_taken, read_metadata(image, turned))
    except ImageError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise ImageError("too_large", "The photo is too large to open on this computer.") from error
    except UnidentifiedImageError as error:
        if content.startswith(SIGNATURES) and is_whole(content):
            raise _strange_tiff() from error
        if _looks_supported(content):
            raise _damaged() from error
        raise ImageError(
            "unsupported_format",
            "This is not a photo that Agelens can read. It reads JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF and HEIC.",
        ) from error
    except Exception as error:
        # Decoders answer damaged data with every kind of exception (OSError, ValueError, SyntaxError, struct.error,
        # IndexError, EOFError, ZeroDivisionError, RuntimeError ...); to the user they all mean the same.
        raise _damaged() from error


def _read(path: str | os.PathLike[str], limits: Limits) -> bytes:
    """The file's content, without ever blocking on something that is not a regular file."""
    name = openable(path)
    flags = 0
    if not name:  # Path would take it for the current folder
        raise ImageError("unreadable", "The name of the photo's file is empty.")
    try:
        status = Path(name).stat()
        flags = getattr(status, "st_flags", 0)  # macOS only
        if stat.S_ISDIR(status.st_mode):
            raise ImageError("unreadable", "This is a folder, not a photo.")
        if not stat.S_ISREG(status.st_mode):
            raise ImageError("unreadable", "This is not an ordinary file.")
        if status.st_size > limits.file_bytes:
            raise _too_heavy(limits)
        with Path(name).open("rb") as file:
            # No more than that at once: memory for all that is asked for is taken before the first byte.
            content = file.read(min(limits.file_bytes, max(status.st_size, _AT_LEAST)) + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImageError("not_found", "The file is not there. It may have been moved, renamed or deleted.") from error
    except PermissionError as error:
        if getattr(error, "winerror", None) in _IN_USE:
            raise ImageError(
                "unreadable", "Another program is using this file. Close it there, then try again."
            ) from error
        raise ImageError("unreadable", "You do not have permission to read this file.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        if flags & _DATALESS:
            raise ImageError(
                "unreadable", "The photo is in iCloud and not on this computer. Download it in the Finder first."
            ) from error
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ImageError("unreadable", f"The file cannot be read: {reason}.") from error
    if len(content) > limits.file_bytes:  # it grew after stat()
        raise _too_heavy(limits)
    if not content:
        raise ImageError("corrupt", "The file is empty.")
    return content


def _too_heavy(limits: Limits) -> ImageError:
    return ImageError("too_large", f"The file is larger than {limits.file_bytes / 1e6:g} MB.")


def _damaged() -> ImageError:
    return ImageError("corrupt", "The file is damaged or incomplete and cannot be opened.")


def _strange_tiff() -> ImageError:
    return ImageError(
        "unsupported_format",
        "Agelens cannot read TIFF files of this kind. Save the photo as PNG or JPEG, and add that.",
    )


def _check_size(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.pixels:
        # Rounded in opposite directions, since they might otherwise look equal.
        size, most = math.ceil(width * height / 1e5) / 10, math.floor(limits.pixels / 1e5) / 10
        raise ImageError(
            "too_large", f"The photo has {size:,.15g} million pixels. At most {most:,.15g} million are read."
        )


def _year_taken(image: Image.Image) -> int | None:
    """Year of EXIF's DateTimeOriginal ("1974:08:21 12:00:00"), None if there is no possible one."""
    try:
        value = image.getexif().get_ifd(_EXIF_DIRECTORY_TAG).get(_DATE_TIME_ORIGINAL_TAG)
    except DAMAGED:
        return None
    found = re.match(r"\s*(\d{4})[:/-]", value, re.ASCII) if isinstance(value, str) else None
    year = int(found[1]) if found else 0
    return year if FIRST_YEAR <= year <= this_year() else None


def _to_rgb(image: Image.Image, tags: Mapping[int, Any], negative: bool) -> NDArray[np.uint8]:
    """Pixels, shape (height, width, 3).

    Args:
        image: upright.
        tags: of a TIFF file, empty for others.
        negative: white is 0.
    """
    profile = image.info.get("icc_profile")
    profiled = profile[16:20] if isinstance(profile, bytes) else b""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _to_eight_bits(image, tags)
    if negative:
        image = ImageOps.invert(image)
    grey = image.mode in ("L", "LA", "La")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(ground, layer)
    # A profile for other pixels than RGB can neither be kept with these nor be applied to them later. It acts on bytes.
    if grey and profiled == b"GRAY":
        image = in_srgb(image.convert("L"), profile)
    elif image.mode == "CMYK" and profiled == b"CMYK":
        image = in_srgb(image, profile)
    return np.array(image.convert("RGB"))


def _to_eight_bits(image: Image.Image, tags: Mapping[int, Any]) -> Image.Image:
    """Gray values of more than 8 bits, mapped to 0..255 by the range that their type and content suggest."""
    samples = np.asarray(image)
    if image.mode == "I" and tags.get(_SAMPLE_FORMAT_TAG, _UNSIGNED) == _UNSIGNED:
        samples = samples.view(np.uint32)  # Pillow has no mode for these
    values = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    if tags.get(_BITS_TAG) == (_SCANNERS_BITS,):
        ceiling = 2.0**_SCANNERS_BITS - 1
    elif image.mode.startswith("I;16") or 255 < top <= 65535:
        ceiling = 65535.0
    elif image.mode == "F" and top <= _LITTLE_MORE:
        ceiling = 1.0
    else:
        ceiling = max(255.0, top)
    grey = (np.clip(values / ceiling, 0, 1) * 255).round().astype(np.uint8)
    if isinstance(clear := image.info.get("transparency"), int):  # the gray value that a PNG file shows as transparent
        grey[values == clear] = 255
    return Image.fromarray(grey)


def _looks_supported(content: bytes) -> bool:
    """Whether the first bytes are the signature of a format on the list (the file is damaged, not foreign)."""
    brand = content[8:12]
    return (
        content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", *SIGNATURES))
        or (content.startswith(b"BM") and content[6:10] == bytes(4))
        or (content.startswith(b"RIFF") and brand == b"WEBP")
        or (content[4:8] == b"ftyp" and brand in (b"avif", b"avis"))
        or _is_heic(content[:12])
    )
