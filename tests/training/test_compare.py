"""The comparison: rows, record, resuming, and the page that is written from the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training.__main__ import main
from training.checkpoints import load_checkpoint
from training.compare import BASE, Comparison, Record, Row, measure, rows_of, run_name
from training.comparison_page import Line, clearly_apart, lead, page
from training.config import Config, read_config
from training.data import Faces
from training.files import ROOT, read_json, write_json
from training.methods import METHODS
from training.metrics import Floats, packed, unpacked
from training.network import AgeNetwork, blend
from training.train import EARLIER, REVISION, Trainer

MakeConfig = Callable[..., Config]
MakeFaces = Callable[..., Faces]

ROWS = [
    Row(BASE, "methods"),
    Row("regression-l1", "methods", {"method": "regression-l1"}),
    Row("utkface-aaf", "transfer", {"collections": {"aaf": 1.0}, "epochs": 1.0}, BASE),
]


class Place:
    """A comparison of made-up photos in a folder, created afresh for each call as by a new process."""

    def __init__(self, folder: Path, protocol: Config, collections: dict[str, Faces]) -> None:
        self.folder, self.protocol, self.collections = folder, protocol, collections
        self.changes = 0

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def path(self) -> Path:
        return self.folder / "record.json"

    def run(self, *names: str, seeds: tuple[int, ...] = (0,), again: bool = False) -> list[str]:
        """What could not be run."""
        record = Record(self.path, self.protocol)

        def changed() -> None:
            self.changes += 1

        comparison = Comparison(self.protocol, ROWS, self.collections, record, self.runs, self.folder, changed, again)
        return comparison.run(seeds, names)

    def kept(self) -> dict[str, Any]:
        """The runs in the record."""
        return dict(read_json(self.path)["runs"])


@pytest.fixture
def place(tiny: MakeConfig, make_faces: MakeFaces, tmp_path: Path) -> Place:
    splits = ["train", "train", "test"] * 4
    collections = {
        "utkface": make_faces(range(5, 65, 5), splits=splits),
        "aaf": make_faces(range(10, 70, 5), "aaf", splits),
    }
    return Place(tmp_path, tiny(batch=4, save_every=2, evaluate_every=1000), collections)


# Rows


def protocol() -> Config:
    return read_config(ROOT / "training" / "configs" / "compare.py")


def test_rows_cover_all_methods_and_come_after_what_they_follow() -> None:
    rows = rows_of(protocol(), ["aaf", "cacd"])
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    assert [row.name for row in rows if row.section == "methods"] == [*METHODS, "dldl-v2-widening"]
    assert [row.name for row in rows if row.section == "transfer"] == [
        *("aaf", "utkface-aaf", "aaf-utkface"),
        *("cacd", "utkface-cacd", "cacd-utkface"),
    ]
    for number, row in enumerate(rows):
        assert not row.follows or row.follows in names[:number]


def test_rows_change_the_protocol_by_little() -> None:
    """At most two changes in methods and backbones; methods with their defaults; the base row is the protocol."""
    plain = protocol()
    rows = {row.name: row for row in rows_of(plain, ["aaf"])}
    assert rows[BASE].config(plain, 3) == replace(plain, name=f"{BASE}-s3", seed=3)
    for name in METHODS:
        assert rows[name].config(plain, 0) == replace(plain, name=f"{name}-s0", method=name)
    assert rows["dldl-v2-widening"].config(plain, 0).method_options == {"sigma": 1.0, "slope": 0.03, "weight": 0.25}
    for name in ("mobilenet-v2", "efficientnet-b0", "efficientnet-lite0", "resnet50-fpn"):
        assert rows[name].config(plain, 0) == replace(plain, name=f"{name}-s0", backbone=name)
    sgd = {"optimizer": "sgd", "rate": 0.02, "rate_new": 0.02, "decay": 5e-4}
    assert rows["sgd"].config(plain, 0) == replace(plain, name="sgd-s0", **sgd)
    assert rows["aaf"].config(plain, 0) == replace(plain, name="aaf-s0", collections={"aaf": 1.0})
    for name, follows, target in (("utkface-aaf", f"{BASE}-s1", "aaf"), ("aaf-utkface", "aaf-s1", "utkface")):
        tuned = rows[name].config(plain, 1)
        assert (tuned.follows, tuned.epochs, list(tuned.collections)) == (follows, 1.0, [target])
        assert (tuned.rate, tuned.rate_new) == (pytest.approx(1e-4), pytest.approx(plain.rate_new / 3))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "dex"},
        {"method_options": {"sigma": 1.0}},
        {"optimizer": "sgd"},
        {"collections": {"utkface": 0.5, "aaf": 0.5}},
        {"follows": "other"},
    ],
)
def test_a_protocol_that_the_rows_do_not_fit(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"compare: the protocol must be plain dldl-v2"):
        rows_of(replace(protocol(), **change), ["aaf"])


# Running


def test_rows_are_trained_measured_and_kept(place: Place) -> None:
    """The record holds what the final averaged weights answer; regression has no ranges."""
    assert place.run(BASE, "regression-l1") == []
    assert place.changes == 2
    kept = place.kept()
    assert set(kept) == {BASE, "regression-l1"}
    found = kept[BASE]["0"]
    assert (found["steps"], found["photos"], found["from_chance"]) == (6, 8, True)
    assert found["seconds"] > 0
    network = load_checkpoint(place.runs / run_name(BASE, 0) / "best.pt")
    assert found["parameters"] == sum(parameter.numel() for parameter in network.parameters())
    test = place.collections["aaf"].part("test")
    with torch.inference_mode():
        pixels = torch.from_numpy(test.chips[test.index]).permute(0, 3, 1, 2).float()
        estimates = network.method.expectation(blend(*network(pixels))).numpy()
    assert found["on"]["aaf"]["mae"] == pytest.approx(np.abs(estimates - test.ages).mean(), abs=1e-3)
    assert found["on"]["aaf"]["photos"] == 4
    assert unpacked(found["on"]["aaf"]["errors"]) == pytest.approx(estimates - test.ages, rel=1e-3)
    assert found["on"]["aaf"]["digest"] == test.digest()
    assert found["on"]["aaf"]["worst"] is None  # no band has thirty photos
    assert 0 <= found["on"]["utkface"]["coverage"] <= 1
    point = kept["regression-l1"]["0"]["on"]["utkface"]
    assert "coverage" not in point
    assert point["mae"] == pytest.approx(np.abs(unpacked(point["errors"])).mean(), rel=1e-3)


def test_copies_are_trained_on_but_not_measured(place: Place) -> None:
    """The first training photo and the first test photo of both collections are copies of others."""
    for name, faces in place.collections.items():
        rows = tuple(replace(row, unique=number not in (0, 2)) for number, row in enumerate(faces.rows))
        place.collections[name] = replace(faces, rows=rows)
    place.run("regression-l1")
    found = place.kept()["regression-l1"]["0"]
    assert found["photos"] == 8
    assert {name: one["photos"] for name, one in found["on"].items()} == {"utkface": 3, "aaf": 3}


def test_large_checkpoints_go_unless_a_row_continues_them(place: Place) -> None:
    place.run(BASE, "regression-l1")
    assert {path.name for path in place.runs.rglob("*.pt")} == {"best.pt"}
    assert [path.parent.name for path in place.runs.rglob("*.pt")] == [run_name(BASE, 0)]


def test_a_second_call_does_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run()
    before = place.path.read_bytes()
    monkeypatch.setattr(Trainer, "_advance", lambda _: pytest.fail("trained again"))
    assert place.run() == []
    assert place.path.read_bytes() == before
    assert place.changes == 3


def test_the_first_seed_of_all_rows_comes_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(Comparison, "_complete", lambda _, row, seed: order.append(run_name(row.name, seed)))
    place.run(seeds=(0, 1))
    assert order == [run_name(row.name, seed) for seed in (0, 1) for row in ROWS]


def test_a_killed_row_resumes(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Stopped after three of six steps: it goes on from the second, whose time counts, with the same figures."""
    advance, steps = Trainer._advance, []
    ticks = count()  # a clock that advances by a second whenever it is read
    monkeypatch.setattr("training.compare.time.process_time", lambda: float(next(ticks)))

    def killed(trainer: Trainer) -> tuple[float, float]:
        if len(steps) == 3:
            raise KeyboardInterrupt
        steps.append(trainer.step)
        return advance(trainer)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_advance", killed)
        place.run(BASE)
    assert not place.path.exists()
    clock = place.runs / run_name(BASE, 0) / "seconds.json"
    assert read_json(clock) == 1.0  # the first two steps; the third was lost with the process
    write_json(clock, 1000.0)
    steps.clear()
    monkeypatch.setattr(Trainer, "_advance", lambda trainer: (steps.append(trainer.step), advance(trainer))[1])
    place.run(BASE)
    assert steps == [2, 3, 4, 5]
    assert place.kept()[BASE]["0"]["seconds"] == 1002.0  # twice two steps

    whole = Place(tmp_path / "whole", place.protocol, place.collections)
    whole.run(BASE)
    assert whole.kept()[BASE]["0"]["on"] == place.kept()[BASE]["0"]["on"]


