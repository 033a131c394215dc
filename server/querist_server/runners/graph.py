"""What an ONNX file says about itself, read without the onnx package.

A handful of the message types of the ONNX format (onnx.proto) are declared here with the fields that are looked at; protobuf keeps all
others as they are when a model is written back. Nothing is parsed before `scan` has let it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from querist_server.engine.errors import EngineError
from querist_server.runners.scan import scan

_STRING, _BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_INT64, _INT32 = descriptor_pb2.FieldDescriptorProto.TYPE_INT64, descriptor_pb2.FieldDescriptorProto.TYPE_INT32
_MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE

_MESSAGES: dict[str, tuple[tuple[str, int, int, bool, str], ...]] = {
    # name: (field, number, type, repeated, message type), as in onnx.proto
    "Model": (("producer_name", 2, _BYTES, False, ""), ("graph", 7, _MESSAGE, False, "Graph")),
    "Graph": (("node", 1, _MESSAGE, True, "Node"), ("output", 12, _MESSAGE, True, "ValueInfo")),
    "Node": (
        ("input", 1, _STRING, True, ""),
        ("output", 2, _STRING, True, ""),
        ("op_type", 4, _STRING, False, ""),
        ("attribute", 5, _BYTES, True, ""),  # not parsed: lists of millions of numbers would take many times their bytes
        ("domain", 7, _STRING, False, ""),
    ),
    "Attribute": (("name", 1, _BYTES, False, ""), ("ints", 8, _INT64, True, ""), ("strings", 9, _BYTES, True, "")),
    "ValueInfo": (("name", 1, _STRING, False, ""), ("type", 2, _MESSAGE, False, "Type")),
    "Type": (("tensor_type", 1, _MESSAGE, False, "TensorType"), ("sequence_type", 4, _BYTES, False, "")),
    "TensorType": (("elem_type", 1, _INT32, False, ""),),
}
_FLOAT = 1
"""TensorProto.DataType.FLOAT, the type of a classifier's probabilities."""

_LABELS = b"classlabels_"
"""How the attributes begin that hold the class labels."""
MOST_LABELS = 10_000
MOST_LABEL_BYTES = 256
MOST_PRODUCER_LENGTH = 200


def _classes() -> tuple[type[Any], type[Any]]:
    package = "querist.onnx_subset"
    file = descriptor_pb2.FileDescriptorProto(name="querist_onnx_subset.proto", package=package, syntax="proto2")
    for name, fields in _MESSAGES.items():
        declared = file.message_type.add(name=name)
        for field, number, kind, repeated, target in fields:
            label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED if repeated else descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            added = declared.field.add(name=field, number=number, type=kind, label=label)
            if target:
                added.type_name = f".{package}.{target}"
    pool = descriptor_pool.DescriptorPool()  # a pool of its own, so that it cannot clash with the onnx package
    pool.Add(file)
    model, attribute = (message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in ("Model", "Attribute"))
    return model, attribute


_MODEL, _ATTRIBUTE = _classes()


@dataclass(frozen=True)
class Structure:
    """What is known of a model from its file.

    Attributes
    ----------
    runnable : bytes
        The model with each label-to-probability map replaced by the matrix that it was made from.
    maps : frozenset of str
        Names of the outputs where that was done. They keep their names.
    class_labels : tuple of str
        Class names in the order of the probability columns; empty if the model declares none, or more than any selection may have.
    producer : str
        The program that wrote the model, cut to a sane length.
    """

    runnable: bytes
    maps: frozenset[str]
    class_labels: tuple[str, ...]
    producer: str


def read(onnx: bytes, checkpoint: Callable[[], None]) -> Structure:
    """Look into a model.

    Parameters
    ----------
    onnx : bytes
    checkpoint : callable
        Raises if nobody waits for the model any more.

    Raises
    ------
    EngineError
        If the bytes are no ONNX model, the scan refuses it, or an output is a sequence or map that is not scikit-learn's.
    """
    scan(onnx, checkpoint)
    model = _MODEL()
    try:
        model.ParseFromString(onnx)
    except message.DecodeError as error:
        raise EngineError("MODEL_INVALID", "the bytes are not an ONNX model") from error
    labels = _labels(model.graph)
    maps = _unwrap_maps(model.graph)
    return Structure(model.SerializeToString() if maps else onnx, frozenset(maps), labels, _producer(model))


def _unwrap_maps(graph: Any) -> list[str]:
    """Let each ZipMap's output name stand for the ZipMap's input: an Identity takes the operator's place."""
    unwrapped = []
    makers = {name: node for node in graph.node for name in node.output}
    for output in graph.output:
        if output.type.HasField("tensor_type"):
            continue
        node = makers.get(output.name)
        if node is None or node.op_type != "ZipMap":
            raise EngineError("MODEL_INVALID", f"the output {output.name} is neither a tensor nor a label-to-probability map (ZipMap)")
        node.op_type = "Identity"
        node.ClearField("domain")
        node.ClearField("attribute")
        output.ClearField("type")
        output.type.tensor_type.elem_type = _FLOAT
        unwrapped.append(output.name)
    return unwrapped


def _labels(graph: Any) -> tuple[str, ...]:
    """Return the class labels of the ZipMap, else of the last classifier."""
    found: tuple[str, ...] = ()
    for node in graph.node:
        for written in node.attribute:
            if len(written) <= MOST_LABELS * MOST_LABEL_BYTES and _LABELS in written:
                found = _declared(written) or found
        if node.op_type == "ZipMap" and found:
            return found
    return found


def _declared(written: bytes) -> tuple[str, ...]:
    """Return the class labels that an attribute holds; none if it holds something else."""
    attribute = _ATTRIBUTE.FromString(written)
    declared = len(attribute.strings) or len(attribute.ints)
    if not attribute.name.startswith(_LABELS) or declared > MOST_LABELS:
        return ()
    return tuple(label[:MOST_LABEL_BYTES].decode("utf-8", "replace") for label in attribute.strings) or tuple(map(str, attribute.ints))


def _producer(model: Any) -> str:
    return model.producer_name.decode("utf-8", "replace")[:MOST_PRODUCER_LENGTH]
