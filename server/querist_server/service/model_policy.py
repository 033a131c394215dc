"""Which models a server takes from callers, and which it runs."""

from __future__ import annotations

from dataclasses import dataclass

from querist.v1 import model_service_pb2

from querist_server.engine.errors import EngineError


@dataclass(frozen=True)
class ModelPolicy:
    """What an operator allows.

    Attributes
    ----------
    uploads : bool
        Whether callers may send models and remove them. Stored models run in any case.
    allowed : frozenset of str
        Digests of the only models that may be sent and run; empty: any.
    """

    uploads: bool = True
    allowed: frozenset[str] = frozenset()

    def check_uploads(self, field: str) -> None:
        """Refuse a model that comes from a caller, or a change of the store, if this server takes none.

        Raises
        ------
        EngineError
            UPLOADS_DISABLED.
        """
        if not self.uploads:
            raise EngineError(
                "UPLOADS_DISABLED", "this server takes no models from callers; name a stored model by its digest", field=field
            )

    def check_digest(self, digest: str, field: str) -> None:
        """Refuse a model that is not on the list.

        Raises
        ------
        EngineError
            MODEL_NOT_ALLOWED.
        """
        if self.allowed and digest not in self.allowed:
            message = f"the model with the digest {digest} is not among the {len(self.allowed)} that this server runs"
            raise EngineError("MODEL_NOT_ALLOWED", message, field=field)

    def check_use(self, use: model_service_pb2.ModelUse) -> None:
        """Refuse what a selection names or brings, as far as that can be said without a look at the model."""
        if use.WhichOneof("source") == "onnx":
            self.check_uploads("onnx")
        elif use.digest:
            self.check_digest(use.digest, "digest")
