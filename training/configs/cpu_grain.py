"""Continues cpu.py with what scanned prints need: grain, stronger fading, less detail; 70 minutes on two CPU cores."""

from training.augment import Augmentation

follows = "cpu"
input_size = 128
detail = 100
collections = {"utkface": 0.75, "aaf": 0.25}
shared_below = 20.0  # see cpu.py
balance = 0.25
epochs = 6.0
batch = 64
rate = 1.5e-4
rate_new = 1.5e-4
warmup = 50
ema = 0.997
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.5}
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    colour=0.2,
    grey=0.15,
    fade=0.2,
    soft=0.25,
    noise=0.1,
    jpeg=0.15,
    occlusion=0.06,
    grain=0.35,
)
evaluate_every = 300
save_every = 100
