"""Follows faces.py, taught by it and by mixed.py, and learns to see strangers' photos: 40 minutes on two CPU cores.

Two networks of one kind err alike; these two differ in kind, in what they learned from before and in how fine they see,
and are better together (`training.pair`). The checkpoint of mixed.py came from `python -m training recover`, from
version 6 of the model that shipped.
"""

from training.augment import Augmentation

seed = 5
backbone = "mobilenet-v1"
follows = "faces"
teachers = ("mixed", "faces")
taught = 0.5
mixup = 0.2
input_size = 160
detail = 100
collections = {"utkface": 0.7, "aaf": 0.3}
shared_below = 20.0  # see strangers.py
balance = 0.35
epochs = 4.0
batch = 64
rate = 3e-4
rate_new = 3e-4
warmup = 60
ema = 0.998
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.0}
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    colour=0.2,
    grey=0.15,
    fade=0.15,
    soft=0.3,
    noise=0.1,
    jpeg=0.2,
    grain=0.2,
    occlusion=0.06,
)
evaluate_every = 400
save_every = 100
