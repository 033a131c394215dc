"""Build the image as it is shipped and hold it to what is promised: small, no tools, not root, nothing written, and it works.

python tests/integration/image.py [--storage DIRECTORY]
"""

import argparse
import os
import re
import shutil
import signal
import socket
import stat
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import base_image
import numpy as np
import querist
from checking import require
from container_engine import Engine, engine
from onnx import TensorProto, helper

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
IMAGE = f"querist:{querist.__version__}"
USER = 65532
STARTS = 5
MOST_MIB = 320
TOOLS = re.compile(r"(ba|da|z)?sh|busybox|apt(-get)?|dpkg|pip3?(\.\d+)?|gcc|cc|c\+\+|ld|as|make|git|curl|wget|perl|su|sudo|mount")
SECRETS = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{60}")
HOSTS = re.compile(r"https?://[^\s\"']+")
READ_ONLY = "import os\ntry:\n    open('/written', 'w')\nexcept OSError as error:\n    print(os.getuid(), error.strerror)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--storage", type=Path, help="where images stay for the next time (a temporary directory, removed at the end)")
    options = parser.parse_args()
    lint()
    with engine(options.storage) as made:
        build(made)
        check_description(made)
        check_contents(made)
        check_start(made)
        check_refusal(made)


def lint() -> None:
    said = subprocess.run([beside_python("hadolint"), DOCKERFILE], capture_output=True, text=True, check=False)
    require(said.returncode == 0, f"hadolint has nothing to say about the Dockerfile {said.stdout.strip()}")


def build(made: Engine) -> None:
    """Build the image, as pod.py does too."""
    base_image.provide(made)
    began = time.monotonic()
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    said = made.build(DOCKERFILE, ROOT, IMAGE, VERSION=querist.__version__, REVISION=revision or "unknown")
    print(
        f"built in {time.monotonic() - began:.0f} s; it is made of",
        *re.findall(r"^ +\d+\.\d MiB .*$", said, re.MULTILINE),
        sep="\n",
        flush=True,
    )


def check_description(made: Engine) -> None:
    known = made.inspect("image", IMAGE)
    base = made.inspect("image", base_image.NAME)
    size = known["Size"] / 2**20
    require(
        size < MOST_MIB,
        f"the image is {size:.0f} MiB, {len(known['RootFS']['Layers'])} layer; the base alone is {base['Size'] / 2**20:.0f}",
    )
    archive = made.place / "image.tar.gz"
    made.run("sh", "-c", f"podman save {IMAGE} | gzip -1 > {archive}")
    print(f"    {archive.stat().st_size / 2**20:.0f} MiB as it travels (gzip -1)", flush=True)
    archive.unlink()
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in known["Labels"].items()}
    wanted = {"title", "description", "licenses", "version", "revision"}
    require(
        wanted <= labels.keys() and labels["version"] == querist.__version__,
        f"labels: {', '.join(sorted(wanted))}; version {labels['version']}",
    )
    config = known["Config"]
    require(config["User"] == f"{USER}:{USER}", f"it runs as {config['User']}")
    require(config["StopSignal"] in ("SIGTERM", "15"), "it is asked to stop by SIGTERM")
    require(known.get("Healthcheck"), "it has a health check")
    history = " ".join(step.get("created_by", "") for step in known["History"])
    require(not HOSTS.findall(history + str(config["Env"])), "its history and environment name no hosts")


def check_contents(made: Engine) -> None:
    root = Path(made.podman("image", "mount", IMAGE))
    files = [place for place in root.rglob("*") if not place.is_symlink()]
    plain = [place for place in files if place.is_file()]
    programs = [place.name for place in plain if place.stat().st_mode & 0o111 and TOOLS.fullmatch(place.name)]
    require(not programs, f"{len(plain)} files, among them no shell, package manager, compiler or download tool {programs}")
    packages = next(root.glob("opt/querist/lib/python*/site-packages"))
    require(
        not [*root.rglob("site-packages/pip"), *root.rglob("site-packages/setuptools"), *root.rglob("ensurepip")], "no pip, no setuptools"
    )
    modules = [place for place in packages.rglob("*.py")]
    bare = [place for place in modules if not [*place.parent.glob(f"__pycache__/{place.stem}.*.pyc")]]
    require(not bare, f"all {len(modules)} modules are compiled")
    require(
        not [place for place in plain if place.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)], "nothing runs as somebody else (setuid)"
    )
    open_to_all = [str(place.relative_to(root)) for place in files if place.stat().st_mode & 0o002]
    require(open_to_all == ["tmp"], f"what everybody may write to: {open_to_all}")
    theirs = sorted(str(place.relative_to(root)) for place in files if place.stat().st_uid == USER)
    require(all(not (root / name).is_file() for name in theirs), f"the server's user owns {theirs} and no file")
    keys = [str(place) for place in plain if place.stat().st_size < 2**20 and SECRETS.search(place.read_bytes())]
    require(not keys, f"no private keys {keys}")
    left = [place.name for place in root.rglob("*") if place.name in (".git", ".venv", ".cache", "tests", ".dockerignore", "Makefile")]
    require(not [*left, *packages.glob("querist*/**/test_*")], f"nothing of the repository but the two packages {left}")
    described = sorted(place.name for place in (root / "var/lib/dpkg/status.d").iterdir())
    require(
        "libc6" in described and "libssl3" in described, f"scanners are told which of Debian's packages are inside: {', '.join(described)}"
    )
    made.podman("image", "unmount", IMAGE)


