"""The rewritten network against CenterFace from its package, decoded here by the paper's formulas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from insightface.app import FaceAnalysis
from numpy.typing import NDArray
from PIL import Image

from engine.detector_graph import rewrite

STRIDES = (8, 16, 32, 64, 128)

Array = NDArray[np.float32]
Run = Callable[[Array], list[Array]]


@pytest.fixture(scope="module")
def rewritten(original_network: bytes) -> bytes:
    return rewrite(original_network)


@pytest.fixture(scope="module")
def run_original(original_network: bytes) -> Run:
    """The maps heat, scale, offset and landmarks of pixels (1, 3, H, W), RGB, 0..255."""
    model = onnx.load_model_from_string(original_network)
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [*model.graph.input, *model.graph.output]:
        if value.name not in weights:  # traced with 10 pictures of 32x32
            for axis in (0, 2, 3):
                value.type.tensor_type.shape.dim[axis].dim_param = f"{value.name}_{axis}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # it warns about every weight
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (image,) = [value.name for value in session.get_inputs()]
    return lambda pixels: [np.asarray(found) for found in session.run(None, {image: pixels})]


@pytest.fixture(scope="module")
def run_rewritten(rewritten: bytes) -> Run:
    """SCRFD's 15 outputs for the same pixels."""
    session = onnxruntime.InferenceSession(rewritten, providers=["CPUExecutionProvider"])
    (image,) = [value.name for value in session.get_inputs()]
    return lambda pixels: [np.asarray(found) for found in session.run(None, {image: (pixels - 127.5) / 128})]


@pytest.fixture(scope="module")
def scrfd(rewritten: bytes, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The rewritten network as insightface reads it."""
    folder = tmp_path_factory.mktemp("detector")
    (folder / "centerface.onnx").write_bytes(rewritten)
    app = FaceAnalysis(name=str(folder), allowed_modules=["detection"], providers=["CPUExecutionProvider"])
    app.prepare(ctx_id=0, det_thresh=0.3, det_size=(640, 640))
    return app.det_model


def decode(maps: list[Array]) -> tuple[Array, Array, Array]:
    """Scores (N,), boxes (N, 4) as x1, y1, x2, y2, and landmarks (N, 5, 2) in pixels of all cells, row by row."""
    heat, scale, offset, marks = (found[0].astype(np.float64) for found in maps)
    rows, columns = np.mgrid[: heat.shape[1], : heat.shape[2]]
    height, width = np.exp(scale) * 4
    x1 = (columns + offset[1] + 0.5) * 4 - width / 2
    y1 = (rows + offset[0] + 0.5) * 4 - height / 2
    boxes = np.stack([x1, y1, x1 + width, y1 + height], axis=-1)
    landmarks = np.stack([marks[1::2] * width + x1, marks[0::2] * height + y1], axis=-1)  # y comes before x
    return heat.ravel(), boxes.reshape(-1, 4), landmarks.transpose(1, 2, 0, 3).reshape(-1, 5, 2)


def faces_in(maps: list[Array], threshold: float) -> list[tuple[float, Array, Array]]:
    """Score, box and landmarks of the faces: of boxes that overlap by 0.4 or more the one with the highest score."""
    scores, boxes, landmarks = decode(maps)
    kept: list[tuple[float, Array, Array]] = []
    for index in np.argsort(-scores):
        if scores[index] < threshold:
            break
        if all(overlap(boxes[index], box) < 0.4 for _, box, _ in kept):
            kept.append((float(scores[index]), boxes[index], landmarks[index]))
    return kept


def overlap(one: Array, other: Array) -> float:
    """Intersection over union."""
    corner, end = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    both = float(np.prod(np.maximum(end - corner, 0)))
    return both / (float(np.prod(one[2:] - one[:2])) + float(np.prod(other[2:] - other[:2])) - both)


def padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = (-side % 32 for side in image.shape[:2])
    return np.pad(image, ((0, rows), (0, columns), (0, 0)))


def as_input(image: NDArray[np.uint8]) -> Array:
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)


@pytest.fixture(params=["group photo", "astronaut"])
def photo(request: pytest.FixtureRequest, group_photo: Path, astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo with sides divisible by 32."""
    return padded(astronaut if request.param == "astronaut" else np.asarray(Image.open(group_photo).convert("RGB")))


def test_same_faces_as_the_original(photo: NDArray[np.uint8], run_original: Run, scrfd: Any) -> None:
    expected = faces_in(run_original(as_input(photo)), 0.3)
    height, width = photo.shape[:2]
    found, landmarks = scrfd.detect(np.ascontiguousarray(photo[..., ::-1]), input_size=(width, height))
    assert len(expected) >= (6 if width == 1280 else 1)
    assert len(found) == len(expected)
    # Both lists come highest score first.
    for box, points, (score, expected_box, expected_points) in zip(found, landmarks, expected, strict=True):
        assert box[4] == pytest.approx(score, abs=1e-3)
        assert box[:4] == pytest.approx(expected_box, abs=0.5)
        assert points == pytest.approx(expected_points, abs=0.5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (128, 224)])
def test_each_block_of_cells_answers_with_its_hottest(
    run_original: Run, run_rewritten: Run, astronaut: NDArray[np.uint8], height: int, width: int
) -> None:
    # This odd size is no multiple of the coarser strides, which insightface expects too.
    pixels = as_input(astronaut[60 : 60 + height, 150 : 150 + width])
    maps, outputs = run_original(pixels), run_rewritten(pixels)
    scores, boxes, landmarks = decode(maps)
    rows, columns = height // 8, width // 8
    cells = np.arange(len(scores)).reshape(rows, 2, columns, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    hottest = cells[np.arange(len(cells)), scores[cells].argmax(axis=1)]
    down, across = np.mgrid[:rows, :columns]
    corner = 8 * np.stack([across, down], axis=-1).reshape(-1, 2)
    assert outputs[0][:, 0] == pytest.approx(scores[hottest], abs=1e-4)
    distances = 8 * outputs[5]
    assert np.column_stack([corner - distances[:, :2], corner + distances[:, 2:]]) == pytest.approx(
        boxes[hottest], abs=0.05
    )
    assert corner[:, None] + 8 * outputs[10].reshape(-1, 5, 2) == pytest.approx(landmarks[hottest], abs=0.05)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (256, 128)])
def test_other_levels_are_there_and_silent(run_rewritten: Run, height: int, width: int) -> None:
    outputs = run_rewritten(np.full((1, 3, height, width), 99, np.float32))
    assert len(outputs) == 15
    for level, stride in enumerate(STRIDES):
        cells = (height // stride) * (width // stride)
        shapes = [outputs[level + 5 * kind].shape for kind in range(3)]
        assert shapes == [(cells, 1), (cells, 4), (cells, 10)]
        assert stride == 8 or not any(outputs[level + 5 * kind].any() for kind in range(3))


def test_every_weight_is_the_original_one(original_network: bytes, rewritten: bytes) -> None:
    before, after = (onnx.load_model_from_string(content).graph for content in (original_network, rewritten))
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in after.initializer}
    assert before.initializer
    for tensor in before.initializer:
        assert np.array_equal(weights[tensor.name], onnx.numpy_helper.to_array(tensor))
    assert [value.name for value in after.input] == ["image"], "a weight among the inputs is never folded"


def test_the_same_file_every_time(original_network: bytes, rewritten: bytes) -> None:
    assert rewrite(original_network) == rewritten
