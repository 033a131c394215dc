"""Which system calls a process that runs models may make once it is ready, by machine.

An allow-list: what is not on it fails with EPERM, and not with death, so that a runtime that tries something it can do without goes on.
ONNX Runtime needs memory, threads, clocks and the two pipes, nothing else.
"""

from __future__ import annotations

ALLOWED: dict[str, dict[str, int]] = {
    "x86_64": {
        "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "munmap": 11, "brk": 12, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "readv": 19, "writev": 20, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28,
        "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
        "times": 100, "getppid": 110, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
        "set_tid_address": 218, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "exit_group": 231, "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "getcpu": 309, "getrandom": 318, "membarrier": 324,
        "rseq": 334,
    },
    "aarch64": {
        "lseek": 62, "close": 57, "read": 63, "write": 64, "readv": 65, "writev": 66, "pselect6": 72, "ppoll": 73, "fstat": 80, "exit": 93,
        "exit_group": 94, "set_tid_address": 96, "futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113,
        "clock_getres": 114, "clock_nanosleep": 115, "restart_syscall": 128, "sched_getaffinity": 123, "sched_yield": 124,
        "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "uname": 160,
        "getrlimit": 163, "getrusage": 165, "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173, "gettid": 178,
        "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "madvise": 233, "getrandom": 278, "membarrier": 283, "rseq": 293,
    },
}  # fmt: skip
"""Calls that are allowed whatever their arguments."""

LOOKED_AT: dict[str, dict[str, int]] = {
    "x86_64": {
        "mmap": 9, "mprotect": 10, "clone": 56, "tgkill": 234, "prlimit64": 302, "setrlimit": 160, "prctl": 157,
        "open": 2, "creat": 85, "openat": 257, "openat2": 437, "clone3": 435, "seccomp": 317,
    },
    "aarch64": {
        "mmap": 222, "mprotect": 226, "clone": 220, "tgkill": 131, "prlimit64": 261, "setrlimit": 164, "prctl": 167,
        "openat": 56, "openat2": 437, "clone3": 435, "seccomp": 277,
    },
}  # fmt: skip
"""Calls that are decided on by their arguments, that fail with an error of their own, or that set the filter up."""

AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
