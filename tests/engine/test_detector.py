"""The detector that ships: what it finds at every size, what it leaves alone, and how it fails."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image

import engine.detector
from engine.boxes import overlap
from engine.detector import DETECTOR_FOLDER, FACE_SCORE, Detection, Detector, DetectorError

EYES_NOSE_MOUTH = [(202, 103), (248, 104), (223, 126), (203, 144), (242, 144)]
"""The astronaut's face, read off the photo."""
FACE_HEIGHT = 117.0
FACE_CENTRE = 225, 120


def centre(face: Detection) -> tuple[float, float]:
    x, y, width, height = face.box
    return x + width / 2, y + height / 2


def enlarged(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)


def test_six_faces_in_the_group_photo(detector: Detector, group_photo: Path) -> None:
    faces = detector.detect(np.asarray(Image.open(group_photo).convert("RGB")))
    middles = sorted((round(x), round(y)) for x, y in map(centre, faces))
    expected = [(112, 329), (320, 208), (517, 341), (795, 413), (959, 134), (1180, 333)]
    assert len(faces) == 6
    assert np.array(middles) == pytest.approx(np.array(expected), abs=12)


def test_a_face_in_all_its_parts(detector: Detector, astronaut: NDArray[np.uint8]) -> None:
    (face,) = detector.detect(astronaut)
    assert face.landmarks.shape == (5, 2)
    assert face.landmarks.dtype == np.float32
    assert face.landmarks == pytest.approx(np.array(EYES_NOSE_MOUTH), abs=5)
    assert centre(face) == pytest.approx(FACE_CENTRE, abs=8)
    assert face.box[3] == pytest.approx(FACE_HEIGHT, rel=0.1)
    assert FACE_SCORE < face.score <= 1
    assert [type(value) for value in (*face.box, face.score)] == [float] * 5


@pytest.mark.parametrize("height", [24, 40, 80, 200, 600])
def test_a_face_of_any_height(detector: Detector, astronaut: NDArray[np.uint8], height: int) -> None:
    scale = height / FACE_HEIGHT
    part = enlarged(astronaut[:260, 90:360], scale)
    photo = np.full((max(600, len(part)), max(800, part.shape[1]), 3), 90, np.uint8)
    photo[: part.shape[0], : part.shape[1]] = part
    (face,) = detector.detect(photo)
    assert centre(face) == pytest.approx(((FACE_CENTRE[0] - 90) * scale, FACE_CENTRE[1] * scale), abs=0.1 * height)
    assert face.box[3] == pytest.approx(height, rel=0.2)
    expected = (np.array(EYES_NOSE_MOUTH) - (90, 0)) * scale
    assert face.landmarks == pytest.approx(expected, abs=0.08 * height)


@pytest.mark.parametrize("side", [150, 1500])
def test_a_face_that_fills_the_photo(detector: Detector, astronaut: NDArray[np.uint8], side: int) -> None:
    scale = side / 96
    photo = enlarged(astronaut[72:168, 178:274], scale)
    (face,) = detector.detect(photo)
    assert face.box[3] > 0.9 * side
    assert face.landmarks == pytest.approx((np.array(EYES_NOSE_MOUTH) - (178, 72)) * scale, abs=0.08 * side)


def test_a_face_in_a_photo_on_a_face(detector: Detector, astronaut: NDArray[np.uint8]) -> None:
    # Parts of a large face are not separate faces, but something much smaller may be one.
    photo = enlarged(astronaut[:300, 60:400], 1000 / FACE_HEIGHT)
    small = enlarged(astronaut[60:190, 165:285], 100 / FACE_HEIGHT)
    photo[800 : 800 + len(small), 1000 : 1000 + small.shape[1]] = small
    assert sorted(round(face.box[3], -2) for face in detector.detect(photo)) == [100, 1000]


def test_small_faces_in_a_large_photo(detector: Detector, astronaut: NDArray[np.uint8]) -> None:
    photo = np.full((3000, 4000, 3), 120, np.uint8)
    part = enlarged(astronaut[:260, 90:360], 70 / FACE_HEIGHT)
    places = [(100, 100), (2700, 3700), (1500, 2000)]
    for y, x in places:
        photo[y : y + part.shape[0], x : x + part.shape[1]] = part
    found = sorted(round(centre(face)[1]) for face in detector.detect(photo))
    assert found == pytest.approx(sorted(y + FACE_CENTRE[1] * 70 / FACE_HEIGHT for y, _ in places), abs=6)


