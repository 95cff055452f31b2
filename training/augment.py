"""Augmentation of a batch of chips, as tensors: what strangers' photos and an imperfect detector do to a face.

Every change is drawn per photo from one generator, so a seed determines the batch. Blur and low resolution are both
linear and separable: one matrix per photo and axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """How strong and how often. Probabilities are per photo.

    Attributes:
        rotation: standard deviation in degrees.
        scale: standard deviation of the natural logarithm of the size.
        shift: standard deviation in pixels of the 200-pixel chip. With `rotation` and `scale` it stands for
            landmarks that are a few pixels off.
        flip: probability of a mirror image.
        colour: strength of brightness, contrast, saturation, white balance and gamma (0 leaves them alone).
        grey: probability of a grayscale (half of them sepia) picture.
        fade: probability of lifted blacks and dull whites, as in old prints.
        soft: probability of blur or low resolution.
        noise: probability of noise that differs from pixel to pixel, as from small sensors.
        grain: probability of coarser noise, as in film and scanned prints. To a network that never saw it, grain looks
            like wrinkles: it adds years to young faces.
        jpeg: probability of JPEG's quantization.
        occlusion: probability of a covered rectangle.
    """

    rotation: float = 4.0
    scale: float = 0.06
    shift: float = 3.0
    flip: float = 0.5
    colour: float = 0.25
    grey: float = 0.15
    fade: float = 0.15
    soft: float = 0.25
    noise: float = 0.15
    jpeg: float = 0.2
    occlusion: float = 0.1
    grain: float = 0.0


def augment(chips: Tensor, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Changed copies of chips.

    Args:
        chips: float (N, 3, H, H), RGB 0..255.
        how: strengths and probabilities.
        generator: source of all random numbers, on the CPU.

    Returns:
        the same shape and range.
    """
    chance = _Chance(generator, chips)
    chips = _move(chips, how, chance)
    chips = _colour(chips, how, chance)
    chips = _soften(chips, how, chance)
    chips = _cover(chips, how, chance)
    if how.noise:
        strength = chance.chosen(how.noise) * chance.uniform(2, 18)
        coarse = chance.normal_like(chips[:, :1])
        chips = chips + strength[:, None, None, None] * coarse
    chips = _grain(chips, how, chance)
    return _jpeg(chips, how, chance).clamp(0, 255)


class _Chance:
    """Random numbers, one per photo of a batch."""

    def __init__(self, generator: torch.Generator, like: Tensor) -> None:
        self.generator, self.n, self.device = generator, len(like), like.device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return (low + (high - low) * torch.rand(self.n, *shape, generator=self.generator)).to(self.device)

    def normal(self, deviation: float, *shape: int) -> Tensor:
        return (deviation * torch.randn(self.n, *shape, generator=self.generator)).to(self.device)

    def normal_like(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.generator).to(self.device)

    def chosen(self, probability: float) -> Tensor:
        """1.0 for the photos that get a change, 0.0 for the others."""
        return (torch.rand(self.n, generator=self.generator) < probability).float().to(self.device)


