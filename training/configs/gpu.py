"""The full-size run for one GPU or several: from the ImageNet weights, 192 px, 60 passes over UTKFace."""

from training.augment import Augmentation

init = "weights/resnet50_imagenet.npz"
input_size = 192
collections = {"utkface": 0.7, "aaf": 0.3}
shared_below = 20.0  # see cpu.py
balance = 0.25
epochs = 60.0
batch = 256
rate = 1e-3
rate_new = 1e-3
warmup = 500
ema = 0.999
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.25}
augmentation = Augmentation(soft=0.3, noise=0.2, jpeg=0.25)
evaluate_every = 200
save_every = 200
