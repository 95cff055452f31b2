"""Follows strangers.py with three more passes, taught by it, by cpu.py and by the labels: an hour on two CPU cores.

Their checkpoints were made by `python -m training recover` from versions 3 and 2 of the model that shipped.
"""

from training.augment import Augmentation

seed = 1
follows = "strangers"
teachers = ("strangers", "cpu")
taught = 0.5
input_size = 128
detail = 100
collections = {"utkface": 0.75, "aaf": 0.25}
shared_below = 20.0  # see strangers.py
balance = 0.25
epochs = 3.0
batch = 64
rate = 2e-4
rate_new = 2e-4
warmup = 60
ema = 0.997
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
evaluate_every = 200
save_every = 100
