"""``querist bench ADDRESS``: how fast a server is from here, for whoever runs it. It stops when the server says that it is too busy."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

import querist
from querist import _probing
from querist.errors import DeadlineExceededError, QueristError, ServerOverloadedError

CALLERS = (1, 8, 32)
POOL_BYTES = 40 * _probing.MB
ROWS, EMBEDDING_WIDTH, COUNT = 10_000, 64, 100
STRATEGIES = ("margin", "entropy", "power_margin", "k_center", "badge", "k_means")
MOST_REPEATS = 7
LONGEST_SECONDS = 10.0
"""How long one strategy may take; a call that takes longer is given up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("address", help="the server: host:port or unix:/path")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each of the figures may take (2)")
    parser.add_argument("--json", action="store_true", help="write the figures as JSON")


def run(client: querist.Client, options: argparse.Namespace) -> int:
    """Measure, and say what was found; return 1 if the server was too busy for a part of it.

    Raises
    ------
    QueristError
    """
    if not options.seconds > 0:
        raise QueristError(f"--seconds is {options.seconds:g}; it must be above 0")
    info = client.info()
    figures: dict[str, Any] = {"address": options.address, "server_version": info.version, "small_calls": [], "pools": [], "strategies": []}
    busy = ""
    try:
        for kind, figure in _figures(client, options.seconds):
            figures[kind].append(figure)
            if not options.json:
                sys.stdout.write(_SENTENCES[kind](figure) + "\n")
                sys.stdout.flush()
    except ServerOverloadedError as error:
        busy = str(error)
        sys.stderr.write(f"querist: stopped, since the server is busy: {error}\n")
    if options.json:
        sys.stdout.write(json.dumps({**figures, "stopped": busy}, indent=2) + "\n")
    return int(bool(busy))


def _figures(client: querist.Client, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
    for callers in CALLERS:
        found = _probing.pace(client, callers, seconds)
        yield "small_calls", asdict(found)
        if not found.calls:
            raise ServerOverloadedError("it refused all small calls")
    rows = _probing.rows_of(POOL_BYTES)
    with _probing.by_bytes(client) as plain:
        yield "pools", _pool("bytes", plain, rows, seconds)
    client.select(rows, strategy="margin", count=COUNT)
    if client._sharing.directory is not None:
        yield "pools", _pool("files", client, rows, seconds)
    rng = np.random.default_rng(3)
    predictions = rng.dirichlet(np.ones(_probing.CLASSES), ROWS).astype(np.float32)
    embeddings = rng.standard_normal((ROWS, EMBEDDING_WIDTH)).astype(np.float32)
    for strategy in STRATEGIES:
        pool = {"probabilities": predictions, "embeddings": embeddings, "strategy": strategy, "count": COUNT, "seed": 1}
        yield "strategies", _strategy(strategy, lambda pool=pool: client.select(**pool, timeout=LONGEST_SECONDS), seconds)  # type: ignore[misc]


def _strategy(name: str, call: Callable[[], object], seconds: float) -> dict[str, Any]:
    """Measure a strategy; one that takes too long here is no reason to stop."""
    try:
        taken = _probing.repeated(call, seconds, MOST_REPEATS)
    except DeadlineExceededError:
        return {"strategy": name, "repeats": 0, "median_s": None, "worst_s": None}
    return {"strategy": name, "repeats": len(taken), "median_s": statistics.median(taken), "worst_s": max(taken)}


def _pool(way: str, client: querist.Client, rows: Any, seconds: float) -> dict[str, Any]:
    taken = _probing.repeated(lambda: client.select(rows, strategy="margin", count=COUNT), seconds, MOST_REPEATS)
    median = statistics.median(taken)
    return {"way": way, "bytes": rows.nbytes, "repeats": len(taken), "median_s": median, "mb_per_s": rows.nbytes / median / _probing.MB}


def _of_calls(figure: dict[str, Any]) -> str:
    refused = f", {figure['refused']} refused" if figure["refused"] else ""
    speed = f"{figure['per_second']:7,.0f} calls/s, p50 {figure['p50_ms']:.2f} ms, p99 {figure['p99_ms']:.2f} ms"
    return f"small calls, {figure['callers']:2} callers: {speed}{refused}"


def _of_pool(figure: dict[str, Any]) -> str:
    times = f"{figure['median_s'] * 1e3:,.0f} ms, {figure['mb_per_s']:,.0f} MB/s (median of {figure['repeats']})"
    return f"{figure['bytes'] / _probing.MB:.0f} MB pool as {figure['way']}: {times}"


def _of_strategy(figure: dict[str, Any]) -> str:
    if not figure["repeats"]:
        return f"{figure['strategy']}, {COUNT} of {ROWS:,}: more than {LONGEST_SECONDS:g} s"
    times = f"{figure['median_s'] * 1e3:,.0f} ms (median of {figure['repeats']}; worst {figure['worst_s'] * 1e3:,.0f})"
    return f"{figure['strategy']}, {COUNT} of {ROWS:,}: {times}"


_SENTENCES = {"small_calls": _of_calls, "pools": _of_pool, "strategies": _of_strategy}
