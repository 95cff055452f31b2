"""The training loop.

Every random choice, such as the order of photos or the augmentation of a batch, is a function of (seed, step). So no
state of random generators has to be saved, and on a CPU a run that was killed and resumed from its last checkpoint
computes the same numbers as one that was not. On a GPU it makes the same choices, but the order of sums may vary.
"""

from __future__ import annotations

import csv
import io
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training.augment import augment
from training.checkpoints import load_checkpoint, read_checkpoint, write_checkpoint
from training.config import Config, same, settings_of
from training.data import Faces
from training.files import write_atomic
from training.losses import cross_entropy
from training.methods import make_method
from training.network import AgeNetwork, blend, load_arrays
from training.pretrained import IMAGENET, archive_of, load_pretrained
from training.teachers import lessons_of

OPTIMIZERS: Mapping[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9, nesterov=True),
}
"""Name -> what makes the optimizer of parameter groups."""

REVISION = 2
"""Of the code that, besides its configuration, determines a run's numbers. Raise it with every change of these numbers,
so that no run is continued or compared as if nothing had happened. What names no revision is of the first."""

EARLIER: Mapping[int, str] = {
    1: "in training the heads computed in bfloat16, which rounded what regressions put out to 0.25 to 0.5 year above "
    "an age of 32 and CORAL's logits to steps of up to 1/16, and the chips were resized in it",
}
"""Earlier revision -> what it did differently."""

_LAG = 10
"""Of the running mean of the weights, see `share_kept`."""


@dataclass(frozen=True)
class Crew:
    """The processes that train together (torchrun), or this one alone."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @classmethod
    def join(cls) -> Crew:
        """Read torchrun's variables; without them there is one process, on the GPU if there is one."""
        cuda = torch.cuda.is_available()
        if "RANK" not in os.environ:
            return cls(device=torch.device("cuda" if cuda else "cpu"))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
        device = torch.device("cuda", local) if cuda else torch.device("cpu")
        return cls(torch.distributed.get_rank(), torch.distributed.get_world_size(), device)


