"""The image that the Dockerfile begins with, made from Debian's packages and a Python of this machine where no registry can be asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from container_engine import Engine

NAME = "docker.io/library/python:3.12-slim-bookworm"
VERSION = "3.12"
SUITE = "bookworm"
PACKAGES = (
    "ca-certificates,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3,libuuid1,netbase,tzdata,zlib1g"
)
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def provide(engine: Engine) -> None:
    """Make the base image, unless it is there."""
    if engine.has_image(NAME):
        return
    root = engine.place / "base"
    shutil.rmtree(root, ignore_errors=True)
    print(f"making {NAME} from Debian's packages and this machine's Python {VERSION}", flush=True)
    engine.run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, root)
    python = find_python()
    shutil.copytree(python, root / "usr" / "local", symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (root / "usr" / "local" / "bin").glob("*"):
        if script.is_file() and not script.is_symlink() and script.open("rb").read(2) == b"#!":
            first, _, rest = script.read_bytes().partition(b"\n")
            script.write_bytes(b"#!/usr/local/bin/python" + VERSION.encode() + b"\n" + rest if b"python" in first else first + b"\n" + rest)
    engine.run("chroot", root, "ldconfig")
    archive = engine.place / "base.tar"
    engine.run("tar", "-C", root, "-cf", archive, ".")
    engine.podman("import", "--change", f"ENV PATH={PATH}", "--change", 'CMD ["python3"]', archive, NAME)
    archive.unlink()
    shutil.rmtree(root)


def find_python() -> Path:
    """Return the prefix of a Python of the right version that can be copied: one that was not installed by Debian's packages."""
    beside = sorted(Path(sys.base_prefix).parent.glob(f"{VERSION}*/bin/python{VERSION}"))
    found = [*filter(None, [shutil.which(f"python{VERSION}")]), *beside]
    for program in found:
        said = subprocess.run(
            [program, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=False
        ).stdout.strip()
        if said and said != "/usr" and (Path(said) / "bin" / f"python{VERSION}").exists():
            return Path(os.path.realpath(said))
    sys.exit(f"no Python {VERSION} to make {NAME} from; install one, or have that image in the engine's storage (--storage)")
