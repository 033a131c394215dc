"""The PyTorch helper with real modules and loaders; `make torch` installs what it needs."""

import asyncio
import threading

import numpy as np
import pytest
import querist
from querist.errors import InvalidRequestError

torch = pytest.importorskip("torch", reason="torch is not installed: make torch")
from querist.integrations.torch import WithIds, ensemble, mc_dropout, predictions  # noqa: E402 - torch may be missing
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset  # noqa: E402

ROWS, WIDTH, CLASSES = 300, 8, 4


class Net(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(WIDTH, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(p))
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x)))


@pytest.fixture
def net():
    torch.manual_seed(3)
    net = Net()
    net(torch.randn(64, WIDTH))  # batch statistics that are not those of a fresh layer
    net.train()
    net.body[0].eval()  # a mixture of modes, as fine-tuning has
    return net


@pytest.fixture
def inputs():
    return torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(5))


def joined(batches):
    """Put batches together by hand."""
    batches = list(batches)
    axis = {"committee": 1, "committee_logits": 1}
    fields = {
        name: torch.cat([batch[name] for batch in batches], axis.get(name, 0)).float().numpy() for name in batches[0] if name != "ids"
    }
    return fields, [name for batch in batches for name in batch.get("ids", [])]


def plain(net, x):
    """What the net says in evaluation mode, written out."""
    with torch.no_grad():
        first, norm = net.body[0], net.body[1]
        hidden = (x @ first.weight.T + first.bias - norm.running_mean) / torch.sqrt(norm.running_var + norm.eps) * norm.weight + norm.bias
        features = torch.tanh(hidden.clamp(min=0))
        return (features @ net.head.weight.T + net.head.bias).numpy(), features.numpy()


def modes(net):
    return [layer.training for layer in net.modules()]


def hooks(net):
    return sum(len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in net.modules())


def test_predictions_and_penultimate_features_are_those_of_evaluation_mode(net, inputs):
    expected, features = plain(net, inputs)
    found, ids = joined(predictions(net, DataLoader(TensorDataset(inputs), batch_size=64), embeddings_before="head"))
    np.testing.assert_allclose(found["logits"], expected, rtol=1e-4, atol=1e-5)  # float32 sums in another order
    np.testing.assert_allclose(found["embeddings"], features, rtol=1e-4, atol=1e-5)
    assert ids == []


def test_embeddings_come_from_an_output_or_a_function_too(net, inputs):
    loader = [inputs]
    layer, _ = joined(predictions(net, loader, embeddings="body.2"))
    function, _ = joined(predictions(net, loader, embeddings=lambda module, x: module.body(x)))
    np.testing.assert_array_equal(layer["embeddings"], function["embeddings"])
    assert layer["embeddings"].min() == 0


def test_pooled_feature_maps_become_rows():
    net = nn.Sequential(nn.Conv2d(1, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2))
    (batch,) = predictions(net, [torch.randn(5, 1, 8, 8)], embeddings="1")
    assert batch["embeddings"].shape == (5, 6)


def two(net, loader):
    torch.manual_seed(4)
    return ensemble([net, Net()], loader)


@pytest.mark.parametrize("make", [predictions, mc_dropout, two])
def test_a_selection_by_a_stream_equals_one_of_arrays_and_ids_travel_through_shuffles(client, net, inputs, make):
    names = [f"row {number}" for number in range(ROWS)]
    strategy = "margin" if make is predictions else "bald"
    shuffled = DataLoader(WithIds(TensorDataset(inputs), names), batch_size=37, shuffle=True)
    in_order = make(net, DataLoader(TensorDataset(inputs), batch_size=64))
    fields, _ = joined(in_order)
    whole = client.select(**fields, strategy=strategy, count=20)
    streamed = client.select(make(net, shuffled), strategy=strategy, count=20)
    assert streamed.ids == [names[row] for row in whole.indices]
    np.testing.assert_allclose(streamed.scores, whole.scores, rtol=1e-4, atol=1e-6)  # matrix products of another shape round differently
    again = client.select(in_order, strategy=strategy, count=20)
    assert again.indices.tolist() == whole.indices.tolist()
    assert again.scores.tobytes() == whole.scores.tobytes()


def test_embeddings_and_committees_stream_together(client, net, inputs):
    batches = mc_dropout(net, DataLoader(WithIds(inputs), batch_size=50), passes=3, embeddings_before="head")
    fields, ids = joined(batches)
    assert (fields["committee_logits"].shape, fields["embeddings"].shape) == ((3, ROWS, CLASSES), (ROWS, 16))
    np.testing.assert_allclose(fields["embeddings"], plain(net, inputs)[1], rtol=1e-4, atol=1e-5)
    plan = querist.Plan("bald", "k_center", prefilter=60)
    assert client.select(batches, strategy=plan, count=9).ids == client.select(**fields, ids=ids, strategy=plan, count=9).ids


