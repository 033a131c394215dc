"""How a client behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist._retry import Attempts, OnRetry

MESSAGE_BYTES = 64 * 2**20
"""Largest message that a client takes or sends; servers allow less."""
DEFAULT = object()
"""Stands for the client's own timeout."""


@dataclass(frozen=True)
class Options:
    """What `connect` was told."""

    address: str
    timeout: float | None
    retries: int
    on_retry: OnRetry | None

    def attempts(self, timeout: Any) -> Attempts:
        """Return the attempts of one call; `timeout` may be `DEFAULT`."""
        return Attempts(self.retries, self.timeout if timeout is DEFAULT else timeout, self.on_retry)

    @property
    def channel_options(self) -> list[tuple[str, Any]]:
        """Options of the channel."""
        options: list[tuple[str, Any]] = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
            ("grpc.enable_retries", 0),
        ]
        if self.address.startswith("unix:"):
            options.append(("grpc.default_authority", "localhost"))  # strict proxies refuse the percent-encoded path that is the default
        return options
