"""A comparison of methods, backbones, optimizers and transfer under one short protocol, resumable at any moment.

Every row is a training run that differs from the protocol by a few settings, and whose final averaged weights are
measured on the test photos of all collections. Results go into one record (JSON) that is kept in git, so that another
machine can go on where this one stopped. The page is written from the record (`training.comparison_page`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from training.checkpoints import load_checkpoint, read_checkpoint
from training.config import Config, same, settings_of
from training.data import Faces
from training.files import read_json, write_json
from training.methods import METHODS
from training.metrics import figures, packed, point_figures
from training.network import AgeNetwork, blend
from training.train import REVISION, Crew, Trainer

ENOUGH = 30
"""Photos that an age band needs to count as the worst."""

BASE = "dldl-v2"
"""The row that the other sections are compared with: the protocol with nothing changed."""


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        name: of the row; its run is NAME-sSEED.
        section: the table that it belongs to.
        changes: settings that differ from the protocol's.
        follows: the row whose weights this one starts from; "" starts from the protocol's `init`.
    """

    name: str
    section: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    follows: str = ""

    def config(self, protocol: Config, seed: int) -> Config:
        """The configuration of this row's run."""
        follows = run_name(self.follows, seed) if self.follows else ""
        return replace(protocol, name=run_name(self.name, seed), seed=seed, follows=follows, **self.changes)


def run_name(row: str, seed: int) -> str:
    """Name of a row's run with one seed."""
    return f"{row}-s{seed}"


def rows_of(protocol: Config, others: Sequence[str]) -> list[Row]:
    """All rows, in the order in which they are run.

    Args:
        protocol: what the rows change; it trains on one collection.
        others: further collections, to and from which networks are transferred.

    Raises:
        ValueError: the protocol is not what the rows assume.
    """
    plain = (protocol.method, protocol.method_options, protocol.optimizer, protocol.follows) == (BASE, {}, "adamw", "")
    if not plain or len(protocol.collections) != 1:
        raise ValueError(f"{protocol.name}: the protocol must be plain {BASE} with adamw on one collection")
    (home,) = protocol.collections
    # A network that already knows faces needs less: half the passes at a third of the rate.
    tuned = {"epochs": protocol.epochs / 2, "rate": protocol.rate / 3, "rate_new": protocol.rate_new / 3}
    widening = {"sigma": 1.0, "slope": 0.03, "weight": 0.25}
    backbones = ("mobilenet-v2", "efficientnet-b0", "efficientnet-lite0", "resnet50-fpn")
    found = [Row(name, "methods", {"method": name, "method_options": {}}) for name in METHODS]
    found += [Row("dldl-v2-widening", "methods", {"method_options": widening})]
    found += [Row(name, "backbones", {"backbone": name}) for name in backbones]
    # SGD's decay acts through its momentum and the rate, AdamW's through the rate alone.
    found += [Row("sgd", "optimisers", {"optimizer": "sgd", "rate": 0.02, "rate_new": 0.02, "decay": 5e-4})]
    for other in others:
        found += [
            Row(other, "transfer", {"collections": {other: 1.0}}),
            Row(f"{home}-{other}", "transfer", {"collections": {other: 1.0}} | tuned, BASE),
            Row(f"{other}-{home}", "transfer", tuned, other),
        ]
    return found


def measure(network: AgeNetwork, faces: Faces) -> dict[str, Any]:
    """Figures of a network on photos, as it answers: uncalibrated, in float32.

    Returns:
        those of `training.metrics`' "all" (without coverage if the method gives no distribution), `worst`: name, photos
        and MAE of the worst age band, or None if no band has enough photos; and `errors`, photo by photo
        (`training.metrics.packed`), with `digest`, which tells whether another run was measured on the same photos.

    Raises:
        ValueError: there are no photos, or the network's answers are not finite numbers.
    """
    if len(faces) == 0:
        raise ValueError(f"{faces.name}: there is no test photo to measure on")
    method, answers = network.method, []
    device = next(network.parameters()).device
    with torch.inference_mode(), _exact():
        for chips in faces.batches():
            answers.append(blend(*network(torch.from_numpy(chips).to(device).permute(0, 3, 1, 2).float())).cpu())
        logits = torch.cat(answers)
        if not torch.isfinite(logits).all():
            raise ValueError("the network has diverged: its answers are no numbers")
        rows = method.distribution(logits)
        estimates = method.expectation(logits).double().numpy()
    found = point_figures(estimates, faces.ages) if rows is None else figures(rows.double().numpy(), faces.ages)
    bands = {name: one for name, one in found["band"].items() if one["photos"] >= ENOUGH}
    worst = max(bands, key=lambda name: bands[name]["mae"], default=None)
    whole = dict(found["all"])
    whole["worst"] = worst and {"band": worst, "photos": bands[worst]["photos"], "mae": bands[worst]["mae"]}
    return whole | {"errors": packed(estimates - faces.ages), "digest": faces.digest()}


