"""Processors and memory by control groups, on trees made up of files as kernels show them."""

import os
import subprocess
import sys

import pytest
from querist_server import quota
from scrape import Page
from server_process import ServerProcess

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Make a tree of files, and where the process is in it; it may run on 16 processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)

    def made(place: str, **files: str):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        (tmp_path / "place").write_text(place + "\n")
        return tmp_path / "cgroup", tmp_path / "place"

    return made


V1 = "12:memory:/kubepods/pod1/c1\n4:cpu,cpuacct:/kubepods/pod1/c1\n1:name=systemd:/kubepods/pod1/c1\n0::/"


@pytest.mark.parametrize(
    ("place", "files", "usable", "threads", "source"),
    [
        ("0::/", {}, 16, 16, "CPU set"),
        ("0::/", {"cpu.max": "max 100000"}, 16, 16, "CPU set"),
        ("0::/", {"cpu.max": "250000 100000"}, 2.5, 3, "cpu.max"),
        ("0::/", {"cpu.max": "50000 100000"}, 0.5, 1, "cpu.max"),
        ("0::/", {"cpu.max": "9999999 100000"}, 16, 16, "CPU set"),
        ("0::/pod/c", {"pod/c/cpu.max": "max 100000", "pod/cpu.max": "200000 100000"}, 2, 2, "pod/cpu.max"),
        ("0::/pod/c", {"pod/c/cpu.max": "100000 100000", "pod/cpu.max": "200000 100000"}, 1, 1, "pod/c/cpu.max"),
        ("0::/pod/c", {"pod/c/cpu.max": "400000 100000", "pod/cpu.max": "200000 100000"}, 2, 2, "pod/cpu.max"),
        # Seen from within a container whose file system begins at its own group, while the place is told from the top.
        ("0::/kubepods/pod1/c1", {"cpu.max": "300000 100000"}, 3, 3, "cpu.max"),
        ("0::/../other", {"cpu.max": "300000 100000", "../other/cpu.max": "100000 100000"}, 3, 3, "cpu.max"),
        (V1, {"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000"}, 1.5, 2, "cpu/cpu.cfs_quota_us"),
        (V1, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 16, 16, "CPU set"),
        (
            V1,
            {
                "cpu/kubepods/pod1/c1/cpu.cfs_quota_us": "-1",
                "cpu/kubepods/pod1/c1/cpu.cfs_period_us": "100000",
                "cpu/kubepods/pod1/cpu.cfs_quota_us": "400000",
                "cpu/kubepods/pod1/cpu.cfs_period_us": "100000",
            },
            4,
            4,
            "cpu/kubepods/pod1/cpu.cfs_quota_us",
        ),
        ("0::/", {"cpu.max": "nonsense"}, 16, 16, "CPU set"),
        ("0::/", {"cpu.max": "100000 0"}, 16, 16, "CPU set"),
    ],
)
def test_the_least_quota_of_all_groups_above_counts(tree, place, files, usable, threads, source):
    root, where = tree(place, **files)
    found = quota.processors(root, where)
    assert found.usable == usable
    assert found.source == (source if source == "CPU set" else str(root / source))
    assert quota.usable_cpus(root, where) == threads


def test_a_cpu_set_below_the_quota_counts(tree, monkeypatch):
    root, where = tree("0::/", **{"cpu.max": "400000 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5, 9})
    assert quota.processors(root, where) == quota.Processors(2, None, "CPU set")
    assert quota.usable_cpus(root, where) == 2


@pytest.mark.parametrize(
    ("place", "files", "limit"),
    [
        ("0::/", {"memory.max": "max"}, MACHINE),
        ("0::/", {"memory.max": "1000000"}, 1_000_000),
        ("0::/pod/c", {"pod/c/memory.max": "max", "pod/memory.max": "2000000"}, 2_000_000),
        (V1, {"memory/memory.limit_in_bytes": "9223372036854771712"}, MACHINE),
        (V1, {"memory/kubepods/pod1/c1/memory.limit_in_bytes": "3000000"}, 3_000_000),
    ],
)
def test_memory_is_the_least_limit_of_all_groups_above(tree, place, files, limit):
    assert quota.usable_memory(*tree(place, **files)) == int(limit * quota.MEMORY_SHARE)


def test_threads_are_bounded_before_numpy_starts():
    """numpy's library of linear algebra reads the variables once, when it is loaded."""
    script = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("numpy", "onnxruntime"):
            print(name, *(os.environ.get(variable) for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")))
sys.meta_path.insert(0, Watch())
from querist_server import cli
cli.main(["serve", "--address", "192.0.2.1:1"])
"""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60).stdout.split("\n")
    assert seen[:-1] == ["numpy 1 1 1"]  # and ONNX Runtime is loaded in processes of its own alone


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU sets")
def test_what_was_found_is_logged_at_the_start_and_shown(tmp_path):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        server = ServerProcess(tmp_path, metrics_address="127.0.0.1:0")
    finally:
        os.sched_setaffinity(0, before)
    try:
        found = quota.processors()
        expected = min(1, found.usable)
        assert (server.began["workers"], server.began["model_threads"]) == (1, 1)
        assert server.began["processors"] == expected
        page = Page(server.began["metrics"])
        assert (page("querist_workers"), page("querist_processors")) == (1, expected)
        assert page("querist_memory_limit_bytes") == server.began["max_memory_bytes"] == quota.usable_memory()
    finally:
        server.stop()
