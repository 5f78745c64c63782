"""Writes a float graph as an int8 ONNX file."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onnx import GraphProto, helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic

IR_VERSION = 8


def write_int8(
    graph: GraphProto,
    target: Path,
    *,
    opsets: Mapping[str, int],
    operators: Sequence[str],
    per_channel: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Quantise the weights of `operators` (activations are quantised as they come) and write `target`."""
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    model = helper.make_model(graph, opset_imports=imports)
    model.ir_version = IR_VERSION
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        floats = Path(folder) / "float.onnx"
        save(model, str(floats))
        # It recommends, on the root logger, a graph clean-up that these graphs have had.
        root = logging.getLogger()
        root.addFilter(_only_errors)
        try:
            quantize_dynamic(
                str(floats),
                str(target),
                per_channel=per_channel,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=list(operators),
                extra_options=dict(extra or {}),
            )
        finally:
            root.removeFilter(_only_errors)


def _only_errors(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
