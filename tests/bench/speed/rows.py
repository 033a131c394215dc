"""All rows: who runs what on which data, and what it must show."""

from functools import partial

import comparing
import data
from contenders import BARE_SOCKET, BARE_TCP, FILE, KEPT_TCP, MAPPED, PLAIN, SOCKET, TCP, contestants
from goals import ahead, at_least, at_most, figure_at_least, figure_at_most, memory_at_most
from table import Contestant, Kind, Row

WAYS = (TCP, SOCKET, FILE)
SCORES = {"least_confidence": "least confidence", "margin": "margin", "entropy": "entropy"}
SHAPES = ("uniform", "gaussian", "heavy_tailed", "photographs")


def _uncertainty(strategy: str, rows: int, classes: int, size: str) -> Row:
    peers = ["modAL", "scikit-activeml", "baal", "ALiPy"]
    if strategy != "entropy":
        peers.append("small-text")
    goals = [at_most(1.15, TCP, BARE_TCP), at_most(1.15, SOCKET, BARE_SOCKET)]
    if classes == 10:
        goals += [*(ahead(1.0, way, tuple(peers)) for way in WAYS), ahead(2.0, FILE, tuple(peers))]
    return Row(
        f"{strategy}_{size.replace(' ', '').lower()}",
        f"{SCORES[strategy]}, {size}, top 100",
        partial(data.predictions, rows, classes),
        {"strategy": strategy, "count": 100},
        contestants(*WAYS, *peers, PLAIN.name, BARE_TCP, BARE_SOCKET, KEPT_TCP, "engine alone", "one pass over memory"),
        tuple(goals),
        comparing.same_top(strategy),
        omitted="small-text: seconds for some thousand rows" if strategy == "entropy" else "",
    )


def _transports() -> Row:
    """Large enough that what is done once for a selection does not count."""
    return Row(
        "margin_10mx10",
        "margin, 10M x 10, top 100",
        partial(data.predictions, 10_000_000, 10),
        {"strategy": "margin", "count": 100},
        contestants(*WAYS, MAPPED, PLAIN.name, BARE_TCP, BARE_SOCKET, KEPT_TCP, "engine alone", "one pass over memory"),
        (at_most(1.15, TCP, BARE_TCP), at_most(1.15, SOCKET, BARE_SOCKET)),
        comparing.same_top("margin"),
    )


def _committee(strategy: str, title: str, *peers: str) -> Row:
    return Row(
        f"{strategy}_committee",
        f"{title} of a committee, 10 x 100k x 10, top 100",
        partial(data.committee, 10, 100_000, 10),
        {"strategy": strategy, "count": 100},
        contestants(*WAYS, *peers, PLAIN.name, BARE_TCP, BARE_SOCKET, "one pass over memory"),
        (at_most(1.2, TCP, BARE_TCP), at_most(1.2, SOCKET, BARE_SOCKET)),
        comparing.same_top(strategy),
    )


def _network() -> Row:
    alone, whole = "ONNX Runtime alone", "ONNX Runtime and numpy"
    return Row(
        "onnx_1mx64",
        "a small network on 1M x 64, margin, top 100",
        partial(data.modelled, 1_000_000),
        {"strategy": "margin", "count": 100},
        (
            *contestants(*WAYS),
            Contestant(whole, Kind.PLAIN, "onnx_runtime"),
            Contestant(alone, Kind.LIMIT, "onnx_runtime", options={"predicts_only": True}),
            *contestants(BARE_TCP, BARE_SOCKET),
        ),
        (at_most(1.3, TCP, alone, BARE_TCP), at_most(1.3, SOCKET, alone, BARE_SOCKET)),
        comparing.same_model_margins,
        repeats=5,
    )


def _k_center(count: int, times: float, shape: str) -> Row:
    long = count > 100
    peers = ("ALiPy",)
    if not long or shape == "mixture":
        peers += ("scikit-activeml",)
    if not long:
        peers += ("small-text",)
    return Row(
        f"k_center_{count}" + ("" if shape == "mixture" else f"_{shape}"),
        f"k-center, {count:,} of 50k x 128, {_of(shape)}",
        partial(data.covered, shape, 50_000, 128),
        {"strategy": "k_center", "count": count, "seed": 1},
        contestants(*_ways(shape), *peers, PLAIN.name),
        (ahead(times, TCP, peers),),
        comparing.same_k_center,
        quality=comparing.radius,
        omitted="small-text, and on other shapes scikit-activeml: minutes; of them the rows of 100 tell" if long else "",
    )


def _badge(shape: str) -> Row:
    peers = ("scikit-activeml", "scikit-learn")
    return Row(
        "badge_100" + ("" if shape == "mixture" else f"_{shape}"),
        f"BADGE, 100 of 20k x 64 x 10, {_of(shape)}",
        partial(data.embedded_predictions, shape, 20_000, 64, 10),
        {"strategy": "badge", "count": 100, "seed": 1},
        contestants(*_ways(shape), *peers),
        (ahead(15, TCP, peers),),
        "the batch is drawn at random; its potential, lower being better, stands beside",
        quality=comparing.potential,
    )


def _facility_location(shape: str) -> Row:
    peers = ("apricot",)
    return Row(
        "facility_location_100" + ("" if shape == "mixture" else f"_{shape}"),
        f"facility location, 100 of 10k x 64, {_of(shape)}",
        partial(data.embedded, shape, 10_000, 64),
        {"strategy": "facility_location", "count": 100, "seed": 1},
        contestants(*_ways(shape), *peers),
        (ahead(5, TCP, peers),),
        comparing.same_coverage,
        quality=comparing.coverage,
    )


