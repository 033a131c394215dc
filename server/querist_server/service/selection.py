"""SelectionService: a pool in one message, or as a stream of blocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

import grpc
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import selection_service_pb2_grpc as rpc
from querist.v1.advice_pb2 import Verdict

from querist_server.engine.errors import EngineError, LimitError
from querist_server.engine.part import FloatArray
from querist_server.engine.pipeline import Limits, Selection
from querist_server.service.account import Account, Answered
from querist_server.service.advice import answer_advice
from querist_server.service.ahead import ahead
from querist_server.service.calls import account, note
from querist_server.service.digests import InputDigests
from querist_server.service.encode import encode_pieces, encode_response, encode_scores, encode_selected
from querist_server.service.inference import Models
from querist_server.service.local_files import NO_FILES, LocalFiles
from querist_server.service.reading import BlockReader, Received, Rows
from querist_server.service.work import SelectionWork
from querist_server.service.workers import JOINING_COPIES, Ticket, Workers

AT_ONCE_BYTES = 16 * 1024
"""Rows of so few bytes are scored where their message is read: to wake another thread takes longer than the arithmetic. Files are not read
there, since a file system may keep one waiting."""
PROGRESS_SECONDS = 0.2
"""Least time between two progress events."""


class _Step(NamedTuple):
    """Blocks that are worked off: the pool's rows up to here, whether files were read, and the scores that are now known."""

    rows: int
    names_files: bool
    scores: list[tuple[int, FloatArray]]


