"""Real photos through the real models."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import ArrayLike, NDArray
from PIL import ExifTags, Image

from engine import Analyzer, ImageReport, Limits
from engine.alignment import estimate_similarity
from engine.analyzer import NO_MEMORY, problem_of
from engine.detector import Detection
from engine.image import ImageError
from engine.report import Upright


def centre(report: ImageReport) -> tuple[float, float]:
    x, y, width, height = report.faces[0].box
    return x + width / 2, y + height / 2


def test_a_library_that_fails_on_a_photo_is_told_in_its_report(
    analyzer: Analyzer, group_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("out of tensors")

    monkeypatch.setattr(analyzer, "_estimate", fail)
    report = analyzer.analyze(group_photo)
    assert (report.path, report.status) == (str(group_photo), "error")
    assert report.error is not None
    assert (report.error.code, "out of tensors" in report.error.message) == ("crashed", True)


def test_a_lack_of_memory_anywhere_means_that_the_photo_is_too_large() -> None:
    assert problem_of(MemoryError()) == NO_MEMORY


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Analyzer(limits=3), TypeError, "limits must be Limits, not 3"),
        (lambda: Analyzer(limits={}), TypeError, "limits must be Limits, not {}"),
        (lambda: Analyzer(threads=1.5), TypeError, "threads must be a whole number, not 1.5"),
        (lambda: Analyzer(threads=0), ValueError, "threads must be at least 1, not 0"),
        (lambda: Limits(pixels=1e6), TypeError, "pixels must be a whole number, not 1000000.0"),
        (lambda: Limits(file_bytes=-1), ValueError, "file_bytes must not be negative, as -1 is"),
    ],
)
def test_a_programmers_error_is_told_at_once(make: Callable[[], object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(said)}$"):
        make()


def test_group_photo(analyzer: Analyzer, group_photo: Path) -> None:
    report = analyzer.analyze(group_photo)
    assert report.status == "ok"
    assert (report.width, report.height, report.rotated) == (1280, 886, 0)
    assert len(report.faces) == 6
    for face in report.faces:
        low, high = face.age.interval(0.8)
        assert 18 < face.age.mean < 50, "these are adults"
        assert low < face.age.mean < high
        x, y, width, height = face.box
        assert 0 <= x < x + width <= 1280
        assert 0 <= y < y + height <= 886
        assert ((face.landmarks >= (x, y)) & (face.landmarks <= (x + width, y + height))).all()


def test_each_face_is_aligned_once(analyzer: Analyzer, group_photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its chip and for how much of it is in the photo."""
    estimated = []

    def counted(source: ArrayLike, target: ArrayLike) -> NDArray[np.float64]:
        estimated.append(source)
        return estimate_similarity(source, target)

    for module in ("engine.alignment", "engine.analyzer"):
        monkeypatch.setattr(f"{module}.estimate_similarity", counted, raising=False)
    faces = analyzer.analyze(group_photo).faces
    assert len(estimated) == len(faces) > 1


def test_astronaut(analyzer: Analyzer, astronaut_photo: Path) -> None:
    report = analyzer.analyze(astronaut_photo)
    assert len(report.faces) == 1
    assert 25 < report.faces[0].age.mean < 50
    assert centre(report) == pytest.approx((225, 130), abs=25)
    assert report.faces[0].warnings == ()
    assert set(report.milliseconds) == {"decode", "detect", "align", "age", "total"}


