"""However a TIFF file stores its samples, the result is the right pixels or a clear refusal."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from engine.image import ImageError, decode_photo
from engine.limits import Limits

Y, X = np.mgrid[:24, :32]
RGB = np.stack([X * 8, Y * 10, (X * Y) // 3], axis=-1).astype(np.uint8)
GREY = RGB[..., 0]
ALPHA = np.full((24, 32, 1), 255, np.uint8)
CMYK = np.concatenate([255 - RGB, np.zeros((24, 32, 1), np.uint8)], axis=-1)


def wide(pixels: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The same in 16 bits, with low bytes that would show if they were taken for high ones."""
    return (pixels.astype(np.uint16) << 8) + 85


def planes(pixels: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))


def tiff(pixels: NDArray[Any], order: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, byteorder=order, **options)
    return buffer.getvalue()


def check(content: bytes, expected: NDArray[np.uint8]) -> None:
    pixels = decode_photo(content, Limits()).pixels
    assert np.abs(pixels.astype(int) - expected.astype(int)).max() <= 1


def code_of(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode_photo(content, Limits())
    return caught.value.code


def grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(values[..., None], 3, axis=-1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("separate", [False, True])
@pytest.mark.parametrize("rows", [5, 24])
def test_colours(order: str, compression: str | None, alpha: bool, bits: int, separate: bool, rows: int) -> None:
    pixels = np.concatenate([RGB, ALPHA], axis=-1) if alpha else RGB
    samples: NDArray[Any] = pixels if bits == 8 else wide(pixels)
    options: dict[str, Any] = {"photometric": "rgb", "compression": compression, "rowsperstrip": rows}
    if alpha:
        options["extrasamples"] = ["unassalpha"]
    if separate:
        samples, options["planarconfig"] = planes(samples), "separate"
    check(tiff(samples, order, **options), RGB)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("separate", [False, True])
def test_cmyk(order: str, compression: str | None, bits: int, separate: bool) -> None:
    samples: NDArray[Any] = CMYK if bits == 8 else wide(CMYK)
    options: dict[str, Any] = {"photometric": "separated", "compression": compression}
    if separate:
        samples, options["planarconfig"] = planes(samples), "separate"
    content = tiff(samples, order, **options)
    if separate and bits == 16 and compression is None:
        assert code_of(content) == "unsupported_format"
    else:
        check(content, RGB)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_grey(order: str, compression: str | None, photometric: str, kind: str) -> None:
    samples = {"uint8": GREY, "uint16": wide(GREY), "float32": (GREY / 255).astype(np.float32)}[kind]
    content = tiff(samples, order, photometric=photometric, compression=compression)
    if (kind, photometric, order) == ("uint16", "miniswhite", ">"):
        assert code_of(content) == "unsupported_format"  # Pillow has no such mode
        return
    check(content, grey(255 - GREY if photometric == "miniswhite" else GREY))


def gray_profile(gamma: float) -> bytes:
    """The smallest ICC profile for gray: a white point and a curve."""
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))
    header = struct.pack(">I4xI4s4s4s12x4s28x12s48x", 192, 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp", white[8:])
    return header + struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 16) + white + curve


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_profile_for_gray_is_applied(kind: type[Any], photometric: str) -> None:
    """Half of the light is 0.735 in sRGB."""
    top = np.iinfo(kind).max
    samples = np.array([[0, top // 2, top]], kind)
    samples = top - samples if photometric == "miniswhite" else samples
    content = tiff(samples, "<", photometric=photometric, iccprofile=gray_profile(1.0))
    check(content, grey(np.array([[0, 187, 255]], np.uint8)))


def test_a_profile_for_gray_is_applied_beside_transparency() -> None:
    file = io.BytesIO()
    Image.fromarray(np.array([[[127, 255], [0, 0]]], np.uint8)).save(file, "PNG", icc_profile=gray_profile(1.0))
    check(file.getvalue(), grey(np.array([[187, 255]], np.uint8)))


def test_a_damaged_profile_for_gray_counts_as_none() -> None:
    check(tiff(GREY, "<", photometric="minisblack", iccprofile=gray_profile(1.0)[:160]), grey(GREY))


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_signed_samples_keep_their_order_of_bytes(order: str, compression: str | None) -> None:
    content = tiff(wide(GREY // 2).astype(np.int16), order, photometric="minisblack", compression=compression)
    check(content, grey(GREY // 2))


@pytest.mark.parametrize(("kind", "white"), [(np.uint32, 2**32 - 1), (np.int32, 2**31 - 1)])
def test_gray_values_of_thirty_two_bits(kind: type[Any], white: int) -> None:
    """Pillow takes them all for signed ones."""
    check(tiff(np.array([[0, white // 3, white]], kind), "<", photometric="minisblack"), grey(np.array([[0, 85, 255]])))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.uint32])
@pytest.mark.parametrize("big", [False, True])
def test_a_whole_file_of_an_unknown_kind_is_not_called_damaged(order: str, kind: type[Any], big: bool) -> None:
    content = tiff(RGB.astype(kind), order, photometric="rgb", bigtiff=big)
    with pytest.raises(ImageError, match="TIFF files of this kind") as caught:
        decode_photo(content, Limits())
    assert caught.value.code == "unsupported_format"
    assert code_of(content[:60]) == ("unsupported_format" if content.startswith(b"MM\0+") else "corrupt")


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_png(channels: int) -> None:
    import cv2  # noqa: PLC0415  (slow to import)

    pixels = RGB if channels == 3 else np.concatenate([RGB, ALPHA], axis=-1)
    mirrored = wide(pixels)[..., [2, 1, 0, 3][:channels]]
    whole, content = cv2.imencode(".png", mirrored)
    assert whole and content.tobytes()[24] == 16
    check(content.tobytes(), RGB)


@pytest.mark.parametrize("photometric", [0, 1])
def test_one_sample_in_planes(photometric: int) -> None:
    """ "Separate planes" of a single sample: nothing to separate, but Pillow forgets that white is 0."""
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, "TIFF", tiffinfo={284: 2, 262: photometric})
    if photometric == 0:
        assert code_of(buffer.getvalue()) == "unsupported_format"
    else:
        check(buffer.getvalue(), grey(GREY))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_a_thumbnail_is_not_taken_for_the_photo(order: str, kind: int) -> None:
    """Camera raw files (DNG, NEF) begin with one; 2 is a page of several, as scanners write them."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, byteorder=order) as file:
        file.write(RGB, photometric="rgb", subfiletype=kind, subifds=1)
        file.write(np.repeat(np.repeat(wide(GREY), 9, axis=0), 9, axis=1), photometric="minisblack", subfiletype=0)
    if kind & 1:
        assert code_of(buffer.getvalue()) == "unsupported_format"
    else:
        check(buffer.getvalue(), RGB)
