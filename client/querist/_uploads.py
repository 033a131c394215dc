"""The messages of a model's upload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from querist.v1 import model_service_pb2

CHUNK_BYTES = 2**20


def upload_messages(onnx: bytes) -> Iterator[model_service_pb2.UploadModelRequest]:
    """Return the header and the chunks of a model."""
    header = model_service_pb2.UploadModelHeader(digest=hashlib.sha256(onnx).hexdigest(), size_bytes=len(onnx))
    yield model_service_pb2.UploadModelRequest(header=header)
    for start in range(0, len(onnx), CHUNK_BYTES):
        yield model_service_pb2.UploadModelRequest(chunk=onnx[start : start + CHUNK_BYTES])
