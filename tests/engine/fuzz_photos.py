"""Fuzzes everything from a file's bytes to an aligned face, with Google's atheris.

    .venv/bin/python tests/engine/fuzz_photos.py [-OPTION=VALUE ...] [FOLDER]

Options are libFuzzer's, say -max_total_time=3600. The last bytes of every input are the face's supposed landmarks.
Inputs that reach new code are kept in FOLDER, by default a temporary one; an input that does not end as it should is
written to `crash-...` in the working folder, and the run ends.
"""

from __future__ import annotations

import struct
import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

with atheris.instrument_imports(include=["PIL", "engine", "pillow_heif"]):
    import attack_photos
    import numpy as np

    from engine.alignment import align
    from engine.image import ImageError, decode_photo
    from engine.limits import Limits

LIMITS = Limits(file_bytes=200_000, pixels=1_000_000)
TEMPLATE = np.array([(69, 92), (131, 92), (100, 127), (74, 158), (126, 158)], np.float32)
TAIL = struct.Struct("<10e")


def attack(data: bytes) -> None:
    """One input. Anything but an `ImageError` with a sentence, or a chip, is a fault."""
    content, tail = data[: -TAIL.size], data[-TAIL.size :]
    try:
        photo = decode_photo(content, LIMITS)
    except ImageError as error:
        assert error.code in ("corrupt", "unsupported_format", "too_large")
        assert str(error).endswith(".")
        return
    height, width = photo.pixels.shape[:2]
    assert photo.pixels.shape == (height, width, 3)
    assert photo.pixels.dtype == np.uint8
    assert 0 < height * width <= LIMITS.pixels
    if len(tail) == TAIL.size:
        # A detector's landmarks are finite and lie near the photo.
        places = np.nan_to_num(np.array(TAIL.unpack(tail), np.float32)).reshape(5, 2).clip(-1, 2)
        try:
            chip = align(photo.pixels, places * (width, height), TEMPLATE)
        except ValueError:  # the five landmarks coincide
            return
        assert chip.shape == (200, 200, 3)


def main() -> None:
    """Fuzz, starting from whole and broken photos of every format."""
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(folders[0] if folders else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        places = TAIL.pack(*(TEMPLATE / 200).ravel().tolist())
        for name, content in attack_photos.seeds():
            (folder / name).write_bytes(content + places)
        usual = ["-timeout=20", "-rss_limit_mb=3000", "-max_len=65536", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *usual, *options, str(folder)], attack)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
