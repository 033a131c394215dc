"""Messages whose tensors' bytes were taken out, made whole again."""

from typing import TypeVar

from google.protobuf.message import Message

Some = TypeVar("Some", bound=Message)


def put_together(message: Some, apart: dict[str, memoryview]) -> Some:
    """Return the message with its tensors' bytes where they belong."""
    for path, buffer in apart.items():
        at = message
        for name in path.split("."):
            at = at[int(name)] if name.isdigit() else getattr(at, name)
        at.data = bytes(buffer)
    return message
