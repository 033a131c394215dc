from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MixScale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MIX_SCALE_UNSPECIFIED: _ClassVar[MixScale]
    MIX_SCALE_RANK: _ClassVar[MixScale]
    MIX_SCALE_MIN_MAX: _ClassVar[MixScale]
    MIX_SCALE_Z_SCORE: _ClassVar[MixScale]

class LabelMeasure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LABEL_MEASURE_UNSPECIFIED: _ClassVar[LabelMeasure]
    LABEL_MEASURE_MARGIN: _ClassVar[LabelMeasure]
    LABEL_MEASURE_ENTROPY: _ClassVar[LabelMeasure]

class Aggregate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGGREGATE_UNSPECIFIED: _ClassVar[Aggregate]
    AGGREGATE_SUM: _ClassVar[Aggregate]
    AGGREGATE_MEAN: _ClassVar[Aggregate]
    AGGREGATE_MAX: _ClassVar[Aggregate]
    AGGREGATE_TOP_M: _ClassVar[Aggregate]
    AGGREGATE_QUANTILE: _ClassVar[Aggregate]
    AGGREGATE_COUNT: _ClassVar[Aggregate]
    AGGREGATE_BY_CLASS: _ClassVar[Aggregate]

class Loss(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOSS_UNSPECIFIED: _ClassVar[Loss]
    LOSS_ZERO_ONE: _ClassVar[Loss]
    LOSS_LOG: _ClassVar[Loss]
    LOSS_BRIER: _ClassVar[Loss]
    LOSS_COST: _ClassVar[Loss]

class EvaluationSet(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVALUATION_SET_UNSPECIFIED: _ClassVar[EvaluationSet]
    EVALUATION_SET_POOL: _ClassVar[EvaluationSet]
    EVALUATION_SET_SAMPLE: _ClassVar[EvaluationSet]
    EVALUATION_SET_TARGET: _ClassVar[EvaluationSet]

class ShortlistRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHORTLIST_RULE_UNSPECIFIED: _ClassVar[ShortlistRule]
    SHORTLIST_RULE_MARGIN: _ClassVar[ShortlistRule]
    SHORTLIST_RULE_RANDOM: _ClassVar[ShortlistRule]
    SHORTLIST_RULE_MIXED: _ClassVar[ShortlistRule]

class Counts(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COUNTS_UNSPECIFIED: _ClassVar[Counts]
    COUNTS_EVIDENCE: _ClassVar[Counts]
    COUNTS_PARZEN: _ClassVar[Counts]

class DirichletCriterion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRICHLET_CRITERION_UNSPECIFIED: _ClassVar[DirichletCriterion]
    DIRICHLET_CRITERION_INFORMATION: _ClassVar[DirichletCriterion]
    DIRICHLET_CRITERION_VACUITY: _ClassVar[DirichletCriterion]
    DIRICHLET_CRITERION_VARIANCE: _ClassVar[DirichletCriterion]
    DIRICHLET_CRITERION_ENTROPY: _ClassVar[DirichletCriterion]

class PossibilisticUncertainty(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POSSIBILISTIC_UNCERTAINTY_UNSPECIFIED: _ClassVar[PossibilisticUncertainty]
    POSSIBILISTIC_UNCERTAINTY_EPISTEMIC: _ClassVar[PossibilisticUncertainty]
    POSSIBILISTIC_UNCERTAINTY_ALEATORIC: _ClassVar[PossibilisticUncertainty]

class Kernel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KERNEL_UNSPECIFIED: _ClassVar[Kernel]
    KERNEL_RBF: _ClassVar[Kernel]
    KERNEL_COSINE: _ClassVar[Kernel]
    KERNEL_TOP_HAT: _ClassVar[Kernel]

class GreedySpace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GREEDY_SPACE_UNSPECIFIED: _ClassVar[GreedySpace]
    GREEDY_SPACE_INPUT: _ClassVar[GreedySpace]
    GREEDY_SPACE_OUTPUT: _ClassVar[GreedySpace]
    GREEDY_SPACE_BOTH: _ClassVar[GreedySpace]

class BalanceMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BALANCE_METHOD_UNSPECIFIED: _ClassVar[BalanceMethod]
    BALANCE_METHOD_QUOTAS: _ClassVar[BalanceMethod]
    BALANCE_METHOD_GREEDY: _ClassVar[BalanceMethod]
MIX_SCALE_UNSPECIFIED: MixScale
MIX_SCALE_RANK: MixScale
MIX_SCALE_MIN_MAX: MixScale
MIX_SCALE_Z_SCORE: MixScale
LABEL_MEASURE_UNSPECIFIED: LabelMeasure
LABEL_MEASURE_MARGIN: LabelMeasure
LABEL_MEASURE_ENTROPY: LabelMeasure
AGGREGATE_UNSPECIFIED: Aggregate
AGGREGATE_SUM: Aggregate
AGGREGATE_MEAN: Aggregate
AGGREGATE_MAX: Aggregate
AGGREGATE_TOP_M: Aggregate
AGGREGATE_QUANTILE: Aggregate
AGGREGATE_COUNT: Aggregate
AGGREGATE_BY_CLASS: Aggregate
LOSS_UNSPECIFIED: Loss
LOSS_ZERO_ONE: Loss
LOSS_LOG: Loss
LOSS_BRIER: Loss
LOSS_COST: Loss
EVALUATION_SET_UNSPECIFIED: EvaluationSet
EVALUATION_SET_POOL: EvaluationSet
EVALUATION_SET_SAMPLE: EvaluationSet
EVALUATION_SET_TARGET: EvaluationSet
SHORTLIST_RULE_UNSPECIFIED: ShortlistRule
SHORTLIST_RULE_MARGIN: ShortlistRule
SHORTLIST_RULE_RANDOM: ShortlistRule
SHORTLIST_RULE_MIXED: ShortlistRule
COUNTS_UNSPECIFIED: Counts
COUNTS_EVIDENCE: Counts
COUNTS_PARZEN: Counts
DIRICHLET_CRITERION_UNSPECIFIED: DirichletCriterion
DIRICHLET_CRITERION_INFORMATION: DirichletCriterion
DIRICHLET_CRITERION_VACUITY: DirichletCriterion
DIRICHLET_CRITERION_VARIANCE: DirichletCriterion
DIRICHLET_CRITERION_ENTROPY: DirichletCriterion
POSSIBILISTIC_UNCERTAINTY_UNSPECIFIED: PossibilisticUncertainty
POSSIBILISTIC_UNCERTAINTY_EPISTEMIC: PossibilisticUncertainty
POSSIBILISTIC_UNCERTAINTY_ALEATORIC: PossibilisticUncertainty
KERNEL_UNSPECIFIED: Kernel
KERNEL_RBF: Kernel
KERNEL_COSINE: Kernel
KERNEL_TOP_HAT: Kernel
GREEDY_SPACE_UNSPECIFIED: GreedySpace
GREEDY_SPACE_INPUT: GreedySpace
GREEDY_SPACE_OUTPUT: GreedySpace
GREEDY_SPACE_BOTH: GreedySpace
BALANCE_METHOD_UNSPECIFIED: BalanceMethod
BALANCE_METHOD_QUOTAS: BalanceMethod
BALANCE_METHOD_GREEDY: BalanceMethod

class Plan(_message.Message):
    __slots__ = ("score", "choice", "prefilter", "prefilter_factor", "guards", "weights")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    PREFILTER_FIELD_NUMBER: _ClassVar[int]
    PREFILTER_FACTOR_FIELD_NUMBER: _ClassVar[int]
    GUARDS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    score: Score
    choice: Choice
    prefilter: int
    prefilter_factor: float
    guards: _containers.RepeatedCompositeFieldContainer[Guard]
    weights: _containers.RepeatedCompositeFieldContainer[Weight]
    def __init__(self, score: _Optional[_Union[Score, _Mapping]] = ..., choice: _Optional[_Union[Choice, _Mapping]] = ..., prefilter: _Optional[int] = ..., prefilter_factor: _Optional[float] = ..., guards: _Optional[_Iterable[_Union[Guard, _Mapping]]] = ..., weights: _Optional[_Iterable[_Union[Weight, _Mapping]]] = ...) -> None: ...

class Guard(_message.Message):
    __slots__ = ("knn_outlier", "local_outlier", "energy", "near_duplicate", "group_cap", "unlabelable", "image_quality")
    KNN_OUTLIER_FIELD_NUMBER: _ClassVar[int]
    LOCAL_OUTLIER_FIELD_NUMBER: _ClassVar[int]
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    NEAR_DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    GROUP_CAP_FIELD_NUMBER: _ClassVar[int]
    UNLABELABLE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_QUALITY_FIELD_NUMBER: _ClassVar[int]
    knn_outlier: KnnOutlier
    local_outlier: LocalOutlier
    energy: Energy
    near_duplicate: NearDuplicate
    group_cap: GroupCap
    unlabelable: Unlabelable
    image_quality: ImageQuality
    def __init__(self, knn_outlier: _Optional[_Union[KnnOutlier, _Mapping]] = ..., local_outlier: _Optional[_Union[LocalOutlier, _Mapping]] = ..., energy: _Optional[_Union[Energy, _Mapping]] = ..., near_duplicate: _Optional[_Union[NearDuplicate, _Mapping]] = ..., group_cap: _Optional[_Union[GroupCap, _Mapping]] = ..., unlabelable: _Optional[_Union[Unlabelable, _Mapping]] = ..., image_quality: _Optional[_Union[ImageQuality, _Mapping]] = ...) -> None: ...

class KnnOutlier(_message.Message):
    __slots__ = ("neighbours", "z", "reference_rows")
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ROWS_FIELD_NUMBER: _ClassVar[int]
    neighbours: int
    z: float
    reference_rows: int
    def __init__(self, neighbours: _Optional[int] = ..., z: _Optional[float] = ..., reference_rows: _Optional[int] = ...) -> None: ...

class LocalOutlier(_message.Message):
    __slots__ = ("neighbours", "factor", "reference_rows")
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ROWS_FIELD_NUMBER: _ClassVar[int]
    neighbours: int
    factor: float
    reference_rows: int
    def __init__(self, neighbours: _Optional[int] = ..., factor: _Optional[float] = ..., reference_rows: _Optional[int] = ...) -> None: ...

class Energy(_message.Message):
    __slots__ = ("temperature", "z")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    z: float
    def __init__(self, temperature: _Optional[float] = ..., z: _Optional[float] = ...) -> None: ...

class NearDuplicate(_message.Message):
    __slots__ = ("similarity", "of_labelled", "of_batch", "of_pool")
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    OF_LABELLED_FIELD_NUMBER: _ClassVar[int]
    OF_BATCH_FIELD_NUMBER: _ClassVar[int]
    OF_POOL_FIELD_NUMBER: _ClassVar[int]
    similarity: float
    of_labelled: bool
    of_batch: bool
    of_pool: bool
    def __init__(self, similarity: _Optional[float] = ..., of_labelled: bool = ..., of_batch: bool = ..., of_pool: bool = ...) -> None: ...

class GroupCap(_message.Message):
    __slots__ = ("most",)
    MOST_FIELD_NUMBER: _ClassVar[int]
    most: int
    def __init__(self, most: _Optional[int] = ...) -> None: ...

class Unlabelable(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class ImageQuality(_message.Message):
    __slots__ = ("dark", "bright", "blank", "blur_z")
    DARK_FIELD_NUMBER: _ClassVar[int]
    BRIGHT_FIELD_NUMBER: _ClassVar[int]
    BLANK_FIELD_NUMBER: _ClassVar[int]
    BLUR_Z_FIELD_NUMBER: _ClassVar[int]
    dark: float
    bright: float
    blank: float
    blur_z: float
    def __init__(self, dark: _Optional[float] = ..., bright: _Optional[float] = ..., blank: _Optional[float] = ..., blur_z: _Optional[float] = ...) -> None: ...

class Weight(_message.Message):
    __slots__ = ("density", "cost", "rarity")
    DENSITY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    RARITY_FIELD_NUMBER: _ClassVar[int]
    density: Density
    cost: Cost
    rarity: Rarity
    def __init__(self, density: _Optional[_Union[Density, _Mapping]] = ..., cost: _Optional[_Union[Cost, _Mapping]] = ..., rarity: _Optional[_Union[Rarity, _Mapping]] = ...) -> None: ...

class Density(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class Cost(_message.Message):
    __slots__ = ("gamma",)
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    gamma: float
    def __init__(self, gamma: _Optional[float] = ...) -> None: ...

class Rarity(_message.Message):
    __slots__ = ("gamma",)
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    gamma: float
    def __init__(self, gamma: _Optional[float] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("random", "least_confidence", "margin", "ratio", "entropy", "gini", "expected_cost", "caller", "vote_entropy", "consensus_entropy", "bald", "max_kl", "variation_ratio", "mean_disagreement", "probability_std", "mix", "label_uncertainty", "binary_minimum", "mmc", "label_cardinality", "cvirs", "adaptive", "parts_score", "mnlp", "sequence_confidence", "member_variance", "predictive_variance", "gcmi", "expected_gradient_length", "gradient_norm", "fisher_trace", "emcm", "committee_error_reduction", "parzen_error_reduction", "field_error_reduction", "logistic_error_reduction", "ridge_error_reduction", "variance_reduction", "expected_output_change", "look_ahead_error_reduction", "value_of_information", "xpal", "mcpal", "dirichlet", "possibilistic", "active_lab")
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    LEAST_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    GINI_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_COST_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    VOTE_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    BALD_FIELD_NUMBER: _ClassVar[int]
    MAX_KL_FIELD_NUMBER: _ClassVar[int]
    VARIATION_RATIO_FIELD_NUMBER: _ClassVar[int]
    MEAN_DISAGREEMENT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_STD_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    LABEL_UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    BINARY_MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MMC_FIELD_NUMBER: _ClassVar[int]
    LABEL_CARDINALITY_FIELD_NUMBER: _ClassVar[int]
    CVIRS_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_FIELD_NUMBER: _ClassVar[int]
    PARTS_SCORE_FIELD_NUMBER: _ClassVar[int]
    MNLP_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MEMBER_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    PREDICTIVE_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    GCMI_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_GRADIENT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    GRADIENT_NORM_FIELD_NUMBER: _ClassVar[int]
    FISHER_TRACE_FIELD_NUMBER: _ClassVar[int]
    EMCM_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    PARZEN_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    FIELD_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    LOGISTIC_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    RIDGE_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_OUTPUT_CHANGE_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_ERROR_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_OF_INFORMATION_FIELD_NUMBER: _ClassVar[int]
    XPAL_FIELD_NUMBER: _ClassVar[int]
    MCPAL_FIELD_NUMBER: _ClassVar[int]
    DIRICHLET_FIELD_NUMBER: _ClassVar[int]
    POSSIBILISTIC_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_LAB_FIELD_NUMBER: _ClassVar[int]
    random: Random
    least_confidence: LeastConfidence
    margin: Margin
    ratio: Ratio
    entropy: Entropy
    gini: Gini
    expected_cost: ExpectedCost
    caller: CallerScore
    vote_entropy: VoteEntropy
    consensus_entropy: ConsensusEntropy
    bald: Bald
    max_kl: MaxKl
    variation_ratio: VariationRatio
    mean_disagreement: MeanDisagreement
    probability_std: ProbabilityStd
    mix: Mix
    label_uncertainty: LabelUncertainty
    binary_minimum: BinaryMinimum
    mmc: Mmc
    label_cardinality: LabelCardinality
    cvirs: Cvirs
    adaptive: Adaptive
    parts_score: PartsScore
    mnlp: Mnlp
    sequence_confidence: SequenceConfidence
    member_variance: MemberVariance
    predictive_variance: PredictiveVariance
    gcmi: Gcmi
    expected_gradient_length: ExpectedGradientLength
    gradient_norm: GradientNorm
    fisher_trace: FisherTrace
    emcm: Emcm
    committee_error_reduction: CommitteeErrorReduction
    parzen_error_reduction: ParzenErrorReduction
    field_error_reduction: FieldErrorReduction
    logistic_error_reduction: LogisticErrorReduction
    ridge_error_reduction: RidgeErrorReduction
    variance_reduction: VarianceReduction
    expected_output_change: ExpectedOutputChange
    look_ahead_error_reduction: LookAheadErrorReduction
    value_of_information: ValueOfInformation
    xpal: Xpal
    mcpal: Mcpal
    dirichlet: Dirichlet
    possibilistic: Possibilistic
    active_lab: ActiveLab
    def __init__(self, random: _Optional[_Union[Random, _Mapping]] = ..., least_confidence: _Optional[_Union[LeastConfidence, _Mapping]] = ..., margin: _Optional[_Union[Margin, _Mapping]] = ..., ratio: _Optional[_Union[Ratio, _Mapping]] = ..., entropy: _Optional[_Union[Entropy, _Mapping]] = ..., gini: _Optional[_Union[Gini, _Mapping]] = ..., expected_cost: _Optional[_Union[ExpectedCost, _Mapping]] = ..., caller: _Optional[_Union[CallerScore, _Mapping]] = ..., vote_entropy: _Optional[_Union[VoteEntropy, _Mapping]] = ..., consensus_entropy: _Optional[_Union[ConsensusEntropy, _Mapping]] = ..., bald: _Optional[_Union[Bald, _Mapping]] = ..., max_kl: _Optional[_Union[MaxKl, _Mapping]] = ..., variation_ratio: _Optional[_Union[VariationRatio, _Mapping]] = ..., mean_disagreement: _Optional[_Union[MeanDisagreement, _Mapping]] = ..., probability_std: _Optional[_Union[ProbabilityStd, _Mapping]] = ..., mix: _Optional[_Union[Mix, _Mapping]] = ..., label_uncertainty: _Optional[_Union[LabelUncertainty, _Mapping]] = ..., binary_minimum: _Optional[_Union[BinaryMinimum, _Mapping]] = ..., mmc: _Optional[_Union[Mmc, _Mapping]] = ..., label_cardinality: _Optional[_Union[LabelCardinality, _Mapping]] = ..., cvirs: _Optional[_Union[Cvirs, _Mapping]] = ..., adaptive: _Optional[_Union[Adaptive, _Mapping]] = ..., parts_score: _Optional[_Union[PartsScore, _Mapping]] = ..., mnlp: _Optional[_Union[Mnlp, _Mapping]] = ..., sequence_confidence: _Optional[_Union[SequenceConfidence, _Mapping]] = ..., member_variance: _Optional[_Union[MemberVariance, _Mapping]] = ..., predictive_variance: _Optional[_Union[PredictiveVariance, _Mapping]] = ..., gcmi: _Optional[_Union[Gcmi, _Mapping]] = ..., expected_gradient_length: _Optional[_Union[ExpectedGradientLength, _Mapping]] = ..., gradient_norm: _Optional[_Union[GradientNorm, _Mapping]] = ..., fisher_trace: _Optional[_Union[FisherTrace, _Mapping]] = ..., emcm: _Optional[_Union[Emcm, _Mapping]] = ..., committee_error_reduction: _Optional[_Union[CommitteeErrorReduction, _Mapping]] = ..., parzen_error_reduction: _Optional[_Union[ParzenErrorReduction, _Mapping]] = ..., field_error_reduction: _Optional[_Union[FieldErrorReduction, _Mapping]] = ..., logistic_error_reduction: _Optional[_Union[LogisticErrorReduction, _Mapping]] = ..., ridge_error_reduction: _Optional[_Union[RidgeErrorReduction, _Mapping]] = ..., variance_reduction: _Optional[_Union[VarianceReduction, _Mapping]] = ..., expected_output_change: _Optional[_Union[ExpectedOutputChange, _Mapping]] = ..., look_ahead_error_reduction: _Optional[_Union[LookAheadErrorReduction, _Mapping]] = ..., value_of_information: _Optional[_Union[ValueOfInformation, _Mapping]] = ..., xpal: _Optional[_Union[Xpal, _Mapping]] = ..., mcpal: _Optional[_Union[Mcpal, _Mapping]] = ..., dirichlet: _Optional[_Union[Dirichlet, _Mapping]] = ..., possibilistic: _Optional[_Union[Possibilistic, _Mapping]] = ..., active_lab: _Optional[_Union[ActiveLab, _Mapping]] = ...) -> None: ...

class Random(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LeastConfidence(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class Margin(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Ratio(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Entropy(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class Gini(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExpectedCost(_message.Message):
    __slots__ = ("margin",)
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    margin: bool
    def __init__(self, margin: bool = ...) -> None: ...

class CallerScore(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VoteEntropy(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class ConsensusEntropy(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class Bald(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MaxKl(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VariationRatio(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MeanDisagreement(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ProbabilityStd(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Mix(_message.Message):
    __slots__ = ("parts", "scale")
    PARTS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedCompositeFieldContainer[MixPart]
    scale: MixScale
    def __init__(self, parts: _Optional[_Iterable[_Union[MixPart, _Mapping]]] = ..., scale: _Optional[_Union[MixScale, str]] = ...) -> None: ...

class MixPart(_message.Message):
    __slots__ = ("score", "weight")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    score: Score
    weight: float
    def __init__(self, score: _Optional[_Union[Score, _Mapping]] = ..., weight: _Optional[float] = ...) -> None: ...

class LabelUncertainty(_message.Message):
    __slots__ = ("label_measure", "aggregate", "m")
    LABEL_MEASURE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    M_FIELD_NUMBER: _ClassVar[int]
    label_measure: LabelMeasure
    aggregate: Aggregate
    m: int
    def __init__(self, label_measure: _Optional[_Union[LabelMeasure, str]] = ..., aggregate: _Optional[_Union[Aggregate, str]] = ..., m: _Optional[int] = ...) -> None: ...

class BinaryMinimum(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Mmc(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LabelCardinality(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Cvirs(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Adaptive(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class PartsScore(_message.Message):
    __slots__ = ("score", "aggregate", "top_share", "quantile", "threshold")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    TOP_SHARE_FIELD_NUMBER: _ClassVar[int]
    QUANTILE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    score: Score
    aggregate: Aggregate
    top_share: float
    quantile: float
    threshold: float
    def __init__(self, score: _Optional[_Union[Score, _Mapping]] = ..., aggregate: _Optional[_Union[Aggregate, str]] = ..., top_share: _Optional[float] = ..., quantile: _Optional[float] = ..., threshold: _Optional[float] = ...) -> None: ...

class Mnlp(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SequenceConfidence(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MemberVariance(_message.Message):
    __slots__ = ("unbiased",)
    UNBIASED_FIELD_NUMBER: _ClassVar[int]
    unbiased: bool
    def __init__(self, unbiased: bool = ...) -> None: ...

class PredictiveVariance(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Gcmi(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExpectedGradientLength(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class GradientNorm(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class FisherTrace(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class Emcm(_message.Message):
    __slots__ = ("normalized",)
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    normalized: bool
    def __init__(self, normalized: bool = ...) -> None: ...

class CommitteeErrorReduction(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "loss")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    loss: Loss
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., loss: _Optional[_Union[Loss, str]] = ...) -> None: ...

class ParzenErrorReduction(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "bandwidth", "prior", "loss")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    bandwidth: float
    prior: float
    loss: Loss
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., bandwidth: _Optional[float] = ..., prior: _Optional[float] = ..., loss: _Optional[_Union[Loss, str]] = ...) -> None: ...

class FieldErrorReduction(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "bandwidth", "nodes", "loss")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    bandwidth: float
    nodes: int
    loss: Loss
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., bandwidth: _Optional[float] = ..., nodes: _Optional[int] = ..., loss: _Optional[_Union[Loss, str]] = ...) -> None: ...

class LogisticErrorReduction(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "ridge", "loss")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    RIDGE_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    ridge: float
    loss: Loss
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., ridge: _Optional[float] = ..., loss: _Optional[_Union[Loss, str]] = ...) -> None: ...

class RidgeErrorReduction(_message.Message):
    __slots__ = ("evaluation", "ridge")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    RIDGE_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    ridge: float
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., ridge: _Optional[float] = ...) -> None: ...

class ActiveLab(_message.Message):
    __slots__ = ("each_member",)
    EACH_MEMBER_FIELD_NUMBER: _ClassVar[int]
    each_member: bool
    def __init__(self, each_member: bool = ...) -> None: ...

class VarianceReduction(_message.Message):
    __slots__ = ("evaluation", "ridge")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    RIDGE_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    ridge: float
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., ridge: _Optional[float] = ...) -> None: ...

class ExpectedOutputChange(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "ridge")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    RIDGE_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    ridge: float
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., ridge: _Optional[float] = ...) -> None: ...

class LookAheadErrorReduction(_message.Message):
    __slots__ = ("loss",)
    LOSS_FIELD_NUMBER: _ClassVar[int]
    loss: Loss
    def __init__(self, loss: _Optional[_Union[Loss, str]] = ...) -> None: ...

class ValueOfInformation(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "bandwidth", "prior")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    bandwidth: float
    prior: float
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., bandwidth: _Optional[float] = ..., prior: _Optional[float] = ...) -> None: ...

class Xpal(_message.Message):
    __slots__ = ("evaluation", "evaluation_rows", "shortlist", "shortlist_rule", "class_floor", "bandwidth", "prior")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ROWS_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_FIELD_NUMBER: _ClassVar[int]
    SHORTLIST_RULE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FLOOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    evaluation: EvaluationSet
    evaluation_rows: int
    shortlist: int
    shortlist_rule: ShortlistRule
    class_floor: float
    bandwidth: float
    prior: float
    def __init__(self, evaluation: _Optional[_Union[EvaluationSet, str]] = ..., evaluation_rows: _Optional[int] = ..., shortlist: _Optional[int] = ..., shortlist_rule: _Optional[_Union[ShortlistRule, str]] = ..., class_floor: _Optional[float] = ..., bandwidth: _Optional[float] = ..., prior: _Optional[float] = ...) -> None: ...

class Mcpal(_message.Message):
    __slots__ = ("counts", "most_labels", "prior", "bandwidth")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    MOST_LABELS_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    counts: Counts
    most_labels: int
    prior: float
    bandwidth: float
    def __init__(self, counts: _Optional[_Union[Counts, str]] = ..., most_labels: _Optional[int] = ..., prior: _Optional[float] = ..., bandwidth: _Optional[float] = ...) -> None: ...

class Dirichlet(_message.Message):
    __slots__ = ("criterion", "counts", "prior", "bandwidth")
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    PRIOR_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    criterion: DirichletCriterion
    counts: Counts
    prior: float
    bandwidth: float
    def __init__(self, criterion: _Optional[_Union[DirichletCriterion, str]] = ..., counts: _Optional[_Union[Counts, str]] = ..., prior: _Optional[float] = ..., bandwidth: _Optional[float] = ...) -> None: ...

class Possibilistic(_message.Message):
    __slots__ = ("uncertainty", "counts", "bandwidth")
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    uncertainty: PossibilisticUncertainty
    counts: Counts
    bandwidth: float
    def __init__(self, uncertainty: _Optional[_Union[PossibilisticUncertainty, str]] = ..., counts: _Optional[_Union[Counts, str]] = ..., bandwidth: _Optional[float] = ...) -> None: ...

class Choice(_message.Message):
    __slots__ = ("top", "power", "softmax", "softrank", "k_center", "badge", "facility_location", "k_means", "k_means_pp", "typiclust", "mmr", "k_dpp", "flqmi", "flcg", "lcmd", "max_variance", "greedy_sampling", "bait", "cluster_margin", "falcun", "drop_query", "class_balanced", "batch_bald")
    TOP_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    SOFTRANK_FIELD_NUMBER: _ClassVar[int]
    K_CENTER_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    FACILITY_LOCATION_FIELD_NUMBER: _ClassVar[int]
    K_MEANS_FIELD_NUMBER: _ClassVar[int]
    K_MEANS_PP_FIELD_NUMBER: _ClassVar[int]
    TYPICLUST_FIELD_NUMBER: _ClassVar[int]
    MMR_FIELD_NUMBER: _ClassVar[int]
    K_DPP_FIELD_NUMBER: _ClassVar[int]
    FLQMI_FIELD_NUMBER: _ClassVar[int]
    FLCG_FIELD_NUMBER: _ClassVar[int]
    LCMD_FIELD_NUMBER: _ClassVar[int]
    MAX_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    GREEDY_SAMPLING_FIELD_NUMBER: _ClassVar[int]
    BAIT_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_MARGIN_FIELD_NUMBER: _ClassVar[int]
    FALCUN_FIELD_NUMBER: _ClassVar[int]
    DROP_QUERY_FIELD_NUMBER: _ClassVar[int]
    CLASS_BALANCED_FIELD_NUMBER: _ClassVar[int]
    BATCH_BALD_FIELD_NUMBER: _ClassVar[int]
    top: Top
    power: Power
    softmax: Softmax
    softrank: Softrank
    k_center: KCenter
    badge: Badge
    facility_location: FacilityLocation
    k_means: KMeans
    k_means_pp: KMeansPp
    typiclust: Typiclust
    mmr: Mmr
    k_dpp: KDpp
    flqmi: Flqmi
    flcg: Flcg
    lcmd: Lcmd
    max_variance: MaxVariance
    greedy_sampling: GreedySampling
    bait: Bait
    cluster_margin: ClusterMargin
    falcun: Falcun
    drop_query: DropQuery
    class_balanced: ClassBalanced
    batch_bald: BatchBald
    def __init__(self, top: _Optional[_Union[Top, _Mapping]] = ..., power: _Optional[_Union[Power, _Mapping]] = ..., softmax: _Optional[_Union[Softmax, _Mapping]] = ..., softrank: _Optional[_Union[Softrank, _Mapping]] = ..., k_center: _Optional[_Union[KCenter, _Mapping]] = ..., badge: _Optional[_Union[Badge, _Mapping]] = ..., facility_location: _Optional[_Union[FacilityLocation, _Mapping]] = ..., k_means: _Optional[_Union[KMeans, _Mapping]] = ..., k_means_pp: _Optional[_Union[KMeansPp, _Mapping]] = ..., typiclust: _Optional[_Union[Typiclust, _Mapping]] = ..., mmr: _Optional[_Union[Mmr, _Mapping]] = ..., k_dpp: _Optional[_Union[KDpp, _Mapping]] = ..., flqmi: _Optional[_Union[Flqmi, _Mapping]] = ..., flcg: _Optional[_Union[Flcg, _Mapping]] = ..., lcmd: _Optional[_Union[Lcmd, _Mapping]] = ..., max_variance: _Optional[_Union[MaxVariance, _Mapping]] = ..., greedy_sampling: _Optional[_Union[GreedySampling, _Mapping]] = ..., bait: _Optional[_Union[Bait, _Mapping]] = ..., cluster_margin: _Optional[_Union[ClusterMargin, _Mapping]] = ..., falcun: _Optional[_Union[Falcun, _Mapping]] = ..., drop_query: _Optional[_Union[DropQuery, _Mapping]] = ..., class_balanced: _Optional[_Union[ClassBalanced, _Mapping]] = ..., batch_bald: _Optional[_Union[BatchBald, _Mapping]] = ...) -> None: ...

class Top(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Power(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class Softmax(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class Softrank(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class KCenter(_message.Message):
    __slots__ = ("ignored_share",)
    IGNORED_SHARE_FIELD_NUMBER: _ClassVar[int]
    ignored_share: float
    def __init__(self, ignored_share: _Optional[float] = ...) -> None: ...

class Badge(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FacilityLocation(_message.Message):
    __slots__ = ("kernel", "bandwidth", "adaptive", "radius", "weigh_by_score", "reference_rows", "sampling_loss")
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_FIELD_NUMBER: _ClassVar[int]
    RADIUS_FIELD_NUMBER: _ClassVar[int]
    WEIGH_BY_SCORE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ROWS_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_LOSS_FIELD_NUMBER: _ClassVar[int]
    kernel: Kernel
    bandwidth: float
    adaptive: bool
    radius: float
    weigh_by_score: bool
    reference_rows: int
    sampling_loss: float
    def __init__(self, kernel: _Optional[_Union[Kernel, str]] = ..., bandwidth: _Optional[float] = ..., adaptive: bool = ..., radius: _Optional[float] = ..., weigh_by_score: bool = ..., reference_rows: _Optional[int] = ..., sampling_loss: _Optional[float] = ...) -> None: ...

class KMeans(_message.Message):
    __slots__ = ("weigh_by_score", "iterations", "normalized")
    WEIGH_BY_SCORE_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    weigh_by_score: bool
    iterations: int
    normalized: bool
    def __init__(self, weigh_by_score: bool = ..., iterations: _Optional[int] = ..., normalized: bool = ...) -> None: ...

class KMeansPp(_message.Message):
    __slots__ = ("weigh_by_score",)
    WEIGH_BY_SCORE_FIELD_NUMBER: _ClassVar[int]
    weigh_by_score: bool
    def __init__(self, weigh_by_score: bool = ...) -> None: ...

class Typiclust(_message.Message):
    __slots__ = ("neighbours", "most_clusters", "smallest")
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    MOST_CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    SMALLEST_FIELD_NUMBER: _ClassVar[int]
    neighbours: int
    most_clusters: int
    smallest: int
    def __init__(self, neighbours: _Optional[int] = ..., most_clusters: _Optional[int] = ..., smallest: _Optional[int] = ...) -> None: ...

class Mmr(_message.Message):
    __slots__ = ("trade_off",)
    TRADE_OFF_FIELD_NUMBER: _ClassVar[int]
    trade_off: float
    def __init__(self, trade_off: _Optional[float] = ...) -> None: ...

class KDpp(_message.Message):
    __slots__ = ("theta", "kernel", "bandwidth")
    THETA_FIELD_NUMBER: _ClassVar[int]
    KERNEL_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    theta: float
    kernel: Kernel
    bandwidth: float
    def __init__(self, theta: _Optional[float] = ..., kernel: _Optional[_Union[Kernel, str]] = ..., bandwidth: _Optional[float] = ...) -> None: ...

class Flqmi(_message.Message):
    __slots__ = ("eta",)
    ETA_FIELD_NUMBER: _ClassVar[int]
    eta: float
    def __init__(self, eta: _Optional[float] = ...) -> None: ...

class Flcg(_message.Message):
    __slots__ = ("nu", "reference_rows")
    NU_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_ROWS_FIELD_NUMBER: _ClassVar[int]
    nu: float
    reference_rows: int
    def __init__(self, nu: _Optional[float] = ..., reference_rows: _Optional[int] = ...) -> None: ...

class Lcmd(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MaxVariance(_message.Message):
    __slots__ = ("noise",)
    NOISE_FIELD_NUMBER: _ClassVar[int]
    noise: float
    def __init__(self, noise: _Optional[float] = ...) -> None: ...

class GreedySampling(_message.Message):
    __slots__ = ("space",)
    SPACE_FIELD_NUMBER: _ClassVar[int]
    space: GreedySpace
    def __init__(self, space: _Optional[_Union[GreedySpace, str]] = ...) -> None: ...

class Bait(_message.Message):
    __slots__ = ("ridge",)
    RIDGE_FIELD_NUMBER: _ClassVar[int]
    ridge: float
    def __init__(self, ridge: _Optional[float] = ...) -> None: ...

class ClusterMargin(_message.Message):
    __slots__ = ("rows_per_cluster",)
    ROWS_PER_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    rows_per_cluster: float
    def __init__(self, rows_per_cluster: _Optional[float] = ...) -> None: ...

class Falcun(_message.Message):
    __slots__ = ("gamma",)
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    gamma: float
    def __init__(self, gamma: _Optional[float] = ...) -> None: ...

class DropQuery(_message.Message):
    __slots__ = ("rate", "masks")
    RATE_FIELD_NUMBER: _ClassVar[int]
    MASKS_FIELD_NUMBER: _ClassVar[int]
    rate: float
    masks: int
    def __init__(self, rate: _Optional[float] = ..., masks: _Optional[int] = ...) -> None: ...

class ClassBalanced(_message.Message):
    __slots__ = ("method", "strength")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    method: BalanceMethod
    strength: float
    def __init__(self, method: _Optional[_Union[BalanceMethod, str]] = ..., strength: _Optional[float] = ...) -> None: ...

class BatchBald(_message.Message):
    __slots__ = ("most_outcomes", "most_cells")
    MOST_OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    MOST_CELLS_FIELD_NUMBER: _ClassVar[int]
    most_outcomes: int
    most_cells: float
    def __init__(self, most_outcomes: _Optional[int] = ..., most_cells: _Optional[float] = ...) -> None: ...
