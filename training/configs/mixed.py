"""Follows pupil.py with five passes over mixed photos, taught by it and by strangers.py: an hour on two CPU cores.

Their checkpoints came from `python -m training recover`, from versions 4 and 3 of the model that shipped. Averaged with
its starting point (`average --share 0.6`) the result is better than alone.
"""

from training.augment import Augmentation

seed = 2
follows = "pupil"
teachers = ("pupil", "strangers")
taught = 0.5
mixup = 0.2
input_size = 128
detail = 100
collections = {"utkface": 0.7, "aaf": 0.3}
shared_below = 20.0  # see strangers.py
balance = 0.35
epochs = 4.75
batch = 64
rate = 2.5e-4
rate_new = 2.5e-4
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
