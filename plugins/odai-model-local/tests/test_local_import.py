"""Importing the plugin costs nothing: the models and the SDK come with the first call."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_plugin_brings_nothing_heavy() -> None:
    script = (
        "import sys, odai_model_local; odai_model_local.odai_models(); "
        "print([n for n in ('agents', 'numpy', 'onnx', 'onnxruntime', 'soxr', 'hibari', 'quart') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