class SelectionServicer(rpc.SelectionServiceServicer):
    """Decodes, lets the engine choose, encodes.

    Parameters
    ----------
    workers : Workers
        Who computes, and who is let in.
    limits : Limits
        The largest pool that is accepted.
    models : Models
        Where models are found and run.
    max_message_bytes : int
        The largest response.
    files : LocalFiles
        Where tensors are found that are files.
    digests : bool
        Whether digests of all inputs are made, for whoever observes calls.
    """

    def __init__(
        self,
        workers: Workers,
        limits: Limits,
        models: Models,
        max_message_bytes: int,
        files: LocalFiles = NO_FILES,
        *,
        digests: bool = False,
    ) -> None:
        self._workers, self._limits, self._models, self._files = workers, limits, models, files
        self._max_message_bytes, self._makes_digests = max_message_bytes, digests

    async def Select(  # noqa: N802 - gRPC's name
        self,
        asked: tuple[pb.SelectRequest, Rows],  # what `asked` makes of the message
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> pb.SelectResponse:
        """Choose from a pool in one message."""
        request, rows = asked
        if request.header.return_scores:
            raise EngineError("VALUE_OUT_OF_RANGE", "return_scores needs SelectStream", field="header.return_scores")
        size = self._files.held_by(request) + sum(map(len, rows.apart.values()))
        of_call = self._account(size)
        async with self._workers.admit(size) as ticket:
            if size <= AT_ONCE_BYTES and not request.HasField("side") and is_simple(request.header) and not self._files.are_in(request):
                of_call.works += 1
                work = self._fed(request, rows, ticket, of_call)
                at_once = work.run.finishes_at_once
                response = self._finished(work, of_call) if at_once else await ticket.run(self._finished, work, of_call)
            else:
                work, response = await ticket.run(self._answer, request, rows, ticket, of_call)
        _note(work, response, of_call)
        return response

    async def AdviseStop(  # noqa: N802 - gRPC's name
        self,
        request: pb.AdviseStopRequest,
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> pb.AdviseStopResponse:
        """Say whether labelling should go on."""
        size = self._files.held_by(request)
        async with self._workers.admit(size) as ticket:
            response = await ticket.run(answer_advice, request, self._limits, ticket.ended, self._files)
        found = account()
        found.bytes, found.verdict = size, Verdict.Name(response.stop.verdict).removeprefix("VERDICT_")
        note(bytes=size, rounds=response.stop.rounds)
        return response

    async def SelectStream(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[Received],  # what `received` makes of the messages
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> AsyncIterator[pb.SelectStreamResponse]:
        """Choose from a pool that comes in blocks."""
        async with self._workers.admit(0) as ticket, self._reader(request_iterator, ticket) as reader:
            told = time.monotonic()
            of_call = self._account()
            header = await reader.header()
            ticket.hold(header=self._files.held_by(header))
            work = await ticket.run(self._begin, header, "block.rows", ticket, of_call)
            async for side in reader.sides():
                await ticket.run(work.beside, side)
                ticket.hold(kept=JOINING_COPIES * work.run.bytes_kept)
            async with ahead(self._worked_off(reader, ticket, work, of_call)) as steps:
                async for step in steps:
                    if step.names_files:
                        yield pb.SelectStreamResponse(files_read=pb.FilesRead(rows=step.rows))
                    for first_row, scores in step.scores:
                        yield pb.SelectStreamResponse(scores=encode_scores(first_row, scores))
                    if time.monotonic() - told > PROGRESS_SECONDS:
                        told = time.monotonic()
                        yield _progress(pb.STAGE_SCORE, reader.rows, work)
            finishing = asyncio.ensure_future(ticket.run(work.finish))
            finishing.add_done_callback(_heard)
            while not finishing.done():
                yield _progress(pb.STAGE_CHOOSE, reader.rows, work)
                await asyncio.wait((finishing,), timeout=PROGRESS_SECONDS)
            selection = finishing.result()
            for first_row, scores in work.run.take_scores():
                yield pb.SelectStreamResponse(scores=encode_scores(first_row, scores))
            *pieces, last = encode_pieces(selection)
            for rows in pieces:
                yield pb.SelectStreamResponse(selected=encode_selected(selection, rows))
            response = _response(work, selection, last, RECEIVE=reader.seconds_waiting)
            of_call.answered = _answered(work, selection, response)
            _note(work, response, of_call)
            yield pb.SelectStreamResponse(result=response)

    def _account(self, size: int = 0) -> Account:
        found = account()
        found.bytes = size
        found.digests = InputDigests() if self._makes_digests else None
        return found

    def _begin(self, header: pb.SelectHeader, rows_path: str, ticket: Ticket, of_call: Account) -> SelectionWork:
        return SelectionWork(header, self._limits, self._models, rows_path, ticket.ended, self._files, ticket.hold_for_work, of_call)

    def _reader(self, messages: AsyncIterator[Received], ticket: Ticket) -> BlockReader:
        return BlockReader(messages, lambda ahead: ticket.hold(ahead=ahead), self._files.held_by)

    async def _worked_off(self, reader: BlockReader, ticket: Ticket, work: SelectionWork, of_call: Account) -> AsyncGenerator[_Step, None]:
        """Work the blocks off, as many at a time as have arrived."""
        async for blocks in reader.blocks():
            of_call.bytes = reader.bytes_received
            await ticket.run(work.feed, *blocks)
            ticket.hold(kept=JOINING_COPIES * work.run.bytes_kept)
            yield _Step(reader.rows, any(self._files.are_in(block.pool) for block in blocks), work.run.take_scores())

    def _answer(self, request: pb.SelectRequest, rows: Rows, ticket: Ticket, of_call: Account) -> tuple[SelectionWork, pb.SelectResponse]:
        """Do all the work of a unary call, on a worker thread."""
        work = self._fed(request, rows, ticket, of_call)
        return work, self._finished(work, of_call)

    def _fed(self, request: pb.SelectRequest, rows: Rows, ticket: Ticket, of_call: Account) -> SelectionWork:
        work = self._begin(request.header, "pool", ticket, of_call)
        work.beside(request.side)
        work.feed(rows)
        return work

    def _finished(self, work: SelectionWork, of_call: Account) -> pb.SelectResponse:
        selection = work.finish()
        response = _response(work, selection, slice(None))
        if response.ByteSize() > self._max_message_bytes:
            message = (
                f"the response would take {response.ByteSize()} bytes; a message may take {self._max_message_bytes}. Use SelectStream."
            )
            raise LimitError(message, limit="max_message_bytes", allowed=self._max_message_bytes)
        of_call.answered = _answered(work, selection, response)
        return response


def is_simple(header: pb.SelectHeader) -> bool:
    """Tell whether nothing is asked for but a batch by a strategy with a name; a plan may hold thousands of parts."""
    more = header.HasField("campaign") or header.HasField("pre_annotation") or bool(header.models)
    return header.WhichOneof("plan_source") == "strategy" and not more


def _response(work: SelectionWork, selection: Selection, rows: slice, **seconds: float) -> pb.SelectResponse:
    return encode_response(
        selection,
        work.run.task.plan,
        strategy=work.strategy,
        auto_choice=work.run.auto_choice,
        seed=work.run.task.seed,
        seconds=seconds,
        class_labels=work.class_labels,
        rows=rows,
    )


def _progress(stage: pb.Stage, received: int, work: SelectionWork) -> pb.SelectStreamResponse:
    run = work.run
    progress = pb.Progress(
        stage=stage, rows_received=received, rows_scored=run.rows_scored, work_total=run.work.total, work_done=run.work.done
    )
    return pb.SelectStreamResponse(progress=progress)


def _heard(finished: asyncio.Future[Selection]) -> None:
    """Ask for the error of work that nobody waits for, because the caller has gone."""
    if not finished.cancelled():
        finished.exception()


def _answered(work: SelectionWork, selection: Selection, response: pb.SelectResponse) -> Answered:
    return Answered(work.run.task.plan, work.run.task.seed, selection, response.selection_id)


def _note(work: SelectionWork, response: pb.SelectResponse, of_call: Account) -> None:
    plan = f"{work.run.task.plan.score.name}+{work.run.task.plan.choice.name}"
    count = work.run.task.count or response.statistics.candidates
    note(strategy=work.strategy or plan, rows=response.statistics.rows, bytes=of_call.bytes, count=count)
    note(selection_id=response.selection_id)
