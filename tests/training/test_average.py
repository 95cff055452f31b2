"""Averaging a run's weights with those that it started from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from training import face_weights
from training.__main__ import main
from training.average import average, between
from training.card import card, terms_of
from training.checkpoints import load_checkpoint
from training.config import Config
from training.data import Faces
from training.face_weights import source_of
from training.files import read_json
from training.gate import exchange
from training.train import Trainer

MakeConfig = Callable[..., Config]

BOTH = {"utkface": 0.5, "aaf": 0.5}
RUNS = ("cpu", "strangers", "pupil", "mixed", "faces", "partner", "facenet")
"""The two runs in the pair of `mixed` and `facenet`, and all that they build upon."""


@pytest.fixture
def runs(two: list[Faces], tiny: MakeConfig, tmp_path: Path) -> Path:
    """A folder with a run `first`, and `second` that followed it for a few steps."""
    Trainer(tiny(collections=BOTH), two, [], tmp_path / "first", tmp_path).save("best.pt", everything=False)
    config = tiny(collections=BOTH, follows="first", epochs=1.0, rate=1e-2, rate_new=1e-2)
    Trainer(config, two, [], tmp_path / "second", tmp_path).run()
    return tmp_path


def test_weights_lie_on_the_line_between_both() -> None:
    start = {"w": torch.tensor([0.0, 4.0]), "n": torch.tensor(3), "gate.weight": torch.zeros(2, 5)}
    end = {"w": torch.tensor([8.0, 0.0]), "n": torch.tensor(9), "gate.weight": torch.ones(2, 7)}
    found = between(start, end, 0.25)
    assert found["w"].tolist() == [2.0, 3.0]
    assert found["n"].item() == 9  # a count is not averaged
    assert torch.equal(found["gate.weight"], end["gate.weight"])
    assert between(start, end, 1.0)["w"].tolist() == [8.0, 0.0]
    assert between(start, end, 0.0)["w"].tolist() == [0.0, 4.0]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        between({}, {}, share)


def test_different_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="different networks: w differs"):
        between({"w": torch.zeros(2)}, {"w": torch.zeros(3)}, 0.5)
    with pytest.raises(ValueError, match="different networks: w differs"):
        between({}, {"w": torch.zeros(3)}, 0.5)


def test_the_command(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["average", str(runs / "second" / "last.pt"), "--share", "0.25", "--runs", str(runs)]
    assert main(arguments) == 0
    out = runs / "second" / "average.pt"
    assert capsys.readouterr().out.strip() == str(out)
    first, last, found = (load_checkpoint(path) for path in (runs / "first/best.pt", runs / "second/last.pt", out))
    for name, value in found.state_dict().items():
        if value.dtype.is_floating_point:
            a, b = first.state_dict()[name], last.state_dict()[name]
            assert torch.allclose(value, 0.75 * a + 0.25 * b, atol=1e-6), name
    assert not torch.equal(found.heads[0].weight, last.heads[0].weight)  # type: ignore[arg-type]


def test_a_run_that_follows_none_has_nothing_to_be_averaged_with(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["average", str(runs / "first" / "best.pt"), "--runs", str(runs)]) == 2
    assert "follows no other" in capsys.readouterr().err


def test_a_checkpoint_with_another_gate_is_refused(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`average` would write a checkpoint with a gate that nothing documents."""
    layer = load_checkpoint(runs / "second" / "last.pt").gate
    assert layer is not None
    exchange(runs / "second" / "last.pt", runs / "second" / "gated.pt", layer, {"checkpoint": "last.pt"})
    assert main(["average", str(runs / "second" / "gated.pt"), "--runs", str(runs)]) == 2
    assert "has another gate than its run" in capsys.readouterr().err


def test_the_terms_are_those_of_what_a_run_began_with_whatever_it_is_called() -> None:
    faces = source_of("weights/mobilenet_faces.npz")
    assert faces
    assert terms_of({"config": {"name": "mine", "init": faces.archive}, "steps": 1}) == [faces.terms]


def test_what_is_no_checkpoint_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.pt").write_bytes(b"no checkpoint")
    for name, said in (("x.pt", "is no checkpoint"), ("y.pt", "y.pt")):
        assert main(["average", str(tmp_path / name), "--runs", str(tmp_path)]) == 2
        assert said in capsys.readouterr().err


def test_a_new_gate_keeps_how_the_weights_were_averaged(runs: Path) -> None:
    out, gated = average(runs / "second" / "last.pt", runs, 0.25), runs / "gated.pt"
    layer = load_checkpoint(out).gate
    assert layer is not None
    exchange(out, gated, layer, {"checkpoint": "average.pt"})
    assert torch.load(gated, weights_only=True)["average"] == {"checkpoint": "last.pt", "share": 0.25}


