"""The protocol of `python -m training compare`: small and short; all rows with one seed take 2 hours on two cores."""

from training.augment import Augmentation

init = "imagenet"
input_size = 64
collections = {"utkface": 1.0}
epochs = 2.0
batch = 64
rate = 3e-4
rate_new = 3e-4
warmup = 50
ema = 0.99
decay = 0.05
# Changes that would take more time at this size than the network are left out.
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    flip=0.5,
    colour=0.0,
    grey=0.0,
    fade=0.0,
    soft=0.0,
    noise=0.0,
    jpeg=0.0,
    occlusion=0.0,
)
# Nothing is selected on validation photos: the final averaged weights are measured.
evaluate_every = 1_000_000
save_every = 200
