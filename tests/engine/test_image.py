"""Every format, mode and orientation becomes the same upright RGB array; every bad file its error code."""

from __future__ import annotations

import errno
import os
import stat
import struct
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from engine import image as module
from engine.image import ImageError, load_photo
from engine.limits import Limits

ORIENTATION = 0x0112


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """Four flat quarters, so that every compression keeps them and every turn shows."""
    image = Image.new("RGB", (width, height))
    half_x, half_y = width // 2, height // 2
    for colour, place in {"red": (0, 0), "green": (half_x, 0), "blue": (0, half_y), "white": (half_x, half_y)}.items():
        image.paste(colour, (*place, place[0] + half_x, place[1] + half_y))
    return image


def assert_is_picture(pixels: np.ndarray, tolerance: int = 40) -> None:
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    expected = np.asarray(picture())
    centres = (np.array([12, 12, 36, 36]), np.array([16, 48, 16, 48]))
    assert np.abs(pixels[centres].astype(int) - expected[centres].astype(int)).max() <= tolerance


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {}),
        ("a.jpeg", {"progressive": True}),
        ("a.mpo", {"save_all": True, "append_images": [Image.new("RGB", (64, 48))]}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.bmp", {}),
        ("a.tiff", {"compression": "tiff_lzw"}),
        ("a.gif", {}),
        ("a.avif", {}),
    ],
)
def test_formats(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    picture().save(tmp_path / name, **options)
    assert_is_picture(load_photo(tmp_path / name).pixels)


def test_of_several_pictures_of_a_heic_file_the_primary_one_is_read(tmp_path: Path) -> None:
    """And its size is the one that counts."""
    file = pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red"))
    file.add_from_pillow(Image.new("RGB", (96, 48), "blue"))
    file.save(tmp_path / "a.heic", quality=90, primary_index=1)
    pixels = load_photo(tmp_path / "a.heic").pixels
    assert pixels.shape == (48, 96, 3)
    assert pixels[..., 2].min() > 200
    with pytest.raises(ImageError, match="million pixels"):
        load_photo(tmp_path / "a.heic", Limits(pixels=64 * 64))


def test_grey_values_of_twelve_bits(tmp_path: Path) -> None:
    """Pillow reads these, two values in three bytes, but cannot write them."""
    values = [0, 4095, 2048, 4095] * 8
    packed = b"".join(
        bytes((a >> 4, (a & 15) << 4 | b >> 8, b & 255)) for a, b in zip(values[::2], values[1::2], strict=True)
    )
    tags = [(256, 4, 4), (257, 4, 8), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 4, 8)]
    tags += [(279, 4, len(packed))]
    start = 8 + len(packed)
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    content = b"II*\0" + struct.pack("<I", start) + packed + struct.pack("<H", len(tags)) + entries + bytes(4)
    (tmp_path / "a.tif").write_bytes(content)
    assert load_photo(tmp_path / "a.tif").pixels[0, :, 0].tolist() == [0, 255, 128, 255]


def test_floating_point_values_a_little_above_one(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, 0.5, 1.003]], np.float32)).save(tmp_path / "a.tif")
    assert load_photo(tmp_path / "a.tif").pixels[0, :, 0].tolist() == [0, 128, 255]


def test_a_grey_value_of_sixteen_bits_that_stands_for_none(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 30_000, 65_535]], np.uint16)).save(tmp_path / "a.png", transparency=30_000)
    assert load_photo(tmp_path / "a.png").pixels[0, :, 0].tolist() == [0, 255, 255]


@pytest.mark.parametrize("name", ["a.heic", "a.heif"])
def test_heif(tmp_path: Path, name: str) -> None:
    pillow_heif.from_pillow(picture()).save(tmp_path / name, quality=90)
    assert_is_picture(load_photo(tmp_path / name).pixels)


