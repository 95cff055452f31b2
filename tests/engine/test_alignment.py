"""Similarity transforms, and what is cut out under them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.alignment import CHIP_BOX, align, cut_out, estimate_similarity, landmarks_in, share_inside

FACE = np.array([(60.4, 61.5), (137.3, 60.4), (98.3, 100.8), (65.4, 136.5), (130.0, 135.2)])


def similarity(scale: float, degrees: float, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    turn = math.radians(degrees)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return np.array([(cos, -sin, x), (sin, cos, y)])


def apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ matrix[:, :2].T + matrix[:, 2]


def ramp(height: int, width: int) -> NDArray[np.uint8]:
    """Red tells the column, green the row, so that every pixel says where it comes from."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, np.zeros_like(rows)], axis=2).astype(np.uint8)


def test_points_that_are_there_already_stay() -> None:
    assert estimate_similarity(FACE, FACE) == pytest.approx(np.eye(2, 3), abs=1e-12)


@pytest.mark.parametrize("degrees", [0, 30, -90, 180, 137])
@pytest.mark.parametrize("scale", [0.02, 1.0, 35.0])
def test_a_known_transform_is_found(scale: float, degrees: float) -> None:
    matrix = similarity(scale, degrees, 410.5, -77.25)
    assert estimate_similarity(FACE, apply(matrix, FACE)) == pytest.approx(matrix, abs=1e-9)


def test_two_points_are_enough() -> None:
    matrix = similarity(3, 45, 7, 8)
    assert estimate_similarity(FACE[:2], apply(matrix, FACE[:2])) == pytest.approx(matrix)


def test_no_other_transform_fits_better() -> None:
    target = apply(similarity(1.3, 20, 5, 6), FACE) + np.random.default_rng(3).normal(0, 5, FACE.shape)
    # x' = a x - b y + c, y' = b x + a y + d, solved in another way than by the code under test.
    x, y, one, zero = FACE[:, 0], FACE[:, 1], np.ones(5), np.zeros(5)
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, c, d = np.linalg.lstsq(system, target.T.ravel(), rcond=None)[0]
    assert estimate_similarity(FACE, target) == pytest.approx(np.array([(a, -b, c), (b, a, d)]))


def test_a_face_is_never_mirrored() -> None:
    mirrored = FACE * (-1, 1)
    linear = estimate_similarity(mirrored, FACE)[:, :2]
    assert np.linalg.det(linear) > 0
    assert linear[0, 0] == pytest.approx(linear[1, 1])
    assert linear[0, 1] == pytest.approx(-linear[1, 0])


@pytest.mark.parametrize("place", [0.0, 0.1, 33.3, -1234.567])
def test_points_in_one_place_determine_nothing(place: float) -> None:
    for source, target in ((np.full((5, 2), place), FACE), (FACE, np.full((5, 2), place))):
        with pytest.raises(ValueError, match="do not determine"):
            estimate_similarity(source, target)


def test_a_mirror_image_in_which_every_turn_is_as_bad_determines_nothing() -> None:
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    with pytest.raises(ValueError, match="do not determine"):
        estimate_similarity(square, square * (-1, 1))


@pytest.mark.parametrize(
    ("source", "target", "complaint"),
    [
        (FACE, FACE[:4], "one shape"),
        (FACE[:1], FACE[:1], "one shape"),
        (FACE[:, :1], FACE[:, :1], "one shape"),
        (FACE.ravel(), FACE.ravel(), "one shape"),
        (FACE * np.nan, FACE, "finite"),
        (FACE, FACE + np.inf, "finite"),
    ],
)
def test_what_are_no_points(source: NDArray[np.float64], target: NDArray[np.float64], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        estimate_similarity(source, target)


def test_an_aligned_picture_is_left_alone() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    assert np.array_equal(align(image, FACE, FACE), image)


def test_a_quarter_turn_is_exact() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    # (x, y) of the turned picture was (199 - y, x) before, counterclockwise.
    turned = np.ascontiguousarray(np.rot90(image))
    landmarks = np.stack([FACE[:, 1], 199 - FACE[:, 0]], axis=1)
    assert np.array_equal(align(turned, landmarks, FACE), image)


@pytest.mark.parametrize("degrees", [0, -35, 90, 170])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0, 11.0])
def test_landmarks_come_to_lie_on_the_template(scale: float, degrees: float) -> None:
    middle = np.array([1300.0, 1100.0])
    matrix = similarity(scale, degrees)
    matrix[:, 2] = middle - apply(matrix, np.array([[99.5, 99.5]]))[0]
    landmarks = apply(matrix, FACE)
    photo = np.zeros((2200, 2600, 3), np.uint8)
    for x, y in landmarks.round().astype(int).tolist():
        cv2.circle(photo, (x, y), max(2, round(4 * scale)), (255, 255, 255), -1)
    chip = align(photo, landmarks.round(), FACE).astype(float).mean(axis=2)
    rows, columns = np.mgrid[:200, :200]
    for x, y in FACE:
        near = chip * (np.hypot(columns - x, rows - y) < 15)
        centre = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
        assert centre == pytest.approx((x, y), abs=0.2 + 0.7 / scale)


@pytest.mark.parametrize("scale", [3.0, 1.0, 0.7, 0.45, 0.2, 0.1])
def test_nothing_is_shifted_at_any_scale(scale: float) -> None:
    # (99.5, 99.5) of a photo whose pixels tell their place goes to the middle of the result.
    size = round(120 * scale)
    middle = (size - 1) / 2
    matrix = similarity(scale, 0, middle - scale * 99.5, middle - scale * 99.5)
    result = cut_out(ramp(200, 200), matrix, size).astype(float)
    places = 99.5 + (np.arange(size) - middle) / scale
    assert result[..., 0] == pytest.approx(np.tile(places, (size, 1)), abs=1.05)
    assert result[..., 1] == pytest.approx(np.tile(places, (size, 1)).T, abs=1.05)


