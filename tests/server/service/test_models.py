"""Models over the wire: upload, inference, committees; against scikit-learn's own predictions."""

import numpy as np
import onnx
import pytest
import querist
from onnx import TensorProto, helper
from onnx_models import IRIS, NAMES, X, endless, exported, graph_model, linear, values
from querist import _requests, _rows
from querist.errors import InvalidRequestError, LimitExceededError, ModelError, NotFoundError
from querist.v1 import selection_service_pb2 as pb
from serving import serving
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier


@pytest.fixture(scope="module")
def fitted():
    models = [
        LogisticRegression(max_iter=500),
        RandomForestClassifier(20, random_state=0),
        MLPClassifier((8,), max_iter=2000, random_state=0),
    ]
    return [model.fit(X, NAMES) for model in models]


@pytest.mark.parametrize("zipmap", [False, True])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_uploaded_model_ranks_like_its_own_predictions(client, fitted, zipmap, index):
    model = client.upload_model(exported(fitted[index], zipmap))
    declares_none = index == 2 and not zipmap  # the converter leaves a plain network's labels out of its probabilities
    assert model.class_labels == (() if declares_none else tuple(fitted[index].classes_))
    batch = client.select(models=[model.digest], model_inputs={"X": X}, strategy="entropy", rank_all=True)
    expected = client.select(fitted[index].predict_proba(X), strategy="entropy", rank_all=True)
    by_row = np.argsort(batch.indices)
    np.testing.assert_allclose(batch.scores[by_row], expected.scores[np.argsort(expected.indices)], atol=2e-5)
    assert batch.class_labels == model.class_labels
    np.testing.assert_array_equal(fitted[index].classes_[batch.predicted_labels[by_row]], fitted[index].predict(X))
    client.delete_model(model.digest)


def test_the_label_map_keeps_the_models_own_order(client, fitted):
    """A map by label would come out in the order of the alphabet; the columns must stay those of the model."""
    proto = onnx.load_from_string(exported(fitted[0], zipmap=True))
    (zipmap,) = [node for node in proto.graph.node if node.op_type == "ZipMap"]
    (labels,) = zipmap.attribute
    labels.strings[:] = [b"zebra", b"Ape", b"mouse"]
    model = client.upload_model(proto.SerializeToString())
    assert model.class_labels == ("zebra", "Ape", "mouse")
    assert [value.class_map for value in model.outputs] == [False, True]
    batch = client.select(models=[model.digest], model_inputs=X, strategy="margin", rank_all=True)
    np.testing.assert_array_equal(batch.predicted_labels, fitted[0].predict_proba(X)[batch.indices].argmax(axis=1))
    client.delete_model(model.digest)


@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 3.0]])
def test_several_models_are_a_weighted_committee(client, fitted, weights):
    uses = [querist.ModelUse(exported(model), weight=None if weights is None else weights[i]) for i, model in enumerate(fitted)]
    batch = client.select(models=uses, model_inputs={"X": X}, strategy="bald", rank_all=True)
    members = [model.predict_proba(X) for model in fitted]
    expected = client.select(committee=members, member_weights=weights, strategy="bald", rank_all=True)
    np.testing.assert_allclose(batch.scores[np.argsort(batch.indices)], expected.scores[np.argsort(expected.indices)], atol=5e-5)
    assert batch.statistics.members == 3


def test_votes_and_embeddings_are_outputs_too(client, fitted):
    numbered = [model.fit(X, IRIS.target) for model in (LogisticRegression(max_iter=500), RandomForestClassifier(5, random_state=1))]
    uses = [querist.ModelUse(exported(model), outputs={"label": "votes"}) for model in numbered]
    batch = client.select(models=uses, model_inputs=X, strategy="vote_entropy", class_count=3, rank_all=True)
    votes = np.stack([model.predict(X) for model in numbered])
    expected = client.select(votes=votes, class_count=3, strategy="vote_entropy", rank_all=True)
    np.testing.assert_array_equal(batch.indices, expected.indices)
    spread = client.select(models=[linear()], model_inputs={"x": X}, strategy=querist.Plan("margin", "k_center"), count=9)
    logits = client.select(logits=X @ np.random.default_rng(0).standard_normal((4, 3)).astype("f4"), embeddings=X,
                           strategy=querist.Plan("margin", "k_center"), count=9)  # fmt: skip
    np.testing.assert_array_equal(spread.indices, logits.indices)


def test_pieces_do_not_change_a_bit(client, fitted):
    rows = np.random.default_rng(2).random((9000, 4), np.float32) * 8
    arguments = {"models": [querist.ModelUse(exported(fitted[2]))], "strategy": "margin", "rank_all": True}
    whole = client.select(model_inputs={"X": rows}, **arguments)
    header = _requests.request_of(_requests.Selecting(model_inputs={"X": rows}, **arguments)).header
    for pieces in (7, 1000, 5000):
        messages = [pb.SelectStreamRequest(header=header)]
        for start in range(0, 9000, pieces):
            piece = rows[start : start + pieces]
            blocks = _rows.Arrays({"model_inputs.X": piece}, len(piece), "members_first").blocks(start)
            messages += map(pb.SelectStreamRequest.FromString, blocks)
        *_, last = client._selection.SelectStream(iter(messages))
        np.testing.assert_array_equal(last.result.selected.scores, whole.scores)
        np.testing.assert_array_equal(last.result.selected.indices, whole.indices)


