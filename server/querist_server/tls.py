"""The server's certificate: read at the start, and again when a new connection finds that its files have changed."""

from __future__ import annotations

import threading
from pathlib import Path

import grpc
from querist import _pem
from querist._watched import Watched

from querist_server.settings import Settings
from querist_server.telemetry import SERVER

_NAMES = _pem.Names("tls_client_ca", "tls_certificate", "tls_private_key")


def credentials_of(settings: Settings) -> grpc.ServerCredentials | None:
    """Return what TCP addresses prove themselves with; None if they speak plain text.

    Raises
    ------
    UnusableFileError
        If a file is missing or damaged, or the key is not the certificate's.
    """
    if settings.tls_certificate is None or settings.tls_private_key is None:
        return None
    rotation = _Rotation(settings.tls_client_ca, settings.tls_certificate, settings.tls_private_key)
    return grpc.dynamic_ssl_server_credentials(
        rotation.configuration(),
        rotation.newer,  # type: ignore[arg-type]  # the stub does not know that None means: nothing new
        require_client_authentication=settings.tls_client_ca is not None,
    )


class _Rotation:
    def __init__(self, ca: Path | None, certificate: Path, private_key: Path) -> None:
        paths = [path for path in (ca, certificate, private_key) if path is not None]
        self._files = Watched(paths, lambda: _pem.read(ca, certificate, private_key, _NAMES), _tell)
        self._lock = threading.Lock()
        self._in_use = self._files.current()

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Return what is in use."""
        pem = self._in_use
        return grpc.ssl_server_certificate_configuration([] if pem.identity is None else [pem.identity], root_certificates=pem.ca)

    def newer(self) -> grpc.ServerCertificateConfiguration | None:
        """Return what is to be used from now on; None if nothing has changed. Called by gRPC's threads, at every handshake."""
        with self._lock:
            pem = self._files.current()
            if pem == self._in_use:
                return None
            self._in_use = pem
            SERVER.info("certificates renewed")
            return self.configuration()


def _tell(problem: str) -> None:
    SERVER.error("certificates not renewed", extra={"fields": {"error": problem}})
