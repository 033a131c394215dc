"""Small ONNX models, made from scikit-learn or by hand."""

import numpy as np
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_iris

IRIS = load_iris()
X = IRIS.data.astype(np.float32)
NAMES = np.array(["zebra", "Ape", "mouse"])[IRIS.target]
"""Labels whose sorted order is not that of the numbers."""


def exported(model: ClassifierMixin, zipmap: bool = False) -> bytes:
    return to_onnx(model, X[:1], options={"zipmap": zipmap}, target_opset=15).SerializeToString()


def graph_model(nodes: list, inputs: list, outputs: list, initializers: tuple = (), opset: int = 15) -> bytes:
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializer=list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return model.SerializeToString()


def values(name: str, *shape: int | str | None, kind: int = TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, list(shape))


def linear(classes: int = 3, embeddings: bool = True) -> bytes:
    """logits = x W, embeddings = x."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, (4, classes), np.random.default_rng(0).standard_normal((4, classes)).ravel())
    nodes = [helper.make_node("MatMul", ["x", "w"], ["logits"])]
    outputs = [values("logits", None, classes)]
    if embeddings:
        nodes.append(helper.make_node("Identity", ["x"], ["embeddings"]))
        outputs.append(values("embeddings", None, 4))
    return graph_model(nodes, [values("x", None, 4)], outputs, [weights])


def endless() -> bytes:
    """Loops 2^62 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["cond"], ["again"]), helper.make_node("Identity", ["acc"], ["next"])],
        "body",
        [values("i", kind=TensorProto.INT64), values("cond", kind=TensorProto.BOOL), values("acc", None, 4)],
        [values("again", kind=TensorProto.BOOL), values("next", None, 4)],
    )
    constants = [helper.make_tensor("n", TensorProto.INT64, (), [2**62]), helper.make_tensor("go", TensorProto.BOOL, (), [True])]
    return graph_model(
        [helper.make_node("Loop", ["n", "go", "x"], ["logits"], body=body)], [values("x", None, 4)], [values("logits", None, 4)], constants
    )
