"""What is wrong with a call about models is named, and nothing is stored."""

import hashlib

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from onnx_models import linear
from querist.v1 import model_service_pb2 as pb
from querist.v1 import model_service_pb2_grpc
from serving import serving

MODEL = linear()
OTHER = "0" * 64


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as server, grpc.insecure_channel(server.address) as channel:
        yield model_service_pb2_grpc.ModelServiceStub(channel)


def header(**more) -> pb.UploadModelRequest:
    return pb.UploadModelRequest(header=pb.UploadModelHeader(**more))


def chunk(content: bytes = MODEL) -> pb.UploadModelRequest:
    return pb.UploadModelRequest(chunk=content)


UPLOADS = {
    "nothing": ([], "INVALID_ARGUMENT", "STREAM_OUT_OF_ORDER", "header"),
    "an empty message first": ([pb.UploadModelRequest()], "INVALID_ARGUMENT", "STREAM_OUT_OF_ORDER", "header"),
    "a chunk first": ([chunk(), header()], "INVALID_ARGUMENT", "STREAM_OUT_OF_ORDER", "header"),
    "a second header": ([header(), chunk(), header()], "INVALID_ARGUMENT", "STREAM_OUT_OF_ORDER", "header"),
    "an empty message": ([header(), chunk(), pb.UploadModelRequest()], "INVALID_ARGUMENT", "STREAM_OUT_OF_ORDER", "header"),
    "no chunks": ([header()], "INVALID_ARGUMENT", "MODEL_INVALID", "chunk"),
    "empty chunks": ([header(), chunk(b""), chunk(b"")], "INVALID_ARGUMENT", "MODEL_INVALID", "chunk"),
    "a lost chunk": (
        [header(size_bytes=len(MODEL)), chunk(MODEL[:50])],
        "INVALID_ARGUMENT",
        "MODEL_DIGEST_MISMATCH",
        "header.size_bytes",
    ),
    "a doubled chunk": (
        [header(digest=hashlib.sha256(MODEL).hexdigest()), chunk(MODEL[:50]), chunk(MODEL[:50]), chunk(MODEL[50:])],
        "INVALID_ARGUMENT",
        "MODEL_DIGEST_MISMATCH",
        "header.digest",
    ),
    "chunks in another order": (
        [header(digest=hashlib.sha256(MODEL).hexdigest()), chunk(MODEL[50:]), chunk(MODEL[:50])],
        "INVALID_ARGUMENT",
        "MODEL_DIGEST_MISMATCH",
        "header.digest",
    ),
    "a digest that is none": ([header(digest="A" * 64), chunk()], "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "header.digest"),
    "a negative size": ([header(size_bytes=-1), chunk()], "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "header.size_bytes"),
    "more bytes than are allowed": ([header(size_bytes=2**62), chunk()], "RESOURCE_EXHAUSTED", "LIMIT_EXCEEDED", "header.size_bytes"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_uploads(models, name):
    messages, code, reason, field = UPLOADS[name]
    before = models.ListModels(pb.ListModelsRequest(), timeout=20)
    with pytest.raises(grpc.RpcError) as caught:
        models.UploadModel(iter(messages), timeout=20)
    check(caught.value, code, reason, field)
    assert models.ListModels(pb.ListModelsRequest(), timeout=20) == before


@pytest.mark.parametrize(
    ("call", "request_", "code", "reason", "field"),
    [
        ("ListModels", pb.ListModelsRequest(page_size=-1), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "page_size"),
        ("ListModels", pb.ListModelsRequest(page_size=1001), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "page_size"),
        ("ListModels", pb.ListModelsRequest(page_token="../../etc"), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "page_token"),
        ("GetModel", pb.GetModelRequest(), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "digest"),
        ("GetModel", pb.GetModelRequest(digest="../" + "0" * 61), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "digest"),
        ("GetModel", pb.GetModelRequest(digest=OTHER), "NOT_FOUND", "MODEL_NOT_FOUND", "digest"),
        ("DeleteModel", pb.DeleteModelRequest(digest="*"), "INVALID_ARGUMENT", "VALUE_OUT_OF_RANGE", "digest"),
        ("DeleteModel", pb.DeleteModelRequest(digest=OTHER), "NOT_FOUND", "MODEL_NOT_FOUND", "digest"),
    ],
)
def test_calls(models, call, request_, code, reason, field):
    with pytest.raises(grpc.RpcError) as caught:
        getattr(models, call)(request_, timeout=20)
    check(caught.value, code, reason, field)


def test_a_list_comes_whole_however_small_its_pages_are(models):
    digests = {models.UploadModel(iter([header(), chunk(linear(classes))]), timeout=60).model.digest for classes in (2, 3, 4)}
    found, token = [], ""
    while True:
        page = models.ListModels(pb.ListModelsRequest(page_size=1, page_token=token), timeout=20)
        found += [model.digest for model in page.models]
        token = page.next_page_token
        if not token:
            break
        assert len(page.models) == 1
    assert digests <= set(found)
    assert found == sorted(set(found))
    for digest in digests:
        models.DeleteModel(pb.DeleteModelRequest(digest=digest), timeout=20)


def check(error: grpc.RpcError, code: str, reason: str, field: str) -> None:
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo.FromString(status.details[0].value)
    assert (error.code().name, info.reason, info.metadata["field"]) == (code, reason, field), error.details()
