"""The command line, and everything from photo shards to a model card."""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.age_model import AgeModel
from training import face_weights
from training.__main__ import main, parser
from training.backbones import BACKBONES
from training.calibrate import DEGRADED, evened, logits_of, offsets_of, softened
from training.card import NETWORKS, terms_of
from training.card import card as model_card
from training.checkpoints import load_checkpoint
from training.commands import COLLECTIONS, TERMS
from training.config import GONE, Config
from training.data import load
from training.export import rounded
from training.files import ROOT, read_json, write_json
from training.metrics import ENOUGH_PEOPLE, covered
from training.network import KNOTS, Exported
from training.pretrained import ARCHIVES


def commands() -> dict[str, argparse.ArgumentParser]:
    """Name -> parser of every command."""
    (choices,) = [action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    assert isinstance(choices, dict)
    return choices


def test_help_as_a_process() -> None:
    """It loads no matplotlib, which only `plots` needs."""
    command = [sys.executable, "-X", "importtime", "-m", "training", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in commands())
    said = done.stderr.splitlines()
    assert [line for line in said if not line.startswith("import time:")] == []
    loaded = {line.rpartition("|")[2].strip() for line in said}
    assert "torch" in loaded and "matplotlib" not in loaded


@pytest.mark.parametrize("name", commands())
def test_help_of_a_command_explains_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert commands()[name].description
    for action in commands()[name]._actions:
        assert action.help, f"{name}: {action.dest} is not explained"
        assert all(option in shown for option in action.option_strings)
        assert action.option_strings or str(action.metavar or action.dest) in shown
        takes_value = action.option_strings and action.nargs != 0 and not action.required
        if takes_value and not isinstance(action, argparse._AppendAction):
            assert "(default: " in str(action.help), f"{name}: it is not said what happens without {action.dest}"


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["train"], ["export"], ["prepare", "--layout", "unknown"]])
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m training" in capsys.readouterr().err


# A whole run


class Workplace:
    """Folders of one run, and commands in them."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.cache, self.runs, self.out = data, folder / "cache", folder / "runs", folder / "models"
        self.figures, self.page = folder / "figures", folder / "docs" / "model-card.md"

    def run(self, command: str, *more: object) -> int:
        options = {"--data": self.data, "--cache": self.cache, "--runs": self.runs}
        if command in ("export", "recover", "evaluate", "card"):
            options["--out"] = self.out
        if command in ("export", "evaluate", "card"):
            options["--figures"] = self.figures
        if command == "card":
            options["--page"] = self.page
        return main([command, *map(str, more), *(str(word) for pair in options.items() for word in pair)])


@pytest.fixture(scope="module")
def done(shards: Path, tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Every command, one after the other, on made-up photos."""
    place = Workplace(shards, tmp_path_factory.mktemp("work"))
    best, gated = place.runs / "tiny" / "best.pt", place.runs / "tiny" / "gated.pt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        patch.delenv("RANK", raising=False)
        assert place.run("prepare") == 0
        assert place.run("train", "--config", tiny_file, "--threads", 1, "--set", "seed=7") == 0
        gate = ("--photos", 9, "--further", 0.2, "--sees", "layer3", "--people", "Asian")
        assert place.run("gate", best, "--detail", 40, *gate) == 0
        assert place.run("calibrate", gated, "--detail", 40, "--flip", "--sharpness", 1.5, "--rare-from", 50) == 0
        assert place.run("export", gated, "--name", "tiny-net", "--version", "0.1", "--description", "Made up.") == 0
        assert place.run("evaluate", *COLLECTIONS) == 0
        assert place.run("card") == 0
    return place


@pytest.fixture
def info(done: Workplace) -> dict[str, Any]:
    found = read_json(done.out / "age.json")
    assert isinstance(found, dict)
    return found


