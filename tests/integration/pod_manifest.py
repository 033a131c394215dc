"""The pod's manifest: made by the sidecar component, then changed by rule where podman knows less of Kubernetes than a cluster."""

import copy
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from container_engine import Engine
from rendering import KUSTOMIZE, kustomize

TRAINING = Path(__file__).with_name("pod_training.py")
STRICT = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod_of_a_user(image: str, user: int) -> dict[str, Any]:
    """Return a pod as its user writes it: a training container, under a user id of its own, and the label that asks for Querist."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "training", "labels": {"querist-sidecar": "enabled"}},
        "spec": {
            "restartPolicy": "OnFailure",
            "automountServiceAccountToken": False,
            "securityContext": {"fsGroup": user},
            "containers": [
                {
                    "name": "training",
                    "image": image,
                    "command": ["python", "-c", TRAINING.read_text()],
                    "env": [{"name": "HOME", "value": "/tmp"}],
                    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
                    "securityContext": {"runAsUser": user, "runAsGroup": user, **STRICT},
                    "volumeMounts": [{"name": "work", "mountPath": "/tmp"}],
                }
            ],
            "volumes": [{"name": "work", "emptyDir": {}}],
        },
    }


def with_sidecar(pod: dict[str, Any], cpus: str) -> dict[str, Any]:
    """Return what the component makes of the pod, as an overlay does that also sets the sidecar's limit of processors."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, "pod.yaml").write_text(yaml.safe_dump(pod))
        limit = [{"op": "replace", "path": "/spec/initContainers/0/resources/limits/cpu", "value": cpus}]
        text = {
            "resources": ["pod.yaml"],
            "components": [os.path.relpath(KUSTOMIZE / "components" / "sidecar", place)],
            "patches": [{"target": {"kind": "Pod"}, "patch": yaml.safe_dump(limit)}],
        }
        Path(place, "kustomization.yaml").write_text(yaml.safe_dump(text))
        (made,) = kustomize(Path(place))
    return made


def for_podman(pod: dict[str, Any], place: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the manifest that podman can play with volumes in a place, and what was changed.

    Podman 4.3 starts containers in their order, knows no native sidecars and no probes by gRPC, opens named ports on the machine,
    gives an emptyDir neither a size nor the owner that a kubelet does, and passes fsGroup over.
    """
    changed = copy.deepcopy(pod)
    spec = changed["spec"]
    said = []
    first = spec.pop("initContainers", [])
    sidecars = [container for container in first if container.get("restartPolicy") == "Always"]
    spec["initContainers"] = [container for container in first if container not in sidecars]
    for container in sidecars:
        del container["restartPolicy"]
        said.append(f"{container['name']}: a native sidecar became the pod's first container")
    spec["containers"] = [*sidecars, *spec["containers"]]
    for container in spec["containers"]:
        container["imagePullPolicy"] = "Never"
        if container.pop("ports", None):
            said.append(f"{container['name']}: names of ports left out, since podman would open them on this machine")
        probes = [probe for probe in ("startupProbe", "readinessProbe", "livenessProbe") if "grpc" in container.get(probe, {})]
        for probe in probes:
            del container[probe]
        if probes:
            said.append(f"{container['name']}: {', '.join(probes)} left out; the same listener is asked from beside it")
    for volume in spec["volumes"]:
        if volume.pop("emptyDir", None) is not None:
            volume["hostPath"] = {"path": str(place / volume["name"]), "type": "Directory"}
    said.append("emptyDir became file systems in memory of the same sizes, with the owner and mode that a kubelet gives them")
    context = spec["securityContext"]
    context["supplementalGroups"] = [*context.get("supplementalGroups", ()), context["fsGroup"]]
    said.append("fsGroup is said again as a supplementary group, which it is in a cluster")
    return changed, said


def volumes_of(pod: dict[str, Any]) -> dict[str, str]:
    """Return the options of a file system in memory for each emptyDir: open to all, files are the pod's group's, as a kubelet does it."""
    group = pod["spec"]["securityContext"]["fsGroup"]
    sizes = {volume["name"]: volume["emptyDir"].get("sizeLimit", "64Mi") for volume in pod["spec"]["volumes"] if "emptyDir" in volume}
    return {name: f"size={size.removesuffix('i').lower()},mode=2777,uid=0,gid={group}" for name, size in sizes.items()}


@contextmanager
def in_memory(made: Engine, volumes: dict[str, str], place: Path) -> Iterator[None]:
    """Mount file systems in memory, with these options by their names."""
    mounted = []
    try:
        for name, options in volumes.items():
            (place / name).mkdir(parents=True, exist_ok=True)
            made.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", place / name)
            mounted.append(place / name)
        yield
    finally:
        for directory in mounted:
            made.run("umount", directory, check=False)
