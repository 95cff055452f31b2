"""Which face detector, how well it does, and where it sees landmarks: `python -m training.detectors`.

`compare` measures the candidates on scenes whose faces lie at known places (`training.scenes`) and on whole photos of
strangers, and writes the tables of docs/detector.md. `template` measures where the detector that ships finds the five
landmarks in UTKFace's training chips, which is the geometry that the age model knows, and writes
training/template.json, from which `python -m training export` takes it.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.detector import Detector
from training import retinaface
from training.data import load
from training.detector_scores import ANGLES, SIDES, Array, Detect, Tally, empty_table, scene_tables
from training.files import ROOT, write_atomic, write_json
from training.scenes import Scene, backgrounds, compose
from training.tables import markdown

CACHE = ROOT / ".cache"
PAGE = ROOT / "docs" / "detector.md"
TEMPLATE = ROOT / "training" / "template.json"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Template:
    """Landmarks in a collection's chips, in pixels of the chip: mean and standard deviation, both shape (5, 2).

    `source` is the command that measured them; `missed` counts the chips in which no face was found.
    """

    source: str
    detector: str
    faces: int
    missed: int
    points: list[list[float]]
    spread: list[list[float]]


def measure_template(detector: Detector, chips: Iterable[NDArray[np.uint8]], source: str = "") -> Template:
    """Where `detector` finds the five landmarks in chips (200, 200, 3), uint8, RGB, each taken as a whole photo.

    Raises:
        ValueError: no face was found in any of them.
    """
    landmarks: list[NDArray[np.float32]] = []
    missed = 0
    for chip in chips:
        faces = detector.detect(np.ascontiguousarray(chip))
        landmarks += [face.landmarks for face in faces[:1]]
        missed += not faces
    if not landmarks:
        raise ValueError("no face was found in any chip")
    points = np.asarray(landmarks, np.float64)
    mean, spread = points.mean(axis=0).round(2), points.std(axis=0).round(2)
    return Template(source, detector.name, len(points), missed, mean.tolist(), spread.tolist())


def scenes(chips: NDArray[np.uint8], rounds: int, seed: int) -> Iterator[tuple[Scene, NDArray[np.int64]]]:
    """Scenes, each with the indices of its chips: a round has every height at every angle, and as many upright ones.
    The same for the same seed."""
    chance = np.random.default_rng(seed)
    pictures = backgrounds()
    for number in range(rounds * len(SIDES) * len(ANGLES) * 2):
        upright, turned = number % 2 == 0, ANGLES[number // 2 % len(ANGLES)]
        angle = 0.0 if upright else float(turned * chance.choice((-1, 1)))
        side = SIDES[number // 2 // len(ANGLES) % len(SIDES)]
        chosen = chance.choice(len(chips), 8, replace=False)
        yield compose(chips[chosen], pictures[chance.integers(len(pictures))], side, angle, chance), chosen


def strangers(archive: Path, most: int, seed: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Collection and pixels of whole photos that serve only to measure, at most `most` of them, drawn at random."""
    with (archive.parent / "labels.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    drawn = np.random.default_rng(seed).permutation(len(lines))[:most]
    collections = {lines[index]["name"]: lines[index]["collection"] for index in drawn}
    with tarfile.open(archive) as photos:
        for member in photos:
            content = photos.extractfile(member)
            if member.name in collections and content is not None:
                with Image.open(io.BytesIO(content.read())) as image:
                    yield collections[member.name], np.asarray(image.convert("RGB"))


def compare(
    chips: NDArray[np.uint8], average_chips: NDArray[np.uint8], rounds: int, seed: int, archive: Path, photos: int
) -> str:
    """Measure the candidates; returns the tables as Markdown.

    Args:
        chips: shape (N, 200, 200, 3): the faces to paste.
        average_chips: other chips, to find where each detector sees landmarks on average.
        rounds: scenes to make, in rounds of 56.
        archive: the whole photos of strangers; left out if it does not exist.
        photos: how many of them at most.
    """
    detectors = {
        "CenterFace": Detector.load(),
        "RetinaFace": Detector.load(retinaface.build(CACHE / "detectors" / retinaface.NAME, CACHE)),
    }
    ways: dict[str, tuple[str, Detect]] = {}
    for name, detector in detectors.items():
        ways[name] = name, detector.rate
        ways[f"{name}, one look"] = name, _one_look(detector)
    _say("looking at the chips themselves")
    references = {name: _landmarks(detector, chips) for name, detector in detectors.items()}
    averages = {name: np.array(measure_template(one, average_chips).points) for name, one in detectors.items()}
    tallies = {name: Tally() for name in ways}
    count = rounds * len(SIDES) * len(ANGLES) * 2
    for number, (scene, chosen) in enumerate(scenes(chips, rounds, seed)):
        if number % 8 == 0:
            _say(f"scene {number} of {count}")
        for way, (name, detect) in ways.items():
            tallies[way].examine(detect, scene, [references[name][index] for index in chosen], averages[name])
    _say("pictures without a face, and strangers")
    parts = [scene_tables(tallies), empty_table({way: detect for way, (_, detect) in ways.items()}, seed)]
    if archive.exists():
        parts.append(_strangers_table(detectors, strangers(archive, photos, seed)))
    faces = len(next(iter(tallies.values())).results)
    return "\n\n".join([f"{faces} faces in {count} scenes of 1280x960.", *parts])


def _one_look(detector: Detector) -> Detect:
    return lambda image: list(detector.scan(image))


def _landmarks(detector: Detector, chips: NDArray[np.uint8]) -> list[Array | None]:
    found = (detector.detect(np.ascontiguousarray(chip)) for chip in chips)
    return [faces[0].landmarks.astype(np.float64) if faces else None for faces in found]


def _strangers_table(detectors: dict[str, Detector], photos: Iterable[tuple[str, NDArray[np.uint8]]]) -> str:
    """Photos of one person each; nothing was chosen on them."""
    counts: dict[tuple[str, str], list[int]] = {}
    for collection, image in photos:
        for name, detector in detectors.items():
            counts.setdefault((collection, name), []).append(len(detector.detect(image)))
    rows = [
        [collection, name, *map(str, (len(faces), faces.count(0), faces.count(1), sum(n > 1 for n in faces)))]
        for (collection, name), faces in counts.items()
    ]
    title = "Whole photos of strangers, one person each, on which nothing was chosen:"
    return title + "\n\n" + markdown(["collection", "detector", "photos", "no face", "one face", "more"], rows)


def _write_page(text: str) -> None:
    """Put the tables between the page's two markers."""
    before, after = _page_around_tables()
    write_atomic(PAGE, f"{before}{BEGIN}\n{text}\n{END}{after}".encode())


def _page_around_tables() -> tuple[str, str]:
    """What stands before and after the tables.

    Raises:
        ValueError: the page lacks one of the two markers.
    """
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} needs the two lines {BEGIN} and {END}")
    return before, after


