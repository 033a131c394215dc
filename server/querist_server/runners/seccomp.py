"""The filter of system calls: built as a program for the kernel's packet filter, and put in place by way of the C library.

Needs no privileges and no package. Linux on x86_64 and aarch64; elsewhere `install` raises `Unavailable`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from querist_server.runners.syscalls import ALLOWED, AUDIT_ARCHITECTURES, LOOKED_AT

_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
"""Instructions: load a word of the call's data; jump if equal; jump if any bit is set; return."""
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where those are in the data that the kernel shows to a filter."""
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000

_PROT_EXEC = 0x4
_CLONE_THREAD = 0x10000
_RLIMIT_CPU = 0
_PR_SET_NAME, _PR_SET_NO_NEW_PRIVS, _PR_SET_VMA = 15, 38, 0x53564D41
_SECCOMP_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1

_Instruction = tuple[int, int, int, int]


class Unavailable(OSError):  # noqa: N818 - says what the filter is
    """The system has no such filter."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install() -> None:
    """Let this process and all its threads make only the calls of the list from now on. Cannot be undone.

    Raises
    ------
    Unavailable
        If the system cannot do that.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ALLOWED:
        raise Unavailable(f"there is no filter for system calls on {sys.platform} {machine}")
    program = b"".join(struct.pack("<HBBI", *instruction) for instruction in _program(machine, os.getpid()))
    code = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    number = ctypes.c_long(LOOKED_AT[machine]["seccomp"])
    _check(libc.syscall(number, _SECCOMP_SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(described)))


def _check(result: int) -> None:
    if result != 0:
        problem = os.strerror(ctypes.get_errno()) if result < 0 else "another thread has a filter of its own"
        raise Unavailable(f"the kernel takes no filter for system calls: {problem}")


def _program(machine: str, process: int) -> list[_Instruction]:
    """Return the filter: each rule looks at the call's number and returns if it is its own."""
    looked_at = LOOKED_AT[machine]
    filter_ = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, AUDIT_ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),  # calls of a 32-bit program have other numbers
        (_LOAD, 0, 0, _NUMBER),
    ]
    for number in sorted(ALLOWED[machine].values()):
        filter_ += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for name in ("mmap", "mprotect"):
        filter_ += _rule(looked_at[name], [*_argument(2), (_SET, 0, 1, _PROT_EXEC), _fail(errno.EACCES)], otherwise=_allow())
    filter_ += _rule(looked_at["clone"], [*_argument(0), (_SET, 0, 1, _CLONE_THREAD), _allow()])
    filter_ += _rule(looked_at["tgkill"], [*_argument(0), (_EQUAL, 0, 1, process), _allow()])  # abort() of this process
    limits_of = [*_argument(0), (_EQUAL, 1, 0, 0), _fail(errno.EPERM), *_argument(1), (_EQUAL, 0, 1, _RLIMIT_CPU), _allow()]
    asks = [*_argument(2), (_EQUAL, 0, 3, 0), *_argument(2, upper=True), (_EQUAL, 0, 1, 0), _allow()]
    filter_ += _rule(looked_at["prlimit64"], [*limits_of, *asks])
    filter_ += _rule(looked_at["setrlimit"], [*_argument(0), (_EQUAL, 0, 1, _RLIMIT_CPU), _allow()])
    names = [*_argument(0), (_EQUAL, 0, 1, _PR_SET_NAME), _allow(), (_EQUAL, 0, 1, _PR_SET_VMA), _allow()]
    filter_ += _rule(looked_at["prctl"], names)
    filter_ += _rule(looked_at["clone3"], [_fail(errno.ENOSYS)])  # its flags lie in memory; the C library then makes threads by clone
    for name in ("open", "creat", "openat", "openat2"):
        if name in looked_at:
            filter_ += _rule(looked_at[name], [_fail(errno.EACCES)])
    return [*filter_, _fail(errno.EPERM)]


def _rule(number: int, body: list[_Instruction], otherwise: _Instruction | None = None) -> list[_Instruction]:
    """Return the rule of one call: what its body does not decide ends as `otherwise`."""
    whole = [*body, otherwise or _fail(errno.EPERM)]
    return [(_EQUAL, 0, len(whole), number), *whole]


def _argument(index: int, *, upper: bool = False) -> list[_Instruction]:
    """Load half of an argument, the lower one by default."""
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * index + 4 * upper)]


def _allow() -> _Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _fail(number: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERROR | number)
