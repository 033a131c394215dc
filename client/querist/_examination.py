"""What ``querist doctor`` looks at, one finding after the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from querist import _probing, _self_test
from querist._client import Client
from querist._credentials import is_near
from querist._version import __version__
from querist.catalogue import ServerInfo
from querist.errors import (
    AuthenticationError,
    DeadlineExceededError,
    PermissionDeniedError,
    QueristError,
    ServerOverloadedError,
    ServerUnavailableError,
)

API_VERSION = "querist.v1"
ROUND_TRIPS = 20
CLOCK_SECONDS = 5.0
"""Clocks that differ by more make logs hard to compare, and certificates valid too early or too late."""
FIRST_BYTES, MOST_BYTES = 5 * 2**19, 16 * 2**20
"""The least and the most that is sent at a time; the least is enough to go by files."""
SPEED_SECONDS = 2.0
"""How long sending may take; a slow connection gets less to carry."""
_WHERE = "deploy/README.md"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
    verdict : {"ok", "note", "FAILED"}
    text : str
        What was found.
    advice : str
        What to do; "" if nothing.
    figures : dict
        What was measured.
    """

    name: str
    verdict: str
    text: str
    advice: str = ""
    figures: dict[str, float] = field(default_factory=dict)


def examine(client: Client) -> Iterator[Finding]:
    """Look at a server from where this process is; when it cannot be reached, that is the only finding."""
    try:
        info = client.info()
    except QueristError as error:
        yield Finding("connection", "FAILED", f"{client.address}: {error}", _way_in(error))
        return
    yield Finding("connection", "ok", f"{client.address} answers")
    yield _version(info)
    yield from _round_trip(client)
    yield Finding("limits", "ok", ", ".join(f"{name} {value:,.0f}" for name, value in info.limits.items()), figures=dict(info.limits))
    yield Finding("features", "ok", ", ".join(info.features) or "none beyond what every server has")
    yield _encryption(client)
    yield _token(client)
    yield _tested("self-test, one message", lambda: _self_test.unary(client))
    yield _tested("self-test, stream", lambda: _self_test.streamed(client))
    yield _model(client, info)
    yield from _speed(client, info)


def _way_in(error: QueristError) -> str:
    if isinstance(error, AuthenticationError):
        return "give the token that the server knows: --token-file"
    if isinstance(error, PermissionDeniedError):
        return "the server's operator decides who may call: QUERIST_ALLOWED_IDENTITIES"
    if isinstance(error, ServerOverloadedError):
        return "the server is too busy to say even what it is; come back later"
    if isinstance(error, DeadlineExceededError):
        return "something takes connections there and does not answer: is it Querist, and is it running?"
    if isinstance(error, ServerUnavailableError):
        return "is the server running, is this where it listens (QUERIST_ADDRESSES), and does it speak TLS (--tls, --tls-ca)?"
    return "is it a Querist server that listens there?"


def _version(info: ServerInfo) -> Finding:
    text = f"server {info.version}, client {__version__}, API {info.api_version}"
    if info.api_version != API_VERSION:
        return Finding("version", "FAILED", text, f"this client speaks {API_VERSION}; install one that fits the server")
    if info.version != __version__:
        return Finding("version", "note", text, "they understand each other; the older of the two lacks what the newer can do")
    return Finding("version", "ok", text)


def _round_trip(client: Client) -> Iterator[Finding]:
    """Measure the way there and back, and by the quickest of them the difference of the clocks."""
    trips: list[tuple[float, float | None]] = []
    for _ in range(ROUND_TRIPS):
        sent, started = datetime.now(timezone.utc), time.perf_counter()
        there = client.info().time
        seconds = time.perf_counter() - started
        trips.append((seconds, None if there is None else (there - sent).total_seconds() - seconds / 2))
    taken = [seconds * 1e3 for seconds, _ in trips]
    figures = {"median_ms": statistics.median(taken), "worst_ms": max(taken)}
    yield Finding("round trip", "ok", f"{figures['median_ms']:.2f} ms (median of {ROUND_TRIPS}; worst {max(taken):.2f})", figures=figures)
    off = min(trips)[1]
    if off is None:
        yield Finding("clock", "note", "the server does not tell the time", "it is older than this client")
        return
    text = f"the server's is {abs(off):.3f} s {'ahead' if off > 0 else 'behind'}"
    if abs(off) > CLOCK_SECONDS:
        yield Finding("clock", "note", text, "let both machines keep time by NTP; certificates and logs go by the clock", {"seconds": off})
    else:
        yield Finding("clock", "ok", text, figures={"seconds": off})