def _say(text: str) -> None:
    """Progress, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _chips(cache: Path, split: str, count: int, seed: int) -> NDArray[np.uint8]:
    """`count` chips of one split of UTKFace."""
    faces = load("utkface", cache).part(split, unique=True).sample(count, seed)
    return np.asarray(faces.chips[faces.index])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.detectors", description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE / "training", help="prepared photos (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of whatever is drawn (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    comparison = commands.add_parser("compare", help="measure the candidates and print the tables")
    comparison.add_argument("--rounds", type=int, default=6, help="rounds of 56 scenes (default: %(default)s)")
    comparison.add_argument(
        "--split", default="test", choices=["val", "test"], help="part of UTKFace (default: %(default)s)"
    )
    comparison.add_argument(
        "--strangers",
        type=Path,
        default=ROOT.parent / "shared" / "data" / "transfer" / "transfer.tar",
        metavar="TAR",
        help="whole photos to measure on, left out when missing (default: %(default)s)",
    )
    comparison.add_argument(
        "--photos", type=int, default=1000, help="whole photos to measure on, at most (default: %(default)s)"
    )
    comparison.add_argument(
        "--chips", type=int, default=240, help="chips of UTKFace, to paste into scenes (default: %(default)s)"
    )
    comparison.add_argument("--write", action="store_true", help=f"put the tables into docs/{PAGE.name}")
    template = commands.add_parser("template", help="measure the landmarks in UTKFace's training chips")
    template.add_argument("--faces", type=int, default=4000, help="chips to measure on (default: %(default)s)")
    template.add_argument(
        "--out", type=Path, default=TEMPLATE, help=f"file to write (default: training/{TEMPLATE.name})"
    )
    options = parser.parse_args(arguments)
    if options.command == "template":
        chips = _chips(options.cache, "train", options.faces, options.seed)
        source = f"python -m training.detectors --seed {options.seed} template --faces {options.faces}"
        measured = measure_template(Detector.load(), chips, source)
        write_json(options.out, asdict(measured))
        print(f"{options.out}: {measured.faces} faces, {measured.missed} missed")
        return 0
    if options.write:
        _page_around_tables()  # fails now rather than after the measurements
    tables = compare(
        _chips(options.cache, options.split, options.chips, options.seed),
        _chips(options.cache, "train", options.chips, options.seed),
        options.rounds,
        options.seed,
        options.strangers,
        options.photos,
    )
    amounts = " ".join(f"--{name} {getattr(options, name)}" for name in ("split", "rounds", "chips", "photos"))
    tables = f"Measured by `python -m training.detectors --seed {options.seed} compare {amounts}`: {tables}"
    print(tables)
    if options.write:
        _write_page(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
