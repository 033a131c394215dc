"""Mistakes that are planted, each of which must be caught: else nothing of the checks would mean anything."""

import copy
from typing import Any

from checking import require
from documents import Documents, pod_of
from manifest_rules import Checked, problems
from pod_security import containers_of
from rendering import RenderError, helm


def check_planted(rendered: list[Documents]) -> None:
    """Plant mistakes into what was rendered, and into values of the chart."""
    documents = [document for documents in rendered for document in documents if pod_of(document) is not None]
    service = next(document for document in documents if document["kind"] == "Deployment" and document["metadata"]["name"] == "querist")
    job = next(document for document in documents if document["kind"] == "Job")

    def planted(document: dict[str, Any], change: Any) -> list[str]:
        changed = copy.deepcopy(document)
        pod = pod_of(changed)
        ours = next(container for container in containers_of(pod) if container["name"] == "querist")
        change(pod, ours)
        return [*problems(changed, Checked())]

    mistakes = {
        "restartPolicyy of the sidecar": (job, lambda _, ours: ours.update(restartPolicyy=ours.pop("restartPolicy"))),
        "a probe's port that is text": (job, lambda _, ours: ours["startupProbe"]["grpc"].update(port="querist-health")),
        "emptyDirr": (job, lambda pod, _: pod["volumes"][-1].update(emptyDirr=pod["volumes"][-1].pop("emptyDir"))),
        "a misspelt setting": (service, lambda _, ours: ours["env"].append({"name": "QUERIST_DRAIN_SECOND", "value": "1"})),
        "a setting out of bounds": (service, lambda _, ours: ours["env"].append({"name": "QUERIST_WORKERS", "value": "0"})),
        "a public address without encryption": (
            service,
            lambda _, ours: ours.update(env=[e for e in ours["env"] if "TLS" not in e["name"]]),
        ),
        "less grace than it drains": (service, lambda pod, _: pod.update(terminationGracePeriodSeconds=30)),
        "root": (service, lambda pod, _: pod["securityContext"].update(runAsUser=0)),
        "capabilities": (job, lambda _, ours: ours["securityContext"].pop("capabilities")),
        "a directory of the node": (job, lambda pod, _: pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
        "no limit of memory": (job, lambda _, ours: ours["resources"]["limits"].pop("memory")),
    }
    for name, (document, change) in mistakes.items():
        found = planted(document, change)
        require(found, f"planted and caught: {name}: {found[0].splitlines()[0][:110] if found else ''}")
    values = {
        "service.replica": {"service": {"replica": 3}},
        "service.settings.max_row": {"service": {"settings": {"max_row": 3}}},
        "a setting among other variables": {"service": {"environment": {"QUERIST_MAX_ROW": "3"}}},
        "service.transport ssl": {"service": {"transport": "ssl"}},
        "allowedIdentities without mutual-tls": {"service": {"allowedIdentities": ["a"]}},
        "minReplicas above maxReplicas": {"service": {"autoscaling": {"minReplicas": 9}}},
    }
    for name, given in values.items():
        try:
            helm(given)
        except RenderError as error:
            require(True, f"planted and caught: {name}: {' '.join(str(error).split())[-110:]}")
        else:
            require(False, f"planted and caught: {name}")
