"""What a photo may cost. Importing this module is quick."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The defaults admit every camera and phone on sale and stop decompression bombs.

    `file_bytes` and `pixels` are those of a photo. `memory_bytes` is what the worker's process may use for all its work
    on photos, beyond the models (enforced on Linux). A photo with the most pixels takes about half of it; decoders keep
    several hundred MB of it from photo to photo.

    Raises:
        TypeError: a limit is no whole number.
        ValueError: a limit is negative.
    """

    file_bytes: int = 400_000_000
    pixels: int = 210_000_000
    memory_bytes: int = 6_000_000_000

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, int):
                raise TypeError(f"{name} must be a whole number, not {value!r}")
            if value < 0:
                raise ValueError(f"{name} must not be negative, as {value} is")