def test_a_box_ends_where_the_photo_ends(
    analyzer: Analyzer, astronaut_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = analyzer.analyze(astronaut_photo).faces
    for box, inside in (
        ((-10.0, -20.0, 80.0, 90.0), (0, 0, 70, 70)),
        ((480.0, 470.0, 80.0, 90.0), (480, 470, 32, 42)),
        ((600.0, -90.0, 50.0, 60.0), (511, 0, 1, 1)),
        ((-90.0, 600.0, 50.0, 60.0), (0, 511, 1, 1)),
    ):
        face = Detection(box, found.landmarks, 0.9)
        monkeypatch.setattr(analyzer._detector, "detect", lambda _, face=face: [face])
        (face_inside,) = analyzer.analyze(astronaut_photo).faces
        assert face_inside.box == inside


def test_a_face_of_24_pixels_gets_an_age(
    analyzer: Analyzer, astronaut: NDArray[np.uint8], astronaut_photo: Path, tmp_path: Path
) -> None:
    plain = analyzer.analyze(astronaut_photo).faces[0]
    side = round(512 * 24 / plain.box[2])
    photo = Image.new("RGB", (600, 450), "gray")
    photo.paste(Image.fromarray(astronaut).resize((side, side), Image.Resampling.LANCZOS), (200, 150))
    photo.save(tmp_path / "small.png")
    (face,) = analyzer.analyze(tmp_path / "small.png").faces
    assert face.box[2] == pytest.approx(24, abs=2)
    assert face.age.mean == pytest.approx(plain.age.mean, abs=8)
    assert "small" in face.warnings


def test_a_face_cut_off_by_the_edge_gets_a_warning(
    analyzer: Analyzer, astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    """The edge passes through the middle of the face, and then beside it."""
    for right, expected in ((224, ("turned",)), (290, ())):
        Image.fromarray(astronaut[:, :right]).save(tmp_path / "cut.png")
        (face,) = analyzer.analyze(tmp_path / "cut.png").faces
        assert face.warnings == expected


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
def test_eight_orientations_give_the_same_face(
    analyzer: Analyzer, astronaut: NDArray[np.uint8], astronaut_photo: Path, tmp_path: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    TURNED[orientation](Image.fromarray(astronaut)).save(tmp_path / "a.png", exif=exif)
    report, plain = analyzer.analyze(tmp_path / "a.png"), analyzer.analyze(astronaut_photo)
    assert report.rotated == 0
    assert report.faces[0].box == pytest.approx(plain.faces[0].box, abs=0.01)
    assert report.faces[0].age.mean == pytest.approx(plain.faces[0].age.mean, abs=0.01)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("suffix", ["png", "jpg", "heic"])
def test_a_turned_photo_without_a_tag_is_found(
    analyzer: Analyzer, astronaut: NDArray[np.uint8], astronaut_photo: Path, tmp_path: Path, turn: int, suffix: str
) -> None:
    wide = np.ascontiguousarray(astronaut[:400])
    # np.rot90 turns counterclockwise: the extra clockwise turn that undoes it is `turn`.
    for name, pixels in {"upright": wide, "turned": np.rot90(wide, turn // 90)}.items():
        image = Image.fromarray(pixels)
        # Lossless: a turned JPEG would lose different detail than an upright one, which is not what is tested.
        better = {"quality": -1} if suffix == "heic" else {}
        (pillow_heif.from_pillow(image) if suffix == "heic" else image).save(tmp_path / f"{name}.{suffix}", **better)
    report = analyzer.analyze(tmp_path / f"turned.{suffix}")
    upright = analyzer.analyze(tmp_path / f"upright.{suffix}")
    assert report.rotated == turn
    assert (report.width, report.height) == (512, 400)
    assert centre(report) == pytest.approx(centre(upright), abs=4)
    assert report.faces[0].age.mean == pytest.approx(upright.faces[0].age.mean, abs=3)


def test_a_turned_group_is_found_though_something_in_it_looks_like_an_upright_face(
    analyzer: Analyzer, group_photo: Path, tmp_path: Path
) -> None:
    with Image.open(group_photo) as photo:
        turned = photo.transpose(Image.Transpose.ROTATE_270)
    turned.save(tmp_path / "turned.jpg", quality=95)
    report = analyzer.analyze(tmp_path / "turned.jpg")
    assert (report.rotated, len(report.faces)) == (270, 6)
    # A camera's "upright" is believed, a scanner's is not; but even then no face is found twice.
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 1
    turned.save(tmp_path / "scanned.jpg", quality=95, exif=exif)
    assert analyzer.analyze(tmp_path / "scanned.jpg").rotated == 270
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = 0.01
    turned.save(tmp_path / "tagged.jpg", quality=95, exif=exif)
    tagged = analyzer.analyze(tmp_path / "tagged.jpg")
    assert tagged.rotated == 0
    for face, other in itertools.combinations(tagged.faces, 2):
        eyes = np.linalg.norm(face.landmarks[1] - face.landmarks[0])
        assert np.linalg.norm(face.landmarks - other.landmarks, axis=1).mean() > eyes / 2


def test_no_face(analyzer: Analyzer, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "gray").save(tmp_path / "grey.png")
    report = analyzer.analyze(tmp_path / "grey.png")
    assert (report.status, report.faces, report.error, report.rotated) == ("no_face", (), None, 0)
    assert (report.width, report.height) == (300, 200)


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (4000, 2)])
def test_strange_shapes(analyzer: Analyzer, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "gray").save(tmp_path / "strange.png")
    assert analyzer.analyze(tmp_path / "strange.png").status == "no_face"


def test_bad_files_are_reported_not_raised(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    for path, code in {tmp_path / "none.jpg": "not_found", tmp_path / "text.jpg": "unsupported_format"}.items():
        report = analyzer.analyze(path)
        assert report.status == "error"
        assert report.error is not None
        assert report.error.code == code
        assert report.path == str(path)


def test_a_path_of_bytes_is_one(analyzer: Analyzer, tmp_path: Path) -> None:
    report = analyzer.analyze(os.fsencode(tmp_path / "none.jpg"))  # type: ignore[arg-type]
    assert (report.path, report.error.code) == (str(tmp_path / "none.jpg"), "not_found")  # type: ignore[union-attr]
    with pytest.raises(TypeError):
        analyzer.analyze(3)  # type: ignore[arg-type]


def test_inspection_shows_what_was_analysed(analyzer: Analyzer, astronaut: NDArray[np.uint8], tmp_path: Path) -> None:
    Image.fromarray(np.rot90(astronaut[:400])).save(tmp_path / "turned.png")
    inspection = analyzer.inspect(tmp_path / "turned.png")
    assert inspection.pixels is not None
    assert np.array_equal(inspection.pixels, astronaut[:400])
    assert inspection.chips.shape == (1, 200, 200, 3)


def test_a_face_in_a_drawn_box_is_the_one_that_is_found_there(analyzer: Analyzer, astronaut_photo: Path) -> None:
    report = analyzer.analyze(astronaut_photo)
    (found,) = report.faces
    x, y, width, height = found.box
    upright = Upright(report.width, report.height, report.rotated)
    face, chip, _ = analyzer.face_in(astronaut_photo, upright, (x - 20, y - 20, width + 40, height + 40))
    assert chip.shape == (200, 200, 3)
    assert face.box == pytest.approx(found.box, abs=0.1 * width)
    assert np.abs(face.landmarks - found.landmarks).max() < 0.06 * width
    assert face.age.mean == pytest.approx(found.age.mean, abs=6)
    assert face.warnings == found.warnings


def test_where_none_is_found_the_box_counts_as_drawn_and_is_doubted(analyzer: Analyzer, astronaut_photo: Path) -> None:
    upright = Upright(512, 512, 0)
    face, chip, _ = analyzer.face_in(astronaut_photo, upright, (330.0, 300.0, 90.0, 110.0))
    assert face.box == (330.0, 300.0, 90.0, 110.0)
    assert face.score == 0
    assert "low_score" in face.warnings
    assert "turned" not in face.warnings
    assert chip.shape == (200, 200, 3)
    inside = (face.landmarks > (330, 300)) & (face.landmarks < (420, 410))
    assert inside.all()
    over_the_edge, *_ = analyzer.face_in(astronaut_photo, upright, (480.0, 490.0, 90.0, 110.0))
    assert over_the_edge.box == (480.0, 490.0, 32.0, 22.0)
    assert (over_the_edge.landmarks < 512).all()


def test_a_drawn_box_in_a_photo_that_has_changed(analyzer: Analyzer, astronaut_photo: Path) -> None:
    with pytest.raises(ImageError, match="has changed"):
        analyzer.face_in(astronaut_photo, Upright(512, 511, 0), (330.0, 300.0, 90.0, 110.0))
