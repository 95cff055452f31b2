"""Times the engine as a user meets it: start-up, then photos of several sizes. `python3 dev.py bench`.

Machines are noisy: compare runs on one machine, never trust one figure.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from engine.worker import Worker

SIDES = (1280, 2000, 4000)
"""Long sides in pixels of the photos that are timed; the last is a camera's 11 megapixels."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print a table. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python3 dev.py bench", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--photo", type=Path, default=_sample(), help="photo to time (default: insightface's t1.jpg)")
    parser.add_argument("--repeat", type=int, default=5, help="runs per size (default: 5)")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    with Worker() as worker, tempfile.TemporaryDirectory() as folder:
        worker.wait_ready()
        print(f"models loaded after {time.perf_counter() - start:.2f} s")
        print(f"{'long side':>10} {'faces':>6} {'decode':>8} {'detect':>8} {'age':>8} {'total':>8}   (median ms)")
        for side in SIDES:
            path = Path(folder) / f"{side}.jpg"
            _scaled(options.photo, side).save(path, quality=90)
            print(_row(worker, path, side, options.repeat))
    return 0


def _row(worker: Worker, path: Path, side: int, repeat: int) -> str:
    records = [worker.analyze(path).record or {} for _ in range(repeat)]
    medians = (
        statistics.median(record["milliseconds"][part] for record in records)
        for part in ("decode", "detect", "age", "total")
    )
    return f"{side:>10} {len(records[0]['faces']):>6} " + " ".join(f"{value:>8.0f}" for value in medians)


def _scaled(photo: Path, side: int) -> Image.Image:
    image = Image.open(photo).convert("RGB")
    scale = side / max(image.size)
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def _sample() -> Path | None:
    spec = find_spec("insightface")
    return Path(spec.origin).parent / "data" / "images" / "t1.jpg" if spec and spec.origin else None


if __name__ == "__main__":
    raise SystemExit(main())
