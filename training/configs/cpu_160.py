"""Continues cpu.py at 160 px, to be averaged with it: a hundred minutes on two CPU cores."""

from training.augment import Augmentation

follows = "cpu"
input_size = 160
collections = {"utkface": 0.8, "aaf": 0.2}
shared_below = 20.0  # see cpu.py
group_ages = True
balance = 0.25
epochs = 5.5
batch = 64
rate = 2.5e-4
rate_new = 2.5e-4
warmup = 60
ema = 0.997
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 1.0}
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    colour=0.16,
    grey=0.12,
    fade=0.12,
    soft=0.2,
    noise=0.1,
    jpeg=0.15,
    occlusion=0.06,
)
evaluate_every = 300
save_every = 100
