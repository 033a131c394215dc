"""Whether the server in this container is ready: exit status 0 or 1. For engines that run a command; a kubelet asks the listener itself."""

import os
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SECONDS = 4


def main() -> int:
    """Ask the listener for probes."""
    host, _, port = os.environ["QUERIST_HEALTH_ADDRESS"].rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # what is listened on for all is asked for on loopback
    with grpc.insecure_channel(f"{here}:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
        request = health_pb2.HealthCheckRequest(service="readiness")
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=SECONDS)
        except grpc.RpcError as error:
            sys.stderr.write(f"no answer from {here}:{port}: {error.code().name}\n")
            return 1
    return 0 if answer.status == health_pb2.HealthCheckResponse.SERVING else 1


if __name__ == "__main__":
    sys.exit(main())
