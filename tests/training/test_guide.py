"""docs/training.md does what it says: its examples are executed as printed, its commands and figures exist."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.age_model import AgeModel
from training import backbones, methods, sources
from training.__main__ import main, parser
from training.checkpoints import load_checkpoint
from training.compare import ENOUGH, measure
from training.config import Config
from training.data import load
from training.files import ROOT, read_json
from training.methods import Method
from training.metrics import BANDS, DRAWS, band_of, figures
from training.network import AgeNetwork, Exported
from training.train import OPTIMIZERS, Trainer

GUIDE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/training.md has no section {title}"
    return found[1]


def example(title: str, language: str = "python") -> str:
    """The one code block of a section."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"section {title} has {len(blocks)} blocks of {language} instead of one"
    return str(blocks[0])


def commands(text: str) -> list[list[str]]:
    """Arguments of every `python -m training ...`, in prose and in blocks."""
    return [shlex.split(line) for line in re.findall(r"-m training ([a-z][^`\n]*)", text)]


def command(title: str, *start: str) -> list[str]:
    """The one command of a section that starts like this."""
    (found,) = [words for words in commands(section(title)) if words[: len(start)] == list(start)]
    return found


def registered(title: str, registry: str, block: str, module: ModuleType) -> dict[str, Any]:
    """What a section adds to a module's registry: its block, executed there, and the registry line that it shows."""
    names = {**vars(module)}
    exec(compile(block, f"docs/training.md, {title}", "exec", dont_inherit=True), names)  # as in that file
    lines = re.findall(r'the line `("[\w-]+": \w+),`', section(title))
    assert len(lines) == 1, f"section {title} has {len(lines)} lines for {registry}"
    assert f"`{registry}`" in section(title)
    return dict(eval(f"{{{lines[0]}}}", names))


