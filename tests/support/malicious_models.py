"""Models that mean harm, each with the ways in which it may end."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx_models import endless, graph_model, linear, values

ACCEPTED = "accepted"
DEADLINE = "DEADLINE_EXCEEDED"
REFUSED = frozenset({"MODEL_REFUSED"})
INVALID = frozenset({"MODEL_INVALID", "MODEL_REFUSED"})
"""Not to be loaded, by the scan or by the runtime."""
CONTAINED = frozenset(
    {"MODEL_FAILED", "MODEL_INVALID", "MODEL_OUTPUT_INVALID", "MODEL_INPUT_INVALID", "MODEL_WORKER_DIED", "LIMIT_EXCEEDED", DEADLINE}
)
"""Let in, since nobody can know before, and ended with its own call."""
INPUT, OUTPUT = [values("x", None, 4)], [values("logits", None, 4)]
I64, F32 = TensorProto.INT64, TensorProto.FLOAT


@dataclass(frozen=True)
class Malice:
    """A model, and how its upload and its run may end."""

    name: str
    onnx: bytes
    upload: frozenset[str]
    run: frozenset[str]


def node(*args, **attributes) -> onnx.NodeProto:
    return helper.make_node(*args, **attributes)


def whole(nodes=(), initializers=(), inputs=None, outputs=None, opset=15) -> bytes:
    nodes = list(nodes) or [node("Identity", ["x"], ["logits"])]
    return graph_model(nodes, INPUT if inputs is None else inputs, OUTPUT if outputs is None else outputs, tuple(initializers), opset)


def numbers(name: str, *content: int) -> TensorProto:
    return helper.make_tensor(name, I64, (len(content),), content)


def changed(change: Callable[[onnx.ModelProto], object], model: bytes | None = None) -> bytes:
    proto = onnx.load_from_string(whole() if model is None else model)
    change(proto)
    return proto.SerializeToString()


def external(name: str = "w", location: str = "weights.bin", marker: bool = True, entries: bool = True, **more: str) -> TensorProto:
    tensor = TensorProto(name=name, data_type=F32, dims=[4])
    if marker:
        tensor.data_location = TensorProto.EXTERNAL
    for key, value in ({"location": location, **more} if entries else {}).items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def sparse(values_: TensorProto, indices: TensorProto, dims=(4,)) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=values_, indices=indices, dims=dims)


def condition() -> TensorProto:
    return helper.make_tensor("go", TensorProto.BOOL, (), [True])


def nested(depth: int, innermost: TensorProto | None = None) -> bytes:
    def branch(level: int):
        inside = [node("Constant", [], ["w"], value=innermost)] if innermost is not None and level == depth else []
        last = node("Identity", ["x"], [f"b{level}"])
        body = (
            [*inside, last]
            if level == depth
            else [node("If", ["go"], [f"b{level}"], then_branch=branch(level + 1), else_branch=end(level))]
        )
        return helper.make_graph(body, f"g{level}", [], [values(f"b{level}", None, 4)])

    def end(level: int):
        return helper.make_graph([node("Identity", ["x"], [f"e{level}"])], f"e{level}", [], [values(f"e{level}", None, 4)])

    return whole([node("If", ["go"], ["logits"], then_branch=branch(1), else_branch=end(0))], [condition()])


def field(number: int, content: bytes) -> bytes:
    """A field as it is on the wire: some models are deeper than the package that writes them allows."""
    size, shown = len(content), b""
    while size > 0x7F:
        shown += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + shown + bytes([size]) + content


def deep(depth: int) -> bytes:
    """Operators with graphs with operators with graphs."""
    graph = b""
    for _ in range(depth):
        graph = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph)))
    return b"\x08\x08" + field(7, graph)


def deep_type(depth: int) -> bytes:
    """An output that is a sequence of sequences."""
    kind = field(1, b"\x08\x01")
    for _ in range(depth):
        kind = field(4, field(1, kind))
    return b"\x08\x08" + field(7, field(1, field(4, b"Identity")) + field(12, field(1, b"y") + field(2, kind)))


def repeated(empty: bytes, size: int) -> bytes:
    """A graph of nothing but one two-byte field, over and over."""
    return b"\x08\x08" + field(7, empty * (size // 2))


def in_places() -> Iterator[Malice]:
    """Data outside the model, wherever a tensor can be."""
    attribute = {
        "attribute.t": {"t": external()},
        "attribute.tensors": {"tensors": [external()]},
        "attribute.sparse_tensor": {"sparse_tensor": sparse(external(), numbers("i", 0))},
    }
    for place, content in attribute.items():
        (name,) = content

        def hold(model: onnx.ModelProto, name=name, content=content) -> None:
            added = model.graph.node[0].attribute.add(name="value")
            if name == "tensors":
                added.tensors.extend(content[name])
            else:
                getattr(added, name).CopyFrom(content[name])

        yield Malice(f"external data: {place}", changed(hold), REFUSED, REFUSED)
    others = {
        "initializer": lambda model: model.graph.initializer.append(external()),
        "sparse values": lambda model: model.graph.sparse_initializer.append(sparse(external(), numbers("i", 0))),
        "sparse indices": lambda model: model.graph.sparse_initializer.append(sparse(helper.make_tensor("w", F32, (1,), [1]), external())),
        "marker alone": lambda model: model.graph.initializer.append(external(entries=False)),
        "entries alone": lambda model: model.graph.initializer.append(external(marker=False)),
        "absolute path": lambda model: model.graph.initializer.append(external(location="/etc/passwd", offset="0", length="16")),
        "path upwards": lambda model: model.graph.initializer.append(external(location="x/../../../etc/passwd")),
        "symbolic link": lambda model: model.graph.initializer.append(external(location="/proc/self/cwd/../environ")),
        "memory address": lambda model: model.graph.initializer.append(external(location="*/_ORT_MEM_ADDR_/*", offset="4096", length="16")),
        "function": lambda model: model.functions.add(name="f", domain="").node.add(op_type="Constant").attribute.add(
            name="value", type=4
        ).t.CopyFrom(external()),
        "training": lambda model: model.training_info.add().algorithm.initializer.append(external()),
    }  # fmt: skip
    for place, change in others.items():
        yield Malice(f"external data: {place}", changed(change), REFUSED, REFUSED)
    yield Malice("external data: sub-graph", nested(2, external()), REFUSED, REFUSED)
    location = onnx.TensorProto(name="w", data_type=F32, dims=[4]).SerializeToString() + b"\x70\x81\x80\x80\x80\x10"  # 2^32 + 1 as an enum
    yield Malice(
        "external data: overflowing enum", changed(lambda model: model.graph.initializer.add().ParseFromString(location)), REFUSED, REFUSED
    )


def foreign() -> Iterator[Malice]:
    """What is no plain ONNX graph."""
    yield Malice("ONNX Runtime's own format", b"\x20\0\0\0ORTM" + bytes(64), REFUSED, REFUSED)
    yield Malice("ZIP archive", b"PK\x03\x04" + bytes(64), REFUSED, REFUSED)
    yield Malice("pickle", b"\x80\x04\x95cposix\nsystem\n(S'id'\ntR.", REFUSED, REFUSED)
    yield Malice("text", b"import os; os.system('id')", INVALID, INVALID)
    yield Malice("empty graph", b"\x08\x08\x3a\x00", INVALID, INVALID)
    for operator, domain in (("FusedMatMul", "com.microsoft"), ("Anything", "evil"), ("EPContext", "com.microsoft"), ("PythonOp", "")):
        one = whole([helper.make_node(operator, ["x", "x"], ["logits"], domain=domain)])
        yield Malice(f"operator {domain or 'ai.onnx'}.{operator}", one, REFUSED, REFUSED)
    yield Malice("foreign opset", changed(lambda m: m.opset_import.add(domain="com.microsoft", version=1)), REFUSED, REFUSED)
    yield Malice("opset 2^60", changed(lambda m: setattr(m.opset_import[0], "version", 2**60)), REFUSED, REFUSED)
    yield Malice("opset -1", changed(lambda m: setattr(m.opset_import[0], "version", -1)), REFUSED, REFUSED)
    yield Malice("no ir_version", changed(lambda m: m.ClearField("ir_version")), REFUSED, REFUSED)
    yield Malice("local function", changed(lambda m: m.functions.add(name="f", domain="")), REFUSED, REFUSED)
    yield Malice("training_info", changed(lambda m: m.training_info.add()), REFUSED, REFUSED)
    yield Malice("unknown field", whole() + b"\xf2\x3f\x02hi", REFUSED, REFUSED)
    yield Malice("two graphs", whole() + whole(), REFUSED, REFUSED)


def shapes() -> Iterator[Malice]:
    """Depth, counts, dims and names."""
    yield Malice("60 graphs within each other", deep(60), REFUSED, REFUSED)
    yield Malice("12 graphs within each other", nested(12), REFUSED, REFUSED)
    yield Malice("types within types", deep_type(200), REFUSED, REFUSED)
    yield Malice("11,000 operators", chain(11_000), REFUSED, REFUSED)
    for what, empty in (
        ("operators", b"\x0a\0"),
        ("tensors", b"\x2a\0"),
        ("value shapes", b"\x6a\0"),
        ("annotations", b"\x72\0"),
        ("inputs", b"\x5a\0"),
    ):
        yield Malice(f"8 MB of empty {what}", repeated(empty, 2**23), REFUSED, REFUSED)
    for what, dims in (
        ("overflow", [2**31 - 1] * 4),
        ("negative", [-4]),
        ("huge", [2**40]),
        ("of rank 200", [1] * 200),
        ("run of 2^16", [1] * 2**16),
    ):
        tensor = TensorProto(name="w", data_type=F32, dims=dims, raw_data=b"\0" * 16)
        yield Malice(f"dims {what}", whole(initializers=[tensor]), REFUSED, REFUSED)
    lying = TensorProto(name="w", data_type=F32, dims=[1000, 1000], raw_data=b"\0" * 16)
    yield Malice("dims that raw_data does not fill", whole(initializers=[lying]), REFUSED, REFUSED)
    lying = TensorProto(name="w", data_type=F32, dims=[1000, 1000], float_data=[1.0])
    yield Malice("dims that float_data does not fill", whole(initializers=[lying]), REFUSED, REFUSED)
    both = TensorProto(name="w", data_type=F32, dims=[1], float_data=[1.0], raw_data=b"\0" * 4)
    yield Malice("a tensor with two contents", whole(initializers=[both]), REFUSED, REFUSED)
    wide = sparse(helper.make_tensor("w", F32, (1,), [1]), numbers("i", 0), (2**31 - 1,))
    yield Malice("sparse of 8 GB", changed(lambda m: m.graph.sparse_initializer.append(wide)), REFUSED, REFUSED)
    yield Malice("100 inputs", whole(inputs=[*INPUT, *(values(f"i{n}", 1) for n in range(100))]), REFUSED, REFUSED)
    yield Malice("text input", whole(inputs=[values("x", None, 4, kind=TensorProto.STRING)]), REFUSED, REFUSED)
    yield Malice("name of 1 MB", changed(lambda m: setattr(m.graph.node[0], "name", "n" * 2**20)), REFUSED, REFUSED)
    yield Malice("name that is not UTF-8", whole().replace(b"logits", b"l\xff\xfegit"), REFUSED, REFUSED)
    documented = changed(lambda m: setattr(m, "doc_string", "d" * 2**20) or setattr(m, "producer_name", "p" * 2**20))
    yield Malice("documentation and producer of 1 MB", documented, frozenset({ACCEPTED}), frozenset({ACCEPTED}))


def chain(length: int) -> bytes:
    names = ["x", *(f"c{n}" for n in range(length - 1)), "logits"]
    return whole([node("Identity", [before], [after]) for before, after in itertools.pairwise(names)])


def bombs() -> Iterator[Malice]:
    """Small files that ask for much memory or time."""
    can_be_folded = CONTAINED | {ACCEPTED}
    huge = numbers("n", 2**18, 2**18)
    float_sum = [node("ReduceSum", ["big"], ["s"], keepdims=0), node("Add", ["x", "s"], ["logits"])]
    bomb = {
        "ConstantOfShape of 256 GB": ([node("ConstantOfShape", ["n"], ["big"]), *float_sum], [huge]),
        "Expand": ([node("Expand", ["one", "n"], ["big"]), *float_sum], [huge, helper.make_tensor("one", F32, (1,), [1])]),
        "Range": (
            [node("Range", ["a", "b", "c"], ["r"]), node("Cast", ["r"], ["big"], to=1), *float_sum],
            [helper.make_tensor(name, I64, (), [value]) for name, value in (("a", 0), ("b", 2**45), ("c", 1))],
        ),
        "Tile of the input": ([node("Tile", ["x", "n"], ["big"]), *float_sum], [numbers("n", 2**20, 2**12)]),
        "Pad of the input": (
            [node("Pad", ["x", "n"], ["big"]), *float_sum], [numbers("n", 2**20, 2**20, 0, 0)],
        ),
        "Einsum": (
            [node("Reshape", ["x", "flat"], ["v"]), node("Einsum", ["v"] * 5, ["big"], equation="a,b,c,d,e->abcde"), *float_sum],
            [numbers("flat", -1)],
        ),
        "Concat doubled 45 times": (
            [node("Concat", [f"d{n}" if n else "x"] * 2, [f"d{n + 1}"], axis=0) for n in range(45)]
            + [node("ReduceSum", ["d45"], ["s"], keepdims=0), node("Add", ["x", "s"], ["logits"])],
            [],
        ),
        "constants doubled while loading": (
            [node("Constant", [], ["d0"], value=helper.make_tensor("c", F32, (1024,), [1.0] * 1024))]
            + [node("Concat", [f"d{n}"] * 2, [f"d{n + 1}"], axis=0) for n in range(40)]
            + [node("ReduceSum", ["d40"], ["s"], keepdims=0), node("Add", ["x", "s"], ["logits"])],
            [],
        ),
        "Conv with dilations of 2^30": (
            [
                node("Unsqueeze", ["x", "axes"], ["u"]),
                node("Conv", ["u", "k"], ["big"], dilations=[2**30], pads=[2**30, 2**30]),
                *float_sum,
            ],
            [numbers("axes", 1), helper.make_tensor("k", F32, (1, 1, 2), [1, 1])],
        ),
        "negative ConstantOfShape": ([node("ConstantOfShape", ["n"], ["big"]), *float_sum], [numbers("n", -5)]),
        "Reshape to what does not fit": ([node("Reshape", ["x", "n"], ["logits"])], [numbers("n", 2**40, 3)]),
        "Gather far outside": ([node("Gather", ["x", "n"], ["logits"])], [numbers("n", 2**60)]),
    }  # fmt: skip
    for name, (nodes, initializers) in bomb.items():
        yield Malice(f"bomb: {name}", whole(nodes, initializers), can_be_folded, CONTAINED)
    wide = whole([node("ConstantOfShape", ["n"], ["logits"])], [numbers("n", 150, 2**19)], outputs=[values("logits", None, None)])
    yield Malice("output of 300 MB", wide, can_be_folded, CONTAINED)
    yield Malice("Loop of 2^62", endless(), frozenset({ACCEPTED}), frozenset({DEADLINE, "LIMIT_EXCEEDED"}))
    yield Malice("While for ever", forever(), frozenset({ACCEPTED}), frozenset({DEADLINE, "LIMIT_EXCEEDED"}))
    yield Malice("Scan that doubles", growing(), can_be_folded, CONTAINED)


def forever() -> bytes:
    body = helper.make_graph(
        [node("Identity", ["cond"], ["again"]), node("Identity", ["acc"], ["next"])],
        "body",
        [values("i", kind=I64), values("cond", kind=TensorProto.BOOL), values("acc", None, 4)],
        [values("again", kind=TensorProto.BOOL), values("next", None, 4)],
    )
    return whole([node("Loop", ["", "go", "x"], ["logits"], body=body)], [condition()])


def growing() -> bytes:
    """A loop whose state doubles with each turn."""
    body = helper.make_graph(
        [node("Identity", ["cond"], ["again"]), node("Concat", ["acc", "acc"], ["next"], axis=0)],
        "body",
        [values("i", kind=I64), values("cond", kind=TensorProto.BOOL), values("acc", None, 4)],
        [values("again", kind=TensorProto.BOOL), values("next", None, 4)],
    )
    return whole([node("Loop", ["n", "go", "x"], ["logits"], body=body)], [helper.make_tensor("n", I64, (), [100]), condition()])


def lies() -> Iterator[Malice]:
    """Graphs that are not what they say."""
    text = helper.make_tensor("t", TensorProto.STRING, (1,), [b"x" * 10])
    strings = whole([node("StringNormalizer", ["t"], ["logits"])], [text], outputs=[values("logits", None, kind=TensorProto.STRING)])
    yield Malice("text output", strings, CONTAINED | {ACCEPTED}, CONTAINED)
    cycle = whole([node("Add", ["x", "b"], ["a"]), node("Add", ["a", "x"], ["b"]), node("Identity", ["b"], ["logits"])])
    yield Malice("cycle", cycle, INVALID, INVALID)
    twice = whole([node("Identity", ["x"], ["logits"]), node("Neg", ["x"], ["logits"])])
    yield Malice("two makers of one value", twice, INVALID, INVALID)
    yield Malice("two inputs of one name", whole(inputs=[*INPUT, *INPUT]), INVALID, INVALID)
    shape = whole([node("Identity", ["x"], ["logits"])], outputs=[values("logits", 7, 9)])
    yield Malice("a shape that is a lie", shape, INVALID | {ACCEPTED}, CONTAINED | {ACCEPTED})
    yield Malice("missing maker", whole([node("Identity", ["nothing"], ["logits"])]), INVALID, INVALID)
    yield Malice("unknown operator", whole([node("NoSuchOperator", ["x"], ["logits"])]), INVALID, INVALID)
    zipmap = whole(
        [helper.make_node("ZipMap", ["x"], ["logits"], domain="ai.onnx.ml", classlabels_int64s=range(100_000))],
        outputs=[onnx.ValueInfoProto(name="logits")],
    )
    yield Malice("ZipMap with 100,000 labels", zipmap, INVALID | {ACCEPTED}, CONTAINED | {ACCEPTED})
    loop = whole([helper.make_node("ZipMap", ["logits"], ["logits"], domain="ai.onnx.ml")], outputs=[onnx.ValueInfoProto(name="logits")])
    yield Malice("ZipMap of itself", loop, INVALID, INVALID)
    trees = {name: [0] for name in ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids")}
    trees |= {"nodes_truenodeids": [0], "nodes_modes": ["BRANCH_LEQ"], "nodes_values": [0.0]}
    trees |= {"class_treeids": [0], "class_nodeids": [2**40], "class_ids": [2**40], "class_weights": [1.0], "classlabels_int64s": [0, 1]}
    forest = whole(
        [helper.make_node("TreeEnsembleClassifier", ["x"], ["label", "logits"], domain="ai.onnx.ml", **trees)],
        outputs=[values("logits", None, 2)],
    )
    yield Malice("a tree that is its own branch", forest, INVALID | CONTAINED | {ACCEPTED}, CONTAINED)
    vectors = helper.make_node(
        "SVMClassifier", ["x"], ["label", "logits"], domain="ai.onnx.ml", coefficients=[1.0], vectors_per_class=[2**31, 5], rho=[0.0],
        support_vectors=[1.0], classlabels_ints=[0, 1],
    )  # fmt: skip
    yield Malice(
        "support vectors that are not there",
        whole([vectors], outputs=[values("logits", None, 2)]),
        INVALID | CONTAINED | {ACCEPTED},
        CONTAINED,
    )


def broken(flips: int) -> Iterator[Malice]:
    """Honest models with bytes changed or missing, and noise. Some changes do no harm."""
    anything = frozenset(INVALID | CONTAINED | {ACCEPTED, "FIELD_CONFLICT", "VALUE_NOT_FINITE", "LIMIT_EXCEEDED"})
    chance = random.Random(7)
    good = linear()
    yield Malice("truncated", good[:-20], INVALID, INVALID)
    yield Malice("noise", random.Random(1).randbytes(4096), INVALID, INVALID)
    for model in (good, endless_free()):
        for number in range(flips // 2):
            data = bytearray(model)
            for _ in range(1 + number % 3):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            yield Malice(f"bits flipped, {number}", bytes(data), anything, anything)


def endless_free() -> bytes:
    """A model with a sub-graph, to flip bits in."""
    return nested(2)


def corpus(flips: int = 200) -> list[Malice]:
    """All of them."""
    return [*in_places(), *foreign(), *shapes(), *bombs(), *lies(), *broken(flips)]


RIGHT = np.random.default_rng(3).random((150, 4), np.float32)
"""Rows for the known selection that must be answered rightly throughout."""
