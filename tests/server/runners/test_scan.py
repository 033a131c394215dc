"""The scan against the onnx package, which is another reader of the same bytes; honest models pass and malicious ones do not."""

import random
import resource
import sys
import warnings

import numpy as np
import onnx
import pytest
from malicious_models import ACCEPTED, INVALID, Malice, corpus, field, nested, node, numbers, repeated, whole
from onnx import TensorProto, helper
from onnx_models import NAMES, X, endless, exported, graph_model, linear, values
from querist_server.engine.errors import Cancelled, EngineError
from querist_server.runners import graph, wire
from querist_server.runners.scan import scan
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC


def nothing():
    pass


def counted(proto: onnx.ModelProto) -> tuple[int, int, int, set[str]]:
    """Operators, tensors, graphs within each other, domains; by the onnx package's objects."""
    nodes, tensors, domains = 0, 0, set()

    def of_graph(graph: onnx.GraphProto) -> int:
        nonlocal nodes, tensors
        deepest = 0
        tensors += len(graph.initializer) + 2 * len(graph.sparse_initializer)
        for one in graph.node:
            nodes += 1
            domains.add(one.domain)
            for attribute in one.attribute:
                tensors += attribute.HasField("t") + len(attribute.tensors)
                inner = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
                deepest = max(deepest, *map(of_graph, inner), 0)
        return deepest + 1

    depth = of_graph(proto.graph)
    return nodes, tensors, depth, domains


