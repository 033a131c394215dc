"""The bytes of a selection over bare gRPC, in messages of the same sizes, to a server that only receives them.

Our own client makes the selection once against that server, which tells the sizes; then the same memory goes out in such messages, each a
copy of a slice, with neither side encoding or decoding. Or all of it in a single message.
"""

import atexit
import hashlib
import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from itertools import accumulate, pairwise
from pathlib import Path

import grpc
import numpy as np
import querist

from contestants.plans import selection
from contestants.sink import SERVICE


def prepare(task, arrays):
    home = tempfile.TemporaryDirectory(prefix="querist-")
    atexit.register(home.cleanup)
    address = "127.0.0.1:0" if task["way"] == "tcp" else f"unix:{home.name}/sink.sock"
    command = [sys.executable, Path(__file__).with_name("sink.py"), address]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip()
    address = f"127.0.0.1:{port}" if task["way"] == "tcp" else address
    sizes = [sum(array.nbytes for array in arrays.values())] if task.get("single") else _sizes(address, task, arrays)
    memory = np.concatenate([array.reshape(-1).view("u1") for array in arrays.values()] or [np.zeros(0, "u1")])
    memory = memoryview(np.resize(memory, sum(sizes)))
    channel = grpc.insecure_channel(address, [("grpc.default_authority", "localhost"), ("grpc.max_send_message_length", -1)])
    if len(sizes) == 1:
        single = channel.unary_unary(f"{SERVICE}Select")
        return lambda: {"answer": len(single(memory.tobytes()))}
    stream = channel.stream_stream(f"{SERVICE}SelectStream")
    ends = list(pairwise(accumulate(sizes, initial=0)))

    def run():
        (answer,) = stream(memory[start:end].tobytes() for start, end in ends)
        return {"answer": len(answer)}

    return run


def _sizes(address, task, arrays):
    """Return the sizes of the messages in which our client sends a selection."""
    with querist.connect(address, timeout=60, retries=0, shared_directory=False) as client, suppress(querist.QueristError):
        client.select(**selection(task, arrays, lambda model: hashlib.sha256(model).hexdigest())())  # which has no result
    with grpc.insecure_channel(address, [("grpc.default_authority", "localhost")]) as channel:
        sizes = json.loads(channel.unary_unary("/Sizes")(b""))
    if not sizes:
        raise RuntimeError("the selection was not received")
    return sizes
