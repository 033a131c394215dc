"""The restricted level of the Pod Security Standards, and what we promise beyond it for our own containers."""

from collections.abc import Iterator
from typing import Any

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SECCOMP = {"RuntimeDefault", "Localhost"}
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
}  # fmt: skip
SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def violations(pod: dict[str, Any]) -> Iterator[str]:
    """Yield what a pod's spec does that the restricted level forbids."""
    yield from (name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name))
    context = pod.get("securityContext", {})
    yield from (f"volume {volume['name']}" for volume in pod.get("volumes", ()) if not set(volume) - {"name"} <= VOLUMES)
    yield from (f"sysctl {sysctl['name']}" for sysctl in context.get("sysctls", ()) if sysctl["name"] not in SYSCTLS)
    yield from _of_both("pod", context)
    for container in containers_of(pod):
        own, name = container.get("securityContext", {}), container["name"]
        yield from _of_both(name, own)
        yield from _of_a_container(name, container, own)
        if not own.get("runAsNonRoot", context.get("runAsNonRoot", False)):
            yield f"{name} may run as root"
        if own.get("seccompProfile", context.get("seccompProfile", {})).get("type") not in SECCOMP:
            yield f"{name} has no seccomp profile"


def broken_promises(container: dict[str, Any]) -> Iterator[str]:
    """Yield what one of our containers lacks that we promise beyond the level."""
    if not container.get("securityContext", {}).get("readOnlyRootFilesystem"):
        yield "its root may be written"
    resources = container.get("resources", {})
    yield from (
        f"no {kind} of {name}" for kind in ("requests", "limits") for name in ("cpu", "memory") if name not in resources.get(kind, {})
    )
    if resources.get("requests", {}).get("memory") != resources.get("limits", {}).get("memory"):
        yield "it may be killed for memory that it was promised"
    yield from (f"no {probe}" for probe in ("startupProbe", "readinessProbe", "livenessProbe") if "grpc" not in container.get(probe, {}))


def containers_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all containers of a pod's spec."""
    return [container for kind in ("initContainers", "containers", "ephemeralContainers") for container in pod.get(kind) or ()]


def _of_both(where: str, context: dict[str, Any]) -> Iterator[str]:
    """Yield what neither a pod's nor a container's context may say."""
    if context.get("runAsUser") == 0:
        yield f"{where} runs as root"
    if context.get("runAsNonRoot") is False:
        yield f"{where} allows root"
    if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in SECCOMP:
        yield f"{where} is unconfined"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield f"{where} is a process of the host"
    selinux = context.get("seLinuxOptions", {})
    if selinux.get("type") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield f"{where} chooses its SELinux type"
    if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in SECCOMP:
        yield f"{where} has no AppArmor profile"


def _of_a_container(name: str, container: dict[str, Any], context: dict[str, Any]) -> Iterator[str]:
    if context.get("privileged"):
        yield f"{name} is privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{name} may gain privileges"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", ()):
        yield f"{name} keeps capabilities"
    if not set(capabilities.get("add", ())) <= {"NET_BIND_SERVICE"}:
        yield f"{name} adds capabilities"
    if context.get("procMount", "Default") != "Default":
        yield f"{name} sees more of /proc"
    yield from (f"{name} takes a port of the host" for port in container.get("ports", ()) if port.get("hostPort"))
    handlers = [container.get(probe, {}) for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
    handlers += container.get("lifecycle", {}).values()
    yield from (
        f"{name} probes another host" for handler in handlers for kind in ("httpGet", "tcpSocket") if handler.get(kind, {}).get("host")
    )
