"""Builds the ONNX graph of the sentence encoder all-MiniLM-L6-v2 from its safetensors weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from odai_model_local.convert.quantise import write_int8

Floats = npt.NDArray[np.float32]

LAYERS, HEADS, WIDTH = 6, 12, 384
OPSET = 17
EPSILON = 1e-12


def convert(weights: bytes, target: Path) -> None:
    """Write an int8 ONNX file: `input_ids` [1, t] int64 -> `embedding` [1, 384] of length 1.

    One sentence at a time: in a batch, quantisation would make a sentence's vector depend on its neighbours.
    """
    graph = _Graph(read_safetensors(weights))
    hidden = graph.embed()
    for layer in range(LAYERS):
        hidden = graph.layer(hidden, f"encoder.layer.{layer}")
    graph.pool(hidden)
    write_int8(graph.proto(), target, opsets={"": OPSET}, operators=["MatMul", "Gather"])


def read_safetensors(data: bytes) -> dict[str, Floats]:
    """The float32 tensors of a safetensors file, by name; others are left out. Raises ValueError when malformed."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 + length:
        raise ValueError("the safetensors header is cut short")
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    tensors: dict[str, Floats] = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            tensors[name] = np.frombuffer(body[start:end], dtype="<f4").reshape(entry["shape"])
    return tensors


class _Graph:
    """Collects nodes; each method appends some and returns the name of its result."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def add(self, operator: str, *inputs: str, result: str = "", **attributes: Any) -> str:
        output = result or f"{operator}.{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        array = np.ascontiguousarray(np.asarray(value, dtype)).reshape(np.shape(value))
        self.constants.setdefault(name, numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def dense(self, inputs: str, name: str) -> str:
        matrix = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.add("Add", self.add("MatMul", inputs, matrix), self.weight(f"{name}.bias"))

    def normalise(self, inputs: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", inputs, scale, bias, axis=-1, epsilon=EPSILON)

    def embed(self) -> str:
        """Words plus positions plus the one segment type that a single sentence has."""
        words = self.add("Gather", self.weight("embeddings.word_embeddings.weight"), "input_ids", axis=0)
        length = self.add("Gather", self.add("Shape", "input_ids"), self.constant("one", 1, np.int64), axis=0)
        zero, one = self.constant("zero", 0, np.int64), self.constant("one", 1, np.int64)
        places = self.add("Range", zero, length, one)
        positions = self.add("Gather", self.weight("embeddings.position_embeddings.weight"), places, axis=0)
        segment = self.constant("segment", self.weights["embeddings.token_type_embeddings.weight"][0])
        total = self.add("Add", self.add("Add", words, positions), segment)
        return self.normalise(total, "embeddings.LayerNorm")

    def layer(self, hidden: str, name: str) -> str:
        """One transformer layer: attention and a feed-forward part, each with a residual, normalised after."""
        attended = self.dense(self.attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
        hidden = self.normalise(self.add("Add", attended, hidden), f"{name}.attention.output.LayerNorm")
        wide = self.gelu(self.dense(hidden, f"{name}.intermediate.dense"))
        narrow = self.dense(wide, f"{name}.output.dense")
        return self.normalise(self.add("Add", narrow, hidden), f"{name}.output.LayerNorm")

    def attention(self, hidden: str, name: str) -> str:
        query = self.heads(self.dense(hidden, f"{name}.query"), [0, 2, 1, 3])
        key = self.heads(self.dense(hidden, f"{name}.key"), [0, 2, 3, 1])
        value = self.heads(self.dense(hidden, f"{name}.value"), [0, 2, 1, 3])
        scaled = self.add("MatMul", query, key)
        scaled = self.add("Mul", scaled, self.constant("attention.scale", (WIDTH / HEADS) ** -0.5))
        weights = self.add("Softmax", scaled, axis=-1)
        mixed = self.add("Transpose", self.add("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self.add("Reshape", mixed, self.constant("merged", [0, 0, WIDTH], np.int64))

    def heads(self, inputs: str, order: list[int]) -> str:
        split = self.add("Reshape", inputs, self.constant("split", [0, 0, HEADS, WIDTH // HEADS], np.int64))
        return self.add("Transpose", split, perm=order)

    def gelu(self, inputs: str) -> str:
        error = self.add("Erf", self.add("Mul", inputs, self.constant("sqrt.half", 0.5**0.5)))
        half = self.add("Mul", inputs, self.constant("half", 0.5))
        return self.add("Mul", half, self.add("Add", error, self.constant("1.0", 1.0)))

    def pool(self, hidden: str) -> None:
        """The mean over the tokens, scaled to length 1 (which makes dividing by their number needless)."""
        total = self.add("ReduceSum", hidden, self.constant("tokens", [1], np.int64), keepdims=0)
        self.add("LpNormalization", total, result="embedding", axis=-1, p=2)

    def proto(self) -> GraphProto:
        tokens = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "t"])
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, WIDTH])
        return helper.make_graph(self.nodes, "minilm", [tokens], [output], initializer=list(self.constants.values()))
