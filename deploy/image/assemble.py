"""Lay out the image's root: an environment, its Python and the libraries that these link to, but what a running server never opens.

python assemble.py ENVIRONMENT ROOT

What the shared libraries belong to is kept in the form that scanners read (`/var/lib/dpkg/status.d`), with the licences.
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

USER = 65532
MIB = 2**20
UNUSED_IN_PYTHON = {
    "__pycache__", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test", "tests", "tkinter", "turtle.py", "turtledemo",
    "venv",
}  # fmt: skip
UNUSED_EXTENSIONS = ("_ctypes_test", "_curses", "_dbm", "_gdbm", "_test", "_tkinter", "nis", "ossaudiodev", "readline", "xx")
"""Terminals, other databases, tests of Python itself: what the libraries that they link to would be inside for."""
UNUSED_IN_PACKAGES = {"__pycache__", "tests", "test", "_test"}
UNUSED_PLACES = (
    "onnxruntime/backend",
    "onnxruntime/capi/libonnxruntime*",  # for programs in C; Python's module has all of it inside
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
)
FOR_COMPILERS = {".a", ".c", ".cpp", ".f", ".f90", ".h", ".hpp", ".pxd", ".pyi", ".pyx"}
OTHER_PROGRAMS = re.compile(r"(?!python|querist$)")
USERS = f"root:x:0:0:root:/root:/sbin/nologin\nquerist:x:{USER}:{USER}:Querist:/var/lib/querist:/sbin/nologin\n"
GROUPS = f"root:x:0:\nquerist:x:{USER}:\n"


def main(environment: Path, root: Path) -> None:
    """Fill the root and say what it is made of."""
    for name in ("bin", "lib", "lib64", "sbin"):  # Debian's merged directories
        if Path("/", name).is_symlink():
            root.mkdir(exist_ok=True)
            (root / name).symlink_to(Path("/", name).readlink())
    copy_python(root)
    copy_environment(environment, root)
    linked = sorted(set(libraries_of(root)))
    for library in linked:
        copy_with_links(library, root)
    describe_packages(linked, root)
    write_system_files(root)
    precompile(root)
    report(root)


def copy_python(root: Path) -> None:
    """Copy the interpreter and its standard library."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix)
    for name in ("python", "python3", version):  # environments link to any of them
        copy_with_links(base / "bin" / name, root)
    target = within(root, base / "lib" / version)
    shutil.copytree(base / "lib" / version, target, symlinks=True, ignore=unused_in_python)
    for library in (base / "lib").glob("libpython*.so*"):
        copy_with_links(library, root)


def unused_in_python(folder: str, names: list[str]) -> list[str]:
    """Return what a server does not need of the standard library."""
    extension = Path(folder).name == "lib-dynload"
    return [
        name
        for name in names
        if name in UNUSED_IN_PYTHON or name.startswith("config-") or (extension and name.startswith(UNUSED_EXTENSIONS))
    ]


def copy_environment(environment: Path, root: Path) -> None:
    """Copy the installed packages, and of their programs only ours."""

    def unused(folder: str, names: list[str]) -> list[str]:
        if Path(folder) == environment / "bin":
            return [name for name in names if OTHER_PROGRAMS.match(name)]
        return [name for name in names if name in UNUSED_IN_PACKAGES or Path(name).suffix in FOR_COMPILERS]

    target = within(root, environment)
    shutil.copytree(environment, target, symlinks=True, ignore=unused)
    (packages,) = target.glob("lib/python*/site-packages")
    for pattern in UNUSED_PLACES:
        for place in packages.glob(pattern):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    shutil.copy(Path(__file__).with_name("healthcheck.py"), target)


def libraries_of(root: Path) -> Iterator[Path]:
    """Yield the system's libraries that anything in the root links to.

    Raises
    ------
    RuntimeError
        If one of them is not there.
    """
    for file in sorted(root.rglob("*")):
        if not file.is_file() or file.is_symlink() or file.open("rb").read(4) != b"\x7fELF":
            continue
        said = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout  # fails for what is static
        for line in said.splitlines():
            name, _, found = line.strip().partition(" => ")
            if found.startswith("not found"):
                raise RuntimeError(f"{file} needs {name}, which is not installed")
            place = Path((found or name).partition(" (")[0])
            if place.is_absolute() and not place.resolve().is_relative_to(root.resolve()):
                yield place