def file_of_tests(name: str) -> ModuleType:
    """Another test file beside this one, which an addition must pass according to the guide."""
    assert f"tests/training/{name}" in GUIDE
    path = Path(__file__).parent / name
    spec = importlib.util.spec_from_file_location(f"guide_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def places(shards: Path, tmp_path: Path) -> dict[str, Path]:
    """Options that every command takes: made-up photos, prepared, and folders of this test's own."""
    found = {"--data": shards, "--cache": tmp_path / "cache", "--runs": tmp_path / "runs"}
    assert run(["prepare"], found) == 0
    return found


def run(words: list[str], places: Mapping[str, Path], changes: Mapping[str, object] | None = None) -> int:
    """A command of the guide in other folders and with other settings."""
    options = [str(word) for pair in places.items() for word in pair]
    settings = [word for name, value in (changes or {}).items() for word in ("--set", f"{name}={value}")]
    return main([*words, *settings, *options])


# Adding


@pytest.fixture
def triangle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Method]:
    """The method of the guide, in a file and in the registry."""
    assert "`training/methods/triangle.py`" in section("Add a method")
    path = tmp_path / "triangle.py"
    path.write_text(example("Add a method"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("training.methods.triangle", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    method: type[Method] = module.Triangle
    monkeypatch.setitem(methods.METHODS, method.name, method)
    return method


def test_the_method_learns(
    triangle: type[Method], tiny: Callable[..., Config], make_faces: Callable[..., Any], tmp_path: Path
) -> None:
    faces = make_faces(np.linspace(5, 95, 16).round().tolist())
    config = tiny(method="triangle", batch=16, epochs=60.0, warmup=1, rate=3e-3, rate_new=3e-3, decay=0.0)
    trainer = Trainer(config, [faces], [], tmp_path / "run", tmp_path)
    trainer.run(stop_after=40)
    losses = [loss for loss, _ in trainer.recent]
    assert isinstance(trainer.method, triangle)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_the_method_passes_the_tests_of_all_methods(triangle: type[Method]) -> None:
    module = file_of_tests("methods/test_interface.py")
    tried = 0
    for name, function in vars(module).items():
        if not name.startswith("test_") or "method" not in inspect.signature(function).parameters:
            continue
        (mark,) = getattr(function, "pytestmark", None) or [None]
        cases = [{mark.args[0]: value} for value in mark.args[1]] if mark else [{}]
        for case in cases:
            function(method=triangle(), **case)
            tried += 1
    assert tried > 10


def test_the_methods_command(
    triangle: type[Method], tiny: Callable[..., Config], places: dict[str, Path], tmp_path: Path
) -> None:
    words = command("Add a method", "train")
    assert run(words, places, {"backbone": "toy", "init": "", "freeze": "()", "bf16": False}) == 0
    network = load_checkpoint(tmp_path / "runs" / "triangle" / "best.pt")
    assert network.method == triangle(reach=6)  # type: ignore[call-arg]
    Exported(network)  # it gives a distribution, so that it can be exported


def test_the_backbone_trains_and_is_exported(
    places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "Add a backbone"
    for name, make in registered(title, "BACKBONES", example(title), backbones).items():
        monkeypatch.setitem(backbones.BACKBONES, name, make)
    small = {"input_size": 64, "batch": 8, "epochs": 0.5, "warmup": 1, "bf16": False}
    assert run(command(title, "train"), places, small) == 0
    weights = tmp_path / "runs" / "shuffle" / "best.pt"
    assert load_checkpoint(weights).backbone_name == "shufflenet-v2"
    assert run(["calibrate", str(weights)], places) == 0
    out = {"--out": tmp_path / "models", "--figures": tmp_path / "figures"}
    assert run(["export", str(weights)], places | out) == 0
    model = AgeModel.load(tmp_path / "models")
    assert model.predict(np.zeros((2, 200, 200, 3), np.uint8)).shape == (2, 101)


def test_the_backbone_passes_the_test_that_the_guide_names(monkeypatch: pytest.MonkeyPatch) -> None:
    title = "Add a backbone"
    for name, make in registered(title, "BACKBONES", example(title), backbones).items():
        monkeypatch.setitem(backbones.BACKBONES, name, make)
    module = file_of_tests("test_backbones.py")
    (line,) = re.findall(r'`("[\w-]+": \d+)`', section(title))
    assert "`FEATURES`" in section(title)
    for name, count in eval(f"{{{line}}}").items():
        monkeypatch.setitem(module.FEATURES, name, count)
        module.test_features_and_gradient(name)


@pytest.fixture
def albums(astronaut: NDArray[np.uint8], make_jpeg: Callable[..., bytes], tmp_path: Path) -> Path:
    """Whole photos of some people, laid out as in the guide, and files that are not photos of them."""
    folder = tmp_path / "albums"
    names = [line.split(",")[0] for line in example("Add a data set", "csv").splitlines()[1:]]
    for number, name in enumerate([*names, "ada/60.jpg", "ada/cover.jpg", "ada/5.txt"]):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_jpeg(np.roll(astronaut, 3 * number, axis=1)))
    return folder


def test_the_table_is_prepared(albums: Path, places: dict[str, Path]) -> None:
    table = example("Add a data set", "csv")
    (albums / "mine.csv").write_text(table, encoding="utf-8")
    words = command("Add a data set", "prepare", "mine")
    assert run([str(albums / "mine.csv") if word == "mine.csv" else word for word in words], places) == 0
    faces = load("mine", places["--cache"])
    lines = [line.split(",") for line in table.splitlines()[1:]]
    found = [[row.name, str(row.age), row.group] for row in faces.rows]
    assert found == lines
    assert all(chip.std() > 20 for chip in faces.chips)


def test_the_layout_is_prepared_and_trained_on(
    albums: Path, tiny: Callable[..., Config], places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = "Add a data set"
    for name, read in registered(title, "SOURCES", example(title), sources).items():
        monkeypatch.setitem(sources.SOURCES, name, read)
    words = command(title, "prepare", "albums")
    assert run([str(albums) if word == "FOLDER" else word for word in words], places) == 0
    faces = load("albums", places["--cache"])
    # By hand: what the file names say, without those that say nothing.
    assert {row.name: (row.age, row.group) for row in faces.rows} == {
        "ada/60.jpg": (60, "ada"),
        "anna/07.jpg": (7, "anna"),
        "anna/31-beach.jpg": (31, "anna"),
        "omar/52.jpg": (52, "omar"),
    }
    assert len({(row.group, row.split) for row in faces.rows}) == 3  # a person stays in one split
    assert all(chip.std() > 20 for chip in faces.chips)
    small = {"backbone": "toy", "init": "", "input_size": 32, "batch": 8, "epochs": 0.5, "warmup": 1, "bf16": False}
    assert run(command(title, "train"), places, small) == 0
    assert load_checkpoint(tmp_path / "runs" / "albums" / "best.pt").collections == ("utkface", "albums")
    file_of_tests("test_sources.py").test_an_empty_folder_holds_no_photos(tmp_path / "runs", "albums")


# Commands


def test_every_command_line_is_understood() -> None:
    found = commands(GUIDE)
    assert {words[0] for words in found} >= {"prepare", "train", "gate", "calibrate", "export", "evaluate", "compare"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sources.SOURCES, "albums", sources.read_table)  # a name that the guide adds
        for words in found:
            options = parser().parse_args(words)
            assert words[0] != "train" or (ROOT / options.config).is_file(), words


def test_the_whole_way_leads_from_file_to_file() -> None:
    """Each command reads what the one before has written, and no command but the comparison is left out."""
    way = commands(section("The whole way").partition("With all of the data folder:")[2])
    order = ["prepare", "train", "gate", "calibrate", "export", "evaluate", "card", "plots"]
    assert [words[0] for words in way] == order
    options = {words[0]: parser().parse_args(words) for words in way}
    run_name = options["train"].config.stem
    assert options["gate"].weights == Path(f"runs/{run_name}/best.pt")
    gated = options["gate"].weights.with_name("gated.pt")
    assert options["calibrate"].weights == options["export"].weights == gated
    assert options["gate"].detail == options["calibrate"].detail


# Names in the guide


def names_in(title: str) -> set[str]:
    """Names in the first column of a section's tables."""
    cells = re.findall(r"^\| (.*?) \|", section(title), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_configurations_and_settings_exist() -> None:
    named = names_in("Train")
    files = {path.name for path in (ROOT / "training" / "configs").glob("*.py")}
    assert {name for name in named if name.endswith(".py")} == files
    assert {name for name in named if not name.endswith(".py")} <= {field.name for field in fields(Config)}
    assert all(f"`{name}`" in section("Train") for name in OPTIMIZERS)


def test_configurations_take_as_long_as_they_say_themselves() -> None:
    rows = re.findall(r"^\| `(\w+\.py)` \| (.*) \|$", section("Train"), re.MULTILINE)
    assert len(rows) > 5
    for name, row in rows:
        told = ast.get_docstring(ast.parse((ROOT / "training" / "configs" / name).read_text(encoding="utf-8"))) or ""
        if minutes := re.findall(r"(\d+) minutes", told):
            assert re.findall(r"(\d+) minutes", row) == minutes, name


def test_every_figure_is_explained(make_faces: Callable[..., Any]) -> None:
    title = "What the figures mean"
    named = names_in(title)
    faces = make_faces([20, 30, 40])
    wanted = set(figures(np.full((3, 101), 1 / 101), faces.ages)["all"])
    torch.manual_seed(0)
    wanted |= set(measure(AgeNetwork("resnet18", 32).eval(), faces))
    named |= {f"{name}_range" for name in named if f"{name}_range" in wanted and "..._range" in named}
    assert wanted <= named
    text = section(title)
    assert all(f"`{name}`" in text for name in ("missed", "mae_loss", "off_torch", "seconds"))
    assert f"({DRAWS:,} draws)" in text
    assert f"at least {ENOUGH} photos" in text
    bands = [band_of(low) for low, _ in BANDS]
    assert f"Bands are {', '.join(bands[:-1])} and {bands[-1]} years" in text


def test_a_calibration_and_a_log_hold_what_the_guide_says(
    tiny_file: Path, places: dict[str, Path], tmp_path: Path
) -> None:
    assert run(["train", "--config", str(tiny_file)], places, {"epochs": 0.5}) == 0
    weights = tmp_path / "runs" / "tiny" / "best.pt"
    assert run(["calibrate", str(weights)], places) == 0
    header = (weights.parent / "log.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == ["step", "loss", "mae", "val_utkface", "val_aaf"]
    assert {"coverage", "mae", "flip", "detail"} <= set(read_json(weights.parent / "best.calibration.json"))
    text = section("What the figures mean")
    assert all(f"`{name}`" in text for name in ("loss", "mae", "coverage", "val_NAME"))
