"""Everybody who takes part in more than one row."""

from querist._sharing import FILES_FROM_BYTES
from table import NUMPY, TORCH, Contestant, Kind

TCP, SOCKET, FILE, MAPPED = "querist, TCP", "querist, Unix socket", "querist, local file", "querist, mapped .npy"
BARE_TCP, BARE_SOCKET, KEPT_TCP = "bare stream, TCP", "bare stream, Unix socket", "bare stream, TCP, pages kept"
KEEPING = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**40), "MALLOC_TOP_PAD_": str(2**26)}
"""What makes glibc keep its pages, as no library may ask its host to."""

OURS = {
    name: Contestant(name, Kind.OURS, "ours", options=options, least_bytes=FILES_FROM_BYTES if options["way"] == "file" else 0)
    for name, options in {
        TCP: {"way": "tcp"},
        SOCKET: {"way": "unix"},
        FILE: {"way": "file"},
        MAPPED: {"way": "file", "mapped": True},
    }.items()
}
LIMITS = {
    BARE_TCP: Contestant(BARE_TCP, Kind.LIMIT, "bare", options={"way": "tcp"}),
    BARE_SOCKET: Contestant(BARE_SOCKET, Kind.LIMIT, "bare", options={"way": "unix"}),
    KEPT_TCP: Contestant(KEPT_TCP, Kind.LIMIT, "bare", options={"way": "tcp"}, variables=KEEPING),
    "engine alone": Contestant("engine alone", Kind.LIMIT, "engine"),
    "one pass over memory": Contestant("one pass over memory", Kind.LIMIT, "memory_pass"),
}
PLAIN = Contestant("plain numpy", Kind.PLAIN, "plain")
PEERS = {
    name: Contestant(name, Kind.PEER, module, environment)
    for name, module, environment in (
        ("modAL", "modal", NUMPY),
        ("scikit-activeml", "activeml", NUMPY),
        ("small-text", "small_text", NUMPY),
        ("ALiPy", "alipy", NUMPY),
        ("baal", "baal", TORCH),
        ("apricot", "apricot", NUMPY),
        ("scikit-learn", "scikit_learn", NUMPY),
        ("faiss", "faiss", NUMPY),
    )
}
BY_NAME = {**OURS, **LIMITS, **PEERS, PLAIN.name: PLAIN}


def contestants(*names: str) -> tuple[Contestant, ...]:
    """Return contestants by their names."""
    return tuple(BY_NAME[name] for name in names)
