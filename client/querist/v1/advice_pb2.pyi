from querist.v1 import criteria_pb2 as _criteria_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_SOURCE_UNSPECIFIED: _ClassVar[ErrorSource]
    ERROR_SOURCE_HOLD_OUT: _ClassVar[ErrorSource]
    ERROR_SOURCE_LURE: _ClassVar[ErrorSource]
    ERROR_SOURCE_PROXY: _ClassVar[ErrorSource]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_CONTINUE: _ClassVar[Verdict]
    VERDICT_STOP: _ClassVar[Verdict]
    VERDICT_INCONCLUSIVE: _ClassVar[Verdict]

class VoteStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VOTE_STATUS_UNSPECIFIED: _ClassVar[VoteStatus]
    VOTE_STATUS_STOP: _ClassVar[VoteStatus]
    VOTE_STATUS_CONTINUE: _ClassVar[VoteStatus]
    VOTE_STATUS_INCONCLUSIVE: _ClassVar[VoteStatus]
ERROR_SOURCE_UNSPECIFIED: ErrorSource
ERROR_SOURCE_HOLD_OUT: ErrorSource
ERROR_SOURCE_LURE: ErrorSource
ERROR_SOURCE_PROXY: ErrorSource
VERDICT_UNSPECIFIED: Verdict
VERDICT_CONTINUE: Verdict
VERDICT_STOP: Verdict
VERDICT_INCONCLUSIVE: Verdict
VOTE_STATUS_UNSPECIFIED: VoteStatus
VOTE_STATUS_STOP: VoteStatus
VOTE_STATUS_CONTINUE: VoteStatus
VOTE_STATUS_INCONCLUSIVE: VoteStatus

class CampaignState(_message.Message):
    __slots__ = ("version", "campaign", "rounds", "content", "checksum")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    version: int
    campaign: str
    rounds: int
    content: bytes
    checksum: bytes
    def __init__(self, version: _Optional[int] = ..., campaign: _Optional[str] = ..., rounds: _Optional[int] = ..., content: _Optional[bytes] = ..., checksum: _Optional[bytes] = ...) -> None: ...

class CampaignRound(_message.Message):
    __slots__ = ("state", "campaign", "labelled", "cost", "batch_labelled", "batch_correct", "error", "economics", "screening", "criteria", "aggressiveness", "unlabelled", "next_batch", "history")
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAMPAIGN_FIELD_NUMBER: _ClassVar[int]
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    BATCH_LABELLED_FIELD_NUMBER: _ClassVar[int]
    BATCH_CORRECT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ECONOMICS_FIELD_NUMBER: _ClassVar[int]
    SCREENING_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    AGGRESSIVENESS_FIELD_NUMBER: _ClassVar[int]
    UNLABELLED_FIELD_NUMBER: _ClassVar[int]
    NEXT_BATCH_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    state: CampaignState
    campaign: str
    labelled: int
    cost: float
    batch_labelled: int
    batch_correct: int
    error: ErrorEstimate
    economics: Economics
    screening: Screening
    criteria: _containers.RepeatedCompositeFieldContainer[_criteria_pb2.Criterion]
    aggressiveness: float
    unlabelled: int
    next_batch: int
    history: _containers.RepeatedCompositeFieldContainer[PastRound]
    def __init__(self, state: _Optional[_Union[CampaignState, _Mapping]] = ..., campaign: _Optional[str] = ..., labelled: _Optional[int] = ..., cost: _Optional[float] = ..., batch_labelled: _Optional[int] = ..., batch_correct: _Optional[int] = ..., error: _Optional[_Union[ErrorEstimate, _Mapping]] = ..., economics: _Optional[_Union[Economics, _Mapping]] = ..., screening: _Optional[_Union[Screening, _Mapping]] = ..., criteria: _Optional[_Iterable[_Union[_criteria_pb2.Criterion, _Mapping]]] = ..., aggressiveness: _Optional[float] = ..., unlabelled: _Optional[int] = ..., next_batch: _Optional[int] = ..., history: _Optional[_Iterable[_Union[PastRound, _Mapping]]] = ...) -> None: ...

