"""The average of runs: what it is made of, and what cannot be averaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from training.average import average
from training.network import AgeNetwork
from training.train import load_checkpoint, write_checkpoint

CONFIG: dict[str, Any] = {"backbone": "resnet18", "input_size": 32, "collections": {"utkface": 1.0}, "zoom": 1.0}


def checkpoint(path: Path, seed: int, **changes: Any) -> Path:
    torch.manual_seed(seed)
    config = CONFIG | {"name": path.stem} | changes
    network = AgeNetwork(config["backbone"], 32, tuple(config["collections"]))
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.normal_()
    write_checkpoint(path, {"config": config, "step": seed, "ema": network.state_dict(), "optimizer": {}})
    return path


def test_the_mean_of_two(tmp_path: Path) -> None:
    one, other = checkpoint(tmp_path / "one.pt", 1), checkpoint(tmp_path / "other.pt", 2, input_size=64)
    average([one, other], tmp_path / "averaged.pt")
    first, second, found = (load_checkpoint(tmp_path / f"{name}.pt") for name in ("one", "other", "averaged"))
    assert found.input_size == 64
    for name, value in found.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value, (first.state_dict()[name] + second.state_dict()[name]) / 2), name
    state = torch.load(tmp_path / "averaged.pt", weights_only=True)
    assert [(run["config"]["name"], run["steps"]) for run in state["averaged"]] == [("one", 1), ("other", 2)]
    assert "optimizer" not in state


def test_three_count_alike(tmp_path: Path) -> None:
    paths = [checkpoint(tmp_path / f"{seed}.pt", seed) for seed in range(3)]
    average(paths, tmp_path / "averaged.pt")
    weights = [load_checkpoint(path).heads[0].weight for path in [*paths, tmp_path / "averaged.pt"]]
    assert torch.allclose(weights[3], torch.stack(weights[:3]).mean(0), atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"backbone": "resnet50"}, "backbone is resnet50, but resnet18 in"),
        ({"collections": {"utkface": 0.5, "aaf": 0.5}}, "collections is"),
        ({"zoom": 1.1}, "zoom is 1.1"),
    ],
)
def test_different_networks_have_no_mean(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    paths = [checkpoint(tmp_path / "one.pt", 1, **changes), checkpoint(tmp_path / "other.pt", 2)]
    with pytest.raises(ValueError, match=complaint):
        average(paths, tmp_path / "averaged.pt")
    assert not (tmp_path / "averaged.pt").exists()


def test_one_is_no_average(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two checkpoints at least"):
        average([checkpoint(tmp_path / "one.pt", 1)], tmp_path / "averaged.pt")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.pt").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no checkpoint"):
        average([checkpoint(tmp_path / "one.pt", 1), tmp_path / "other.pt"], tmp_path / "averaged.pt")
