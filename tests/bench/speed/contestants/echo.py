"""A bare asynchronous gRPC server that answers every call with the same bytes. Started by calls.py."""

import asyncio
import sys

import grpc


class Handler(grpc.GenericRpcHandler):
    """Takes any unary call."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(self._answered)

    async def _answered(self, request, context):
        return self._answer


async def main() -> None:
    server = grpc.aio.server(handlers=(Handler(bytes.fromhex(sys.argv[2])),), options=[("grpc.so_reuseport", 0)])
    port = server.add_insecure_port(sys.argv[1])
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop(0)


if __name__ == "__main__":
    asyncio.run(main())
