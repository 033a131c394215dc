"""A training container and Querist as a real pod, without a cluster: sharing, limits, thread counts, kill -9, SIGTERM.

python tests/integration/pod.py [--storage DIRECTORY]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from checking import require
from container_engine import Engine, engine
from image import IMAGE, USER, build
from pod_manifest import for_podman, in_memory, pod_of_a_user, volumes_of, with_sidecar

TRAINER = 1000
KILLED_AFTER = (4, 11, 18)
PROBES = """
import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
with grpc.insecure_channel('127.0.0.1:50052') as channel:
    stub = health_pb2_grpc.HealthStub(channel)
    for name in ('startup', 'liveness', 'readiness'):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        print(name, health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
"""
METRICS = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:50053/metrics', timeout=5).read().decode())"


class Pod:
    """A running pod, and what its training container has told."""

    def __init__(self, made: Engine) -> None:
        self._engine = made
        self.events: list[dict[str, Any]] = []
        self.querist, self.training = "training-querist", "training-training"
        self._follower = subprocess.Popen(
            ["podman", "logs", "--follow", self.training], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=made.environment
        )
        self._other: list[str] = []
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def wait_for(self, event: str, seconds: float = 120, **fields: object) -> dict[str, Any]:
        """Return an event when it has been told; end if it is not, or if the training ends with an error."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for told in list(self.events):
                if told["event"] == event and fields.items() <= told.items():
                    return told
            if self._other and "Traceback" in "".join(self._other):
                time.sleep(1)
                break
            time.sleep(0.02)
        sys.exit(f"no event {event} {fields}: {''.join(self._other)}\n{self.server_log()[-3000:]}")

    def server_log(self) -> str:
        """Return what the server wrote, over all its lives."""
        done = self._engine.run("podman", "logs", self.querist, check=False)
        return done.stdout + done.stderr

    def lines(self, message: str) -> list[dict[str, Any]]:
        """Return the server's log lines of a kind."""
        lines = [json.loads(line) for line in self.server_log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == message]

    def state(self, container: str) -> dict[str, Any]:
        """Return a container's state."""
        return self._engine.inspect("container", container)["State"]

    def inside(self, program: str) -> str:
        """Run a program in the training container."""
        return self._engine.podman("exec", self.training, "python", "-c", program)

    def end(self) -> None:
        """Stop to listen."""
        self._follower.kill()
        self._thread.join(10)

    def _follow(self) -> None:
        for line in self._follower.stdout:
            if line.startswith("{"):
                self.events.append(json.loads(line))
            else:
                self._other.append(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--storage", type=Path, help="where images stay for the next time (a temporary directory, removed at the end)")
    options = parser.parse_args()
    with engine(options.storage) as made:
        if not made.has_image(IMAGE):
            build(made)
        one, two = (with_sidecar(pod_of_a_user(IMAGE, TRAINER), cpus) for cpus in ("1", "2"))
        _, changes = for_podman(one, made.place)
        print("the component's pod, with these changes for podman:", *changes, sep="\n    ", flush=True)
        with running(made, one) as pod:
            workers = first_line(pod)["workers"]
            require(workers == 1, f"a limit of 1 processor: {workers} worker, on a machine with {os.cpu_count()}")
        with running(made, two) as pod:
            workers = first_line(pod)["workers"]
            require(workers == min(2, os.cpu_count() or 1), f"a limit of 2 processors: {workers} workers")
            check_surroundings(made, pod)
            check_kills(pod)
            check_stop(made, pod)


def first_line(pod: Pod) -> dict[str, Any]:
    pod.wait_for("started")
    deadline = time.monotonic() + 60
    while not pod.lines("serving"):
        if time.monotonic() > deadline:
            sys.exit(f"Querist does not start: {pod.server_log()}")
        time.sleep(0.1)
    return pod.lines("serving")[0]


def check_surroundings(made: Engine, pod: Pod) -> None:
    """Look at what the containers may do and what they share."""
    for name, user in ((pod.querist, USER), (pod.training, TRAINER)):
        known = made.inspect("container", name)
        limits = known["HostConfig"]
        memory, cpus = limits["Memory"] / 2**30, limits["CpuQuota"] / limits["CpuPeriod"]
        require(
            known["Config"]["User"].startswith(str(user)) and limits["ReadonlyRootfs"] and not known["EffectiveCaps"],
            f"{name}: user {known['Config']['User']}, a read-only root, no capabilities; limits: {memory:.0f} GiB, {cpus:.0f} CPU",
        )
        require(memory > 0 and cpus > 0, f"{name} has limits")
    require(pod.wait_for("root")["error"] == "Read-only file system", "the training container cannot write to its root either")
    said = pod.inside(PROBES).splitlines()
    require(said == ["startup SERVING", "liveness SERVING", "readiness SERVING"], f"what a kubelet would hear: {', '.join(said)}")
    metrics = pod.inside(METRICS)
    require("querist_" in metrics, f"{sum(line.startswith('querist_') for line in metrics.splitlines())} lines of metrics")
    said = made.podman("exec", pod.training, "querist", "doctor", "unix:/run/querist/querist.sock")
    print(*("    " + line for line in said.splitlines()), sep="\n", flush=True)


def check_kills(pod: Pod) -> None:
    """Kill Querist while the campaign runs. Its user may notice nothing but time."""
    for number in KILLED_AFTER:
        pod.wait_for("round", number=number)
        lives = len(pod.lines("serving"))
        os.kill(pod.state(pod.querist)["Pid"], signal.SIGKILL)
        began = time.monotonic()
        while len(pod.lines("serving")) == lives:
            if time.monotonic() - began > 60:
                sys.exit(f"Querist was not started again: {pod.state(pod.querist)}")
            time.sleep(0.1)
        print(f"    kill -9 after round {number}: serves again after {time.monotonic() - began:.1f} s", flush=True)
    done = pod.wait_for("campaign", seconds=240)
    rounds = [event for event in pod.events if event["event"] == "round"]
    require(
        len(rounds) == 30 and done["retries"] > 0,
        f"30 rounds, each with the right answer, over {len(KILLED_AFTER)} kills: {done['retries']} retries ({', '.join(done['kinds'])}), "
        f"no error; "
        f"accuracy {rounds[0]['accuracy']} to {rounds[-1]['accuracy']}; slowest round {max(event['seconds'] for event in rounds)} s, "
        f"median {sorted(event['seconds'] for event in rounds)[15]} s for 200,000 x 10",
    )


def check_stop(made: Engine, pod: Pod) -> None:
    """Ask Querist to stop while a stream is under way."""
    pod.wait_for("streaming")
    began = time.monotonic()
    made.podman("stop", "--time", "30", pod.querist)
    seconds = time.monotonic() - began
    state = pod.state(pod.querist)
    require(pod.wait_for("streamed")["rows"] == 40_000, "SIGTERM: the stream that was under way was answered")
    pod.wait_for("refused")
    require(
        state["ExitCode"] == 0 and not state["OOMKilled"],
        f"it ended with {state['ExitCode']} after {seconds:.1f} s; new calls were refused",
    )
    pod.wait_for("done")
    require(int(made.podman("wait", pod.training)) == 0, "the training container ended with 0")


@contextmanager
def running(made: Engine, manifest: dict[str, Any]) -> Iterator[Pod]:
    """Run a pod."""
    place = made.place / "volumes"
    played, _ = for_podman(manifest, place)
    file = made.place / "pod.yaml"
    file.write_text(yaml.safe_dump(played))
    with in_memory(made, volumes_of(manifest), place):
        pod = None
        try:
            made.podman("play", "kube", "--network", "none", file)
            pod = Pod(made)
            yield pod
        finally:
            if pod is not None:
                pod.end()
            made.run("podman", "pod", "rm", "--force", "training", check=False)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
