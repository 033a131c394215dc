"""How many processors and how much memory this process may really use: the container's quota, not what the host has.

Imports nothing but the standard library, since it has to be asked before numpy and ONNX Runtime start their threads.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
MEMORY_SHARE = 0.8


def usable_cpus(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Return the number of processors: the CPU quota (cgroup v2 or v1), rounded up, or the CPU set, whichever is less; at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup_root)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def usable_memory(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Return 80 % of the memory: the container's limit (cgroup v2 or v1) or the machine's, whichever is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_read(cgroup_root / "memory.max"), _read(cgroup_root / "memory" / "memory.limit_in_bytes"))
    return int(min([machine, *(int(limit) for limit in limits if limit.isdigit())]) * MEMORY_SHARE)


def _quota(root: Path) -> float | None:
    unified = _read(root / "cpu.max")
    if unified:
        limit, period = unified.split()
        return None if limit == "max" else int(limit) / int(period)
    limit, period = _read(root / "cpu" / "cpu.cfs_quota_us"), _read(root / "cpu" / "cpu.cfs_period_us")
    if not limit or not period or int(limit) <= 0:
        return None
    return int(limit) / int(period)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
