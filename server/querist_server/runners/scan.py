"""A look at a model's bytes before anything parses or loads them: what no server should run is refused, by name and place.

The scan makes no objects of the model, and its time and memory do not depend on what the author wished. What it lets pass goes to a worker
process that cannot do harm either (`sandbox`): ONNX Runtime is not written for hostile models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from querist_server.engine.errors import EngineError
from querist_server.runners import tensors, wire
from querist_server.runners.schema import LISTS, MESSAGES, REPEATED, Field, Kind
from querist_server.runners.tensors import Span

MOST_FIELDS = 500_000
"""Fields outside lists, messages counted thrice. Exporters write 30 to 50 for an operator, with names and shapes."""
_MESSAGE_COST = 3
MOST_LIST_VALUES = 20_000_000
"""Integers and texts in lists of attributes and tensors: a forest has 8 for each node of its trees."""
MOST_NODES = 10_000
"""Operators in all graphs. Networks for images and text have some thousands, forests a handful."""
MOST_TENSORS = 50_000
MOST_DEPTH = 8
"""Graphs within each other. Exporters write at most 3."""
MOST_MESSAGE_DEPTH = 48
"""Messages within each other: four for each graph, and types of types."""
MOST_INPUTS = MOST_OUTPUTS = 64
MOST_VALUE_NAME_BYTES = 256
"""Of an input or output: callers write these names, and answers hold them."""
MOST_NAME_BYTES = 4096
"""Of all others: frameworks write the path of the module, or a type."""
MOST_OF = {
    ("Shape", "dim"): tensors.MOST_RANK,
    ("Model", "opset_import"): 16,
    ("Graph", "input"): MOST_TENSORS + MOST_INPUTS,
    ("Graph", "output"): 1024,
}
"""Of what is remembered until its message ends. Inputs may be initializers too, and a graph within a graph gives more than a model."""
_KEPT = {("Model", "opset_import"), ("Value", "type"), ("Type", "tensor_type"), ("TensorType", "shape")}
NEWEST_OPSET = NEWEST_IR = 1000
DOMAINS = frozenset({b"", b"ai.onnx", b"ai.onnx.ml"})
REFUSED_OPERATORS = frozenset(
    {b"ATen", b"EPContext", b"ImageDecoder", b"PyOp", b"PythonOp", b"PythonOpGrad", b"TensorRTEngine", b"YieldOp"}
)
"""Operators that load something, run code of the caller, or decode what their author wrote, whatever domain a runtime has them in."""

_OTHER_FORMS = (
    (4, b"ORTM", "ONNX Runtime's own format"),
    (0, b"PK\x03\x04", "a ZIP archive, such as PyTorch writes"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"\x80\x03", "a Python pickle"),
    (0, b"\x80\x04", "a Python pickle"),
    (0, b"\x80\x05", "a Python pickle"),
    (0, b"\x89HDF", "an HDF5 file"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, b"\x1f\x8b", "compressed by gzip"),
)


@dataclass
class Survey:
    """What a scan has seen: operators, tensors, the most graphs within each other, and the domains of operators."""

    nodes: int = 0
    tensors: int = 0
    depth: int = 0
    domains: set[str] = field(default_factory=set)


def scan(onnx: bytes, checkpoint: Callable[[], None]) -> Survey:
    """Look through a model.

    Parameters
    ----------
    onnx : bytes
    checkpoint : callable
        Raises if nobody waits for the model any more.

    Raises
    ------
    EngineError
        MODEL_REFUSED if it holds what this server runs for nobody, with what and where; MODEL_INVALID if the bytes are no ONNX model.
    """
    for position, magic, form in _OTHER_FORMS:
        if onnx[position : position + len(magic)] == magic:
            raise EngineError("MODEL_REFUSED", f"the bytes are {form}; only the ONNX format is taken")
    walk = _Walk(onnx, checkpoint)
    try:
        walk.message("Model", 0, len(onnx))
    except wire.Malformed as error:
        raise EngineError("MODEL_INVALID", f"the bytes are not an ONNX model: {walk.place}: {error}") from error
    except wire.TooManyFields as error:
        raise walk.refusal(f"has more {error} than the {MOST_FIELDS:,} fields and {MOST_LIST_VALUES:,} values that are allowed") from error
    if not walk.survey.nodes:
        raise EngineError("MODEL_INVALID", "the bytes are not an ONNX model with at least one operator")
    return walk.survey


_Held = dict[str, list[tensors.Content]]
"""By name, the contents of a message's fields."""


