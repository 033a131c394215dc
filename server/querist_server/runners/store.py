"""Uploaded models on disk, each under the SHA-256 of its bytes.

What is served is whole: a model's bytes are written aside, flushed and renamed, then what is known of it likewise, and it counts as stored
from then on; a deletion goes the other way round. Bytes are compared with their digest whenever they are read. The disk decides, so that
several servers may share a directory, and nothing needs a restart once a disk is mended.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from querist_server.engine.errors import EngineError
from querist_server.runners.disk import changing, disk_errors, sync_directory
from querist_server.runners.model_info import DIGEST, ModelInfo, Value, check_digest
from querist_server.runners.upload import PARTIAL, Upload, check_model_size, remove_dead
from querist_server.telemetry import SERVER

__all__ = ["ModelInfo", "ModelStore", "Upload", "Value", "check_digest", "check_model_size"]

MODEL, INFO = ".onnx", ".json"


class ModelStore:
    """A directory of models. Thread-safe, and safe beside other servers on the same directory.

    Parameters
    ----------
    directory : Path
        Made when it is first written to.
    max_bytes : int
        Bytes that all models together may take, those that arrive included. Nothing is ever evicted: a full store refuses.
    max_model_bytes : int
        Largest model.
    """

    def __init__(self, directory: Path, max_bytes: int, max_model_bytes: int) -> None:
        self._directory, self._max_bytes, self._max_model_bytes = directory, max_bytes, max_model_bytes
        self._lock, self._giving = threading.Lock(), threading.Lock()
        self._models: dict[str, ModelInfo] = {}
        self._uploads: set[Upload] = set()
        self._heal()

    @contextmanager
    def upload(self, announced: str = "") -> Iterator[Upload]:
        """Take a new model; what came of it is gone afterwards unless it was kept.

        Parameters
        ----------
        announced : str
            Its digest, if that is known: a model that is stored already takes no place while it comes again.
        """

        def stored() -> Callable[[], bytes] | None:
            there = announced != "" and self._find(announced) is not None
            return (lambda: self._once_more(announced)) if there else None

        upload = Upload(self._directory, self._max_model_bytes, self._make_room, stored)
        with self._lock:
            self._uploads.add(upload)
        try:
            yield upload
        finally:
            upload.close()
            with self._lock:
                self._uploads = {each for each in self._uploads if not each.gone}

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
        with disk_errors("write to"):
            self._directory.mkdir(parents=True, exist_ok=True)
            upload.sync()
            with changing(self._directory):
                before = self._find(info.digest)
                if before is not None:
                    return before, False
                self._check_room(self._bytes_on_disk(), 0)
                upload.move(self._model_path(info.digest))
                try:
                    self._write_info(info)  # last: a model without it counts as absent
                except OSError:
                    self._remove(info.digest)
                    raise
                with self._lock:
                    self._models[info.digest], upload.held = info, 0
        return info, True

    def get(self, digest: str) -> ModelInfo:
        """Return what is known of a model.

        Raises
        ------
        EngineError
            MODEL_NOT_FOUND, VALUE_OUT_OF_RANGE if that is no digest, or MODEL_STORE_UNAVAILABLE.
        """
        check_digest(digest, "digest")
        info = self._find(digest)
        if info is None:
            raise EngineError("MODEL_NOT_FOUND", f"no model with the digest {digest} is stored", field="digest")
        return info

    def content(self, digest: str) -> bytes:
        """Return a model's bytes. Such as do not have the digest are removed.

        Raises
        ------
        EngineError
            MODEL_NOT_FOUND, or MODEL_STORE_UNAVAILABLE.
        """
        self.get(digest)
        try:
            with disk_errors("read"):
                content = self._model_path(digest).read_bytes()
        except EngineError as error:
            if isinstance(error.__cause__, FileNotFoundError):  # another server has deleted it since
                raise EngineError("MODEL_NOT_FOUND", f"no model with the digest {digest} is stored", field="digest") from error
            raise
        if hashlib.sha256(content).hexdigest() != digest:
            SERVER.error("damaged model", extra={"fields": {"digest": digest}})
            with suppress(OSError), changing(self._directory):
                self._remove(digest)
            message = f"the stored model with the digest {digest} was damaged on disk and is not used any more; upload it again"
            raise EngineError("MODEL_NOT_FOUND", message, field="digest")
        return content

    def holdings(self) -> tuple[int, int]:
        """Return how many models there are, and how many bytes they and uploads under way take.

        Raises
        ------
        EngineError
            MODEL_STORE_UNAVAILABLE.
        """
        with disk_errors("read"):
            return len(self._digests(INFO)), self._bytes_on_disk()

    def page(self, after: str, count: int) -> list[ModelInfo]:
        """Return at most `count` models with digests above `after`, by digest.

        Raises
        ------
        EngineError
            MODEL_STORE_UNAVAILABLE.
        """
        with disk_errors("read"):
            digests = [digest for digest in self._digests(INFO) if digest > after]
        whole = (info for info in map(self._find, digests) if info is not None)
        return list(islice(whole, count))

    def delete(self, digest: str) -> None:
        """Remove a model.

        Raises
        ------
        EngineError
            MODEL_NOT_FOUND, or MODEL_STORE_UNAVAILABLE.
        """
        self.get(digest)
        with disk_errors("write to"), changing(self._directory):
            self.get(digest)  # it may be gone since
            self._remove(digest)
            sync_directory(self._directory)

    def _once_more(self, digest: str) -> bytes:
        """Return the bytes of a model that came although it was there."""
        try:
            return self.content(digest)
        except EngineError as error:
            message = "the model that was stored under this digest has gone or was damaged; upload it again"
            raise EngineError("MODEL_STORE_UNAVAILABLE", message) from error

    def _find(self, digest: str) -> ModelInfo | None:
        """Return what is known of a model, or None if it is not on disk: another server may have stored or deleted it.

        A disk that fails does not hide models that are known: a process that has loaded one can still run it.
        """
        with self._lock:
            known = self._models.get(digest)
        try:
            with disk_errors("read"):
                said = known or ModelInfo.from_json(self._info_path(digest).read_bytes())
                self._info_path(digest).stat()
                whole = said.digest == digest and self._model_path(digest).stat().st_size == said.size_bytes
                info: ModelInfo | None = said if whole else None
        except EngineError as error:
            gone = isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError))
            if not gone and known is None:
                raise
            info = None if gone else known
        except ValueError:  # which EngineError is too
            info = None
        with self._lock:
            if info is None:
                self._models.pop(digest, None)
            else:
                self._models[digest] = info
        return info

    def _heal(self) -> None:
        """Remove what is not whole, whatever an earlier server died of. A disk that refuses that is no reason not to start."""
        try:
            if not self._directory.is_dir():
                return
            with changing(self._directory):
                remove_dead(self._directory)
                for digest in {*self._digests(INFO), *self._digests(MODEL)}:
                    with suppress(OSError, EngineError):
                        if self._find(digest) is None:
                            self._remove(digest)
        except (OSError, EngineError) as error:
            SERVER.warning("model store not tidied", extra={"fields": {"error": str(error)}})

    def _names(self) -> list[str]:
        """Return what is in the directory; nothing if it is not there yet, or not any more."""
        try:
            return [path.name for path in self._directory.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _digests(self, ending: str) -> list[str]:
        stems = [name.removesuffix(ending) for name in self._names() if name.endswith(ending)]
        return sorted(stem for stem in stems if DIGEST.fullmatch(stem))

    def _make_room(self, upload: Upload, coming: int) -> None:
        """Give an upload place for more bytes, or refuse them if they do not fit beside the models and what all uploads hold."""
        with self._giving:
            if self._bytes_known() + coming > self._max_bytes:
                for digest in list(self._models):
                    self._find(digest)  # another server may have deleted it
                self._check_room(self._bytes_known(), coming)
            upload.held += coming

    def _bytes_known(self) -> int:
        with self._lock:
            return sum(info.size_bytes for info in self._models.values()) + sum(upload.held for upload in self._uploads)

    def _bytes_on_disk(self) -> int:
        """Count the models of all servers and what arrives at them."""
        total = 0
        for name in self._names():
            if name.endswith(MODEL) or name.startswith(PARTIAL):
                with suppress(FileNotFoundError):  # an upload that has just broken off
                    total += (self._directory / name).stat().st_size
        return total

    def _check_room(self, used: int, coming: int) -> None:
        if used + coming > self._max_bytes:
            message = f"the models and uploads take {used} bytes of {self._max_bytes}, and more do not fit. Delete a model first."
            raise EngineError("MODEL_STORE_FULL", message)

    def _write_info(self, info: ModelInfo) -> None:
        descriptor, name = tempfile.mkstemp(prefix=PARTIAL, dir=self._directory)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(info.to_json())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._info_path(info.digest))
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise
        sync_directory(self._directory)

    def _remove(self, digest: str) -> None:
        self._model_path(digest).unlink(missing_ok=True)  # first: from here on the model counts as absent, and its place is free
        self._info_path(digest).unlink(missing_ok=True)
        with self._lock:
            self._models.pop(digest, None)

    def _model_path(self, digest: str) -> Path:
        return self._directory / f"{digest}{MODEL}"

    def _info_path(self, digest: str) -> Path:
        return self._directory / f"{digest}{INFO}"