class Stream:
    """The endless order in which a collection's photos are shown: pass after pass, each in a different order.

    Args:
        ages: labels of the photos, years.
        balance: exponent, see `Config.balance`: rare ages come more than once a pass, frequent ones not in every pass.
        seed: for the order.
    """

    def __init__(self, ages: NDArray[np.float64], balance: float, seed: int) -> None:
        counts = np.bincount(np.clip(ages, 0, 100).astype(int), minlength=101).astype(float)
        # Neighboring ages look alike, so what is rare is a range of ages, not a single year.
        smooth = np.convolve(np.pad(counts, 4, mode="edge"), np.ones(9) / 9, mode="valid")
        weights = np.maximum(smooth, 1.0)[np.clip(ages, 0, 100).astype(int)] ** -balance
        self.repeats = weights / weights.mean()
        self.seed = seed
        self._pass: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, np.int64))

    def _order(self, number: int) -> NDArray[np.int64]:
        if self._pass[0] != number:
            rng = np.random.default_rng((self.seed, number))
            n = len(self.repeats)
            # Systematic sampling: exactly n photos a pass, each as often as its weight says, randomly rounded.
            shuffled = rng.permutation(n)
            ends = np.cumsum(self.repeats[shuffled])
            ends *= n / ends[-1]
            picked = shuffled[np.minimum(np.searchsorted(ends, np.arange(n) + rng.random()), n - 1)]
            self._pass = (number, rng.permutation(picked))
        return self._pass[1]

    def take(self, start: int, count: int) -> NDArray[np.int64]:
        """Photos number `start` to `start + count` of the stream."""
        n = len(self.repeats)
        return np.array([self._order(k // n)[k % n] for k in range(start, start + count)], dtype=np.int64)


def shares(collections: Sequence[float], batch: int) -> list[int]:
    """Photos of each collection in a batch: rounded down; the remainder goes where rounding took most."""
    wanted = [batch * share / sum(collections) for share in collections]
    counts = [math.floor(count) for count in wanted]
    by_loss = sorted(range(len(wanted)), key=lambda number: counts[number] - wanted[number])
    for number in by_loss[: batch - sum(counts)]:
        counts[number] += 1
    return counts


def share_kept(step: int, most: float) -> float:
    """Share that the running mean of the weights keeps of itself at a step, counted from 1.

    With a constant share, the mean of a short run would keep traces of the first weights. With t / (t + 10) at step t,
    two thirds of it come from the last tenth of the steps, however many there are. That is below `most`, which is then
    without effect, up to the step `bound_from(most)`: in a run of a few thousand steps, to the end.
    """
    return min(most, step / (step + _LAG))


def bound_from(most: float) -> float:
    """The step from which on `share_kept` is `most`; infinity if it never is."""
    return math.ceil(round(_LAG * most / (1 - most), 6)) if most < 1 else math.inf


class Trainer:
    """One run: makes the network, trains, measures, keeps checkpoints.

    Args:
        config: the run's configuration.
        train: training part of each collection, in the order of `config.collections`.
        validation: validation part of each collection, in the same order.
        folder: where the log and checkpoints go.
        data: the data folder, for the starting weights.
        crew: the processes that train together.

    Attributes:
        from_chance: whether the backbone had no weights to start from and was all random.

    Raises:
        ValueError: the configuration names something that does not exist, or weights that do not fit.
        FileNotFoundError: the starting weights do not exist.
    """

    def __init__(
        self,
        config: Config,
        train: list[Faces],
        validation: list[Faces],
        folder: Path,
        data: Path,
        crew: Crew | None = None,
    ) -> None:
        self.config, self.train_faces, self.validation, self.folder = config, train, validation, folder
        self.crew = crew or Crew()
        if config.optimizer not in OPTIMIZERS:
            raise ValueError(f"there is no optimizer {config.optimizer}, but {', '.join(OPTIMIZERS)}")
        self.method = make_method(config.method, config.method_options)
        torch.manual_seed(config.seed)
        self.network = AgeNetwork(
            config.backbone, config.input_size, tuple(config.collections), self.method, config.detail
        )
        self.from_chance = not self._load_start(data)
        self.network = self.network.to(self.crew.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        for part in config.freeze:
            try:
                self.network.backbone.get_submodule(part).requires_grad_(False)
            except AttributeError as error:
                raise ValueError(f"{config.backbone} has no part {part} to freeze") from error
        self.ema = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.counts = shares(list(config.collections.values()), config.batch)
        for faces, count in zip(train, self.counts, strict=True):
            if count and not len(faces):
                raise ValueError(f"{faces.name}: there is no photo to train on")
        self.ages = [faces.ages for faces in train]
        self.photos = {faces.name: faces.digest() for faces in train}
        self.streams = [Stream(faces.ages, config.balance, config.seed * 1000 + i) for i, faces in enumerate(train)]
        self.steps = max(1, round(config.epochs * len(train[0]) / max(self.counts[0], 1)))
        self.optimizer = OPTIMIZERS[config.optimizer](self._groups(), lr=config.rate)
        self.step = 0
        self.best = math.inf
        self.log: list[dict[str, Any]] = []
        self.said: list[Tensor] | None = None  # by the teachers, of each collection; None until training begins
        self.recent: list[tuple[float, float]] = []  # loss and error of each step since the last measurement
        self.model: nn.Module = self.network
        if self.crew.size > 1:
            if not config.frozen_norm and self.crew.device.type == "cuda":  # SyncBatchNorm exists for GPUs only
                self.network = nn.SyncBatchNorm.convert_sync_batchnorm(self.network)
            self.model = nn.parallel.DistributedDataParallel(self.network)

    def _load_start(self, data: Path) -> bool:
        """Load the weights that the run starts from; returns whether there are any."""
        if self.config.follows:
            self._follow(self.folder.parent / self.config.follows / "best.pt")
            return True
        if archive := archive_of(self.config.record()):
            load_arrays(self.network, data / archive)
            return True
        return self.config.init == IMAGENET and load_pretrained(self.network.backbone, self.config.backbone)

    def _follow(self, path: Path) -> None:
        """Start from the averaged weights of an earlier run with the same network, whatever its collections."""
        earlier = load_checkpoint(path)
        theirs, ours = ((one.backbone_name, one.method.name, len(one.collections)) for one in (earlier, self.network))
        if theirs != ours:
            raise ValueError(f"{path} is of another network: {theirs[0]}, {theirs[1]}, for {theirs[2]} collections")
        if earlier.gate_sees or earlier.people is not None:
            earlier.replace_gate(self.network.gate)  # a run's own gate sees the features, and starts afresh
        self.network.load_state_dict(earlier.state_dict())

    def _teach(self) -> list[Tensor]:
        """What the teachers say of the photos of each collection (`training.teachers`)."""
        teachers = [self._teacher(self.folder.parent / name / "best.pt") for name in self.config.teachers]
        return [lessons_of(teachers, faces, self.crew.device) for faces in self.train_faces] if teachers else []

    def _teacher(self, path: Path) -> AgeNetwork:
        teacher = load_checkpoint(path)
        if teacher.collections != self.network.collections:
            raise ValueError(f"{path} knows other collections: {', '.join(teacher.collections)}")
        return teacher.to(self.crew.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _groups(self) -> list[dict[str, Any]]:
        """Parameter groups: weights decay, biases and batch norm do not; heads have their own rate."""
        groups: dict[tuple[bool, bool], list[Tensor]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                groups.setdefault((not name.startswith("backbone."), parameter.ndim > 1), []).append(parameter)
        return [
            {
                "params": parameters,
                "weight_decay": self.config.decay if decays else 0.0,
                "peak": self.config.rate_new if head else self.config.rate,
            }
            for (head, decays), parameters in groups.items()
        ]

    def _share_of_peak(self, step: int) -> float:
        if step < self.config.warmup:
            return (step + 1) / self.config.warmup
        done = (step - self.config.warmup) / max(1, self.steps - self.config.warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def _picked(self, step: int) -> list[NDArray[np.int64]]:
        """This process's photos of each collection for a step."""
        each = [stream.take(step * count, count) for stream, count in zip(self.streams, self.counts, strict=True)]
        return [picked[self.crew.rank :: self.crew.size] for picked in each]

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Augmented chips (n, 3, 200, 200), ages (n,) and collection numbers (n,) of this process for a step."""
        chips, ages, which = [], [], []
        for number, (faces, picked) in enumerate(zip(self.train_faces, self._picked(step), strict=True)):
            chips.append(faces.chips[faces.index[picked]])
            ages.append(self.ages[number][picked])
            which += [number] * len(picked)
        pixels = torch.from_numpy(np.concatenate(chips)).to(self.crew.device).permute(0, 3, 1, 2).float()
        seed = (self.config.seed * 1_000_003 + step) * 1009 + self.crew.rank
        changed = augment(pixels, self.config.augmentation, torch.Generator().manual_seed(seed))
        device = self.crew.device
        labels = torch.tensor(np.concatenate(ages), dtype=torch.float32, device=device)
        return changed, labels, torch.tensor(which, device=device)

    def lessons(self, ages: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
        """Which head learns from which photo.

        Args:
            ages: shape (N,), years.
            which: shape (N,), number of the photo's collection.

        Returns:
            photo numbers and head numbers, both of shape (M,): each photo with its own head, and the young ones of
            further collections with the main head as well (`Config.shared_below`).
        """
        everyone = torch.arange(len(ages), device=ages.device)
        young = everyone[(which > 0) & (ages < self.config.shared_below)]
        return torch.cat([everyone, young]), torch.cat([which, torch.zeros_like(young)])

    def _said_of(self, step: int) -> Tensor | None:
        """What the teachers say of the photos of a step, shape (n, K, 101); None without teachers."""
        if not self.said:
            return None
        parts = [said[picked] for said, picked in zip(self.said, self._picked(step), strict=True)]
        return torch.cat(parts).to(self.crew.device).float()

    def _partners(self, step: int, photos: int) -> tuple[Tensor, float]:
        """For each photo of a step, the one that is mixed into it, shape (n,), and how much of it, at most a half."""
        if not self.config.mixup:
            return torch.arange(photos), 0.0
        rng = np.random.default_rng((self.config.seed, step, self.crew.rank))
        share = rng.beta(self.config.mixup, self.config.mixup)
        return torch.from_numpy(rng.permutation(photos)).to(self.crew.device), min(share, 1 - share)

    def _loss(self, answers: Tensor, gate: Tensor, ages: Tensor, which: Tensor, said: Tensor | None) -> Tensor:
        """How far the answers to a batch are from its labels, and from what the teachers say of it."""
        rows, heads = self.lessons(ages, which)
        loss = self.method.loss(answers[rows, heads], ages[rows])
        if said is not None:
            taught = cross_entropy(self.method.age_logits(answers[rows, heads]), said[rows, heads])
            loss = torch.lerp(loss, taught, self.config.taught)
        return loss if self.network.gate is None else loss + F.cross_entropy(gate, which)

    def _precision(self) -> AbstractContextManager[Any]:
        if not self.config.bf16:
            return nullcontext()
        return torch.autocast(self.crew.device.type, dtype=torch.bfloat16)

    def _advance(self) -> tuple[float, float]:
        """One step; its loss and mean absolute error.

        Raises:
            ValueError: the loss or its gradient is not finite; no step was made.
        """
        self.network.train()
        for module in self.network.modules():
            if self.config.frozen_norm and isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        step = self.step
        # Some backbones drop layers at random, which must be a function of seed and step like all random choices.
        chance = np.random.SeedSequence((self.config.seed, step, self.crew.rank))
        torch.manual_seed(int(chance.generate_state(1)[0]))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * self._share_of_peak(step)
        chips, ages, which = self.batch(step)
        said = self._said_of(step)
        partners, share = self._partners(step, len(ages))
        with self._precision():
            answers, gate = self.model(torch.lerp(chips, chips[partners], share) if share else chips)
        answers, gate = answers.float(), gate.float()
        loss = self._loss(answers, gate, ages, which, said)
        if share:
            said = None if said is None else said[partners]
            loss = torch.lerp(loss, self._loss(answers, gate, ages[partners], which[partners], said), share)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        if not (loss + norm).isfinite():
            raise ValueError(f"the run has diverged: at step {step + 1} the loss or its gradient is no number")
        self.optimizer.step()
        self.step += 1
        keep = share_kept(self.step, self.config.ema)
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.dtype.is_floating_point:
                    self.ema[name].lerp_(value, 1 - keep)
                else:
                    self.ema[name].copy_(value)
            error = (self.method.expectation(blend(answers, gate)) - ages).abs().mean()
        return loss.item(), error.item()

    def validate(self) -> dict[str, float]:
        """MAE of the averaged weights on each validation part."""
        own = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.ema)
        self.network.eval()
        found = {}
        with torch.inference_mode():
            for faces in self.validation:
                answers = []
                for chips in faces.batches():
                    pixels = torch.from_numpy(chips).to(self.crew.device).permute(0, 3, 1, 2).float()
                    with self._precision():
                        logits = blend(*self.network(pixels))
                    # Outside the block: bfloat16 would round the ages.
                    answers.append(self.method.expectation(logits).cpu())
                if answers:
                    found[faces.name] = float(np.abs(torch.cat(answers).numpy() - faces.ages).mean())
        self.network.load_state_dict(own)
        return found

    def save(self, name: str, everything: bool) -> None:
        """Write a checkpoint: the averaged weights, or everything that resuming needs."""
        state: dict[str, Any] = {
            "config": self.config.record(),
            "ema": self.ema,
            "step": self.step,
            "revision": REVISION,
        }
        if everything:
            state |= {
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
                "log": self.log,
                "recent": self.recent,
                "said": self.said,
                "photos": self.photos,
                "processes": self.crew.size,
            }
        write_checkpoint(self.folder / name, state)

    def resume(self) -> bool:
        """Continue from the last checkpoint, if there is one; returns whether there was.

        Raises:
            ValueError: it is damaged, belongs to another configuration or revision, or learned from other photos or
                with another number of processes, which would divide the photos and draw random numbers differently.
        """
        path = self.folder / "last.pt"
        if not path.exists():
            return False
        state = read_checkpoint(path, self.crew.device)
        if not same(settings_of(state["config"]), self.config.record()):
            raise ValueError(f"{path} was made with another configuration; choose another name or delete it")
        if (revision := state.get("revision", 1)) != REVISION:
            raise ValueError(
                f"{path} was made by revision {revision} of the training program, and this is {REVISION}; "
                "choose another name or delete it"
            )
        if changed := [name for name, digest in state["photos"].items() if digest != self.photos[name]]:
            raise ValueError(f"{path} learned from other photos or labels of {', '.join(changed)}: choose another name")
        if (processes := state.get("processes", self.crew.size)) != self.crew.size:
            raise ValueError(f"{path} was made with another number of processes: {processes}, not {self.crew.size}")
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema, self.step, self.best, self.log = state["ema"], state["step"], state["best"], state["log"]
        self.recent, self.said = state["recent"], state["said"]
        return True

    def _write_log(self) -> None:
        text = io.StringIO()
        names = list(dict.fromkeys(name for line in self.log for name in line))
        writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.log)
        write_atomic(self.folder / "log.csv", text.getvalue().encode())

    def run(self, stop_after: int | None = None) -> None:
        """Train to the end, or for `stop_after` more steps.

        Raises:
            ValueError: the run has diverged; the last checkpoint is from before.
        """
        if self.said is None:
            self.said = self._teach()
            if not self.crew.rank:  # before best.pt, which without this file could not be told from a foreign one
                self.save("last.pt", everything=True)
        end = self.steps if stop_after is None else min(self.steps, self.step + stop_after)
        started, first = time.monotonic(), self.step
        while self.step < end:
            advanced = self._advance()
            if self.crew.rank:
                continue
            self.recent.append(advanced)
            loss, error = np.mean(self.recent[-50:], axis=0)
            left = (time.monotonic() - started) / (self.step - first) * (self.steps - self.step)
            line = f"step {self.step}/{self.steps}  loss {loss:.3f}  MAE {error:.2f}  left {left / 60:.1f} min"
            _progress(line, self.step, end)
            last = self.step == self.steps
            if last or self.step % self.config.evaluate_every == 0:
                loss, error = np.mean(self.recent, axis=0)
                self.recent.clear()
                self._measure(float(loss), float(error))
            if last or self.step % self.config.save_every == 0:
                self.save("last.pt", everything=True)

    def _measure(self, loss: float, error: float) -> None:
        found = self.validate()
        score = found.get(self.validation[0].name, error) if self.validation else error
        self.log.append(
            {"step": self.step, "loss": round(loss, 4), "mae": round(error, 3)}
            | {f"val_{name}": round(value, 4) for name, value in found.items()}
        )
        self._write_log()
        shown = "".join(f"  {name} {value:.3f}" for name, value in found.items())
        print(f"\nstep {self.step}: training MAE {error:.2f}{'; validation MAE' * bool(shown)}{shown}", flush=True)
        if score < self.best:
            self.best = score
            self.save("best.pt", everything=False)


def _progress(line: str, step: int, end: int) -> None:
    """On a terminal one line that is overwritten; elsewhere a line now and then."""
    if sys.stderr.isatty():
        print(f"\r{line}", end="", file=sys.stderr, flush=True)
    elif step % 20 == 0 or step == end:
        print(line, file=sys.stderr, flush=True)
