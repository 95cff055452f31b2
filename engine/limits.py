"""What a photo may cost. Importing this module is quick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The defaults admit every camera and phone on sale and stop decompression bombs.

    `file_bytes` and `pixels` are those of a photo. `memory_bytes` is what the worker's process may use for all its work
    on a photo, beyond the models (enforced on Linux); a photo with the most pixels takes about half of it.
    """

    file_bytes: int = 400_000_000
    pixels: int = 210_000_000
    memory_bytes: int = 6_000_000_000
