"""The composition root: the only place that knows all parts of the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from querist.v1 import (
    annotation_service_pb2,
    annotation_service_pb2_grpc,
    model_service_pb2,
    model_service_pb2_grpc,
    selection_service_pb2,
    selection_service_pb2_grpc,
    system_service_pb2,
    system_service_pb2_grpc,
)

from querist_server import footprint, listening, tls
from querist_server.engine.pipeline import Limits
from querist_server.instruments import Instruments
from querist_server.runners import sandbox
from querist_server.runners.confinement import Confinement
from querist_server.runners.process import WorkerPool
from querist_server.runners.store import ModelStore
from querist_server.service.access import Access
from querist_server.service.annotations import AnnotationServicer
from querist_server.service.inference import Models
from querist_server.service.interceptors import CallInterceptor
from querist_server.service.local_files import LocalFiles
from querist_server.service.model_policy import ModelPolicy
from querist_server.service.models import ModelServicer
from querist_server.service.reading import asked, received
from querist_server.service.selection import SelectionServicer
from querist_server.service.system import SystemServicer
from querist_server.service.tokens import Tokens
from querist_server.service.watch import Watch
from querist_server.service.workers import Workers
from querist_server.settings import Settings, SettingsError

BLOCK_BYTES = 2 * 2**20
"""Size of a row block that streams best, as measured on loopback."""
_SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (selection_service_pb2, "SelectionService"),
        (annotation_service_pb2, "AnnotationService"),
        (model_service_pb2, "ModelService"),
        (system_service_pb2, "SystemService"),
    )
)
_METHODS = {f"/{service.full_name}/{method.name}": method.name for service in _SERVICES for method in service.methods}
_READERS = {f"/{_SERVICES[0].full_name}/Select": asked, f"/{_SERVICES[0].full_name}/SelectStream": received}


@dataclass(frozen=True)
class Server:
    """A server that is wired but does not listen to calls yet.

    Attributes
    ----------
    grpc_server : grpc.aio.Server
    health : health.aio.HealthServicer
        Says NOT_SERVING until the life cycle says otherwise.
    interceptor : CallInterceptor
        Knows the running calls, and refuses new ones while draining.
    workers : Workers
    watch : Watch
        Looks after memory and idle calls, from `begin` on.
    model_processes : WorkerPool
    bound : Listening
        Where it listens.
    instruments : Instruments
        What shows an operator how it is.
    """

    grpc_server: grpc.aio.Server
    health: health.aio.HealthServicer
    interceptor: CallInterceptor
    workers: Workers
    watch: Watch
    model_processes: WorkerPool
    bound: listening.Listening
    instruments: Instruments

    @property
    def addresses(self) -> list[str]:
        """Where it listens, with the ports that were given."""
        return self.bound.addresses

    @property
    def service_names(self) -> list[str]:
        """Names under which health is told: the whole server, and each service."""
        return ["", *(service.full_name for service in _SERVICES)]


async def build_server(settings: Settings) -> Server:
    """Wire all parts together.

    Raises
    ------
    ListenError
        If an address cannot be listened on.
    SettingsError
        If a setting names what is not there.
    UnusableFileError
        If certificates or tokens cannot be used.
    """
    files = _local_files(settings)
    shared = files.shared()
    instruments = Instruments(settings, _METHODS)
    interceptor = CallInterceptor(settings.max_calls, instruments.observers, _READERS)
    watch = Watch(
        interceptor.open,
        ceiling=settings.max_memory_bytes,
        most_each=settings.max_message_bytes,
        max_idle_seconds=settings.max_idle_seconds,
        tidy=None if shared is None else shared.tidy,
    )
    interceptor.admit = watch.check
    tokens = Tokens(settings.token_file) if settings.token_file is not None else None
    access = Access(tokens, settings.allowed_identities, instruments.observers)
    credentials = tls.credentials_of(settings)
    grpc_server = grpc.aio.server(interceptors=[access, interceptor], options=_channel_options(settings))
    workers = Workers(settings.workers, settings.max_waiting, _in_flight_bytes(settings))
    confined = await _is_confined(settings)
    model_processes = WorkerPool(
        settings.model_workers,
        max(1, settings.workers // settings.model_workers),
        Confinement(settings.model_memory_bytes, settings.model_cpu_seconds, settings.require_sandbox),
    )
    store = ModelStore(settings.model_directory, settings.max_model_store_bytes, settings.max_model_bytes)
    policy = _model_policy(settings)
    models = Models(store, model_processes, policy, max(settings.max_classes, settings.max_embedding_width))
    health_servicer = health.aio.HealthServicer()
    selection = SelectionServicer(
        workers, _limits(settings), models, settings.max_message_bytes, files, digests=instruments.log is not None
    )
    selection_service_pb2_grpc.add_SelectionServiceServicer_to_server(selection, grpc_server)
    annotations = AnnotationServicer(workers, _limits(settings), files)
    annotation_service_pb2_grpc.add_AnnotationServiceServicer_to_server(annotations, grpc_server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelServicer(models, settings.max_model_bytes), grpc_server)
    offered = {"models": True, "local_files": files.enabled, "model_uploads": policy.uploads, "model_sandbox": confined}
    features = [name for name, here in offered.items() if here]
    system = SystemServicer(_server_limits(settings), features, None if shared is None else shared.offer)
    system_service_pb2_grpc.add_SystemServiceServicer_to_server(system, grpc_server)
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, grpc_server)
    if settings.reflection:
        names = [service.full_name for service in _SERVICES]
        reflection.enable_server_reflection(
            [*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME], grpc_server
        )
    bound = listening.listen(
        grpc_server, settings.addresses, insecure=settings.insecure, socket_mode=int(settings.socket_mode, 8), credentials=credentials
    )
    try:
        await instruments.listen(interceptor, workers, watch, model_processes, store)
    except listening.ListenError:
        bound.leave()
        raise
    server = Server(grpc_server, health_servicer, interceptor, workers, watch, model_processes, bound, instruments)
    for name in server.service_names:  # the health servicer itself would begin with SERVING
        await health_servicer.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
    return server


def _in_flight_bytes(settings: Settings) -> int:
    """Return what all selections may hold: the other half of the free memory is for copies on their way in and out."""
    free = settings.max_memory_bytes - footprint.resident_bytes()
    return settings.max_in_flight_bytes or max(free // 2, settings.max_message_bytes)


def _local_files(settings: Settings) -> LocalFiles:
    directory = settings.local_tensor_directory
    try:
        return LocalFiles(directory, settings.max_kept_bytes)
    except OSError as error:
        raise SettingsError(f"local_tensor_directory {directory} cannot be opened: {error.strerror}; it must be a directory") from error


async def _is_confined(settings: Settings) -> bool:
    """Find out whether processes that run models can be confined on this machine."""
    possible = await asyncio.to_thread(sandbox.probe)
    if possible and settings.require_sandbox:
        raise SettingsError(f"require_sandbox: model processes cannot be confined here: {'; '.join(possible)}")
    return not possible


def _model_policy(settings: Settings) -> ModelPolicy:
    local = all(map(listening.is_local, settings.addresses))
    return ModelPolicy(settings.uploads == "on" or (settings.uploads == "local" and local), frozenset(settings.allowed_models))


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_rows=settings.max_rows,
        max_classes=settings.max_classes,
        max_members=settings.max_members,
        max_embedding_width=settings.max_embedding_width,
        max_kept_bytes=settings.max_kept_bytes,
        max_score_cells=settings.max_score_cells,
    )


def _server_limits(settings: Settings) -> system_service_pb2.ServerLimits:
    return system_service_pb2.ServerLimits(
        max_message_bytes=settings.max_message_bytes,
        block_bytes=BLOCK_BYTES,
        max_rows=settings.max_rows,
        max_classes=settings.max_classes,
        max_members=settings.max_members,
        max_embedding_width=settings.max_embedding_width,
        max_model_bytes=settings.max_model_bytes,
        max_kept_bytes=settings.max_kept_bytes,
        max_score_cells=settings.max_score_cells,
    )


def _channel_options(settings: Settings) -> list[tuple[str, int]]:
    age = settings.max_connection_age_seconds
    return [
        # Old connections take no new calls; how long running ones may go on has no limit unless one is set.
        *([] if age is None else [("grpc.max_connection_age_ms", round(age * 1000))]),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.so_reuseport", 0),  # a second server on the same port must fail, not share it
        ("grpc.max_concurrent_streams", 1024),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
