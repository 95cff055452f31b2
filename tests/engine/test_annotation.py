"""Copies of photos with boxes and ages: where these are drawn, and which of the original's metadata are kept."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from engine.annotation import annotated_copy
from engine.image import ImageError, load_photo
from engine.metadata import Metadata
from engine.report import Upright

Box = tuple[float, float, float, float]

RED = (200, 60, 30)
SUBJECT_AREA = 0x9214

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6" dc:title="Beach"/></x:xmpmeta>'


def photo(height: int, width: int) -> NDArray[np.uint8]:
    return np.tile(np.array(RED, np.uint8), (height, width, 1))


def record(
    *boxes: Box, age: float = 34.0, high: float = 41.0, warnings: Sequence[str] = (), rotated: int = 0
) -> dict[str, Any]:
    face = {"age": {"mean": age, "interval": [4.0, high]}, "warnings": list(warnings)}
    return {"rotated": rotated, "faces": [{"box": list(box), **face} for box in boxes]}


def copied(boxes: list[Box], pixels: NDArray[np.uint8], age: float = 34.0, **said: Any) -> NDArray[np.int64]:
    image = Image.open(BytesIO(annotated_copy(record(*boxes, age=age, **said), pixels, Metadata())))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    return np.asarray(image).astype(np.int64)


@pytest.mark.parametrize("box", [(100.0, 150.0, 120.0, 160.0), (0.0, 0.0, 400.0, 500.0), (330.0, 440.0, 70.0, 60.0)])
def test_a_frame_on_all_four_sides(box: Box) -> None:
    pixels = copied([box], photo(500, 400))
    x, y, width, height = map(int, box)
    columns, rows = slice(x + width * 2 // 3, x + width - 6), slice(y + height * 2 // 3, y + height - 6)
    for side in (pixels[y, columns], pixels[y + height - 1, columns], pixels[rows, x], pixels[rows, x + width - 1]):
        assert side.mean() > 170, "white, softened by JPEG"
    inside = pixels[rows, slice(columns.start, columns.stop - 4)]
    assert inside.mean(axis=(0, 1)) == pytest.approx(RED, abs=12)


def test_a_frame_is_seen_on_white() -> None:
    pixels = copied([(50.0, 60.0, 200.0, 200.0)], np.full((400, 400, 3), 255, np.uint8))
    assert pixels[100:250, 50:56].min() < 110


@pytest.mark.parametrize("box", [(100.0, 150.0, 120.0, 160.0), (0.0, 0.0, 120.0, 100.0), (330.0, 440.0, 70.0, 60.0)])
def test_the_age_stands_at_the_face_and_in_the_photo(box: Box) -> None:
    copies = [copied([box], photo(500, 400), age) for age in (8.2, 37.6)]
    x, y, width, height = box
    for pixels in copies:
        rows, columns = np.nonzero(pixels.max(axis=2) < 60)  # the pill's background
        assert len(rows) > 100
        assert x - 45 <= columns.mean() <= x + width + 45
        assert y - 40 <= rows.mean() <= y + height + 40
    assert (np.abs(copies[0] - copies[1]).max(axis=2) > 100).sum() > 20, "another age looks different"


def label_width(pixels: NDArray[np.int64], top: float) -> int:
    """How many columns of pixels have the background of an age, above the faces, which begin at `top`."""
    return int((pixels[: int(top) - 1].max(axis=2) < 60).any(axis=0).sum())


def test_the_picture_is_hardly_compressed() -> None:
    copy = Image.open(BytesIO(annotated_copy(record(), photo(32, 48), Metadata())))
    assert isinstance(copy, JpegImageFile)
    assert max(copy.quantization[0]) < 25


def test_an_uncertain_age_has_another_color_and_a_question_mark() -> None:
    face = (500.0, 300.0, 120.0, 160.0)
    sure, doubtful = (copied([face], photo(800, 1000), warnings=warnings) for warnings in ([], ["blurred"]))
    yellow = [((pixels[..., 1] > 160) & (pixels[..., 2] < 130)).sum() for pixels in (sure, doubtful)]
    assert yellow[0] == 0
    assert yellow[1] > 20
    assert label_width(doubtful, 300) > label_width(sure, 300)


def test_an_age_has_its_range_where_there_is_room() -> None:
    face, near, far = ((x, 300.0, 60.0, 80.0) for x in (500.0, 570.0, 760.0))
    alone, crowded, apart = (
        label_width(copied(boxes, photo(800, 1000)), 300) for boxes in ([face], [face, near], [face, far])
    )
    assert crowded < alone
    assert apart == pytest.approx(2 * alone, abs=2)
    assert label_width(copied([face], photo(800, 1000), high=100.0), 300) > alone, "where the range ends is there"


@pytest.mark.parametrize(("side", "high"), [(90, 41.0), (300, 4.0)])
def test_an_age_stands_alone_in_a_tiny_photo_and_where_its_range_is_but_one_year(side: int, high: float) -> None:
    box = (side * 0.3, side * 0.3, side * 0.4, side * 0.5)
    assert 10 < label_width(copied([box], photo(side, side), high=high), box[1]) < 30


@pytest.mark.parametrize("side", [300, 4000])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.6])
def test_ages_are_legible_at_any_size_of_photo_and_face(side: int, share: float) -> None:
    """When the photo fills a screen of 1000 pixels, the background of an age is 12 to 100 pixels high."""
    box = (side * 0.2, side * 0.2, side * share, side * share)
    pixels = copied([box], photo(side, side))
    rows, _ = np.nonzero(pixels.max(axis=2) < 60)
    above = rows[rows < box[1] - 2] if share > 0.02 else rows
    high = (above.max() - above.min()) * 1000 / side
    assert 12 <= high <= 100


def test_the_ages_of_a_dense_crowd_leave_something_of_the_photo() -> None:
    """Each takes only a part of the room between its face and the next."""
    crowd = [(20.0 + 35 * i, 20.0 + 38 * row, 20.0, 26.0) for row in range(4) for i in range(20)]
    pixels = copied(crowd, photo(190, 2000))
    ground = pixels[:, :740].max(axis=2) < 60
    assert 0.05 < ground.mean() < 0.35


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (3, 400)])
def test_tiny_photos(size: tuple[int, int]) -> None:
    assert copied([(0.0, 0.0, *size)], photo(size[1], size[0]), 100).shape == (size[1], size[0], 3)


def test_the_photo_in_memory_stays_as_it_is() -> None:
    pixels = photo(200, 300)
    copied([(20.0, 20.0, 50.0, 60.0)], pixels)
    assert np.array_equal(pixels, photo(200, 300))


def test_a_photo_that_is_too_long_for_a_jpeg_is_refused_in_words() -> None:
    with pytest.raises(ImageError, match="65,500") as caught:
        annotated_copy(record(), photo(1, 65_501), Metadata())
    assert caught.value.code == "too_large"


# Metadata


def tagged(orientation: int | None, maker_note: int = 50) -> Image.Exif:
    """EXIF as it is read from a file."""
    exif = Image.Exif()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Voigtländer".encode().decode("latin-1"), "Bessa"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "1974:08:21 12:00:00",
        ExifTags.Base.ExifImageWidth: 1234,
        SUBJECT_AREA: (100, 200, 50, 50),
        ExifTags.Base.ExposureTime: (1, 125),
        ExifTags.Base.MakerNote: b"m" * maker_note,
    }
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.5),
    }
    read = Image.Exif()
    read.load(exif.tobytes())
    return read


def picture() -> Image.Image:
    """48 x 32; its upper left corner is blue."""
    image = Image.new("RGB", (48, 32), RED)
    image.paste((0, 0, 255), (0, 0, 12, 8))
    return image


@cache
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def copy_of(path: Path, rotated: int = 0) -> Image.Image:
    read = load_photo(path)
    return Image.open(BytesIO(annotated_copy(record(rotated=rotated), read.pixels, read.metadata)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_copies_are_upright_and_say_so_for_every_orientation(tmp_path: Path, orientation: int) -> None:
    """The photo is stored so that the tag turns its blue corner to the upper left."""
    path = tmp_path / "a.jpg"
    back = {5: 5, 6: 2, 7: 6, 8: 4, 2: 0, 3: 3, 4: 1}  # Pillow's transpositions that undo the tag's
    stored = picture() if orientation == 1 else picture().transpose(Image.Transpose(back[orientation]))
    stored.save(path, quality=95, subsampling=0, exif=tagged(orientation), xmp=XMP)
    copy = copy_of(path)
    assert copy.size == (48, 32)
    assert copy.getpixel((4, 3)) == pytest.approx((0, 0, 255), abs=40)
    assert copy.getpixel((44, 28)) == pytest.approx(RED, abs=40)
    exif = copy.getexif()
    assert exif[ExifTags.Base.Orientation] == 1
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.DateTimeOriginal] == "1974:08:21 12:00:00"
    assert details[ExifTags.Base.ExifImageWidth] == 48
    assert (SUBJECT_AREA in details) == (orientation == 1)
    assert b'tiff:Orientation="1"' in copy.info["xmp"]
    assert b"Beach" in copy.info["xmp"]


def test_camera_date_and_place_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path, exif=tagged(6), icc_profile=profile(), dpi=(300, 300))
    copy = copy_of(path)
    before, after = Image.open(path).getexif(), copy.getexif()
    assert after[ExifTags.Base.Model] == "Bessa"
    assert after[ExifTags.Base.Make] == before[ExifTags.Base.Make]
    assert after.get_ifd(ExifTags.IFD.GPSInfo) == before.get_ifd(ExifTags.IFD.GPSInfo)
    details = [exif.get_ifd(ExifTags.IFD.Exif) for exif in (before, after)]
    assert details[0].pop(ExifTags.Base.ExifImageWidth) != details[1].pop(ExifTags.Base.ExifImageWidth)
    del details[0][SUBJECT_AREA]
    assert details[0] == details[1]
    assert copy.info["icc_profile"] == profile()
    assert copy.info["dpi"] == (300, 300)


def photoshop_segment(*resources: tuple[int, bytes]) -> bytes:
    """As Photoshop and image organizers write it into JPEG files."""
    segment = b"Photoshop 3.0\0"
    for code, content in resources:
        segment += b"8BIM" + struct.pack(">HHI", code, 0, len(content)) + content + b"\0" * (len(content) % 2)
    return b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment


CAPTION = b"\x1c\x02\x78\x00\x10Anna, Bodensee 1"


def test_captions_and_comments_are_kept_but_no_small_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    segment = photoshop_segment((0x0404, CAPTION), (0x040C, b"a small picture"))
    picture().save(path, extra=segment, comment=b"Bodensee, 1974", xmp=XMP)
    copy = copy_of(path)
    assert copy.info["photoshop"] == {0x0404: CAPTION}
    assert copy.info["comment"] == b"Bodensee, 1974"
    assert b"Beach" in copy.info["xmp"]


def test_captions_of_an_odd_length_are_padded_as_readers_expect() -> None:
    for caption in (CAPTION, CAPTION + b"9"):
        content = annotated_copy(record(), photo(32, 48), Metadata(iptc=caption))
        assert photoshop_segment((0x0404, caption)) in content


def test_texts_of_a_png_file_that_have_the_names_of_metadata(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    for name in ("photoshop", "comment", "xmp", "dpi"):
        texts.add_text(name, "Bodensee")
    picture().save(tmp_path / "a.png", pnginfo=texts)
    copy = copy_of(tmp_path / "a.png")
    assert copy.info["comment"] == b"Bodensee"
    assert "photoshop" not in copy.info


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('GCamera:MotionPhoto="1"', 'GCamera:MotionPhoto="0"'),
        ('GCamera:MotionPhotoVersion="1"', 'GCamera:MotionPhotoVersion="1"'),
        ("<GCamera:MicroVideo>1</GCamera:MicroVideo>", "<GCamera:MicroVideo>0</GCamera:MicroVideo>"),
        (' hdrgm:Version="1.0"', ""),
        ("<hdrgm:Version>1.0</hdrgm:Version>", ""),
        ('<a tiff:ImageWidth="48" exif:PixelYDimension="32" tiff:Make="Bessa"/>', '<a tiff:Make="Bessa"/>'),
        ("<tiff:ImageLength>32</tiff:ImageLength><tiff:Make>Bessa</tiff:Make>", "<tiff:Make>Bessa</tiff:Make>"),
        ("<a tiff:ImageWidth='48' tiff:Orientation='6'/>", "<a tiff:Orientation='1'/>"),
        ('<xmp:Thumbnails><a xmpGImg:image="/9j/"/></xmp:Thumbnails>', ""),
    ],
)
def test_xmp_says_nothing_that_is_wrong_for_the_copy(tmp_path: Path, wrong: str, right: str) -> None:
    """It is upright, and has no film, no gain map and no small picture."""
    path = tmp_path / "a.jpg"
    picture().save(path, xmp=f"<x:xmpmeta>{wrong}</x:xmpmeta>".encode())
    assert copy_of(path).info["xmp"] == f"<x:xmpmeta>{right}</x:xmpmeta>".encode()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    "places",
    [
        '<mwg-rs:Regions rdf:parseType="Resource"><a>\n<b mwg-rs:Name="Ida"/></a></mwg-rs:Regions>',
        "<MP:RegionInfo><a>Ida</a></MP:RegionInfo>",
        "<exif:SubjectArea><rdf:Seq/></exif:SubjectArea>",
    ],
)
def test_places_of_faces_are_kept_unless_the_photo_was_turned(tmp_path: Path, orientation: int, places: str) -> None:
    path = tmp_path / "a.jpg"
    xmp = f"<x:xmpmeta>{places}<c/><MP:RegionInfo/></x:xmpmeta>"
    picture().save(path, exif=tagged(orientation), xmp=xmp.encode())
    kept = xmp if orientation == 1 else xmp.replace(places, "")
    assert copy_of(path).info["xmp"] == kept.encode()
    turned_by_agelens = copy_of(path, rotated=90).info["xmp"]
    assert turned_by_agelens == xmp.replace(places, "").encode()


def test_a_text_that_is_a_number_costs_no_more_than_the_exif(tmp_path: Path) -> None:
    """Pillow reads it, but fails to write it again."""
    software = struct.pack("<HHII", ExifTags.Base.Software, 5, 1, 26)  # a fraction, at byte 26
    content = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + software + bytes(4) + struct.pack("<II", 3, 2)
    path = tmp_path / "a.jpg"
    picture().save(path, exif=content, icc_profile=profile())
    copy = copy_of(path)
    assert not copy.getexif()
    assert copy.info["icc_profile"] == profile()


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_metadata_of_other_formats(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form.lower()}"
    picture().save(path, form, exif=tagged(None), icc_profile=profile())
    copy = copy_of(path)
    exif = copy.getexif()
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] == "1974:08:21 12:00:00"
    assert exif[ExifTags.Base.Model] == "Bessa"
    assert copy.info["icc_profile"] == profile()
    structure = {ExifTags.Base.StripOffsets, ExifTags.Base.Compression, ExifTags.Base.ImageWidth}
    assert not structure & set(exif)


def test_a_profile_for_other_colours_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    grey = bytearray(profile())
    grey[16:20] = b"GRAY"
    picture().convert("L").save(path, icc_profile=bytes(grey))
    assert "icc_profile" not in copy_of(path).info


def test_no_metadata_stay_none(tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    picture().save(path)
    copy = copy_of(path)
    assert not copy.getexif()
    assert {"icc_profile", "xmp"} & set(copy.info) == set()


@pytest.mark.parametrize(
    "options", [{}, {"dpi": (300, 70_000)}, {"dpi": (300, 1)}, {"dpi": (300, TiffImagePlugin.IFDRational(1, 0))}]
)
def test_a_resolution_that_is_none_or_too_large_for_a_jpeg_is_not_kept(tmp_path: Path, options: dict[str, Any]) -> None:
    """For a TIFF file without one, Pillow returns 1 dpi; of 70,000 it would write the lower 16 bits."""
    picture().save(tmp_path / "a.tif", **options)
    assert copy_of(tmp_path / "a.tif").info["jfif_unit"] == 0  # none


@pytest.mark.parametrize(("order", "mark"), [("<", b"II"), (">", b"MM")])
def test_exif_stays_in_its_byte_order(order: str, mark: bytes) -> None:
    """Maker notes are often read in it."""
    original = tagged(1)
    original.endian = order
    copy = Image.open(BytesIO(annotated_copy(record(), photo(32, 48), Metadata(original))))
    assert copy.info["exif"].startswith(b"Exif\0\0" + mark)


def test_a_maker_note_that_is_too_large_goes_alone() -> None:
    metadata = Metadata(tagged(1, maker_note=70_000), xmp=b"x" * 70_000, iptc=b"x" * 70_000, comment=b"x" * 70_000)
    copy = Image.open(BytesIO(annotated_copy(record(), photo(32, 48), metadata)))
    details = copy.getexif().get_ifd(ExifTags.IFD.Exif)
    assert ExifTags.Base.MakerNote not in details
    assert details[ExifTags.Base.DateTimeOriginal] == "1974:08:21 12:00:00"
    assert {"xmp", "photoshop", "comment"} & set(copy.info) == set()


def test_exif_that_is_too_large_goes_alone() -> None:
    original = tagged(1)
    original[ExifTags.Base.ImageDescription] = "x" * 70_000
    copy = Image.open(BytesIO(annotated_copy(record(), photo(32, 48), Metadata(original, comment=b"Bodensee"))))
    assert not copy.getexif()
    assert copy.info["comment"] == b"Bodensee"


def test_a_directory_within_a_directory_is_kept(tmp_path: Path) -> None:
    """Most cameras write this one, about compatibility."""
    exif = tagged(6)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {ExifTags.Interop.InteropIndex: "R98"}
    picture().save(tmp_path / "a.jpg", exif=exif)
    kept = copy_of(tmp_path / "a.jpg").getexif()
    assert kept.get_ifd(ExifTags.IFD.Interop)[ExifTags.Interop.InteropIndex] == "R98"
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] == "1974:08:21 12:00:00"


@pytest.mark.parametrize(
    "damage", [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x01"]
)
def test_damaged_metadata_cost_no_copy(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path, exif=damage)
    assert copy_of(path).size == (48, 32)


def test_the_engine_copies_what_the_record_says_not_what_it_would_find(analyzer: Any, astronaut_photo: Path) -> None:
    """A face that a user removed has no box, one that was added has."""
    read = analyzer.load(astronaut_photo, Upright(512, 512, 0))
    corrected = record((20.0, 300.0, 80.0, 90.0), age=61.0)
    pixels = np.asarray(Image.open(BytesIO(annotated_copy(corrected, read.pixels, read.metadata)))).astype(int)
    changed = np.abs(pixels - read.pixels.astype(int)).max(axis=2) > 90
    rows, columns = np.nonzero(changed)
    assert len(rows) > 100
    assert columns.max() < 140  # nothing near the face, which is in the middle
    with pytest.raises(ImageError, match="has changed"):
        analyzer.load(astronaut_photo, Upright(400, 512, 0))
