"""What documents of Kubernetes say: their pods, and what they mean apart from how they were made."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from pod_security import containers_of

Documents = list[dict[str, Any]]


def pod_of(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the spec of a document's pods, if it has any."""
    spec = document.get("spec", {})
    if document["kind"] == "Pod":
        return spec
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return (
        spec.get("template", {}).get("spec") if document["kind"] in ("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet") else None
    )


def pod_labels(document: dict[str, Any]) -> dict[str, str]:
    """Return the labels of a document's pods."""
    if document["kind"] == "Pod":
        return document["metadata"].get("labels", {})
    spec = document["spec"]["jobTemplate"]["spec"] if document["kind"] == "CronJob" else document.get("spec", {})
    return spec.get("template", {}).get("metadata", {}).get("labels", {})


def is_hook(document: dict[str, Any]) -> bool:
    """Return whether it is no part of the release, but a test of it."""
    return "helm.sh/hook" in document["metadata"].get("annotations", {})


def normal(document: dict[str, Any]) -> dict[str, Any]:
    """Return what is meant: without labels that say where it comes from, and with lists that have no order sorted."""
    spec = copy.deepcopy(document["spec"])
    for labels in labels_in(spec):
        for name in ("app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"):
            labels.pop(name, None)
    pod = pod_of({**document, "spec": spec})
    for container in containers_of(pod or {}):
        container.pop("imagePullPolicy", None)  # the chart says what is the default for a tag
        container["env"] = {entry["name"]: as_json(entry["value"]) for entry in container.get("env", ())}
        container["volumeMounts"] = sorted(container.get("volumeMounts", ()), key=lambda mount: mount["mountPath"])
        container["resources"] = {kind: {k: str(v) for k, v in amounts.items()} for kind, amounts in container.get("resources", {}).items()}
    if pod is not None:
        pod["volumes"] = sorted(pod.get("volumes", ()), key=lambda volume: volume["name"])
    return spec


def as_json(text: str) -> Any:
    """Return a value as the server reads it, in whatever way it is written."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def labels_in(node: Any) -> Iterator[dict[str, str]]:
    """Yield all maps of labels."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("labels", "matchLabels") or (name == "selector" and isinstance(value, dict) and "matchLabels" not in value):
                yield value
            yield from labels_in(value)
    elif isinstance(node, list):
        for entry in node:
            yield from labels_in(entry)