def test_fine_tuning_starts_from_the_row_before(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run(BASE)
    expected = load_checkpoint(place.runs / run_name(BASE, 0) / "best.pt").state_dict()
    seen: list[dict[str, torch.Tensor]] = []
    run = Trainer.run

    def watched(trainer: Trainer, stop_after: int | None = None) -> None:
        assert [faces.name for faces in trainer.train_faces] == ["aaf"]
        seen.append({name: value.clone() for name, value in trainer.network.state_dict().items()})
        run(trainer, stop_after)

    monkeypatch.setattr(Trainer, "run", watched)
    place.run("utkface-aaf")
    assert all(torch.equal(value, expected[name]) for name, value in seen[0].items())
    found = place.kept()["utkface-aaf"]["0"]
    assert found["steps"] == 2
    assert not found["from_chance"]
    assert found["changes"]["follows"] == BASE


def test_weights_that_stayed_on_another_machine_are_trained_again(place: Place) -> None:
    """The record came along, the checkpoints did not."""
    place.run(BASE)
    before = place.kept()[BASE]
    (place.runs / run_name(BASE, 0) / "best.pt").unlink()
    assert place.run("utkface-aaf") == []
    assert place.kept()[BASE] == before
    assert "utkface-aaf" in place.kept()


def test_weights_of_another_protocol_are_not_continued(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are where those of this protocol would be, but the row that this one follows is trained again."""
    place.run(BASE)
    place.path.unlink()
    place.protocol = replace(place.protocol, rate=5e-4)
    trained: list[str] = []
    run = Trainer.run

    def watched(trainer: Trainer, stop_after: int | None = None) -> None:
        trained.append(trainer.config.name)
        run(trainer, stop_after)

    monkeypatch.setattr(Trainer, "run", watched)
    assert place.run("utkface-aaf") == []
    assert set(trained) == {run_name(BASE, 0), run_name("utkface-aaf", 0)}


@pytest.mark.parametrize("told", [True, False])
def test_weights_of_another_revision_are_not_continued(
    place: Place, make_faces: MakeFaces, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """They are where those of this revision would be; the record continues and names the revision of every run."""
    place.run(BASE)
    if not told:  # from before there were revisions
        state = torch.load(place.runs / run_name(BASE, 0) / "best.pt", weights_only=True)
        del state["revision"]
        torch.save(state, place.runs / run_name(BASE, 0) / "best.pt")
    monkeypatch.setattr("training.compare.REVISION", 3)
    monkeypatch.setattr("training.train.REVISION", 3)
    assert place.run("utkface-aaf") == []
    assert place.kept()[BASE]["0"]["revision"] == 2
    assert place.kept()["utkface-aaf"]["0"]["revision"] == 3
    assert torch.load(place.runs / run_name(BASE, 0) / "best.pt", weights_only=True)["revision"] == 3
    place.collections = {**place.collections, "cacd": make_faces([20, 40], "cacd", ["test", "test"])}
    said, _ = place.run(BASE, "utkface-aaf")
    assert said.startswith("dldl-v2-s0: not measured on cacd, as its weights are not here; remove the run from ")
    assert set(place.kept()[BASE]["0"]["on"]) == {"utkface", "aaf"}  # not from what those weights answer


def test_runs_of_an_earlier_revision_are_made_again_when_that_is_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(BASE, "regression-l1")
    before = place.kept()
    content = read_json(place.path)
    del content["runs"][BASE]["0"]["revision"]  # from before there were revisions
    write_json(place.path, content)
    monkeypatch.setattr("training.compare.REVISION", 3)
    monkeypatch.setattr("training.train.REVISION", 3)
    place.run(BASE, "utkface-aaf", again=True)
    after = place.kept()
    assert {name: runs["0"]["revision"] for name, runs in after.items()} == {
        BASE: 3,
        "regression-l1": 2,
        "utkface-aaf": 3,
    }
    assert after["regression-l1"] == before["regression-l1"]
    place.run(BASE, again=True)
    assert place.kept() == after


def test_a_collection_that_comes_later_is_measured_from_kept_weights(place: Place, make_faces: MakeFaces) -> None:
    place.run(BASE, "regression-l1")
    place.collections = {**place.collections, "cacd": make_faces([20, 40], "cacd", ["test", "test"])}
    (said,) = place.run(BASE, "regression-l1")
    assert set(place.kept()[BASE]["0"]["on"]) == {"utkface", "aaf", "cacd"}
    assert set(place.kept()["regression-l1"]["0"]["on"]) == {"utkface", "aaf"}  # its weights are gone
    assert said.startswith("regression-l1-s0: not measured on cacd, as its weights are not here; remove the run from ")


def test_what_cannot_be_run_is_left_out_and_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(trainer: Trainer, data: Path) -> bool:
        if trainer.config.method == BASE:
            raise FileNotFoundError("not installed: pip install weights")
        return False

    monkeypatch.setattr(Trainer, "_load_start", missing)
    (said,) = place.run(BASE, "regression-l1")
    assert said == "dldl-v2-s0: not installed: pip install weights"
    assert set(place.kept()) == {"regression-l1"}


def test_a_network_that_has_diverged_is_not_measured(make_faces: MakeFaces) -> None:
    network = AgeNetwork("resnet18", 32).eval()
    with torch.no_grad():
        network.heads[0].bias.fill_(float("nan"))
    with pytest.raises(ValueError, match="diverged"):
        measure(network, make_faces([20, 30]))


def test_a_network_is_measured_in_float32(make_faces: MakeFaces) -> None:
    """On a GPU, PyTorch computes convolutions in TF32 unless it is told not to; training may."""
    allowed = []
    network = AgeNetwork("resnet18", 32).eval()
    network.register_forward_pre_hook(lambda *_: allowed.append(torch.backends.cudnn.allow_tf32))
    assert torch.backends.cudnn.allow_tf32
    measure(network, make_faces([20, 30]))
    assert allowed == [False]
    with torch.no_grad():
        network.heads[0].bias.fill_(float("nan"))
    with pytest.raises(ValueError, match="diverged"):
        measure(network, make_faces([20, 30]))
    assert torch.backends.cudnn.allow_tf32


def test_the_worst_band_has_photos_enough(make_faces: MakeFaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """Always 50 years: the band 66+ is 40 off but has one photo, 0-12 is 40 off with three."""
    monkeypatch.setattr("training.compare.ENOUGH", 3)
    network = AgeNetwork("resnet18", 32).eval()
    with torch.no_grad():
        network.heads[0].weight.zero_()
        network.heads[0].bias.zero_()
    found = measure(network, make_faces([10, 10, 10, 40, 40, 40, 95]))
    assert found["worst"] == {"band": "0-12", "photos": 3, "mae": pytest.approx(40, abs=1e-3)}
    assert found["coverage"] == pytest.approx(6 / 7, abs=0.3)


def test_a_collection_without_test_photos_is_refused_before_training(place: Place, make_faces: MakeFaces) -> None:
    faces = make_faces([10, 20, 30], "aaf", ["train", "train", "test"])
    place.collections["aaf"] = replace(faces, rows=tuple(replace(row, unique=False) for row in faces.rows))
    with pytest.raises(ValueError, match="aaf: there is no test photo to measure on"):
        place.run()
    assert not place.runs.exists()


# The record


def test_a_record_of_another_protocol_is_refused(place: Place) -> None:
    place.run("regression-l1")
    Record(place.path, replace(place.protocol, name="other", seed=9))  # neither is part of the protocol
    with pytest.raises(ValueError, match=r"record\.json is the record of another protocol \(other: rate\)"):
        Record(place.path, replace(place.protocol, rate=5e-4))


def test_a_record_from_before_there_was_a_setting_is_of_the_same_protocol(place: Place) -> None:
    place.run("regression-l1")
    kept = read_json(place.path)
    del kept["protocol"]["detail"]
    write_json(place.path, kept)
    assert Record(place.path, place.protocol).run(ROWS[1], 0) is not None
    with pytest.raises(ValueError, match="another protocol"):
        Record(place.path, replace(place.protocol, detail=20))


def test_two_processes_add_to_one_record(place: Place) -> None:
    one, other = Record(place.path, place.protocol), Record(place.path, place.protocol)
    one.keep(ROWS[0], 0, {"changes": {}, "on": {}})
    other.keep(ROWS[0], 1, {"changes": {}, "on": {}})
    assert set(place.kept()[BASE]) == {"0", "1"}


def test_a_run_that_another_process_wrote_over_is_written_again(place: Place) -> None:
    """The other process read the record before this one wrote it, and wrote it afterwards."""
    record = Record(place.path, place.protocol)
    record.keep(ROWS[0], 0, {"changes": {}, "on": {}})
    write_json(place.path, record.content | {"runs": {BASE: {"1": {"changes": {}, "on": {}}}}})
    record.keep(ROWS[1], 0, {"changes": {}, "on": {}})
    assert {name: set(by_seed) for name, by_seed in place.kept().items()} == {BASE: {"0", "1"}, "regression-l1": {"0"}}


def test_a_row_with_other_settings_is_refused(place: Place) -> None:
    place.run("regression-l1")
    record = Record(place.path, place.protocol)
    assert record.run(ROWS[1], 0) is not None
    assert record.run(ROWS[1], 1) is None
    with pytest.raises(ValueError, match="row regression-l1 was measured with other settings"):
        record.run(replace(ROWS[1], changes={"method": "regression-l2"}), 0)


def test_an_unknown_row(place: Place) -> None:
    with pytest.raises(ValueError, match="there is no row dxe, but dldl-v2, regression-l1, utkface-aaf"):
        place.run("dxe")


# The page


def on(mae: float, half: float = 0.1, **more: Any) -> dict[str, Any]:
    """Made-up figures of one collection. Every photo is equally hard, so a difference has no part by the photos."""
    return {
        "photos": 2241,
        "mae": mae,
        "mae_range": [mae - half, mae + half],
        "cs5": 0.5,
        "bias": -0.5,
        "worst": {"band": "66+", "photos": 99, "mae": 2 * mae},
        "errors": packed(np.full(9, mae)),
        "digest": "a",
        **({"coverage_range": [more["coverage"] - 0.02, more["coverage"] + 0.02]} if "coverage" in more else {}),
    } | more


def entry(utkface: dict[str, Any], aaf: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A made-up run."""
    return {
        "changes": {},
        "steps": 553,
        "photos": 17717,
        "seconds": 600.0,
        "parameters": 23_700_000,
        "from_chance": False,
        "machine": "2 CPU threads",
        "torch": "2.13.0",
        "on": {"utkface": utkface, "aaf": aaf},
    } | more


@pytest.fixture
def made_up() -> dict[str, Any]:
    """A record: dex far behind, dldl-v2-widening near the base, a backbone from random weights, a row with one seed."""
    low, high = on(6.0, coverage=0.7), on(6.2, coverage=0.72)
    runs = {
        BASE: {"0": entry(low, on(10.0)), "1": entry(high, on(10.2))},
        "dex": {"0": entry(on(7.0, coverage=0.5), on(11.0)), "1": entry(on(7.1, coverage=0.5), on(11.0))},
        "dldl-v2-widening": {
            "0": entry(on(6.05, coverage=0.81), on(10.0)),
            "1": entry(on(6.2, coverage=0.79), on(10.0)),
        },
        "regression-l1": {"0": entry(on(6.5), on(10.0))},
        "efficientnet-b0": {"0": entry(on(20.0), on(21.0), from_chance=True)},
        "sgd": {"0": entry(on(6.6), on(10.0)), "1": entry(on(6.7), on(10.0))},
        "utkface-aaf": {
            "0": entry(on(8.0), on(7.0), steps=160, photos=10231),
            "1": entry(on(8.0), on(7.1), steps=160, photos=10231),
        },
    }
    return {"protocol": protocol().record(), "runs": runs}


def line_of(text: str, name: str, heading: str) -> str:
    """A row of the table below a heading."""
    part = text.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    (found,) = [line for line in part.splitlines() if line.startswith(f"| {name}")]
    return found


def test_the_page_has_the_numbers_of_the_record(made_up: dict[str, Any]) -> None:
    text = page(made_up, rows_of(protocol(), ["aaf"]), "comparison.json")
    base = line_of(text, BASE + " ", "Methods: UTKFace")
    assert "| 6.10 ± 0.10 | 6.00 to 6.20 | 50.0% | 66+: 12.00 | -0.50 | 71% | 23.7 M | 10.0 min |" in base
    # Repeated under the name that fits each table, not trained again.
    assert line_of(text, "resnet50-original", "Backbones: UTKFace") == base.replace(BASE, "resnet50-original")
    assert line_of(text, "adamw", "Optimizers: UTKFace") == base.replace(BASE, "adamw")
    assert "| 10.10 ± 0.10 |" in line_of(text, "utkface ", "Transfer: All-Age-Faces")
    assert "| 10.10 ± 0.10 |" in line_of(text, BASE + " ", "Methods: All-Age-Faces (zero-shot)")
    regression = line_of(text, "regression-l1", "Methods: UTKFace")
    assert "| 6.50 (one seed) |" in regression
    assert "| - | 23.7 M" in regression  # no range
    assert "(**random**)" in line_of(text, "efficientnet-b0", "Backbones: UTKFace")
    assert "| coral " not in text
    for words in (
        "64 x 64 pixels",
        "Backbones are trained in bfloat16 and measured in float32",
        "2 passes over UTKFace",
        "A run is 553 steps on 17717 photos (`utkface-aaf` 160 steps on 10231 photos). Test photos",
        "So the rows differ in how many steps they were trained, too",
        "SORD's distance is ours, DLDL's sigma is from memory",
        "The ordinal methods, OR-CNN and CORAL, depart from their papers",
        "SORD is DLDL with a standard deviation of 0.71 years instead of 2,",
        "drawn from it towards the ages at which they contradict each other",
        "a standard deviation of 2 years, with SORD 0.71, with",
        "begin at 0.3 (a logistic distribution with a scale of 3.3 years; `gap`). That start is ours",
        "those of CORAL and regression at 40 (`center`, which is ours)",
        "2 CPU threads with torch 2.13.0",
        "It is not known who is in a photo.",
        "UTKFace's labels are estimates: according to its authors, the DEX algorithm made them",
    ):
        assert words in " ".join(text.split())


def test_a_table_without_rows_is_left_out(made_up: dict[str, Any]) -> None:
    """A further collection on which no method has been measured."""
    made_up["runs"]["cacd"] = {"0": entry(on(9.0), on(9.0)) | {"on": {"cacd": on(5.0)}}}
    text = page(made_up, rows_of(protocol(), ["aaf", "cacd"]), "comparison.json")
    assert "### Transfer: CACD" in text
    assert "### Methods: CACD" not in text


def test_the_findings_follow_from_the_numbers(made_up: dict[str, Any]) -> None:
    rows = rows_of(protocol(), ["aaf"])
    text = page(made_up, rows, "comparison.json")
    # The rows' variances between seeds are 0.02, 0.005, 0.01125, 0.005 and 0: 0.00825 on average. With two seeds each,
    # the interval of a difference is 1.96 times the root of that to either side, 0.178.
    dex = "`dldl-v2` (6.10) is 0.95 years ahead of `dex` (7.05), 95 % interval +0.77 to +1.13: a clear difference."
    assert dex in text
    made_up["runs"]["efficientnet-b0"]["1"] = entry(on(30.0), on(21.0))  # varies more, and counts not
    assert dex in page(made_up, rows, "comparison.json")
    assert "random start: `efficientnet-b0`" in page(made_up, rows, "comparison.json")  # with one of its seeds
    # A row with one seed has the same variance as the others: 0.40 is more than 0.218.
    assert "Not clearly behind the best: `dldl-v2-widening`." in text
    nearest = "the range is nearest to 80% with `dldl-v2-widening`: 80%, 95 % interval over photos 78% to 82%."
    assert f"{nearest} Not clearly farther from it: none." in text
    assert "Left out, because of their random start: `efficientnet-b0`." in text
    assert "`adamw` (6.10) is 0.55 years ahead of `sgd` (6.65)" in text
    assert "pattern" not in text.split("\n## Optimizers\n")[1].split("\n## Transfer\n")[0]
    transfer = text.split("\n## Transfer\n")[1]
    assert "On All-Age-Faces: 10.10 after UTKFace alone (zero-shot), 7.05 after fine-tuning." in transfer
    assert "the MAE on UTKFace goes from 6.10 to 8.00" in transfer
    assert "The pattern is there." in transfer
    for seed in "01":
        made_up["runs"]["utkface-aaf"][seed]["on"]["aaf"] = on(12.0)
    assert "The pattern is the other way round here." in page(made_up, rows, "comparison.json")
    for seed in "01":
        made_up["runs"]["utkface-aaf"][seed]["on"]["aaf"] = on(10.1)
    assert "The pattern is not clear here." in page(made_up, rows, "comparison.json")


@pytest.mark.parametrize(("share", "clearly"), [(0.75, True), (0.77, False), (0.83, False), (0.85, True)])
def test_a_range_is_clearly_farther_from_80_per_cent_or_not(
    made_up: dict[str, Any], share: float, clearly: bool
) -> None:
    """The nearest one's interval ends 2 % from there, the other one's 2 % nearer than its middle."""
    for seed in "01":
        made_up["runs"]["dex"][seed]["on"]["utkface"] |= on(7.0, coverage=share)
    text = page(made_up, rows_of(protocol(), ["aaf"]), "comparison.json")
    methods = text.split("\n## Methods\n")[1].split("\n## Backbones\n")[0]
    assert f"Not clearly farther from it: {'none' if clearly else '`dex`'}." in methods


def of_photos(digest: str, *errors: Floats) -> Line:
    """A row with a run for each argument, measured on the photos with this digest; the seeds' variance is 0.02."""
    found = tuple(on(float(np.abs(one).mean()), 1.0, errors=packed(one), digest=digest) for one in errors)
    return Line("row", tuple(entry(one, one) for one in found), found, 0.02)


def test_a_difference_has_a_part_by_the_photos_and_one_by_the_seeds() -> None:
    """Hard photos are hard for both, so each row's own interval is wide but that of their difference is not.

    Here the photos make no difference to the difference at all, and two seeds each leave 1.96 * sqrt(0.02) = 0.277.
    """
    hard = np.random.default_rng(0).exponential(5, 400)
    one, other = of_photos("a", hard, hard), of_photos("a", -hard - 0.5, hard + 0.6)
    assert lead(one, other) == pytest.approx((0.55 - 0.277, 0.55 + 0.277), abs=0.01)
    assert lead(other, one) == pytest.approx((-0.55 - 0.277, -0.55 + 0.277), abs=0.01)
    assert clearly_apart(one, other) and clearly_apart(other, one)
    # Half a year more or less, photo by photo: 1.96 * 0.5 / sqrt(400) = 0.049 by the photos.
    varied = of_photos("a", *[hard + 0.55 + np.resize([0.5, -0.5], 400)] * 2)
    assert lead(one, varied) == pytest.approx((0.55 - 0.281, 0.55 + 0.281), abs=0.01)
    # With one seed, the part of the seeds is 1.96 * sqrt(0.02 * 1.5) = 0.339.
    alone = of_photos("a", hard + 0.3)
    assert lead(one, alone) == pytest.approx((0.3 - 0.339, 0.3 + 0.339), abs=0.01)
    assert not clearly_apart(one, alone)
    assert clearly_apart(one, of_photos("a", hard + 0.3, hard + 0.3))


def test_rows_on_different_photos_are_not_compared(made_up: dict[str, Any]) -> None:
    rows = rows_of(protocol(), ["aaf"])
    for seed in ("1", "0"):  # one run is enough
        made_up["runs"]["dex"][seed]["on"]["utkface"]["digest"] = "b"
        text = page(made_up, rows, "comparison.json")
        assert "`dldl-v2` and `dex` were measured on different photos: they are not compared." in text
        assert "Not clearly behind the best: `dldl-v2-widening`, `dex`." in text


def test_with_one_seed_of_every_row_no_difference_is_clear(made_up: dict[str, Any]) -> None:
    for by_seed in made_up["runs"].values():
        by_seed.pop("1", None)
    text = page(made_up, rows_of(protocol(), ["aaf"]), "comparison.json")
    assert "ahead of `dex` (7.00); with one seed, nothing is known about chance in training." in text
    assert "nan" not in text
    assert "clear difference" not in text


def test_the_page_in_the_docs_is_that_of_its_record() -> None:
    new = Row("new", "methods", {"method": "new", "method_options": {}})  # a row that has not been run changes nothing
    rows = [*rows_of(protocol(), ["aaf"]), new]
    text = page(read_json(ROOT / "docs" / "comparison.json"), rows, "comparison.json")
    assert text == (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")


def test_every_earlier_revision_is_described() -> None:
    assert set(EARLIER) == set(range(1, REVISION))


def test_the_page_says_what_an_earlier_revision_did_otherwise(made_up: dict[str, Any]) -> None:
    """Whether all runs are from that revision or only some."""
    rows = rows_of(protocol(), ["aaf"])
    text = page(made_up, rows, "comparison.json")
    assert f"**All runs are of revision 1 of the training program**, which is at revision {REVISION} now" in text
    assert EARLIER[1] in text
    made_up["runs"]["dex"]["1"]["revision"] = REVISION
    assert "**Some runs (dldl-v2-s0, dldl-v2-s1, dex-s0, " in page(made_up, rows, "comparison.json")
    for by_seed in made_up["runs"].values():
        for run in by_seed.values():
            run["revision"] = REVISION
    assert "revision" not in page(made_up, rows, "comparison.json")


def test_the_page_says_whether_the_bound_on_the_running_mean_had_an_effect(made_up: dict[str, Any]) -> None:
    """0.99 is reached at step 990 = 10 * 0.99 / 0.01."""
    rows = rows_of(protocol(), ["aaf"])
    assert "`ema` = 0.99, has no effect in runs as short as these." in page(made_up, rows, "comparison.json")
    made_up["runs"]["sgd"]["1"]["steps"] = 989
    assert "has no effect" in page(made_up, rows, "comparison.json")
    made_up["runs"]["sgd"]["1"]["steps"] = 990
    assert "`ema` = 0.99, has an effect from step 990 on." in page(made_up, rows, "comparison.json")
    made_up["protocol"] |= {"ema": 1.0, "bf16": False}
    assert "Everything is in float32." in page(made_up, rows, "comparison.json")
    assert "`ema` = 1, has no effect in runs as short as these." in page(made_up, rows, "comparison.json")


def test_the_page_of_an_empty_record() -> None:
    empty = {"protocol": protocol().record(), "runs": {}}
    text = page(empty, rows_of(protocol(), ["aaf"]), "comparison.json")
    assert "too few rows have been run" in text


# The command


@pytest.mark.usefixtures("tiny")  # makes the toy network known here
def test_the_command(shards: Path, toy_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--data", str(shards), "--cache", str(tmp_path / "cache")]
    assert main(["prepare", *common]) == 0
    files = ["--page", str(tmp_path / "page.md"), "--record", str(tmp_path / "record.json"), "--runs", str(tmp_path)]
    sets = ["--set", "collections={'utkface': 1.0}", "--set", "save_every=4"]
    command = ["compare", *common, *files, "--config", str(toy_file), *sets, "--seeds", "1", "--threads", "1"]
    assert main([*command, "--rows", "coral", "sgd"]) == 0
    assert set(read_json(tmp_path / "record.json")["runs"]) == {"coral", "sgd"}
    found = read_json(tmp_path / "record.json")["runs"]["coral"]["1"]["on"]["aaf"]
    assert f"| {found['mae']:.2f} (one seed) |" in (tmp_path / "page.md").read_text(encoding="utf-8")
    assert str(tmp_path) not in (tmp_path / "page.md").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main([*command, "--set", "rate=1.0"]) == 2
    assert "another protocol (other: rate)" in capsys.readouterr().err
    assert main([*command, "--rows", "corla"]) == 2
    assert "there is no row corla" in capsys.readouterr().err
