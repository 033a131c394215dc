"""The requests of the conformance files. Small, so that a person can read them; each shows one thing that a client may get wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import Message
from querist import codec
from querist.v1 import advice_pb2, annotation_service_pb2, plan_pb2, pool_pb2, side_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1 import system_service_pb2 as system

SELECT, STREAM = "querist.v1.SelectionService/Select", "querist.v1.SelectionService/SelectStream"
ADVISE = "querist.v1.SelectionService/AdviseStop"
ASSESS, ASSIGN = "querist.v1.AnnotationService/AssessAnnotations", "querist.v1.AnnotationService/AssignAnnotators"
INFO, STRATEGIES = "querist.v1.SystemService/GetServerInfo", "querist.v1.SystemService/ListStrategies"
LARGE_SEED = 2**64 - 3
"""Larger than the numbers of JavaScript hold exactly, and than signed 64-bit integers."""
FIRST_KEY = 2**53 + 1
"""The first integer that a double cannot hold."""


@dataclass(frozen=True)
class Scenario:
    """One call. `after` is the scenario whose campaign state it goes on with."""

    name: str
    summary: str
    method: str
    requests: list[Message]
    after: str = field(default="")


def exact_rows(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return rows of sixty-fourths that sum to exactly 1: exact in every floating type, BFLOAT16 among them."""
    *rows, classes = shape
    cuts = np.sort(rng.integers(0, 65, (*rows, classes - 1)), axis=-1)
    edges = np.concatenate([np.zeros((*rows, 1), int), cuts, np.full((*rows, 1), 64)], axis=-1)
    return np.diff(edges, axis=-1) / 64


def bfloat16(values: np.ndarray) -> np.ndarray:
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2").view(codec.BFLOAT16)


def select(name: str, summary: str, pool: dict[str, Any], *, side: dict[str, Any] | None = None, **header: Any) -> Scenario:
    header.setdefault("seed", 7)
    request = pb.SelectRequest(header=pb.SelectHeader(**header), pool=pool_pb2.Pool(**pool))
    if side is not None:
        request.side.CopyFrom(side_pb2.Side(**side))
    return Scenario(name, summary, SELECT, [request])


def listed(values: np.ndarray, kind: str) -> tensor_pb2.Tensor:
    """Return a tensor as a typed list."""
    return tensor_pb2.Tensor(shape=values.shape, **{kind: {"values": values.ravel().tolist()}})


def scenarios() -> list[Scenario]:
    rng = np.random.default_rng(11)
    return [*types(rng), *plans(rng), *streams(rng), *stops(rng), *annotators(), *system_calls(), *refusals(rng)]


def types(rng: np.random.Generator) -> Iterator[Scenario]:
    rows = exact_rows(rng, 12, 3)
    for name, packed in {"float64": rows, "float32": rows.astype("f4"), "float16": rows.astype("f2"), "bfloat16": bfloat16(rows)}.items():
        tensor = {"probabilities": codec.encode(packed)}
        yield select(f"tensor_{name}", f"{name.upper()} as raw little-endian bytes.", tensor, strategy="margin", count=4)
    for kind in ("doubles", "floats"):
        tensor = {"probabilities": listed(rows, kind)}
        yield select(f"tensor_{kind}", f"A typed list of {kind}.", tensor, strategy="least_confidence", count=4)
    yield select(
        "binary_vector",
        "Probabilities of the positive class alone, [N].",
        {"probabilities": codec.encode(rows[:, 0].copy())},
        strategy="gini",
        count=4,
    )
    large = np.arange(FIRST_KEY, FIRST_KEY + 12)
    pool = {"probabilities": codec.encode(rows), "keys": codec.encode(large)}
    yield select(
        "keys_int64", "Keys that a double cannot hold; rows that are excluded.", pool, strategy="margin", count=5, exclude_indices=[0, 3]
    )
    pool = {"probabilities": codec.encode(rows), "keys": codec.encode((large + 2**62).astype("u8"))}
    yield select("keys_uint64", "UINT64 keys just below 2^63.", pool, strategy="margin", count=5, seed=LARGE_SEED)
    pool = {"probabilities": codec.encode(rows), "keys": listed(large, "ints"), "excluded": codec.encode(np.arange(12) % 4 == 0)}
    yield select("mask", "A BOOL mask, and keys as a typed list of 64-bit integers.", pool, strategy="ratio", rank_all=True)


