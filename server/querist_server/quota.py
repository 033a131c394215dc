"""How many processors and how much memory this process may really use: the container's quota, not what the host has.

A quota may be set on the control group that the process is in or on any above it, and the least counts. In a container the file system of
control groups begins at its own; outside, or with the host's mounted, `/proc/self/cgroup` says where in it the process is. CPU sets need no
look at a file: the kernel lets a process run on no other processors, and says on which.

Imports nothing but the standard library, since it has to be asked before numpy and ONNX Runtime start their threads.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
PLACE = Path("/proc/self/cgroup")
MEMORY_SHARE = 0.8


@dataclass(frozen=True)
class Processors:
    """Processors that this process may use.

    Attributes
    ----------
    allowed : int
        On which it may run.
    quota : float or None
        How many of them it may keep busy.
    source : str
        Where that stands: a file, or "CPU set" where there is no quota, or one above it.
    """

    allowed: int
    quota: float | None
    source: str

    @property
    def usable(self) -> float:
        """Return how many it may keep busy, by quota and CPU set."""
        return self.allowed if self.quota is None else min(self.allowed, self.quota)


def processors(cgroup_root: Path = CGROUP_ROOT, place: Path = PLACE) -> Processors:
    """Return the processors by the CPU quota (cgroup v2 or v1) and the CPU set."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [(quota, source) for quota, source in _quotas(cgroup_root, place) if quota < allowed]
    if not quotas:
        return Processors(allowed, None, "CPU set")
    return Processors(allowed, *min(quotas))


def usable_cpus(cgroup_root: Path = CGROUP_ROOT, place: Path = PLACE) -> int:
    """Return the number of processors: the CPU quota, rounded up, or the CPU set, whichever is less; at least 1."""
    return max(1, math.ceil(processors(cgroup_root, place).usable))


def usable_memory(cgroup_root: Path = CGROUP_ROOT, place: Path = PLACE) -> int:
    """Return 80 % of the memory: the container's limit (cgroup v2 or v1) or the machine's, whichever is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_read(group / "memory.max") for group in _groups(cgroup_root, "", place)]
    limits += [_read(group / "memory.limit_in_bytes") for group in _groups(cgroup_root, "memory", place)]
    return int(min([machine, *(int(limit) for limit in limits if limit.isdigit())]) * MEMORY_SHARE)


def _quotas(root: Path, place: Path) -> Iterator[tuple[float, str]]:
    """Give all quotas that hold for this process, in processors, and where they stand."""
    for group in _groups(root, "", place):
        limit, _, period = _read(group / "cpu.max").partition(" ")
        if limit.isdigit() and period.isdigit() and int(period):
            yield int(limit) / int(period), str(group / "cpu.max")
    for group in _groups(root, "cpu", place):
        limit, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
        if limit.isdigit() and period.isdigit() and int(period):  # -1 is none
            yield int(limit) / int(period), str(group / "cpu.cfs_quota_us")


def _groups(root: Path, controller: str, place: Path) -> Iterator[Path]:
    """Give the control groups of this process, the innermost first; of version 2 without a controller, else of version 1 by its name."""
    top = root / controller
    within = top / _place(controller, place).lstrip("/")
    if ".." not in within.parts and within.is_dir():  # else the file system shows other groups than the place is told by
        while within != top:
            yield within
            within = within.parent
    yield top


def _place(controller: str, place: Path) -> str:
    for line in _read(place).splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path
    return "/"


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
