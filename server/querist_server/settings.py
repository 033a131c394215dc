"""The server's settings: one class, and the only place that reads the environment."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from querist_server.listening import is_local
from querist_server.quota import usable_cpus, usable_memory

PREFIX = "QUERIST_"
_SERVICE_LINKS = re.compile(r"QUERIST_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")
"""What Kubernetes puts into every pod's environment if a service is called "querist"; none of it is a setting of ours."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
MIB = 2**20


class SettingsError(ValueError):
    """Settings that the server cannot start with."""


def _default_model_directory() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "querist" / "models"


class Settings(BaseSettings):
    """What can be set, by environment variable (``QUERIST_`` and the name in capitals) or by a flag of ``serve``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True)

    addresses: tuple[str, ...] = ("127.0.0.1:50051",)
    """Where to listen: host:port, or unix:/path of a socket. In the environment a JSON list."""
    insecure: bool = False
    """Allow addresses that other machines can reach, although nothing is encrypted."""
    socket_mode: str = Field("600", pattern=r"^[0-7]{3}$")
    """Permissions of Unix sockets, in octal: "600" for the owner alone, "660" for a group."""
    tls_certificate: Path | None = None
    """The server's certificate chain, PEM; all TCP addresses then speak TLS. Read again when it changes."""
    tls_private_key: Path | None = None
    """The key of that certificate, PEM. Read again when it changes."""
    tls_client_ca: Path | None = None
    """Certificates of those who sign callers' certificates, PEM; callers over TCP must then show one. Read again when it changes."""
    allowed_identities: tuple[str, ...] = ()
    """Names (SAN) in callers' certificates that are let in; default: all that tls_client_ca signed. In the environment a JSON list."""
    token_file: Path | None = None
    """Tokens of those who may call, one line each: a name and the token, or its SHA-256 as sha256:HEX. Read again when it changes."""
    health_address: str | None = None
    """Where health is told once more, in plain gRPC, for probes of a kubelet: host:port. It serves no data, so that it may be public."""
    metrics_address: str | None = None
    """Where Prometheus finds /metrics, in plain HTTP: host:port. It serves counts and no data, so that it may be public."""
    selection_log: Path | None = None
    """A file to which each selection is written, one JSON line: its plan, seed, digests of its inputs, and what was chosen; no data."""
    max_connection_age_seconds: float | None = Field(None, ge=1)
    """After this time a connection takes no new calls and its caller connects anew, with credentials that hold then."""
    max_calls: int = Field(4096, ge=1)
    """Calls that may be open at a time, idle streams among them."""
    max_idle_seconds: float = Field(300.0, gt=0)
    """How long a stream may send nothing before it is ended."""
    max_memory_bytes: int = Field(default_factory=usable_memory, ge=256 * MIB)
    """Resident memory of the server, without its model processes; default: 80 % of the container's limit or of the machine's memory."""
    workers: int = Field(default_factory=usable_cpus, ge=1, le=256)
    """Selections that compute at a time; default: the CPU quota."""
    max_waiting: int = Field(64, ge=0)
    """Selections that may wait for a worker; more are refused at once."""
    max_in_flight_bytes: int | None = Field(None, ge=MIB)
    """Bytes that all selections together may hold; default: half of what max_memory_bytes leaves free at the start."""
    max_message_bytes: int = Field(16 * MIB, ge=64 * 1024, lt=2**31)
    """Largest single message, in both directions."""
    max_rows: int = Field(100_000_000, ge=1)
    """Most rows of a pool."""
    max_classes: int = Field(10_000, ge=2)
    """Most classes of a prediction."""
    max_members: int = Field(64, ge=1)
    """Most members of a committee."""
    max_embedding_width: int = Field(16_384, ge=1)
    """Most columns of the embeddings."""
    max_kept_bytes: int = Field(1024 * MIB, ge=MIB)
    """Bytes that one selection may hold for rows that have streamed past."""
    max_score_cells: float = Field(1e12, ge=1e6, allow_inf_nan=False)
    """Elementary steps that one score may take: candidates x evaluation set x classes for expected error reduction."""
    model_directory: Path = Field(default_factory=_default_model_directory)
    """Where uploaded models are stored; made at the first upload."""
    max_model_bytes: int = Field(256 * MIB, ge=1, lt=2**31)
    """Largest model that can be uploaded."""
    max_model_store_bytes: int = Field(2048 * MIB, ge=1)
    """Bytes that all stored models together may take."""
    uploads: Literal["local", "on", "off"] = "local"
    """Whether callers may send models; "local": if every address is a Unix socket or loopback."""
    allowed_models: tuple[str, ...] = ()
    """SHA-256 digests of the only models that may be sent and run; default: any. In the environment a JSON list."""
    model_memory_bytes: int = Field(2048 * MIB, ge=64 * MIB)
    """Memory that one model process may take beyond what it starts with."""
    model_cpu_seconds: int = Field(300, ge=1)
    """Processor seconds that a model may take to load, or for a batch of 64 to 4,096 rows, about 1 MiB."""
    require_sandbox: bool = False
    """Refuse to start where model processes cannot be kept from network, files and other processes."""
    local_tensor_directory: Path | None = None
    """A directory that callers on this host share with the server: tensors may then be files in it."""
    model_workers: int = Field(1, ge=1, le=64)
    """Processes that run models; each uses as many threads as there are workers, divided by this."""
    drain_seconds: float = Field(30.0, ge=0)
    """How long running calls may go on after a request to stop."""
    shutdown_delay_seconds: float = Field(0.0, ge=0)
    """How long new calls are still taken after a request to stop, so that load balancers can notice."""
    reflection: bool = True
    """Offer gRPC server reflection."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe log line that is written."""
    log_format: Literal["text", "json"] = "text"
    """Form of log lines on standard error."""

    @property
    def traces(self) -> bool:
        """Whether spans are sent: where to is said by the variables of OpenTelemetry's own standard, which its SDK reads."""
        said = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        return any(os.environ.get(name) for name in said) and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true"

    @field_validator("socket_mode")
    @classmethod
    def _owner_can_connect(cls, mode: str) -> str:
        if int(mode, 8) & 0o600 != 0o600:
            raise ValueError(f"{mode!r} does not let the owner read and write, so that nobody could connect")
        return mode

    @field_validator("allowed_models")
    @classmethod
    def _only_digests(cls, digests: tuple[str, ...]) -> tuple[str, ...]:
        for digest in digests:
            if not _DIGEST.fullmatch(digest):
                raise ValueError(f"{digest[:80]!r} is no digest: 64 lower-case hexadecimal digits")
        return digests

    @field_validator("addresses")
    @classmethod
    def _at_least_one(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        if not addresses:
            raise ValueError("at least one address is needed")
        for address in addresses:
            if not address.startswith("unix:") and not _is_host_and_port(address):
                raise ValueError(f"{address!r} is neither host:port nor unix:/path")
        return addresses

    @field_validator("health_address", "metrics_address")
    @classmethod
    def _is_an_address_of_its_own(cls, address: str | None) -> str | None:
        if address is not None and not _is_host_and_port(address):
            raise ValueError(f"{address!r} is not host:port")
        return address

    @model_validator(mode="after")
    def _there_is_room(self) -> Settings:
        if self.max_in_flight_bytes is not None and self.max_in_flight_bytes >= self.max_memory_bytes:
            raise ValueError(
                f"max_in_flight_bytes is {self.max_in_flight_bytes}; it must be below max_memory_bytes, {self.max_memory_bytes}"
            )
        return self

    @model_validator(mode="after")
    def _files_are_for_neighbours(self) -> Settings:
        far = [address for address in self.addresses if not is_local(address)]
        if self.local_tensor_directory is not None and far:
            raise ValueError(f"local_tensor_directory is for Unix sockets and loopback alone; {far[0]} can be reached from other machines")
        return self

    @model_validator(mode="after")
    def _security_is_consistent(self) -> Settings:
        if (self.tls_certificate is None) != (self.tls_private_key is None):
            raise ValueError("tls_certificate and tls_private_key go together: give both or neither")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise ValueError("tls_client_ca needs tls_certificate and tls_private_key")
        if self.allowed_identities and self.tls_client_ca is None:
            raise ValueError("allowed_identities needs tls_client_ca: names in certificates mean nothing unless a trusted hand signed them")
        if self.tls_certificate is not None and all(address.startswith("unix:") for address in self.addresses):
            raise ValueError("tls_certificate protects TCP addresses and there is none; Unix sockets are protected by socket_mode")
        if self.tls_certificate is not None and self.insecure:
            raise ValueError("insecure contradicts tls_certificate, which encrypts all TCP addresses")
        return self


def load(overrides: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    overrides : mapping
        Settings that win over the environment, such as flags.
    environment : mapping, optional
        Where to look for unknown variables; default: the process's environment.

    Raises
    ------
    SettingsError
        If a variable is unknown or a value is not allowed.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for variable in sorted(os.environ if environment is None else environment):
        if variable.startswith(PREFIX) and variable not in known and not _SERVICE_LINKS.fullmatch(variable):
            near = difflib.get_close_matches(variable, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f"the environment variable {variable} is unknown{hint}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = (": ".join((*map(str, problem["loc"]), problem["msg"])) for problem in error.errors())
        raise SettingsError("; ".join(problems)) from error
    except ValueError as error:  # a list in the environment that is no JSON
        raise SettingsError(f'{error}; it must be a JSON list, such as ["127.0.0.1:50051"]') from error


def _is_host_and_port(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and port.isdigit() and int(port) < 2**16