def plans(rng: np.random.Generator) -> Iterator[Scenario]:
    rows, points = exact_rows(rng, 16, 4), rng.integers(-8, 9, (16, 2)) / 4
    packed, places = codec.encode(rows), codec.encode(points)
    yield select("logits", "Logits, from which the server makes probabilities.", {"logits": places}, strategy="entropy", count=4)
    scores = {"scores": codec.encode(rng.integers(-9, 9, 16) / 2)}
    yield select(
        "caller_scores",
        "The caller's own score, every instance ranked, ties by the lowest index.",
        scores,
        strategy="caller",
        rank_all=True,
    )
    yield select(
        "random_share", "A share drawn at random, with inclusion probabilities.", {"probabilities": packed},
        strategy="power_margin", count=6, random_share=0.5, seed=LARGE_SEED,
    )  # fmt: skip
    committee = {"probabilities": codec.encode(exact_rows(rng, 16, 3, 4)), "layout": "COMMITTEE_LAYOUT_ROWS_FIRST"}
    yield select(
        "committee",
        "A committee whose members weigh differently.",
        {"committee": committee},
        strategy="bald",
        count=4,
        member_weights=[1, 2, 1],
    )
    votes = rng.integers(-1, 3, (16, 3)).astype("i4")
    votes[5] = -1
    committee = {"votes": codec.encode(votes), "layout": "COMMITTEE_LAYOUT_ROWS_FIRST"}
    yield select("votes", "Hard votes with abstentions; an instance without any vote is put aside.", {"committee": committee},
                 strategy="variation_ratio", count=4, class_count=3)  # fmt: skip
    mix = {"parts": [{"score": {"margin": {}}, "weight": 2}, {"score": {"gini": {}}, "weight": 1}], "scale": "MIX_SCALE_RANK"}
    plan = plan_pb2.Plan(score=plan_pb2.Score(mix=mix), choice={"top": {}})
    yield select("typed_plan", "A plan with its parameters, and the parts of a mixed score.", {"probabilities": packed}, plan=plan, count=4,
                 return_components=True)  # fmt: skip
    pool = {"probabilities": packed, "embeddings": places}
    near = {"labelled": {"embeddings": codec.encode(points[:3] + 0.5)}}
    yield select("labelled_set", "Embeddings, and a labelled set to keep away from.", pool, side=near, strategy="k_center", count=5)
    yield select(
        "coverage",
        "A choice that says what each instance adds, and how good the batch surely is.",
        pool,
        strategy="facility_location",
        count=3,
    )
    twins = points.copy()
    twins[9] = twins[2]
    guarded = plan_pb2.Plan(score={"margin": {}}, choice={"top": {}}, guards=[{"near_duplicate": {"of_pool": True}}])
    yield select(
        "guard",
        "Near-duplicates put aside, with what they were judged by.",
        {**pool, "embeddings": codec.encode(twins)},
        plan=guarded,
        count=4,
    )
    pool = {"probabilities": packed, "costs": codec.encode(rng.integers(1, 9, 16) / 2)}
    yield select("budget", "A budget as the only bound of the batch.", pool, strategy="margin", budget=6.5)
    labels = {"label_probabilities": codec.encode(rng.integers(0, 9, (16, 3)) / 8)}
    yield select("multi_label", "Labels that do not exclude each other.", labels, strategy="label_margin", count=4)
    variances = {"predicted_variances": codec.encode(rng.integers(1, 99, 16) / 8)}
    yield select("regression", "A regression model's own variances.", variances, strategy="predictive_variance", count=4)
    counts = np.array([3, 0, 2, 4], dtype="i4")
    parts = {"counts": codec.encode(counts), "probabilities": codec.encode(exact_rows(rng, 9, 3))}
    yield select(
        "parts", "Parts of instances: as many rows as the counts say together.", {"parts": parts}, strategy="parts_margin", count=2
    )
    yield select(
        "auto", "The strategy that the server picks, and what else would fit.", {"probabilities": packed}, strategy="auto", count=4
    )
    known = {"probabilities": codec.encode(exact_rows(rng, 40, 4)), "classes": codec.encode(rng.integers(0, 4, 40))}
    yield select("pre_annotation", "Likeliest labels and conformal sets; nothing for random draws.", {"probabilities": packed},
                 strategy="margin", count=6,
                 side={"calibration": known}, calibration_origin="CALIBRATION_ORIGIN_RANDOM", random_share=0.34,
                 pre_annotation={"top_labels": 2, "coverage": 0.75})  # fmt: skip
    campaign = {"campaign": "digits", "labelled": 40, "economics": {"label_cost": 1, "currency": "EUR"}}
    yield select(
        "campaign",
        "A selection that is the first round of a campaign.",
        {"probabilities": packed},
        strategy="margin",
        count=4,
        campaign=campaign,
    )