def test_a_tilted_face_has_exact_landmarks(detector: Detector, astronaut: NDArray[np.uint8]) -> None:
    matrix = cv2.getRotationMatrix2D(FACE_CENTRE, 40, 1.0)
    tilted = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,), (upright,) = detector.detect(np.asarray(tilted, np.uint8)), detector.detect(astronaut)
    back = (face.landmarks - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    assert back == pytest.approx(upright.landmarks, abs=0.05 * FACE_HEIGHT)


@pytest.mark.parametrize(
    "photo",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.full((1, 1, 3), 90, np.uint8),
        np.full((2, 3000, 3), 90, np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8),
        np.tile((np.arange(600) // 20 % 2 * 255)[None, :, None], (400, 1, 3)).astype(np.uint8),
    ],
    ids=["black", "white", "pixel", "strip", "noise", "stripes"],
)
def test_no_face_where_there_is_none(detector: Detector, photo: NDArray[np.uint8]) -> None:
    assert detector.detect(photo) == []


def test_the_best_face_comes_first(detector: Detector, group_photo: Path) -> None:
    faces = detector.rate(np.asarray(Image.open(group_photo).convert("RGB").resize((640, 443))))
    scores = [face.score for face in faces]
    assert len(scores) >= 6
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "photo",
    [
        np.zeros((200, 200, 3), np.float32),
        np.zeros((200, 200), np.uint8),
        np.zeros((200, 200, 4), np.uint8),
        np.zeros((1, 200, 200, 3), np.uint8),
        np.zeros((0, 200, 3), np.uint8),
    ],
)
def test_what_is_no_photo(detector: Detector, photo: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"uint8 of shape \(H, W, 3\)"):
        detector.detect(photo)


def test_insightface_gets_its_colours_in_its_order() -> None:
    class Model:
        """Notes what it is shown, and finds nothing."""

        def __init__(self) -> None:
            self.center_cache: dict[object, object] = {}
            self.seen: list[list[int]] = []

        def detect(self, image: NDArray[np.uint8], input_size: tuple[int, int]) -> tuple[object, object]:
            assert input_size == image.shape[1::-1]
            assert self.center_cache == {}, "it grows with every size of a photo"
            self.center_cache[input_size] = image
            self.seen.append(image[image.shape[0] // 2, image.shape[1] // 2].tolist())
            return np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)

    model = Model()
    assert Detector(model, "stand-in").detect(np.full((1500, 1500, 3), (200, 100, 50), np.uint8)) == []
    assert model.seen == [[50, 100, 200]] * 2, "a coarse and a fine look, blue first"


def test_no_photo_is_resized_behind_our_back() -> None:
    # insightface fits a picture into the input by this calculation; with any other result it resizes to one row less.
    for height in (1, 100, 128, 443, 886, 1999, 3000):
        for width in range(1, 4100, 7):
            rows, columns = engine.detector._input_shape(height, width)
            assert rows >= max(height, 128)
            assert columns >= max(width, 128)
            assert rows % 32 == columns % 32 == 0
            assert int(columns * (rows / columns)) == rows


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """All requests to the network, which is out of reach; insightface's own folder is an empty one."""
    asked: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        asked.append(arguments)
        raise OSError("the network is out of reach")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "home").mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    return asked


def network(outputs: int) -> bytes:
    """An ONNX network that is none of insightface's."""
    shape: list[str | int | None] = [1, 3, "height", "width"]
    names = [f"out_{number}" for number in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["image"], [name]) for name in names],
        "foreign",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.mark.parametrize("name", ["missing", "buffalo_l"])
def test_a_missing_folder(offline: list[object], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DetectorError, match=rf"^There is no face detector \(an \.onnx file\) in the folder {name}\.$"):
        Detector.load(Path(name))
    assert not list((tmp_path / "home").iterdir())
    assert offline == []


