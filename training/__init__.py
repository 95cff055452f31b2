"""The training lab."""

import engine  # noqa: F401  (first of all: it keeps ONNX Runtime from speaking to anybody)