def streams(rng: np.random.Generator) -> Iterator[Scenario]:
    rows, keys = exact_rows(rng, 10, 3), np.arange(FIRST_KEY, FIRST_KEY + 10)

    def messages(cuts: list[int], header: pb.SelectHeader) -> list[Message]:
        edges = zip([0, *cuts], [*cuts, len(rows)], strict=True)
        blocks = [
            {"first_row": low, "rows": {"probabilities": codec.encode(rows[low:high]), "keys": codec.encode(keys[low:high])}}
            for low, high in edges
        ]
        return [pb.SelectStreamRequest(header=header), *(pb.SelectStreamRequest(block=block) for block in blocks)]

    header = pb.SelectHeader(strategy="margin", count=4, seed=7)
    yield Scenario("stream", "A pool in blocks of unequal length.", STREAM, messages([1, 4], header))
    yield Scenario("stream_one_block", "The same pool in one block: the same answer.", STREAM, messages([], header))
    header = pb.SelectHeader(strategy="margin", count=4, seed=7, return_scores=True, exclude_indices=[2], expected_rows=10)
    yield Scenario("stream_scores", "The scores of the whole pool, NaN where a row is excluded.", STREAM, messages([5], header))
    points = rng.integers(-8, 9, (10, 2)) / 4
    side = [pb.SelectStreamRequest(side={"labelled": {"embeddings": codec.encode(points[at : at + 1])}}) for at in (0, 1)]
    block = pb.SelectStreamRequest(block={"rows": {"embeddings": codec.encode(points)}})
    header = pb.SelectStreamRequest(header={"strategy": "k_center", "count": 3, "seed": 7})
    yield Scenario("stream_side", "A labelled set in two pieces ahead of the rows.", STREAM, [header, *side, block])
    lost = messages([4], pb.SelectHeader(strategy="margin", count=4, seed=7))
    lost[2].block.first_row = 5
    yield Scenario("error_stream_gap", "A block that does not begin where the one before ended.", STREAM, lost)
    yield Scenario("error_stream_no_header", "A stream that begins with rows.", STREAM, messages([], pb.SelectHeader())[1:])


def stops(rng: np.random.Generator) -> Iterator[Scenario]:
    def advise(name: str, summary: str, labelled: int, error: float, after: str = "", **rest: Any) -> Scenario:
        estimate = {"source": "ERROR_SOURCE_HOLD_OUT", "error": error, "instances": 400}
        campaign = advice_pb2.CampaignRound(labelled=labelled, error=estimate, unlabelled=1000 - labelled, next_batch=20, **rest)
        if not after:
            campaign.campaign = "digits"
        return Scenario(name, summary, ADVISE, [pb.AdviseStopRequest(campaign=campaign)], after)

    yield advise("advise_1_first", "The first round of a campaign, which gives a state.", 40, 0.25)
    yield advise(
        "advise_2_second",
        "The second round, with the state of the first.",
        60,
        0.1875,
        "advise_1_first",
        batch_labelled=20,
        batch_correct=12,
    )
    yield advise("advise_3_spent", "The budget is spent: stop.", 80, 0.125, "advise_2_second", criteria=[{"budget": {"labels": 80}}])
    damaged = advise("error_state_damaged", "A state whose content was changed on the way.", 80, 0.125)
    state = advice_pb2.CampaignState(version=1, campaign="digits", rounds=1, content=b"not what was sent", checksum=bytes(16))
    damaged.requests[0].campaign.state.CopyFrom(state)
    yield damaged


