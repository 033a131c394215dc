"""The synchronous client."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from querist import _responses, catalogue, results
from querist._annotator_calls import AnnotatorCalls
from querist._channel import Channel
from querist._model_use import ModelUse
from querist._options import DEFAULT, Options, Place, connecting
from querist._progress import Listener, Telling
from querist._requests import advice_request, request_of, selecting
from querist._retry import OnRetry
from querist._sharing import Sharing
from querist._simulation_calls import SimulationCalls
from querist._streaming import select_by_stream
from querist._tls import Tls
from querist._uploads import upload_messages
from querist.advice import StopAdvice
from querist.errors import InvalidRequestError, NotFoundError, QueristError, from_rpc_error
from querist.plan import Plan
from querist.v1 import model_service_pb2, system_service_pb2
from querist.v1.model_service_pb2_grpc import ModelServiceStub
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from querist.v1.system_service_pb2_grpc import SystemServiceStub

if TYPE_CHECKING:
    from querist._local import LocalServer

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
) -> Client:
    """Return a client of a server. No connection is made before the first call.

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
    return Client(options)


class Client(AnnotatorCalls, SimulationCalls):
    """Talks to one server. Thread-safe; may be pickled, and used after a fork: each process connects for itself.

    Use it as a context manager, or call `close`.
    """

    def __init__(self, options: Options, server: LocalServer | None = None) -> None:
        self._options = options
        self._server = server
        self._sharing = Sharing(options)
        self._channel: Channel | None = None
        self._pid = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self._server is not None:
            raise TypeError("a client of a private server cannot be pickled; connect to its address instead")
        return {"_options": self._options, "_server": None, "_sharing": self._sharing, "_channel": None, "_pid": 0}

    def __repr__(self) -> str:
        return f"<Client of {self._options.address}>"

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._options.address

    def close(self) -> None:
        """Close the connection, and stop the server if it is a private one."""
        if self._channel is not None and self._pid == os.getpid():
            self._channel.close()
        self._channel = None
        self._sharing = Sharing(self._options)
        if self._server is not None:
            self._server.stop()

    def select(
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
        """Choose which instances to label next.

        Arrays may be numpy, torch, JAX, pandas, polars, Arrow or nested lists. The predictions may also be an iterable of batches, each an
        array or a dict of the row fields (with "ids", if wanted), which is streamed as it comes.

        Parameters
        ----------
        probabilities : array (N, C), (N,) or (N, 1), or iterable of batches
            The model's predictions; one column stands for the positive class.
        strategy : str or Plan
            Name of a preset (see `strategies`), or a plan; "auto" picks a preset by what is given.
        count : int
            How many to choose; or `rank_all=True` to rank every candidate, or a `budget` alone.
        logits : array (N, C), (N,) or (N, 1), or iterable of batches
            Predictions before softmax, instead of probabilities.
        committee, committee_logits : array (K, N, C), or list of K arrays (N, C)
            Predictions of K models.
        votes : array (K, N) of integers
            Hard votes of K models, -1 for an abstention; with `class_count`.
        committee_layout : {"members_first", "rows_first"}
            Order of the committee's dimensions; "rows_first" is (N, K, C).
        member_weights : array (K,), optional
        class_count : int, optional
        scores : array (N,)
            The caller's own score, for the strategy "caller".
        embeddings : array (N, D)
        label_probabilities : array (N, L)
            Of labels that do not exclude each other.
        predicted_values, predicted_variances : array (N,)
            Of a regression model; `committee_values` (K, N) of a committee of them.
        parts : PartPredictions or dict
            Predictions for tokens, boxes or pixels.
        costs : array (N,)
            What a label of each costs; or `cost_features` (N, F) and a `cost_history`, from which costs are predicted.
        groups : array (N,) of integers
            Patients, videos or sources, for the guard `group_cap`.
        unlabelable : array (N,)
            Probability that annotators could not label each, for the guard `unlabelable`.
        thumbnails : array (N, H, W) or (N, H, W, 3) of uint8
            Small versions of images, for the guard `image_quality`.
        evidence : array (N, C)
            How much speaks for each class: the output of an evidential model, or counts.
        look_ahead : array (N, C, E, C)
            What your model says of the target set once it has learnt each instance with each label.
        labelled : Labelled or dict
            What is labelled already.
        wanted, unwanted : array (n, D)
            Embeddings of examples to move towards and away from.
        head : LinearHead, dict, or pair (weights, bias)
            The linear last layer of your model.
        cost_history : CostHistory, dict, or pair (features, costs)
        target : Target or dict
            The instances on which your model is meant to do well.
        calibration : CalibrationSet or dict
            Instances with known classes by which your model's probabilities are made honest before anything looks at them.
        pre_annotation : PreAnnotation or dict, optional
            Ask for labels that a person may start from.
        campaign : CampaignRound or dict, optional
            What is known of the labels so far: makes this a round of a campaign, with `Batch.stop` saying whether to go on. See `Campaign`.
        stop_set : array (n, C) or (n,) of integers, StopSet, or dict
            What your model says now of instances that stay the same over all rounds.
        screened : array (n,)
            Probabilities of relevance of all that was screened, in review work.
        answers : Answers or dict
            What annotators said of instances of the pool, by their keys, for the strategy "active_lab".
        models : sequence of str, bytes, Path or ModelUse
            Models that the server runs on `model_inputs`: digests of uploaded models, models, or paths; several make a committee.
        model_inputs : array (N, ...), or dict of them by name
        cost_matrix : array (C, C)
            Entry [i, j] is the cost of deciding for j when the truth is i.
        ids : sequence of N ids, optional
            Come back beside the indices. Default: the index, if a pandas object was given.
        keys : array (N,) of int64, optional
            Ids that the server is told too.
        exclude : mask (N,), or row indices
            Instances that must not be chosen.
        budget : float, optional
            What all labels of the batch may cost together, in the unit of `costs`.
        random_share : float
            Share of the batch that is drawn at random.
        audit_share : float
            Share of the batch that is drawn at random from what guards put aside.
        seed : int, optional
            Decides all random draws.
        return_components, return_scores : bool
            Return the parts of a mixed score and the factors of weights, or the scores of the whole pool.
        return_draw_probabilities : bool
            Return how likely each instance was to be drawn, for an unbiased error estimate (`ErrorEstimate`, "lure").
        progress : bool or callable, optional
            True for a bar; or called with a `Progress` now and then.
        timeout : float or None, optional
            Seconds for this call, instead of the client's.

        Raises
        ------
        InvalidRequestError
            With `field`, `row`, `id` and `reason`.
        QueristError
            See `querist.errors`.
        """
        request = request_of(selecting(locals()))
        try:
            if not request.streams and not progress:
                message = request.unary()
                response = self._call(lambda left: self._selection.Select(message, timeout=left), timeout)
                return _responses.batch(response, request.ids)
            with Telling(progress) as tell:
                return self._call(
                    lambda left: select_by_stream(self._connected(), self._sharing, request, tell, left),
                    timeout,
                    repeatable=request.repeatable,
                )
        except InvalidRequestError as error:
            error.name_row(request.ids)
            raise

    def advise_stop(
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
        return _responses.advice(self._call(lambda left: self._selection.AdviseStop(request, timeout=left), timeout))

    def upload_model(self, model: str | Path | bytes, *, timeout: Any = DEFAULT) -> catalogue.Model:
        """Store an ONNX model, given as bytes or as the path of a file; safe to repeat."""
        onnx = model if isinstance(model, bytes) else Path(model).read_bytes()
        response = self._call(lambda left: self._models.UploadModel(upload_messages(onnx), timeout=left), timeout)
        return _responses.model(response.model)

    def get_model(self, digest: str, *, timeout: Any = DEFAULT) -> catalogue.Model:
        """Describe a stored model."""
        request = model_service_pb2.GetModelRequest(digest=digest)
        return _responses.model(self._call(lambda left: self._models.GetModel(request, timeout=left), timeout).model)

    def list_models(self, *, timeout: Any = DEFAULT) -> list[catalogue.Model]:
        """Describe all stored models."""
        found: list[catalogue.Model] = []
        token = ""
        while True:
            request = model_service_pb2.ListModelsRequest(page_token=token)
            page = self._call(lambda left, request=request: self._models.ListModels(request, timeout=left), timeout)  # type: ignore[misc]
            found += map(_responses.model, page.models)
            token = page.next_page_token
            if not token:
                return found

    def delete_model(self, digest: str, *, timeout: Any = DEFAULT) -> None:
        """Remove a stored model."""
        request = model_service_pb2.DeleteModelRequest(digest=digest)
        try:
            self._call(lambda left: self._models.DeleteModel(request, timeout=left), timeout)
        except NotFoundError as error:
            if not error.reply_lost:  # else this very call has removed it, and only its answer did not come
                raise

    def strategies(self, *, timeout: Any = DEFAULT) -> catalogue.Strategies:
        """Return every preset, score and choice of the server."""
        request = system_service_pb2.ListStrategiesRequest()
        return _responses.strategies(self._call(lambda left: self._system.ListStrategies(request, timeout=left), timeout))

    def info(self, *, timeout: Any = DEFAULT) -> catalogue.ServerInfo:
        """Return the server's version, limits and features."""
        request = system_service_pb2.GetServerInfoRequest()
        return _responses.server_info(self._call(lambda left: self._system.GetServerInfo(request, timeout=left), timeout))

    def _call(self, attempt: Callable[[float | None], T], timeout: Any, *, repeatable: bool = True) -> T:
        """Make a call, and again as long as that helps."""
        attempts = self._options.attempts(timeout)
        while True:
            version = self._connected().version()
            try:
                return attempt(attempts.seconds_left)
            except grpc.RpcError as error:
                failure = from_rpc_error(error)
                if repeatable and attempts.renews_after(failure) and self._connected().version() != version:
                    continue
                try:
                    delay = attempts.delay_after(failure, repeatable=repeatable)
                except QueristError as final:
                    raise final from error
            time.sleep(delay)

    @property
    def _selection(self) -> SelectionServiceStub:
        return SelectionServiceStub(self._connected())

    @property
    def _models(self) -> ModelServiceStub:
        return ModelServiceStub(self._connected())

    @property
    def _system(self) -> SystemServiceStub:
        return SystemServiceStub(self._connected())

    def _connected(self) -> Channel:
        """Return this process's channel: one that was made before a fork hangs in the child."""
        if self._channel is None or self._pid != os.getpid():
            self._channel, self._sharing = Channel(self._options), Sharing(self._options)
            self._pid = os.getpid()
        return self._channel
