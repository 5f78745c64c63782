"""How every model here is run: ONNX Runtime on the CPU, one thread, without spinning."""

from __future__ import annotations

import platform
from pathlib import Path

import onnxruntime

from odai_core import AssetError
from odai_model_local.assets import REMEDY

BUILD = f"{onnxruntime.__version__} {platform.machine()}"
"""What a model's numbers depend on besides its file."""


def load(path: Path) -> onnxruntime.InferenceSession:
    """Load a model file. Raises AssetError when ONNX Runtime cannot read it."""
    options = onnxruntime.SessionOptions()
    # The pool of workers is the parallelism; a second thread per model, or one that spins, would fight it for cores.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own exception types are private and many
        raise AssetError(f"{path} cannot be loaded: {type(error).__name__}.", REMEDY) from error