def test_the_store_over_the_wire(tmp_path, fitted):
    limits = {"max_model_bytes": 100_000, "max_model_store_bytes": 150_000}
    with serving(tmp_path, **limits) as server, querist.connect(server.address) as client:
        models = [client.upload_model(exported(model)) for model in (fitted[0], fitted[2])]
        assert client.upload_model(exported(fitted[0])) == models[0]
        assert [model.digest for model in client.list_models()] == sorted(model.digest for model in models)
        assert client.get_model(models[0].digest) == models[0]
        client.delete_model(models[0].digest)
        for call in (client.get_model, client.delete_model):
            with pytest.raises(NotFoundError) as caught:
                call(models[0].digest)
            assert caught.value.reason == "MODEL_NOT_FOUND"
        with pytest.raises(NotFoundError):
            client.select(models=[models[0].digest], model_inputs=X, strategy="margin", count=1)
        with pytest.raises(LimitExceededError) as caught:
            client.upload_model(b"\0" * 100_001)
        assert (caught.value.limit, caught.value.allowed) == ("max_model_bytes", 100_000)
        with pytest.raises(ModelError) as caught:
            client.upload_model(b"not a model at all")
        assert caught.value.reason == "MODEL_INVALID"
        assert len(client.list_models()) == 1


def one(*nodes, inputs=(), outputs=(), initializers=()):
    return graph_model(list(nodes), list(inputs), list(outputs), initializers)


TEXT = helper.make_tensor_value_info("logits", TensorProto.STRING, [None])
TRANSPOSED = one(helper.make_node("Transpose", ["x"], ["logits"]), inputs=[values("x", None, 4)], outputs=[values("logits", 4, None)])
FIXED = one(helper.make_node("Identity", ["x"], ["logits"]), inputs=[values("x", 150, 4)], outputs=[values("logits", 150, 4)])
UNNAMED = one(helper.make_node("Identity", ["x"], ["y"]), inputs=[values("x", None, 4)], outputs=[values("y", None, 4)])
TWO_INPUTS = one(
    helper.make_node("Add", ["a", "b"], ["logits"]),
    inputs=[values("a", None, 4), values("b", None, 4)],
    outputs=[values("logits", None, 4)],
)


@pytest.mark.parametrize(
    ("uses", "inputs", "reason", "field"),
    [
        ([UNNAMED], X, "MODEL_OUTPUT_INVALID", "header.models[0].outputs"),
        ([querist.ModelUse(UNNAMED, outputs={"z": "logits"})], X, "MODEL_OUTPUT_INVALID", "header.models[0].outputs[0].name"),
        ([querist.ModelUse(UNNAMED, outputs={"y": "embeddings"})], X, "MODEL_OUTPUT_INVALID", "header.models[0].outputs"),
        ([TRANSPOSED], X, "MODEL_OUTPUT_INVALID", "header.models[0].outputs"),
        ([FIXED], X, "MODEL_INPUT_INVALID", "pool.model_inputs[input]"),
        ([linear()], X.astype(float), "MODEL_INPUT_INVALID", "pool.model_inputs[input]"),
        ([linear()], X[:, :3], "MODEL_INPUT_INVALID", "pool.model_inputs[input]"),
        ([linear()], {"y": X, "z": X}, "MODEL_INPUT_INVALID", "pool.model_inputs"),
        ([linear()], {"x": X, "z": X}, "MODEL_INPUT_INVALID", "pool.model_inputs[z]"),
        ([querist.ModelUse(linear(), inputs={"w": "x"})], {"x": X}, "MODEL_INPUT_INVALID", "header.models[0].inputs"),
        ([TWO_INPUTS], {"a": X}, "MODEL_INPUT_INVALID", "pool.model_inputs"),
        ([linear(3), linear(4)], {"x": X}, "FIELD_CONFLICT", "header.models"),
        ([linear(3, False), linear(4, False)], {"x": X}, "MODEL_CLASSES_DIFFER", "header.models"),
        ([b"junk"], X, "MODEL_INVALID", "header.models[0].onnx"),
        (["0" * 10], X, "VALUE_OUT_OF_RANGE", "header.models[0].digest"),
        ([querist.ModelUse(linear(3, False), weight=-1.0), linear(3, False)], {"x": X}, "WEIGHTS_INVALID", "header.models[0].weight"),
    ],
)
def test_models_that_do_not_fit_are_refused_by_field(client, uses, inputs, reason, field):
    with pytest.raises(InvalidRequestError) as caught:
        client.select(models=uses, model_inputs=inputs, strategy="margin", count=1)
    assert (caught.value.reason, caught.value.field) == (reason, field), str(caught.value)


def test_members_with_other_class_orders_are_refused(client):
    one = LogisticRegression(max_iter=500).fit(X, NAMES)
    other = LogisticRegression(max_iter=500).fit(X, np.char.upper(NAMES))
    with pytest.raises(ModelError) as caught:
        client.select(models=[exported(one), exported(other)], model_inputs=X, strategy="bald", count=1)
    assert caught.value.reason == "MODEL_CLASSES_DIFFER"
    assert "Ape" in str(caught.value)


def test_a_model_that_never_ends_ends_with_its_deadline(client):
    with pytest.raises(querist.errors.DeadlineExceededError):
        client.select(models=[endless()], model_inputs={"x": X}, strategy="margin", count=1, timeout=3)
    assert client.select(models=[linear()], model_inputs={"x": X}, strategy="margin", count=1).statistics.rows == 150