def test_a_clone_before_its_set_up(monkeypatch: pytest.MonkeyPatch, offline: list[object], tmp_path: Path) -> None:
    monkeypatch.setattr(engine.detector, "DETECTOR_FOLDER", tmp_path)
    with pytest.raises(DetectorError, match=r"bundled face detector is missing\. Install Agelens again"):
        Detector.load()
    assert offline == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"no network at all", "no usable face detector in the folder .+: .+"),
        (b"", "no usable face detector in the folder .+: .+"),
        (network(outputs=1), "no usable face detector in the folder .+: none of its .onnx files is one"),
        (network(outputs=10), "gives no landmarks"),
    ],
    ids=["text", "empty", "another network", "no landmarks"],
)
def test_a_foreign_file(offline: list[object], tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(DetectorError, match=complaint):
        Detector.load(tmp_path)
    assert offline == []


def test_an_altered_detector_is_refused(offline: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(DETECTOR_FOLDER, tmp_path / "detector")
    model = onnx.load(folder / "centerface.onnx")
    model.producer_name = "somebody else"
    onnx.save(model, folder / "centerface.onnx")
    with pytest.raises(DetectorError, match="no usable face detector"):
        Detector.load(folder)
    monkeypatch.setattr(engine.detector, "DETECTOR_FOLDER", folder)
    with pytest.raises(DetectorError, match=r"^The bundled .+: .+ delete the folder .+ `python3 dev.py setup`"):
        Detector.load()
    assert offline == []


def test_loading_asks_nothing_of_the_network(offline: list[object], tmp_path: Path) -> None:
    # Without the manifest, the brackets would mislead insightface's search for files.
    folder = shutil.copytree(DETECTOR_FOLDER, tmp_path / "größe [1]")
    loaded = Detector.load(folder)
    assert loaded.name == "centerface"
    assert loaded.provider.endswith("ExecutionProvider")
    assert offline == []
    assert not list((tmp_path / "home").iterdir())


@pytest.mark.parametrize("path", [".", "..", "../mine"])
def test_a_detector_has_its_folders_name(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine" / ("sub" if path == ".." else "")
    folder.mkdir(parents=True)
    shutil.copy(DETECTOR_FOLDER / "centerface.onnx", tmp_path / "mine")
    monkeypatch.chdir(folder)
    assert Detector.load(Path(path)).name == "mine"


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.7])
@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_a_box_drawn_by_hand_leads_to_its_face(
    detector: Detector, astronaut: NDArray[np.uint8], factor: float, shift: float
) -> None:
    """Neither its size nor its place need fit well."""
    (face,) = detector.detect(astronaut)
    x, y, width, height = face.box
    middle = x + width * (0.5 + shift), y + height / 2
    drawn = (middle[0] - factor * width / 2, middle[1] - factor * height / 2, factor * width, factor * height)
    found = detector.look_at(astronaut, drawn)
    assert found is not None
    assert overlap(found.box, face.box) > 0.75
    assert np.abs(found.landmarks - face.landmarks).max() < 0.06 * width


def test_a_box_drawn_beside_a_surer_face_leads_to_the_one_that_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = 90.0, 90.0, 120.0, 125.0
    left, top = 30, 27  # of the surroundings that are searched
    landmarks = np.zeros((5, 2), np.float32)
    meant = Detection((100.0, 100.0, 80.0, 100.0), landmarks, 0.35)
    again = Detection((102.0, 98.0, 80.0, 100.0), landmarks, 0.3)
    other = Detection((165.0 - left, 95.0 - top, 85.0, 105.0), landmarks, 0.9)
    surer = Detection((98.0 - left, 104.0 - top, 70.0, 90.0), landmarks, 0.4)
    photo = np.full((400, 400, 3), 90, np.uint8)
    detector = Detector(None, "stand-in")
    for around, straight, found in (
        ([other], meant, meant.box),
        ([other, surer], again, (98.0, 104.0, 70.0, 90.0)),  # of two looks at one face, the surer one
        ([other], None, (165.0, 95.0, 85.0, 105.0)),
    ):
        monkeypatch.setattr(detector, "rate", lambda _, around=around: around)
        monkeypatch.setattr(detector, "_look_again", lambda *_, straight=straight: straight)
        answer = detector.look_at(photo, drawn)
        assert answer is not None
        assert answer.box == found
    faint = Detection(meant.box, landmarks, 0.15)
    monkeypatch.setattr(detector, "rate", lambda _: [faint])
    monkeypatch.setattr(detector, "_look_again", lambda *_: faint)
    assert detector.look_at(photo, drawn) is None, "the landmarks of so faint a face are worthless"


def test_a_box_where_there_is_no_face_leads_to_none(detector: Detector, astronaut: NDArray[np.uint8]) -> None:
    """Even beside a face, and at the photo's edge."""
    for box in ((330.0, 300.0, 90.0, 110.0), (0.0, 0.0, 60.0, 70.0), (480.0, 490.0, 32.0, 22.0)):
        assert detector.look_at(astronaut, box) is None
    (face,) = detector.detect(astronaut)
    x, y, width, height = face.box
    assert detector.look_at(astronaut, (x + 1.2 * width, y, width, height)) is None
