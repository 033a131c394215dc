"""Small calls, 20 x 5, by some callers at a time: to our server, and to an echo that gives back the same bytes.

One asynchronous client for both, which neither encodes nor decodes, so that the servers alone differ; or our own asynchronous client.
"""

import asyncio
import atexit
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import grpc
import numpy as np
from querist import aio, codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb

from contestants.servers import served

METHOD = "/querist.v1.SelectionService/Select"
ROWS = np.random.default_rng(0).dirichlet(np.ones(5), 20)
REQUEST = pb.SelectRequest(
    header=pb.SelectHeader(strategy="margin", count=3, seed=1), pool=pool_pb2.Pool(probabilities=codec.encode(ROWS))
).SerializeToString()


def prepare(task, arrays):
    loop = asyncio.new_event_loop()
    address = {"echo": _echo}.get(task["server"], _ours)(task["way"])
    call = loop.run_until_complete(_caller(task["client"], address))
    seconds, callers = task["seconds"], task["callers"]
    return lambda: loop.run_until_complete(_paced(call, callers, seconds))


async def _caller(client, address):
    if client == "querist":
        asking = aio.connect(address, timeout=None, shared_directory=False)
        return lambda: asking.select(ROWS, strategy="margin", count=3, seed=1)
    channel = grpc.aio.insecure_channel(address, [("grpc.default_authority", "localhost")])
    bare = channel.unary_unary(METHOD)
    return lambda: bare(REQUEST)


async def _paced(call, callers, seconds):
    """Let each caller make one call after the other for so long."""
    taken = []

    async def caller():
        while (started := time.perf_counter()) < end:
            await call()
            taken.append(time.perf_counter() - started)

    began = time.perf_counter()
    end = began + seconds
    await asyncio.gather(*(caller() for _ in range(callers)))
    passed = time.perf_counter() - began
    return {
        "seconds": float(np.median(taken)),
        "calls a second": len(taken) / passed,
        "99th percentile, ms": float(np.percentile(taken, 99) * 1e3),
    }


def _ours(way):
    server, _ = served(way)
    return server.address


def _echo(way):
    """Start the echo of what our own server answers."""
    server, _ = served(way)
    with grpc.insecure_channel(server.address, [("grpc.default_authority", "localhost")]) as channel:
        answer = channel.unary_unary(METHOD)(REQUEST)
    server.stop()
    home = tempfile.TemporaryDirectory(prefix="querist-")
    atexit.register(home.cleanup)
    address = "127.0.0.1:0" if way == "tcp" else f"unix:{home.name}/echo.sock"
    command = [sys.executable, Path(__file__).with_name("echo.py"), address, answer.hex()]
    echo = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = echo.stdout.readline().strip()
    return f"127.0.0.1:{port}" if way == "tcp" else address
