"""The training lab."""

import engine  # noqa: F401  (first of all: it turns off ONNX Runtime's telemetry)
