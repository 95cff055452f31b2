"""`--self-test`: does this installation work? For users with trouble and those who help them.

The pictures are a detail of NASA's portrait of the astronaut Eileen Collins (https://flic.kr/p/r9qvLn), which is in the
public domain; scikit-image has it as `data.astronaut`.
"""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path

from engine.version import version_line
from engine.worker import Worker

PICTURE = Path(__file__).parent / "self_test.jpg"
HEIC_PICTURE = PICTURE.with_suffix(".heic")

PLAUSIBLE_AGE = (25.0, 60.0)
"""Years between which the estimated age of the face in the picture must lie."""

Check = Callable[[], str]
"""Returns what it found, or raises."""


def self_test(program: str, more: Iterable[tuple[str, Check]]) -> int:
    """Try out everything that an analysis needs, and print what works.

    Args:
        program: name of the program.
        more: further things to try, each with its name.

    Returns:
        the exit status: 0 when all of it works, else 1.
    """
    print(version_line(program))
    print(f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors")
    failed = 0
    for name, check in (("photo formats", _formats), ("analysis", _analysis), *more):
        try:
            line = f"ok      {name}: {check()}"
        except Exception as error:
            failed += 1
            line = f"FAILED  {name}: {error or type(error).__name__}"
        print(line, flush=True)
    print("Everything works." if not failed else f"{failed} of these do not work.")
    return min(failed, 1)


def _formats() -> str:
    """Read each kind of file that this installation should know; those that it can write, it writes first."""
    import pillow_heif  # noqa: PLC0415  (the command line starts without it)
    from PIL import Image, features  # noqa: PLC0415

    from engine.image import FORMATS, load_photo  # noqa: PLC0415

    written = [kind for kind in FORMATS if kind != "HEIF"]
    with Image.open(PICTURE) as picture:
        for kind in written:
            file = io.BytesIO()
            picture.save(file, kind)
            with Image.open(file, formats=[kind]) as again:
                again.load()
    load_photo(HEIC_PICTURE)
    return f"{', '.join(written)} (Pillow {features.version('pil')}), HEIC (pillow-heif {pillow_heif.__version__})"


def _analysis() -> str:
    """A photo's whole way: worker, models, decoding, detection, age."""
    with Worker() as worker:
        info = worker.wait_ready()
        outcome = worker.analyze(PICTURE)
    record = outcome.record
    if record is None or record["status"] != "ok":
        raise RuntimeError(f"the built-in picture gave {record and (record['error'] or record['status'])}")
    ages = [face["age"]["mean"] for face in record["faces"]]
    if len(ages) != 1 or not PLAUSIBLE_AGE[0] <= ages[0] <= PLAUSIBLE_AGE[1]:
        raise RuntimeError(f"the built-in picture gave the ages {ages}")
    where = ", ".join(dict.fromkeys(info.providers.values()))
    models = f"detector {info.names.detector}, age model {info.names.age} {info.names.version}"
    return f"a face that looks {ages[0]:.0f} ({models}, {where})"
