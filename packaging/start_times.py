"""How long a user waits: `python packaging/start_times.py [PROGRAM ...]`, by default the bundle and the source tree.

Starts the window on a virtual display (Xvfb) and watches the screen until the page is drawn, and until a photo of six
people has its ages. As root, it also measures with the disk cache emptied. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageGrab

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dev import virtual_display  # noqa: E402

SIZE = (900, 600)
TOOLBAR = (0, 0, 400, 52)
"""The app's name and the first buttons, in a window of SIZE in the corner of the screen."""
PANEL = (612, 60, 900, 600)
ACCENT = (0x3D, 0x59, 0xB8)
"""Color that fills the curve of a face's ages, in the panel on the right."""

RUNS = 5
_PATIENCE = 60.0
_DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def main() -> int:
    """Measure, from the command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Time how long a user waits for the window and for the first ages.")
    parser.add_argument(
        "programs", nargs="*", help="commands that open the window (default: the bundle and the source tree)"
    )
    programs = parser.parse_args().programs or [
        shlex.quote(str(ROOT / "dist/agelens/agelens")),
        f"{shlex.quote(sys.executable)} -P -m desktop",
    ]
    print("| program | cache | window drawn, s | first ages, s |\n| --- | --- | ---: | ---: |")
    with virtual_display(f"{SIZE[0]}x{SIZE[1]}") as display:
        os.environ.update(display)
        for program in programs:
            command = shlex.split(program)
            until_ages(command)  # fills the cache
            tell(program, "warm", [measure(command) for _ in range(RUNS)])
            if os.access(_DROP_CACHES, os.W_OK):
                cold = []
                for _ in range(2):
                    forget()
                    drawn = until_drawn(command)
                    forget()
                    cold.append((drawn, until_ages(command)))
                tell(program, "cold", cold)
    return 0


def forget() -> None:
    """Empty the disk cache."""
    os.sync()
    _DROP_CACHES.write_text("3", encoding="ascii")


def measure(command: Sequence[str]) -> tuple[float, float]:
    """Seconds until the page is drawn, and until the ages are there."""
    return until_drawn(command), until_ages(command)


def tell(program: str, cache: str, times: Sequence[tuple[float, float]]) -> None:
    """Print a row of the table: medians, and the range."""
    cells = []
    for number in (0, 1):
        values = sorted(pair[number] for pair in times)
        cells.append(f"{statistics.median(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})")
    print(f"| {Path(program.split(maxsplit=1)[0]).name} | {cache} | {' | '.join(cells)} |", flush=True)


def until_drawn(command: Sequence[str]) -> float:
    """Seconds until the toolbar is on the screen: letters with smooth edges have many colors."""
    return until(command, lambda screen: len(screen.crop(TOOLBAR).getcolors(1 << 16) or range(100)) > 50)


def until_ages(command: Sequence[str]) -> float:
    """Seconds until the curve of the first face's ages is on the screen."""
    photo = [*command, str(group_photo())]

    def shown(screen: Image.Image) -> bool:
        panel = screen.crop(PANEL)
        colours = panel.getcolors(panel.width * panel.height)
        return next((count for count, colour in colours or () if colour == ACCENT), 0) > 500

    return until(photo, shown)


def until(command: Sequence[str], shown: Callable[[Image.Image], bool]) -> float:
    """Seconds from a command's start until the screen shows something.

    Raises:
        TimeoutError: it never does.
        ChildProcessError: the program ends first.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        begin = time.monotonic()
        with subprocess.Popen([*command, "--size", f"{SIZE[0]}x{SIZE[1]}"], env=environment) as process:
            try:
                while time.monotonic() < begin + _PATIENCE:
                    if shown(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB")):
                        return time.monotonic() - begin
                    if process.poll() is not None:
                        raise ChildProcessError(f"{command[0]} ended with status {process.returncode}")
                    time.sleep(0.05)  # watching takes processor time from the program
                raise TimeoutError("the screen never showed what was waited for")
            finally:
                process.terminate()


def group_photo() -> Path:
    """insightface's photo of six people."""
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("insightface is not installed")
    return Path(spec.origin).parent / "data" / "images" / "t1.jpg"


if __name__ == "__main__":
    sys.exit(main())
