"""Named plans: what the literature calls a strategy is a score and a choice with their defaults."""

from __future__ import annotations

from dataclasses import dataclass

from querist_server.engine.choices.badge import Badge
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.softmax import Softmax
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.part import Plan
from querist_server.engine.scores.bald import Bald
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.consensus_entropy import ConsensusEntropy
from querist_server.engine.scores.entropy import Entropy
from querist_server.engine.scores.expected_cost import ExpectedCost
from querist_server.engine.scores.gini import Gini
from querist_server.engine.scores.least_confidence import LeastConfidence
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.max_kl import MaxKl
from querist_server.engine.scores.mean_disagreement import MeanDisagreement
from querist_server.engine.scores.probability_std import ProbabilityStd
from querist_server.engine.scores.random import Random
from querist_server.engine.scores.ratio import Ratio
from querist_server.engine.scores.variation_ratio import VariationRatio
from querist_server.engine.scores.vote_entropy import VoteEntropy


@dataclass(frozen=True)
class Preset:
    """A named plan, and in a sentence when to use it."""

    name: str
    plan: Plan
    summary: str


_PRESETS = (
    Preset("random", Plan(Random(), Top()), "A uniform draw: the control, and the only batch that estimates errors without bias."),
    Preset("least_confidence", Plan(LeastConfidence(), Top()), "The instances whose most likely class is least certain."),
    Preset("margin", Plan(Margin(), Top()), "The instances between two classes; the default to beat for one model and small batches."),
    Preset("ratio", Plan(Ratio(), Top()), "Like margin, by the quotient of the two largest probabilities."),
    Preset("entropy", Plan(Entropy(), Top()), "The instances with the most open label over all classes."),
    Preset("normalized_entropy", Plan(Entropy(normalized=True), Top()), "Entropy from 0 to 1; the same ranking, comparable between tasks."),
    Preset("gini", Plan(Gini(), Top()), "The instances with the highest expected Brier loss."),
    Preset("expected_cost", Plan(ExpectedCost(), Top()), "The instances whose cheapest decision costs most, by a cost matrix."),
    Preset(
        "expected_cost_margin",
        Plan(ExpectedCost(margin=True), Top()),
        "The instances where the two cheapest decisions cost nearly the same.",
    ),
    Preset("caller", Plan(CallerScore(), Top()), "The highest of the caller's own scores."),
    Preset("vote_entropy", Plan(VoteEntropy(), Top()), "Query by committee: the members' votes spread most."),
    Preset("consensus_entropy", Plan(ConsensusEntropy(), Top()), "Query by committee: the mean prediction is most open."),
    Preset("bald", Plan(Bald(), Top()), "Query by committee: the members are sure, but of different things."),
    Preset("mean_kl", Plan(Bald(), Top()), "Another name for bald: the mean divergence of the members from their mean."),
    Preset("max_kl", Plan(MaxKl(), Top()), "Query by committee: one member dissents most."),
    Preset("variation_ratio", Plan(VariationRatio(), Top()), "Query by committee: the winner has the fewest votes."),
    Preset("mean_disagreement", Plan(MeanDisagreement(), Top()), "Query by committee: two members most likely differ."),
    Preset("probability_std", Plan(ProbabilityStd(), Top()), "Query by committee: the members' probabilities spread most."),
    Preset(
        "power_margin",
        Plan(Margin(), Power()),
        "Margin for large batches: draws by the score instead of taking near-duplicates off the top.",
    ),
    Preset("power_entropy", Plan(Entropy(), Power()), "Entropy for large batches."),
    Preset("power_bald", Plan(Bald(), Power()), "BALD for large batches, at a small part of BatchBALD's cost."),
    Preset("softmax_bald", Plan(Bald(), Softmax()), "BALD for large batches, drawn by the exponential of the score."),
    Preset("softrank_bald", Plan(Bald(), Softrank()), "BALD for large batches, drawn by rank."),
    Preset("badge", Plan(Margin(), Badge()), "Uncertain and diverse at once, for batches from one model with embeddings."),
    Preset("k_center", Plan(Random(), KCenter()), "Core-set: covers the embeddings from a random first instance; needs no predictions."),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _PRESETS}