@pytest.fixture
def doubled(done: Workplace, tmp_path: Path) -> Path:
    """The prepared photos, of which UTKFace's first test and its first validation photo are now copies of others."""
    cache = tmp_path / "doubled"
    shutil.copytree(done.cache, cache)
    with (cache / "utkface" / "labels.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    for split in ("val", "test"):
        next(line for line in lines if line["split"] == split)["unique"] = "0"
    with (cache / "utkface" / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return cache


def test_prepared(done: Workplace) -> None:
    assert len(load("utkface", done.cache)) == 26
    assert len(load("aaf", done.cache)) == 12


def test_trained(done: Workplace) -> None:
    with (done.runs / "tiny" / "log.csv").open(newline="", encoding="utf-8") as file:
        assert [line["step"] for line in csv.DictReader(file)] == ["4", "8", "12"]
    state = torch.load(done.runs / "tiny" / "best.pt", weights_only=True)
    assert state["config"]["seed"] == 7  # --set
    assert state["config"]["epochs"] == 4.0


def test_gated(done: Workplace) -> None:
    """The heads and the trunk are those of the run; the gate is another one, and says how it was made."""
    before, after = (torch.load(done.runs / "tiny" / name, weights_only=True) for name in ("best.pt", "gated.pt"))
    old, new = before["ema"], after["ema"]
    changed = {name for name, value in new.items() if name not in old or not torch.equal(value, old[name])}
    assert changed == {"gate.weight", "gate.bias", "people.weight", "people.bias"}
    made = {"photos": 9, "further": 0.2, "detail": 40, "sees": "layer3", "people": ["Asian"]}
    assert after["gate"] == made | {"checkpoint": "best.pt"}
    assert (after["config"], after["step"]) == (before["config"], before["step"])


def test_calibrated(done: Workplace, info: dict[str, Any]) -> None:
    calibration = read_json(done.runs / "tiny" / "gated.calibration.json")
    assert calibration.pop("of") == hashlib.sha256((done.runs / "tiny" / "gated.pt").read_bytes()).hexdigest()
    assert info["calibration"] == calibration
    assert len(calibration["temperatures"]) == len(KNOTS)
    assert (calibration["flip"], calibration["sharpness"], calibration["rare_from"]) == (True, 1.5, 50)
    assert calibration["offsets"] == offsets_of(load("utkface", done.cache).part("train").ages, 50)
    assert calibration["offsets"][100] > 0
    assert (calibration["input_size"], calibration["detail"]) == (32, 40)
    assert calibration["photos"] == 2 * (4 + 2)  # the validation photos and their degraded copies


def test_calibrated_as_it_ships(
    done: Workplace, doubled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On what the rounded network answers, for the photos to measure on and for degraded copies of them."""
    weights = tmp_path / "gated.pt"
    shutil.copy(done.runs / "tiny" / "gated.pt", weights)
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr("training.commands.fit_temperatures", lambda *got: given.append(got) or [0.5] * len(KNOTS))
    assert main(["calibrate", str(weights), "--detail", "40", "--cache", str(doubled)]) == 0
    ((logits, ages, photo_weights),) = given
    model = Exported(rounded(load_checkpoint(weights, detail=40))).eval()
    validation = [load(name, doubled).part("val", unique=True) for name in COLLECTIONS]
    expected = [logits_of(model, faces, how) for faces in validation for how in (None, DEGRADED)]
    assert [len(one) for one in expected] == [3, 3, 2, 2]
    assert np.allclose(logits, np.concatenate(expected), atol=1e-6)
    assert ages.tolist() == [age for faces in validation for age in [*faces.ages] * 2]
    # A photo of UTKFace counts like two of All-Age-Faces, before the frequent bands count for less.
    assert np.allclose(photo_weights, evened(ages, np.repeat([1.0, 0.5], [6, 4])))
    found = softened(logits, [0.5] * len(KNOTS))
    calibration = read_json(weights.with_suffix(".calibration.json"))
    assert calibration["coverage"] == pytest.approx(covered(found, ages).mean(), abs=1e-4)
    assert calibration["mae"] == pytest.approx(np.abs(found @ np.arange(101) - ages).mean(), abs=1e-4)


def test_exported(done: Workplace, info: dict[str, Any]) -> None:
    """The engine accepts the file, and it computes what the checkpoint computes."""
    assert info["sha256"] == hashlib.sha256((done.out / "age.onnx").read_bytes()).hexdigest()
    assert (info["name"], info["version"], info["weights"]) == ("tiny-net", "0.1", "Made up.")
    assert np.shape(info["template"]) == (5, 2)
    assert info["training"]["config"]["name"] == "tiny"
    shipped = AgeModel.load(done.out)
    network = rounded(load_checkpoint(done.runs / "tiny" / "gated.pt", detail=40))
    calibration = info["calibration"]
    model = Exported(network, calibration["temperatures"], True, 1.5, calibration["offsets"]).eval()
    chips = np.asarray(load("utkface", done.cache).chips)
    with torch.inference_mode():
        ours = model(torch.from_numpy(chips.copy())).numpy()
    theirs = shipped.predict(chips)
    assert np.allclose(ours, theirs, atol=2e-4)
    assert np.abs((ours - theirs) @ np.arange(101)).max() < 0.05
    assert shipped.predict(chips[:0]).shape == (0, 101)
    assert np.allclose(shipped.predict(chips[:, :, ::-1]), theirs, atol=1e-3)  # --flip


def test_what_the_export_costs_is_measured(
    done: Workplace, doubled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On UTKFace's test photos, against the network before it was rounded; what is too far off is not written."""
    out, weights = tmp_path / "out", done.runs / "tiny" / "gated.pt"
    where = ["--cache", doubled, "--out", out, "--figures", tmp_path, "--version", "1", "--description", "made up"]
    monkeypatch.setattr("training.commands.FURTHEST", -1.0)
    assert "years off the original on average" in sentence(["export", weights, *where], capsys)
    assert not out.exists()
    monkeypatch.setattr("training.commands.FURTHEST", 10.0)
    rows = np.linspace(0.5, 1.0, 101)
    shipped = (rows / rows.sum()).astype(np.float32)  # stands in for an export that answers the same for every photo
    monkeypatch.setattr(AgeModel, "predict", lambda _, chips: np.tile(shipped, (len(chips), 1)))
    assert main(["export", *map(str, [weights, *where])]) == 0
    calibration = read_json(out / "age.json")["calibration"]
    network = load_checkpoint(weights, detail=40)
    model = Exported(network, calibration["temperatures"], True, 1.5, calibration["offsets"]).eval()
    test = load("utkface", doubled).part("test", unique=True)
    with torch.inference_mode():
        ours = model(torch.from_numpy(test.chips[test.index])).numpy()
    before, after = (np.abs(rows @ np.arange(101) - test.ages).mean() for rows in (ours, shipped[None]))
    assert abs(after - before) > 0.1
    found = read_json(tmp_path / "export.json")["figures"]
    assert found["mae_loss"] == pytest.approx(after - before, abs=1e-3)


def test_evaluated(done: Workplace, info: dict[str, Any]) -> None:
    """The figures in age.json are those computed by hand on the unique test photos."""
    for name, photos in (("utkface", 4), ("aaf", 2)):
        test = load(name, done.cache).part("test", unique=True)
        found = AgeModel.load(done.out).predict(test.chips[test.index]) @ np.arange(101)
        assert info["figures"][name]["all"]["photos"] == photos
        assert info["figures"][name]["all"]["mae"] == pytest.approx(np.abs(found - test.ages).mean(), abs=1e-3)
        assert info["figures"][name]["all"]["bias"] == pytest.approx((found - test.ages).mean(), abs=1e-3)
    assert abs(info["figures"]["export"]["mae_loss"]) < 0.5
    assert info["figures"]["utkface"]["label"]
    assert info["figures"]["aaf"]["label"] == {}


def test_card(done: Workplace, info: dict[str, Any]) -> None:
    text = done.page.read_text(encoding="utf-8")
    assert "# Model card: tiny-net 0.1" in text
    for name in ("utkface", "aaf"):
        whole = info["figures"][name]["all"]
        assert f"| all | {whole['photos']} | {whole['mae']:.2f} |" in text  # with few photos no interval
        assert whole["people"] == whole["photos"] < ENOUGH_PEOPLE
    assert "python -m training train --config training/configs/tiny.py" in text
    assert "seed = 7" in text
    best, gated = "runs/tiny/best.pt", "runs/tiny/gated.pt"
    assert f"python -m training gate {best} --detail 40 --photos 9 --further 0.2 --sees layer3 --people Asian" in text
    assert "those whom UTKFace's labels call Asian" in text
    how = "--input-size 32 --detail 40 --flip --sharpness 1.5 --rare-from 50"
    assert f"python -m training calibrate {gated} {how}" in text
    assert "about the expectation of the distribution's power 1.5, before\ncalibration" in text
    assert "fewer people above 50." in text
    assert f"calibrated on {4 + 2} photos" in text  # each as it is and degraded
    described = "--description 'Made up.'"
    assert f"python -m training export {gated} --name tiny-net --version 0.1 {described}\n" in text
    assert "As far as earlier versions were measured" in text  # there may be none
    assert "these weights for non-commercial purposes only" in text


def test_the_card_tells_of_test_photos_that_are_copies_of_training_photos(
    done: Workplace, info: dict[str, Any]
) -> None:
    # The made-up photos look alike.
    found = info["figures"]["aaf"]["copies"]
    assert found == {"among": ["utkface", "aaf"], "photos": 2, "change": None}
    assert "kept in one part.\n*" in done.page.read_text(encoding="utf-8")
    found |= {"photos": 1, "change": 0.0123}
    assert (
        "kept in one part.\n  By their looks (`training.duplicates`), 50.0% of All-Age-Faces's test photos are still "
        "copies of training photos;\n  without them, the MAE would change by +0.012 years.\n*"
    ) in model_card(info)


def test_nothing_tells_the_machine(done: Workplace) -> None:
    for path in (done.out / "age.json", done.page, *done.figures.iterdir()):
        if path.suffix == ".npz":
            with np.load(path) as arrays:
                text = " ".join(str(value) for name in arrays for value in arrays[name].flat)
        else:
            text = path.read_text(encoding="utf-8")
        assert str(done.data) not in text
        assert str(done.cache.parent) not in text
        assert str(ROOT) not in text


def test_commands_can_be_repeated(done: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    """What has been done is not done again, and a card with the same figures is the same."""
    before = {path: path.read_bytes() for path in (done.page, done.out / "age.json")}
    chips = (done.cache / "utkface" / "chips.bin").stat().st_mtime_ns
    assert done.run("prepare") == 0
    assert "from before; delete that folder to prepare it anew" in capsys.readouterr().out
    assert (done.cache / "utkface" / "chips.bin").stat().st_mtime_ns == chips
    assert done.run("evaluate", *COLLECTIONS) == 0
    assert done.run("card") == 0
    assert {path: path.read_bytes() for path in before} == before


def test_evaluate_another_split(
    done: Workplace, capsys: pytest.CaptureFixture[str], tmp_path: Path, info: dict[str, Any]
) -> None:
    """Figures on photos that it learned from are kept beside those of the test part, and never shown on the card."""
    for split, photos in (("train", 18), ("val", 4), ("all", 26)):
        where = ["--cache", str(done.cache), "--out", str(done.out), "--figures", str(tmp_path)]
        assert main(["evaluate", "utkface", "--split", split, *where]) == 0
        kept = read_json(tmp_path / f"utkface-{split}.json")
        assert (kept["figures"]["all"]["photos"], kept["split"]) == (photos, split)
    assert "utkface-val" in capsys.readouterr().out
    models = tmp_path / "models"
    shutil.copytree(done.out, models)
    assert main(["card", "--out", str(models), "--figures", str(tmp_path), "--page", str(tmp_path / "card.md")]) == 0
    assert read_json(models / "age.json") == info  # what was measured elsewhere on this very model stays


def test_copies_are_not_measured(done: Workplace, doubled: Path, tmp_path: Path) -> None:
    where = ["--cache", str(doubled), "--out", str(done.out), "--figures", str(tmp_path)]
    assert main(["evaluate", "utkface", *where]) == 0
    assert read_json(tmp_path / "utkface.json")["figures"]["all"]["photos"] == 3


def test_a_model_in_another_folder_leaves_whole_photos_out(
    done: Workplace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """By default; the complete engine would measure the model that ships."""
    (tmp_path / "transfer").mkdir()
    where = ["--cache", str(done.cache), "--out", str(done.out), "--figures", str(tmp_path), "--data", str(tmp_path)]
    assert main(["evaluate", *where]) == 0
    assert "transfer: left out, as only the model that ships" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["aaf.json", "utkface.json"]
    assert "which uses the model that ships" in sentence(["evaluate", "transfer", *where], capsys)


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("evaluate", {"figures": "runs/figures"}),
        ("card", {"figures": "runs/figures", "page": "docs/model-card.md"}),
        ("plots", {"figures": "runs/figures", "page": "docs/plots.md", "pictures": "docs/images/plots"}),
    ],
)
def test_what_is_made_of_another_model_leaves_that_of_the_shipped_one_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, places: dict[str, str]
) -> None:
    seen: list[argparse.Namespace] = []
    monkeypatch.setattr(f"training.commands.{command}", seen.append)
    assert main([command]) == main([command, "--out", str(tmp_path)]) == 0
    assert main([command, "--out", str(tmp_path), "--figures", "here"]) == 0
    shipped, other, given = seen
    assert {name: getattr(shipped, name) for name in places} == {name: ROOT / path for name, path in places.items()}
    assert {name: getattr(other, name) for name in places} == {
        name: tmp_path / Path(path).name for name, path in places.items()
    }
    assert given.figures == Path("here")


def test_the_page_of_another_record_lies_beside_it(
    done: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.commands.Comparison.run", lambda *_: [])
    page = ROOT / "docs" / "comparison.md"
    before = page.stat().st_mtime_ns
    assert main(["compare", "--cache", str(done.cache), "--record", str(tmp_path / "own.json")]) == 0
    assert "from [own.json](own.json)" in (tmp_path / "own.md").read_text(encoding="utf-8")
    assert page.stat().st_mtime_ns == before


def test_a_record_is_not_replaced_by_its_page(
    done: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--cache", str(done.cache), "--record", str(tmp_path / "own.md")]) == 2
    assert "own.md cannot be both the record and its page" in capsys.readouterr().err


def test_evaluate_says_in_how_many_photos_no_face_was_found(
    done: Workplace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(done.cache / "aaf", tmp_path / "aaf")
    missed = tmp_path / "aaf" / "missed.csv"
    missed.write_text(missed.read_text() + "1.jpg,7,,,test,,1,0\n2.jpg,7,,,train,,1,0\n", encoding="utf-8")
    where = ["--cache", str(tmp_path), "--out", str(done.out), "--figures", str(tmp_path)]
    assert main(["evaluate", "aaf", *where]) == 0
    assert read_json(tmp_path / "aaf.json")["figures"]["missed"] == 1
    assert "in 1 further photos no face was found" in capsys.readouterr().out


def test_figures_of_another_model_are_not_shown(done: Workplace, tmp_path: Path, info: dict[str, Any]) -> None:
    """After a new export the old figures must not pass for those of the new model."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "age.onnx").write_bytes((done.out / "age.onnx").read_bytes())
    write_json(models / "age.json", info | {"sha256": "0" * 64, "figures": {}})  # as `export` writes it
    where = ["--out", str(models), "--figures", str(done.figures), "--page", str(tmp_path / "card.md")]
    assert main(["card", *where]) == 0
    assert read_json(models / "age.json")["figures"] == {}
    assert "| all |" not in (tmp_path / "card.md").read_text(encoding="utf-8")


def test_a_run_is_not_overwritten(done: Workplace, tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (done.runs / "tiny" / "last.pt").read_bytes()
    assert done.run("train", "--config", tiny_file, "--set", "seed=7") == 2
    assert "--resume continues it" in capsys.readouterr().err
    assert done.run("train", "--config", tiny_file, "--resume", "--set", "seed=8") == 2
    assert "another configuration" in capsys.readouterr().err
    assert (done.runs / "tiny" / "last.pt").read_bytes() == before
    # Nor is a checkpoint that may be the only copy, such as one from `recover`.
    only = done.runs / "mine" / "best.pt"
    only.parent.mkdir()
    only.write_bytes(before)
    for resume in ([], ["--resume"]):
        assert done.run("train", "--config", tiny_file, "--set", "name=mine", *resume) == 2
        assert "holds a checkpoint that no run there wrote" in capsys.readouterr().err
    assert only.read_bytes() == before


def test_prepare_of_a_table(make_shards: Callable[..., None], tmp_path: Path, astronaut_photo: Path) -> None:
    """One's own photos: whole ones, found and aligned by the engine."""
    (tmp_path / "face.png").write_bytes(astronaut_photo.read_bytes())
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.png")
    lines = "path,age,split\nface.png,42,train\nmissing.png,50,val\nwall.png,30,train\n"
    (tmp_path / "mine.csv").write_text(lines, encoding="utf-8")
    cache = tmp_path / "cache"
    where = ["--source", str(tmp_path / "mine.csv"), "--layout", "table", "--cache", str(cache)]
    assert main(["prepare", "mine", *where]) == 0
    faces = load("mine", cache)
    assert faces.ages.tolist() == [42]
    assert [row.name for row in faces.part("train", unique=True).missed] == ["wall.png"]
    assert faces.part("val").missed == ()
    assert faces.chips[0].std() > 20


# What goes wrong


def sentence(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command that must fail says."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        *((name, "choose another name") for name in ("family", "studio", "export", "transfer")),
        *((name, "without a path") for name in ("", "../evil", "a/b", "..")),
    ],
)
def test_names_that_no_collection_may_have(
    name: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card would take figures on it for those of the shipped model's, or its files would be anywhere."""
    (tmp_path / "mine.csv").write_text("path,age\na.jpg,3\n", encoding="utf-8")
    where = ["--source", tmp_path / "mine.csv", "--layout", "table", "--cache", tmp_path / "cache"]
    assert complaint in sentence(["prepare", name, *where], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_a_run_has_a_name_without_a_path(done: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--out", done.out, "--cache", done.cache, "--runs", done.runs]
    assert "without a path" in sentence(["recover", "../again", *where], capsys)


def test_commands_before_their_time(tmp_path: Path, tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each says what to run first, or what is missing."""
    where = ["--data", tmp_path, "--cache", tmp_path / "cache", "--runs", tmp_path / "runs"]
    assert "utkface is missing" in sentence(["prepare", *where], capsys)
    assert "training prepare` first" in sentence(["train", "--config", tiny_file, *where], capsys)
    assert "best.pt is missing" in sentence(["calibrate", tmp_path / "best.pt", *where], capsys)
    assert "training calibrate` first" in sentence(["export", tmp_path / "best.pt", *where, "--out", tmp_path], capsys)
    assert "age.json" in sentence(["card", *where, "--out", tmp_path, "--page", tmp_path / "card.md"], capsys)
    assert not (tmp_path / "card.md").exists()


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("bacth=3", "unknown setting bacth"), ("batch", "--set takes NAME=VALUE, not batch")],
)
def test_settings_that_are_wrong(
    done: Workplace, tiny_file: Path, capsys: pytest.CaptureFixture[str], setting: str, complaint: str
) -> None:
    assert done.run("train", "--config", tiny_file, "--set", setting) == 2
    assert complaint in capsys.readouterr().err


def test_set_takes_literals_and_text(shards: Path, toy_file: Path, tmp_path: Path) -> None:
    """Numbers, mappings and names arrive as what they are."""
    cache = ["--data", str(shards), "--cache", str(tmp_path / "cache")]
    assert main(["prepare", *cache]) == 0
    sets = ["name=other run", "batch=4", "epochs=0.5", "collections={'utkface': 1.0}", "bf16=False", "rate=1e-4"]
    arguments = [word for one in sets for word in ("--set", one)]
    assert main(["train", *cache, "--runs", str(tmp_path), "--config", str(toy_file), *arguments]) == 0
    config = torch.load(tmp_path / "other run" / "best.pt", weights_only=True)["config"]
    assert (config["batch"], config["epochs"], config["rate"]) == (4, 0.5, 1e-4)
    assert config["collections"] == {"utkface": 1.0}


WRONG = [
    pytest.param(["evaluate", "utkface", "--out", "{tmp}"], "age.json", id="no model"),
    pytest.param(["calibrate", "{tmp}/text.pt"], "text.pt", id="no checkpoint"),
    pytest.param(
        ["train", "--config", "{tiny}", "--set", "backbone=resnet19", "--runs", "{tmp}"],
        "resnet19",
        id="backbone",
    ),
    pytest.param(["train", "--config", "{tiny}", "--set", "method=square", "--runs", "{tmp}"], "square", id="method"),
    pytest.param(["train", "--config", "{tiny}", "--set", "optimizer=lion", "--runs", "{tmp}"], "lion", id="optimizer"),
    pytest.param(
        ["train", "--config", "{tiny}", "--set", "method_options={{'wide': 1}}", "--runs", "{tmp}"], "wide", id="option"
    ),
    pytest.param(
        ["train", "--config", "{tiny}", "--set", "freeze=('layer9',)", "--runs", "{tmp}"], "layer9", id="freeze"
    ),
    pytest.param(["calibrate", "{tmp}/regression.pt"], "no distribution", id="calibrate regression"),
    pytest.param(["train", "--config", "{tiny}", "--set", "batch=many", "--runs", "{tmp}"], "batch", id="type"),
    pytest.param(["prepare", "broken", "--source", "{tmp}/broken"], "broken", id="truncated shard"),
]


def test_a_calibration_of_other_weights_is_not_exported(
    done: Workplace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another gate does not touch the calibration beside the checkpoint."""
    for name in ("gated.pt", "gated.calibration.json"):
        shutil.copy(done.runs / "tiny" / name, tmp_path)
    state = torch.load(tmp_path / "gated.pt", weights_only=True)
    state["ema"]["gate.bias"] += 1
    torch.save(state, tmp_path / "gated.pt")
    where = ["--cache", done.cache, "--out", tmp_path / "out", "--version", "1", "--description", "made up"]
    assert "has changed since: run" in sentence(["export", tmp_path / "gated.pt", *where], capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("arguments", "part"), WRONG)
def test_what_else_goes_wrong_is_a_sentence_too(
    done: Workplace,
    tiny_file: Path,
    tmp_path: Path,
    make_shards: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    part: str,
) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    state = torch.load(done.runs / "tiny" / "best.pt", weights_only=True)
    for head in (0, 1):  # as with regression
        for name in (f"heads.{head}.weight", f"heads.{head}.bias"):
            state["ema"][name] = state["ema"][name][:1]
    state["config"]["method"] = "regression-l1"
    torch.save(state, tmp_path / "regression.pt")
    make_shards(tmp_path / "broken", [{}, {}, {}])
    shard = tmp_path / "broken" / "broken-0.tar"
    shard.write_bytes(shard.read_bytes()[:5000])
    words: list[object] = [word.format(tmp=tmp_path, tiny=tiny_file) for word in arguments]
    if arguments[0] != "prepare":
        words += ["--cache", done.cache]
    else:
        words += ["--cache", tmp_path / "cache"]
    assert part in sentence(words, capsys)


@pytest.mark.parametrize(("options", "expected"), [({"weight": 0.0}, "2017)"), ({"weight": 0.5}, "IJCAI 2018)")])
def test_the_card_says_what_was_trained(info: dict[str, Any], options: dict[str, float], expected: str) -> None:
    config = info["training"]["config"] | {"method_options": options}
    text = model_card(info | {"training": info["training"] | {"config": config}})
    assert f"was trained with a label distribution{' and' if options['weight'] else ''}" in text
    assert expected in text


def test_the_card_names_another_method(info: dict[str, Any]) -> None:
    config = info["training"]["config"] | {"method": "sord", "method_options": {}}
    text = model_card(info | {"training": info["training"] | {"config": config}})
    assert "was trained with the method `sord` (" in text
    assert "Gao et al." not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"init": ""}, False),
        ({"init": "imagenet"}, True),
        ({"init": "weights/resnet50_imagenet.npz"}, True),
        ({"init": "weights/resnet50_age_start.npz"}, True),
        ({"init": "imagenet", "backbone": "mobilenet-v2"}, False),
        ({"init": "weights/resnet50_imagenet.npz", "follows": "mine"}, False),
    ],
    ids=str,
)
def test_terms_of_the_weights_that_a_run_began_with(change: dict[str, str], said: bool) -> None:
    config = Config(name="mine").record() | change
    assert any("ABM-SpConv" in line for line in terms_of({"config": config, "steps": 1})) is said


def test_the_card_says_which_configurations_are_not_in_the_repository(info: dict[str, Any]) -> None:
    assert "`training/configs/` does not have tiny.py: what was set there is below" in model_card(info)
    config = info["training"]["config"] | {"name": "cpu"}
    assert "does not have" not in model_card(info | {"training": info["training"] | {"config": config}})


@pytest.mark.parametrize(
    ("change", "unseen"),
    [
        ({}, True),
        ({"teachers": ["pair", "mixed"]}, True),
        ({"collections": {"utkface": 0.5, "fgnet": 0.5}}, False),
        ({"teachers": ["of-fgnet"]}, False),  # no configuration tells what it learned from
    ],
)
def test_the_card_says_never_trained_on_where_that_is_known(
    info: dict[str, Any], change: dict[str, Any], unseen: bool
) -> None:
    config = info["training"]["config"] | change
    figures = {"family": info["figures"]["aaf"]}
    text = model_card(info | {"training": info["training"] | {"config": config}, "figures": figures})
    assert "half of FG-NET" in text
    assert ("never trained on" in text) is unseen


def test_the_card_says_where_the_ranges_do_not_hold(info: dict[str, Any]) -> None:
    """By the figures of each collection, and from band to band if all of them lie on one side."""
    ranges = {"mae_range": [4.0, 6.0], "bias_range": [2.5, 4.5], "coverage_range": [0.55, 0.7]}
    one = {"photos": 9, "mae": 5.0, "cs5": 0.5, "bias": 3.48, "coverage": 0.62, **ranges}
    most, few = one | {"bias": 6.07}, one | {"bias": 9.0, "photos": ENOUGH_PEOPLE - 1}
    family = {"all": one, "band": {"0-12": one | {"bias": 2.16}, "13-17": most, "66+": few}}
    good = family | {"all": one | {"coverage": 0.76}}

    def limits(found: dict[str, Any]) -> str:
        text = model_card(info | {"figures": {"family": found, "utkface": good}})
        return " ".join(text.split("\n## Limits\n")[1].split())

    assert "Family photos of 1950 to 2000: the range holds the labeled age in 62% of the cases, not in 80%" in limits(
        family
    )
    assert "guessed 2.2 (0-12) to 6.1 (13-17) years too old on average." in limits(family)
    family["band"]["13-17"] = one | {"bias": -0.1}
    assert "guessed 3.5 years too old on average." in limits(family)
    family["all"] = one | {"bias": -2.0}
    assert "guessed 2.0 years too young on average." in limits(family)
    assert "the range holds" not in limits(good)
    assert "the range holds" in limits(good | {"all": one | {"coverage": 0.74}})


def test_the_card_compares_kinds_of_photos_at_the_same_ages(info: dict[str, Any]) -> None:
    def found(**maes: tuple[int, float]) -> dict[str, Any]:
        few = {"cs5": 0.5, "bias": 0.0, "coverage": 0.8, "people": 1, "mae_range": [0, 9]}
        band = {name: few | {"photos": photos, "mae": mae} for name, (photos, mae) in maes.items()}
        return {"all": few | {"photos": 9, "mae": 5.0}, "band": band}

    def said(family: dict[str, Any]) -> str:
        figures = {"utkface": found(young=(10, 1.0), old=(10, 6.0)), "family": family}
        return model_card(info | {"figures": figures})

    text = said(found(young=(30, 2.0), old=(10, 9.0)))
    expected = "At these ages, by 2 age bands, UTKFace's errors would give an MAE of 2.25."
    assert text.count(expected) == text.count("At these ages") == 1
    assert "At these ages" not in said(found(young=(30, 2.0), older=(10, 9.0)))


def test_further_collections_are_no_figures_of_the_model(done: Workplace, tmp_path: Path, info: dict[str, Any]) -> None:
    models, figures = tmp_path / "models", tmp_path / "figures"
    shutil.copytree(done.out, models)
    shutil.copytree(done.figures, figures)
    shutil.copy(figures / "aaf.json", figures / "fgnet.json")
    where = ["--out", str(models), "--figures", str(figures), "--page", str(tmp_path / "card.md")]
    assert main(["card", *where]) == 0
    assert read_json(models / "age.json") == info


def test_the_card_renews_the_words_on_terms(done: Workplace, tmp_path: Path, info: dict[str, Any]) -> None:
    write_json(tmp_path / "age.json", info | {"data": ["Other words."]})
    assert main(["card", "--out", str(tmp_path), "--figures", str(done.figures)]) == 0
    assert read_json(tmp_path / "age.json") == info


@pytest.mark.parametrize(("init", "said"), [(face_weights.SOURCES[0].archive, True), ("", False)])
def test_the_card_says_that_weights_may_have_seen_test_photos(info: dict[str, Any], init: str, said: bool) -> None:
    config = info["training"]["config"] | {"init": init}
    text = model_card(info | {"training": info["training"] | {"config": config}})
    assert ("some of its test photos may be among those" in text) is said


def test_people_of_every_further_collection_or_of_none(done: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--cache", done.cache, "--runs", done.runs, "--people", "Asian", "Black"]
    assert "one label for each further collection: 1, not 2" in sentence(
        ["gate", done.runs / "tiny" / "best.pt", *options], capsys
    )


def test_recovered(done: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint that a run can follow, with the model's gate; an existing run is left alone."""
    assert done.run("recover", "again", "--photos", 16) == 0
    found, before = (load_checkpoint(done.runs / name) for name in ("again/best.pt", "tiny/gated.pt"))
    assert found.gate_sees == before.gate_sees == "layer3"
    assert found.people is not None and before.people is not None
    assert torch.allclose(found.people.weight, before.people.weight, atol=1e-5)
    assert torch.allclose(found.heads[0].weight, before.heads[0].weight, atol=0.01)
    assert "holds a run" in sentence(["recover", "tiny", "--runs", done.runs, "--out", done.out], capsys)


@pytest.mark.parametrize(
    ("init", "follows", "read"),
    [("imagenet", "", True), (ARCHIVES["resnet50-original"], "earlier", False)],
)
def test_recovering_reads_the_archive_that_the_run_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, init: str, follows: str, read: bool
) -> None:
    """Also where it is called ImageNet's; a run that follows another began with none."""
    config = {"backbone": "resnet50-original", "init": init, "follows": follows}
    write_json(tmp_path / "age.json", {"training": {"config": config}})
    (tmp_path / "age.onnx").touch()
    (tmp_path / "weights").mkdir()
    np.savez(tmp_path / ARCHIVES["resnet50-original"], conv=np.zeros(3))
    begun: list[object] = []
    monkeypatch.setattr("training.commands.recovered", lambda *given: begun.append(given[-1]) or {})
    folders = ["--out", str(tmp_path), "--data", str(tmp_path), "--runs", str(tmp_path)]
    assert main(["recover", "again", *folders]) == 0
    assert [found is not None for found in begun] == [read]


def test_the_card_names_the_runs_before(info: dict[str, Any]) -> None:
    """The runs that it learned from and the one that it goes on from, each once."""
    config = info["training"]["config"] | {"follows": "b", "teachers": ["b", "a"]}
    text = model_card(info | {"training": info["training"] | {"config": config}})
    commands = [line.split("/")[-1] for line in text.splitlines() if "train --config" in line]
    assert commands == ["a.py", "b.py", f"{config['name']}.py"]
    assert "They need not give the same weights" in text
    assert "need not give the same weights" not in model_card(info)


def test_the_card_shows_the_settings_that_there_are(info: dict[str, Any]) -> None:
    """Even if the run is older than some settings, or had others that were removed."""
    config = {name: value for name, value in info["training"]["config"].items() if name != "clip"} | GONE
    text = model_card(info | {"training": info["training"] | {"config": config}})
    shown = re.findall(r"^    (\w+) = ", text, re.MULTILINE)
    assert shown == [f.name for f in fields(Config)]
    assert text == model_card(info)


def test_the_card_in_the_docs_is_that_of_the_model_that_ships() -> None:
    page = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    info = read_json(ROOT / "engine" / "models" / "age.json")
    assert page == model_card(info)
    assert "of UTKFace's and " in page.partition("By their looks")[2]
    assert "among faces that are estimated to be\nof about the same age; among people of one labeled age" in page
    assert "the intervals, which are over photos there, are too narrow" in page
    assert "according to its authors, the DEX algorithm made them, and a person\n  checked them" in page
    assert info["data"] == [*TERMS, *terms_of(info["training"])]


@pytest.mark.parametrize(("missed", "said"), [(0, False), (3, True)])
def test_the_card_says_in_how_many_photos_no_face_was_found(missed: int, said: bool) -> None:
    info = read_json(ROOT / "engine" / "models" / "age.json")
    family = info["figures"]["family"] | {"missed": missed}
    text = model_card(info | {"figures": {"family": family}})
    assert (f"\nIn {missed} further photos no face was found.\n" in text) == said


@pytest.mark.parametrize(
    ("backbone", "called"),
    [
        ("mobilenet-v2", "\nA MobileNetV2 (Sandler et al., CVPR 2018) with 101 outputs,\n"),
        ("resnet50-original", "\nA ResNet-50 (He et al., CVPR 2016; the original,"),
    ],
)
def test_the_card_says_what_the_network_is(backbone: str, called: str) -> None:
    info = read_json(ROOT / "engine" / "models" / "age.json")
    config = info["training"]["config"] | {"backbone": backbone}
    assert called in model_card(info | {"training": {"config": config, "steps": 1}})


def test_the_card_has_words_for_every_backbone() -> None:
    assert set(NETWORKS) == set(BACKBONES) - {"toy"}  # which other tests register
    info = read_json(ROOT / "engine" / "models" / "age.json")
    config = info["training"]["config"] | {"backbone": "new-net"}
    with pytest.raises(ValueError, match="no words for the backbone new-net: add them to NETWORKS"):
        model_card(info | {"training": {"config": config, "steps": 1}})


def test_the_card_of_a_gate_that_knows_no_people(info: dict[str, Any]) -> None:
    """Older gates name no people."""
    gate = {name: value for name, value in info["training"]["gate"].items() if name != "people"}
    text = model_card(info | {"training": info["training"] | {"gate": gate}})
    assert "--sees layer3\n" in text
    assert "whom UTKFace's labels call" not in text


def test_the_card_of_a_model_that_does_not_lean(info: dict[str, Any]) -> None:
    """Older models name no sharpness and no offsets."""
    before = info["calibration"].items()
    calibration = {name: value for name, value in before if name not in ("sharpness", "rare_from", "offsets")}
    text = model_card(info | {"calibration": calibration})
    assert "tilted" not in text
    assert "ever fewer people" not in text
    assert "--sharpness" not in text
    assert "--rare-from" not in text
