"""torchvision, importable with a CPU build of torch.

torchvision's wheel on PyPI is built for CUDA; with a CPU build of torch its import fails: "operator torchvision::nms
does not exist". Declaring the operators first is enough, since nothing here calls them.
"""

import torch

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
for _signature in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    # A torchvision that fits this torch has declared them, or will declare them, itself.
    if not hasattr(torch.ops.torchvision, _signature.partition("(")[0]):
        _LIBRARY.define(_signature)

import torchvision  # noqa: E402

__all__ = ["torchvision"]