def test_the_module_is_left_as_it_was_even_while_the_stream_waits_and_after_errors(net, inputs):
    before = {name: value.clone() for name, value in net.state_dict().items()}
    expected = modes(net)
    batches = iter(mc_dropout(net, DataLoader(inputs, batch_size=100), embeddings_before="head"))
    next(batches)
    assert (modes(net), hooks(net)) == (expected, 0)

    def fail(module, x):
        module(x)
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        list(mc_dropout(net, [inputs], forward=fail, embeddings_before="head"))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        list(mc_dropout(net, [inputs[:, :3]]))
    assert (modes(net), hooks(net)) == (expected, 0)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert not torch.is_inference_mode_enabled()


def test_what_the_module_raises_reaches_the_caller_of_select(client, net, inputs):
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        client.select(predictions(net, [inputs, inputs[:, :3]]), strategy="margin", count=1)


def test_training_goes_on_after_a_selection(client, net, inputs):
    client.select(predictions(net, [inputs], embeddings_before="head"), strategy="margin", count=1)
    net(inputs).sum().backward()
    assert net.head.weight.grad is not None


def test_passes_are_decided_by_the_seed_and_leave_the_global_generator_alone(net, inputs):
    torch.manual_seed(11)
    expected = torch.rand(5)
    torch.manual_seed(11)
    first, _ = joined(mc_dropout(net, [inputs], seed=1))
    assert torch.equal(torch.rand(5), expected)
    torch.manual_seed(12)
    again, _ = joined(mc_dropout(net, [inputs], seed=1))
    other, _ = joined(mc_dropout(net, [inputs], seed=2))
    np.testing.assert_array_equal(first["committee_logits"], again["committee_logits"])
    assert not np.array_equal(first["committee_logits"], other["committee_logits"])
    members = first["committee_logits"]
    assert len({member.tobytes() for member in members}) == len(members) == 10


def test_what_a_pass_says_of_a_row_does_not_depend_on_its_batch(net, inputs):
    together, _ = joined(mc_dropout(net, [inputs], passes=3))
    apart, _ = joined(mc_dropout(net, list(inputs.split(7)), passes=3))
    np.testing.assert_allclose(apart["committee_logits"], together["committee_logits"], rtol=1e-4, atol=1e-5)


LAYERS = [
    (nn.Dropout(0.3), (2000,), False),
    (nn.Dropout1d(0.3), (2000, 3), False),
    (nn.Dropout2d(0.3), (2000, 2, 2), False),
    (nn.Dropout3d(0.3), (2000, 1, 2, 2), False),
    (nn.AlphaDropout(0.3), (2000,), True),
    (nn.FeatureAlphaDropout(0.3), (2000, 3), True),
]


@pytest.mark.parametrize(("layer", "shape", "alpha"), LAYERS, ids=[type(layer).__name__ for layer, _, _ in LAYERS])
def test_masks_drop_what_the_layer_drops_in_training(layer, shape, alpha):
    """The values that come out are those of PyTorch's own layer, dropped as often as p says, whole channels where it drops channels."""
    ones = torch.ones(2, *shape)
    flatten = {"forward": lambda module, x: module(x).flatten(1)}
    (batch,) = mc_dropout(layer, [ones], passes=2, **flatten)
    members = batch["committee_logits"].numpy()
    own = nn.Sequential(layer).train()(ones).flatten(1).detach().numpy()
    np.testing.assert_allclose(np.unique(members.round(5)), np.unique(own.round(5)), atol=2e-5)
    np.testing.assert_array_equal(members[:, 0], members[:, 1])  # one mask for all rows
    by_channel = members[0, 0].reshape(shape[0], -1)
    assert (by_channel == by_channel[:, :1]).all()
    dropped = (members[0, 0] == members.min()).mean()
    assert abs(dropped - 0.3) < 6 * np.sqrt(0.3 * 0.7 / 2000)  # six standard deviations, and the seed is fixed
    assert alpha == (members.min() < 0)


@pytest.mark.parametrize("layer", [nn.Dropout(1.0), nn.AlphaDropout(1.0)])
def test_a_layer_that_drops_everything_gives_zeros(layer):
    (batch,) = mc_dropout(layer, [torch.ones(2, 5)], passes=2)
    assert not batch["committee_logits"].any()


def test_passes_of_a_linear_net_average_to_its_output():
    net = nn.Sequential(nn.Dropout(0.25), nn.Linear(6, 3))
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    (batch,) = mc_dropout(net, [x], passes=4000)
    with torch.no_grad():
        expected = net.eval()(x)
    spread = batch["committee_logits"].std(0) / np.sqrt(4000)
    assert ((batch["committee_logits"].mean(0) - expected).abs() < 6 * spread).all()