def convolutional() -> bytes:
    """What an exporter makes of a small network for images."""
    chance = np.random.default_rng(0)
    weights = {"k1": (8, 3, 3, 3), "k2": (16, 8, 3, 3), "w": (16, 10), "b": (10,)}
    initializers = [onnx.numpy_helper.from_array(chance.standard_normal(shape).astype("f4"), name) for name, shape in weights.items()]
    nodes = [
        node("Conv", ["x", "k1"], ["c1"], name="/features/0/Conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "k2"], ["c2"], kernel_shape=[3, 3]),
        node("Constant", [], ["scale"], value=helper.make_tensor("s", TensorProto.FLOAT, (1,), [0.5])),
        node("Mul", ["c2", "scale"], ["m"]),
        node("GlobalAveragePool", ["m"], ["p"]),
        node("Flatten", ["p"], ["f"]),
        node("Gemm", ["f", "w", "b"], ["logits"]),
    ]
    return graph_model(nodes, [values("x", "batch", 3, 32, 32)], [values("logits", "batch", 10)], tuple(initializers))


@pytest.fixture(scope="module")
def honest() -> dict[str, bytes]:
    models = {
        "logistic": LogisticRegression(max_iter=500),
        "forest": RandomForestClassifier(100, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=20, random_state=0),
        "support vectors": SVC(),
        "network": MLPClassifier((8,), max_iter=2000, random_state=0),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the exporter asks for what scikit-learn gives up
        made = {name: exported(model.fit(X, NAMES), zipmap=name != "support vectors") for name, model in models.items()}
    return made | {"images": convolutional(), "linear": linear(), "loop": endless(), "branches": nested(3)}


def test_honest_models_pass_and_are_counted_as_the_onnx_package_counts(honest):
    for name, model in honest.items():
        survey = scan(model, nothing)
        assert (survey.nodes, survey.tensors, survey.depth, survey.domains) == counted(onnx.load_from_string(model)), name


def test_generated_models_are_counted_as_the_onnx_package_counts():
    chance = random.Random(5)

    def graph_of(depth: int) -> onnx.GraphProto:
        nodes = []
        for _ in range(chance.randrange(1, 5)):
            made = helper.make_node(chance.choice(["Add", "If", "Scan"]), ["x"], ["y"], domain=chance.choice(["", "ai.onnx.ml", "ai.onnx"]))
            made.attribute.append(
                helper.make_attribute("ints", [chance.randrange(-(2**63), 2**63) for _ in range(chance.randrange(1, 900))])
            )
            made.attribute.append(helper.make_attribute("floats", [chance.random() for _ in range(chance.randrange(1, 900))]))
            made.attribute.append(helper.make_attribute("strings", ["s" * chance.randrange(99) for _ in range(chance.randrange(1, 900))]))
            made.attribute.append(helper.make_attribute("t", numbers("t", *range(chance.randrange(20)))))
            if depth and chance.random() < 0.6:
                made.attribute.append(helper.make_attribute("g", graph_of(depth - 1)))
            nodes.append(made)
        return helper.make_graph(nodes, "g", [values("x", 1)], [values("y", 1)], [numbers("n", 1, 2)])

    for _ in range(10):
        proto = helper.make_model(graph_of(3))
        survey = scan(proto.SerializeToString(), nothing)
        assert (survey.nodes, survey.tensors, survey.depth, survey.domains) == counted(proto)


def test_a_large_forest_passes():
    """Two million numbers and 200,000 texts, one field each, are no more than a few thousand steps."""
    count = 200_000
    lists = {f"nodes_{name}": list(range(count)) for name in ("treeids", "nodeids", "featureids", "truenodeids", "falsenodeids")}
    lists |= {"nodes_values": [0.5] * count, "nodes_modes": ["BRANCH_LEQ", "LEAF"] * (count // 2)}
    forest = whole([helper.make_node("TreeEnsembleClassifier", ["x"], ["l", "logits"], domain="ai.onnx.ml", **lists)])
    assert scan(forest, nothing).nodes == 1


@pytest.mark.parametrize("empty", [b"\x0a\0", b"\x2a\0", b"\x72\0"], ids=["operators", "tensors", "annotations"])
def test_millions_of_empty_messages_are_refused_without_becoming_objects(empty):
    model = repeated(empty, 2**26)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(EngineError) as caught:
        scan(model, nothing)
    assert caught.value.reason == "MODEL_REFUSED"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 2**26  # as objects they would take some 3 GB


def test_a_scan_ends_with_its_caller():
    def gone():
        raise Cancelled

    with pytest.raises(Cancelled):
        scan(repeated(b"\x72\0", 2**20), gone)


CORPUS = corpus(60)


@pytest.mark.parametrize("malice", CORPUS, ids=lambda malice: malice.name)
def test_malicious_models_are_refused_before_they_are_loaded(malice: Malice):
    ended = read(malice.onnx)
    assert ended in malice.upload or (ended == "passes" and malice.upload != {"MODEL_REFUSED"})


def read(onnx_bytes: bytes) -> str:
    """Return the reason why a model is refused, or "passes"."""
    try:
        graph.read(onnx_bytes, nothing)
    except EngineError as error:
        return error.reason
    return "passes"


def test_the_corpus_has_enough_kinds():
    kinds = {malice.name.split(",")[0] for malice in CORPUS}
    assert len(kinds) >= 60
    assert sum(ACCEPTED not in malice.upload and malice.upload <= INVALID for malice in CORPUS) > 50


def test_errors_say_what_and_where():
    holding = onnx.load_from_string(nested(2))
    inner = holding.graph.node[0].attribute[1].g
    inner.initializer.append(TensorProto(name="w", data_type=1, dims=[4], data_location=1))
    with pytest.raises(EngineError, match=r"graph\.node\[0\]\.attribute\[1\]\.g\.initializer\[0\] has its data outside the model"):
        scan(holding.SerializeToString(), nothing)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x0b", "wire type 3"),
        (b"\x0a\x05abc", "longer"),
        (b"\x08" + b"\x80" * 11 + b"\x01", "does not end"),
        (b"\x09\x01", "longer"),
        (b"\x02\x00", "field number 0"),
    ],
)
def test_bytes_that_are_no_message_are_malformed(data, problem):
    with pytest.raises(wire.Malformed, match=problem):
        list(wire.fields(data, 0, len(data), wire.Budget(100, 100, nothing), ()))


def test_runs_are_taken_whole_and_end_where_another_field_begins():
    data = field(9, b"text") * 5000 + b"\x40\x85\x03" * 300 + b"\x3dabcd" * 70 + field(1, b"end")
    found = list(wire.fields(data, 0, len(data), wire.Budget(500, 10_000, nothing), {7, 8, 9}))
    by_number = {number: sum(one.run or 1 for one in found if one.number == number) for number in (9, 8, 7, 1)}
    assert by_number == {9: 5000, 8: 300, 7: 70, 1: 1}
    assert data[found[-1].begin : found[-1].end] == b"end"


def test_labels_and_producer_are_cut():
    proto = onnx.load_from_string(whole())
    proto.producer_name = "p" * 5000
    proto.graph.node[0].attribute.append(helper.make_attribute("classlabels_strings", ["l" * 5000, "m"]))
    structure = graph.read(proto.SerializeToString(), nothing)
    assert (len(structure.producer), [len(label) for label in structure.class_labels]) == (200, [256, 1])
