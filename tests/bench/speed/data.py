"""The data of the rows, made once for all contestants. The argument `smaller` divides the number of rows."""

from itertools import pairwise

import numpy as np

Arrays = dict[str, np.ndarray]


def predictions(rows: int, classes: int, smaller: int) -> Arrays:
    """Return a pool of predicted probabilities."""
    return {"probabilities": dirichlet(rows // smaller, classes)}


def committee(members: int, rows: int, classes: int, smaller: int) -> Arrays:
    """Return the predictions of a committee whose members agree in part."""
    rng = np.random.default_rng(5)
    rows //= smaller
    common = rng.standard_normal((rows, classes), np.float32)
    logits = 1.5 * common + rng.standard_normal((members, rows, classes), np.float32) * rng.uniform(0.2, 1.5, (rows, 1)).astype(np.float32)
    exponentials = np.exp(logits - logits.max(axis=2, keepdims=True))
    return {"committee": exponentials / exponentials.sum(axis=2, keepdims=True)}


def dirichlet(rows: int, classes: int) -> np.ndarray:
    """Return probabilities, uniform over all that there are."""
    drawn = np.random.default_rng(8).standard_exponential((rows, classes), np.float32)
    return drawn / drawn.sum(axis=1, keepdims=True)


def mixture(rows: int, width: int) -> np.ndarray:
    """Fifty Gaussian clusters."""
    rng = np.random.default_rng(7)
    middle = rng.standard_normal((50, width)) * 3
    return (middle[rng.integers(0, 50, rows)] + rng.standard_normal((rows, width))).astype(np.float32)


def uniform(rows: int, width: int) -> np.ndarray:
    """A cube."""
    return np.random.default_rng(7).random((rows, width), np.float32)


def gaussian(rows: int, width: int) -> np.ndarray:
    """One Gaussian."""
    return np.random.default_rng(7).standard_normal((rows, width), np.float32)


def heavy_tailed(rows: int, width: int) -> np.ndarray:
    """Student's t with 2 degrees of freedom, whose variance is infinite."""
    return np.random.default_rng(7).standard_t(2, (rows, width)).astype(np.float32)


def photographs(rows: int, width: int) -> np.ndarray:
    """Patches of 8 x 8 pixels from scikit-learn's two photographs, as their first principal components."""
    from sklearn.datasets import load_sample_images

    patches = []
    for image in load_sample_images().images:
        windows = np.lib.stride_tricks.sliding_window_view(image, (8, 8, 3))[::2, ::2, 0]
        patches.append(windows.reshape(-1, 192))
    found = np.concatenate(patches)
    found = found[np.sort(np.random.default_rng(7).choice(len(found), rows, replace=False))].astype(np.float64)
    found -= found.mean(axis=0)
    _, vectors = np.linalg.eigh(found.T @ found)
    return (found @ vectors[:, : -width - 1 : -1]).astype(np.float32)


SHAPES = {"mixture": mixture, "uniform": uniform, "gaussian": gaussian, "heavy_tailed": heavy_tailed, "photographs": photographs}


def embedded(shape: str, rows: int, width: int, smaller: int) -> Arrays:
    """Return embeddings of a shape."""
    return {"embeddings": SHAPES[shape](rows // smaller, width)}


def covered(shape: str, rows: int, width: int, smaller: int) -> Arrays:
    """Return embeddings and one more instance that is labelled, so that all begin at the same place."""
    points = SHAPES[shape](rows // smaller + 1, width)
    return {"embeddings": points[:-1], "labelled.embeddings": points[-1:]}


def embedded_predictions(shape: str, rows: int, width: int, classes: int, smaller: int) -> Arrays:
    """Return embeddings and predictions."""
    return embedded(shape, rows, width, smaller) | predictions(rows, classes, smaller)


def parzen(pool: int, smaller: int) -> Arrays:
    """Return a small pool of 3 classes and 20 columns beside 30 labelled instances; all of both are the target."""
    rng = np.random.default_rng(pool)
    pool //= smaller
    labels = rng.integers(0, 3, 30 + pool)
    points = rng.standard_normal((30 + pool, 20)) + 1.5 * np.eye(20)[labels]
    return {
        "embeddings": points[30:],
        "labelled.embeddings": points[:30],
        "labelled.classes": labels[:30],
        "target.embeddings": points,
    }


def modelled(rows: int, smaller: int) -> Arrays:
    """Return inputs of 64 columns and a small network as an ONNX model: 64-128-64-10."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(2)
    widths, nodes, weights, last = (64, 128, 64, 10), [], [], "x"
    for number, (into, out) in enumerate(pairwise(widths)):
        weights.append(numpy_helper.from_array((rng.standard_normal((into, out)) * into**-0.5).astype(np.float32), f"w{number}"))
        weights.append(numpy_helper.from_array(np.zeros(out, np.float32), f"b{number}"))
        nodes.append(helper.make_node("Gemm", [last, f"w{number}", f"b{number}"], [f"h{number}"]))
        last = f"h{number}"
        if out != widths[-1]:
            nodes.append(helper.make_node("Relu", [last], [f"r{number}"]))
            last = f"r{number}"
    nodes.append(helper.make_node("Softmax", [last], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    inputs = rng.standard_normal((rows // smaller, 64), np.float32)
    return {"model_inputs": inputs, "model": np.frombuffer(model.SerializeToString(), np.uint8)}


def nothing(smaller: int) -> Arrays:
    """Return no arrays: the contestants make what they send."""
    return {}