def annotators() -> Iterator[Scenario]:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 12)
    asked = np.repeat(np.arange(12), 3)
    who = np.tile([1, 2, 3], 12)
    labels = np.where(rng.random(36) < 0.75, truth[asked], rng.integers(-1, 3, 36))
    block = {"instances": codec.encode(asked + FIRST_KEY), "annotators": codec.encode(who), "labels": codec.encode(labels)}
    requests = [{"header": {"class_count": 3, "method": "CONSENSUS_METHOD_MAJORITY", "bootstrap_rounds": 0, "return_posteriors": True}}]
    half = [
        {"answers": {name: codec.encode(codec.decode(tensor)[cut]) for name, tensor in block.items()}}
        for cut in (slice(20), slice(20, None))
    ]
    messages = [annotation_service_pb2.AssessAnnotationsRequest(**message) for message in [*requests, *half]]
    yield Scenario("assess", "Answers of three annotators in two blocks; -1 is no answer.", ASSESS, messages)
    bad = annotation_service_pb2.AssessAnnotationsRequest(answers={**block, "labels": codec.encode(labels + 3)})
    yield Scenario("error_label", "A label that is no class.", ASSESS, [messages[0], bad])
    keys = range(FIRST_KEY, FIRST_KEY + 3)
    waiting = [{"key": key, "probabilities": weights} for key, weights in zip(keys, ([0.5, 0.5], [0.75, 0.25], [1, 0]), strict=True)]
    there = [{"key": 1, "quality": 0.9, "labels": 50, "capacity": 2, "cost": 2}, {"key": 2, "quality": 0.6, "labels": 10}]
    request = {"instances": waiting, "annotators": there, "explore": False, "seed": 7}
    yield Scenario("assign", "Whom to ask what.", ASSIGN, [annotation_service_pb2.AssignAnnotatorsRequest(**request)])


def system_calls() -> Iterator[Scenario]:
    yield Scenario("server_info", "The limits of a server with default settings.", INFO, [system.GetServerInfoRequest()])
    yield Scenario("strategies", "The names of all that a plan can be made of.", STRATEGIES, [system.ListStrategiesRequest()])


def refusals(rng: np.random.Generator) -> Iterator[Scenario]:
    rows = exact_rows(rng, 6, 3)
    packed = {"probabilities": codec.encode(rows)}
    unknown, heavy = rows.copy(), rows.copy()
    unknown[4, 1], heavy[3, 0] = np.nan, heavy[3, 0] + 0.5
    for form, tensor in (("bytes", codec.encode(unknown)), ("list", listed(unknown, "doubles"))):
        yield select(f"error_nan_{form}", f"NaN in row 4, as {form}.", {"probabilities": tensor}, strategy="margin", count=2)
    yield select("error_sum", "Row 3 sums to 1.5.", {"probabilities": codec.encode(heavy)}, strategy="margin", count=2)
    yield select("error_logits", "Logits sent as probabilities.", {"probabilities": codec.encode(rows * 9 - 4)}, strategy="margin", count=2)
    yield select("error_no_size", "Neither a count nor rank_all.", packed, strategy="margin")
    yield select("error_strategy", "A strategy that is none.", packed, strategy="magrin", count=2)
    yield select("error_count", "More instances asked for than there are.", packed, strategy="margin", count=7)
    yield select("error_input", "A strategy that needs what was not sent.", packed, strategy="bald", count=2)
    short = codec.encode(rows)
    short.data = short.data[:-8]
    yield select("error_size", "A byte string shorter than the shape says.", {"probabilities": short}, strategy="margin", count=2)
    keys = codec.encode(np.array([1, 2, 3, 4, 2, 6]))
    yield select("error_key", "A key that comes twice.", {**packed, "keys": keys}, strategy="margin", count=2)
    crowd = {"probabilities": codec.encode(np.full((65, 1, 2), 0.5)), "layout": "COMMITTEE_LAYOUT_MEMBERS_FIRST"}
    yield select(
        "error_limit", "More members than the server takes; the limit comes by name.", {"committee": crowd}, strategy="bald", count=1
    )
