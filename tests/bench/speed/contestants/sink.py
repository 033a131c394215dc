"""A bare gRPC server that takes the messages of a selection and does nothing with them, not even decode. Started by bare.py.

It remembers the sizes of what came in the last selection, for who asks by the method ``Sizes``.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

SERVICE = "/querist.v1.SelectionService/"
SIZES: list[int] = []


class Handlers(grpc.GenericRpcHandler):
    """Takes a stream, a single message, or the question for their sizes."""

    def service(self, details):
        if details.method == f"{SERVICE}SelectStream":
            return grpc.stream_stream_rpc_method_handler(receive)
        if details.method == f"{SERVICE}Select":
            return grpc.unary_unary_rpc_method_handler(lambda message, _: remember([len(message)]))
        if details.method == "/Sizes":
            return grpc.unary_unary_rpc_method_handler(lambda *_: json.dumps(SIZES).encode())
        return None


def receive(messages, _):
    yield remember([len(message) for message in messages])


def remember(sizes: list[int]) -> bytes:
    SIZES[:] = sizes
    return b""


if __name__ == "__main__":
    options = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
    server = grpc.server(ThreadPoolExecutor(4), handlers=(Handlers(),), options=options)
    port = server.add_insecure_port(sys.argv[1])
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