def copy_with_links(file: Path, root: Path) -> None:
    """Copy a file under the name that it was found by, with the links on the way to it."""
    here = Path(os.path.realpath(file.parent)) / file.name
    target = within(root, here)
    if os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(here, target, follow_symlinks=False)
    if here.is_symlink():
        copy_with_links(here.parent / here.readlink(), root)


def describe_packages(libraries: list[Path], root: Path) -> None:
    """Write down which of Debian's packages the libraries come from, and their licences."""
    files = [str(Path(os.path.realpath(library))) for library in libraries]
    plain = [file.removeprefix("/usr") for file in files]  # the database may have either name of a merged directory
    found = subprocess.run(["dpkg-query", "--search", *files, *plain], capture_output=True, text=True, check=False).stdout
    target = within(root, Path("/var/lib/dpkg/status.d"))
    target.mkdir(parents=True)
    for package in sorted({line.partition(": ")[0].partition(":")[0] for line in found.splitlines()}):
        status = subprocess.run(["dpkg-query", "--status", package], capture_output=True, text=True, check=True).stdout
        (target / package).write_text(status)
        notice = Path("/usr/share/doc", package, "copyright")
        if notice.exists():
            copy_with_links(notice, root)


def write_system_files(root: Path) -> None:
    """Write the users, the names that resolve by themselves, and the directories that are mounted over."""
    for file in (
        "/etc/ld.so.cache",
        "/etc/nsswitch.conf",
        "/etc/os-release",
        "/etc/ssl/certs/ca-certificates.crt",
        "/usr/share/zoneinfo/UTC",
    ):
        if Path(file).exists():
            copy_with_links(Path(file), root)
    within(root, Path("/etc/passwd")).write_text(USERS)
    within(root, Path("/etc/group")).write_text(GROUPS)
    for name in ("/proc", "/sys", "/dev", "/run"):
        within(root, Path(name)).mkdir(exist_ok=True)
    for name, mode in (("/tmp", 0o1777), ("/run/querist", 0o770), ("/run/querist-tensors", 0o770), ("/var/lib/querist/models", 0o700)):
        place = within(root, Path(name))
        place.mkdir(parents=True, exist_ok=True)
        place.chmod(mode)
        if name != "/tmp":
            os.chown(place, USER, USER)
    os.chown(within(root, Path("/var/lib/querist")), USER, USER)


def precompile(root: Path) -> None:
    """Compile all modules: nothing can be written at run time, and nothing changes, so that no source has to be looked at."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(root, maxlevels=50, quiet=1, stripdir=str(root), invalidation_mode=mode, workers=os.cpu_count() or 1):
        raise RuntimeError("a module cannot be compiled")


def report(root: Path) -> None:
    """Say what the size is made of."""
    sizes: Counter[str] = Counter()
    for file in root.rglob("*"):
        if file.is_file() and not file.is_symlink():
            parts = file.relative_to(root).parts
            if "site-packages" in parts:
                package = parts[parts.index("site-packages") + 1].partition(".")[0].partition("-")[0]
                sizes[package] += file.lstat().st_size
            else:
                sizes["the system's libraries" if ".so" in file.name and "dynload" not in str(file) else "Python"] += file.lstat().st_size
    small = sum(size for size in sizes.values() if size < MIB)
    for name, size in [*((name, size) for name, size in sizes.most_common() if size >= MIB), ("the rest", small), ("all", sizes.total())]:
        sys.stdout.write(f"{size / MIB:7.1f} MiB  {name}\n")


def within(root: Path, path: Path) -> Path:
    """Return a path of the system, resolved, under the root; its parent exists then."""
    target = root / Path(os.path.realpath(path.parent)).relative_to("/") / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
