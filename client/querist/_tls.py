"""How a connection is encrypted, and who proves what to whom."""

from __future__ import annotations

import os
from dataclasses import dataclass

from querist.errors import InvalidRequestError


@dataclass(frozen=True)
class Tls:
    """Files that make a connection safe. They are read again when they change, so that they can be renewed while calls go on.

    Replace a file in one step (write another and rename it); of a certificate and its key, whichever comes first is not used until the
    other is there. A new authority should be in `ca` beside the old one for as long as certificates of the old one are in use.

    Parameters
    ----------
    ca : path, optional
        Certificates, PEM, of those whose signature on the server's certificate is trusted. Default: the system's.
    certificate, private_key : path, optional
        This caller's own certificate chain and its unencrypted key, PEM, for servers that demand one.
    server_name : str, optional
        The name that the server's certificate must hold. Default: the host of the address.
    """

    ca: str | os.PathLike[str] | None = None
    certificate: str | os.PathLike[str] | None = None
    private_key: str | os.PathLike[str] | None = None
    server_name: str | None = None

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.private_key is None):
            raise InvalidRequestError("certificate and private_key go together: give both or neither", field="tls")
