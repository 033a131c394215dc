"""Render every combination of the overlays, components and chart values with the real tools, and hold the results to what is promised.

python tests/integration/manifests.py [--write]

--write makes the examples' after.yaml again, instead of comparing them.
"""

import argparse
import copy
import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from checking import require
from documents import Documents, is_hook, normal, pod_labels, pod_of
from manifest_mistakes import check_planted
from manifest_rules import OPERATORS, VERSIONS, Checked
from pod_security import containers_of
from rendering import CHART, DEPLOY, KUSTOMIZE, helm, helm_lint, kustomize
from second_opinion import findings

DOCKERFILE = DEPLOY / "Dockerfile"
EXAMPLES = ("pod", "deployment", "job", "scheduled")
TRANSPORTS = {"tls": (), "mutual-tls": ("mutual-tls",), "plaintext": ("plaintext",)}
SWITCHES = ("autoscaling", "tokens", "models", "service-monitor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="make the examples' after.yaml again")
    options = parser.parse_args()
    began = time.monotonic()
    checked = Checked()
    rendered = [*check_overlays(checked), *check_examples(checked, write=options.write)]
    check_chart(checked)
    check_library(checked)
    check_second_opinion(rendered)
    check_planted(rendered)
    print(
        f"ok: {checked.documents} different documents passed {checked.validations} strict validations against Kubernetes "
        f"{', '.join(VERSIONS)}, the restricted level of pod security, and, {checked.settings} containers, the server's own settings; "
        f"{time.monotonic() - began:.0f} s",
        flush=True,
    )


def check_overlays(checked: Checked) -> Iterator[Documents]:
    """Check the overlays as they are, and every combination of what they are made of beside the chart's."""
    overlays = sorted((KUSTOMIZE / "overlays").iterdir())
    for overlay in [KUSTOMIZE / "base", *overlays]:
        documents = kustomize(overlay)
        checked.check(documents, f"{overlay.name}")
        check_monitors(documents)
        yield documents
    combinations = 0
    for transport, *chosen in itertools.product(TRANSPORTS, *[(False, True)] * len(SWITCHES)):
        switches = dict(zip(SWITCHES, chosen, strict=True))
        parts = [*TRANSPORTS[transport], *(name for name, on in switches.items() if on)]
        ours = kustomize_with(parts)
        theirs = helm(chart_values(transport, switches))
        checked.check(ours, f"kustomize, {parts}")
        checked.check(theirs, f"helm, {parts}")
        compare(ours, theirs, str(parts))
        combinations += 1
    require(True, f"{len(overlays)} overlays; {combinations} combinations of components, in each of which the chart makes the same")


def kustomize_with(parts: list[str]) -> Documents:
    """Render the base with components."""
    with tempfile.TemporaryDirectory() as place:
        here = os.path.relpath(KUSTOMIZE, place)
        text = {"resources": [f"{here}/base"], "components": [f"{here}/components/{part}" for part in parts]}
        Path(place, "kustomization.yaml").write_text(yaml.safe_dump(text))
        return kustomize(Path(place))


def chart_values(transport: str, switches: dict[str, bool]) -> dict[str, Any]:
    """Return the values that mean the same as components."""
    return {
        "service": {
            "transport": transport,
            "autoscaling": {"enabled": switches["autoscaling"]},
            "tokenSecret": "querist-tokens" if switches["tokens"] else "",
            "models": {"enabled": switches["models"]},
            "serviceMonitor": {"enabled": switches["service-monitor"]},
        }
    }


def compare(ours: Documents, theirs: Documents, where: str) -> None:
    """End unless kustomize and the chart make the same, labels and tests of the chart aside."""
    left, right = ({(d["kind"], d["metadata"]["name"]): normal(d) for d in documents if not is_hook(d)} for documents in (ours, theirs))
    if left != right:
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name):
                print(name, yaml.safe_dump(left.get(name)), yaml.safe_dump(right.get(name)), sep="\n--\n")
        require(False, f"{where}: the chart makes something else than kustomize")


