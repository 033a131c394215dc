"""One unary call with a message that is there already, by generated code, as in any other language."""

import grpc
from querist import codec
from querist.v1 import pool_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub

from contestants.servers import served


def prepare(task, arrays):
    server, _ = served(task["way"], **task["settings"])
    request = pb.SelectRequest(
        header=pb.SelectHeader(strategy=task["strategy"], count=task["count"]),
        pool=pool_pb2.Pool(probabilities=codec.encode(arrays["probabilities"])),
    )
    options = [("grpc.default_authority", "localhost"), ("grpc.max_send_message_length", -1)]
    stub = SelectionServiceStub(grpc.insecure_channel(server.address, options))
    return lambda: {"indices": list(stub.Select(request).selected.indices)}