def test_the_card_says_how() -> None:
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    made = {"checkpoint": "last.pt", "share": 0.25}
    config = info["training"]["config"]
    text = card(info | {"training": {"config": config, "steps": 1, "average": made}})
    name = config["name"]
    assert f"python -m training average runs/{name}/last.pt --share 0.25" in text


def test_the_card_names_what_a_run_builds_upon_before_it() -> None:
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    config = info["training"]["config"] | {"name": "mixed", "follows": "pupil", "teachers": ["pupil", "strangers"]}
    text = card(info | {"training": {"config": config, "steps": 1}})
    order = [line.split("/")[-1] for line in text.splitlines() if "train --config" in line]
    assert order == ["cpu.py", "strangers.py", "pupil.py", "mixed.py"]


def test_the_card_says_what_a_teacher_began_with() -> None:
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    config = info["training"]["config"] | {"name": "partner", "follows": "faces", "teachers": ["mixed", "faces"]}
    recipe = {"config": config, "steps": 1}
    text = card(info | {"training": recipe})
    commands = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    faces = source_of("weights/mobilenet_faces.npz")
    assert faces
    assert commands[:2] == list(faces.commands)
    assert terms_of(recipe)[2:] == [faces.terms]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"init": "weights/resnet50_age_start.npz"}, True),
        ({"follows": "mixed", "teachers": ["mixed"]}, True),  # `mixed` follows a run that began with it
        ({"init": "weights/resnet50_age_start.npz", "follows": "another"}, False),  # then `init` is not used
        ({"init": "weights/resnet50_imagenet.npz"}, False),
    ],
)
def test_the_terms_name_a_head_start(config: dict[str, Any], named: bool) -> None:
    terms = terms_of({"config": {"name": "mine"} | config, "steps": 1})
    assert any(text.startswith("A head start") for text in terms) is named


def test_the_card_has_no_first_weights_of_a_run_that_followed_another() -> None:
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    config = info["training"]["config"] | {"init": "unread.npz", "follows": ""}
    for follows, shown in (("", True), ("mixed", False)):
        recipe = {"config": config | {"follows": follows}, "steps": 1}
        assert ("init = 'unread.npz'" in card(info | {"training": recipe})) is shown


def test_the_card_says_how_a_teacher_was_paired() -> None:
    """Everything that led to the pair, then how it was made, each step once, even if a part of it ships again."""
    info = read_json(Path(__file__).resolve().parents[2] / "engine" / "models" / "age.json")
    config = info["training"]["config"]
    made = {"checkpoint": "last.pt", "share": 0.6}
    mixed = {"config": config | {"name": "mixed", "follows": "pupil", "teachers": ["pupil", "strangers"]}, "step": 1}
    facenet = {"config": config | {"name": "facenet", "follows": "", "teachers": ["pair"]}, "step": 1}
    facenet["config"]["backbone"] = "inception-resnet-v1"
    resnet, partner = (one | {"checkpoint": "best.pt"} for one in (mixed | {"average": made}, facenet))
    recipe = {"config": config, "steps": 1, "pair": {"share": 0.5, "resnet": resnet, "partner": partner}}
    text = card(info | {"training": recipe})
    command = "    python -m training "
    found = [line.removeprefix(command) for line in text.splitlines() if line.startswith(command)]
    trained = [one for one in found if one.startswith("train ")]
    assert trained == [f"train --config training/configs/{name}.py" for name in RUNS]
    assert found[len(RUNS) : found.index("evaluate") - 2] == [
        "average runs/mixed/last.pt --share 0.6",
        "average runs/partner/best.pt --share 0.5",
        "pair runs/mixed/average.pt runs/partner/average.pt --share 0.5 --name pair",
        "train --config training/configs/facenet.py",
        f"pair runs/mixed/average.pt runs/facenet/best.pt --share 0.5 --name {config['name']}",
    ]
    assert terms_of(recipe)[2:] == [one.terms for one in face_weights.SOURCES[:2]]

    # The next partner was taught by this pair.
    celebrities = partner | {"config": partner["config"] | {"name": "celebrities", "teachers": ["facepair"]}}
    recipe["pair"] = {"share": 0.5, "resnet": resnet, "partner": celebrities}
    text = card(info | {"training": recipe})
    found = [line.removeprefix(command) for line in text.splitlines() if line.startswith(command)]
    assert [one for one in found if one.startswith("train ")] == [
        *trained,
        "train --config training/configs/celebrities.py",
    ]
    last = found.index("train --config training/configs/celebrities.py")
    assert found[last - 1 : last + 2] == [
        "pair runs/mixed/average.pt runs/facenet/best.pt --share 0.6 --name facepair",
        "train --config training/configs/celebrities.py",
        f"pair runs/mixed/average.pt runs/celebrities/best.pt --share 0.5 --name {config['name']}",
    ]
    assert terms_of(recipe)[2:] == [one.terms for one in face_weights.SOURCES]
