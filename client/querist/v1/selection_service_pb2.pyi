from querist.v1 import advice_pb2 as _advice_pb2
from querist.v1 import model_service_pb2 as _model_service_pb2
from querist.v1 import plan_pb2 as _plan_pb2
from querist.v1 import pool_pb2 as _pool_pb2
from querist.v1 import side_pb2 as _side_pb2
from querist.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConformalScore(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONFORMAL_SCORE_UNSPECIFIED: _ClassVar[ConformalScore]
    CONFORMAL_SCORE_LEAST_AMBIGUOUS: _ClassVar[ConformalScore]
    CONFORMAL_SCORE_ADAPTIVE: _ClassVar[ConformalScore]
    CONFORMAL_SCORE_REGULARIZED: _ClassVar[ConformalScore]

class CalibrationOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_ORIGIN_UNSPECIFIED: _ClassVar[CalibrationOrigin]
    CALIBRATION_ORIGIN_RANDOM: _ClassVar[CalibrationOrigin]
    CALIBRATION_ORIGIN_CHOSEN: _ClassVar[CalibrationOrigin]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_RECEIVE: _ClassVar[Stage]
    STAGE_DECODE: _ClassVar[Stage]
    STAGE_INFER: _ClassVar[Stage]
    STAGE_SCORE: _ClassVar[Stage]
    STAGE_CHOOSE: _ClassVar[Stage]

class ScoreSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCORE_SOURCE_UNSPECIFIED: _ClassVar[ScoreSource]
    SCORE_SOURCE_CLIENT_MODEL: _ClassVar[ScoreSource]
    SCORE_SOURCE_SURROGATE: _ClassVar[ScoreSource]
    SCORE_SOURCE_CLIENT_MODEL_AND_SURROGATE: _ClassVar[ScoreSource]

class GuardReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GUARD_REASON_UNSPECIFIED: _ClassVar[GuardReason]
    GUARD_REASON_NO_VOTES: _ClassVar[GuardReason]
    GUARD_REASON_KNN_OUTLIER: _ClassVar[GuardReason]
    GUARD_REASON_LOCAL_OUTLIER: _ClassVar[GuardReason]
    GUARD_REASON_HIGH_ENERGY: _ClassVar[GuardReason]
    GUARD_REASON_DUPLICATE_OF_LABELLED: _ClassVar[GuardReason]
    GUARD_REASON_DUPLICATE_IN_POOL: _ClassVar[GuardReason]
    GUARD_REASON_DUPLICATE_IN_BATCH: _ClassVar[GuardReason]
    GUARD_REASON_GROUP_FULL: _ClassVar[GuardReason]
    GUARD_REASON_UNLABELABLE: _ClassVar[GuardReason]
    GUARD_REASON_TOO_DARK: _ClassVar[GuardReason]
    GUARD_REASON_TOO_BRIGHT: _ClassVar[GuardReason]
    GUARD_REASON_BLANK: _ClassVar[GuardReason]
    GUARD_REASON_BLURRED: _ClassVar[GuardReason]

class PredictionSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREDICTION_SOURCE_UNSPECIFIED: _ClassVar[PredictionSource]
    PREDICTION_SOURCE_PROBABILITIES: _ClassVar[PredictionSource]
    PREDICTION_SOURCE_LOGITS: _ClassVar[PredictionSource]
    PREDICTION_SOURCE_COMMITTEE_MEAN: _ClassVar[PredictionSource]
    PREDICTION_SOURCE_COMMITTEE_VOTES: _ClassVar[PredictionSource]

class WarningCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARNING_CODE_UNSPECIFIED: _ClassVar[WarningCode]
    WARNING_CODE_BINARY_RANKING: _ClassVar[WarningCode]
    WARNING_CODE_ALL_SCORES_EQUAL: _ClassVar[WarningCode]
    WARNING_CODE_SATURATED_CONFIDENCE: _ClassVar[WarningCode]
    WARNING_CODE_ZERO_SCORES_DRAWN: _ClassVar[WarningCode]
    WARNING_CODE_BUDGET_SPENT: _ClassVar[WarningCode]
    WARNING_CODE_AUDIT_SHORT: _ClassVar[WarningCode]
    WARNING_CODE_SHORTLISTED: _ClassVar[WarningCode]
    WARNING_CODE_CALIBRATION_CHOSEN: _ClassVar[WarningCode]
    WARNING_CODE_CALIBRATION_UNBOUNDED: _ClassVar[WarningCode]
CONFORMAL_SCORE_UNSPECIFIED: ConformalScore
CONFORMAL_SCORE_LEAST_AMBIGUOUS: ConformalScore
CONFORMAL_SCORE_ADAPTIVE: ConformalScore
CONFORMAL_SCORE_REGULARIZED: ConformalScore
CALIBRATION_ORIGIN_UNSPECIFIED: CalibrationOrigin
CALIBRATION_ORIGIN_RANDOM: CalibrationOrigin
CALIBRATION_ORIGIN_CHOSEN: CalibrationOrigin
STAGE_UNSPECIFIED: Stage
STAGE_RECEIVE: Stage
STAGE_DECODE: Stage
STAGE_INFER: Stage
STAGE_SCORE: Stage
STAGE_CHOOSE: Stage
SCORE_SOURCE_UNSPECIFIED: ScoreSource
SCORE_SOURCE_CLIENT_MODEL: ScoreSource
SCORE_SOURCE_SURROGATE: ScoreSource
SCORE_SOURCE_CLIENT_MODEL_AND_SURROGATE: ScoreSource
GUARD_REASON_UNSPECIFIED: GuardReason
GUARD_REASON_NO_VOTES: GuardReason
GUARD_REASON_KNN_OUTLIER: GuardReason
GUARD_REASON_LOCAL_OUTLIER: GuardReason
GUARD_REASON_HIGH_ENERGY: GuardReason
GUARD_REASON_DUPLICATE_OF_LABELLED: GuardReason
GUARD_REASON_DUPLICATE_IN_POOL: GuardReason
GUARD_REASON_DUPLICATE_IN_BATCH: GuardReason
GUARD_REASON_GROUP_FULL: GuardReason
GUARD_REASON_UNLABELABLE: GuardReason
GUARD_REASON_TOO_DARK: GuardReason
GUARD_REASON_TOO_BRIGHT: GuardReason
GUARD_REASON_BLANK: GuardReason
GUARD_REASON_BLURRED: GuardReason
PREDICTION_SOURCE_UNSPECIFIED: PredictionSource
PREDICTION_SOURCE_PROBABILITIES: PredictionSource
PREDICTION_SOURCE_LOGITS: PredictionSource
PREDICTION_SOURCE_COMMITTEE_MEAN: PredictionSource
PREDICTION_SOURCE_COMMITTEE_VOTES: PredictionSource
WARNING_CODE_UNSPECIFIED: WarningCode
WARNING_CODE_BINARY_RANKING: WarningCode
WARNING_CODE_ALL_SCORES_EQUAL: WarningCode
WARNING_CODE_SATURATED_CONFIDENCE: WarningCode
WARNING_CODE_ZERO_SCORES_DRAWN: WarningCode
WARNING_CODE_BUDGET_SPENT: WarningCode
WARNING_CODE_AUDIT_SHORT: WarningCode
WARNING_CODE_SHORTLISTED: WarningCode
WARNING_CODE_CALIBRATION_CHOSEN: WarningCode
WARNING_CODE_CALIBRATION_UNBOUNDED: WarningCode

class AdviseStopRequest(_message.Message):
    __slots__ = ("campaign", "side")
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    campaign: _advice_pb2.CampaignRound
    side: _side_pb2.Side
    def __init__(self, campaign: _Optional[_Union[_advice_pb2.CampaignRound, _Mapping]] = ..., side: _Optional[_Union[_side_pb2.Side, _Mapping]] = ...) -> None: ...

class AdviseStopResponse(_message.Message):
    __slots__ = ("stop", "state", "server_version")
    STOP_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    stop: _advice_pb2.StopAdvice
    state: _advice_pb2.CampaignState
    server_version: str
    def __init__(self, stop: _Optional[_Union[_advice_pb2.StopAdvice, _Mapping]] = ..., state: _Optional[_Union[_advice_pb2.CampaignState, _Mapping]] = ..., server_version: _Optional[str] = ...) -> None: ...

class SelectRequest(_message.Message):
    __slots__ = ("header", "pool", "side")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    header: SelectHeader
    pool: _pool_pb2.Pool
    side: _side_pb2.Side
    def __init__(self, header: _Optional[_Union[SelectHeader, _Mapping]] = ..., pool: _Optional[_Union[_pool_pb2.Pool, _Mapping]] = ..., side: _Optional[_Union[_side_pb2.Side, _Mapping]] = ...) -> None: ...

class SelectHeader(_message.Message):
    __slots__ = ("strategy", "plan", "count", "rank_all", "seed", "random_share", "exclude_indices", "member_weights", "cost_matrix", "class_count", "models", "expected_rows", "return_components", "return_scores", "budget", "audit_share", "calibration_origin", "pre_annotation", "campaign", "return_draw_probabilities")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    RANK_ALL_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SHARE_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_INDICES_FIELD_NUMBER: _ClassVar[int]
    MEMBER_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    COST_MATRIX_FIELD_NUMBER: _ClassVar[int]
    CLASS_COUNT_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_ROWS_FIELD_NUMBER: _ClassVar[int]
    RETURN_COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    RETURN_SCORES_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    AUDIT_SHARE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ORIGIN_FIELD_NUMBER: _ClassVar[int]
    PRE_ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    RETURN_DRAW_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    plan: _plan_pb2.Plan
    count: int
    rank_all: bool
    seed: int
    random_share: float
    exclude_indices: _containers.RepeatedScalarFieldContainer[int]
    member_weights: _containers.RepeatedScalarFieldContainer[float]
    cost_matrix: _tensor_pb2.Tensor
    class_count: int
    models: _containers.RepeatedCompositeFieldContainer[_model_service_pb2.ModelUse]
    expected_rows: int
    return_components: bool
    return_scores: bool
    budget: float
    audit_share: float
    calibration_origin: CalibrationOrigin
    pre_annotation: PreAnnotation
    campaign: _advice_pb2.CampaignRound
    return_draw_probabilities: bool
    def __init__(self, strategy: _Optional[str] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., count: _Optional[int] = ..., rank_all: bool = ..., seed: _Optional[int] = ..., random_share: _Optional[float] = ..., exclude_indices: _Optional[_Iterable[int]] = ..., member_weights: _Optional[_Iterable[float]] = ..., cost_matrix: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., class_count: _Optional[int] = ..., models: _Optional[_Iterable[_Union[_model_service_pb2.ModelUse, _Mapping]]] = ..., expected_rows: _Optional[int] = ..., return_components: bool = ..., return_scores: bool = ..., budget: _Optional[float] = ..., audit_share: _Optional[float] = ..., calibration_origin: _Optional[_Union[CalibrationOrigin, str]] = ..., pre_annotation: _Optional[_Union[PreAnnotation, _Mapping]] = ..., campaign: _Optional[_Union[_advice_pb2.CampaignRound, _Mapping]] = ..., return_draw_probabilities: bool = ...) -> None: ...

class PreAnnotation(_message.Message):
    __slots__ = ("top_labels", "coverage", "conformal_score", "by_class", "accept_error", "accept_confidence")
    TOP_LABELS_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_FIELD_NUMBER: _ClassVar[int]
    CONFORMAL_SCORE_FIELD_NUMBER: _ClassVar[int]
    BY_CLASS_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_ERROR_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    top_labels: int
    coverage: float
    conformal_score: ConformalScore
    by_class: bool
    accept_error: float
    accept_confidence: float
    def __init__(self, top_labels: _Optional[int] = ..., coverage: _Optional[float] = ..., conformal_score: _Optional[_Union[ConformalScore, str]] = ..., by_class: bool = ..., accept_error: _Optional[float] = ..., accept_confidence: _Optional[float] = ...) -> None: ...

class SelectStreamRequest(_message.Message):
    __slots__ = ("header", "block", "side")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    header: SelectHeader
    block: RowBlock
    side: _side_pb2.Side
    def __init__(self, header: _Optional[_Union[SelectHeader, _Mapping]] = ..., block: _Optional[_Union[RowBlock, _Mapping]] = ..., side: _Optional[_Union[_side_pb2.Side, _Mapping]] = ...) -> None: ...

class RowBlock(_message.Message):
    __slots__ = ("first_row", "rows")
    FIRST_ROW_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    first_row: int
    rows: _pool_pb2.Pool
    def __init__(self, first_row: _Optional[int] = ..., rows: _Optional[_Union[_pool_pb2.Pool, _Mapping]] = ...) -> None: ...

class SelectStreamResponse(_message.Message):
    __slots__ = ("progress", "scores", "selected", "result", "files_read")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SELECTED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FILES_READ_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    scores: ScoreBlock
    selected: Selected
    result: SelectResponse
    files_read: FilesRead
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., scores: _Optional[_Union[ScoreBlock, _Mapping]] = ..., selected: _Optional[_Union[Selected, _Mapping]] = ..., result: _Optional[_Union[SelectResponse, _Mapping]] = ..., files_read: _Optional[_Union[FilesRead, _Mapping]] = ...) -> None: ...

