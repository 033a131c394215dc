"""What a server would do with these settings, in plain words, without listening anywhere: ``querist check-config``."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from querist._watched import UnusableFileError

from querist_server import listening, quota, tls
from querist_server.runners import sandbox
from querist_server.service.local_files import LocalFiles
from querist_server.service.tokens import Tokens
from querist_server.settings import Settings

OK, NOTE, WRONG = "ok", "note", "WRONG"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ok, a note for whoever decides, or WRONG, so that the server would not start or not work."""

    level: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:6}{self.text}"


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything that the settings name. Nothing is left behind, and nobody is served."""
    for address in settings.addresses:
        yield _checked(partial(_address, address, settings))
    yield _checked(partial(_who, settings))
    if settings.tls_certificate is not None:
        yield _checked(partial(_certificates, settings))
    for what, open_to_all in (("health", settings.health_address), ("metrics (/metrics)", settings.metrics_address)):
        if open_to_all is not None:
            yield _checked(partial(_open_to_all, what, open_to_all))
    yield _processors(settings)
    yield Finding(OK, f"memory: up to {_size(settings.max_memory_bytes)} resident, and {_size(settings.max_message_bytes)} a message")
    yield _checked(partial(_models, settings))
    yield _checked(partial(_sandbox, settings))
    if settings.local_tensor_directory is not None:
        yield _checked(partial(_local_tensors, settings.local_tensor_directory))
    if settings.selection_log is not None:
        yield _checked(partial(_selection_log, settings.selection_log))
    if settings.traces:
        yield _traces()


def _checked(look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except UnusableFileError as error:
        return Finding(WRONG, str(error))
    except OSError as error:
        return Finding(WRONG, f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))


def _address(address: str, settings: Settings) -> Finding:
    if address.startswith(listening.UNIX):
        path = Path(address.removeprefix(listening.UNIX))
        if not _can_write(path.parent):
            return Finding(WRONG, f"{address}: the directory {path.parent} is not there, or no file can be made in it")
        if path.exists() and not path.is_socket():
            return Finding(WRONG, f"{address}: {path} exists and is no socket")
        return Finding(OK, f"listens on {address}, permissions {settings.socket_mode}")
    host, _, port = address.rpartition(":")
    socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    if settings.tls_certificate is not None:
        return Finding(OK, f"listens on {address}, with TLS")
    if listening.is_local(address):
        return Finding(OK, f"listens on {address}, which this machine alone can reach, without TLS")
    if settings.insecure:
        return Finding(NOTE, f"listens on {address}, which other machines can reach, and nothing is encrypted: `insecure` says so")
    return Finding(WRONG, f"{address} can be reached from other machines and nothing is encrypted; set tls_certificate, or insecure")


def _who(settings: Settings) -> Finding:
    if settings.token_file is not None:
        Tokens(settings.token_file)
        return Finding(OK, f"callers show a token of {settings.token_file}")
    if settings.allowed_identities:
        return Finding(OK, f"callers show a certificate of {', '.join(settings.allowed_identities)}")
    if settings.tls_client_ca is not None:
        return Finding(OK, "callers show a certificate that tls_client_ca has signed")
    far = [address for address in settings.addresses if not listening.is_local(address)]
    return Finding(NOTE, f"whoever reaches {far[0]} may call") if far else Finding(OK, "whoever reaches the addresses may call")


def _certificates(settings: Settings) -> Finding:
    tls.credentials_of(settings)
    return Finding(OK, f"the certificate {settings.tls_certificate} and its key fit each other")


def _open_to_all(what: str, address: str) -> Finding:
    host, _, port = address.rpartition(":")
    socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return Finding(OK, f"tells {what} on {address} to whoever asks; it serves no data")


def _processors(settings: Settings) -> Finding:
    found = quota.processors()
    text = f"computes {settings.workers} selections at a time, on {found.usable:g} processors by {found.source}; models run in "
    text += f"{settings.model_workers} processes of {max(1, settings.workers // settings.model_workers)} threads"
    return Finding(NOTE if settings.workers > found.usable + 1 else OK, text)


def _models(settings: Settings) -> Finding:
    directory = settings.model_directory
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir() or not _can_write(there):
        return Finding(NOTE, f"no model can be stored: nothing can be made in {there}, where model_directory {directory} is")
    local = all(map(listening.is_local, settings.addresses))
    taken = "are taken" if settings.uploads == "on" or (settings.uploads == "local" and local) else "are refused"
    return Finding(OK, f"models are kept in {directory}, up to {_size(settings.max_model_store_bytes)}; uploads {taken}")


def _sandbox(settings: Settings) -> Finding:
    possible = sandbox.probe()
    if not possible:
        return Finding(OK, "models run in processes that can do nothing but compute")
    level = WRONG if settings.require_sandbox else NOTE
    return Finding(level, f"model processes cannot be confined here: {'; '.join(possible)}")


def _local_tensors(directory: Path) -> Finding:
    LocalFiles(directory)
    return Finding(OK, f"callers on this host may put tensors into {directory}")


def _selection_log(path: Path) -> Finding:
    if path.is_dir() or not (os.access(path, os.W_OK) if path.exists() else _can_write(path.parent)):
        return Finding(WRONG, f"selection_log {path} cannot be written")
    return Finding(OK, f"selections are written to {path}, without data")


def _traces() -> Finding:
    with suppress(ImportError):
        from querist_server.tracing import Tracing  # noqa: F401 - whether it can be had

        return Finding(OK, "spans are sent to where OTEL_EXPORTER_OTLP_ENDPOINT says")
    return Finding(NOTE, "no spans are sent, although OTEL_EXPORTER_OTLP_ENDPOINT is set: pip install 'querist[otel]'")


def _can_write(directory: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def _size(number: int) -> str:
    return f"{number / 2**20:,.0f} MiB"
