"""The asynchronous client: the same names and arguments as `querist.connect`, to be awaited."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import grpc.aio

from querist import _responses, catalogue, results
from querist._async_annotator_calls import AsyncAnnotatorCalls
from querist._async_streaming import select_by_stream
from querist._channel import AsyncChannel
from querist._model_use import ModelUse
from querist._options import DEFAULT, Options, Place, connecting
from querist._progress import Listener, Telling
from querist._requests import advice_request, request_of, selecting
from querist._retry import OnRetry
from querist._sharing import Sharing
from querist._simulation_calls import AsyncSimulationCalls
from querist._tls import Tls
from querist._uploads import upload_messages
from querist.advice import StopAdvice
from querist.errors import InvalidRequestError, NotFoundError, QueristError, from_rpc_error
from querist.plan import Plan
from querist.v1 import model_service_pb2, system_service_pb2
from querist.v1.model_service_pb2_grpc import ModelServiceStub
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub

T = TypeVar("T")


def connect(
    address: str,
    *,
    timeout: float | None = 60.0,
    retries: int = 3,
    on_retry: OnRetry | None = None,
    tls: Tls | bool | None = None,
    token: str | None = None,
    token_file: str | os.PathLike[str] | None = None,
    shared_directory: Place = None,
) -> AsyncClient:
    """Return an asynchronous client of a server. No connection is made before the first call.

    Parameters
    ----------
    address : str
        "host:port", "unix:/path" of a socket, or "dns:///host:port" for all servers of that name, which take turns.
    timeout : float or None
        Seconds for one call with all its retries; None for no limit.
    retries : int
        How often a call is tried again while the server is unavailable or overloaded; once if the process died that ran its model. No call
        has an effect that a repetition would double. 0 switches that off.
    on_retry : callable, optional
        Called before each retry with its number, the error, and the seconds until then.
    tls : Tls or True, optional
        Encrypt, and demand that the server proves its name; True trusts whom the system trusts. Default: plain text.
    token : str, optional
        What this caller proves itself with. Not sent unencrypted but to this machine.
    token_file : path, optional
        A file that holds the token and nothing else, read again when it changes.
    shared_directory : path or False, optional
        Where this process sees the directory in which the server takes large arrays as files, if a container has it elsewhere than the
        server; False: send bytes alone. Default: where the server has it, if it has one and is on this host.

    Raises
    ------
    InvalidRequestError
        If these contradict each other, or a token would travel unencrypted.
    """
    options = connecting(
        address,
        timeout=timeout,
        retries=retries,
        on_retry=on_retry,
        tls=tls,
        token=token,
        token_file=token_file,
        shared_directory=shared_directory,
    )
    return AsyncClient(options)


class AsyncClient(AsyncAnnotatorCalls, AsyncSimulationCalls):
    """Talks to one server, from one event loop. May be pickled while it is not in use.

    Use it as an asynchronous context manager, or call `close`.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._sharing = Sharing(options)
        self._channel: AsyncChannel | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"_options": self._options, "_sharing": self._sharing, "_channel": None, "_loop": None}

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._options.address}>"

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._options.address

    async def close(self) -> None:
        """Close the connection."""
        if self._channel is not None:
            await self._channel.close()
        self._channel = None
        self._sharing = Sharing(self._options)

    async def select(
        self,
        probabilities: Any = None,
        *,
        strategy: str | Plan | None = None,
        count: int | None = None,
        rank_all: bool = False,
        logits: Any = None,
        committee: Any = None,
        committee_logits: Any = None,
        votes: Any = None,
        committee_layout: str = "members_first",
        member_weights: Any = None,
        class_count: int | None = None,
        scores: Any = None,
        embeddings: Any = None,
        label_probabilities: Any = None,
        predicted_values: Any = None,
        predicted_variances: Any = None,
        committee_values: Any = None,
        parts: Any = None,
        costs: Any = None,
        cost_features: Any = None,
        groups: Any = None,
        unlabelable: Any = None,
        thumbnails: Any = None,
        evidence: Any = None,
        look_ahead: Any = None,
        labelled: Any = None,
        wanted: Any = None,
        unwanted: Any = None,
        head: Any = None,
        cost_history: Any = None,
        target: Any = None,
        calibration: Any = None,
        pre_annotation: Any = None,
        campaign: Any = None,
        stop_set: Any = None,
        screened: Any = None,
        answers: Any = None,
        models: Sequence[str | bytes | Path | ModelUse] = (),
        model_inputs: Any = None,
        cost_matrix: Any = None,
        ids: Any = None,
        keys: Any = None,
        exclude: Any = None,
        budget: float | None = None,
        random_share: float = 0.0,
        audit_share: float = 0.0,
        seed: int | None = None,
        return_components: bool = False,
        return_scores: bool = False,
        return_draw_probabilities: bool = False,
        progress: bool | Listener | None = None,
        timeout: Any = DEFAULT,
    ) -> results.Batch:
        """Choose which instances to label next: the arguments, result and errors of `querist.Client.select`.

        Batches may also come from an asynchronous iterable.
        """
        request = request_of(selecting(locals()))
        try:
            if not request.streams and not progress:
                message = request.unary()
                response = await self._call(lambda left: self._selection.Select(message, timeout=left), timeout)
                return _responses.batch(response, request.ids)
            with Telling(progress) as tell:
                return await self._call(
                    lambda left: select_by_stream(self._connected(), self._sharing, request, tell, left),
                    timeout,
                    repeatable=request.repeatable,
                )
        except InvalidRequestError as error:
            error.name_row(request.ids)
            raise

    async def advise_stop(
        self, campaign: Any, *, labelled: Any = None, stop_set: Any = None, screened: Any = None, timeout: Any = DEFAULT
    ) -> StopAdvice:
        """Say whether labelling should go on, without a selection.

        Parameters
        ----------
        campaign : CampaignRound or dict
            What is known of the labels so far.
        labelled : Labelled or dict, optional
            Embeddings and classes of what is labelled, new ones at the end.
        stop_set : array (n, C) or (n,) of integers, StopSet, or dict, optional
            What your model says now of instances that stay the same over all rounds.
        screened : array (n,), optional
            Probabilities of relevance of all that was screened, in review work.
        timeout : float or None, optional
            Seconds for this call, instead of the client's.
        """
        request = advice_request(campaign, labelled, stop_set, screened)
        return _responses.advice(await self._call(lambda left: self._selection.AdviseStop(request, timeout=left), timeout))

    async def upload_model(self, model: str | Path | bytes, *, timeout: Any = DEFAULT) -> catalogue.Model:
        """Store an ONNX model, given as bytes or as the path of a file; safe to repeat."""
        onnx = model if isinstance(model, bytes) else Path(model).read_bytes()
        response = await self._call(lambda left: self._models.UploadModel(upload_messages(onnx), timeout=left), timeout)
        return _responses.model(response.model)

    async def get_model(self, digest: str, *, timeout: Any = DEFAULT) -> catalogue.Model:
        """Describe a stored model."""
        request = model_service_pb2.GetModelRequest(digest=digest)
        return _responses.model((await self._call(lambda left: self._models.GetModel(request, timeout=left), timeout)).model)

    async def list_models(self, *, timeout: Any = DEFAULT) -> list[catalogue.Model]:
        """Describe all stored models."""
        found: list[catalogue.Model] = []
        token = ""
        while True:
            request = model_service_pb2.ListModelsRequest(page_token=token)
            page = await self._call(lambda left, request=request: self._models.ListModels(request, timeout=left), timeout)  # type: ignore[misc]
            found += map(_responses.model, page.models)
            token = page.next_page_token
            if not token:
                return found

    async def delete_model(self, digest: str, *, timeout: Any = DEFAULT) -> None:
        """Remove a stored model."""
        request = model_service_pb2.DeleteModelRequest(digest=digest)
        try:
            await self._call(lambda left: self._models.DeleteModel(request, timeout=left), timeout)
        except NotFoundError as error:
            if not error.reply_lost:  # else this very call has removed it, and only its answer did not come
                raise

    async def strategies(self, *, timeout: Any = DEFAULT) -> catalogue.Strategies:
        """Return every preset, score and choice of the server."""
        request = system_service_pb2.ListStrategiesRequest()
        return _responses.strategies(await self._call(lambda left: self._system.ListStrategies(request, timeout=left), timeout))

    async def info(self, *, timeout: Any = DEFAULT) -> catalogue.ServerInfo:
        """Return the server's version, limits and features."""
        request = system_service_pb2.GetServerInfoRequest()
        return _responses.server_info(await self._call(lambda left: self._system.GetServerInfo(request, timeout=left), timeout))

    async def _call(self, attempt: Callable[[float | None], Awaitable[T]], timeout: Any, *, repeatable: bool = True) -> T:
        """Make a call, and again as long as that helps."""
        attempts = self._options.attempts(timeout)
        while True:
            version = self._connected().version()
            try:
                return await attempt(attempts.seconds_left)
            except grpc.RpcError as error:
                failure = from_rpc_error(error)
                if repeatable and attempts.renews_after(failure) and self._connected().version() != version:
                    continue
                try:
                    delay = attempts.delay_after(failure, repeatable=repeatable)
                except QueristError as final:
                    raise final from error
            await asyncio.sleep(delay)

    @property
    def _selection(self) -> SelectionServiceStub:
        return SelectionServiceStub(self._connected())

    @property
    def _models(self) -> ModelServiceStub:
        return ModelServiceStub(self._connected())

    @property
    def _system(self) -> SystemServiceStub:
        return SystemServiceStub(self._connected())

    def _connected(self) -> AsyncChannel:
        """Return this event loop's channel."""
        loop = asyncio.get_running_loop()
        if self._channel is None or self._loop is not loop:
            self._channel = AsyncChannel(self._options)
            self._loop = loop
        return self._channel
