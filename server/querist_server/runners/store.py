"""Uploaded models on disk, each under the SHA-256 of its bytes. What is there is whole: files are written aside, flushed, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from querist_server.engine.errors import EngineError, LimitError

DIGEST = re.compile(r"^[0-9a-f]{64}$")
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Value:
    """An input or output: its name, the runtime's name of its type, its shape with -1 for lengths that are not fixed."""

    name: str
    type: str
    shape: tuple[int, ...]
    class_map: bool = False


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model; times in seconds since 1970."""

    digest: str
    size_bytes: int
    created_at: float
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    class_labels: tuple[str, ...] = ()
    producer: str = ""

    @classmethod
    def from_json(cls, text: str) -> ModelInfo:
        """Read what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        for name in ("inputs", "outputs"):
            fields[name] = tuple(Value(**{**value, "shape": tuple(value["shape"])}) for value in fields[name])
        fields["class_labels"] = tuple(fields["class_labels"])
        return cls(**fields)

    def to_json(self) -> str:
        """Return all fields as JSON."""
        return json.dumps(asdict(self))


@dataclass
class Upload:
    """A model while its bytes arrive."""

    path: Path
    file: BinaryIO
    limit: int
    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises
        ------
        LimitError
            If the model is larger than the server takes.
        EngineError
            MODEL_STORE_UNAVAILABLE if the disk takes no more.
        """
        self.size += len(chunk)
        check_model_size(self.size, self.limit)
        self.hash.update(chunk)
        with _writing():
            self.file.write(chunk)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes so far."""
        return str(self.hash.hexdigest())

    def content(self) -> bytes:
        """Return all bytes."""
        with _writing():
            self.file.flush()
            return self.path.read_bytes()


def check_model_size(size: int, limit: int) -> None:
    """Refuse a model that is larger than the server takes."""
    if size > limit:
        raise LimitError(
            f"the model has {size} bytes or more; this server's max_model_bytes is {limit}", limit="max_model_bytes", allowed=limit
        )


class ModelStore:
    """A directory of models. Thread-safe.

    Parameters
    ----------
    directory : Path
        Made when it is first written to.
    max_bytes : int
        Bytes that all models together may take. Nothing is ever evicted: a full store refuses.
    max_model_bytes : int
        Largest model.
    """

    def __init__(self, directory: Path, max_bytes: int, max_model_bytes: int) -> None:
        self._directory, self._max_bytes, self._max_model_bytes = directory, max_bytes, max_model_bytes
        self._lock = threading.Lock()
        self._models: dict[str, ModelInfo] = {}
        self._heal()

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Open a file aside for a new model; it is gone afterwards unless it was kept.

        Raises
        ------
        EngineError
            MODEL_STORE_UNAVAILABLE if the directory cannot be written to.
        """
        with _writing():
            self._directory.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=_PARTIAL, dir=self._directory)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield Upload(path, file, self._max_model_bytes)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, upload: Upload, info: ModelInfo) -> tuple[ModelInfo, bool]:
        """Store an uploaded model for good.

        Returns
        -------
        info : ModelInfo
            Of the stored model; the earlier one's if it was there already.
        created : bool
            Whether it is new.

        Raises
        ------
        EngineError
            MODEL_STORE_FULL, or MODEL_STORE_UNAVAILABLE.
        """
        with self._lock, _writing():
            if info.digest in self._models:
                return self._models[info.digest], False
            used = sum(model.size_bytes for model in self._models.values())
            if used + info.size_bytes > self._max_bytes:
                message = f"the models take {used} bytes of {self._max_bytes}; {info.size_bytes} more do not fit. Delete a model first."
                raise EngineError("MODEL_STORE_FULL", message)
            upload.file.flush()
            os.fsync(upload.file.fileno())
            upload.path.replace(self._model_path(info.digest))
            self._write_info(info)  # last: a model without it counts as absent
            self._models[info.digest] = info
        return info, True

    def get(self, digest: str) -> ModelInfo:
        """Return what is known of a model.

        Raises
        ------
        EngineError
            MODEL_NOT_FOUND, or VALUE_OUT_OF_RANGE if that is no digest.
        """
        check_digest(digest, "digest")
        with self._lock:
            if digest not in self._models:
                raise EngineError("MODEL_NOT_FOUND", f"no model with the digest {digest} is stored", field="digest")
            return self._models[digest]

    def content(self, digest: str) -> bytes:
        """Return a model's bytes."""
        self.get(digest)
        try:
            return self._model_path(digest).read_bytes()
        except FileNotFoundError as error:
            raise EngineError("MODEL_NOT_FOUND", f"no model with the digest {digest} is stored", field="digest") from error

    def page(self, after: str, count: int) -> list[ModelInfo]:
        """Return at most `count` models with digests above `after`, by digest."""
        with self._lock:
            digests = sorted(digest for digest in self._models if digest > after)
            return [self._models[digest] for digest in digests[:count]]

    def delete(self, digest: str) -> None:
        """Remove a model.

        Raises
        ------
        EngineError
            MODEL_NOT_FOUND, or MODEL_STORE_UNAVAILABLE.
        """
        self.get(digest)
        with self._lock, _writing():
            self._info_path(digest).unlink(missing_ok=True)  # first: from here on the model counts as absent
            self._model_path(digest).unlink(missing_ok=True)
            self._sync_directory()
            self._models.pop(digest, None)

    def _heal(self) -> None:
        """Take stock of what an earlier server left, and remove what is not whole."""
        if not self._directory.is_dir():
            return
        for path in sorted(self._directory.glob("*.json")):
            with suppress(ValueError, TypeError, KeyError, OSError):
                info = ModelInfo.from_json(path.read_text())
                if info.digest == path.stem and self._model_path(info.digest).stat().st_size == info.size_bytes:
                    self._models[info.digest] = info
        for path in self._directory.iterdir():
            ours = path.name.startswith(_PARTIAL) or (path.suffix in (".onnx", ".json") and DIGEST.match(path.stem))
            if ours and path.stem not in self._models:
                with suppress(OSError):
                    path.unlink()

    def _write_info(self, info: ModelInfo) -> None:
        descriptor, name = tempfile.mkstemp(prefix=_PARTIAL, dir=self._directory)
        with os.fdopen(descriptor, "w") as file:
            file.write(info.to_json())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._info_path(info.digest))
        self._sync_directory()

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _model_path(self, digest: str) -> Path:
        return self._directory / f"{digest}.onnx"

    def _info_path(self, digest: str) -> Path:
        return self._directory / f"{digest}.json"


def check_digest(digest: str, field: str) -> None:
    """Refuse what is no SHA-256 in lower-case hexadecimal digits."""
    if not DIGEST.match(digest):
        message = f"a digest is {digest[:80]!r}; it must be 64 lower-case hexadecimal digits"
        raise EngineError("VALUE_OUT_OF_RANGE", message, field=field)


@contextmanager
def _writing() -> Iterator[None]:
    """Turn what the disk refuses into the error that its caller gets, without paths."""
    try:
        yield
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise EngineError("MODEL_STORE_UNAVAILABLE", f"this server cannot write to its model store: {problem}") from error