class _Walk:
    """One scan: where it is, and what it has seen."""

    def __init__(self, data: bytes, checkpoint: Callable[[], None]) -> None:
        self.survey = Survey()
        self._data = data
        self._budget = wire.Budget(MOST_FIELDS, MOST_LIST_VALUES, checkpoint)
        self._path: list[tuple[Field, int]] = []
        self._graphs = 0

    @property
    def place(self) -> str:
        """Where in the model the scan is."""
        steps = (f"{known.name}[{index}]" if known.kind is Kind.MESSAGES else known.name for known, index in self._path)
        return ".".join(steps) or "model"

    def refusal(self, problem: str) -> EngineError:
        """Return the error that says what is wrong here."""
        return EngineError("MODEL_REFUSED", f"{self.place} {problem}")

    def message(self, kind: str, begin: int, end: int) -> _Held:
        """Walk through a message and all in it, and return what its own fields hold."""
        if len(self._path) > MOST_MESSAGE_DEPTH:
            raise self.refusal(f"lies {MOST_MESSAGE_DEPTH} messages deep; that is the most")
        self._budget.spend(_MESSAGE_COST - 1)
        self._enter(kind)
        held: _Held = {}
        counts: dict[str, int] = {}
        for found in wire.fields(self._data, begin, end, self._budget, LISTS[kind]):
            known = MESSAGES[kind].get(found.number)
            if known is None:
                raise self.refusal(f"has a field with the number {found.number}, which this server does not know")
            count = counts[known.name] = counts.get(known.name, 0) + 1
            if count > 1 and known.kind not in REPEATED:
                raise self.refusal(f"has two values of {known.name}; there must be one")
            if count > MOST_OF.get((kind, known.name), count):
                raise self.refusal(f"has more than {count - 1:,} values of {known.name}; that is the most")
            self._path.append((known, count - 1))
            self._look(kind, known, found, held)
            self._path.pop()
        self._check(kind, held)
        if kind == "Graph":
            self._graphs -= 1
        return held

    def _enter(self, kind: str) -> None:
        """Count what begins."""
        if kind == "Node":
            self.survey.nodes += 1
            if self.survey.nodes > MOST_NODES:
                raise self.refusal(f"is operator number {MOST_NODES + 1:,}; at most {MOST_NODES:,} are allowed")
        elif kind == "Tensor":
            self.survey.tensors += 1
            if self.survey.tensors > MOST_TENSORS:
                raise self.refusal(f"is tensor number {MOST_TENSORS + 1:,}; at most {MOST_TENSORS:,} are allowed")
        elif kind == "Graph":
            self._graphs += 1
            self.survey.depth = max(self.survey.depth, self._graphs)
            if self._graphs > MOST_DEPTH:
                raise self.refusal(f"lies in more than {MOST_DEPTH} graphs within each other")

    def _look(self, kind: str, known: Field, found: wire.Found, held: _Held) -> None:
        """Look at one field, and keep what its message is judged by."""
        if known.kind is Kind.REFUSED:
            raise self.refusal(f"holds {known.of}, which is not allowed")
        if not tensors.fits(known.kind, found.wire_type):
            raise wire.Malformed(f"wire type {found.wire_type} is not that of the field")
        if known.kind in (Kind.MESSAGE, Kind.MESSAGES):
            inner = self.message(known.of, found.begin, found.end)
            if (kind, known.name) in _KEPT or (self._graphs == 1 and kind == "Graph" and known.name in ("input", "output")):
                held.setdefault(known.name, []).append(inner)
            elif self._graphs == 1 and known.name == "initializer":
                held.setdefault(known.name, []).extend(inner.get("name", []))
        elif known.kind is Kind.NAME:
            held[known.name] = [self._name(found)]
        elif known.kind is Kind.NAMES:
            self._name(found)
        elif kind in ("Tensor", "SparseTensor", "Model", "OperatorSet", "TensorType", "Dimension"):
            value = tensors.content(known.kind, self._data, found)
            before = held.get(known.name)
            held[known.name] = [before[0] + value if before and isinstance(before[0], Span) and isinstance(value, Span) else value]

    def _name(self, found: wire.Found) -> bytes:
        size = found.end - found.begin
        if size > MOST_NAME_BYTES:
            raise self.refusal(f"is a name of {size:,} bytes; at most {MOST_NAME_BYTES:,} are allowed")
        name = self._data[found.begin : found.end]
        try:
            name.decode()
        except UnicodeDecodeError as error:
            raise self.refusal("is a name that is not UTF-8") from error
        return name

    def _check(self, kind: str, held: _Held) -> None:
        """Judge a message by what its fields hold."""
        problem = None
        if kind in ("Tensor", "SparseTensor"):
            problem = tensors.problem_of_tensor(held) if kind == "Tensor" else tensors.problem_of_sparse(held)
        elif kind == "Value":
            problem = None if held.get("name") else "has no name"
        elif kind == "Dimension":
            problem = tensors.problem_of_dimension(held)
        elif kind == "Node":
            problem = _problem_of_node(held)
            self.survey.domains.add(_text(held, "domain"))
        elif kind == "OperatorSet":
            problem = _problem_of_operator_set(held)
        elif kind == "Model":
            problem = _problem_of_model(held)
        elif kind == "Graph" and self._graphs == 1:
            problem = _problem_of_graph(held)
        if problem is not None:
            raise self.refusal(problem)


