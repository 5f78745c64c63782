"""Reads a model in ONNX Runtime's own flatbuffer format (.ort) back into an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto, helper

IDENTIFIER = b"ORTM"


def read(data: bytes) -> GraphProto:
    """The main graph of an .ort file, its nodes in topological order. Raises ValueError for another format."""
    if data[4:8] != IDENTIFIER:
        raise ValueError("not an ONNX Runtime format model")
    # The generated classes import each other by a top-level name that this package's import puts on the path.
    import_module("onnxruntime.tools.ort_format_model")
    session = import_module("ort_flatbuffers_py.fbs.InferenceSession").InferenceSession
    return _graph(session.GetRootAs(bytearray(data), 0).Model().Graph(), "main")


def inputs_of(node: NodeProto) -> Iterator[str]:
    """Every name a node reads, including those its subgraphs take from the graph around them."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            inner = attribute.g
            own = {name for child in inner.node for name in child.output}
            own |= {tensor.name for tensor in inner.initializer} | {value.name for value in inner.input}
            read_inside = [name for child in inner.node for name in inputs_of(child)]
            yield from (name for name in [*read_inside, *(value.name for value in inner.output)] if name not in own)


def _graph(source: Any, name: str) -> GraphProto:
    arguments = {_text(argument.Name()): argument for argument in _each(source.NodeArgs, source.NodeArgsLength())}
    # A node that the runtime's optimiser removed leaves an empty place.
    nodes = [_node(node) for node in _each(source.Nodes, source.NodesLength()) if node is not None]
    return helper.make_graph(
        _sorted(nodes),
        name,
        [_value(arguments[_text(name)]) for name in _each(source.Inputs, source.InputsLength())],
        [_value(arguments[_text(name)]) for name in _each(source.Outputs, source.OutputsLength())],
        initializer=[_tensor(tensor) for tensor in _each(source.Initializers, source.InitializersLength())],
    )


def _sorted(nodes: list[NodeProto]) -> list[NodeProto]:
    """Depth first, with a stack of our own: the graphs are thousands of nodes deep."""
    producer = {name: index for index, node in enumerate(nodes) for name in node.output}
    waiting = [
        list(dict.fromkeys(producer[name] for name in inputs_of(node) if name in producer and name)) for node in nodes
    ]
    done: dict[int, None] = {}
    for root in range(len(nodes)):
        stack = [root]
        while stack:
            missing = [index for index in waiting[stack[-1]] if index not in done]
            if missing:
                stack.extend(missing)
            else:
                done.setdefault(stack.pop())
    return [nodes[index] for index in done]


def _node(source: Any) -> NodeProto:
    node = helper.make_node(
        _text(source.OpType()),
        [_text(name) for name in _each(source.Inputs, source.InputsLength())],
        [_text(name) for name in _each(source.Outputs, source.OutputsLength())],
        name=_text(source.Name()),
        domain=_text(source.Domain()),
    )
    node.attribute.extend(_attribute(item) for item in _each(source.Attributes, source.AttributesLength()))
    return node


def _attribute(source: Any) -> AttributeProto:
    name, kind = _text(source.Name()), source.Type()
    readers: dict[int, Callable[[], Any]] = {
        AttributeProto.FLOAT: source.F,
        AttributeProto.INT: source.I,
        AttributeProto.STRING: lambda: _text(source.S()),
        AttributeProto.TENSOR: lambda: _tensor(source.T()),
        AttributeProto.GRAPH: lambda: _graph(source.G(), name),
        AttributeProto.FLOATS: lambda: list(_each(source.Floats, source.FloatsLength())),
        AttributeProto.INTS: lambda: list(_each(source.Ints, source.IntsLength())),
    }
    if kind not in readers:
        raise ValueError(f"attribute {name!r} has a type that is not read here: {kind}")
    return helper.make_attribute(name, readers[kind](), attr_type=kind)


def _tensor(source: Any) -> TensorProto:
    tensor = TensorProto(name=_text(source.Name()), data_type=source.DataType())
    tensor.dims.extend(_each(source.Dims, source.DimsLength()))
    tensor.raw_data = source.RawDataAsNumpy().tobytes() if source.RawDataLength() else b""
    return tensor


def _value(source: Any) -> ValueInfoProto:
    shaped = import_module("ort_flatbuffers_py.fbs.TensorTypeAndShape").TensorTypeAndShape()
    union = source.Type().Value()
    shaped.Init(union.Bytes, union.Pos)
    shape = shaped.Shape()
    dims = [_dimension(item.Value()) for item in _each(shape.Dim, shape.DimLength())] if shape else None
    return helper.make_tensor_value_info(_text(source.Name()), shaped.ElemType(), dims)


def _dimension(source: Any) -> int | str | None:
    if source is None:
        return None
    fixed = import_module("ort_flatbuffers_py.fbs.DimensionValueType").DimensionValueType.VALUE
    return int(source.DimValue()) if source.DimType() == fixed else _text(source.DimParam())


def _each(item: Callable[[int], Any], count: int) -> Iterator[Any]:
    return (item(index) for index in range(count))


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""
