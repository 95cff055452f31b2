"""The TIFF files that Pillow reads wrongly, or not at all although they are intact."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from PIL import Image, TiffImagePlugin

from engine.metadata import DAMAGED

_BIGTIFF, _BIGTIFF_BIG_ENDIAN = b"II+\0", b"MM\0+"
SIGNATURES = (b"II*\0", b"MM\0*", _BIGTIFF, _BIGTIFF_BIG_ENDIAN)
"""What a TIFF file begins with, and a BigTIFF file, whose offsets have 64 bits."""

_SUBFILE_TYPE = 254
_REDUCED = 1
"""The bit of it that says: a smaller version of another picture in the file. Camera raw files begin with one."""

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 262, 266
_STRIPS, _TILES, _PLANAR = 273, 324, 284

_NATIVE = {
    "I;16S": "I;16NS",
    "I;16BS": "I;16NS",
    "I;32S": "I;32NS",
    "I;32BS": "I;32NS",
    "F;32F": "F;32NF",
    "F;32BF": "F;32NF",
}
"""Pillow's names of sample formats, and of the same formats in the computer's byte order."""


def mend(image: TiffImagePlugin.TiffImageFile) -> bool:
    """Correct how a TIFF file's pixels are about to be unpacked.

    Args:
        image: opened, but not loaded.

    Returns:
        False if it cannot be corrected: the pixels would be wrong, or not the photo's but those of its thumbnail.
    """
    tags = image.tag_v2
    kind = tags.get(_SUBFILE_TYPE)
    if isinstance(kind, int) and kind & _REDUCED:
        return False
    if any(tile.codec_name == "libtiff" for tile in image.tile):
        # libtiff returns samples in the computer's byte order, which Pillow takes into account for unsigned ones only.
        _unpack(image, lambda samples: _NATIVE.get(samples, samples))
    elif tags.get(_PLANAR, 1) == 2:
        # Pillow keeps only the first letter of the sample format, which means 8 bits each.
        if tags.get(_FILL_ORDER, 1) != 1 or tags.get(_PHOTOMETRIC, 0) == 0:
            return False
        bits = set(tags.get(_BITS, (1,)))
        if bits != {16} or image.mode not in ("RGB", "RGBA"):
            return bits == {8} or image.mode == "1"
        order = "B" if tags.prefix == b"MM" else "L"
        _unpack(image, lambda samples: f"{samples};16{order}")
    return True


def is_negative(image: Image.Image) -> bool:
    """Whether white is 0 in the pixels as loaded: Pillow corrects that in samples of up to 8 bits only."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    return image.tag_v2.get(_PHOTOMETRIC) == 0 and image.mode in ("I;16", "F")


def is_whole(content: bytes) -> bool:
    """Whether a TIFF file's first directory is intact: a file that cannot be opened is then of an unknown kind."""
    if content.startswith(_BIGTIFF_BIG_ENDIAN):
        return True  # Pillow can read none of these
    header = content[: 16 if content.startswith(_BIGTIFF) else 8]
    try:
        directory = TiffImagePlugin.ImageFileDirectory_v2(header)
        stream = BytesIO(content)
        stream.seek(directory.next)
        directory.load(stream)
        tags = set(directory)
    except DAMAGED:
        return False
    return {_WIDTH, _HEIGHT} <= tags and bool({_STRIPS, _TILES} & tags)


def _unpack(image: TiffImagePlugin.TiffImageFile, changed: Callable[[str], str]) -> None:
    """Change Pillow's name of the sample format of each tile."""
    tiles = []
    for tile in image.tile:
        assert isinstance(tile.args, tuple)
        samples, *others = tile.args
        tiles.append(tile._replace(args=(changed(samples), *others)))
    image.tile = tiles