@contextmanager
def _exact() -> Iterator[None]:
    """Convolutions in float32 on a GPU, too, where they would otherwise be in TF32, which has three digits."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


class Record:
    """What has been measured, in a file.

    Args:
        path: the file; it need not exist.
        protocol: what everything in it was measured under.

    Attributes:
        content: `protocol`, and `runs`: row -> seed -> figures.

    Raises:
        ValueError: the file is of another protocol.
    """

    def __init__(self, path: Path, protocol: Config) -> None:
        self.path = path
        self.content: dict[str, Any] = {"protocol": _plain(protocol.record()), "runs": {}}
        self._own: list[tuple[str, str, dict[str, Any]]] = []
        if path.exists():
            kept = read_json(path)
            theirs = _plain(settings_of(kept["protocol"]))
            apart = [k for k, v in self.content["protocol"].items() if k not in {"name", "seed"} and theirs[k] != v]
            if apart:
                raise ValueError(
                    f"{path} is the record of another protocol (other: {', '.join(apart)}): "
                    "name another file with --record, or delete it"
                )
            self.content["runs"] = kept["runs"]

    def run(self, row: Row, seed: int) -> dict[str, Any] | None:
        """What was measured for a row and a seed; None if nothing was.

        Raises:
            ValueError: it was measured with other settings of the row.
        """
        found = self.content["runs"].get(row.name, {}).get(str(seed))
        if found and found["changes"] != changes_of(row):
            raise ValueError(f"{self.path}: row {row.name} was measured with other settings; remove it there")
        return found

    def keep(self, row: Row, seed: int, found: dict[str, Any]) -> None:
        """Add or replace the figures of one run, keeping what another process (of another seed) has added meanwhile.

        All runs of this process are written again: a process that wrote at the same time may have dropped the last.
        """
        if self.path.exists():
            self.content["runs"] = read_json(self.path)["runs"]
        self._own.append((row.name, str(seed), found))
        for name, number, figures_of in self._own:
            self.content["runs"].setdefault(name, {})[number] = figures_of
        write_json(self.path, self.content)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they come back from JSON."""
    return dict(json.loads(json.dumps(settings)))


def changes_of(row: Row) -> dict[str, Any]:
    """What distinguishes a row, as it comes back from JSON."""
    return json.loads(json.dumps({**row.changes, **({"follows": row.follows} if row.follows else {})}))