def _k_means(count: int, rows: int) -> Row:
    peers = ("scikit-learn", "faiss")
    return Row(
        f"k_means_{count}",
        f"k-means, {count:,} of {rows // 1000}k x 64",
        partial(data.embedded, "mixture", rows, 64),
        {"strategy": "k_means", "count": count, "seed": 1},
        contestants(TCP, SOCKET, *peers),
        (ahead(1, TCP, peers),),
        "k-means begins at random; the inertia, lower being better, stands beside",
        quality=comparing.inertia,
    )


def _batch_bald() -> Row:
    peers = ("scikit-activeml",)
    return Row(
        "batch_bald_10",
        "BatchBALD, 10 of 10k, 20 members, 10 classes, 1,000 outcomes",
        partial(data.committee, 20, 10_000, 10),
        {"strategy": "batch_bald", "plan": "batch_bald", "outcomes": 1000, "count": 10, "seed": 1},
        contestants(TCP, SOCKET, *peers),
        (ahead(5, TCP, peers), memory_at_most(200, TCP)),
        comparing.same_beginning(3),
        omitted="batchbald-redux: not done after two minutes; baal: its order is not that of the picks",
        repeats=3,
    )


def _parzen(pool: int) -> Row:
    peers = ("scikit-activeml",)
    return Row(
        f"eer_{pool}",
        f"expected error reduction (Parzen), pool of {pool}",
        partial(data.parzen, pool),
        {"plan": "parzen", "strategy": "parzen_eer", "gamma": 0.05, "prior": 0.1, "class_count": 3, "count": 10},
        contestants(*WAYS[:2], *peers, "modAL"),
        (ahead(1000, TCP, peers),) if pool == 500 else (),
        comparing.same_scores,
        omitted="modAL refits a logistic regression: another criterion, so that its time alone stands here",
        incomparable=("modAL",),
    )


def _unary() -> Row:
    settings = {"max_message_bytes": 64 * 2**20}
    coded = {
        name: Contestant(name, Kind.OURS, "unary", options={"way": way, "settings": settings})
        for name, way in (("generated code, one message, TCP", "tcp"), ("generated code, one message, Unix socket", "unix"))
    }
    bare = Contestant("bare call, one message, TCP", Kind.LIMIT, "bare", options={"way": "tcp", "single": True})
    return Row(
        "unary_40mb",
        "one call with 40 MB: 1M x 10, margin, top 100",
        partial(data.predictions, 1_000_000, 10),
        {"strategy": "margin", "count": 100},
        (*contestants(TCP, SOCKET), *coded.values(), bare),
        tuple(figure_at_least(0.5, name, "GB/s") for name in (TCP, SOCKET, *coded)),
        comparing.same_top("margin"),
    )


def _calls(callers: int) -> Row:
    def contestant(name: str, kind: Kind, server: str, client: str, way: str) -> Contestant:
        return Contestant(name, kind, "calls", options={"server": server, "client": client, "way": way})

    ways = {"TCP": "tcp", "Unix socket": "unix"}
    contestants = [
        each
        for told, way in ways.items()
        for each in (
            contestant(f"querist, {told}", Kind.OURS, "ours", "bare", way),
            contestant(f"bare aio echo, {told}", Kind.LIMIT, "echo", "bare", way),
        )
    ]
    contestants.append(contestant("querist.aio client, Unix socket", Kind.OURS, "ours", "querist", "unix"))
    pairs = [(f"querist, {told}", f"bare aio echo, {told}") for told in ways]
    return Row(
        f"calls_{callers}",
        f"small calls, 20 x 5, by {callers} caller{'s' if callers > 1 else ''} at a time",
        data.nothing,
        {"callers": callers, "seconds": 1.0},
        tuple(contestants),
        (
            *(at_least(0.8, ours, echo, "calls a second") for ours, echo in pairs),
            *(at_most(1.5, ours, echo) for ours, echo in pairs),
        ),
        "an echo selects nothing",
        repeats=9,
    )


def _stream() -> Row:
    name = "querist, TCP"
    return Row(
        "stream_10m",
        "10M x 10 streamed, margin, top 1,000",
        data.nothing,
        {"strategy": "margin", "count": 1000, "streamed": 10_000_000},
        (Contestant(name, Kind.OURS, "streamed", options={"way": "tcp"}), *contestants(BARE_TCP)),
        (memory_at_most(100, name), figure_at_most(1.15, name, "of linear")),
        "no library takes a stream",
        repeats=3,
        scaled=("streamed",),
    )


def _of(shape: str) -> str:
    return {"mixture": "50 clusters", "gaussian": "one Gaussian", "heavy_tailed": "heavy-tailed"}.get(shape, shape)


def _ways(shape: str) -> tuple[str, ...]:
    return WAYS if shape == "mixture" else (TCP,)


_ALL = (
    *(_uncertainty(score, 1_000_000, 10, "1M x 10") for score in SCORES),
    *(_uncertainty(score, 100_000, 1000, "100k x 1000") for score in SCORES),
    _transports(),
    _unary(),
    *(_calls(callers) for callers in (1, 8, 32)),
    _committee("vote_entropy", "vote entropy", "modAL", "scikit-activeml"),
    _committee("bald", "BALD", "scikit-activeml", "baal"),
    _network(),
    *(_k_center(100, 8, shape) for shape in ("mixture", *SHAPES)),
    *(_k_center(1000, 40, shape) for shape in ("mixture", *SHAPES)),
    *(_badge(shape) for shape in ("mixture", *SHAPES)),
    *(_facility_location(shape) for shape in ("mixture", *SHAPES)),
    _k_means(100, 50_000),
    _k_means(1000, 20_000),
    _batch_bald(),
    *(_parzen(pool) for pool in (100, 200, 500)),
    _stream(),
)
ROWS = {row.name: row for row in _ALL}