def check_start(made: Engine) -> None:
    shared = made.place / "socket"
    shared.mkdir(exist_ok=True)
    os.chown(shared, USER, USER)
    took, worked, empty = [], [], []
    for _ in range(STARTS):
        began = time.monotonic()
        made.podman("run", "--rm", "--network=none", "--entrypoint=python", IMAGE, "-c", "pass")
        empty.append(time.monotonic() - began)
        with running(made, shared) as (name, _, _, seconds):
            took.append(seconds)
            worked.append(cpu_seconds(made.inspect("container", name)["State"]["Pid"]))
    print(
        f"ok: from podman run to the first answer {statistics.median(took):.1f} s (median of {STARTS}, "
        f"{min(took):.1f} to {max(took):.1f}); "
        f"{statistics.median(worked):.1f} s of a processor; a container that does nothing takes {statistics.median(empty):.1f} s",
        flush=True,
    )
    with running(made, shared) as (name, client, port, _):
        rows = np.random.default_rng(0).dirichlet(np.ones(5), 1000)
        expected = np.argsort(np.diff(np.sort(rows, axis=1)[:, -2:], axis=1)[:, 0], kind="stable")[:10].tolist()
        with querist.connect(f"127.0.0.1:{port}") as by_port:
            answers = [c.select(rows, strategy="margin", count=10).indices.tolist() for c in (client, by_port)]
        require(answers == [expected, expected], "a selection through its socket and its port is what numpy says")
        check_model(client)
        said = made.podman("exec", name, "python", "-c", READ_ONLY)
        require(said == f"{USER} Read-only file system", f"inside: {said}")
        require(made.run("podman", "healthcheck", "run", name, check=False).returncode == 0, "the health check is content")
        known = made.inspect("container", name)
        require(known["HostConfig"]["ReadonlyRootfs"] and not known["EffectiveCaps"], "its root is read-only, and it has no capabilities")
        began = time.monotonic()
        made.podman("kill", "--signal", "TERM", name)
        code = int(made.podman("wait", name))
        require(code == 0, f"SIGTERM: exit status {code} after {time.monotonic() - began:.1f} s")


def check_model(client: querist.Client) -> None:
    """Run a model, for which the image needs ONNX Runtime and a process that may start others and confine them."""
    weights = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]) for name, width in (("x", 4), ("logits", 3))]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["logits"])]
    graph = helper.make_graph(
        nodes, "linear", values[:1], values[1:], [helper.make_tensor("w", TensorProto.FLOAT, (4, 3), weights.ravel())]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    inputs = np.random.default_rng(2).standard_normal((200, 4)).astype(np.float32)
    chosen = client.select(models=[model.SerializeToString()], model_inputs=inputs, strategy="margin", count=5).indices.tolist()
    direct = client.select(logits=inputs @ weights, strategy="margin", count=5).indices.tolist()
    require(chosen == direct, "a model that is sent is run, and chooses what its logits choose")
    require("model_sandbox" in client.info().features, "models are confined in it")


def check_refusal(made: Engine) -> None:
    said = made.run("podman", "run", "--rm", "--network=none", "--env", "QUERIST_MAX_ROW=1", IMAGE, check=False)
    require(
        said.returncode == 2 and "QUERIST_MAX_ROWS" in said.stderr,
        f"a misspelt setting stops the start: {said.stderr.strip().splitlines()[-1]}",
    )


@contextmanager
def running(made: Engine, shared: Path) -> Iterator[tuple[str, querist.Client, int, float]]:
    """Run the image as it is meant to be run: its name, a client of its socket, its port, and the seconds until the first answer."""
    port, probes = free_port(), free_port()
    address = f"unix:{shared}/querist.sock"
    began = time.monotonic()
    strict = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges", "--memory=1g", "--cpus=1")
    places = ("--tmpfs=/tmp:size=64m", f"--volume={shared}:/run/querist", "--tmpfs=/var/lib/querist/models:size=64m,mode=0777")
    chosen = (
        f'--env=QUERIST_ADDRESSES=["unix:/run/querist/querist.sock", "127.0.0.1:{port}"]',
        f"--env=QUERIST_HEALTH_ADDRESS=127.0.0.1:{probes}",
    )
    name = made.podman("run", "--detach", "--network=host", *strict, *places, *chosen, IMAGE)
    try:
        with querist.connect(address, retries=0) as client:
            while True:
                with suppress(querist.QueristError):
                    client.info(timeout=5)
                    break
                if time.monotonic() - began > 60:
                    sys.exit(f"it does not answer: {made.run('podman', 'logs', name).stderr}")
                time.sleep(0.02)
            yield name, client, port, time.monotonic() - began
    finally:
        made.run("podman", "rm", "--force", name, check=False)


def cpu_seconds(pid: int) -> float:
    """Return how long a process has computed, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def beside_python(program: str) -> str:
    """Return a program of this environment."""
    return shutil.which(program, path=str(Path(sys.executable).parent)) or sys.exit(f"{program} is missing: make image installs it")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
