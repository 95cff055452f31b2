"""FaceNet's Inception-ResNet v1 learns ages again, from other starting weights: those that know more people.

The starting weights come from `training.face_weights` (MS-Celeb-1M), and the checkpoint of facepair from `python -m
training recover facepair`, from version 10 of the model that shipped. The first layers stay frozen: edges and blobs are
the same for ages, and these layers would take longest. 95 minutes on two CPU cores.
"""

from training.augment import Augmentation

seed = 6
backbone = "inception-resnet-v1"
init = "weights/inception_celebrities.npz"
teachers = ("facepair",)
taught = 0.5
freeze = (
    "features.Conv2d_1a_3x3",
    "features.Conv2d_2a_3x3",
    "features.Conv2d_2b_3x3",
    "features.Conv2d_3b_1x1",
)
input_size = 160
detail = 100
collections = {"utkface": 0.7, "aaf": 0.3}
shared_below = 20.0  # see strangers.py
balance = 0.35
epochs = 6.0
batch = 64
rate = 2e-4
rate_new = 1e-3
warmup = 80
ema = 0.998
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.0}
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    colour=0.2,
    grey=0.1,
    fade=0.05,
    soft=0.2,
    noise=0.05,
    jpeg=0.15,
    grain=0.05,
    occlusion=0.06,
)
evaluate_every = 400
save_every = 100
