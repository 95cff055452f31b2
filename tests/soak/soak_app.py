"""Soaks the app: thousands of photos in one run of the real window, its processes watched. `python3 dev.py soak`.

Photos are made shortly before their turn and removed after it. Cancel is pressed at random moments. The exit status is
1 when a figure is beyond its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "desktop")]

from process_tree import usage  # noqa: E402
from soak_figures import MEGABYTE, Sample, as_table, by_role, figures  # noqa: E402
from soak_photos import SoakPhotos, is_damaged  # noqa: E402

AHEAD = 40
"""Number of photos that are on the disk before their turn comes."""

SILENCE = 180.0
"""Seconds without a report from the app after which it counts as hung."""


class Soak:
    """The app's process, what it has reported, and what was observed of it.

    Args:
        folder: for everything.
        photos: how many.
        seed: for the moments at which Cancel is pressed.
        each: photos between two of these moments, on average.
    """

    def __init__(self, folder: Path, photos: int, seed: int, each: int) -> None:
        (folder / "photos").mkdir()
        (folder / "home").mkdir()
        self._folder, self._seed, self._each = folder, seed, each
        self._photos = SoakPhotos(folder / "photos", photos)
        self.done = 0
        self.samples: list[Sample] = []
        self.answers: list[float] = []
        self.cancels: list[float] = []
        self.results: list[str] = []
        self.failed = ""
        self._heard = time.monotonic()
        self._made = self._removed = 0

    @property
    def wrong(self) -> int:
        """Photos without the result that they should have."""
        right = [(status == "error") == is_damaged(number) for number, status in enumerate(self.results)]
        return len(self._photos.paths) - sum(right)

    def run(self) -> None:
        """Watch the app until it has ended."""
        self._supply()
        with (self._folder / "log.txt").open("w") as log:
            app = self._start(log)
        listening = threading.Thread(target=self._listen, args=(app,))
        listening.start()
        began = told = time.monotonic()
        try:
            while app.poll() is None:
                turn = time.monotonic()
                if self.done < len(self._photos.paths):
                    self.samples.append(Sample(self.done, round(turn - began, 1), tuple(usage(app.pid))))
                self._supply()
                if turn > told + 10:
                    told = turn
                    self._say_progress()
                if turn > self._heard + SILENCE:
                    self.failed = "The app hangs."
                    app.kill()
                time.sleep(max(0.0, turn + 1 - time.monotonic()))
        finally:
            app.kill()
        listening.join()
        if not self.results and not self.failed:
            self.failed = f"The app ended with status {app.returncode}."
        if self.failed:
            self.failed += "\n" + (self._folder / "log.txt").read_text(errors="replace")[:6000]

    def _start(self, log: Any) -> subprocess.Popen[str]:
        home = str(self._folder / "home")
        names = "HOME TMPDIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME".split()
        command = [sys.executable, str(HERE / "drive_soak.py"), str(self._folder), str(self._seed), str(self._each)]
        app = subprocess.Popen(
            command,
            env=os.environ | dict.fromkeys(names, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert app.stdin is not None
        app.stdin.write("\n".join(map(str, self._photos.paths)))
        app.stdin.close()
        return app

    def _listen(self, app: subprocess.Popen[str]) -> None:
        assert app.stdout is not None
        for line in app.stdout:
            told = json.loads(line)
            self._heard = time.monotonic()
            self.done = told.get("done", self.done)
            self.answers += [told["answer"]] if "answer" in told else []
            self.cancels += [told["cancel"]] if "cancel" in told else []
            self.results = told.get("results", self.results)
            self.failed = told.get("failed", self.failed)

    def _supply(self) -> None:
        """Make the photos whose turn comes soon, and remove those whose turn is over: they are analyzed in order."""
        wanted = min(self.done + AHEAD, len(self._photos.paths))
        for number in range(self._made, wanted):
            self._photos.make(number)
        for number in range(self._removed, self.done):
            self._photos.paths[number].unlink()
        self._made, self._removed = wanted, self.done

    def _say_progress(self) -> None:
        if not self.samples:
            return
        now = self.samples[-1]
        memory, files, threads = (
            now.total(lambda use: use.memory) / MEGABYTE,
            now.total(lambda use: use.files),
            now.total(lambda use: use.threads),
        )
        print(
            f"{self.done:>6,} photos after {now.seconds:,.0f} s: {memory:,.1f} MB, {files} files, {threads} threads, "
            f"page {max(self.answers, default=0):.0f} ms, Cancel {max(self.cancels, default=0):.0f} ms at worst",
            file=sys.stderr,
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print a table. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python3 dev.py soak", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--photos", type=int, default=5000, help="photos in the run (default: 5000)")
    parser.add_argument("--warm-up", type=int, default=200, help="photos before memory counts (default: 200)")
    parser.add_argument("--cancel-each", type=int, default=50, help="photos between two cancels (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which Cancel is pressed (default: 1)")
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    options = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("the soak reads /proc, which only Linux has")
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="agelens-soak-") as temporary:
        soak = Soak(Path(temporary), options.photos, options.seed, options.cancel_each)
        soak.run()
    if soak.failed:
        print(soak.failed, file=sys.stderr)
    found = figures(soak.samples, soak.answers, soak.cancels, options.photos, soak.wrong, options.warm_up)
    roles = by_role(soak.samples, options.warm_up)
    print(as_table(found))
    print(f"\n{'':<36} {'MB at end':>10} {'per 1,000':>10} {'files':>6} {'threads':>8}")
    for role, row in roles.items():
        memory, each, files, threads = row.values()
        print(f"{role:<36} {memory:>10.1f} {each:>10.1f} {files:>6.0f} {threads:>8.0f}")
    print(f"\n{len(soak.cancels)} cancels; load of the machine {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after")
    if options.out is not None:
        document = {
            "photos": options.photos,
            "load": {"before": load, "after": os.getloadavg()},
            "figures": [asdict(one) | {"passed": one.passed} for one in found],
            "processes": roles,
            "cancels": soak.cancels,
            "answers": soak.answers,
            "samples": [asdict(one) for one in soak.samples],
        }
        options.out.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return 0 if not soak.failed and all(one.passed for one in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