@dataclass(frozen=True)
class Comparison:
    """Rows to be run, and where.

    Attributes:
        protocol: what the rows change.
        rows: all of them, each after the one that it follows.
        collections: by name, all that are trained or measured on.
        record: what has been measured.
        runs: folder of the runs.
        data: the data folder, for the starting weights.
        changed: called whenever the record has changed.
        again: run again what an earlier revision of the training program ran; its results stay until then.
    """

    protocol: Config
    rows: Sequence[Row]
    collections: Mapping[str, Faces]
    record: Record
    runs: Path
    data: Path
    changed: Callable[[], None]
    again: bool = False

    def run(self, seeds: Iterable[int], names: Sequence[str] = ()) -> list[str]:
        """Run what is not in the record yet: the first seed of all rows, then the next.

        Args:
            seeds: of the runs.
            names: rows to run; empty runs all.

        Returns:
            a sentence for every run that could not be made.

        Raises:
            ValueError: there is no such row, or a collection without test photos.
        """
        for name, faces in self.collections.items():  # or every row would fail after its training
            if not len(faces.part("test", unique=True)):
                raise ValueError(f"{name}: there is no test photo to measure on")
        known = [row.name for row in self.rows]
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"there is no row {', '.join(unknown)}, but {', '.join(known)}")
        failed = []
        for seed in seeds:
            for row in self.rows:
                if names and row.name not in names:
                    continue
                try:
                    self._complete(row, seed)
                except (ValueError, FileNotFoundError) as error:
                    failed.append(f"{run_name(row.name, seed)}: {error}")
                    print(f"{failed[-1]}; left out", file=sys.stderr, flush=True)
        return failed

    def _complete(self, row: Row, seed: int) -> None:
        """Train and measure one run, except for what has been done already."""
        found = self.record.run(row, seed)
        if found is None or (self.again and found.get("revision", 1) != REVISION):
            found = self._train(row, seed) | {"on": {}}
        missing = [name for name in self.collections if name not in found["on"]]
        if missing:
            if not self._has_weights(row, seed, found.get("revision", 1)):
                raise ValueError(
                    f"not measured on {', '.join(missing)}, as its weights are not here; "
                    f"remove the run from {self.record.path} to train it again"
                )
            self._measure(row, seed, found, missing)
        folder = self._folder(row, seed)
        (folder / "last.pt").unlink(missing_ok=True)
        if not any(other.follows == row.name for other in self.rows):
            (folder / "best.pt").unlink(missing_ok=True)

    def _measure(self, row: Row, seed: int, found: dict[str, Any], missing: Sequence[str]) -> None:
        network = load_checkpoint(self._folder(row, seed) / "best.pt").to(Crew.join().device)
        test = {name: self.collections[name].part("test", unique=True) for name in missing}
        on = found["on"] | {name: measure(network, faces) for name, faces in test.items()}
        self.record.keep(row, seed, found | {"on": on})
        self.changed()
        shown = ", ".join(f"{name} {one['mae']:.2f}" for name, one in on.items())
        print(f"{run_name(row.name, seed)}: MAE on {shown}", flush=True)

    def _folder(self, row: Row, seed: int) -> Path:
        return self.runs / run_name(row.name, seed)

    def _has_weights(self, row: Row, seed: int, revision: int) -> bool:
        """Whether a run's final weights are here, from this revision of the training program and this protocol."""
        path = self._folder(row, seed) / "best.pt"
        if not path.exists():
            return False
        state = read_checkpoint(path)
        made_alike = state.get("revision", 1) == revision
        return made_alike and same(settings_of(state["config"]), row.config(self.protocol, seed).record())

    def _train(self, row: Row, seed: int) -> dict[str, Any]:
        """Train one run to its end, from its last checkpoint if there is one; returns what the record says of it."""
        if row.follows:
            (before,) = [other for other in self.rows if other.name == row.follows]
            if not self._has_weights(before, seed, REVISION):  # it was run on another machine, or not at all
                self._train(before, seed)
        folder, config = self._folder(row, seed), row.config(self.protocol, seed)
        parts = [self.collections[name].part("train") for name in config.collections]
        trainer = Trainer(config, parts, [], folder, self.data, Crew.join())
        clock = folder / "seconds.json"
        seconds = float(read_json(clock)) if trainer.resume() and clock.exists() else 0.0
        print(f"{config.name}: {trainer.steps} steps, from step {trainer.step}", flush=True)
        # On a CPU, processor time, which other work on the machine hardly affects; a process cannot know a GPU's.
        clock_of = time.process_time if trainer.crew.device.type == "cpu" else time.monotonic
        while trainer.step < trainer.steps:
            started = clock_of()
            trainer.run(stop_after=config.save_every)  # to the next checkpoint: lost work is not counted
            seconds += clock_of() - started
            write_json(clock, seconds)
        # The final weights are measured, even if earlier ones were better.
        trainer.save("best.pt", everything=False)
        device, threads = trainer.crew.device.type, torch.get_num_threads()
        machine = f"{threads} CPU thread{'s' * (threads > 1)}" if device == "cpu" else f"one {device.upper()} device"
        return {
            "changes": changes_of(row),
            "steps": trainer.steps,
            "photos": len(parts[0]),
            "seconds": round(seconds, 3),
            "parameters": sum(parameter.numel() for parameter in trainer.network.parameters()),
            "from_chance": trainer.from_chance,
            "machine": machine,
            "torch": torch.__version__,
            "revision": REVISION,
        }
