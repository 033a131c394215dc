"""What a server offers: models, strategies and their parts, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from querist.plan import Plan


@dataclass(frozen=True)
class ModelValue:
    """An input or output of a model: its name, type ("" if it is no tensor of numbers) and shape, -1 for lengths that are not fixed."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    class_map: bool


@dataclass(frozen=True)
class Model:
    """A stored ONNX model."""

    digest: str
    size_bytes: int
    created_at: datetime
    inputs: tuple[ModelValue, ...]
    outputs: tuple[ModelValue, ...]
    class_labels: tuple[str, ...]
    producer: str


@dataclass(frozen=True)
class Memory:
    """What a selection holds for the rows that have streamed past.

    Attributes
    ----------
    kept_rows : str
        "BATCH", "PREFILTERED" or "POOL": of which rows.
    bytes_per_row : int
        The most that a kept row takes beside the columns.
    kept_columns : tuple of str
        Such as "EMBEDDINGS": held of each kept row as they were sent, 16-bit floats as 32-bit ones, and label
        probabilities as 64-bit ones.
    """

    kept_rows: str
    bytes_per_row: int
    kept_columns: tuple[str, ...]


@dataclass(frozen=True)
class Preset:
    """A named plan."""

    name: str
    plan: Plan
    summary: str
    needs: tuple[str, ...]
    merge: str
    deterministic: bool
    reference: str
    memory: Memory


@dataclass(frozen=True)
class Parameter:
    """What can be set of a part."""

    name: str
    type: str
    summary: str
    default: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True)
class PartInfo:
    """A guard, score, weight or choice."""

    name: str
    summary: str
    formula: str
    needs: tuple[str, ...]
    merge: str
    deterministic: bool
    cost: str
    parameters: tuple[Parameter, ...]
    reference: str


@dataclass(frozen=True)
class Strategies:
    """Everything that a server can do, by name."""

    presets: dict[str, Preset]
    scores: dict[str, PartInfo]
    choices: dict[str, PartInfo]
    guards: dict[str, PartInfo]
    weights: dict[str, PartInfo]
    criteria: dict[str, PartInfo]


@dataclass(frozen=True)
class ServerInfo:
    """What a server is; `limits` by the contract's names.

    Attributes
    ----------
    local_directory : str
        Where the server has the directory that it shares with callers on its host; "" if it offers none.
    time : datetime or None
        When it answered, by its clock; None if it does not say.
    """

    version: str
    api_version: str
    limits: dict[str, int]
    features: tuple[str, ...]
    local_directory: str = ""
    time: datetime | None = field(default=None, compare=False)