class PastRound(_message.Message):
    __slots__ = ("labelled", "cost", "batch_labelled", "batch_correct", "error")
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    BATCH_LABELLED_FIELD_NUMBER: _ClassVar[int]
    BATCH_CORRECT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    labelled: int
    cost: float
    batch_labelled: int
    batch_correct: int
    error: ErrorEstimate
    def __init__(self, labelled: _Optional[int] = ..., cost: _Optional[float] = ..., batch_labelled: _Optional[int] = ..., batch_correct: _Optional[int] = ..., error: _Optional[_Union[ErrorEstimate, _Mapping]] = ...) -> None: ...

class ErrorEstimate(_message.Message):
    __slots__ = ("source", "error", "standard_error", "instances", "losses", "draw_probabilities", "pool_size")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    DRAW_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    POOL_SIZE_FIELD_NUMBER: _ClassVar[int]
    source: ErrorSource
    error: float
    standard_error: float
    instances: int
    losses: _containers.RepeatedScalarFieldContainer[float]
    draw_probabilities: _containers.RepeatedScalarFieldContainer[float]
    pool_size: int
    def __init__(self, source: _Optional[_Union[ErrorSource, str]] = ..., error: _Optional[float] = ..., standard_error: _Optional[float] = ..., instances: _Optional[int] = ..., losses: _Optional[_Iterable[float]] = ..., draw_probabilities: _Optional[_Iterable[float]] = ..., pool_size: _Optional[int] = ...) -> None: ...

class Economics(_message.Message):
    __slots__ = ("label_cost", "batch_cost", "error_cost", "predictions", "currency")
    LABEL_COST_FIELD_NUMBER: _ClassVar[int]
    BATCH_COST_FIELD_NUMBER: _ClassVar[int]
    ERROR_COST_FIELD_NUMBER: _ClassVar[int]
    PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    label_cost: float
    batch_cost: float
    error_cost: float
    predictions: float
    currency: str
    def __init__(self, label_cost: _Optional[float] = ..., batch_cost: _Optional[float] = ..., error_cost: _Optional[float] = ..., predictions: _Optional[float] = ..., currency: _Optional[str] = ...) -> None: ...

class Screening(_message.Message):
    __slots__ = ("target_recall", "relevant", "relevant_class", "control_size", "control_found", "elusion_size", "elusion_relevant")
    TARGET_RECALL_FIELD_NUMBER: _ClassVar[int]
    RELEVANT_FIELD_NUMBER: _ClassVar[int]
    RELEVANT_CLASS_FIELD_NUMBER: _ClassVar[int]
    CONTROL_SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTROL_FOUND_FIELD_NUMBER: _ClassVar[int]
    ELUSION_SIZE_FIELD_NUMBER: _ClassVar[int]
    ELUSION_RELEVANT_FIELD_NUMBER: _ClassVar[int]
    target_recall: float
    relevant: _containers.RepeatedScalarFieldContainer[bool]
    relevant_class: int
    control_size: int
    control_found: int
    elusion_size: int
    elusion_relevant: int
    def __init__(self, target_recall: _Optional[float] = ..., relevant: _Optional[_Iterable[bool]] = ..., relevant_class: _Optional[int] = ..., control_size: _Optional[int] = ..., control_found: _Optional[int] = ..., elusion_size: _Optional[int] = ..., elusion_relevant: _Optional[int] = ...) -> None: ...

class StopAdvice(_message.Message):
    __slots__ = ("verdict", "sentence", "decided_by", "votes", "missing", "forecast", "rounds", "cautions")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    CAUTIONS_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    sentence: str
    decided_by: _containers.RepeatedScalarFieldContainer[str]
    votes: _containers.RepeatedCompositeFieldContainer[Vote]
    missing: _containers.RepeatedScalarFieldContainer[str]
    forecast: CostForecast
    rounds: int
    cautions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, verdict: _Optional[_Union[Verdict, str]] = ..., sentence: _Optional[str] = ..., decided_by: _Optional[_Iterable[str]] = ..., votes: _Optional[_Iterable[_Union[Vote, _Mapping]]] = ..., missing: _Optional[_Iterable[str]] = ..., forecast: _Optional[_Union[CostForecast, _Mapping]] = ..., rounds: _Optional[int] = ..., cautions: _Optional[_Iterable[str]] = ...) -> None: ...

