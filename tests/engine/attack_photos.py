"""Photos that attack: made afresh in each run, always with the same bytes."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from engine.image import FORMATS as READ

FORMATS = tuple(kind for kind in READ if kind != "HEIF")
"""Pillow's names of the formats that it writes. HEIC, which it only reads, is AVIF's container with another codec."""

ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "TIFF": "tif", "GIF": "gif", "AVIF": "avif"}


def picture(width: int = 96, height: int = 72) -> Image.Image:
    """A picture that compresses neither to nothing nor badly."""
    y, x = np.mgrid[:height, :width]
    values = np.stack([(x * 3 + y) % 256, (y * 5) % 256, (x * y // 7) % 256], axis=-1)
    return Image.fromarray(values.astype(np.uint8))


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    """A whole, harmless file."""
    buffer = BytesIO()
    (image or picture()).save(buffer, kind, **options)
    return buffer.getvalue()


def truncated() -> Iterator[tuple[str, bytes]]:
    """A file of each format, cut off at every 5 % of its length."""
    for kind in FORMATS:
        whole = encoded(kind)
        for percent in range(0, 100, 5):
            yield f"cut-{percent}.{ENDINGS[kind]}", whole[: len(whole) * percent // 100]


def flipped(each: int = 12) -> Iterator[tuple[str, bytes]]:
    """A file of each format with some bytes replaced, more of them near the beginning, where the structure is."""
    for kind in FORMATS:
        whole, chance = encoded(kind), random.Random(kind)
        for number in range(each):
            broken = bytearray(whole)
            for _ in range(chance.choice((1, 3, 20))):
                place = int(chance.random() ** 3 * len(broken))
                broken[place] = chance.randrange(256)
            yield f"flip-{number}.{ENDINGS[kind]}", bytes(broken)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that claim, or hold, far more pixels than is good."""
    side = 60_000
    yield "bomb.png", _png(side, side, zlib.compress(b"\0" * 50_000_000, 9))
    yield "claim.png", _png(2**31 - 1, 2**31 - 1, b"")
    yield "bomb.gif", _gif(65_535, 65_535)
    yield "claim.webp", _webp(16_383 + 1, 16_383 + 1)
    yield "claim.bmp", _bmp(200_000, 200_000)
    yield "claim.tif", _tiff({256: side, 257: side, 259: 8, 273: 8, 279: 4})
    yield "claim.jpg", _resized_jpeg(65_500, 65_500)
    yield "claim.heic", _resized_heif(20_000, 20_000)


def shapes() -> Iterator[tuple[str, bytes]]:
    """Extreme, but whole: they hold no face, and no error either."""
    yield "tall.png", encoded("PNG", picture(1, 20_000))
    yield "wide.jpg", encoded("JPEG", picture(20_000, 1))
    yield "one.png", encoded("PNG", picture(1, 1))


def metadata() -> Iterator[tuple[str, bytes]]:
    """Whole pictures with metadata that lies or never ends: still readable."""
    yield "many-tags.png", encoded("PNG", exif=b"Exif\0\0" + _tiff(dict.fromkeys(range(1, 10_001), 1)))
    yield "cyclic-exif.jpg", _jpeg_with(0xE1, b"Exif\0\0" + _cyclic_exif())
    yield "long-exif.jpg", _jpeg_with(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 60_000)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "false-profile.jpg", encoded("JPEG", icc_profile=profile[:100] + b"\xff" * 3000)
    yield "long-profile.png", encoded("PNG", icc_profile=struct.pack(">I", 2**32 - 1) + profile[4:])
    yield "text.png", _png_with(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 30_000_000, 9))
    yield "xmp.jpg", _jpeg_with(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<!ENTITY a '&a;&a;'>" * 1000)


def foreign() -> Iterator[tuple[str, bytes]]:
    """Other files under a photo's name: `unsupported_format`."""
    yield "drawing.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "paper.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\n" * 20
    yield "page.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) run\n"
    yield "program.jpg", b"\x7fELF\x02\x01\x01" + bytes(200)
    yield "archive.jpg", b"PK\x03\x04" + bytes(200)
    yield "script.gif", b"#!/bin/sh\ntouch /tmp/agelens-was-here\n"
    yield "zeros.jpg", bytes(5000)


def polyglots() -> Iterator[tuple[str, bytes]]:
    """Whole pictures that are something else as well: the picture is what counts."""
    yield "picture-and-archive.png", encoded("PNG") + b"PK\x05\x06" + bytes(18)
    yield "picture-and-page.jpg", _jpeg_with(0xFE, b"<html><script>alert(1)</script></html>")
    yield "picture-under-another-name.gif", encoded("PNG")
    yield "picture-without-an-ending", encoded("JPEG")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _png_with(kind: bytes, content: bytes) -> bytes:
    whole = encoded("PNG")
    return whole[:33] + _chunk(kind, content) + whole[33:]


def _gif(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"


def _webp(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + bytes(16)
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body) + len(data) % 2) + body + bytes(len(data) % 2)


def _bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + header + bytes(900)


def _tiff(tags: dict[int, int]) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)


def _resized_jpeg(width: int, height: int) -> bytes:
    whole = encoded("JPEG")
    place = whole.index(b"\xff\xc0") + 5
    return whole[:place] + struct.pack(">HH", height, width) + whole[place + 4 :]


def _resized_heif(width: int, height: int) -> bytes:
    """An AVIF's `ispe` box holds the size; HEIC's is the same."""
    whole = encoded("AVIF")
    place = whole.index(b"ispe") + 8
    return whole[:place] + struct.pack(">II", width, height) + whole[place + 8 :]


def _jpeg_with(marker: int, content: bytes) -> bytes:
    whole = encoded("JPEG")
    content = content[:65_533]
    return whole[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + whole[2:]


def _cyclic_exif() -> bytes:
    """A directory that is its own next one, and its own EXIF directory."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8)


def large_png(width: int, height: int) -> bytes:
    """A white picture of two colors, whole: a few kilobytes for any number of pixels."""
    line = b"\0" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = [packer.compress(line) for _ in range(height)]
    return _png(width, height, b"".join(packed) + packer.flush())


def seeds() -> Iterator[tuple[str, bytes]]:
    """Small pictures of every format, and the odd ones: what a fuzzer starts from."""
    for kind in FORMATS:
        yield f"whole.{ENDINGS[kind]}", encoded(kind, picture(24, 18))
    for name, content in (*metadata(), *polyglots(), *foreign(), *bombs()):
        if len(content) < 5000:
            yield name, content
