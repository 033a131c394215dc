"""Plans with everything around them, and rows of parts, give one answer in one message, as a stream of batches, and asynchronously."""

import asyncio
from typing import Any

import numpy as np
import pytest
import querist
from querist import parts
from querist._requests import UNARY_BYTES
from results import facts
from serving import serving

ROWS = 300
RNG = np.random.default_rng(5)
EMBEDDINGS = np.repeat(RNG.normal(size=(ROWS // 2, 6)), 2, axis=0).astype(np.float32) + RNG.normal(size=(ROWS, 6)).astype(np.float32) * 1e-3
COUNTS = RNG.integers(0, 9, ROWS)
TOKENS = RNG.dirichlet(np.ones(4), int(COUNTS.sum()))
LABELLED = {"embeddings": RNG.normal(size=(40, 6)).astype(np.float32), "classes": RNG.integers(0, 4, 40), "values": RNG.normal(size=40)}
GUARDED = querist.Plan(
    score="margin",
    choice=parts.FacilityLocation(weigh_by_score=True),
    guards=["near_duplicate", parts.GroupCap(most=2), "knn_outlier", parts.Unlabelable(threshold=0.9)],
    weights=["density", parts.Cost(gamma=0.5), "rarity"],
)
PROBABILITIES = RNG.dirichlet(np.ones(4), ROWS)

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "everything": (
        {
            "probabilities": PROBABILITIES,
            "embeddings": EMBEDDINGS,
            "groups": RNG.integers(0, 80, ROWS),
            "costs": RNG.uniform(1, 3, ROWS),
            "unlabelable": RNG.random(ROWS),
            "keys": RNG.permutation(ROWS),
        },
        {
            "strategy": GUARDED,
            "labelled": LABELLED,
            "count": 30,
            "random_share": 0.1,
            "audit_share": 0.1,
            "budget": 80.0,
            "return_components": True,
        },
    ),
    "parts": (
        {"parts": querist.PartPredictions(counts=COUNTS, probabilities=TOKENS), "embeddings": EMBEDDINGS},
        {"strategy": querist.Plan(parts.PartsScore(score="entropy", aggregate="MEAN"), "mmr", prefilter_factor=1.0), "count": 20},
    ),
    "parts of a committee": (
        {"parts": querist.PartPredictions(counts=COUNTS, committee=np.stack([TOKENS, TOKENS[::-1]]))},
        {"strategy": querist.Plan(parts.PartsScore(score="bald", aggregate="SUM"), "power"), "count": 20},
    ),
    "labels": (
        {"label_probabilities": RNG.random((ROWS, 7))},
        {"strategy": "cvirs", "labelled": querist.Labelled(sets=RNG.random((30, 7)) < 0.4), "count": 12, "return_components": True},
    ),
    "regression": (
        {"embeddings": EMBEDDINGS, "predicted_values": RNG.normal(size=ROWS)},
        {"strategy": "igs", "labelled": {"embeddings": LABELLED["embeddings"], "values": LABELLED["values"]}, "count": 12},
    ),
    "values of a committee": ({"committee_values": RNG.normal(size=(5, ROWS))}, {"strategy": "power_member_variance", "count": 12}),
    "towards examples": ({"embeddings": EMBEDDINGS}, {"strategy": "flqmi", "wanted": EMBEDDINGS[:5] + np.float32(1), "count": 9}),
    "away from examples": ({"embeddings": EMBEDDINGS}, {"strategy": "flcg", "unwanted": EMBEDDINGS[:5], "count": 9}),
    "a head": ({"embeddings": EMBEDDINGS}, {"strategy": "drop_query", "head": (RNG.normal(size=(4, 6)), np.zeros(4)), "count": 9}),
    "predicted costs": (
        {"probabilities": PROBABILITIES, "cost_features": RNG.normal(size=(ROWS, 3))},
        {"strategy": "margin", "cost_history": (RNG.normal(size=(50, 3)), RNG.uniform(1, 9, 50)), "budget": 40.0},
    ),
    "images": (
        {"thumbnails": RNG.integers(0, 256, (ROWS, 6, 5, 3)).astype(np.uint8), "probabilities": PROBABILITIES},
        {"strategy": querist.Plan("margin", guards=[parts.ImageQuality(blank=0.1, blur_z=1.0)]), "count": 12},
    ),
    "error reduction": (
        {"embeddings": EMBEDDINGS, "probabilities": PROBABILITIES},
        {
            "strategy": querist.Plan(
                parts.ParzenErrorReduction(evaluation_rows=100, shortlist=60, class_floor=0.1), "top", guards=["near_duplicate"]
            ),
            "labelled": LABELLED,
            "count": 20,
            "random_share": 0.2,
        },
    ),
    "a target committee": (
        {"committee": RNG.dirichlet(np.ones(4), (5, ROWS))},
        {"strategy": "target_epig", "target": {"committee": RNG.dirichlet(np.ones(4), (20, 5))}, "count": 9},
    ),
    "a Gaussian field": (
        {"embeddings": EMBEDDINGS},
        {
            "strategy": querist.Plan(parts.FieldErrorReduction(evaluation="target", loss="brier")),
            "labelled": LABELLED,
            "target": querist.Target(embeddings=EMBEDDINGS[:40] + np.float32(0.1)),
            "class_count": 4,
            "count": 9,
        },
    ),
    "evidence": ({"evidence": RNG.gamma(1.0, 3.0, (ROWS, 4))}, {"strategy": "dirichlet", "count": 9}),
    "look-ahead": (
        {"probabilities": PROBABILITIES, "look_ahead": RNG.dirichlet(np.ones(4), (ROWS, 4, 5))},
        {"strategy": "look_ahead_eer", "target": {"probabilities": PROBABILITIES[:5]}, "count": 9},
    ),
    "a batch for a committee": ({"committee": RNG.dirichlet(np.ones(4), (5, ROWS))}, {"strategy": "batch_bald", "count": 4}),
    "calibrated, with labels to start from": (
        {"logits": RNG.normal(size=(ROWS, 4)) * 3},
        {
            "strategy": "margin",
            "calibration": {"logits": RNG.normal(size=(400, 4)), "classes": RNG.integers(0, 4, 400), "origin": "random"},
            "pre_annotation": {"top_labels": 2, "coverage": 0.8, "by_class": True, "accept_error": 0.5},
            "count": 30,
            "random_share": 0.1,
        },
    ),
    "auto": ({"probabilities": PROBABILITIES, "embeddings": EMBEDDINGS}, {"strategy": "auto", "labelled": LABELLED, "count": 9}),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.address


def cut(name: str, value: Any, rows: slice) -> Any:
    if name in ("committee", "committee_values"):
        return value[:, rows]
    if name != "parts":
        return value[rows]
    first, last = int(COUNTS[: rows.start].sum()), int(COUNTS[: rows.stop].sum())
    some = {kind: getattr(value, kind) for kind in ("probabilities", "committee") if getattr(value, kind) is not None}
    cuts = {kind: array[:, first:last] if kind == "committee" else array[first:last] for kind, array in some.items()}
    return {"counts": COUNTS[rows], **cuts}


def batches(rows: dict[str, Any], length: int) -> list[dict[str, Any]]:
    cuts = [slice(start, min(start + length, ROWS)) for start in range(0, ROWS, length)]
    return [{name: cut(name, value, some) for name, value in rows.items()} for some in cuts]


@pytest.mark.parametrize("case", CASES)
def test_one_answer(address, case, monkeypatch):
    rows, rest = CASES[case]
    found = []
    with querist.connect(address) as client:
        found.append(client.select(**rows, **rest, seed=3))
        assert found[0].indices.size
        found += [client.select(iter(batches(rows, length)), **rest, seed=3) for length in (1, 7, 299)]
        monkeypatch.setattr("querist._requests.UNARY_BYTES", 0)
        found.append(client.select(**rows, **rest, seed=3))
        monkeypatch.setattr("querist._side.PIECE_BYTES", 100)
        monkeypatch.setattr("querist._rows.BLOCK_BYTES", 2000)
        found.append(client.select(**rows, **rest, seed=3))

    async def asynchronous():
        async with querist.aio.connect(address) as client:
            return await client.select(**rows, **rest, seed=3)

    found.append(asyncio.run(asynchronous()))
    assert UNARY_BYTES
    assert all(facts(one) == facts(found[0]) for one in found)


def test_a_whole_plan_says_what_it_did(address):
    rows, rest = CASES["everything"]
    with querist.connect(address) as client:
        batch = client.select(**rows, **rest, seed=3)
        again = client.select(**rows, **{**rest, "strategy": batch.plan}, seed=3)
    np.testing.assert_array_equal(batch.indices, again.indices)
    assert [type(guard).__name__ for guard in batch.plan.guards] == ["NearDuplicate", "GroupCap", "KnnOutlier", "Unlabelable"]
    assert [type(weight).__name__ for weight in batch.plan.weights] == ["Density", "Cost", "Rarity"]
    assert set(batch.components) == {"density", "cost", "rarity"}
    chosen = ~(batch.audit_draws | batch.random_draws)
    product = batch.scores * np.prod([batch.components[name] for name in batch.components], axis=0)
    np.testing.assert_allclose(batch.values[chosen], product[chosen])
    assert batch.gains[chosen].min() >= 0
    assert batch.spending.cost == pytest.approx(rows["costs"][batch.indices].sum())
    assert batch.spending.left == pytest.approx(80 - batch.spending.cost)
    assert sum(batch.guarded.tallies.values()) == batch.guarded.total == len(batch.guarded.indices)
    assert not set(batch.indices[chosen].tolist()) & set(batch.guarded.indices.tolist())
    assert batch.to_dict()["guarded"]["tallies"] == batch.guarded.tallies


def test_auto_says_what_it_chose_and_why(address):
    rows, rest = CASES["auto"]
    with querist.connect(address) as client:
        batch = client.select(**rows, **rest, seed=3)
        named = client.select(**rows, **{**rest, "strategy": batch.auto_choice.strategy}, seed=3)
    assert batch.strategy == "auto"
    assert batch.auto_choice.strategy == "max_herding"
    assert "few" in batch.auto_choice.reason
    assert "margin" in batch.auto_choice.alternatives
    assert batch.plan == named.plan
    np.testing.assert_array_equal(batch.indices, named.indices)
    assert 0 < batch.guarantee <= 1
    assert named.auto_choice is None
