"""The messages of the ONNX format, as far as a scan has to know them: which fields there are, what is in them, which are refused.

Numbers and types are those of onnx.proto. A field that is not here is refused: nobody can say what a newer runtime does with it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a field holds."""

    NUMBER = enum.auto()
    NUMBERS = enum.auto()
    """Repeated, one field each or packed."""
    FLOAT = enum.auto()
    FLOATS = enum.auto()
    DOUBLES = enum.auto()
    NAME = enum.auto()
    """Text by which something is known."""
    NAMES = enum.auto()
    BYTES = enum.auto()
    """Text or data that nothing is decided by."""
    MANY_BYTES = enum.auto()
    MESSAGE = enum.auto()
    MESSAGES = enum.auto()
    REFUSED = enum.auto()


REPEATED = frozenset({Kind.NUMBERS, Kind.FLOATS, Kind.DOUBLES, Kind.NAMES, Kind.MANY_BYTES, Kind.MESSAGES, Kind.REFUSED})


@dataclass(frozen=True)
class Field:
    """A field: its name, what it holds, the name of the message if it is one, or why it is refused."""

    name: str
    kind: Kind
    of: str = ""


def _message(name: str, of: str) -> Field:
    return Field(name, Kind.MESSAGE, of)


def _messages(name: str, of: str) -> Field:
    return Field(name, Kind.MESSAGES, of)


def _refused(name: str, why: str) -> Field:
    return Field(name, Kind.REFUSED, why)


_DOC = Field("doc_string", Kind.BYTES)
_METADATA = _messages("metadata_props", "Entry")
_EXTERNAL = "data outside the model"
_DEVICES = "an assignment of devices"

MESSAGES: dict[str, dict[int, Field]] = {
    "Model": {
        1: Field("ir_version", Kind.NUMBER),
        2: Field("producer_name", Kind.BYTES),
        3: Field("producer_version", Kind.BYTES),
        4: Field("domain", Kind.BYTES),
        5: Field("model_version", Kind.NUMBER),
        6: _DOC,
        7: _message("graph", "Graph"),
        8: _messages("opset_import", "OperatorSet"),
        14: _METADATA,
        20: _refused("training_info", "a training graph"),
        25: _refused("functions", "functions of its own (inline them before the export)"),
        26: _refused("configuration", _DEVICES),
    },
    "OperatorSet": {1: Field("domain", Kind.NAME), 2: Field("version", Kind.NUMBER)},
    "Graph": {
        1: _messages("node", "Node"),
        2: Field("name", Kind.NAME),
        5: _messages("initializer", "Tensor"),
        10: _DOC,
        11: _messages("input", "Value"),
        12: _messages("output", "Value"),
        13: _messages("value_info", "Value"),
        14: _messages("quantization_annotation", "Annotation"),
        15: _messages("sparse_initializer", "SparseTensor"),
        16: _METADATA,
    },
    "Node": {
        1: Field("input", Kind.NAMES),
        2: Field("output", Kind.NAMES),
        3: Field("name", Kind.NAME),
        4: Field("op_type", Kind.NAME),
        5: _messages("attribute", "Attribute"),
        6: _DOC,
        7: Field("domain", Kind.NAME),
        8: Field("overload", Kind.NAME),
        9: _METADATA,
        10: _refused("device_configurations", _DEVICES),
    },
    "Attribute": {
        1: Field("name", Kind.NAME),
        2: Field("f", Kind.FLOAT),
        3: Field("i", Kind.NUMBER),
        4: Field("s", Kind.BYTES),
        5: _message("t", "Tensor"),
        6: _message("g", "Graph"),
        7: Field("floats", Kind.FLOATS),
        8: Field("ints", Kind.NUMBERS),
        9: Field("strings", Kind.MANY_BYTES),
        10: _messages("tensors", "Tensor"),
        11: _messages("graphs", "Graph"),
        13: _DOC,
        14: _message("tp", "Type"),
        15: _messages("type_protos", "Type"),
        20: Field("type", Kind.NUMBER),
        21: _refused("ref_attr_name", "a reference to a function's attribute"),
        22: _message("sparse_tensor", "SparseTensor"),
        23: _messages("sparse_tensors", "SparseTensor"),
    },
    "Tensor": {
        1: Field("dims", Kind.NUMBERS),
        2: Field("data_type", Kind.NUMBER),
        3: _refused("segment", "a part of a tensor"),
        4: Field("float_data", Kind.FLOATS),
        5: Field("int32_data", Kind.NUMBERS),
        6: Field("string_data", Kind.MANY_BYTES),
        7: Field("int64_data", Kind.NUMBERS),
        8: Field("name", Kind.NAME),
        9: Field("raw_data", Kind.BYTES),
        10: Field("double_data", Kind.DOUBLES),
        11: Field("uint64_data", Kind.NUMBERS),
        12: _DOC,
        13: _refused("external_data", _EXTERNAL),
        14: Field("data_location", Kind.NUMBER),
        16: _METADATA,
    },
    "SparseTensor": {1: _message("values", "Tensor"), 2: _message("indices", "Tensor"), 3: Field("dims", Kind.NUMBERS)},
    "Value": {1: Field("name", Kind.NAME), 2: _message("type", "Type"), 3: _DOC, 4: _METADATA},
    "Type": {
        1: _message("tensor_type", "TensorType"),
        4: _message("sequence_type", "ElementType"),
        5: _message("map_type", "MapType"),
        6: Field("denotation", Kind.BYTES),
        7: _refused("opaque_type", "an opaque type"),
        8: _message("sparse_tensor_type", "TensorType"),
        9: _message("optional_type", "ElementType"),
    },
    "TensorType": {1: Field("elem_type", Kind.NUMBER), 2: _message("shape", "Shape")},
    "ElementType": {1: _message("elem_type", "Type")},
    "MapType": {1: Field("key_type", Kind.NUMBER), 2: _message("value_type", "Type")},
    "Shape": {1: _messages("dim", "Dimension")},
    "Dimension": {1: Field("dim_value", Kind.NUMBER), 2: Field("dim_param", Kind.NAME), 3: Field("denotation", Kind.BYTES)},
    "Annotation": {1: Field("tensor_name", Kind.NAME), 2: _messages("quant_parameter_tensor_names", "Entry")},
    "Entry": {1: Field("key", Kind.BYTES), 2: Field("value", Kind.BYTES)},
}

LISTS: dict[str, frozenset[int]] = {
    message: frozenset(number for number, field in fields.items() if field.kind in REPEATED - {Kind.MESSAGES, Kind.REFUSED, Kind.NAMES})
    for message, fields in MESSAGES.items()
}
"""By message, the fields that are lists of numbers or bytes, which may be very long."""
