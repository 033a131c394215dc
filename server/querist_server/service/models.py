"""ModelService: models come in chunks, are looked at and loaded once, and are kept under their digest."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import ParamSpec, TypeVar

import grpc
from google.protobuf import timestamp_pb2
from querist.v1 import model_service_pb2 as pb
from querist.v1 import model_service_pb2_grpc as rpc

from querist_server.engine.errors import Cancelled, EngineError
from querist_server.runners.store import ModelInfo, Upload, Value, check_digest, check_model_size
from querist_server.service.calls import account, note
from querist_server.service.inference import Models
from querist_server.service.model_use import data_type

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000


class ModelServicer(rpc.ModelServiceServicer):
    """Stores and describes models.

    Parameters
    ----------
    models : Models
        The store, and the processes that load a model once before it is accepted.
    max_model_bytes : int
        Largest model.
    """

    def __init__(self, models: Models, max_model_bytes: int) -> None:
        self._models, self._max_model_bytes = models, max_model_bytes

    async def UploadModel(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[pb.UploadModelRequest],
        context: grpc.aio.ServicerContext,  # noqa: ARG002 - the signature is gRPC's
    ) -> pb.UploadModelResponse:
        """Store a model."""
        policy = self._models.policy
        policy.check_uploads("header")
        header = await self._header(request_iterator)
        if header.digest:
            policy.check_digest(header.digest, "header.digest")
        gone = threading.Event()

        def checkpoint() -> None:
            if gone.is_set():
                raise Cancelled

        with self._models.store.upload(header.digest) as upload:
            async for message in request_iterator:
                if message.WhichOneof("part") != "chunk":
                    raise EngineError("STREAM_OUT_OF_ORDER", "after the header come chunks only", field="header")
                await _to_its_end(gone, upload.write, message.chunk)
            _check_whole(header, upload)
            info, created = await _to_its_end(gone, self._keep, upload, checkpoint)
        account().bytes = info.size_bytes
        note(digest=info.digest, bytes=info.size_bytes)
        return pb.UploadModelResponse(model=encode_model(info), created=created)

    async def GetModel(self, request: pb.GetModelRequest, context: grpc.aio.ServicerContext) -> pb.GetModelResponse:  # noqa: ARG002, N802
        """Describe a model."""
        return pb.GetModelResponse(model=encode_model(await asyncio.to_thread(self._models.store.get, request.digest)))

    async def ListModels(self, request: pb.ListModelsRequest, context: grpc.aio.ServicerContext) -> pb.ListModelsResponse:  # noqa: ARG002, N802
        """List a page of models."""
        if not 0 <= request.page_size <= LARGEST_PAGE:
            message = f"page_size is {request.page_size}; allowed is 1 to {LARGEST_PAGE}, or 0 for {DEFAULT_PAGE}"
            raise EngineError("VALUE_OUT_OF_RANGE", message, field="page_size")
        if request.page_token:
            check_digest(request.page_token, "page_token")
        size = request.page_size or DEFAULT_PAGE
        found = await asyncio.to_thread(self._models.store.page, request.page_token, size + 1)
        token = found[size - 1].digest if len(found) > size else ""
        return pb.ListModelsResponse(models=[encode_model(info) for info in found[:size]], next_page_token=token)

    async def DeleteModel(self, request: pb.DeleteModelRequest, context: grpc.aio.ServicerContext) -> pb.DeleteModelResponse:  # noqa: ARG002, N802
        """Remove a model."""
        self._models.policy.check_uploads("digest")
        await asyncio.to_thread(self._models.store.delete, request.digest)
        return pb.DeleteModelResponse()

    async def _header(self, messages: AsyncIterator[pb.UploadModelRequest]) -> pb.UploadModelHeader:
        async for message in messages:
            if message.WhichOneof("part") != "header":
                break
            if message.header.digest:
                check_digest(message.header.digest, "header.digest")
            if message.header.size_bytes < 0:
                problem = f"size_bytes is {message.header.size_bytes}; it must be above 0, or 0 if it is not known"
                raise EngineError("VALUE_OUT_OF_RANGE", problem, field="header.size_bytes")
            check_model_size(message.header.size_bytes, self._max_model_bytes, "header.size_bytes")
            return message.header
        raise EngineError("STREAM_OUT_OF_ORDER", "the first message must hold the header", field="header")

    def _keep(self, upload: Upload, checkpoint: Callable[[], None]) -> tuple[ModelInfo, bool]:
        try:
            described, structure = self._models.describe(upload.content(), checkpoint)
        except EngineError as error:
            error.field = "chunk"
            raise
        info = ModelInfo(
            digest=upload.digest,
            size_bytes=upload.size,
            created_at=time.time(),
            inputs=described.inputs,
            outputs=described.outputs,
            class_labels=described.class_labels,
            producer=structure.producer,
        )
        return self._models.store.keep(upload, info)


async def _to_its_end(gone: threading.Event, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function on a thread. If the call ends meanwhile, say so by `gone` and wait until the thread has noticed.

    What the thread works on is closed after the call: it must not be so while the thread still writes to it.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        gone.set()
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # nobody waits for it any more
        raise


def encode_model(info: ModelInfo) -> pb.Model:
    """Return what is known of a model as a message."""
    created = timestamp_pb2.Timestamp()
    created.FromMilliseconds(round(info.created_at * 1000))
    return pb.Model(
        digest=info.digest,
        size_bytes=info.size_bytes,
        created_at=created,
        inputs=map(_value, info.inputs),
        outputs=map(_value, info.outputs),
        class_labels=info.class_labels,
        producer=info.producer,
    )


def _value(value: Value) -> pb.ModelValue:
    return pb.ModelValue(name=value.name, dtype=data_type(value.type), shape=value.shape, class_map=value.class_map)


def _check_whole(header: pb.UploadModelHeader, upload: Upload) -> None:
    if not upload.size:
        raise EngineError("MODEL_INVALID", "no bytes came after the header", field="chunk")
    if header.size_bytes and header.size_bytes != upload.size:
        message = f"{upload.size} bytes came; the header says {header.size_bytes}"
        raise EngineError("MODEL_DIGEST_MISMATCH", message, field="header.size_bytes")
    if header.digest and header.digest != upload.digest:
        message = f"the bytes have the digest {upload.digest}; the header says {header.digest}"
        raise EngineError("MODEL_DIGEST_MISMATCH", message, field="header.digest")
