"""Every kind of bad input gives its documented reason, the path of its field, and the first bad row; unary and as a stream alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2
from messages import fill_side
from querist import codec
from querist.v1 import advice_pb2, criteria_pb2, model_service_pb2, plan_pb2, pool_pb2, side_pb2, system_service_pb2, tensor_pb2
from querist.v1 import selection_service_pb2 as pb
from querist.v1.selection_service_pb2_grpc import SelectionServiceStub
from serving import Serving, serving

ROWS = 12
PROBABILITIES = np.random.default_rng(3).dirichlet(np.ones(4), ROWS)
NAN, INF = float("nan"), float("inf")


MARGIN = plan_pb2.Score(margin=plan_pb2.Margin())


@dataclass(frozen=True)
class Case:
    name: str
    change: Callable[[pb.SelectRequest], object]
    reason: str
    field: str = ""
    row: int | None = None
    code: str = "INVALID_ARGUMENT"


def probabilities(values: np.ndarray) -> Callable[[pb.SelectRequest], object]:
    return lambda request: request.pool.probabilities.CopyFrom(codec.encode(values))


def with_row(row: int, values: list[float]) -> Callable[[pb.SelectRequest], object]:
    changed = PROBABILITIES.copy()
    changed[row] = values
    return probabilities(changed)


def raw(**fields: object) -> Callable[[pb.SelectRequest], object]:
    return lambda request: request.pool.probabilities.CopyFrom(tensor_pb2.Tensor(**fields))


def header(**fields: object) -> Callable[[pb.SelectRequest], object]:
    return lambda request: request.header.MergeFrom(pb.SelectHeader(**fields))


def campaign(**fields: object) -> Callable[[pb.SelectRequest], object]:
    return lambda request: request.header.campaign.CopyFrom(advice_pb2.CampaignRound(**fields))


def both(*changes: Callable[[pb.SelectRequest], object]) -> Callable[[pb.SelectRequest], object]:
    return lambda request: [change(request) for change in changes]


def plan(**fields: object) -> Callable[[pb.SelectRequest], object]:
    return lambda request: request.header.plan.CopyFrom(plan_pb2.Plan(**fields))


def column(name: str, values: np.ndarray, **fields: object) -> Callable[[pb.SelectRequest], object]:
    def change(request: pb.SelectRequest) -> None:
        getattr(request.pool, name).CopyFrom(codec.encode(values))
        request.header.MergeFrom(pb.SelectHeader(**fields))

    return change


def committee(values: np.ndarray, kind: str = "probabilities", layout: int = 2, **fields: object) -> Callable[[pb.SelectRequest], object]:
    def change(request: pb.SelectRequest) -> None:
        request.pool.ClearField("probabilities")
        getattr(request.pool.committee, kind).CopyFrom(codec.encode(values))
        request.pool.committee.layout = layout
        request.header.MergeFrom(pb.SelectHeader(**{"strategy": "vote_entropy", **fields}))

    return change


def parts(counts: np.ndarray | None, **columns: np.ndarray) -> Callable[[pb.SelectRequest], object]:
    def change(request: pb.SelectRequest) -> None:
        request.pool.parts.SetInParent()
        for name, values in {"counts": counts, **columns}.items():
            if values is not None:
                getattr(request.pool.parts, name).CopyFrom(codec.encode(values))

    return change


def beside(name: str, values: np.ndarray) -> Callable[[pb.SelectRequest], object]:
    return lambda request: fill_side(request.side, {name: values})


def models(**fields: object) -> Callable[[pb.SelectRequest], object]:
    def change(request: pb.SelectRequest) -> None:
        request.pool.ClearField("probabilities")
        request.pool.model_inputs.add(name="x", tensor=codec.encode(np.ones((ROWS, 2))))
        request.header.models.add(digest="0" * 64, **fields)

    return change


def cleared(name: str, message: str = "pool") -> Callable[[pb.SelectRequest], object]:
    return lambda request: getattr(request, message).ClearField(name)


def mix(*parts: plan_pb2.MixPart, scale: int = 1) -> Callable[[pb.SelectRequest], object]:
    return plan(score=plan_pb2.Score(mix=plan_pb2.Mix(parts=parts, scale=scale)))


MARGIN = plan_pb2.Score(margin=plan_pb2.Margin())
MARGIN_PART = plan_pb2.MixPart(score=MARGIN)
MEMBERS = np.stack([PROBABILITIES] * 3, axis=1)
BAD_MEMBERS = MEMBERS.copy()
BAD_MEMBERS[7, 2] = [0.5, 0.5, 0.5, 0.5]
VOTES = np.zeros((ROWS, 3), np.int64)
BAD_VOTES = VOTES.copy()
BAD_VOTES[4, 1] = 9
POINTS = np.arange(2.0 * ROWS).reshape(ROWS, 2)
KEYS = np.arange(ROWS)
REPEATED_KEYS = KEYS.copy()
REPEATED_KEYS[9] = 2
SCORES_WITH = {value: np.where(np.arange(ROWS) == 5, value, 0.5) for value in (NAN, INF, -1.0)}
COST = codec.encode(np.ones((4, 4)))

LABELLED = both(column("embeddings", POINTS), beside("labelled.embeddings", POINTS[:3]), beside("labelled.classes", np.zeros(3, int)))

CASES = [
    # what is wanted
    Case("no plan", cleared("strategy", "header"), "FIELD_MISSING", "header.strategy"),
    Case("unknown strategy", header(strategy="margins"), "STRATEGY_UNKNOWN", "header.strategy"),
    Case("strategy of 40,000 bytes", header(strategy="\U0001f600" * 10_000), "STRATEGY_UNKNOWN", "header.strategy"),
    Case("no size", cleared("count", "header"), "FIELD_MISSING", "header.count"),
    Case("rank_all false", header(rank_all=False), "FIELD_MISSING", "header.count"),
    Case("count zero", header(count=0), "VALUE_OUT_OF_RANGE", "header.count"),
    Case("count negative", header(count=-5), "VALUE_OUT_OF_RANGE", "header.count"),
    Case("more than there is", header(count=ROWS + 1), "COUNT_EXCEEDS_POOL", "header.count"),
    Case("more than is left", header(count=ROWS, exclude_indices=[0]), "COUNT_EXCEEDS_POOL", "header.count"),
    Case("random share above one", header(random_share=1.1), "VALUE_OUT_OF_RANGE", "header.random_share"),
    Case("random share negative", header(random_share=-0.1), "VALUE_OUT_OF_RANGE", "header.random_share"),
    Case("random share NaN", header(random_share=NAN), "VALUE_OUT_OF_RANGE", "header.random_share"),
    Case("random share of a full ranking", header(rank_all=True, random_share=0.5), "FIELD_CONFLICT", "header.random_share"),
    Case("count beyond all bounds", header(count=2**62), "COUNT_EXCEEDS_POOL", "header.count"),
    Case("class count of one", header(class_count=1), "VALUE_OUT_OF_RANGE", "header.class_count"),
    Case("another class count", header(class_count=5), "SHAPE_MISMATCH", "header.class_count"),
    Case("another number of rows", header(expected_rows=ROWS + 1), "SHAPE_MISMATCH", "header.expected_rows"),
    Case("expected rows zero", header(expected_rows=0), "VALUE_OUT_OF_RANGE", "header.expected_rows"),
    Case("excluded index negative", header(exclude_indices=[-1]), "INDEX_OUT_OF_RANGE", "header.exclude_indices"),
    Case("excluded index too high", header(exclude_indices=[ROWS]), "INDEX_OUT_OF_RANGE", "header.exclude_indices"),
    Case("all excluded", header(exclude_indices=range(ROWS)), "POOL_EMPTY"),
    # plans
    Case("plan without score", plan(), "FIELD_MISSING", "header.plan.score"),
    Case("score without arm", plan(score=plan_pb2.Score()), "FIELD_MISSING", "header.plan.score"),
    Case("choice without arm", plan(score=MARGIN, choice=plan_pb2.Choice()), "FIELD_MISSING", "header.plan.choice"),
    Case("prefilter below count", plan(score=MARGIN, prefilter=2), "VALUE_OUT_OF_RANGE", "header.plan.prefilter"),
    Case("prefilter of a full ranking", both(plan(score=MARGIN, prefilter=5), header(rank_all=True)), "FIELD_CONFLICT", "header.plan.prefilter"),
    Case("beta zero", plan(score=MARGIN, choice=plan_pb2.Choice(power=plan_pb2.Power(beta=0))), "VALUE_OUT_OF_RANGE", "header.plan.choice.power.beta"),
    Case("beta huge", plan(score=MARGIN, choice=plan_pb2.Choice(softmax=plan_pb2.Softmax(beta=1e7))), "VALUE_OUT_OF_RANGE", "header.plan.choice.softmax.beta"),
    Case("beta NaN", plan(score=MARGIN, choice=plan_pb2.Choice(softrank=plan_pb2.Softrank(beta=NAN))), "VALUE_OUT_OF_RANGE", "header.plan.choice.softrank.beta"),
    Case("mix of one", mix(MARGIN_PART), "VALUE_OUT_OF_RANGE", "header.plan.score.mix.parts"),
    Case("mix of seventeen", mix(*[MARGIN_PART] * 17), "VALUE_OUT_OF_RANGE", "header.plan.score.mix.parts"),
    Case("mix without scale", mix(MARGIN_PART, MARGIN_PART, scale=0), "FIELD_MISSING", "header.plan.score.mix.scale"),
    Case("mix with an unknown scale", mix(MARGIN_PART, MARGIN_PART, scale=9), "VALUE_OUT_OF_RANGE", "header.plan.score.mix.scale"),
    Case("mix of a part without score", mix(MARGIN_PART, plan_pb2.MixPart()), "FIELD_MISSING", "header.plan.score.mix.parts[1].score"),
    Case("mix with weight zero", mix(MARGIN_PART, plan_pb2.MixPart(score=MARGIN, weight=0)), "VALUE_OUT_OF_RANGE", "header.plan.score.mix.parts[1].weight"),
    Case(
        "mix of a mix",
        mix(MARGIN_PART, plan_pb2.MixPart(score=plan_pb2.Score(mix=plan_pb2.Mix(parts=[MARGIN_PART] * 2, scale=1)))),
        "VALUE_OUT_OF_RANGE",
        "header.plan.score.mix.parts[1].score",
    ),
    # what the plan needs
    Case("no pool", lambda request: request.ClearField("pool"), "POOL_EMPTY"),
    Case("bald of one model", header(strategy="bald"), "INPUT_MISSING", "pool.committee.probabilities"),
    Case("votes of one model", header(strategy="vote_entropy"), "INPUT_MISSING", "pool.committee.probabilities"),
    Case("bald of hard votes", committee(VOTES, "votes", strategy="bald", class_count=4), "INPUT_MISSING", "pool.committee.probabilities"),
    Case("margin of hard votes", committee(VOTES, "votes", strategy="margin", class_count=4), "INPUT_MISSING", "pool.probabilities"),
    Case("caller without scores", header(strategy="caller"), "INPUT_MISSING", "pool.scores"),
    Case("k-center without embeddings", header(strategy="k_center"), "INPUT_MISSING", "pool.embeddings"),
    Case("expected cost without costs", header(strategy="expected_cost"), "INPUT_MISSING", "header.cost_matrix"),
    # tensors
    Case("tensor without elements", raw(shape=[3, 4]), "FIELD_MISSING", "pool.probabilities.source"),
    Case("tensor without type", raw(shape=[1, 2], data=b"\0" * 16), "DTYPE_INVALID", "pool.probabilities.dtype"),
    Case("tensor of an unknown type", raw(shape=[1, 2], dtype=99, data=b"\0" * 16), "DTYPE_INVALID", "pool.probabilities.dtype"),
    Case("too few bytes", raw(shape=[3, 4], dtype=2, data=b"\0" * 95), "DATA_SIZE_MISMATCH", "pool.probabilities.data"),
    Case("too many bytes", raw(shape=[3, 4], dtype=2, data=b"\0" * 97), "DATA_SIZE_MISMATCH", "pool.probabilities.data"),
    Case("absurd shape", raw(shape=[2**62, 2**62], dtype=2, data=b""), "DATA_SIZE_MISMATCH", "pool.probabilities.data"),
    Case("negative length", raw(shape=[-3, 4], dtype=2, data=b""), "SHAPE_INVALID", "pool.probabilities.shape"),
    Case("nine dimensions", raw(shape=[1] * 9, dtype=2, data=b"\0" * 8), "SHAPE_INVALID", "pool.probabilities.shape"),
    Case("absurdly long without elements", raw(shape=[2**63 - 1, 0], dtype=2, data=b""), "SHAPE_INVALID", "pool.probabilities.shape"),
    Case("list too short", raw(shape=[2, 2], doubles=tensor_pb2.DoubleList(values=[1, 0, 1])), "DATA_SIZE_MISMATCH", "pool.probabilities.doubles"),
    Case("list of another type", raw(shape=[1, 2], dtype=1, doubles=tensor_pb2.DoubleList(values=[1, 0])), "DTYPE_INVALID", "pool.probabilities.dtype"),
    Case("integer probabilities", probabilities(np.eye(4, dtype=np.int64)), "DTYPE_INVALID", "pool.probabilities.dtype"),
    Case("three-dimensional probabilities", probabilities(np.ones((2, 2, 2))), "SHAPE_INVALID", "pool.probabilities.shape"),
    Case("scalar probabilities", probabilities(np.array(0.5)), "SHAPE_INVALID", "pool.probabilities.shape"),
    Case("no classes", probabilities(np.ones((5, 0))), "SHAPE_INVALID", "pool.probabilities"),
    Case("no rows", probabilities(np.ones((0, 4))), "POOL_EMPTY"),
    Case("too many classes", probabilities(np.full((1, 101), 1 / 101)), "LIMIT_EXCEEDED", "pool.probabilities", code="RESOURCE_EXHAUSTED"),
    Case("too many rows", probabilities(np.full((1001, 2), 0.5)), "LIMIT_EXCEEDED", code="RESOURCE_EXHAUSTED"),
    Case("embeddings too wide", column("embeddings", np.ones((ROWS, 51))), "LIMIT_EXCEEDED", "pool.embeddings", code="RESOURCE_EXHAUSTED"),
    Case("scores of another length", column("scores", np.ones(ROWS - 1)), "SHAPE_MISMATCH", "pool.scores"),
    Case("flat embeddings", column("embeddings", np.ones(ROWS)), "SHAPE_INVALID", "pool.embeddings.shape"),
    Case("embeddings without columns", column("embeddings", np.ones((ROWS, 0)), strategy="k_center"), "SHAPE_INVALID", "pool.embeddings"),
    Case("both probabilities and logits", column("logits", PROBABILITIES), "FIELD_CONFLICT", "pool.logits"),
    # values
    Case("NaN", with_row(7, [NAN, 0, 0, 1]), "VALUE_NOT_FINITE", "pool.probabilities", 7),
    Case("infinity", with_row(3, [INF, 0, 0, 0]), "VALUE_NOT_FINITE", "pool.probabilities", 3),
    Case("negative probability", with_row(5, [-0.5, 0.5, 0.5, 0.5]), "PROBABILITY_NEGATIVE", "pool.probabilities", 5),
    Case("row of zeros", with_row(2, [0, 0, 0, 0]), "ROW_NOT_NORMALIZED", "pool.probabilities", 2),
    Case("row above one", with_row(11, [0.5, 0.5, 0.5, 0]), "ROW_NOT_NORMALIZED", "pool.probabilities", 11),
    Case("percentages", probabilities(PROBABILITIES * 100), "PROBABILITIES_LOOK_LIKE_LOGITS", "pool.probabilities", 0),
    Case("logits as probabilities", probabilities(np.log(PROBABILITIES) + 3), "PROBABILITIES_LOOK_LIKE_LOGITS", "pool.probabilities", 0),
    Case("positive probability above one", probabilities(np.where(np.arange(9) == 6, 1.25, 0.5)), "PROBABILITY_ABOVE_ONE", "pool.probabilities", 6),
    Case("positive probability negative", probabilities(np.where(np.arange(9) == 8, -0.25, 0.5)[:, None]), "PROBABILITY_NEGATIVE", "pool.probabilities", 8),
    Case("NaN score", column("scores", SCORES_WITH[NAN], strategy="caller"), "VALUE_NOT_FINITE", "pool.scores", 5),
    Case("infinite score", column("scores", SCORES_WITH[INF], strategy="caller"), "VALUE_NOT_FINITE", "pool.scores", 5),
    Case(
        "negative score for power",
        column("scores", SCORES_WITH[-1.0], plan=plan_pb2.Plan(score=plan_pb2.Score(caller={}), choice=plan_pb2.Choice(power={}))),
        "SCORE_NEGATIVE",
        "header.plan.choice.power",
        5,
    ),
    Case("NaN embedding", column("embeddings", np.where(np.arange(ROWS) == 5, NAN, 1.0)[:, None]), "VALUE_NOT_FINITE", "pool.embeddings", 5),
    Case("doubled key", column("keys", REPEATED_KEYS), "KEY_DUPLICATE", "pool.keys", 9),
    Case("key above 2^63", column("keys", np.where(KEYS == 4, np.uint64(2**63), KEYS.astype(np.uint64))), "VALUE_OUT_OF_RANGE", "pool.keys", 4),
    Case("float keys", column("keys", KEYS.astype(float)), "DTYPE_INVALID", "pool.keys.dtype"),
    Case("mark of two", column("excluded", np.where(KEYS == 6, 2, 0)), "VALUE_OUT_OF_RANGE", "pool.excluded", 6),
    Case("float marks", column("excluded", np.zeros(ROWS)), "DTYPE_INVALID", "pool.excluded.dtype"),
    Case("a BOOL of two", lambda request: request.pool.excluded.CopyFrom(tensor_pb2.Tensor(shape=[2], dtype=13, data=b"\0\2")), "VALUE_OUT_OF_RANGE", "pool.excluded.data"),
    # committees
    Case("committee without predictions", lambda request: request.pool.committee.SetInParent(), "FIELD_MISSING", "pool.committee"),
    Case("committee without layout", committee(MEMBERS, layout=0), "FIELD_MISSING", "pool.committee.layout"),
    Case("committee with an unknown layout", committee(MEMBERS, layout=7), "VALUE_OUT_OF_RANGE", "pool.committee.layout"),
    Case("flat committee", committee(PROBABILITIES), "SHAPE_INVALID", "pool.committee.probabilities.shape"),
    Case("no members", committee(np.ones((ROWS, 0, 4))), "SHAPE_INVALID", "pool.committee.probabilities.shape"),
    Case("too many members", committee(np.repeat(MEMBERS[:, :1], 11, axis=1)), "LIMIT_EXCEEDED", "pool.committee", code="RESOURCE_EXHAUSTED"),
    Case("bad row of a member", committee(BAD_MEMBERS), "ROW_NOT_NORMALIZED", "pool.committee.probabilities", 7),
    Case("float votes", committee(VOTES.astype(float), "votes", class_count=4), "DTYPE_INVALID", "pool.committee.votes.dtype"),
    Case("votes without class count", committee(VOTES, "votes"), "FIELD_MISSING", "header.class_count"),
    Case("vote beyond the classes", committee(BAD_VOTES, "votes", class_count=4), "VOTE_OUT_OF_RANGE", "pool.committee.votes", 4),
    Case("vote below -1", committee(VOTES - 2, "votes", class_count=4), "VOTE_OUT_OF_RANGE", "pool.committee.votes", 0),
    Case("vote of 2^64 - 1", committee(np.full(VOTES.shape, 2**64 - 1, np.uint64), "votes", class_count=4), "VOTE_OUT_OF_RANGE", "pool.committee.votes", 0),
    Case("nobody votes at all", committee(VOTES - 1, "votes", class_count=4), "POOL_EMPTY"),
    Case("too few weights", committee(MEMBERS, member_weights=[1, 1]), "WEIGHTS_INVALID", "header.member_weights"),
    Case("negative weight", committee(MEMBERS, member_weights=[1, -1, 1]), "WEIGHTS_INVALID", "header.member_weights"),
    Case("NaN weight", committee(MEMBERS, member_weights=[1, NAN, 1]), "WEIGHTS_INVALID", "header.member_weights"),
    Case("weights all zero", committee(MEMBERS, member_weights=[0, 0, 0]), "WEIGHTS_INVALID", "header.member_weights"),
    Case("weights without committee", header(member_weights=[1, 2]), "WEIGHTS_INVALID", "header.member_weights"),
    # costs
    Case("costs not square", header(cost_matrix=codec.encode(np.ones((4, 3)))), "SHAPE_INVALID", "header.cost_matrix.shape"),
    Case("costs for other classes", header(cost_matrix=codec.encode(np.ones((3, 3)))), "SHAPE_MISMATCH", "header.cost_matrix"),
    Case("NaN cost", header(cost_matrix=codec.encode(np.full((4, 4), NAN))), "VALUE_NOT_FINITE", "header.cost_matrix"),
    Case("integer costs", header(cost_matrix=codec.encode(np.ones((4, 4), int))), "DTYPE_INVALID", "header.cost_matrix.dtype"),
    # models
    Case("inputs without models", lambda request: request.pool.model_inputs.add(name="x", tensor=codec.encode(np.ones((ROWS, 2)))), "FIELD_MISSING", "header.models"),
    Case("input without a name", lambda request: request.pool.model_inputs.add(tensor=codec.encode(np.ones((ROWS, 2)))), "FIELD_MISSING", "pool.model_inputs"),
    Case("predictions beside models", header(models=[model_service_pb2.ModelUse(digest="0" * 64)]), "FIELD_CONFLICT", "pool.probabilities"),
    Case("weight of a model NaN", models(weight=NAN), "WEIGHTS_INVALID", "header.models[0].weight"),
    Case("weight of a model negative", models(weight=-1), "WEIGHTS_INVALID", "header.models[0].weight"),
    Case("weight of the only model zero", models(weight=0), "WEIGHTS_INVALID", "header.models"),
    Case(
        "weights beside models",
        header(models=[model_service_pb2.ModelUse(digest="0" * 64)], member_weights=[1]),
        "FIELD_CONFLICT",
        "header.member_weights",
    ),
    # around the score and the choice
    Case("guard without an arm", plan(score=MARGIN, guards=[plan_pb2.Guard()]), "FIELD_MISSING", "header.plan.guards[0]"),
    Case("weight without an arm", plan(score=MARGIN, weights=[plan_pb2.Weight()]), "FIELD_MISSING", "header.plan.weights[0]"),
    Case("too many guards", plan(score=MARGIN, guards=[plan_pb2.Guard(group_cap=plan_pb2.GroupCap())] * 17), "VALUE_OUT_OF_RANGE", "header.plan.guards"),
    Case("too many weights", plan(score=MARGIN, weights=[plan_pb2.Weight(cost=plan_pb2.Cost())] * 9), "VALUE_OUT_OF_RANGE", "header.plan.weights"),
    Case("guard out of bounds", plan(score=MARGIN, guards=[plan_pb2.Guard(group_cap=plan_pb2.GroupCap(most=0))]), "VALUE_OUT_OF_RANGE", "header.plan.guards[0].group_cap.most"),
    Case("two prefilters", plan(score=MARGIN, prefilter=5, prefilter_factor=2), "FIELD_CONFLICT", "header.plan.prefilter_factor"),
    Case("prefilter factor below 1", plan(score=MARGIN, prefilter_factor=0.5), "VALUE_OUT_OF_RANGE", "header.plan.prefilter_factor"),
    Case("a kernel that is none", plan(score=MARGIN, choice=plan_pb2.Choice(k_dpp=plan_pb2.KDpp(kernel=3))), "VALUE_OUT_OF_RANGE", "header.plan.choice.k_dpp.kernel"),
    Case("parts of parts", plan(score=plan_pb2.Score(parts_score=plan_pb2.PartsScore(score=plan_pb2.Score(mnlp=plan_pb2.Mnlp())))), "VALUE_OUT_OF_RANGE", "header.plan.score.parts_score.score"),
    Case("parts of nothing", plan(score=plan_pb2.Score(parts_score=plan_pb2.PartsScore())), "FIELD_MISSING", "header.plan.score.parts_score.score"),
    Case("budget of nothing", header(budget=0), "VALUE_OUT_OF_RANGE", "header.budget"),
    Case("budget without costs", header(budget=5), "INPUT_MISSING", "pool.costs"),
    Case("audit share above 1", header(audit_share=1.5), "VALUE_OUT_OF_RANGE", "header.audit_share"),
    Case("shares above 1 together", header(audit_share=0.6, random_share=0.6), "VALUE_OUT_OF_RANGE", "header.audit_share"),
    # other columns
    Case("cost of 0", column("costs", np.r_[np.ones(5), 0, np.ones(6)]), "VALUE_OUT_OF_RANGE", "pool.costs", 5),
    Case("infinite cost", column("costs", np.full(ROWS, INF)), "VALUE_NOT_FINITE", "pool.costs", 0),
    Case("costs twice", both(column("costs", np.ones(ROWS)), column("cost_features", np.ones((ROWS, 1)))), "FIELD_CONFLICT", "pool.cost_features"),
    Case("cost features without history", column("cost_features", np.ones((ROWS, 2))), "INPUT_MISSING", "side.cost_history"),
    Case("groups of floats", column("groups", np.ones(ROWS)), "DTYPE_INVALID", "pool.groups.dtype"),
    Case("a group above 2^63", column("groups", np.full(ROWS, 2**63, np.uint64)), "VALUE_OUT_OF_RANGE", "pool.groups", 0),
    Case("unlabelable above 1", column("unlabelable", np.full(ROWS, 1.1)), "VALUE_OUT_OF_RANGE", "pool.unlabelable", 0),
    Case("thumbnails of floats", column("thumbnails", np.ones((ROWS, 4, 4))), "DTYPE_INVALID", "pool.thumbnails.dtype"),
    Case("thumbnails of four channels", column("thumbnails", np.ones((ROWS, 4, 4, 4), np.uint8)), "SHAPE_INVALID", "pool.thumbnails.shape"),
    Case("thumbnails without pixels", column("thumbnails", np.ones((ROWS, 0, 4), np.uint8)), "SHAPE_INVALID", "pool.thumbnails.shape"),
    Case("a label above 1", column("label_probabilities", np.full((ROWS, 2), 1.5)), "VALUE_OUT_OF_RANGE", "pool.label_probabilities", 0),
    Case("no labels", column("label_probabilities", np.ones((ROWS, 0))), "SHAPE_INVALID", "pool.label_probabilities"),
    Case("a negative variance", column("predicted_variances", np.full(ROWS, -1.0)), "VALUE_OUT_OF_RANGE", "pool.predicted_variances", 0),
    Case("values of a committee as integers", committee(np.ones((ROWS, 2), int), "values"), "DTYPE_INVALID", "pool.committee.values.dtype"),
    # parts
    Case("parts without counts", parts(None, scores=np.ones(3)), "FIELD_MISSING", "pool.parts.counts"),
    Case("parts without anything", parts(np.ones(ROWS, int)), "FIELD_MISSING", "pool.parts"),
    Case("a negative count", parts(np.r_[np.ones(ROWS - 1, int), -1], scores=np.ones(3)), "VALUE_OUT_OF_RANGE", "pool.parts.counts", ROWS - 1),
    Case("an absurd count", parts(np.r_[2**62, np.ones(ROWS - 1, int)], scores=np.ones(3)), "VALUE_OUT_OF_RANGE", "pool.parts.counts", 0),
    Case("counts that do not add up", parts(np.ones(ROWS, int), scores=np.ones(ROWS + 1)), "SHAPE_MISMATCH", "pool.parts.scores"),
    Case("parts twice", parts(np.ones(ROWS, int), probabilities=PROBABILITIES, logits=PROBABILITIES), "FIELD_CONFLICT", "pool.parts.logits"),
    Case("a part that is no distribution", parts(np.ones(ROWS, int), probabilities=PROBABILITIES * 2), "ROW_NOT_NORMALIZED", "pool.parts.probabilities", 0),
    Case("parts of other classes", parts(np.ones(ROWS, int), probabilities=np.full((ROWS, 2), 0.5)), "SHAPE_MISMATCH", "pool.parts.probabilities"),
    # beside the pool
    Case("labelled classes of floats", beside("labelled.classes", np.ones(3)), "DTYPE_INVALID", "side.labelled.classes.dtype"),
    Case("a labelled class too high", beside("labelled.classes", np.array([0, 4])), "VALUE_OUT_OF_RANGE", "side.labelled.classes", 1),
    Case("labelled rows that differ", both(beside("labelled.classes", np.zeros(3, int)), beside("labelled.values", np.ones(2))), "SHAPE_MISMATCH", "side.labelled.values"),
    Case("labelled embeddings of another width", both(column("embeddings", np.ones((ROWS, 2))), beside("labelled.embeddings", np.ones((3, 4)))), "SHAPE_MISMATCH", "side.labelled.embeddings"),
    Case("labelled embeddings of another type", both(column("embeddings", np.ones((ROWS, 2))), beside("labelled.embeddings", np.ones((3, 2), "f4"))), "DTYPE_INVALID", "side.labelled.embeddings"),
    Case("a wanted example that is NaN", both(column("embeddings", np.ones((ROWS, 2))), beside("wanted", np.full((1, 2), NAN))), "VALUE_NOT_FINITE", "side.wanted", 0),
    Case("a head of other classes", beside("head.weights", np.ones((3, 2))), "SHAPE_MISMATCH", "side.head.weights"),
    Case("a bias without weights", beside("head.bias", np.ones(4)), "FIELD_MISSING", "side.head.weights"),
    Case("evidence for one class", column("evidence", np.ones((ROWS, 1))), "SHAPE_MISMATCH", "pool.evidence"),
    Case("negative evidence", column("evidence", np.full((ROWS, 4), -1.0)), "VALUE_OUT_OF_RANGE", "pool.evidence", 0),
    Case("evidence of NaN", column("evidence", np.full((ROWS, 4), NAN)), "VALUE_NOT_FINITE", "pool.evidence", 0),
    Case("flat evidence", column("evidence", np.ones(ROWS)), "SHAPE_INVALID", "pool.evidence.shape"),
    Case("look-ahead of three dimensions", column("look_ahead", np.ones((ROWS, 4, 4))), "SHAPE_INVALID", "pool.look_ahead.shape"),
    Case("look-ahead for other labels than classes", column("look_ahead", np.full((ROWS, 3, 2, 4), 0.25)), "SHAPE_INVALID", "pool.look_ahead"),
    Case("look-ahead of no classes", column("look_ahead", np.ones((ROWS, 0, 2, 0))), "SHAPE_MISMATCH", "pool.look_ahead"),
    Case("look-ahead that is no distribution", column("look_ahead", np.full((ROWS, 4, 2, 4), 0.3)), "ROW_NOT_NORMALIZED", "pool.look_ahead", 0),
    Case("look-ahead without a target", both(header(strategy="look_ahead_eer"), column("look_ahead", np.ones((ROWS, 4, 0, 4)))), "INPUT_MISSING", "side.target.probabilities"),
    Case("a target of other classes", beside("target.probabilities", np.full((2, 3), 1 / 3)), "SHAPE_MISMATCH", "side.target.probabilities"),
    Case("a target of no classes", beside("target.probabilities", np.ones((2, 0))), "SHAPE_INVALID", "side.target.probabilities"),
    Case("a target that is no distribution", beside("target.probabilities", np.full((2, 4), 0.3)), "ROW_NOT_NORMALIZED", "side.target.probabilities", 0),
    Case("a target committee of two dimensions", beside("target.committee", np.ones((2, 4))), "SHAPE_INVALID", "side.target.committee.shape"),
    Case("a target committee without members", beside("target.committee", np.ones((2, 0, 4))), "SHAPE_INVALID", "side.target.committee"),
    Case("target rows that differ", both(beside("target.probabilities", PROBABILITIES[:2]), beside("target.committee", MEMBERS[:3])), "SHAPE_MISMATCH", "side.target.committee"),
    Case("a target of other members", both(committee(MEMBERS), beside("target.committee", MEMBERS[:3, :2])), "SHAPE_MISMATCH", "side.target.committee"),
    Case("no class count", both(header(strategy="xpal"), LABELLED, cleared("probabilities")), "FIELD_MISSING", "header.class_count"),
    Case("three classes for two", both(header(strategy="epistemic", class_count=3), LABELLED, cleared("probabilities")), "VALUE_OUT_OF_RANGE", "header.class_count"),
    Case("no labelled embeddings", both(header(strategy="xpal"), column("embeddings", POINTS), beside("labelled.classes", np.zeros(3, int))), "INPUT_MISSING", "side.labelled.embeddings"),
    Case("labelled embeddings all the same", both(header(strategy="xpal"), column("embeddings", POINTS), beside("labelled.embeddings", np.ones((3, 2))), beside("labelled.classes", np.zeros(3, int))), "FIELD_MISSING", "header.plan.score.xpal.bandwidth"),
    Case("a bandwidth of 0", plan(score=plan_pb2.Score(xpal=plan_pb2.Xpal(bandwidth=0))), "VALUE_OUT_OF_RANGE", "header.plan.score.xpal.bandwidth"),
    Case("a shortlist below the batch", plan(score=plan_pb2.Score(xpal=plan_pb2.Xpal(shortlist=2))), "VALUE_OUT_OF_RANGE", "header.plan.score.xpal.shortlist"),
    Case("a graph too small for its evaluation set", plan(score=plan_pb2.Score(field_error_reduction=plan_pb2.FieldErrorReduction(nodes=99))), "VALUE_OUT_OF_RANGE", "header.plan.score.field_error_reduction.nodes"),
    Case("a loss that is none", plan(score=plan_pb2.Score(parzen_error_reduction=plan_pb2.ParzenErrorReduction(loss=9))), "VALUE_OUT_OF_RANGE", "header.plan.score.parzen_error_reduction.loss"),
    Case("a sample where the whole costs no more", plan(score=plan_pb2.Score(ridge_error_reduction=plan_pb2.RidgeErrorReduction(evaluation=2))), "VALUE_OUT_OF_RANGE", "header.plan.score.ridge_error_reduction.evaluation"),
    Case("costs of errors not sent", both(committee(MEMBERS), plan(score=plan_pb2.Score(committee_error_reduction=plan_pb2.CommitteeErrorReduction(loss=4)))), "INPUT_MISSING", "header.cost_matrix"),
    Case("a batch too long for BatchBALD", both(committee(MEMBERS), plan(score=MARGIN, choice=plan_pb2.Choice(batch_bald=plan_pb2.BatchBald(most_cells=1)))), "VALUE_OUT_OF_RANGE", "header.plan.choice.batch_bald.most_cells"),
    Case("calibration without an origin", both(beside("calibration.probabilities", PROBABILITIES), beside("calibration.classes", KEYS % 4)), "FIELD_MISSING", "header.calibration_origin"),
    Case("an origin that is none", both(beside("calibration.probabilities", PROBABILITIES), beside("calibration.classes", KEYS % 4), header(calibration_origin=9)), "VALUE_OUT_OF_RANGE", "header.calibration_origin"),
    Case("calibration without predictions", both(beside("calibration.probabilities", PROBABILITIES), header(calibration_origin=1)), "FIELD_MISSING", "side.calibration.classes"),
    Case("a calibration class too high", both(beside("calibration.probabilities", PROBABILITIES), beside("calibration.classes", KEYS), header(calibration_origin=1)), "VALUE_OUT_OF_RANGE", "side.calibration.classes", 4),
    Case("no labels to start from", header(pre_annotation=pb.PreAnnotation(top_labels=0)), "VALUE_OUT_OF_RANGE", "header.pre_annotation.top_labels"),
    Case("a conformal score that is none", header(pre_annotation=pb.PreAnnotation(conformal_score=9)), "VALUE_OUT_OF_RANGE", "header.pre_annotation.conformal_score"),
    Case("sets without a calibration set", header(pre_annotation=pb.PreAnnotation(coverage=0.9)), "INPUT_MISSING", "side.calibration"),
    Case("a campaign without labels", campaign(), "FIELD_MISSING", "header.campaign.labelled"),
    Case("fewer labels than none", campaign(labelled=-1), "VALUE_OUT_OF_RANGE", "header.campaign.labelled"),
    Case("a campaign with a long name", campaign(labelled=1, campaign="x" * 101), "VALUE_OUT_OF_RANGE", "header.campaign.campaign"),
    Case("a state that is none", campaign(labelled=1, state=advice_pb2.CampaignState(content=b"x")), "STATE_DAMAGED", "header.campaign.state"),
    Case("a state of tomorrow", campaign(labelled=1, state=advice_pb2.CampaignState(version=2)), "STATE_NEWER", "header.campaign.state", code="FAILED_PRECONDITION"),
    Case("a cost below 0", campaign(labelled=1, cost=-1), "VALUE_OUT_OF_RANGE", "header.campaign.cost"),
    Case("more right than labelled", campaign(labelled=9, batch_labelled=2, batch_correct=3), "VALUE_OUT_OF_RANGE", "header.campaign.batch_correct"),
    Case("an error without a source", campaign(labelled=9, error=advice_pb2.ErrorEstimate(error=0.1, instances=9)), "FIELD_MISSING", "header.campaign.error.source"),
    Case("an error above 1", campaign(labelled=9, error=advice_pb2.ErrorEstimate(source=1, error=1.1, instances=9)), "VALUE_OUT_OF_RANGE", "header.campaign.error.error"),
    Case("an error of nobody knows how many", campaign(labelled=9, error=advice_pb2.ErrorEstimate(source=1, error=0.1)), "FIELD_MISSING", "header.campaign.error.instances"),
    Case("losses of a hold-out set", campaign(labelled=9, error=advice_pb2.ErrorEstimate(source=1, losses=[1])), "FIELD_CONFLICT", "header.campaign.error.losses"),
    Case("losses without draws", campaign(labelled=9, error=advice_pb2.ErrorEstimate(source=2, losses=[1, 0], pool_size=9)), "SHAPE_MISMATCH", "header.campaign.error.draw_probabilities"),
    Case("money that is none", campaign(labelled=9, economics=advice_pb2.Economics(label_cost=float("nan"))), "VALUE_OUT_OF_RANGE", "header.campaign.economics.label_cost"),
    Case("recall of everything", campaign(labelled=9, screening=advice_pb2.Screening(target_recall=1)), "VALUE_OUT_OF_RANGE", "header.campaign.screening.target_recall"),
    Case("relevance of a class that is none", campaign(labelled=9, screening=advice_pb2.Screening(target_recall=0.9, relevant_class=4)), "VALUE_OUT_OF_RANGE", "header.campaign.screening.relevant_class"),
    Case("a control set of which nothing is known", campaign(labelled=9, screening=advice_pb2.Screening(target_recall=0.9, control_size=4)), "FIELD_MISSING", "header.campaign.screening.control_size"),
    Case("a criterion that is none", campaign(labelled=9, criteria=[criteria_pb2.Criterion()]), "FIELD_MISSING", "header.campaign.criteria[0]"),
    Case("a kappa below chance", campaign(labelled=9, criteria=[criteria_pb2.Criterion(stabilizing_predictions=criteria_pb2.StabilizingPredictions(kappa=0.1))]), "VALUE_OUT_OF_RANGE", "header.campaign.criteria[0].stabilizing_predictions.kappa"),
    Case("a criterion twice", campaign(labelled=9, criteria=[criteria_pb2.Criterion(knee=criteria_pb2.Knee())] * 2), "FIELD_CONFLICT", "header.campaign.criteria[1]"),
    Case("history that falls", campaign(labelled=9, history=[advice_pb2.PastRound(labelled=5), advice_pb2.PastRound(labelled=4)]), "VALUE_OUT_OF_RANGE", "header.campaign.history[1].labelled"),
    Case("history without labels", campaign(labelled=9, history=[advice_pb2.PastRound()]), "FIELD_MISSING", "header.campaign.history[0].labelled"),
    Case("a stop set twice", both(campaign(labelled=9), beside("stop_set.probabilities", PROBABILITIES), beside("stop_set.classes", KEYS)), "FIELD_CONFLICT", "side.stop_set.classes"),
    Case("a stop set that is too small", both(campaign(labelled=9), beside("stop_set.classes", np.arange(5))), "VALUE_OUT_OF_RANGE", "side.stop_set"),
    Case("relevance above 1", both(campaign(labelled=9), beside("screened", np.full(3, 1.5))), "PROBABILITY_ABOVE_ONE", "side.screened", 0),
    Case("draw probabilities of no draw", header(return_draw_probabilities=True), "FIELD_CONFLICT", "header.return_draw_probabilities"),
    Case("wanted examples not sent", both(header(strategy="flqmi"), column("embeddings", np.ones((ROWS, 2)))), "INPUT_MISSING", "side.wanted"),
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("server"), max_rows=1000, max_classes=100, max_members=10, max_embedding_width=50) as running:
        yield running


@pytest.fixture(scope="module")
def stub(server: Serving) -> Iterator[SelectionServiceStub]:
    with grpc.insecure_channel(server.address) as channel:
        yield SelectionServiceStub(channel)


def request_for(case: Case) -> pb.SelectRequest:
    request = pb.SelectRequest(header=pb.SelectHeader(strategy="margin", count=3, seed=1))
    request.pool.probabilities.CopyFrom(codec.encode(PROBABILITIES))
    case.change(request)
    return request


def check(error: grpc.RpcError, case: Case, rows_path: str) -> None:
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    details = {detail.type_url.rpartition(".")[2]: detail for detail in status.details}
    info = error_details_pb2.ErrorInfo.FromString(details["ErrorInfo"].value)
    field = rows_path + case.field.removeprefix("pool") if case.field.startswith("pool") else case.field
    assert (error.code().name, info.reason) == (case.code, case.reason), error.details()
    assert info.domain == "querist"
    assert info.metadata.get("field", "") == field, error.details()
    assert info.metadata.get("row") == (None if case.row is None else str(case.row)), error.details()
    if field:
        violation = error_details_pb2.BadRequest.FromString(details["BadRequest"].value).field_violations[0]
        assert violation.field == field
        assert violation.description
    assert status.ByteSize() < 4096
    if info.reason == "LIMIT_EXCEEDED":
        assert info.metadata["limit"] in system_service_pb2.ServerLimits.DESCRIPTOR.fields_by_name
        assert int(info.metadata["allowed"]) > 0


def test_there_are_at_least_sixty():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_unary(stub, case):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Select(request_for(case), timeout=20)
    check(caught.value, case, "pool")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_stream(stub, case):
    request = request_for(case)
    messages = [
        pb.SelectStreamRequest(header=request.header),
        pb.SelectStreamRequest(side=request.side),
        pb.SelectStreamRequest(block=pb.RowBlock(rows=request.pool)),
    ]
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.SelectStream(iter(messages), timeout=20))
    check(caught.value, case, "block.rows")


def block(first_row: int, values: np.ndarray = PROBABILITIES) -> pb.SelectStreamRequest:
    return pb.SelectStreamRequest(block=pb.RowBlock(first_row=first_row, rows=pool_pb2.Pool(probabilities=codec.encode(values))))


HEADER = pb.SelectStreamRequest(header=pb.SelectHeader(strategy="margin", count=3))
STREAMS = {
    "nothing": ([], "STREAM_OUT_OF_ORDER", "header"),
    "a block first": ([block(0)], "STREAM_OUT_OF_ORDER", "header"),
    "an empty message first": ([pb.SelectStreamRequest()], "STREAM_OUT_OF_ORDER", "header"),
    "a second header": ([HEADER, block(0), HEADER], "STREAM_OUT_OF_ORDER", "header"),
    "an empty message": ([HEADER, block(0), pb.SelectStreamRequest()], "STREAM_OUT_OF_ORDER", "header"),
    "a lost block": ([HEADER, block(0), block(2 * ROWS)], "STREAM_OUT_OF_ORDER", "block.first_row"),
    "a doubled block": ([HEADER, block(0), block(0)], "STREAM_OUT_OF_ORDER", "block.first_row"),
    "no blocks": ([HEADER], "POOL_EMPTY", ""),
    "side tensors first": ([pb.SelectStreamRequest(side=side_pb2.Side())], "STREAM_OUT_OF_ORDER", "header"),
    "side tensors after rows": ([HEADER, block(0), pb.SelectStreamRequest(side=side_pb2.Side())], "STREAM_OUT_OF_ORDER", "header"),
    "side tensors and no rows": ([HEADER, pb.SelectStreamRequest(side=side_pb2.Side())], "POOL_EMPTY", ""),
    "other classes": ([HEADER, block(0), block(ROWS, np.full((3, 2), 0.5))], "SHAPE_MISMATCH", "block.rows.probabilities"),
    "another type": ([HEADER, block(0), block(ROWS, PROBABILITIES.astype("f4"))], "DTYPE_INVALID", "block.rows.probabilities"),
    "another field": (
        [HEADER, block(0), pb.SelectStreamRequest(block=pb.RowBlock(first_row=ROWS, rows=pool_pb2.Pool(scores=codec.encode(np.ones(2)))))],
        "FIELD_MISSING",
        "block.rows.probabilities",
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_streams_out_of_order(stub, name):
    messages, reason, field = STREAMS[name]
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.SelectStream(iter(messages), timeout=20))
    check(caught.value, Case(name, print, reason, field), "block.rows")


def test_a_bad_row_of_a_late_block_is_named_by_its_index_in_the_pool(stub):
    bad = PROBABILITIES.copy()
    bad[2] = 0
    with pytest.raises(grpc.RpcError) as caught:
        list(stub.SelectStream(iter([HEADER, block(0), block(ROWS), block(2 * ROWS, bad)]), timeout=20))
    check(caught.value, Case("late", print, "ROW_NOT_NORMALIZED", "pool.probabilities", 2 * ROWS + 2), "block.rows")


def test_scores_of_the_pool_need_a_stream(stub):
    request = request_for(Case("", header(return_scores=True), ""))
    with pytest.raises(grpc.RpcError) as caught:
        stub.Select(request, timeout=20)
    check(caught.value, Case("", print, "VALUE_OUT_OF_RANGE", "header.return_scores"), "pool")


@pytest.mark.parametrize("stream", [False, True])
def test_bytes_that_are_no_message(server, stream):
    with grpc.insecure_channel(server.address) as channel:
        kind, name = (channel.stream_stream, "SelectStream") if stream else (channel.unary_unary, "Select")
        call = kind(f"/querist.v1.SelectionService/{name}", request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as caught:
            list(call(iter([b"\xff\xff"]), timeout=20)) if stream else call(b"\xff\xff", timeout=20)
    check(caught.value, Case("", print, "MESSAGE_UNREADABLE"), "pool")
