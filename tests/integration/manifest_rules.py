"""What every document is held to: the schemas of three versions of Kubernetes, the level of pod security, and the server's own settings."""

import json
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import kubernetes_validate
from checking import require
from documents import Documents, pod_of
from pod_security import broken_promises, containers_of, violations
from querist_server.listening import is_local
from querist_server.settings import Settings, SettingsError, load

VERSIONS = ("1.29", "1.33", ".".join(kubernetes_validate.latest_version().split(".")[:2]))
OPERATORS = {"ServiceMonitor", "PodMonitor"}
"""Kinds of Prometheus' operator, whose schemas Kubernetes does not have."""
SPARE_SECONDS = 5
MODEL_PROCESS_BYTES = 150 * 2**20


class Checked:
    """What was validated, each document once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.validations = 0
        self.settings = 0

    def check(self, documents: Documents, where: str) -> None:
        """Hold documents to schemas, security level and settings; end if one does not pass."""
        for document in documents:
            text = json.dumps(document, sort_keys=True)
            if text in self._seen:
                continue
            self._seen.add(text)
            for problem in problems(document, self):
                require(False, f"{where}: {document['kind']} {document['metadata']['name']}: {problem}")

    @property
    def documents(self) -> int:
        """How many different ones there were."""
        return len(self._seen)


def problems(document: dict[str, Any], count: Checked) -> Iterator[str]:
    """Yield all that is wrong with a document."""
    if document["kind"] not in OPERATORS:
        for version in VERSIONS:
            count.validations += 1
            yield from schema_problems(document, version)
    pod = pod_of(document)
    if pod is not None:
        yield from violations(pod)
        for container in containers_of(pod):
            if container["name"] == "querist":
                count.settings += 1
                yield from broken_promises(container)
                yield from settings_problems(container, pod)


def schema_problems(document: dict[str, Any], version: str) -> Iterator[str]:
    """Yield what a version of Kubernetes would not take, unknown fields among it."""
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"Kubernetes {version}: {'.'.join(map(str, error.path))}: {error.message}"


def settings_problems(container: dict[str, Any], pod: dict[str, Any]) -> Iterator[str]:
    """Yield what the server would not start with, and drain times that do not fit into the pod's grace."""
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    with mock.patch.dict(os.environ, {"HOME": "/var/lib/querist", **environment}, clear=True):
        try:
            settings = load({})
        except SettingsError as error:
            yield f"settings: {error}"
            return
    if not all(map(is_local, settings.addresses)) and settings.tls_certificate is None and not settings.insecure:
        yield "settings: a public address without encryption"
    needed = settings.shutdown_delay_seconds + settings.drain_seconds + SPARE_SECONDS
    grace = pod.get("terminationGracePeriodSeconds", 30)
    if grace < needed:
        yield f"it needs {needed:.0f} s to stop, and has {grace}"
    yield from memory_problems(settings, environment, in_bytes(container["resources"]["limits"].get("memory", "0")))


def memory_problems(settings: Settings, environment: dict[str, str], limit: int) -> Iterator[str]:
    """Yield what does not fit into the container's memory."""
    server = settings.max_memory_bytes if "QUERIST_MAX_MEMORY_BYTES" in environment else int(0.8 * limit)
    models = settings.model_workers * (settings.model_memory_bytes + MODEL_PROCESS_BYTES)
    takes_models = settings.uploads == "on" or (settings.uploads == "local" and all(map(is_local, settings.addresses)))
    if server + models * takes_models > limit:
        yield f"the server may take {server} bytes and models {models}, and the container has {limit}"
    if settings.max_kept_bytes > server:
        yield f"a selection may keep {settings.max_kept_bytes} bytes, and the server has {server}"


def in_bytes(quantity: str) -> int:
    """Return a quantity of memory in bytes."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return int(quantity[:-2]) * units[quantity[-2:]] if quantity[-2:] in units else int(quantity)
