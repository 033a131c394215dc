"""A container engine in a directory of its own: podman and buildah without a daemon, as root on Debian, all that they keep in one place."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = {
    "buildah": "buildah",
    "podman": "podman",
    "runc": "runc",
    "catatonit": "catatonit",
    "debootstrap": "debootstrap",
    "conmon": "conmon",
}
"""What is needed, and the packages of Debian that hold it."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
STORAGE_CONF = """
[storage]
driver = "overlay"
graphroot = "{place}/storage"
runroot = "{place}/run"
"""


class Engine:
    """Runs podman and buildah.

    Parameters
    ----------
    place : Path
        Where images, containers and settings are kept.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        (place / "containers.conf").write_text(CONTAINERS_CONF)
        (place / "storage.conf").write_text(STORAGE_CONF.format(place=place))
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": str(place / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(place / "storage.conf"),
            "TMPDIR": str(place),
        }

    def run(self, *command: str | Path, check: bool = True, timeout: float = 900, **more: object) -> subprocess.CompletedProcess:
        """Run a program with this engine's settings; end ours with what it said if it fails."""
        given = {"capture_output": True, "text": True, **more}
        done = subprocess.run([*map(str, command)], env=self.environment, check=False, timeout=timeout, **given)
        if check and done.returncode:
            sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def podman(self, *arguments: str | Path, **more: object) -> str:
        """Run podman and return what it said."""
        return self.run("podman", *arguments, **more).stdout.strip()

    def inspect(self, kind: str, name: str) -> dict:
        """Return what podman knows of an image or a container."""
        return json.loads(self.podman(kind, "inspect", name))[0]

    def has_image(self, name: str) -> bool:
        """Return whether an image is there."""
        return self.run("podman", "image", "exists", name, check=False).returncode == 0

    def build(self, dockerfile: Path, context: Path, name: str, **arguments: str) -> str:
        """Build an image and return what was said.

        The machine's certificates are lent to the steps that install, since the machine may reach its package index through a proxy.
        """
        given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        # Docker's format, since OCI's has no health check.
        fixed = ("--isolation=chroot", "--network=host", "--pull-never", "--layers", "--format=docker")
        lent = ("--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro")
        done = self.run("buildah", "bud", *fixed, *lent, *given, "--file", dockerfile, "--tag", name, context, timeout=1800)
        return done.stdout + done.stderr

    def close(self) -> None:
        """Remove containers and pods; images stay where they are."""
        self.run("podman", "pod", "rm", "--all", "--force", check=False)
        self.run("podman", "rm", "--all", "--force", check=False)


@contextmanager
def engine(place: Path | None) -> Iterator[Engine]:
    """Give an engine.

    Parameters
    ----------
    place : Path or None
        Where its images stay for the next time; None: in a temporary directory, which is removed.
    """
    install_what_is_needed()
    kept = place is not None
    directory = place.resolve() if place is not None else Path(tempfile.mkdtemp(prefix="querist-engine-"))
    made = Engine(directory)
    try:
        yield made
    finally:
        made.close()
        if not kept:
            made.run("podman", "rmi", "--all", "--force", check=False)
            shutil.rmtree(directory, ignore_errors=True)


def install_what_is_needed() -> None:
    """Install the programs that are missing, or end with their names where that cannot be done."""
    missing = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"missing: {', '.join(missing)}; they are installed by themselves for root on Debian, elsewhere please install them")
    print(f"installing {', '.join(missing)}", flush=True)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    for command in (["apt-get", "update"], install):
        done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
