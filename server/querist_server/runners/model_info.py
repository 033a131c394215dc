"""What is known of a stored model, and how that is written down."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from querist_server.engine.errors import EngineError

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Value:
    """An input or output: its name, the runtime's name of its type, its shape with -1 for lengths that are not fixed."""

    name: str
    type: str
    shape: tuple[int, ...]
    class_map: bool = False


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model; times in seconds since 1970."""

    digest: str
    size_bytes: int
    created_at: float
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    class_labels: tuple[str, ...] = ()
    producer: str = ""

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelInfo:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is something else, or was damaged.
        """
        try:
            written: dict[str, Any] = json.loads(text)
            fields: dict[str, Any] = written["model"]
            if written["sha256"] != _checksum(fields):
                raise ValueError("the checksum does not fit")
            for name in ("inputs", "outputs"):
                fields[name] = tuple(Value(**{**value, "shape": tuple(value["shape"])}) for value in fields[name])
            fields["class_labels"] = tuple(fields["class_labels"])
            return cls(**fields)
        except (TypeError, KeyError) as error:
            raise ValueError("this describes no model") from error

    def to_json(self) -> str:
        """Return all fields as JSON, with a checksum."""
        fields = asdict(self)
        return json.dumps({"model": fields, "sha256": _checksum(fields)})


def check_digest(digest: str, field: str) -> None:
    """Refuse what is no SHA-256 in lower-case hexadecimal digits."""
    if not DIGEST.fullmatch(digest):
        message = f"a digest is {digest[:80]!r}; it must be 64 lower-case hexadecimal digits"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=field)


def _checksum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
