"""The converters, on models made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odai_model_local import runtime
from odai_model_local.convert import minilm, moonshine, ort_format
from onnx import AttributeProto, NodeProto, TensorProto, helper, numpy_helper

from odai_core import AssetError

Floats = Any


def safetensors(tensors: dict[str, Floats]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, value in tensors.items():
        data = value.tobytes()
        kind = "F32" if value.dtype == np.float32 else "I64"
        header[name] = {"dtype": kind, "shape": value.shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def bert_weights(words: int) -> dict[str, Floats]:
    random = np.random.default_rng(5)

    def draw(*shape: int) -> Floats:
        return random.normal(0, 0.05, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": draw(words, 384),
        "embeddings.position_embeddings.weight": draw(512, 384),
        "embeddings.token_type_embeddings.weight": draw(2, 384),
        "embeddings.position_ids": np.arange(512),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
        square = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        for dense, rows, columns in (
            *((part, 384, 384) for part in [*square, f"{name}.attention.output.dense"]),
            (f"{name}.intermediate.dense", 1536, 384),
            (f"{name}.output.dense", 384, 1536),
        ):
            tensors |= {f"{dense}.weight": draw(rows, columns), f"{dense}.bias": draw(rows)}
    for norm in norms:
        tensors |= {f"{norm}.weight": 1 + draw(384), f"{norm}.bias": draw(384)}
    return tensors


def bert(weights: dict[str, Floats], ids: list[int]) -> Floats:
    """The same encoder, straight from its description, in floats."""
    from math import erf

    def norm(x: Floats, name: str) -> Floats:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def dense(x: Floats, name: str) -> Floats:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{name}.attention.self.{part}").reshape(-1, 12, 32) for part in ("query", "key", "value"))
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = np.einsum("hqk,khd->qhd", scores / scores.sum(-1, keepdims=True), v).reshape(-1, 384)
        x = norm(x + dense(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        wide = dense(x, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        x = norm(x + dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_the_sentence_encoder_is_the_one_described(tmp_path: Path) -> None:
    weights = bert_weights(words=50)
    minilm.convert(safetensors(weights), tmp_path / "model.onnx")
    session = runtime.load(tmp_path / "model.onnx")
    for ids in ([2, 3], [2, 7, 9, 30, 49, 3], [2, *range(10, 40), 3]):
        (made,) = session.run(None, {"input_ids": np.array([ids], np.int64)})
        assert made.shape == (1, 384)
        assert float(made[0] @ bert(weights, ids)) > 0.98
        assert float(np.linalg.norm(made)) == pytest.approx(1, abs=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("data", [b"", b"\xff" * 20, b"\x02\0\0\0\0\0\0\0{]"])
def test_weights_that_are_cut_short_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|Expecting|Invalid"):
        minilm.read_safetensors(data)


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\x08\0\0\0ONNX"])
def test_another_format_is_not_read_as_ort(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an ONNX Runtime format model"):
        ort_format.read(data)


def make_ort(graph: object, folder: Path) -> bytes:
    """Have ONNX Runtime write a graph in its own format."""
    import onnxruntime
    from onnx import save

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])  # type: ignore[arg-type]
    model.ir_version = 8
    save(model, str(folder / "model.onnx"))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = str(folder / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return (folder / "model.ort").read_bytes()


def decoder_like(table: Floats) -> object:
    """A graph with what the published decoder has: an int8 table behind Cast, Mul, Add; a lookup inside an If."""
    value = helper.make_tensor_value_info
    then = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["then.row"], axis=0),
            helper.make_node("Identity", ["then.row"], ["then.out"]),
        ],
        "then",
        [],
        [value("then.out", TensorProto.FLOAT, None)],
    )
    other = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["else.row"], axis=0),
            helper.make_node("Neg", ["else.row"], ["else.out"]),
        ],
        "else",
        [],
        [value("else.out", TensorProto.FLOAT, None)],
    )
    scale = np.float32(np.abs(table).max() / 127)
    nodes = [
        helper.make_node("Cast", ["q"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f", "scale"], ["scaled"]),
        helper.make_node("Add", ["scaled", "zero"], ["table"]),
        helper.make_node("If", ["flag"], ["hidden"], then_branch=then, else_branch=other),
        helper.make_node("Transpose", ["table"], ["head"], perm=[1, 0]),
        helper.make_node("MatMul", ["hidden", "head"], ["logits"]),
    ]
    constants: dict[str, Floats] = {
        "q": np.round(table / scale).astype(np.int8),
        "scale": np.array(scale, np.float32),
        "zero": np.array(0, np.float32),
    }
    inputs = [value("ids", TensorProto.INT64, [1, "t"]), value("flag", TensorProto.BOOL, [1])]
    outputs = [value("logits", TensorProto.FLOAT, [1, "t", moonshine.VOCABULARY])]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    return helper.make_graph(nodes, "decoder", inputs, outputs, initializer=tensors)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_token_table_is_split_and_the_answers_stay(tmp_path: Path) -> None:
    table = np.random.default_rng(2).normal(0, 1, (moonshine.VOCABULARY, 16)).astype(np.float32)
    ort = make_ort(decoder_like(table), tmp_path)
    moonshine.convert(ort, tmp_path / "small.onnx")
    session = runtime.load(tmp_path / "small.onnx")
    for flag, sign in ((True, 1), (False, -1)):
        ids = np.array([[3, 700, 32767]], np.int64)
        (logits,) = session.run(None, {"ids": ids, "flag": np.array([flag])})
        expected = sign * table[ids[0]] @ table.T
        assert np.abs(logits[0] - expected).max() < 0.05 * np.abs(expected).max()
        assert np.corrcoef(logits.ravel(), expected.ravel())[0, 1] > 0.999
    # The shipped layout would hold the table as floats: 2 MB. Rows and head are a byte a weight each.
    assert (tmp_path / "small.onnx").stat().st_size < 1_500_000


def test_what_a_subgraph_reads_from_outside_is_an_input_of_its_node() -> None:
    inner = helper.make_graph(
        [helper.make_node("Add", ["outer", "own"], ["sum"])],
        "body",
        [helper.make_tensor_value_info("own", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1])],
    )
    node: NodeProto = helper.make_node("Loop", ["count"], ["result"])
    node.attribute.append(helper.make_attribute("body", inner, attr_type=AttributeProto.GRAPH))
    assert list(ort_format.inputs_of(node)) == ["count", "outer"]


def test_nodes_are_put_behind_what_they_read() -> None:
    last = helper.make_node("Add", ["b", "a"], ["c"])
    middle = helper.make_node("Neg", ["a"], ["b"])
    first = helper.make_node("Abs", ["x"], ["a"])
    assert [node.op_type for node in ort_format._sorted([last, middle, first])] == ["Abs", "Neg", "Add"]


def test_a_model_file_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"nonsense")
    with pytest.raises(AssetError, match="odai models fetch"):
        runtime.load(tmp_path / "model.onnx")
