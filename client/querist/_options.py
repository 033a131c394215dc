"""How a client behaves."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal

from querist._credentials import Credentials, check
from querist._retry import Attempts, Budget, OnRetry
from querist._tls import Tls
from querist.errors import InvalidRequestError

MESSAGE_BYTES = 64 * 2**20
"""Largest message that a client takes or sends; servers allow less."""
_OF_SEVERAL = ("dns:", "ipv4:", "ipv6:")
"""Addresses that may stand for several servers, among which calls take turns."""
DEFAULT = object()
"""Stands for the client's own timeout."""
Place = str | os.PathLike[str] | Literal[False] | None
"""Where a client sees the directory that the server shares; False: it does not look. None: where the server has it."""


@dataclass(frozen=True)
class Options:
    """What `connect` was told."""

    address: str
    timeout: float | None
    retries: int
    on_retry: OnRetry | None
    tls: Tls | None = None
    token: str | None = field(default=None, repr=False)
    token_file: str | os.PathLike[str] | None = None
    shared_directory: Place = None
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)

    def credentials(self) -> Credentials:
        """Return what is shown to the server, and demanded of it."""
        return Credentials(self.tls, self.token, self.token_file)

    def attempts(self, timeout: Any) -> Attempts:
        """Return the attempts of one call; `timeout` may be `DEFAULT`."""
        return Attempts(self.retries, self.timeout if timeout is DEFAULT else timeout, self.on_retry, self.budget)

    @property
    def channel_options(self) -> list[tuple[str, Any]]:
        """Options of the channel."""
        options: list[tuple[str, Any]] = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
            ("grpc.enable_retries", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 5000),  # by itself gRPC stays away for two minutes from a server that is back long since
        ]
        if self.address.startswith("unix:"):
            options.append(("grpc.default_authority", "localhost"))  # strict proxies refuse the percent-encoded path that is the default
        if self.address.startswith(_OF_SEVERAL):
            options.append(("grpc.lb_policy_name", "round_robin"))  # by itself gRPC sends all calls to the first that answers
        if self.tls is not None and self.tls.server_name is not None:
            options.append(("grpc.ssl_target_name_override", self.tls.server_name))
        if self.tls is None and (self.token is not None or self.token_file is not None):
            options.append(("grpc.enable_http_proxy", 0))  # the token may be readable, but on this machine alone
        return options


def connecting(
    address: str,
    *,
    timeout: float | None,
    retries: int,
    on_retry: OnRetry | None,
    tls: Tls | bool | None,
    token: str | None,
    token_file: str | os.PathLike[str] | None,
    shared_directory: Place | bool,
) -> Options:
    """Return the options of `connect`.

    Raises
    ------
    InvalidRequestError
        If they contradict each other, or a token would travel unencrypted.
    """
    chosen = tls if isinstance(tls, Tls) else Tls() if tls else None
    check(address, chosen, token, token_file)
    if shared_directory is True:
        message = "shared_directory is True; it must be a path, False for no files, or None for where the server has the directory"
        raise InvalidRequestError(message, field="shared_directory")
    return Options(address, timeout, retries, on_retry, chosen, token, token_file, shared_directory)
