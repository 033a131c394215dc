"""A model of a hundred bytes, to see whether a server runs models: the softmax of its input, written as ONNX by hand."""

from __future__ import annotations

CLASSES = 3
INPUT, OUTPUT = "x", "probabilities"
_FLOAT, _IR_VERSION, _OPSET = 1, 8, 13


def softmax_model() -> bytes:
    """Return the model: `INPUT` [N, CLASSES] to `OUTPUT`, both FLOAT32."""
    node = _field(1, INPUT) + _field(2, OUTPUT) + _field(4, "Softmax")
    graph = _field(1, node) + _field(2, "softmax") + _field(11, _matrix(INPUT)) + _field(12, _matrix(OUTPUT))
    return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, _field(2, _OPSET))


def _matrix(name: str) -> bytes:
    """Describe a value of shape [N, CLASSES]."""
    shape = _field(1, _field(2, "N")) + _field(1, _field(1, CLASSES))
    return _field(1, name) + _field(2, _field(1, _field(1, _FLOAT) + _field(2, shape)))


def _field(number: int, content: bytes | str | int) -> bytes:
    """Write a field as protobuf does. All numbers and lengths here are below 128, so that each is one byte."""
    if isinstance(content, int):
        return bytes((number << 3, content))
    held = content.encode() if isinstance(content, str) else content
    return bytes((number << 3 | 2, len(held))) + held
