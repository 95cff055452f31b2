"""Methods of age estimation, one file each, under the interface of `training.methods.base.Method`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from training.methods.base import Method
from training.methods.coral import Coral
from training.methods.dex import Dex
from training.methods.dldl import Dldl
from training.methods.dldl_v2 import DldlV2
from training.methods.mean_residue import MeanResidue
from training.methods.mean_variance import MeanVariance
from training.methods.or_cnn import OrCnn
from training.methods.regression import RegressionL1, RegressionL2
from training.methods.sord import Sord

METHODS: Mapping[str, Callable[..., Method]] = {
    method.name: method
    for method in (
        RegressionL1,
        RegressionL2,
        Dex,
        OrCnn,
        Coral,
        Dldl,
        DldlV2,
        Sord,
        MeanVariance,
        MeanResidue,
    )
}
"""Name -> method, made with its options: `METHODS["dldl"](sigma=3.0)`."""

__all__ = ["METHODS", "Method"]
