"""How a model is wired into a selection: which tensor goes into which input, and what each output means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from querist import codec
from querist.v1 import model_service_pb2, tensor_pb2

from querist_server.engine.errors import EngineError
from querist_server.runners.store import Value
from querist_server.service.decode import MODEL_INPUT

Array = npt.NDArray[Any]

PREDICTIONS = {"PROBABILITIES": "probabilities", "LOGITS": "logits", "VOTES": "votes"}
"""Roles that are predictions, and the columns they become."""
_BY_NAME = {
    "probabilities": "PROBABILITIES",
    "output_probability": "PROBABILITIES",
    "logits": "LOGITS",
    "embeddings": "EMBEDDINGS",
}
_RUNTIME_TYPES = {
    "tensor(float)": tensor_pb2.DATA_TYPE_FLOAT32,
    "tensor(double)": tensor_pb2.DATA_TYPE_FLOAT64,
    "tensor(float16)": tensor_pb2.DATA_TYPE_FLOAT16,
    "tensor(bfloat16)": tensor_pb2.DATA_TYPE_BFLOAT16,
    "tensor(int8)": tensor_pb2.DATA_TYPE_INT8,
    "tensor(int16)": tensor_pb2.DATA_TYPE_INT16,
    "tensor(int32)": tensor_pb2.DATA_TYPE_INT32,
    "tensor(int64)": tensor_pb2.DATA_TYPE_INT64,
    "tensor(uint8)": tensor_pb2.DATA_TYPE_UINT8,
    "tensor(uint16)": tensor_pb2.DATA_TYPE_UINT16,
    "tensor(uint32)": tensor_pb2.DATA_TYPE_UINT32,
    "tensor(uint64)": tensor_pb2.DATA_TYPE_UINT64,
    "tensor(bool)": tensor_pb2.DATA_TYPE_BOOL,
}


@dataclass(frozen=True)
class Wiring:
    """How one model is used.

    Attributes
    ----------
    inputs : dict of str to str
        The model's input names to the names of the tensors that were sent.
    prediction : str
        Name of the output that is the prediction.
    role : str
        What it is: PROBABILITIES, LOGITS or VOTES.
    embeddings : str or None
        Name of the output that is the embeddings.
    """

    inputs: dict[str, str]
    prediction: str
    role: str
    embeddings: str | None

    @property
    def wanted(self) -> list[str]:
        """The outputs that have to be computed."""
        return [self.prediction] if self.embeddings is None else [self.prediction, self.embeddings]

    def prediction_of(self, outputs: Mapping[str, Array], rows: int, path: str) -> Array:
        """Return the prediction, [n, C] or [n, 1], or for votes [n].

        Raises
        ------
        EngineError
            If the model gave something else.
        """
        values = outputs[self.prediction]
        integers = self.role == "VOTES"
        fitting = values.dtype.kind in ("iu" if integers else "f") and values.ndim in (1, 2) and len(values) == rows
        if not fitting or (integers and values.ndim > 1 and values.shape[1] != 1):
            raise _unusable(values, self.prediction, self.role, rows, path)
        if integers:
            return values.reshape(rows)
        return values.reshape(rows, -1)

    def embeddings_of(self, outputs: Mapping[str, Array], rows: int, path: str) -> Array:
        """Return the embeddings, [n, D].

        Raises
        ------
        EngineError
            If the model gave something else.
        """
        values = outputs[self.embeddings or ""]
        if values.dtype.kind != "f" or values.ndim != 2 or len(values) != rows:
            raise _unusable(values, self.embeddings or "", "EMBEDDINGS", rows, path)
        return values


def data_type(runtime_type: str) -> tensor_pb2.DataType:
    """Return the contract's type for the runtime's name of a type, or unspecified."""
    return _RUNTIME_TYPES.get(runtime_type, tensor_pb2.DATA_TYPE_UNSPECIFIED)


def wiring_of(
    use: model_service_pb2.ModelUse, inputs: tuple[Value, ...], outputs: tuple[Value, ...], tensors: Mapping[str, Array], path: str
) -> Wiring:
    """Decide how a model is used, by what the caller says or by the contract's defaults.

    Raises
    ------
    EngineError
        If an input is missing or does not fit, or no output is a prediction.
    """
    wired = _wired_inputs(use, inputs, tensors, path)
    roles = _explicit_roles(use, outputs, path) if use.outputs else _default_roles(outputs)
    predictions = [name for name, role in roles.items() if role in PREDICTIONS]
    embeddings = [name for name, role in roles.items() if role == "EMBEDDINGS"]
    if len(predictions) != 1 or len(embeddings) > 1:
        have = ", ".join(value.name for value in outputs)
        problem = f"{len(predictions)} outputs are predictions and {len(embeddings)} embeddings; there must be 1 and at most 1"
        raise EngineError(
            "MODEL_OUTPUT_INVALID", f"{problem}. The model has the outputs {have}; say what they mean", field=f"{path}.outputs"
        )
    return Wiring(wired, predictions[0], roles[predictions[0]], embeddings[0] if embeddings else None)


def _wired_inputs(use: model_service_pb2.ModelUse, inputs: tuple[Value, ...], tensors: Mapping[str, Array], path: str) -> dict[str, str]:
    names = [value.name for value in inputs]
    for name in use.inputs:
        if name not in names:
            raise EngineError("MODEL_INPUT_INVALID", f"the model has no input {name!r}; it has {', '.join(names)}", field=f"{path}.inputs")
    if len(inputs) == 1 and len(tensors) == 1 and not use.inputs:
        wired = {names[0]: next(iter(tensors))}
    else:
        wired = {name: use.inputs.get(name, name) for name in names}
    for value in inputs:
        source = wired[value.name]
        if source not in tensors:
            sent = ", ".join(tensors) or "none"
            message = f"the model's input {value.name} takes the tensor {source!r}, which was not sent; sent were {sent}"
            raise EngineError("MODEL_INPUT_INVALID", message, field="model_inputs")
        _check_input(value, tensors[source], MODEL_INPUT.format(source))
    return wired


def _check_input(value: Value, tensor: Array, field: str) -> None:
    if value.shape and value.shape[0] >= 0:
        message = f"the model's input {value.name} takes exactly {value.shape[0]} rows; its first dimension must not be fixed"
        raise EngineError("MODEL_INPUT_INVALID", message, field=field)
    expected, came = codec.type_name(data_type(value.type)), codec.dtype_name(tensor.dtype)
    if expected != came:
        message = f"the model's input {value.name} takes {expected}; what came is {came}. Convert it before sending"
        raise EngineError("MODEL_INPUT_INVALID", message, field=field)
    fits = len(value.shape) == tensor.ndim and all(
        fixed in (-1, length) for fixed, length in zip(value.shape[1:], tensor.shape[1:], strict=False)
    )
    if value.shape and not fits:
        shown = [length if length >= 0 else "any" for length in value.shape]
        message = f"the model's input {value.name} has shape {shown}; what came has {list(tensor.shape)}"
        raise EngineError("MODEL_INPUT_INVALID", message, field=field)


def _explicit_roles(use: model_service_pb2.ModelUse, outputs: tuple[Value, ...], path: str) -> dict[str, str]:
    names = {value.name for value in outputs}
    roles: dict[str, str] = {}
    for index, output in enumerate(use.outputs):
        field = f"{path}.outputs[{index}]"
        if output.name not in names:
            message = f"the model has no output {output.name!r}; it has {', '.join(sorted(names))}"
            raise EngineError("MODEL_OUTPUT_INVALID", message, field=f"{field}.name")
        if output.name in roles:
            raise EngineError("FIELD_CONFLICT", f"the output {output.name} has two roles; it may have one", field=f"{field}.name")
        if output.role not in model_service_pb2.OutputRole.values() or not output.role:
            allowed = ", ".join(model_service_pb2.OutputRole.keys()[1:])
            reason = "VALUE_OUT_OF_RANGE" if output.role else "FIELD_MISSING"
            raise EngineError(reason, f"role is {output.role}; allowed are {allowed}", field=f"{field}.role")
        roles[output.name] = model_service_pb2.OutputRole.Name(output.role).removeprefix("OUTPUT_ROLE_")
    return roles


def _default_roles(outputs: tuple[Value, ...]) -> dict[str, str]:
    roles = {value.name: _BY_NAME[value.name] for value in outputs if value.name in _BY_NAME}
    maps = [value.name for value in outputs if value.class_map]
    if len(maps) == 1:
        roles.setdefault(maps[0], "PROBABILITIES")
    return roles


def _unusable(values: Array, name: str, role: str, rows: int, path: str) -> EngineError:
    allowed = {"VOTES": "integers [N] or [N, 1]", "EMBEDDINGS": "floats [N, D]"}.get(role, "floats [N, C], [N] or [N, 1]")
    message = f"the output {name} is {values.dtype} {list(values.shape)} for {rows} rows; as {role} it must be {allowed}"
    return EngineError("MODEL_OUTPUT_INVALID", message, field=f"{path}.outputs")
