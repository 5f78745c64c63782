"""Makes Moonshine's published graphs fast on a CPU: the same weights, quantised so that nothing is unpacked per token.

The published graphs keep int8 weights behind Cast, Mul and Add nodes, which undo the quantisation again for every
token: 470 to 660 ms an utterance. Folding those chains and quantising for integer products takes it to about 100 ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from onnx import AttributeProto, NodeProto, TensorProto, helper, numpy_helper

from odai_model_local.convert import ort_format
from odai_model_local.convert.quantise import write_int8

Array = npt.NDArray[np.generic]

VOCABULARY = 32768
_ROWS, _SCALES, _HEAD = "embedding.rows", "embedding.scales", "embedding.head"


def convert(ort: bytes, target: Path) -> None:
    """Write the graph of an .ort file as an int8 ONNX file."""
    graph = ort_format.read(ort)
    constants: dict[str, Array] = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes, folded = _fold(graph.node, constants)
    embedding = _embedding(folded, constants)
    if embedding is not None:
        constants |= _split_embedding(constants[embedding])
        nodes = _use_split_embedding(nodes, embedding, set())
    used = {name for node in nodes for name in ort_format.inputs_of(node)}
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        for name, value in constants.items()
        if name in used
    )
    # All eight bits. Pairs of products saturate on x86 CPUs without VNNI, but only one pair in ten thousand (1.6 % off
    # in a layer's median output); seven bits for everybody would cost six words more in 414 over the phone.
    write_int8(
        graph,
        target,
        opsets={"": 14, "com.microsoft": 1},
        operators=["MatMul"],
        per_channel=True,
        extra={"EnableSubgraph": True, "MatMulConstBOnly": True},
    )


def _fold(nodes: Iterable[NodeProto], constants: dict[str, Array]) -> tuple[list[NodeProto], list[NodeProto]]:
    """Compute what depends on constants alone, into `constants`; the nodes that stay, and those folded."""
    kept: list[NodeProto] = []
    folded: list[NodeProto] = []
    for node in nodes:
        if node.op_type not in ("Cast", "Mul", "Add") or not all(name in constants for name in node.input):
            kept.append(node)
            continue
        values = [constants[name] for name in node.input]
        if node.op_type == "Cast":
            result = values[0].astype(np.float32)
        else:
            result = (np.multiply if node.op_type == "Mul" else np.add)(*values)
        constants[node.output[0]] = result
        folded.append(node)
    return kept, folded


def _embedding(folded: list[NodeProto], constants: dict[str, Array]) -> str | None:
    """The name of the folded token table, or None in a graph without one (the encoder)."""
    intermediate = {name for node in folded for name in node.input}
    tables = [
        node.output[0]
        for node in folded
        if node.output[0] not in intermediate
        and constants[node.output[0]].ndim == 2
        and constants[node.output[0]].shape[0] == VOCABULARY
    ]
    return tables[0] if tables else None


def _split_embedding(table: Array) -> dict[str, Array]:
    """The token table twice: int8 rows with their scales for the lookup, transposed for the logits' product."""
    scales = np.abs(table).max(axis=1, keepdims=True) / 127
    rows = np.round(table / scales).astype(np.int8)
    return {_ROWS: rows, _SCALES: scales.astype(np.float32), _HEAD: table.T}


def _use_split_embedding(nodes: Iterable[NodeProto], table: str, transposed: set[str]) -> list[NodeProto]:
    """The same nodes with every use of `table` replaced; subgraphs are rewritten in place."""
    result: list[NodeProto] = []
    for node in nodes:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                inner = _use_split_embedding(list(attribute.g.node), table, transposed)
                del attribute.g.node[:]
                attribute.g.node.extend(inner)
        if node.op_type == "Transpose" and node.input[0] == table:
            transposed.add(node.output[0])
        elif node.op_type == "Gather" and node.input[0] == table:
            result += _lookup(node)
        else:
            for index, name in enumerate(node.input):
                if name in transposed:
                    node.input[index] = _HEAD
            result.append(node)
    return result


def _lookup(gather: NodeProto) -> list[NodeProto]:
    """Look the int8 row and its scale up and multiply, in place of one float lookup."""
    token, output = gather.input[1], gather.output[0]
    row, scale, value = f"{output}.row", f"{output}.scale", f"{output}.value"
    return [
        helper.make_node("Gather", [_ROWS, token], [row], axis=0),
        helper.make_node("Gather", [_SCALES, token], [scale], axis=0),
        helper.make_node("Cast", [row], [value], to=TensorProto.FLOAT),
        helper.make_node("Mul", [value, scale], [output]),
    ]
