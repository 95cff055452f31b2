"""Two minutes on two CPU cores: does everything run? The model that it makes is useless."""

init = "weights/resnet50_age_start.npz"
input_size = 64
freeze = ("conv1", "bn1", "layer1")
frozen_norm = True
collections = {"utkface": 0.75, "aaf": 0.25}
epochs = 0.1
batch = 32
rate = 1e-4
rate_new = 1e-4
warmup = 5
ema = 0.9
method_options = {"sigma": 1.0, "slope": 0.03, "weight": 0.25}
evaluate_every = 40
save_every = 20
