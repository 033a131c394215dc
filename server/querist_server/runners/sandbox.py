"""What a process that runs models may not do: limits and a filter of system calls, put on by the process itself before it reads a model.

    confine(memory)     limits, no new privileges, only three open files
    close()             the filter: no files, sockets, processes or executable memory from here on

Run as a program it confines itself, tries to break out, and says as JSON what holds; so a server knows before it starts.
Imports nothing but the standard library, so that this takes a moment.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from querist_server.runners import seccomp

_KEPT_FILES = 16
_PR_SET_PDEATHSIG = 1
_PROBE_SECONDS = 30
_INHERITED = (
    "DYLD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV",
)  # fmt: skip
"""Variables without which an interpreter may not start. All others stay behind: some hold secrets."""


def environment() -> dict[str, str]:
    """Return the environment that a confined process starts with."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    one_thread_each = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return kept | one_thread_each | {"MALLOC_ARENA_MAX": "1"}  # an arena for each thread would take address space by 64 MiB


def confine(memory_bytes: int) -> list[str]:
    """Set the limits that hold until this process ends.

    Parameters
    ----------
    memory_bytes : int
        Address space that it may take beyond what it has.

    Returns
    -------
    list of str
        What could not be limited; empty if all could.
    """
    limits = {
        "RLIMIT_AS": _address_space() + memory_bytes,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": _KEPT_FILES,
    }
    missing = []
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (ValueError, OSError):
            missing.append(name)
    return missing


def die_with(parent: int) -> None:
    """End with the process that started this one, even in the middle of a model."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def close() -> list[str]:
    """Put the filter on, try to break out, and return what could not be kept from happening; empty if all was refused."""
    try:
        seccomp.install()
    except seccomp.Unavailable as error:
        return [error.args[0]]
    return [f"{name} is possible" for name, attempt in _ESCAPES.items() if not _refused(attempt)]


def allow_processor_seconds(seconds: int) -> None:
    """Let this process compute so much longer; beyond, the kernel ends it by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def probe() -> list[str]:
    """Return what a confined process on this machine could still do; empty if the sandbox holds."""
    command = [sys.executable, "-m", "querist_server.runners.sandbox"]
    try:
        ended = subprocess.run(  # noqa: S603 - our own module
            command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_SECONDS, check=True
        )
        return [str(missing) for missing in json.loads(ended.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return [f"a confined process does not start ({type(error).__name__})"]


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # macOS, which does not hold to this limit anyway
        return 2**40
    return pages * resource.getpagesize()


def _refused(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS)
    return False


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


_ESCAPES: dict[str, Callable[[], Any]] = {
    "opening a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "a process": _fork,
    "a signal to the server": lambda: os.kill(os.getppid(), 0),
    "executing a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),  # noqa: S606 - it must fail
}
"""What must be refused, in an order in which nothing ends this process that is not refused but the last."""


def _main() -> None:
    missing = confine(2**30)
    sys.stdout.write(json.dumps(missing + close()))
    sys.stdout.flush()
    os._exit(0)  # without what an interpreter does at its end, which needs files


if __name__ == "__main__":
    _main()
