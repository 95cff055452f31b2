"""Distillation: a network also learns what earlier networks say of the same photos.

The errors of several networks average out, and their agreement shows how far a single label can be trusted: labels of
photo collections err by years. The teachers see each chip as it is, the pupil an altered copy, so that it learns to
answer to a poor photo as they do to a good one (Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network",
NIPS workshop 2014).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from torch import Tensor

from training.data import Faces
from training.network import AgeNetwork


def lessons_of(teachers: Sequence[AgeNetwork], faces: Faces, device: torch.device | None = None) -> Tensor:
    """What each head says of the unaltered chips: the mean of the teachers' distributions.

    Args:
        teachers: in evaluation mode, with K heads each, and of methods that give distributions.
        faces: N photos.
        device: where the teachers compute; by default on the CPU.

    Returns:
        shape (N, K, 101), float16, on the CPU; rows sum to 1 up to rounding.

    Raises:
        ValueError: a teacher's method gives no distribution.
    """
    device = device or torch.device("cpu")
    found = []
    done = 0
    # Distributions that are kept in 16 bits do not need more digits.
    with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
        for chips in faces.batches():
            pixels = torch.from_numpy(chips).to(device).permute(0, 3, 1, 2).float()
            mean = torch.stack([_distributions(teacher, pixels) for teacher in teachers]).mean(0)
            found.append(mean.half().cpu())
            done += len(chips)
            if len(found) % 32 == 0:
                print(f"{faces.name}: the teachers have seen {done}/{len(faces)} photos", file=sys.stderr, flush=True)
    return torch.cat(found)


def _distributions(teacher: AgeNetwork, pixels: Tensor) -> Tensor:
    answers = teacher(pixels)[0].float()
    logits = teacher.method.age_logits(answers.flatten(0, 1)).unflatten(0, answers.shape[:2])
    return torch.softmax(logits, dim=2)
