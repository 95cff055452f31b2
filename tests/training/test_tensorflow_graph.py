"""Arrays from frozen graphs, whatever else is in them, and files that are not graphs."""

from __future__ import annotations

import numpy as np
import pytest
from graph_double import field, frozen, node, tensor

from training.tensorflow_graph import constants


def test_arrays_by_name() -> None:
    """With any number of axes, including a single number; more than 127 bytes, so that lengths take two bytes."""
    wanted = {
        "a/weights": np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5),
        "a/mul/x": np.array(0.17, np.float32),
        "b": np.zeros(0, np.float32),
    }
    found = constants(frozen(wanted))
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert found[name].dtype == np.float32
        assert np.array_equal(found[name], array)
        assert found[name].shape == array.shape


def test_other_ways_to_write_numbers() -> None:
    """Numbers in a list, packed or one by one, and one number for all places; arrays of other types are left out."""
    halves = np.array([0.5, 1.5], np.float32).tobytes()
    one_by_one = b"".join(bytes([5 * 8 + 5]) + halves[start : start + 4] for start in (0, 4))
    graph = b"".join(
        [
            field(4, field(1, 38)),  # versions of the graph
            node("packed", "Const", tensor(1, (2, 1), field(5, halves))),
            node("single", "Const", tensor(1, (2,), one_by_one)),
            node("all", "Const", tensor(1, (3, 2), field(5, halves[4:]))),
            node("whole", "Const", tensor(3, (2,), field(4, np.array([1, 2], np.int32).tobytes()))),
            node("none", "NoOp", tensor(1, (2,), field(4, halves))),
        ]
    )
    found = constants(graph)
    assert {name: array.tolist() for name, array in found.items()} == {
        "packed": [[0.5], [1.5]],
        "single": [0.5, 1.5],
        "all": [[1.5, 1.5]] * 3,
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no graph"),
        (b"\x0a", "ends too soon"),
        (b"\x0a\xff", "ends too soon"),
        (b"\x0a\x7fshort", "ends too soon"),
        (b"\x09\x01", "ends too soon"),
        (b"\x0b", "unknown kind 3"),
        (b"\x08\x01", "a number where"),
        (field(1, field(5, field(1, b"value") + field(2, 4))), "a number where"),
        (node("a", "Const", tensor(1, (3,), field(4, b"\0" * 8))), "size"),
        (node("a", "Const", tensor(1, (2,), field(4, b"\0" * 7))), "size"),
        (field(1, field(1, b"\xff")), "decode"),
    ],
)
def test_what_is_no_graph_is_told(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        constants(content)
