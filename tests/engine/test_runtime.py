"""Which execution providers and options a network gets, on this computer and on others."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from engine.analyzer import Analyzer
from engine.detector import Detector
from engine.runtime import providers, session_options

ROOT = Path(__file__).resolve().parents[2]

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
DIRECT_ML = "DmlExecutionProvider"


@pytest.fixture
def preloaded(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    calls: list[bool] = []
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: calls.append(True), raising=False)
    return calls


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ([CPU], [CPU]),
        (["AzureExecutionProvider", CPU], [CPU]),
        (["CoreMLExecutionProvider", CPU], [CPU]),
        (["TensorrtExecutionProvider", CUDA, CPU], [CUDA, CPU]),
        ([DIRECT_ML, CPU], [DIRECT_ML, CPU]),
        ([DIRECT_ML, CUDA, CPU], [CUDA, DIRECT_ML, CPU]),
    ],
)
def test_a_gpu_first_and_always_the_cpu(
    monkeypatch: pytest.MonkeyPatch, preloaded: list[bool], available: list[str], expected: list[str]
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    assert providers() == expected
    assert bool(preloaded) == (CUDA in available)


def test_the_detector_tells_which_one_it_got(detector: Detector) -> None:
    assert detector.provider in providers()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which cores a process may use")
@pytest.mark.parametrize(("cores", "allowed", "threads"), [(8, {2, 5}, 2), (8, set(range(8)), 0)])
def test_no_more_threads_than_cores_that_it_may_use(
    monkeypatch: pytest.MonkeyPatch, cores: int, allowed: set[int], threads: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed)
    assert session_options().intra_op_num_threads == threads
    assert session_options(threads=3).intra_op_num_threads == 3


def test_every_session_gets_options_of_its_own() -> None:
    one, other = session_options(), session_options()
    one.log_severity_level = 0
    assert other.log_severity_level == 3


def test_waiting_threads_leave_the_cores_to_others() -> None:
    assert session_options().get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_an_analyzer_uses_no_more_threads_than_it_may() -> None:
    analyzer = Analyzer(threads=1)
    for session in (analyzer._detector._model.session, analyzer._age_model._session):
        assert session.get_session_options().intra_op_num_threads == 1
    with pytest.raises(ValueError, match="at least 1, not 0"):
        Analyzer(threads=0)


@pytest.mark.parametrize(("available", "expected"), [([CPU], True), ([DIRECT_ML, CPU], False)])
def test_direct_ml_wants_no_memory_pattern(
    monkeypatch: pytest.MonkeyPatch, available: list[str], expected: bool
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    assert session_options().enable_mem_pattern is expected


@pytest.mark.parametrize(
    ("system", "machine", "disabled"),
    [("darwin", "arm64", True), ("darwin", "x86_64", False), ("linux", "arm64", False), ("win32", "AMD64", False)],
)
def test_apple_silicon_goes_without_kleidiai(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, disabled: bool
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    options = session_options()
    if disabled:
        assert options.get_session_config_entry("mlas.disable_kleidiai") == "1"
    else:
        with pytest.raises(RuntimeError, match="kleidiai"):
            options.get_session_config_entry("mlas.disable_kleidiai")


def test_telemetry_is_off_before_onnx_runtime_is_imported() -> None:
    program = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'onnxruntime': print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import engine.runtime\n"
    )
    bare = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=bare, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["1"]


def test_nobody_is_told_that_it_runs(tmp_path: Path) -> None:
    """ONNX Runtime would keep an identifier of this computer in the user's cache, to send it to Microsoft.

    It does not do so when it believes that it is being tested, so the environment is as bare as a user's.
    """
    bare = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    program = "from engine import Analyzer; Analyzer()"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=bare, check=True)
    assert list(tmp_path.rglob("*")) == []