class FilesRead(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    def __init__(self, rows: _Optional[int] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("stage", "rows_received", "rows_scored", "work_total", "work_done")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ROWS_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    ROWS_SCORED_FIELD_NUMBER: _ClassVar[int]
    WORK_TOTAL_FIELD_NUMBER: _ClassVar[int]
    WORK_DONE_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    rows_received: int
    rows_scored: int
    work_total: float
    work_done: float
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., rows_received: _Optional[int] = ..., rows_scored: _Optional[int] = ..., work_total: _Optional[float] = ..., work_done: _Optional[float] = ...) -> None: ...

class ScoreBlock(_message.Message):
    __slots__ = ("first_row", "scores")
    FIRST_ROW_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    first_row: int
    scores: _tensor_pb2.Tensor
    def __init__(self, first_row: _Optional[int] = ..., scores: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class SelectResponse(_message.Message):
    __slots__ = ("selection_id", "selected", "guarded", "plan", "strategy", "seed", "statistics", "timings", "warnings", "server_version", "class_labels", "auto_choice", "spending", "guarantee", "score_source", "calibration", "pre_annotation", "stop", "campaign_state")
    SELECTION_ID_FIELD_NUMBER: _ClassVar[int]
    SELECTED_FIELD_NUMBER: _ClassVar[int]
    GUARDED_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    CLASS_LABELS_FIELD_NUMBER: _ClassVar[int]
    AUTO_CHOICE_FIELD_NUMBER: _ClassVar[int]
    SPENDING_FIELD_NUMBER: _ClassVar[int]
    GUARANTEE_FIELD_NUMBER: _ClassVar[int]
    SCORE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    PRE_ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_STATE_FIELD_NUMBER: _ClassVar[int]
    selection_id: str
    selected: Selected
    guarded: Guarded
    plan: _plan_pb2.Plan
    strategy: str
    seed: int
    statistics: PoolStatistics
    timings: _containers.RepeatedCompositeFieldContainer[StageTiming]
    warnings: _containers.RepeatedCompositeFieldContainer[SelectionWarning]
    server_version: str
    class_labels: _containers.RepeatedScalarFieldContainer[str]
    auto_choice: AutoChoice
    spending: Spending
    guarantee: float
    score_source: ScoreSource
    calibration: CalibrationReport
    pre_annotation: PreAnnotationReport
    stop: _advice_pb2.StopAdvice
    campaign_state: _advice_pb2.CampaignState
    def __init__(self, selection_id: _Optional[str] = ..., selected: _Optional[_Union[Selected, _Mapping]] = ..., guarded: _Optional[_Union[Guarded, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., strategy: _Optional[str] = ..., seed: _Optional[int] = ..., statistics: _Optional[_Union[PoolStatistics, _Mapping]] = ..., timings: _Optional[_Iterable[_Union[StageTiming, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[SelectionWarning, _Mapping]]] = ..., server_version: _Optional[str] = ..., class_labels: _Optional[_Iterable[str]] = ..., auto_choice: _Optional[_Union[AutoChoice, _Mapping]] = ..., spending: _Optional[_Union[Spending, _Mapping]] = ..., guarantee: _Optional[float] = ..., score_source: _Optional[_Union[ScoreSource, str]] = ..., calibration: _Optional[_Union[CalibrationReport, _Mapping]] = ..., pre_annotation: _Optional[_Union[PreAnnotationReport, _Mapping]] = ..., stop: _Optional[_Union[_advice_pb2.StopAdvice, _Mapping]] = ..., campaign_state: _Optional[_Union[_advice_pb2.CampaignState, _Mapping]] = ...) -> None: ...

class PreAnnotationReport(_message.Message):
    __slots__ = ("top_labels", "set_thresholds", "coverage_guaranteed", "accept_threshold", "accept_error_bound", "accept_rows")
    TOP_LABELS_FIELD_NUMBER: _ClassVar[int]
    SET_THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    COVERAGE_GUARANTEED_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_ROWS_FIELD_NUMBER: _ClassVar[int]
    top_labels: int
    set_thresholds: _containers.RepeatedScalarFieldContainer[float]
    coverage_guaranteed: bool
    accept_threshold: float
    accept_error_bound: float
    accept_rows: int
    def __init__(self, top_labels: _Optional[int] = ..., set_thresholds: _Optional[_Iterable[float]] = ..., coverage_guaranteed: bool = ..., accept_threshold: _Optional[float] = ..., accept_error_bound: _Optional[float] = ..., accept_rows: _Optional[int] = ...) -> None: ...

class CalibrationReport(_message.Message):
    __slots__ = ("temperature", "rows", "before", "after")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    temperature: float
    rows: int
    before: CalibrationQuality
    after: CalibrationQuality
    def __init__(self, temperature: _Optional[float] = ..., rows: _Optional[int] = ..., before: _Optional[_Union[CalibrationQuality, _Mapping]] = ..., after: _Optional[_Union[CalibrationQuality, _Mapping]] = ...) -> None: ...

class CalibrationQuality(_message.Message):
    __slots__ = ("log_loss", "brier_score", "calibration_error")
    LOG_LOSS_FIELD_NUMBER: _ClassVar[int]
    BRIER_SCORE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ERROR_FIELD_NUMBER: _ClassVar[int]
    log_loss: float
    brier_score: float
    calibration_error: float
    def __init__(self, log_loss: _Optional[float] = ..., brier_score: _Optional[float] = ..., calibration_error: _Optional[float] = ...) -> None: ...

class AutoChoice(_message.Message):
    __slots__ = ("strategy", "reason", "alternatives")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    reason: str
    alternatives: _containers.RepeatedCompositeFieldContainer[AutoAlternative]
    def __init__(self, strategy: _Optional[str] = ..., reason: _Optional[str] = ..., alternatives: _Optional[_Iterable[_Union[AutoAlternative, _Mapping]]] = ...) -> None: ...

class AutoAlternative(_message.Message):
    __slots__ = ("strategy", "reason")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    reason: str
    def __init__(self, strategy: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Spending(_message.Message):
    __slots__ = ("cost", "left", "affordable", "predicted", "error")
    COST_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    AFFORDABLE_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    cost: float
    left: float
    affordable: int
    predicted: bool
    error: float
    def __init__(self, cost: _Optional[float] = ..., left: _Optional[float] = ..., affordable: _Optional[int] = ..., predicted: bool = ..., error: _Optional[float] = ...) -> None: ...

class Selected(_message.Message):
    __slots__ = ("indices", "keys", "scores", "priorities", "confidences", "predicted_labels", "random_draws", "inclusion_probabilities", "components", "values", "gains", "clusters", "costs", "audit_draws", "top_labels", "top_confidences", "set_sizes", "set_labels", "accepted", "draw_numbers", "draw_probabilities", "sure_counts", "suggested_values", "interval_lows", "interval_highs")
    INDICES_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    PRIORITIES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_LABELS_FIELD_NUMBER: _ClassVar[int]
    RANDOM_DRAWS_FIELD_NUMBER: _ClassVar[int]
    INCLUSION_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    GAINS_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    AUDIT_DRAWS_FIELD_NUMBER: _ClassVar[int]
    TOP_LABELS_FIELD_NUMBER: _ClassVar[int]
    TOP_CONFIDENCES_FIELD_NUMBER: _ClassVar[int]
    SET_SIZES_FIELD_NUMBER: _ClassVar[int]
    SET_LABELS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DRAW_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    DRAW_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    SURE_COUNTS_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUES_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_LOWS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_HIGHS_FIELD_NUMBER: _ClassVar[int]
    indices: _containers.RepeatedScalarFieldContainer[int]
    keys: _containers.RepeatedScalarFieldContainer[int]
    scores: _containers.RepeatedScalarFieldContainer[float]
    priorities: _containers.RepeatedScalarFieldContainer[float]
    confidences: _containers.RepeatedScalarFieldContainer[float]
    predicted_labels: _containers.RepeatedScalarFieldContainer[int]
    random_draws: _containers.RepeatedScalarFieldContainer[bool]
    inclusion_probabilities: _containers.RepeatedScalarFieldContainer[float]
    components: _containers.RepeatedCompositeFieldContainer[ScoreComponent]
    values: _containers.RepeatedScalarFieldContainer[float]
    gains: _containers.RepeatedScalarFieldContainer[float]
    clusters: _containers.RepeatedScalarFieldContainer[int]
    costs: _containers.RepeatedScalarFieldContainer[float]
    audit_draws: _containers.RepeatedScalarFieldContainer[bool]
    top_labels: _containers.RepeatedScalarFieldContainer[int]
    top_confidences: _containers.RepeatedScalarFieldContainer[float]
    set_sizes: _containers.RepeatedScalarFieldContainer[int]
    set_labels: _containers.RepeatedScalarFieldContainer[int]
    accepted: _containers.RepeatedScalarFieldContainer[bool]
    draw_numbers: _containers.RepeatedScalarFieldContainer[int]
    draw_probabilities: _containers.RepeatedScalarFieldContainer[float]
    sure_counts: _containers.RepeatedScalarFieldContainer[int]
    suggested_values: _containers.RepeatedScalarFieldContainer[float]
    interval_lows: _containers.RepeatedScalarFieldContainer[float]
    interval_highs: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, indices: _Optional[_Iterable[int]] = ..., keys: _Optional[_Iterable[int]] = ..., scores: _Optional[_Iterable[float]] = ..., priorities: _Optional[_Iterable[float]] = ..., confidences: _Optional[_Iterable[float]] = ..., predicted_labels: _Optional[_Iterable[int]] = ..., random_draws: _Optional[_Iterable[bool]] = ..., inclusion_probabilities: _Optional[_Iterable[float]] = ..., components: _Optional[_Iterable[_Union[ScoreComponent, _Mapping]]] = ..., values: _Optional[_Iterable[float]] = ..., gains: _Optional[_Iterable[float]] = ..., clusters: _Optional[_Iterable[int]] = ..., costs: _Optional[_Iterable[float]] = ..., audit_draws: _Optional[_Iterable[bool]] = ..., top_labels: _Optional[_Iterable[int]] = ..., top_confidences: _Optional[_Iterable[float]] = ..., set_sizes: _Optional[_Iterable[int]] = ..., set_labels: _Optional[_Iterable[int]] = ..., accepted: _Optional[_Iterable[bool]] = ..., draw_numbers: _Optional[_Iterable[int]] = ..., draw_probabilities: _Optional[_Iterable[float]] = ..., sure_counts: _Optional[_Iterable[int]] = ..., suggested_values: _Optional[_Iterable[float]] = ..., interval_lows: _Optional[_Iterable[float]] = ..., interval_highs: _Optional[_Iterable[float]] = ...) -> None: ...

class ScoreComponent(_message.Message):
    __slots__ = ("name", "values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, name: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class Guarded(_message.Message):
    __slots__ = ("total", "indices", "reasons", "values", "tallies")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    INDICES_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    TALLIES_FIELD_NUMBER: _ClassVar[int]
    total: int
    indices: _containers.RepeatedScalarFieldContainer[int]
    reasons: _containers.RepeatedScalarFieldContainer[GuardReason]
    values: _containers.RepeatedScalarFieldContainer[float]
    tallies: _containers.RepeatedCompositeFieldContainer[GuardTally]
    def __init__(self, total: _Optional[int] = ..., indices: _Optional[_Iterable[int]] = ..., reasons: _Optional[_Iterable[_Union[GuardReason, str]]] = ..., values: _Optional[_Iterable[float]] = ..., tallies: _Optional[_Iterable[_Union[GuardTally, _Mapping]]] = ...) -> None: ...

class GuardTally(_message.Message):
    __slots__ = ("reason", "count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: GuardReason
    count: int
    def __init__(self, reason: _Optional[_Union[GuardReason, str]] = ..., count: _Optional[int] = ...) -> None: ...

class PoolStatistics(_message.Message):
    __slots__ = ("rows", "candidates", "excluded", "classes", "members", "prediction_source", "score_min", "score_max", "score_mean", "score_std", "score_histogram", "bytes_kept")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    PREDICTION_SOURCE_FIELD_NUMBER: _ClassVar[int]
    SCORE_MIN_FIELD_NUMBER: _ClassVar[int]
    SCORE_MAX_FIELD_NUMBER: _ClassVar[int]
    SCORE_MEAN_FIELD_NUMBER: _ClassVar[int]
    SCORE_STD_FIELD_NUMBER: _ClassVar[int]
    SCORE_HISTOGRAM_FIELD_NUMBER: _ClassVar[int]
    BYTES_KEPT_FIELD_NUMBER: _ClassVar[int]
    rows: int
    candidates: int
    excluded: int
    classes: int
    members: int
    prediction_source: PredictionSource
    score_min: float
    score_max: float
    score_mean: float
    score_std: float
    score_histogram: Histogram
    bytes_kept: int
    def __init__(self, rows: _Optional[int] = ..., candidates: _Optional[int] = ..., excluded: _Optional[int] = ..., classes: _Optional[int] = ..., members: _Optional[int] = ..., prediction_source: _Optional[_Union[PredictionSource, str]] = ..., score_min: _Optional[float] = ..., score_max: _Optional[float] = ..., score_mean: _Optional[float] = ..., score_std: _Optional[float] = ..., score_histogram: _Optional[_Union[Histogram, _Mapping]] = ..., bytes_kept: _Optional[int] = ...) -> None: ...

class Histogram(_message.Message):
    __slots__ = ("low", "width", "counts")
    LOW_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    low: float
    width: float
    counts: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, low: _Optional[float] = ..., width: _Optional[float] = ..., counts: _Optional[_Iterable[int]] = ...) -> None: ...

class StageTiming(_message.Message):
    __slots__ = ("stage", "seconds")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    stage: Stage
    seconds: float
    def __init__(self, stage: _Optional[_Union[Stage, str]] = ..., seconds: _Optional[float] = ...) -> None: ...

class SelectionWarning(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: WarningCode
    message: str
    def __init__(self, code: _Optional[_Union[WarningCode, str]] = ..., message: _Optional[str] = ...) -> None: ...