def test_a_heic_photo_of_which_little_was_kept(tmp_path: Path) -> None:
    """A phone's crop keeps all pixels, and tells in a box how much of the middle is to be seen."""
    pillow_heif.from_pillow(picture(641, 481)).save(tmp_path / "a.heic", quality=90)  # an odd size gets such a box
    content = bytearray((tmp_path / "a.heic").read_bytes())
    struct.pack_into(">IIIIiIiI", content, content.index(b"clap") + 4, 64, 1, 48, 1, 0, 1, 0, 1)
    (tmp_path / "a.heic").write_bytes(content)
    assert_is_picture(load_photo(tmp_path / "a.heic").pixels)


@pytest.mark.parametrize(("alpha", "shown"), [(0, (10, 20, 30)), (255, (10, 20, 30)), (128, (133, 138, 143))])
def test_unused_alpha_of_a_bitmap_hides_nothing(tmp_path: Path, alpha: int, shown: tuple[int, int, int]) -> None:
    header = struct.pack("<IiiHHIIiiII4I", 56, 4, 4, 1, 32, 3, 64, 0, 0, 0, 0, 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    pixels = bytes((30, 20, 10, alpha)) * 16
    start = 14 + len(header)
    (tmp_path / "a.bmp").write_bytes(b"BM" + struct.pack("<IHHI", start + 64, 0, 0, start) + header + pixels)
    assert tuple(load_photo(tmp_path / "a.bmp").pixels[0, 0]) == pytest.approx(shown, abs=2)


def test_a_small_file_is_read_whatever_the_limit(tmp_path: Path) -> None:
    """Without memory for as much as the limit."""
    picture().save(tmp_path / "a.png")
    assert_is_picture(load_photo(tmp_path / "a.png", Limits(file_bytes=10**15)).pixels)


def test_the_ending_does_not_matter(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert_is_picture(load_photo(tmp_path / "a.jpg").pixels)


def test_cmyk(tmp_path: Path) -> None:
    picture().convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert_is_picture(load_photo(tmp_path / "a.jpg").pixels, tolerance=60)


def profile_of_inks(cyan: tuple[int, int, int]) -> bytes:
    """The smallest ICC profile for CMYK: a table of which colors (Lab, 8 bits) cyan alone, and all other inks, give."""
    black, white = (0, 128, 128), (255, 128, 128)
    corners = [white if not ink else cyan if ink == 0b1000 else black for ink in range(16)]
    ramp = bytes(range(256))
    table = b"mft1" + struct.pack(">4x4B9i", 4, 3, 2, 0, *(65536 * one for one in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    table += ramp * 4 + bytes(value for corner in corners for value in corner) + ramp * 3
    paper = b"XYZ " + struct.pack(">4xiii", 63190, 65536, 54061)
    start = 128 + 4 + 2 * 12
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", start, len(paper), b"A2B0", start + len(paper), len(table))
    size = start + len(paper) + len(table)
    header = struct.pack(">I4xI4s4s4s12x4s28x12s48x", size, 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp", paper[8:])
    return header + tags + paper + table


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_a_profile_for_cmyk_is_applied(tmp_path: Path, form: str) -> None:
    """Of these inks, cyan is a gray of half the lightness, which is 119 in sRGB."""
    profile = profile_of_inks(cyan=(128, 128, 128))
    inked = Image.new("CMYK", (64, 48), (255, 0, 0, 0))
    inked.paste((0, 0, 0, 0), (0, 0, 32, 48))
    inked.save(tmp_path / "a", form, icc_profile=profile)
    pixels = load_photo(tmp_path / "a").pixels
    assert np.abs(pixels[24, 48].astype(int) - 119).max() <= 2
    assert pixels[24, 16].min() >= 252


def test_a_damaged_profile_for_cmyk_counts_as_none(tmp_path: Path) -> None:
    picture().convert("CMYK").save(tmp_path / "a.jpg", quality=95, icc_profile=profile_of_inks((0, 0, 0))[:600])
    assert_is_picture(load_photo(tmp_path / "a.jpg").pixels, tolerance=60)


@pytest.mark.parametrize("mode", ["P", "L", "1", "RGBA", "LA"])
def test_modes(tmp_path: Path, mode: str) -> None:
    image = picture().convert(mode)
    image.save(tmp_path / "a.png")
    expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(load_photo(tmp_path / "a.png").pixels, expected)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("RGBA", (8, 8), (255, 0, 0, 128)).save(tmp_path / "half.png")
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([255, 0, 0])
    palette.save(tmp_path / "palette.png", transparency=0)
    assert (load_photo(tmp_path / "clear.png").pixels == 255).all()
    assert load_photo(tmp_path / "half.png").pixels[0, 0] == pytest.approx([255, 127, 127], abs=2)
    assert (load_photo(tmp_path / "palette.png").pixels == 255).all()


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bit_grey(tmp_path: Path, suffix: str) -> None:
    values = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (48, 1))
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    pixels = load_photo(tmp_path / f"a.{suffix}").pixels
    assert pixels[0, :, 0] == pytest.approx(values[0] / 257, abs=1)


@pytest.mark.parametrize("top", [1.0, 255.0, 9000.0])
def test_floating_point_tiff(tmp_path: Path, top: float) -> None:
    values = np.tile(np.linspace(0, top, 64, dtype=np.float32), (48, 1))
    values[0, 0] = np.nan
    Image.fromarray(values).save(tmp_path / "a.tiff")
    pixels = load_photo(tmp_path / "a.tiff").pixels
    ceiling = 65535 if top > 255 else top
    assert pixels[1, :, 0] == pytest.approx(values[1] / ceiling * 255, abs=1)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    other = Image.new("RGB", (64, 48), "black")
    for suffix in ("gif", "webp", "png"):
        picture().save(tmp_path / f"a.{suffix}", save_all=True, append_images=[other], duration=100)
        assert_is_picture(load_photo(tmp_path / f"a.{suffix}").pixels)


# What the camera did to the upright picture, by the orientation tag that undoes it.
TURNED: dict[int, Callable[[Image.Image], Image.Image]] = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "avif", "heic"])
def test_orientations(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = TURNED[orientation](picture())
    (pillow_heif.from_pillow(image) if suffix == "heic" else image).save(tmp_path / f"a.{suffix}", exif=exif.tobytes())
    photo = load_photo(tmp_path / f"a.{suffix}")
    assert_is_picture(photo.pixels)
    assert photo.has_orientation == (orientation != 1)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])  # Pillow writes no exposure into TIFF files
def test_that_a_photo_is_upright_a_camera_alone_can_say(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 1
    exif.get_ifd(0x8769)[0x829A] = 0.01  # the exposure
    picture().save(tmp_path / f"a.{suffix}", exif=exif)
    assert load_photo(tmp_path / f"a.{suffix}").has_orientation


@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_in_a_container_only_its_own_turn_counts(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0128] = 6  # hidden from the encoders, which would turn an orientation tag into a turn of the container
    image = pillow_heif.from_pillow(picture()) if suffix == "heic" else picture()
    image.save(tmp_path / f"a.{suffix}", exif=exif.tobytes())
    content = (tmp_path / f"a.{suffix}").read_bytes()
    assert content.count(b"\x01\x28\x00\x03") == 1
    (tmp_path / f"a.{suffix}").write_bytes(content.replace(b"\x01\x28\x00\x03", b"\x01\x12\x00\x03"))
    photo = load_photo(tmp_path / f"a.{suffix}")
    assert_is_picture(photo.pixels)
    assert not photo.has_orientation


@pytest.mark.parametrize("value", [0, 9, 77])
def test_an_invalid_orientation_counts_as_none(tmp_path: Path, value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    picture().save(tmp_path / "a.jpg", exif=exif)
    photo = load_photo(tmp_path / "a.jpg")
    assert_is_picture(photo.pixels)
    assert not photo.has_orientation


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_year_taken(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0131] = "a camera"  # Pillow writes no EXIF into a PNG file whose main directory is empty
    exif.get_ifd(0x8769)[0x9003] = "1974:08:21 12:00:00"
    picture().save(tmp_path / f"a.{suffix}", exif=exif)
    assert load_photo(tmp_path / f"a.{suffix}").year_taken == 1974


@pytest.mark.parametrize("value", ["1974-08-21T12:00:00", "1974/08/21 12:00:00"])
def test_a_date_that_is_written_in_another_way(tmp_path: Path, value: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = value
    picture().save(tmp_path / "a.jpg", exif=exif)
    assert load_photo(tmp_path / "a.jpg").year_taken == 1974


@pytest.mark.parametrize(
    "value", ["", "0000:00:00 00:00:00", "1700:01:01 00:00:00", "9999:01:01 00:00:00", "soon", "\u0661974:"]
)
def test_an_impossible_year_counts_as_none(tmp_path: Path, value: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = value.encode()
    picture().save(tmp_path / "a.jpg", exif=exif)
    assert load_photo(tmp_path / "a.jpg").year_taken is None


def code_of(path: Path | str, limits: Limits | None = None) -> str:
    with pytest.raises(ImageError) as caught:
        load_photo(path, limits)
    message = str(caught.value)
    assert message.endswith(".") and message[0].isupper(), f"not a sentence: {message}"
    return caught.value.code


def test_a_raw_file_is_not_taken_for_the_tiny_picture_in_it(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.NEF", "tiff")
    assert code_of(tmp_path / "a.NEF") == "unsupported_format"
    assert code_of(tmp_path / "missing.NEF") == "not_found"


def test_not_found(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none.jpg") == "not_found"
    (tmp_path / "file").write_text("x")
    assert code_of(tmp_path / "file" / "a.jpg") == "not_found"


def test_unreadable(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "unreadable"
    assert code_of(tmp_path / ("a" * 5000)) == "unreadable"
    assert code_of("a\0b.jpg") == "unreadable"


@pytest.mark.parametrize(("flags", "told"), [(0x40000020, "is in iCloud"), (0x20, "The file cannot be read: Op")])
def test_a_photo_that_cannot_be_fetched_from_icloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, told: str
) -> None:
    """As without a network. Only macOS has such files."""
    status = SimpleNamespace(st_mode=stat.S_IFREG, st_size=1000, st_flags=flags)

    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ETIMEDOUT, "Operation timed out")

    monkeypatch.setattr(Path, "stat", lambda *_, **__: status)
    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(ImageError, match=told) as caught:
        load_photo(tmp_path / "a.jpg")
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize(
    ("winerror", "told"), [(5, "do not have permission"), (32, "Another program is using"), (33, "Another program is")]
)
def test_a_photo_that_another_program_keeps_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int, told: str
) -> None:
    """Only Windows has such files, and Python says the same of them as of missing permission."""
    picture().save(tmp_path / "a.png")

    def fail(*_: object) -> NoReturn:
        error = PermissionError(13, "Permission denied")
        error.winerror = winerror  # type: ignore[attr-defined,unused-ignore]
        raise error

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(ImageError, match=told) as caught:
        load_photo(tmp_path / "a.png")
    assert caught.value.code == "unreadable"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_ordinary_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert code_of(tmp_path / "pipe.jpg") == "unreadable"
    assert code_of("/dev/zero") == "unreadable"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows may read everything")
def test_no_right_to_read(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    assert code_of(tmp_path / "a.png") == "unreadable"


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"<svg/>", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0", b"\0" * 100])
def test_unsupported(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert code_of(tmp_path / "a.jpg") == "unsupported_format"


def test_a_format_outside_the_list(tmp_path: Path) -> None:
    """What is said then names all that are on it."""
    picture().save(tmp_path / "a.jpg", format="ICO")
    assert code_of(tmp_path / "a.jpg") == "unsupported_format"
    with pytest.raises(ImageError) as caught:
        load_photo(tmp_path / "a.jpg")
    sentence = str(caught.value).upper()
    assert [kind for kind in module.FORMATS if kind.replace("HEIF", "HEIC") not in sentence] == []


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert code_of(tmp_path / "a.jpg") == "corrupt"


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tiff", "avif", "gif", "heic"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    (pillow_heif.from_pillow(image) if suffix == "heic" else image).save(tmp_path / f"a.{suffix}")
    content = (tmp_path / f"a.{suffix}").read_bytes()
    (tmp_path / f"a.{suffix}").write_bytes(content[: max(14, int(len(content) * share))])
    with pytest.raises(ImageError, match=r"^The file is damaged or incomplete and cannot be opened\.$") as caught:
        load_photo(tmp_path / f"a.{suffix}")
    assert caught.value.code == "corrupt"


@pytest.mark.parametrize("brand", [b"heic", b"heis", b"hevm", b"avif"])
def test_of_a_cut_file_only_its_kind_need_be_left(tmp_path: Path, brand: bytes) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftyp" + brand)
    assert code_of(tmp_path / "a.heic") == "corrupt"


def test_too_large(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    assert code_of(tmp_path / "a.png", Limits(pixels=3000)) == "too_large"
    with pytest.raises(ImageError, match=r"^The file is larger than 0\.0001 MB\.$"):
        load_photo(tmp_path / "a.png", Limits(file_bytes=100))


def test_our_own_limit_holds_and_not_pillow_s(tmp_path: Path) -> None:
    """A phone's 200 megapixels are more than Pillow by default accepts."""
    Image.new("1", (16_320, 12_240)).save(tmp_path / "phone.png")
    with pytest.raises(ImageError, match=r"The photo has 199\.8 million pixels\. At most 190 million are read\."):
        load_photo(tmp_path / "phone.png", Limits(pixels=190_000_000))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps names in another normal form")
@pytest.mark.parametrize("name", ["Großmutter ß 日本語 😀.png", "a b\t'\"<b>%41.png", "x" * 250 + ".png"])
def test_names(tmp_path: Path, name: str) -> None:
    if os.name == "nt" and set(name) & set('<>"\t'):
        pytest.skip("Windows does not allow this name")
    picture().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / name)
    assert_is_picture(load_photo(tmp_path / name).pixels)


def test_long_path(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 100] * 12)
    folder.mkdir(parents=True)
    picture().save(folder / "a.png")
    assert_is_picture(load_photo(folder / "a.png").pixels)


def test_what_pillow_warns_about_is_no_error(tmp_path: Path) -> None:
    """Even where a program has Python raise its warnings: this one is about metadata."""
    picture().save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\x09\0")
    with warnings.catch_warnings(action="error"):
        assert_is_picture(load_photo(tmp_path / "a.jpg").pixels)


def test_two_threads_leave_the_warnings_of_the_program_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture().save(tmp_path / "a.png")
    second = threading.Thread(target=load_photo, args=[tmp_path / "a.png"])
    second_has_come, first_has_left = threading.Event(), threading.Event()
    turns, opened = module._ONE_AT_A_TIME, Image.open

    class Door:
        def __enter__(self) -> None:
            if threading.current_thread() is second:
                second_has_come.set()
            turns.acquire()

        def __exit__(self, *_: object) -> None:
            turns.release()

    def open_while_the_other_comes(*arguments: object, **options: object) -> Image.Image:
        if threading.current_thread() is second:
            second_has_come.set()
            first_has_left.wait(60)
        else:
            second.start()
            assert second_has_come.wait(60)
        return opened(*arguments, **options)

    monkeypatch.setattr(module, "_ONE_AT_A_TIME", Door())
    monkeypatch.setattr(Image, "open", open_while_the_other_comes)
    before = [*warnings.filters]
    load_photo(tmp_path / "a.png")
    first_has_left.set()
    second.join(60)
    assert warnings.filters == before