@pytest.mark.parametrize("scale", [1.0, 0.2])
def test_edge_pixels_go_on(scale: float) -> None:
    # Half of the result lies to the left of the photo, half of it above.
    result = cut_out(ramp(200, 200), similarity(scale, 0, 50, 50), 100)
    assert result[:45, :45].max() <= 2
    assert result[60:, :45, 0].max() <= 2
    assert result[:45, 60:, 1].max() <= 2
    assert result[80, 20, 1] == pytest.approx((80 - 50) / scale, abs=2)


@pytest.mark.parametrize(("x", "y"), [(-5000, -5000), (5000, 40), (40, 5000), (5000, 5000)])
def test_a_face_outside_the_photo_gets_the_colour_of_the_edge(x: int, y: int) -> None:
    result = cut_out(ramp(80, 120), similarity(1, 0, -x, -y), 50)
    assert result[..., 0] == pytest.approx(np.clip(x + np.arange(50), 0, 119)[None].repeat(50, 0), abs=1)
    assert result[..., 1] == pytest.approx(np.clip(y + np.arange(50), 0, 79)[:, None].repeat(50, 1), abs=1)


def test_or_a_grey_that_was_asked_for() -> None:
    result = cut_out(np.full((100, 100, 3), 255, np.uint8), similarity(1, 0, 50, 50), 100, fill=127)
    assert (result[:50] == 127).all()
    assert (result[:, :50] == 127).all()
    assert (result[50:, 50:] == 255).all()


@pytest.mark.parametrize("period", [2, 3, 5])
def test_fine_patterns_become_grey_not_noise(period: int) -> None:
    side = 2000
    stripes = (np.add.outer(np.arange(side), np.arange(side)) % period < 1) * 255
    photo = np.repeat(stripes[..., None], 3, axis=2).astype(np.uint8)
    matrix = similarity(0.097, 7, 5, -3)
    naive = cv2.warpAffine(photo, matrix, (150, 150), flags=cv2.INTER_LINEAR)[40:120, 40:120]
    result = cut_out(photo, matrix, 150)[40:120, 40:120]
    assert naive.std() > 25, "a plain warp turns this pattern into noise"
    assert result.std() < 8
    assert result.mean() == pytest.approx(255 / period, abs=2)


def test_a_reduction_keeps_what_can_be_seen() -> None:
    # Stripes of 4 pixels in the result are coarse enough: they must not be averaged away.
    stripes = np.where(np.arange(2000) // 40 % 2, 255, 0)
    photo = np.tile(stripes[None, :, None], (2000, 1, 3)).astype(np.uint8)
    assert cut_out(photo, similarity(0.1, 0), 200).std() > 90


@pytest.mark.parametrize(("scale", "overshoots"), [(3.0, True), (0.7, False)])
def test_enlarging_is_cubic_and_reducing_linear(scale: float, overshoots: bool) -> None:
    """Only cubic interpolation goes beyond the values on either side of an edge."""
    edge = np.where(np.arange(100) < 50, 50, 200)
    photo = np.tile(edge[None, :, None], (100, 1, 3)).astype(np.uint8)
    side = round(100 * scale)
    result = cut_out(photo, similarity(scale, 0), side)
    assert (result.min() < 50, result.max() > 200) == (overshoots, overshoots)


def test_a_box_without_landmarks_is_aligned_as_an_upright_face() -> None:
    x, y, width, height = 19.0, -10.0, 161.0, 196.0  # where the detector sees the face in a chip
    landmarks = landmarks_in((300 + 2 * x, 500 + 2 * y, 2 * width, 2 * height), FACE)
    assert landmarks.dtype == np.float32
    assert landmarks == pytest.approx(FACE * 2 + (300, 500), abs=1e-3)
    wide = landmarks_in((0, 0, 2 * width, height / 2), FACE)
    assert np.ptp(wide, axis=0) == pytest.approx(np.ptp(FACE, axis=0)), "it is not stretched with its box"


@pytest.mark.parametrize("degrees", [0, 30, 180])
@pytest.mark.parametrize("scale", [0.1, 1.0, 7.0])
def test_how_much_of_a_face_is_in_the_photo(scale: float, degrees: float) -> None:
    """Of one that a photo shows whole, and of that photo without its left part."""
    x, y, width, height = CHIP_BOX
    turn = similarity(scale, degrees)
    corners = apply(turn, np.array([(x, y), (x + width, y), (x, y + height), (x + width, y + height)]))
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    landmarks = apply(turn, FACE) - (left, top) + (3, 3)
    shown = math.ceil(right - left) + 6, math.ceil(bottom - top) + 6

    def inside(points: NDArray[np.float64], width: int, height: int) -> float:
        return share_inside(estimate_similarity(points, FACE), width, height)

    assert inside(landmarks, *shown) == pytest.approx(1, abs=1e-3)
    if degrees != 30:
        for share in (0.9, 0.5, 0.0):
            cut = landmarks - (3.5 + (1 - share) * (right - left), 0)
            assert inside(cut, *shown) == pytest.approx(share, abs=1e-3)
    else:
        assert 0.3 < inside(landmarks, shown[0] // 2, shown[1]) < 0.7
