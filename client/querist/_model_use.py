"""A model that a selection runs, and what its inputs and outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from querist.errors import InvalidRequestError
from querist.v1 import model_service_pb2


@dataclass(frozen=True)
class ModelUse:
    """A model that a selection runs.

    Attributes
    ----------
    model : str, bytes or Path
        The digest of a stored model, the bytes of an ONNX model, or the path of one.
    weight : float, optional
        Its weight in the committee. Default: 1.
    outputs : mapping of str to str
        What outputs mean, by name: "probabilities", "logits", "votes" or "embeddings". Default: by the outputs' usual names.
    inputs : mapping of str to str
        The model's input names to names in `model_inputs`, where they differ.
    """

    model: str | bytes | Path
    weight: float | None = None
    outputs: Mapping[str, str] | None = None
    inputs: Mapping[str, str] | None = None

    def to_message(self) -> model_service_pb2.ModelUse:
        """Return the message.

        Raises
        ------
        InvalidRequestError
            If a role is unknown.
        """
        message = model_service_pb2.ModelUse(weight=self.weight, inputs=self.inputs)
        if isinstance(self.model, bytes):
            message.onnx = self.model
        elif isinstance(self.model, Path):
            message.onnx = self.model.read_bytes()
        else:
            message.digest = self.model
        roles = model_service_pb2.OutputRole.keys()[1:]
        for name, role in (self.outputs or {}).items():
            full = f"OUTPUT_ROLE_{role.upper()}"
            if full not in roles:
                allowed = ", ".join(key.removeprefix("OUTPUT_ROLE_").lower() for key in roles)
                raise InvalidRequestError(f"the output {name} has the role {role!r}; allowed are {allowed}", field="models")
            message.outputs.add(name=name, role=full)
        return message