def _encryption(client: Client) -> Finding:
    options = client._options
    if options.tls is not None:
        shown = "and shown this caller's" if options.tls.certificate is not None else "and shown none"
        return Finding("encryption", "ok", f"TLS; checked the server's certificate {shown}")
    if options.address.startswith("unix"):
        return Finding("encryption", "ok", "none, and none is needed: a Unix socket, for whom its permissions let in")
    if is_near(options.address):
        return Finding("encryption", "ok", "none, and none is needed: the connection stays on this machine")
    return Finding(
        "encryption", "note", "none: others can read and change what travels", f"TLS, or a mesh that encrypts: {_WHERE}, Security"
    )


def _token(client: Client) -> Finding:
    options = client._options
    if options.token is not None or options.token_file is not None:
        return Finding("token", "ok", "shown, and not refused")
    if is_near(options.address) or (options.tls is not None and options.tls.certificate is not None):
        return Finding("token", "ok", "none shown, and none was asked for")
    return Finding(
        "token", "note", "none shown, and none was asked for: whoever reaches the server may call", f"tokens: {_WHERE}, Security"
    )


def _tested(name: str, test: Callable[[], str]) -> Finding:
    try:
        wrong = test()
    except ServerOverloadedError as error:
        return Finding(name, "note", f"not done: {error}", "come back when the server is less busy")
    except PermissionDeniedError as error:
        return Finding(name, "note", f"not done: {error}", "the server's operator decides what callers may send: QUERIST_ALLOWED_MODELS")
    except QueristError as error:
        return Finding(name, "FAILED", str(error), _in_log(error))
    if wrong:
        return Finding(name, "FAILED", wrong, "the server computes wrongly: do not use it, and report it with version and machine")
    return Finding(name, "ok", "the same as brute force here")


def _in_log(error: QueristError) -> str:
    named = f" for request_id={error.request_id}" if error.request_id else ""
    return f"look into the server's log{named}"


def _model(client: Client, info: ServerInfo) -> Finding:
    name = "self-test, model"
    if "model_uploads" not in info.features:
        return Finding(name, "note", "not done: the server takes no models from callers", "QUERIST_UPLOADS says who may send some")
    found = _tested(name, lambda: _self_test.with_model(client))
    if found.verdict == "ok" and "model_sandbox" not in info.features:
        advice = "QUERIST_REQUIRE_SANDBOX=true refuses to start like this"
        return Finding(name, "note", "right, but models run without a sandbox there", advice)
    return found


def _speed(client: Client, info: ServerInfo) -> Iterator[Finding]:
    """Send as much as goes in a bounded time: as bytes, and by files if these work."""
    name = "speed"
    try:
        with _probing.by_bytes(client) as plain:
            first = _probing.rows_of(FIRST_BYTES)
            size = min(MOST_BYTES, int(_probing.upload_speed(plain, first, SPEED_SECONDS / 4, 3) * SPEED_SECONDS / 2))
            rows = first if size < first.nbytes else _probing.rows_of(size)
            by_bytes = _probing.upload_speed(plain, rows, SPEED_SECONDS, 5) / _probing.MB
        yield Finding(
            name, "ok", f"{by_bytes:,.0f} MB/s up, ranked on arrival ({rows.nbytes / 2**20:.0f} MiB)", figures={"mb_per_s": by_bytes}
        )
        chosen = _probing.upload_speed(client, rows, SPEED_SECONDS, 5) / _probing.MB
        yield _files(client, info, chosen, by_bytes)
    except ServerOverloadedError as error:
        yield Finding(name, "note", f"not measured: {error}", "come back when the server is less busy")
    except QueristError as error:
        yield Finding(name, "FAILED", str(error), _in_log(error))


def _files(client: Client, info: ServerInfo, chosen: float, by_bytes: float) -> Finding:
    name, sharing = "local files", client._sharing
    if sharing.problem:
        asked = client._options.shared_directory is not None or sharing.seen
        advice = f"mount the server's directory here and say where: --shared-directory; {_WHERE}, Same-host speed"
        return Finding(name, "FAILED" if asked else "note", sharing.problem, advice)
    if sharing.directory is not None:
        text = f"large arrays go by files in {sharing.directory.path}: {chosen:,.0f} MB/s against {by_bytes:,.0f} without"
        return Finding(name, "ok", text, figures={"mb_per_s": chosen, "without_mb_per_s": by_bytes})
    if info.local_directory and is_near(client.address):
        return Finding(name, "note", "not tried: too little could be sent in the time", "come back when the server is less busy")
    if not is_near(client.address):
        return Finding(name, "ok", "none: they are for callers on the server's host")
    if "local_files" in info.features and not info.local_directory:
        return Finding(name, "note", "the server may only read its directory, so that it offers it to nobody", "let the server write there")
    return Finding(
        name, "note", "the server shares no directory, so that large arrays are sent", f"QUERIST_LOCAL_TENSOR_DIRECTORY: {_WHERE}"
    )