def _text(held: _Held, name: str) -> str:
    """Return a name; the scan has seen that it is UTF-8."""
    (value,) = held.get(name) or [b""]
    return value.decode() if isinstance(value, bytes) else ""


def _problem_of_node(held: _Held) -> str | None:
    (domain,), (operator,) = held.get("domain") or [b""], held.get("op_type") or [b""]
    if domain not in DOMAINS:
        return f"is an operator of the domain {_text(held, 'domain')[:80]!r}; allowed are ai.onnx and ai.onnx.ml"
    if operator in REFUSED_OPERATORS:
        return f"is the operator {_text(held, 'op_type')}, which is not allowed"
    return None


def _problem_of_operator_set(held: _Held) -> str | None:
    (domain,), (version,) = held.get("domain") or [b""], held.get("version") or [0]
    if domain not in DOMAINS:
        return f"is the domain {_text(held, 'domain')[:80]!r}; allowed are ai.onnx and ai.onnx.ml"
    if not isinstance(version, int) or not 0 < version <= NEWEST_OPSET:
        return f"has the version {version!r}; allowed is 1 to {NEWEST_OPSET}"
    return None


def _problem_of_model(held: _Held) -> str | None:
    (version,) = held.get("ir_version") or [0]
    if not isinstance(version, int) or not 0 < version <= NEWEST_IR:
        return f"has the ir_version {version!r}; allowed is 1 to {NEWEST_IR}"
    return None


def _problem_of_graph(held: _Held) -> str | None:
    """Judge what the model takes and gives. Old models list their initializers among the inputs; those are none."""
    constant = {name for name in held.get("initializer", []) if isinstance(name, bytes)}
    inputs = [value for value in held.get("input", []) if isinstance(value, dict) and _text(value, "name").encode() not in constant]
    outputs = [value for value in held.get("output", []) if isinstance(value, dict)]
    for kind, values, most in (("inputs", inputs, MOST_INPUTS), ("outputs", outputs, MOST_OUTPUTS)):
        if len(values) > most:
            return f"has {len(values):,} {kind}; at most {most} are allowed"
        for value in values:
            name = _text(value, "name")
            size = len(name.encode())
            if not 0 < size <= MOST_VALUE_NAME_BYTES:
                return f"has an {kind[:-1]} with a name of {size:,} bytes; allowed are 1 to {MOST_VALUE_NAME_BYTES}"
    for value in inputs:
        problem = tensors.problem_of_input(value)
        if problem is not None:
            return f"has the input {_text(value, 'name')}, which {problem}"
    return None
