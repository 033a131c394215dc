"""Every guard, score, weight and choice, by the name of its arm in the contract. A new part is one import and one line here."""

from __future__ import annotations

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
from querist_server.engine.criteria.budget import Budget
from querist_server.engine.criteria.callaghan import Callaghan
from querist_server.engine.criteria.classification_change import ClassificationChange
from querist_server.engine.criteria.delta_f import DeltaF
from querist_server.engine.criteria.diminishing_gain import DiminishingGain
from querist_server.engine.criteria.elusion import Elusion
from querist_server.engine.criteria.error_stability import ErrorStability
from querist_server.engine.criteria.hold_out_plateau import HoldOutPlateau
from querist_server.engine.criteria.knee import Knee
from querist_server.engine.criteria.minimum_distance import MinimumDistance
from querist_server.engine.criteria.minimum_expected_error import MinimumExpectedError
from querist_server.engine.criteria.net_value import NetValue
from querist_server.engine.criteria.overall_uncertainty import OverallUncertainty
from querist_server.engine.criteria.performance_convergence import PerformanceConvergence
from querist_server.engine.criteria.pool_exhausted import PoolExhausted
from querist_server.engine.criteria.qbcb import Qbcb
from querist_server.engine.criteria.quant_ci import QuantCi
from querist_server.engine.criteria.screening_budget import ScreeningBudget
from querist_server.engine.criteria.selected_accuracy import SelectedAccuracy
from querist_server.engine.criteria.stabilizing_predictions import StabilizingPredictions
from querist_server.engine.criterion import Criterion
from querist_server.engine.guards.energy import Energy
from querist_server.engine.guards.group_cap import GroupCap
from querist_server.engine.guards.image_quality import ImageQuality
from querist_server.engine.guards.knn_outlier import KnnOutlier
from querist_server.engine.guards.local_outlier import LocalOutlier
from querist_server.engine.guards.near_duplicate import NearDuplicate
from querist_server.engine.guards.unlabelable import Unlabelable
from querist_server.engine.part import Choice, Guard, Score, Weight
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
from querist_server.engine.scores.mix import Mix
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
from querist_server.engine.scores.sequence_confidence import SequenceConfidence
from querist_server.engine.scores.value_of_information import ValueOfInformation
from querist_server.engine.scores.variance_reduction import VarianceReduction
from querist_server.engine.scores.variation_ratio import VariationRatio
from querist_server.engine.scores.vote_entropy import VoteEntropy
from querist_server.engine.scores.xpal import Xpal
from querist_server.engine.weights.cost import Cost
from querist_server.engine.weights.density import Density
from querist_server.engine.weights.rarity import Rarity

_SCORES: tuple[type[Score], ...] = (
    ActiveLab,
    Adaptive,
    Bald,
    BinaryMinimum,
    CallerScore,
    CommitteeErrorReduction,
    ConsensusEntropy,
    Cvirs,
    Dirichlet,
    Emcm,
    Entropy,
    ExpectedCost,
    ExpectedGradientLength,
    ExpectedOutputChange,
    FieldErrorReduction,
    FisherTrace,
    Gcmi,
    Gini,
    GradientNorm,
    LabelCardinality,
    LabelUncertainty,
    LeastConfidence,
    LogisticErrorReduction,
    LookAheadErrorReduction,
    Margin,
    MaxKl,
    Mcpal,
    MeanDisagreement,
    MemberVariance,
    Mix,
    Mmc,
    Mnlp,
    PartsScore,
    ParzenErrorReduction,
    Possibilistic,
    PredictiveVariance,
    ProbabilityStd,
    Random,
    Ratio,
    RidgeErrorReduction,
    SequenceConfidence,
    ValueOfInformation,
    VarianceReduction,
    VariationRatio,
    VoteEntropy,
    Xpal,
)
_CHOICES: tuple[type[Choice], ...] = (
    Badge,
    Bait,
    BatchBald,
    ClassBalanced,
    ClusterMargin,
    DropQuery,
    FacilityLocation,
    Falcun,
    Flcg,
    Flqmi,
    GreedySampling,
    KCenter,
    KDpp,
    KMeans,
    KMeansPp,
    Lcmd,
    MaxVariance,
    Mmr,
    Power,
    Softmax,
    Softrank,
    Top,
    Typiclust,
)

_GUARDS: tuple[type[Guard], ...] = (
    Energy,
    GroupCap,
    ImageQuality,
    KnnOutlier,
    LocalOutlier,
    NearDuplicate,
    Unlabelable,
)
_WEIGHTS: tuple[type[Weight], ...] = (
    Cost,
    Density,
    Rarity,
)

_CRITERIA: tuple[type[Criterion], ...] = (
    Budget,
    Callaghan,
    ClassificationChange,
    DeltaF,
    DiminishingGain,
    Elusion,
    ErrorStability,
    HoldOutPlateau,
    Knee,
    MinimumDistance,
    MinimumExpectedError,
    NetValue,
    OverallUncertainty,
    PerformanceConvergence,
    PoolExhausted,
    Qbcb,
    QuantCi,
    ScreeningBudget,
    SelectedAccuracy,
    StabilizingPredictions,
)

SCORES: dict[str, type[Score]] = {part.name: part for part in _SCORES}
CHOICES: dict[str, type[Choice]] = {part.name: part for part in _CHOICES}
GUARDS: dict[str, type[Guard]] = {part.name: part for part in _GUARDS}
WEIGHTS: dict[str, type[Weight]] = {part.name: part for part in _WEIGHTS}
CRITERIA: dict[str, type[Criterion]] = {part.name: part for part in _CRITERIA}
