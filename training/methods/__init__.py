"""Methods of age estimation, one file each, under the interface of `training.methods.base.Method`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

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

METHODS: Mapping[str, type[Method]] = {
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


def make_method(name: str, options: Mapping[str, Any]) -> Method:
    """A method with its options.

    Raises:
        ValueError: there is no such method or option, or the option does not take the value.
    """
    if name not in METHODS:
        raise ValueError(f"there is no method {name}, but {', '.join(METHODS)}")
    known = [field.name for field in fields(METHODS[name])]
    for option, value in options.items():
        if option not in known:
            raise ValueError(f"{name} has no option {option}, but {', '.join(known) or 'none at all'}")
        if not isinstance(value, int | float):
            raise ValueError(f"{option} of {name} must be a number, not {value!r}")
    return METHODS[name](**options)


__all__ = ["METHODS", "Method", "make_method"]
