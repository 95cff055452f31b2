"""A small network that has seen millions of faces: a MobileNet that recognizes people learns ages.

The starting weights come from `training.face_weights`. partner.py goes on from here. 40 minutes on two CPU cores.
"""

from training.augment import Augmentation

seed = 4
backbone = "mobilenet-v1"
init = "weights/mobilenet_faces.npz"
input_size = 160
collections = {"utkface": 0.7, "aaf": 0.3}
shared_below = 20.0  # see strangers.py
balance = 0.35
epochs = 5.5
batch = 64
rate = 3e-4
rate_new = 1e-3
warmup = 60
ema = 0.998
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.0}
augmentation = Augmentation(
    rotation=3.5,
    scale=0.05,
    shift=2.5,
    colour=0.2,
    grey=0.1,
    fade=0.05,
    soft=0.15,
    noise=0.05,
    jpeg=0.1,
    occlusion=0.06,
)
evaluate_every = 300
save_every = 300
