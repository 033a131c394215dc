"""What a process may not do once it is confined, tried in the process itself. Linux: elsewhere the server says that it has no sandbox."""

import json
import os
import subprocess
import sys

import pytest
from querist_server.runners import sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux filters system calls by seccomp")

_BEFORE = """
import ctypes, errno, json, os, signal, socket, sys, threading, mmap, resource
from querist_server.runners import sandbox
"""
_CONFINED = """
assert not sandbox.confine(256 * 2**20), "limits"
assert not sandbox.close(), "filter"
"""


def tried(code: str, before: str = "") -> str:
    """Run code in a confined process, and return what it wrote."""
    script = _BEFORE + before + _CONFINED + code + "\nsys.stdout.flush(); os._exit(0)"
    ended = subprocess.run([sys.executable, "-c", script], env=sandbox.environment(), capture_output=True, timeout=60)
    assert ended.returncode == 0, ended
    return ended.stdout.decode().strip()


ATTEMPTS = {
    "socket": "socket.socket()",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "socket pair": "socket.socketpair()",
    "open": "open('/etc/passwd')",
    "open relative": "open('x', 'w')",
    "list": "os.listdir('/')",
    "stat": "os.stat('/etc/passwd')",
    "unlink": "os.unlink('/tmp/nothing')",
    "fork": "os.fork()",
    "exec": "os.execv('/bin/true', ['true'])",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "kill parent": "os.kill(os.getppid(), 0)",
    "kill all": "os.kill(-1, 0)",
    "pipe": "os.pipe()",
    "directory": "os.mkdir('/tmp/querist-never')",
    "priority": "os.setpriority(os.PRIO_PROCESS, 0, 5)",
    "user": "os.setuid(12345)",
    "chroot": "os.chroot('/')",
    "other's limits": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "more memory": "resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))",
    "executable memory": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_confined_process_is_refused(attempt):
    code = f"""
try:
    {ATTEMPTS[attempt]}
    print("possible")
except OSError as error:
    print(errno.errorcode[error.errno])
except ValueError as error:
    print("EPERM" if "not allowed" in str(error) else error)
"""
    assert tried(code) in ("EACCES", "EPERM", "ENOSYS")


def test_system_calls_by_number_are_refused():
    """ptrace, process_vm_readv, mount, unshare, keyctl, bpf, io_uring_setup, perf_event_open, memfd_create, pidfd_open; on x86_64."""
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    code = """
results = []
for number in (101, 310, 165, 272, 250, 321, 425, 298, 319, 434, 59, 57, 58, 41):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0)
    results.append([result, ctypes.get_errno()])
print(json.dumps(results))
"""
    assert json.loads(tried(code, "libc = ctypes.CDLL(None, use_errno=True)\n")) == [[-1, 1]] * 14


def test_a_confined_process_still_has_threads_memory_and_its_pipes():
    code = """
said = []
threads = [threading.Thread(target=said.append, args=(n,)) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(said), len(bytearray(2**26)))
"""
    assert tried(code) == "[0, 1, 2, 3] 67108864"


def test_memory_beyond_the_limit_is_an_error_and_not_the_end():
    code = """
try:
    bytearray(2**29)
    print("possible")
except MemoryError:
    print("no memory")
"""
    assert tried(code) == "no memory"


def test_processor_seconds_end_the_process():
    script = _BEFORE + _CONFINED + "sandbox.allow_processor_seconds(1)\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-c", script], env=sandbox.environment(), capture_output=True, timeout=100)
    assert ended.returncode == -24, ended  # SIGXCPU


def test_secrets_of_the_environment_stay_behind(monkeypatch):
    monkeypatch.setenv("QUERIST_TOKEN_FILE", "/secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in json.dumps(sandbox.environment())


def test_the_probe_says_that_the_sandbox_holds_here():
    assert sandbox.probe() == []


def test_a_process_dies_with_its_parent():
    """It holds the pipe that is read here to its end, so that this returns only if it has ended."""
    script = (
        _BEFORE
        + """
parent = os.getpid()
if os.fork() == 0:
    sandbox.die_with(parent)
    print("waiting", flush=True)
    while True: signal.pause()
import time; time.sleep(2)
os._exit(0)
"""
    )
    ended = subprocess.run([sys.executable, "-c", script], env=sandbox.environment(), capture_output=True, timeout=60)
    assert ended.stdout in (b"waiting\n", b"")  # nothing if the machine is so slow that the parent ended first
