"""AnnotationService: answers in a stream to an assessment, and whom to ask what."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
from querist.v1 import annotation_service_pb2 as pb
from querist.v1 import annotation_service_pb2_grpc as rpc

from querist_server.engine.errors import EngineError
from querist_server.engine.task import Limits
from querist_server.service.assessments import AssessmentWork
from querist_server.service.assignments import answer_assignment
from querist_server.service.calls import account, note
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.workers import WORKING_COPIES, Workers


class AnnotationServicer(rpc.AnnotationServiceServicer):
    """Decodes, lets the engine assess and assign, encodes.

    Parameters
    ----------
    workers : Workers
        Who computes, and who is let in.
    limits : Limits
        The largest classes, widths and bytes that are accepted.
    files : LocalFiles
        Where tensors are found that are files.
    """

    def __init__(self, workers: Workers, limits: Limits, files: LocalFiles = NO_FILES) -> None:
        self._workers, self._limits, self._files = workers, limits, files

    async def AssessAnnotations(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[pb.AssessAnnotationsRequest],
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> AsyncIterator[pb.AssessAnnotationsResponse]:
        """Assess answers that come in blocks."""
        async with self._workers.admit(0) as ticket:
            work, of_call = None, account()
            async for message in request_iterator:
                part = message.WhichOneof("part")
                if work is None:
                    if part != "header":
                        raise _out_of_order("the first message must hold the header")
                    work = AssessmentWork(message.header, self._limits, ticket.ended, self._files)
                    continue
                if part in (None, "header"):
                    raise _out_of_order("a second header" if part else "a message without a part")
                size = self._files.held_by(message)
                of_call.bytes += size
                ticket.hold(ahead=size)
                await ticket.run(work.take, message)
                ticket.hold(ahead=0, kept=WORKING_COPIES * work.bytes_kept)
            if work is None:
                raise _out_of_order("the first message must hold the header")
            pieces = await ticket.run(work.finish)
            for piece in pieces:
                yield piece
            note(instances=pieces[-1].result.instances, answers=pieces[-1].result.answers)

    async def AssignAnnotators(  # noqa: N802 - gRPC's name
        self,
        request: pb.AssignAnnotatorsRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> pb.AssignAnnotatorsResponse:
        """Say whom to ask what."""
        size = account().bytes = request.ByteSize()
        async with self._workers.admit(size) as ticket:
            response = await ticket.run(answer_assignment, request, ticket.ended)
        note(instances=len(request.instances), annotators=len(request.annotators), pairs=len(response.pairs))
        return response


def _out_of_order(problem: str) -> EngineError:
    text = f"{problem}; a stream is one header, then blocks of instances, then blocks of answers"
    return EngineError("STREAM_OUT_OF_ORDER", text, field="header")