def test_half_precision_is_sent_as_it_is(client, net, inputs):
    loader = DataLoader(inputs, batch_size=64)
    (first, *_) = predictions(net, loader, autocast=torch.bfloat16, embeddings_before="head")
    assert first["logits"].dtype == torch.bfloat16
    whole, _ = joined(predictions(net, loader, autocast=torch.bfloat16))
    np.testing.assert_allclose(whole["logits"], plain(net, inputs)[0], atol=0.05)  # 8 bits of about 2
    rough = client.select(predictions(net, loader, autocast=torch.bfloat16), strategy="margin", count=ROWS)
    np.testing.assert_array_equal(rough.indices, client.select(logits=whole["logits"], strategy="margin", count=ROWS).indices)
    halves = Net().half().eval()
    assert next(iter(predictions(halves, [inputs[:9].half()])))["logits"].dtype == torch.float16


def test_dicts_and_outputs_with_logits_fit(client):
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(WIDTH, CLASSES)

        def forward(self, values, scale):
            return type("Output", (), {"logits": self.head(values) * scale})()

    rows = [{"values": torch.randn(WIDTH), "scale": torch.ones(1), "ids": f"r{number}"} for number in range(40)]
    batch = client.select(predictions(Wrapped(), DataLoader(rows, batch_size=16, shuffle=True)), strategy="margin", count=3)
    assert set(batch.ids) <= {row["ids"] for row in rows}
    without = [{name: row[name] for name in ("values", "scale")} for row in rows]
    named = client.select(
        predictions(Wrapped(), DataLoader(WithIds(without, range(100, 140)), batch_size=16)), strategy="random", count=40, seed=1
    )
    assert sorted(named.ids) == list(range(100, 140))


def test_one_probability_a_row_is_that_of_the_positive_class(client, inputs):
    net = nn.Sequential(nn.Linear(WIDTH, 1), nn.Sigmoid(), nn.Flatten(0))
    found, _ = joined(predictions(net, [inputs], gives="probabilities"))
    assert found["probabilities"].shape == (ROWS, 1)
    nearest = int(np.abs(found["probabilities"][:, 0] - 0.5).argmin())
    assert client.select(predictions(net, [inputs], gives="probabilities"), strategy="margin", count=1).indices.tolist() == [nearest]


def test_subsets_keep_the_ids_that_they_are_given(client, net, inputs):
    pool = [5, 250, 17, 88]
    dataset = TensorDataset(inputs, torch.zeros(ROWS))  # rows with labels, which are left away
    loader = DataLoader(WithIds(Subset(dataset, pool), pool), batch_size=3, shuffle=True)
    assert sorted(client.select(predictions(net, loader), strategy="margin", count=4).ids) == sorted(pool)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 and newer, of the loader's processes
def test_loaders_with_processes_and_asynchronous_clients(client, net, inputs):
    loader = DataLoader(WithIds(inputs), batch_size=64, num_workers=2, shuffle=True)
    expected = client.select(predictions(net, [inputs]), strategy="margin", count=5).indices.tolist()
    assert client.select(predictions(net, loader), strategy="margin", count=5).ids == expected

    async def asked():
        async with querist.aio.connect(client.address) as there:
            return (await there.select(predictions(net, [inputs]), strategy="margin", count=5)).indices.tolist()

    assert asyncio.run(asked()) == expected


class Rows(IterableDataset):
    def __init__(self, inputs):
        self.inputs = inputs

    def __iter__(self):
        return iter(self.inputs)


def test_rows_without_ids_are_counted_only_where_the_order_is_kept(net, inputs):
    kept = [
        DataLoader(inputs, batch_size=9),
        DataLoader(inputs, batch_size=None, sampler=None),
        DataLoader(Rows(inputs), batch_size=9),
    ]
    for loader in kept:
        forward = None if loader.batch_size else lambda module, x: module(x[None])
        assert sum(len(batch["logits"]) for batch in predictions(net, loader, forward=forward)) == ROWS
    shuffled = [
        DataLoader(inputs, shuffle=True),
        DataLoader(inputs, batch_sampler=[[3, 1], [0, 2]]),
        DataLoader(inputs, sampler=[3, 1, 2]),
        DataLoader(Rows(inputs), num_workers=2),
    ]
    for loader in shuffled:
        with pytest.raises(InvalidRequestError, match=r"does not keep the order .* load WithIds\(dataset\)"):
            next(iter(predictions(net, loader)))


def test_batches_may_be_iterated_again_unless_the_loader_is_an_iterator(net, inputs):
    batches = predictions(net, [inputs])
    assert not hasattr(batches, "__next__")
    assert len(list(batches)) == len(list(batches)) == 1
    assert hasattr(predictions(net, iter([inputs])), "__next__")


