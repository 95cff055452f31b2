"""How Agelens opens its networks in ONNX Runtime: one place for the session's options and the execution providers."""

from __future__ import annotations

import os
import platform
import sys

import onnxruntime

onnxruntime.disable_telemetry_events()

_ACCELERATORS = ("CUDAExecutionProvider", "DmlExecutionProvider")
"""Tried in this order before the CPU. CoreML is left out: it needs a fixed input size, and photos vary."""


def session_options(any_size: bool = False, threads: int | None = None) -> onnxruntime.SessionOptions:
    """Options for an inference session; one fresh object per call, since a session may keep it.

    Args:
        any_size: the network's inputs differ in size. Memory that ONNX Runtime keeps for later inputs would help only
            those of the same size, and grow with every new size.
        threads: how many threads an inference may use, by default one per core that this process may use.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _allowed_cores() if threads is None else threads
    options.enable_cpu_mem_arena = options.enable_mem_pattern = not any_size
    # Threads that spin while they wait for work take cores from the page and save no measurable time here.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors only: warnings on standard error are nothing a user can act on
    if "DmlExecutionProvider" in onnxruntime.get_available_providers():
        options.enable_mem_pattern = False  # DirectML refuses to start with it
    if sys.platform == "darwin" and platform.machine() == "arm64":
        # KleidiAI's kernels gave wrong results or crashed in ONNX Runtime 1.27 on Apple silicon.
        options.add_session_config_entry("mlas.disable_kleidiai", "1")
    return options


def _allowed_cores() -> int:
    """How many cores this process may use if that is not all of them, as in a container that has its own; otherwise 0.

    Given 0, ONNX Runtime counts the computer's cores itself and binds a thread to each, which fails, with an error on
    standard error, where some of them are another container's.
    """
    if sys.platform != "linux":
        return 0
    allowed = len(os.sched_getaffinity(0))
    return allowed if allowed < (os.cpu_count() or 1) else 0


def providers() -> list[str]:
    """Execution providers, best first: a GPU where the installed ONNX Runtime has one, and always the CPU.

    ONNX Runtime itself falls back to the next one when a GPU's driver is missing; `get_providers()` of the session
    tells which one is in use.
    """
    available = onnxruntime.get_available_providers()
    chosen = [name for name in _ACCELERATORS if name in available]
    if "CUDAExecutionProvider" in chosen:
        onnxruntime.preload_dlls()  # finds CUDA's libraries where pip put them
    return [*chosen, "CPUExecutionProvider"]