class Vote(_message.Message):
    __slots__ = ("criterion", "status", "value", "threshold", "first_round", "sentence")
    CRITERION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    FIRST_ROUND_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    criterion: str
    status: VoteStatus
    value: float
    threshold: float
    first_round: int
    sentence: str
    def __init__(self, criterion: _Optional[str] = ..., status: _Optional[_Union[VoteStatus, str]] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., first_round: _Optional[int] = ..., sentence: _Optional[str] = ...) -> None: ...

class Forecast(_message.Message):
    __slots__ = ("mean", "low", "high")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    mean: float
    low: float
    high: float
    def __init__(self, mean: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class CostForecast(_message.Message):
    __slots__ = ("error_source", "error_now", "next_batch", "error_next", "label_cost", "next_cost", "next_saving", "net_value", "further_labels", "past_optimum", "break_even_label_cost", "stopping_regret", "break_even_error_value", "families", "curve")
    ERROR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    ERROR_NOW_FIELD_NUMBER: _ClassVar[int]
    NEXT_BATCH_FIELD_NUMBER: _ClassVar[int]
    ERROR_NEXT_FIELD_NUMBER: _ClassVar[int]
    LABEL_COST_FIELD_NUMBER: _ClassVar[int]
    NEXT_COST_FIELD_NUMBER: _ClassVar[int]
    NEXT_SAVING_FIELD_NUMBER: _ClassVar[int]
    NET_VALUE_FIELD_NUMBER: _ClassVar[int]
    FURTHER_LABELS_FIELD_NUMBER: _ClassVar[int]
    PAST_OPTIMUM_FIELD_NUMBER: _ClassVar[int]
    BREAK_EVEN_LABEL_COST_FIELD_NUMBER: _ClassVar[int]
    STOPPING_REGRET_FIELD_NUMBER: _ClassVar[int]
    BREAK_EVEN_ERROR_VALUE_FIELD_NUMBER: _ClassVar[int]
    FAMILIES_FIELD_NUMBER: _ClassVar[int]
    CURVE_FIELD_NUMBER: _ClassVar[int]
    error_source: ErrorSource
    error_now: Forecast
    next_batch: int
    error_next: Forecast
    label_cost: float
    next_cost: float
    next_saving: Forecast
    net_value: Forecast
    further_labels: Forecast
    past_optimum: float
    break_even_label_cost: float
    stopping_regret: float
    break_even_error_value: float
    families: _containers.RepeatedCompositeFieldContainer[FamilyWeight]
    curve: _containers.RepeatedCompositeFieldContainer[CurvePoint]
    def __init__(self, error_source: _Optional[_Union[ErrorSource, str]] = ..., error_now: _Optional[_Union[Forecast, _Mapping]] = ..., next_batch: _Optional[int] = ..., error_next: _Optional[_Union[Forecast, _Mapping]] = ..., label_cost: _Optional[float] = ..., next_cost: _Optional[float] = ..., next_saving: _Optional[_Union[Forecast, _Mapping]] = ..., net_value: _Optional[_Union[Forecast, _Mapping]] = ..., further_labels: _Optional[_Union[Forecast, _Mapping]] = ..., past_optimum: _Optional[float] = ..., break_even_label_cost: _Optional[float] = ..., stopping_regret: _Optional[float] = ..., break_even_error_value: _Optional[float] = ..., families: _Optional[_Iterable[_Union[FamilyWeight, _Mapping]]] = ..., curve: _Optional[_Iterable[_Union[CurvePoint, _Mapping]]] = ...) -> None: ...

class FamilyWeight(_message.Message):
    __slots__ = ("family", "weight")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    family: str
    weight: float
    def __init__(self, family: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class CurvePoint(_message.Message):
    __slots__ = ("labelled", "error", "total_cost")
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TOTAL_COST_FIELD_NUMBER: _ClassVar[int]
    labelled: int
    error: Forecast
    total_cost: float
    def __init__(self, labelled: _Optional[int] = ..., error: _Optional[_Union[Forecast, _Mapping]] = ..., total_cost: _Optional[float] = ...) -> None: ...