def test_two_attempts_at_once_do_not_disturb_each_other(net, inputs):
    batches = mc_dropout(net, list(inputs.split(10)), passes=4, embeddings_before="head")
    expected, _ = joined(batches)
    found = {}
    threads = [threading.Thread(target=lambda name=name: found.update({name: joined(batches)[0]})) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fields in found.values():
        for name, values in fields.items():
            np.testing.assert_array_equal(values, expected[name])
    assert len(found) == 3
    assert hooks(net) == 0


WRONG = [
    (lambda net, x: predictions("net", [x]), "module is a str; it must be a torch.nn.Module"),
    (lambda net, x: predictions(net, [x], gives="scores"), "gives is 'scores'; allowed are logits, probabilities"),
    (lambda net, x: predictions(net, [x], embeddings="bdy.1"), r"Net has no layer 'bdy\.1'; did you mean one of .*body\.1"),
    (lambda net, x: predictions(net, [x], embeddings_before="body.9"), r"has no layer 'body\.9'"),
    (lambda net, x: predictions(net, [x], embeddings="body", embeddings_before="head"), "not both"),
    (lambda net, x: mc_dropout(net, [x], passes=1), "passes is 1; a committee has at least 2"),
    (lambda net, x: mc_dropout(net, [x], seed=-1), "seed is -1"),
    (lambda net, x: mc_dropout(net.head, [x]), "Linear has no dropout layers; needed is one of Dropout, .* with p above 0"),
    (lambda net, x: mc_dropout(Net(p=0.0), [x]), "Net has 1 dropout layers, all with p=0"),
    (lambda net, x: ensemble([net], [x]), "there are 1 modules; a committee has at least 2"),
    (lambda net, x: WithIds(x, [1, 2]), "there are 2 ids for 300 rows"),
]
WRONG_LATER = [
    (lambda net, x: mc_dropout(net, [x], forward=lambda m, x: m.head(m.body[:3](x))), "none of the module's dropout layers was called"),
    (lambda net, x: ensemble([net, nn.Linear(WIDTH, 3)], [x]), r"give \[\[300, 4\], \[300, 3\]\]; all must give the same shape"),
    (lambda net, x: predictions(nn.Unflatten(1, (2, 4)), [x]), r"gives a tensor \[300, 2, 4\] of float32; its output must be floats"),
    (lambda net, x: predictions(net, [x], forward=lambda m, x: (m(x), 0)), "gives a tuple; its output must be"),
    (lambda net, x: predictions(net, [x], forward=lambda m, x: m(x).argmax(1)), r"gives a tensor \[300\] of int64"),
    (lambda net, x: predictions(net, [x], embeddings=lambda m, x: x.reshape(-1, 2, 4)), r"embeddings are a tensor \[300, 2, 4\]"),
    (lambda net, x: predictions(net, [x], embeddings="body", forward=lambda m, x: m(x) + m(x)), "'body' was called 2 times in a pass"),
    (lambda net, x: predictions(net, [x], embeddings="body", forward=lambda m, x: m.head(torch.randn(len(x), 16))), "called 0 times"),
    (
        lambda net, x: predictions(net, [(x, torch.zeros(ROWS, dtype=torch.int64))]),
        r"the id 0 comes twice; .* its labels, WithIds\(dataset\)",
    ),
    (lambda net, x: predictions(net, [(x[:2], ["a", "b"]), (x[:2], ["c", "a"])]), "the id 'a' comes twice"),
    (lambda net, x: predictions(net, [(x, x)]), r"ids of a batch are a tensor \[300, 8\] of float32"),
    (lambda net, x: predictions(net, [(x[:2], [1.5, 2.5])]), "an id is 1.5; ids are strings or whole numbers"),
    (lambda net, x: predictions(net, [(x, [1, 2])]), "2 ids and the module gave 300 rows"),
    (lambda net, x: predictions(net, [(x, x, x)]), "a batch is a tuple of 3; allowed are inputs, "),
]


@pytest.mark.parametrize(("make", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_what_is_wrong_is_said_before_anything_is_computed(net, inputs, make, words):
    with pytest.raises(InvalidRequestError, match=words):
        make(net, inputs)


@pytest.mark.parametrize(("make", "words"), WRONG_LATER, ids=[words[:30] for _, words in WRONG_LATER])
def test_what_only_a_batch_shows_is_said_with_the_batch(client, net, inputs, make, words):
    strategy = "bald" if "committee" in str(words) else "margin"
    with pytest.raises(InvalidRequestError, match=words):
        client.select(make(net, inputs), strategy=strategy, count=1)
    assert hooks(net) == 0
