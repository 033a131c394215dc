"""What the machine does beside us: its busy processor time less that of our own processes, from /proc."""

import os
import platform
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path

from table import PEERS

TICKS = os.sysconf("SC_CLK_TCK")
OURS = ("querist", "grpcio", "protobuf", "numpy", "onnxruntime")
LIBRARIES = {"modAL-python", "scikit-activeml", "small-text", "alipy", "baal", "apricot-select", "faiss-cpu", "scikit-learn", "torch"}


@dataclass(frozen=True)
class Used:
    """Processor seconds up to a moment.

    Attributes
    ----------
    machine : float
        Of all processes. Interrupts are left out: the kernel cannot say whose they are.
    own : float
        Of this process and its descendants.
    """

    machine: float
    own: float

    @classmethod
    def now(cls) -> "Used":
        """Read both."""
        user, nice, system = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:4])
        return cls((user + nice + system) / TICKS, sum(processor(pid) for pid in family(os.getpid())))

    def foreign_since(self, before: "Used") -> float:
        """Return the processor seconds of others since a moment."""
        return max(0.0, self.machine - before.machine - (self.own - before.own))


def family(ancestor: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _fields(int(entry.name))
            if fields:
                children[int(fields[1])].append(int(entry.name))
    found = [ancestor]
    for pid in found:  # which grows meanwhile
        found.extend(children[pid])
    return found


def processor(pid: int) -> float:
    """Return the processor seconds that a process and its ended children have used; 0 if it is gone."""
    fields = _fields(pid)
    return sum(map(int, fields[11:15])) / TICKS if fields else 0.0


def memory(pid: int, field: str) -> float:
    """Return a field of a process's status in MiB, such as "VmRSS"; 0 if it is gone."""
    try:
        found = re.search(rf"{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1024 if found else 0.0


def describe() -> dict[str, object]:
    """Say what the machine is, and what is installed."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "cpus": os.cpu_count(),
        "model": model.group(1) if model else "unknown",
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        **{name: version(name) for name in OURS},
        **{each.name: each.version for each in distributions(path=_of_peers()) if each.name in LIBRARIES},
    }


def _of_peers() -> list[str]:
    return [str(path) for path in PEERS.glob("*/lib/python*/site-packages")]


def _fields(pid: int) -> list[str]:
    """Return what follows the name in a process's stat."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