def check_chart(checked: Checked) -> None:
    """Check every combination of the chart's switches, and its other values one by one."""
    helm_lint()
    switches = {
        "transport": ("tls", "mutual-tls", "plaintext"),
        "tokenSecret": ("", "tokens"),
        "models": ({"enabled": False}, {"enabled": True, "storageClass": "shared"}, {"enabled": True, "claim": "mine"}),
        **{
            name: ({"enabled": True}, {"enabled": False}) for name in ("autoscaling", "disruptionBudget", "networkPolicy", "serviceMonitor")
        },
    }
    rendered = 0
    for combination in itertools.product(*switches.values()):
        documents = helm({"service": dict(zip(switches, combination, strict=True))}, release="team-a", namespace="ml")
        checked.check(documents, f"helm, {combination}")
        check_monitors(documents)
        rendered += 1
    single: list[dict[str, Any]] = [
        {},
        {"listenHost": "[::]"},
        {
            "image": {"repository": "images.example/querist", "digest": f"sha256:{'0' * 64}", "pullPolicy": "Always"},
            "imagePullSecrets": [{"name": "p"}],
        },
        {"service": {"enabled": False}, "sidecar": {"podMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}},
        {"service": {"transport": "mutual-tls", "allowedIdentities": ["spiffe://cluster/ns/ml", "trainer.example"]}},
        {
            "service": {
                "settings": {"max_rows": 1_000_000, "max_score_cells": 1e13, "log_level": "DEBUG", "reflection": False, "workers": 3}
            }
        },
        {"service": {"shutdownDelaySeconds": 0, "drainSeconds": 600, "replicas": 1, "autoscaling": {"enabled": False}}},
        {
            "service": {
                "podLabels": {"team": "ml"},
                "podAnnotations": {"note": "x"},
                "priorityClassName": "high",
                "nodeSelector": {"disk": "ssd"},
            }
        },
        {"service": {"environment": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.tracing:4317"}}},
        {"service": {"tolerations": [{"key": "gpu", "operator": "Exists"}], "affinity": {"podAntiAffinity": {}}}},
        {
            "service": {
                "networkPolicy": {
                    "callers": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
                    "scrapers": [],
                    "egress": [{"ports": [{"port": 4317}]}],
                }
            }
        },
    ]
    for values in single:
        checked.check(helm(values), f"helm, {values}")
    require(True, f"{rendered} combinations of the chart's switches, and {len(single)} sets of other values")


def check_library(checked: Checked) -> None:
    """Check that the chart's templates for sidecars make, in somebody else's chart, what the component makes."""
    (job,) = yaml.safe_load_all((KUSTOMIZE / "examples" / "job" / "job.yaml").read_text())
    (wanted,) = kustomize(KUSTOMIZE / "examples" / "job")
    with tempfile.TemporaryDirectory() as place:
        documents = helm({}, chart=chart_of_a_user(Path(place), job), release="training")
    checked.check(documents, "a user's chart")
    (made,) = documents
    require(normal(made) == normal(wanted), "a user's chart that includes the sidecar's templates makes the job that the component makes")


def chart_of_a_user(place: Path, job: dict[str, Any]) -> Path:
    """Write a chart with the job in it, that includes the sidecar as _sidecar.tpl says."""
    chart = place / "training"
    (chart / "templates").mkdir(parents=True)
    (chart / "charts").mkdir()
    shutil.copytree(CHART, chart / "charts" / "querist")
    dependency = {"name": "querist", "version": "0.1.0", "repository": ""}
    (chart / "Chart.yaml").write_text(
        yaml.safe_dump({"apiVersion": "v2", "name": "training", "version": "1.0.0", "dependencies": [dependency]})
    )
    (chart / "values.yaml").write_text(yaml.safe_dump({"querist": {"service": {"enabled": False}}}))
    template = copy.deepcopy(job)
    pod = template["spec"]["template"]["spec"]
    template["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})["querist-sidecar"] = "enabled"
    pod["initContainers"] = "CONTAINER"
    pod["containers"][0]["volumeMounts"].append("MOUNTS")
    pod["volumes"].append("VOLUMES")
    text = yaml.safe_dump(template)
    for marker, name in (("initContainers: CONTAINER", "container"), ("- MOUNTS", "volumeMounts"), ("- VOLUMES", "volumes")):
        line = next(line for line in text.splitlines() if line.strip() == marker)
        indent = len(line) - len(line.lstrip())
        include = f'{{{{- include "querist.sidecar.{name}" .Subcharts.querist | nindent {indent} }}}}'
        text = text.replace(
            line, f"{' ' * indent}initContainers:\n{' ' * indent}{include}" if name == "container" else f"{' ' * indent}{include}"
        )
    (chart / "templates" / "job.yaml").write_text(text)
    return chart


def check_examples(checked: Checked, *, write: bool) -> Iterator[Documents]:
    """Check the examples, and that what stands beside them is what comes out."""
    for name in EXAMPLES:
        documents = kustomize(KUSTOMIZE / "examples" / name)
        checked.check(documents, f"example {name}")
        check_monitors(documents)
        after = KUSTOMIZE / "examples" / name / "after.yaml"
        if write:
            after.write_text(yaml.safe_dump_all(documents))
        require([*yaml.safe_load_all(after.read_text())] == documents, f"the example {name}: after.yaml is what comes out")
        yield documents


def check_second_opinion(rendered: list[Documents]) -> None:
    """Check what was rendered, and the Dockerfile, by somebody else's rules."""
    documents = [document for documents in [*rendered, helm({}, namespace="ml")] for document in documents]
    kept, found = findings(documents, DOCKERFILE)
    require(not found, f"Trivy finds nothing in our containers and Dockerfile; {kept} rules are kept {found or ''}")
    spoilt = copy.deepcopy(next(document for document in documents if document["kind"] == "Deployment"))
    for container in containers_of(pod_of(spoilt) or {}):
        container["securityContext"]["privileged"] = True
    require(findings([spoilt])[1], "it does find a privileged one of ours")


def check_monitors(documents: Documents) -> None:
    """End if something asks for the metrics of a port or of pods that are not there."""
    for document in documents:
        if document["kind"] in OPERATORS:
            wanted = document["spec"]["selector"]["matchLabels"].items()
            endpoints = document["spec"].get("endpoints") or document["spec"]["podMetricsEndpoints"]
            if document["kind"] == "ServiceMonitor":
                found = [d["spec"]["ports"] for d in documents if d["kind"] == "Service" and wanted <= d["metadata"]["labels"].items()]
            else:
                found = [
                    [p for c in containers_of(pod_of(d) or {}) for p in c.get("ports", ())]
                    for d in documents
                    if wanted <= pod_labels(d).items()
                ]
            ports = {port["name"] for ports in found for port in ports}
            if not {endpoint["port"] for endpoint in endpoints} <= ports:
                require(False, f"{document['kind']} {document['metadata']['name']} finds its port among {sorted(ports)}")


if __name__ == "__main__":
    sys.exit(main())
