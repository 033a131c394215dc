"""What this process takes of the machine: resident memory, the allocator's arenas, file handles.

Imports nothing but the standard library. Where the system is not Linux with glibc, nothing is known of memory and nothing is changed.
"""

from __future__ import annotations

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

_STATM = Path("/proc/self/statm")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT_BYTES, _PIECE_BYTES = 24 * 2**20, 16 * 2**20


def resident_bytes() -> int:
    """Return the resident memory, or 0 where that is not known."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def give_back() -> None:
    """Give freed memory back to the system; the allocator keeps it otherwise, since fresh pages are slow."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def limit_arenas(arenas: int) -> None:
    """Let threads share the allocator's arenas: with one for each of many threads, each keeps what it once held."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, arenas)


def keep_freed_pages() -> None:
    """Let each arena keep what was freed at its end, and take pieces of up to 16 MiB from there: fresh pages cost more than the arithmetic.

    By default glibc gives a megabyte back as soon as it is free, and the next block of rows begins with hundreds of page faults.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_MMAP_THRESHOLD, _PIECE_BYTES)


def allow_many_files() -> None:
    """Raise the limit of open files as far as this process may: every connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
