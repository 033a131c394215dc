"""Named plans: what the literature calls a strategy is a score and a choice with their defaults."""

from __future__ import annotations

from dataclasses import dataclass

from querist_server.engine.choices.badge import Badge
from querist_server.engine.choices.bait import Bait
from querist_server.engine.choices.batch_bald import BatchBald
from querist_server.engine.choices.class_balanced import ClassBalanced
from querist_server.engine.choices.cluster_margin import ClusterMargin
from querist_server.engine.choices.drop_query import DropQuery
from querist_server.engine.choices.facility_location import FacilityLocation
from querist_server.engine.choices.falcun import Falcun
from querist_server.engine.choices.flcg import Flcg
from querist_server.engine.choices.flqmi import Flqmi
from querist_server.engine.choices.greedy_sampling import GreedySampling
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.k_dpp import KDpp
from querist_server.engine.choices.k_means import KMeans
from querist_server.engine.choices.k_means_pp import KMeansPp
from querist_server.engine.choices.lcmd import Lcmd
from querist_server.engine.choices.max_variance import MaxVariance
from querist_server.engine.choices.mmr import Mmr
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.softmax import Softmax
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.choices.typiclust import Typiclust
from querist_server.engine.plan import Plan
from querist_server.engine.scores.active_lab import ActiveLab
from querist_server.engine.scores.adaptive import Adaptive
from querist_server.engine.scores.bald import Bald
from querist_server.engine.scores.binary_minimum import BinaryMinimum
from querist_server.engine.scores.caller import CallerScore
from querist_server.engine.scores.committee_error_reduction import CommitteeErrorReduction
from querist_server.engine.scores.consensus_entropy import ConsensusEntropy
from querist_server.engine.scores.cvirs import Cvirs
from querist_server.engine.scores.dirichlet import Dirichlet
from querist_server.engine.scores.emcm import Emcm
from querist_server.engine.scores.entropy import Entropy
from querist_server.engine.scores.expected_cost import ExpectedCost
from querist_server.engine.scores.expected_gradient_length import ExpectedGradientLength
from querist_server.engine.scores.expected_output_change import ExpectedOutputChange
from querist_server.engine.scores.field_error_reduction import FieldErrorReduction
from querist_server.engine.scores.fisher_trace import FisherTrace
from querist_server.engine.scores.gcmi import Gcmi
from querist_server.engine.scores.gini import Gini
from querist_server.engine.scores.gradient_norm import GradientNorm
from querist_server.engine.scores.label_cardinality import LabelCardinality
from querist_server.engine.scores.label_uncertainty import LabelUncertainty
from querist_server.engine.scores.least_confidence import LeastConfidence
from querist_server.engine.scores.logistic_error_reduction import LogisticErrorReduction
from querist_server.engine.scores.look_ahead_error_reduction import LookAheadErrorReduction
from querist_server.engine.scores.margin import Margin
from querist_server.engine.scores.max_kl import MaxKl
from querist_server.engine.scores.mcpal import Mcpal
from querist_server.engine.scores.mean_disagreement import MeanDisagreement
from querist_server.engine.scores.member_variance import MemberVariance
from querist_server.engine.scores.mmc import Mmc
from querist_server.engine.scores.mnlp import Mnlp
from querist_server.engine.scores.parts_score import PartsScore
from querist_server.engine.scores.parzen_error_reduction import ParzenErrorReduction
from querist_server.engine.scores.possibilistic import Possibilistic
from querist_server.engine.scores.predictive_variance import PredictiveVariance
from querist_server.engine.scores.probability_std import ProbabilityStd
from querist_server.engine.scores.random import Random
from querist_server.engine.scores.ratio import Ratio
from querist_server.engine.scores.ridge_error_reduction import RidgeErrorReduction
from querist_server.engine.scores.value_of_information import ValueOfInformation
from querist_server.engine.scores.variance_reduction import VarianceReduction
from querist_server.engine.scores.variation_ratio import VariationRatio
from querist_server.engine.scores.vote_entropy import VoteEntropy
from querist_server.engine.scores.xpal import Xpal
from querist_server.engine.weights.density import Density


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
    Preset(
        "badge_shortlist",
        Plan(Margin(), Badge(), prefilter_factor=50),
        "BADGE among the most uncertain, 50 for each that is chosen; streams in bounded memory.",
    ),
    Preset("k_center", Plan(Random(), KCenter()), "Core-set: covers the embeddings, beside the labelled set; needs no predictions."),
    Preset("facility_location", Plan(Random(), FacilityLocation(kernel="COSINE")), "The instances that stand best for the whole pool."),
    Preset("max_herding", Plan(Random(), FacilityLocation()), "The strongest start without predictions: covers the pool best."),
    Preset(
        "uherding",
        Plan(Margin(), FacilityLocation(weigh_by_score=True, adaptive=True)),
        "Coverage weighted by uncertainty: for few labels and for many.",
    ),
    Preset("prob_cover", Plan(Random(), FacilityLocation(kernel="TOP_HAT")), "Covers as many instances as it can within a pure radius."),
    Preset("k_means", Plan(Random(), KMeans()), "One instance for each of as many clusters; for very large batches without predictions."),
    Preset("k_means_pp", Plan(Random(), KMeansPp()), "Random draws that keep away from each other."),
    Preset("typiclust", Plan(Random(), Typiclust()), "The most typical instances of unlabelled clusters; for a handful of labels only."),
    Preset(
        "diverse_mini_batch",
        Plan(Margin(), KMeans(weigh_by_score=True), prefilter_factor=10),
        "k-means among the ten times as many most uncertain, weighted by uncertainty.",
    ),
    Preset("clue", Plan(Entropy(), KMeans(weigh_by_score=True)), "k-means of the whole pool, weighted by entropy; for a shifted domain."),
    Preset(
        "cluster_margin",
        Plan(Margin(), ClusterMargin(), prefilter_factor=10),
        "Round the clusters of the most uncertain; for batches of thousands.",
    ),
    Preset("bait", Plan(Margin(), Bait()), "Lowers the variance of a linear head's decisions over the whole pool."),
    Preset("falcun", Plan(Margin(), Falcun()), "Uncertain and diverse by the predictions alone; needs no embeddings."),
    Preset("drop_query", Plan(Random(), DropQuery()), "Representatives of what a linear head decides otherwise when columns are dropped."),
    Preset("mmr", Plan(Margin(), Mmr(), prefilter_factor=10), "Trades uncertainty against likeness to the batch, one by one."),
    Preset("k_dpp", Plan(Margin(), KDpp(), prefilter_factor=10), "The most diverse set of uncertain instances, by volume."),
    Preset("class_quotas", Plan(Margin(), ClassBalanced()), "The most uncertain of each predicted class, more where labels are lacking."),
    Preset(
        "class_balanced",
        Plan(Margin(), ClassBalanced(method="GREEDY"), prefilter_factor=10),
        "Uncertainty plus what each class still lacks, one by one.",
    ),
    Preset(
        "information_density",
        Plan(Entropy(), Top(), weights=(Density(),)),
        "Uncertain instances that stand for many others, and no outliers.",
    ),
    Preset("flqmi", Plan(Random(), Flqmi()), "More like the wanted examples, covering all of them: for rare classes."),
    Preset("flcg", Plan(Random(), Flcg()), "What stands for the pool apart from the unwanted examples."),
    Preset("gcmi", Plan(Gcmi(), Top()), "Most like the wanted examples, and least like the unwanted."),
    Preset("egl", Plan(ExpectedGradientLength(), Top()), "Expected model change of a softmax layer; close to margin and entropy."),
    Preset("gradient_norm", Plan(GradientNorm(), Top()), "The change of a softmax layer if the prediction is right."),
    Preset("fisher_trace", Plan(FisherTrace(), Top()), "The information that the label adds to a softmax layer."),
    Preset("emcm", Plan(Emcm(), Top()), "Regression: expected model change by a bootstrap committee."),
    Preset(
        "committee_eer",
        Plan(CommitteeErrorReduction(), Top()),
        "Expected Brier loss of a committee, over the whole pool in closed form (CoreMSE).",
    ),
    Preset(
        "power_committee_eer",
        Plan(CommitteeErrorReduction(), Power()),
        "Expected Brier loss of a committee, for large batches.",
    ),
    Preset(
        "epig",
        Plan(CommitteeErrorReduction(evaluation="SAMPLE", loss="LOG"), Top()),
        "What the label tells about the predictions for a sample of the pool.",
    ),
    Preset(
        "target_epig",
        Plan(CommitteeErrorReduction(evaluation="TARGET", loss="LOG"), Top()),
        "What the label tells about the predictions for a target set, wherever it comes from.",
    ),
    Preset(
        "power_epig",
        Plan(CommitteeErrorReduction(evaluation="SAMPLE", loss="LOG"), Power()),
        "EPIG for large batches.",
    ),
    Preset(
        "power_target_epig",
        Plan(CommitteeErrorReduction(evaluation="TARGET", loss="LOG"), Power()),
        "EPIG by a target set, for large batches.",
    ),
    Preset(
        "batch_bald",
        Plan(Bald(), BatchBald(), prefilter_factor=100),
        "BALD for a small batch as a whole; for larger ones take power_bald.",
    ),
    Preset(
        "parzen_eer",
        Plan(ParzenErrorReduction(), Top()),
        "Expected error of a Parzen window classifier; for few labels and good embeddings.",
    ),
    Preset("xpal", Plan(Xpal(), Top()), "Only decisions that the label turns count; for few labels and good embeddings."),
    Preset("mcpal", Plan(Mcpal(), Top(), weights=(Density(),)), "What a label gains around an instance, times how many it stands for."),
    Preset("voi", Plan(ValueOfInformation(), Top()), "The risk over labelled and unlabelled instances by a Parzen window classifier."),
    Preset("field_eer", Plan(FieldErrorReduction(), Top()), "Expected error of a Gaussian field; for few labels and clear clusters."),
    Preset("logistic_eer", Plan(LogisticErrorReduction(), Top()), "Expected error of a linear layer, yours or fitted here."),
    Preset("ridge_eer", Plan(RidgeErrorReduction(), Top()), "Uncertainty times squared influence: the cheapest error reduction."),
    Preset("active_lab", Plan(ActiveLab(), Top()), "Several annotators: ask again where labels are doubtful, or anew, on one scale."),
    Preset("variance_reduction", Plan(VarianceReduction(), Top()), "Regression: lowers the variance of a linear model over the pool."),
    Preset("emoc", Plan(ExpectedOutputChange(), Top()), "The most change in what a linear model says of others."),
    Preset("look_ahead_eer", Plan(LookAheadErrorReduction(), Top()), "Expected error by your own models, retrained with each label."),
    Preset("dirichlet", Plan(Dirichlet(), Top()), "Evidential models: how little is known of the class probabilities."),
    Preset("vacuity", Plan(Dirichlet(criterion="VACUITY"), Top()), "Evidential models: how little evidence there is at all."),
    Preset("epistemic", Plan(Possibilistic(), Top()), "Two classes: where both are plausible by the labels around."),
    Preset("label_margin", Plan(LabelUncertainty(), Top()), "Multi-label: the mean openness of all labels."),
    Preset("power_label_margin", Plan(LabelUncertainty(), Power()), "Multi-label, for large batches."),
    Preset("label_entropy", Plan(LabelUncertainty(label_measure="ENTROPY"), Top()), "Multi-label: the mean entropy of all labels."),
    Preset("bin_min", Plan(BinaryMinimum(), Top()), "Multi-label: the most open label counts."),
    Preset("mmc", Plan(Mmc(), Top()), "Multi-label: the expected reduction of the loss over all labels."),
    Preset("label_cardinality", Plan(LabelCardinality(), Top()), "Multi-label: unusual numbers of labels."),
    Preset("adaptive", Plan(Adaptive(), Top()), "Multi-label: openness and unusual numbers of labels together."),
    Preset("cvirs", Plan(Cvirs(), Top()), "Multi-label: ranks by every label, times the distance to known label sets."),
    Preset("parts_margin", Plan(PartsScore(Margin()), Top()), "Tokens, boxes, pixels: the most open tenth of each instance's parts."),
    Preset("parts_entropy", Plan(PartsScore(Entropy(), "MEAN"), Top()), "Tokens, boxes, pixels: the mean entropy of the parts."),
    Preset("mnlp", Plan(Mnlp(), Top()), "Sequences: how surprising the most likely labels are, whatever the length."),
    Preset("member_variance", Plan(MemberVariance(), Top()), "Regression: the variance of a committee."),
    Preset("power_member_variance", Plan(MemberVariance(), Power()), "Regression: the variance of a committee, for large batches."),
    Preset("predictive_variance", Plan(PredictiveVariance(), Top()), "Regression: the model's own variance."),
    Preset("lcmd", Plan(Random(), Lcmd()), "Regression: far instances of large clusters; the strongest in its authors' benchmark."),
    Preset("max_variance", Plan(Random(), MaxVariance()), "Regression: where a linear model on the embeddings knows least."),
    Preset("gsx", Plan(Random(), GreedySampling("INPUT")), "Regression: greedy sampling in the inputs."),
    Preset("gsy", Plan(Random(), GreedySampling("OUTPUT")), "Regression: greedy sampling in the predicted values."),
    Preset("igs", Plan(Random(), GreedySampling()), "Regression: greedy sampling in inputs and values."),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _PRESETS}
