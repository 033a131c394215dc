"""What was found of answers, as messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from querist.v1 import annotation_service_pb2 as pb

from querist_server.engine.crowd.answers import Answers
from querist_server.engine.crowd.assessing import Assessed, Wish
from querist_server.engine.crowd.tiring import Tiring

PIECE_BYTES, ROW_BYTES = 3 * 2**20, 80


def row_bytes(wish: Wish) -> int:
    """Return how many bytes the findings on an instance take at most."""
    return ROW_BYTES + (8 * wish.classes if wish.posteriors else 0)


def encode_pieces(answers: Answers, found: Assessed, wish: Wish, label: int) -> Iterator[pb.InstanceAssessments]:
    """Give all instances, in messages that every gRPC library takes."""
    rows = max(1, PIECE_BYTES // row_bytes(wish))
    confidences = np.where(found.labels >= 0, found.consensus.posteriors[np.arange(len(found.labels)), found.labels], np.nan)
    for start in range(0, len(answers.instances), rows):
        some = slice(start, start + rows)
        yield pb.InstanceAssessments(
            label=label,
            keys=answers.instances[some].tolist(),
            consensus=found.labels[some].tolist(),
            confidences=confidences[some].tolist(),
            labels=found.counts[some].tolist(),
            abstentions=found.abstentions[some].tolist(),
            agreements=found.agreements[some].tolist(),
            ask_scores=[] if found.ask_scores is None else found.ask_scores[some].tolist(),
            unlabelable=found.unlabelable[some].tolist(),
            posteriors=found.consensus.posteriors[some].reshape(-1).tolist() if wish.posteriors else [],
        )


def add_label(result: pb.Assessment, answers: Answers, found: Assessed, label: int) -> None:
    """Add what was found of one label."""
    result.MergeFrom(pb.Assessment(method=f"CONSENSUS_METHOD_{found.method}", model_weight=found.consensus.model_weight))
    result.settled &= found.consensus.settled
    if not found.consensus.settled:
        result.cautions.append(f"{found.method} did not come to rest; its probabilities would still move")
    alphas = {f"alpha_{metric.lower()}": value for metric, value in found.pairs.alphas.items()}
    low, high = found.pairs.interval or (None, None)
    agreement = result.agreement.add(label=label, **alphas, alpha_low=low, alpha_high=high, fleiss_kappa=found.pairs.fleiss)
    for one, other, shared, kappa in found.pairs.pairs:
        agreement.pairs.add(one=one, other=other, shared=shared, cohen_kappa=kappa)
    for index, key in enumerate(answers.annotators.tolist()):
        result.annotators.append(_report(found, index, key, label))


def _report(found: Assessed, index: int, key: int, label: int) -> pb.AnnotatorReport:
    known = not np.isnan(found.quality.mean[index])
    report = pb.AnnotatorReport(
        key=key,
        label=label,
        labels=int(found.given[index]),
        shared=int(found.shared[index]),
        abstentions=int(found.silent[index]),
        quality=float(found.quality.mean[index]) if known else None,
        quality_low=float(found.quality.low[index]) if known else None,
        quality_high=float(found.quality.high[index]) if known else None,
        weight=float(found.consensus.weights[index]),
        confusion=[] if found.confusions is None else found.confusions[index].reshape(-1).tolist(),
        gold_labels=int(found.gold_labels[index]),
        gold_right=int(found.gold_right[index]),
        mean_seconds=None if found.mean_seconds is None else float(found.mean_seconds[index]),
        mean_confidence=None if found.mean_confidence is None else float(found.mean_confidence[index]),
    )
    tired = found.tiring[index]
    if tired is not None:
        report.drift.CopyFrom(_drift(tired))
    return report


def _drift(tired: Tiring) -> pb.Drift:
    trend = tired.per_hour
    slopes = (
        {}
        if trend is None
        else {f"per_hour{name}": getattr(trend, part) for name, part in (("", "slope"), ("_low", "low"), ("_high", "high"))}
    )
    plain = {name: value for name, value in dataclasses.asdict(tired).items() if name != "per_hour" and value is not None}
    return pb.Drift(**plain, **slopes)
