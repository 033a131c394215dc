"""The shared service's own pod, as the overlay with mutual TLS and tokens makes it: who gets in, renewed secrets, and how it leaves.

PYTHONPATH=tests/support python tests/integration/service_pod.py [--storage DIRECTORY]
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from authority import Authority
from checking import require
from container_engine import Engine, engine
from documents import pod_of
from image import IMAGE, USER, build
from pod_manifest import for_podman, in_memory, volumes_of
from rendering import KUSTOMIZE, kustomize

CONTAINER = "service-querist"
TOKEN = "for-this-run-alone"
ASK = """
import sys, querist
own = {'certificate': '/caller/tls.crt', 'private_key': '/caller/tls.key'} if 'certificate' in sys.argv else {}
tls = querist.Tls(ca='/caller/ca.crt', **own)
more = {'token_file': '/caller/token'} if 'token' in sys.argv else {}
try:
    with querist.connect('localhost:50051', retries=0, timeout=20, tls=tls, **more) as q:
        print(*q.select([[0.9, 0.1], [0.5, 0.5], [0.8, 0.2]], strategy='margin', count=1).indices)
except querist.QueristError as error:
    print(type(error).__name__)
"""
STAY = """
import time, grpc, querist
from grpc_health.v1 import health_pb2, health_pb2_grpc
tls = querist.Tls(ca='/caller/ca.crt', certificate='/caller/tls.crt', private_key='/caller/tls.key')
probes = health_pb2_grpc.HealthStub(grpc.insecure_channel('127.0.0.1:50052'))
unready = last = None
with querist.connect('localhost:50051', retries=0, timeout=20, tls=tls, token_file='/caller/token') as q:
    q.info()
    print('called', flush=True)
    while True:
        if unready is None and probes.Check(health_pb2.HealthCheckRequest(service='readiness'), timeout=5).status != 1:
            unready = time.time()
        try:
            q.info()
        except querist.QueristError:
            break
        last = time.time()
        time.sleep(0.05)
print(unready, last, flush=True)
"""
DELAY = 5


class Secret:
    """A directory as a kubelet mounts a secret: links into a directory that is swapped as a whole, for the pod's group to read."""

    def __init__(self, place: Path) -> None:
        self.place = place
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        self._number = 0

    def put(self, files: dict[str, bytes]) -> None:
        self._number += 1
        version = self.place / f"..{self._number}"
        version.mkdir()
        for name, content in files.items():
            (version / name).write_bytes(content)
            (version / name).chmod(0o440)
            os.chown(version / name, 0, USER)
            if not (self.place / name).is_symlink():
                (self.place / name).symlink_to(Path("..data", name))
        new = self.place / "..data_tmp"
        new.symlink_to(version.name)
        new.replace(self.place / "..data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--storage", type=Path, help="where images stay for the next time (a temporary directory, removed at the end)")
    options = parser.parse_args()
    with engine(options.storage) as made:
        if not made.has_image(IMAGE):
            build(made)
        pod = service_pod()
        played, changes = for_podman(pod, made.place / "volumes")
        print("the overlay service-mutual-tls's pod, with these changes for podman:", *changes, sep="\n    ", flush=True)
        secrets = {name: Secret(made.place / "secrets" / name) for name in ("querist-tls", "querist-tokens", "caller")}
        for volume in [*played["spec"]["volumes"]]:
            if "secret" in volume:
                volume["hostPath"] = {"path": str(secrets[volume.pop("secret")["secretName"]].place), "type": "Directory"}
        played["spec"]["volumes"].append({"name": "caller", "hostPath": {"path": str(secrets["caller"].place), "type": "Directory"}})
        played["spec"]["containers"][0]["volumeMounts"].append({"name": "caller", "mountPath": "/caller", "readOnly": True})
        renew(secrets, Authority())
        file = made.place / "service.yaml"
        file.write_text(yaml.safe_dump(played))
        with in_memory(made, volumes_of(pod), made.place / "volumes"):
            try:
                made.podman("play", "kube", "--network", "none", file)
                check(made, secrets, pod)
            finally:
                made.run("podman", "pod", "rm", "--force", "service", check=False)


def service_pod() -> dict[str, Any]:
    """Return a pod of the overlay's deployment; its claim of a volume is an empty one here."""
    (deployment,) = (document for document in kustomize(KUSTOMIZE / "overlays" / "service-mutual-tls") if document["kind"] == "Deployment")
    spec = {**(pod_of(deployment) or {}), "restartPolicy": "Never"}  # else podman would start it again when it has stopped
    for volume in spec["volumes"]:
        if volume.pop("persistentVolumeClaim", None):
            volume["emptyDir"] = {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "service"}, "spec": spec}


def renew(secrets: dict[str, Secret], authority: Authority) -> None:
    """Put new certificates of an authority, for the server and its caller, into the secrets."""
    for name, subject in (("querist-tls", "localhost"), ("caller", "caller.example")):
        certificate, key = authority.issue(subject)
        more = {"token": TOKEN.encode()} if name == "caller" else {}
        secrets[name].put({"tls.crt": certificate, "tls.key": key, "ca.crt": authority.pem, **more})
    secrets["querist-tokens"].put({"tokens": f"trainer {TOKEN}\n".encode()})


def check(made: Engine, secrets: dict[str, Secret], pod: dict[str, Any]) -> None:
    def ask(*credentials: str) -> str:
        return made.podman("exec", CONTAINER, "python", "-c", ASK, *credentials)

    def ready() -> bool:
        return made.run("podman", "exec", CONTAINER, "python", "/opt/querist/healthcheck.py", check=False).returncode == 0

    deadline = time.monotonic() + 60
    while not ready():
        if time.monotonic() > deadline:
            sys.exit(f"it does not get ready: {made.run('podman', 'logs', CONTAINER, check=False)}")
        time.sleep(0.2)
    require(True, "its listener for probes speaks plain gRPC beside mutual TLS")
    require(ask("certificate", "token") == "1", "a caller with certificate and token is answered")
    said = ask("certificate"), ask("token")
    require(said == ("AuthenticationError", "ServerUnavailableError"), f"without the token, and without the certificate: {', '.join(said)}")
    renew(secrets, Authority())
    require(
        ask("certificate", "token") == "1", "secrets renewed as a kubelet renews them, with another authority: answered, without a restart"
    )
    check_leaving(made, pod["spec"]["terminationGracePeriodSeconds"])


def check_leaving(made: Engine, grace: int) -> None:
    """Ask it to stop while somebody calls all the time and looks whether it is ready."""
    with subprocess.Popen(
        ["podman", "exec", CONTAINER, "python", "-c", STAY], stdout=subprocess.PIPE, text=True, env=made.environment
    ) as caller:
        first = caller.stdout.readline()
        made.podman("kill", "--signal", "TERM", CONTAINER)
        began = time.time()
        code = int(made.podman("wait", CONTAINER))
        ended = time.time() - began
        unready, last = (float(word) - began for word in caller.stdout.read().split())
    require(first == "called\n" and unready < 2, f"SIGTERM: not ready {unready:.1f} s after it")
    require(last > DELAY - 1, f"calls were answered until {last:.1f} s after it, so that callers can notice ({DELAY} s)")
    require(code == 0 and ended < grace, f"it ended with {code} after {ended:.1f} s, of {grace} that it has")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