def _move(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    side = chips.shape[-1]
    angle = chance.normal(math.radians(how.rotation)).clamp(-0.5, 0.5)
    size = torch.exp(chance.normal(how.scale).clamp(-0.3, 0.3))
    mirror = 1 - 2 * chance.chosen(how.flip)
    shift = (chance.normal(how.shift, 2) * 2 / side).clamp(-0.2, 0.2)
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    rows = [torch.stack([cos * mirror, -sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(chips.shape), align_corners=False)
    # Around a chip there is black where the photo ended, or more of the photo; both occur, so both are trained on.
    outside = "zeros" if torch.rand((), generator=chance.generator) < 0.5 else "border"
    return F.grid_sample(chips, grid, mode="bilinear", padding_mode=outside, align_corners=False)


def _colour(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    if not (how.colour or how.grey or how.fade):
        return chips
    x = chips / 255
    grey_weights = torch.tensor([0.299, 0.587, 0.114], device=x.device).view(1, 3, 1, 1)

    def per_photo(values: Tensor) -> Tensor:
        return values.view(len(x), -1, 1, 1)

    if how.colour:
        c = how.colour
        x = x * per_photo(1 + chance.normal(0.3 * c, 3))
        grey = (x * grey_weights).sum(1, keepdim=True)
        x = grey + (x - grey) * per_photo(chance.uniform(1 - 1.5 * c, 1 + c))
        mean = x.mean((1, 2, 3), keepdim=True)
        x = (mean + (x - mean) * per_photo(chance.uniform(1 - c, 1 + c))) * per_photo(chance.uniform(1 - c, 1 + c))
        x = x.clamp(1e-4, 1) ** per_photo(torch.exp(chance.normal(0.6 * c)))
    grey = (x * grey_weights).sum(1, keepdim=True)
    chosen, sepia = per_photo(chance.chosen(how.grey)), per_photo(chance.chosen(0.5))
    tint = torch.tensor([1.08, 1.0, 0.82], device=x.device).view(1, 3, 1, 1)
    x = x + chosen * (grey * (1 + sepia * (tint - 1)) - x)
    low, high = per_photo(chance.uniform(0, 0.25, 3)), per_photo(chance.uniform(0.7, 1, 3))
    x = x + per_photo(chance.chosen(how.fade)) * (low + x * (high - low) - x)
    return x.clamp(0, 1) * 255


def _soften(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    chosen = torch.nonzero(chance.chosen(how.soft)).flatten()
    sigma = torch.exp(chance.uniform(math.log(0.7), math.log(4.5)))
    blocks = torch.exp(chance.uniform(math.log(20), math.log(120)))
    low = chance.chosen(0.5)
    if not len(chosen):
        return chips
    side = chips.shape[-1]
    at = torch.arange(side, device=chips.device) + 0.5
    blur = torch.exp(-0.5 * ((at[None, :, None] - at[None, None, :]) / sigma[chosen, None, None]) ** 2)
    # Low resolution: average into blocks, then interpolate between their centers.
    step = (side / blocks[chosen].round())[:, None, None]
    centers = (torch.arange(120, device=chips.device)[None, :, None] + 0.5) * step
    down = (1 - (at[None, None] - centers).abs() / step).clamp(min=0)
    down = down / down.sum(2, keepdim=True).clamp(min=1e-6)
    up = (1 - (at[None, :, None] - centers.transpose(1, 2)).abs() / step).clamp(min=0)
    up = up * (centers.transpose(1, 2) < side)
    matrix = torch.where(low[chosen, None, None] > 0, up @ down, blur)
    matrix = matrix / matrix.sum(2, keepdim=True)
    soft = matrix[:, None] @ chips[chosen] @ matrix[:, None].transpose(2, 3)
    return chips.index_copy(0, chosen, soft)


_GRAINS = (30, 45, 70, 100, 140)
"""Grains along the side of a chip."""


def _grain(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    if not how.grain:  # then nothing is drawn, so that configurations older than grain keep their random numbers
        return chips
    chosen = chance.chosen(how.grain)
    size = chance.uniform(0, len(_GRAINS)).long().clamp(max=len(_GRAINS) - 1)
    strength = torch.exp(chance.uniform(math.log(3), math.log(25)))
    colour = chance.uniform(0, 1)[:, None, None, None]
    changed = chips
    for number, grains in enumerate(_GRAINS):
        rows = torch.nonzero((chosen > 0) & (size == number)).flatten()
        if not len(rows):
            continue
        # Gray as in black-and-white film, or with separate grain in each color.
        noise = torch.randn(len(rows), 4, grains, grains, generator=chance.generator).to(chips.device)
        noise = noise[:, :1] * (1 - colour[rows]).sqrt() + noise[:, 1:] * colour[rows].sqrt()
        noise = F.interpolate(noise, chips.shape[-2:], mode="bicubic", align_corners=False)
        changed = changed.index_copy(0, rows, changed[rows] + strength[rows, None, None, None] * noise)
    return changed


def _cover(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    side = chips.shape[-1]
    at = torch.arange(side, device=chips.device) / side
    size, center = chance.uniform(0.08, 0.35, 2), chance.uniform(0, 1, 2)
    colour = chance.uniform(0, 255, 3)[:, :, None, None]
    x, y = ((at[None] - center[:, i : i + 1]).abs() < size[:, i : i + 1] / 2 for i in range(2))
    covered = (y[:, None, :, None] & x[:, None, None, :]) * chance.chosen(how.occlusion)[:, None, None, None]
    return chips + covered * (colour - chips)


# JPEG's table of luminance (ITU-T T.81, annex K), used for all three channels.
_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def _jpeg(chips: Tensor, how: Augmentation, chance: _Chance) -> Tensor:
    chosen = torch.nonzero(chance.chosen(how.jpeg)).flatten()
    quality = chance.uniform(0.3, 3.0)
    if not len(chosen):
        return chips
    x = chips[chosen]
    n, _, height, width = x.shape
    k = torch.arange(8, dtype=torch.float32)
    cosines = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) / 2
    cosines[0] /= math.sqrt(2)
    cosines = cosines.to(x.device)
    to_ycc = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], device=x.device
    )
    planes = torch.einsum("ij,njhw->nihw", to_ycc, x - 128)
    blocks = planes.unflatten(3, (width // 8, 8)).unflatten(2, (height // 8, 8)).transpose(3, 4)
    table = torch.tensor(_TABLE, device=x.device) * quality[chosen].view(n, 1, 1, 1, 1, 1)
    spectrum = cosines @ blocks @ cosines.T
    blocks = cosines.T @ (torch.round(spectrum / table) * table) @ cosines
    planes = blocks.transpose(3, 4).reshape(n, 3, height, width)
    back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(to_ycc), planes) + 128
    return chips.index_copy(0, chosen, back)
