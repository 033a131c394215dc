from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Criterion(_message.Message):
    __slots__ = ("classification_change", "stabilizing_predictions", "delta_f", "overall_uncertainty", "minimum_expected_error", "selected_accuracy", "performance_convergence", "hold_out_plateau", "error_stability", "budget", "pool_exhausted", "minimum_distance", "diminishing_gain", "net_value", "callaghan", "quant_ci", "knee", "screening_budget", "qbcb", "elusion")
    CLASSIFICATION_CHANGE_FIELD_NUMBER: _ClassVar[int]
    STABILIZING_PREDICTIONS_FIELD_NUMBER: _ClassVar[int]
    DELTA_F_FIELD_NUMBER: _ClassVar[int]
    OVERALL_UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_EXPECTED_ERROR_FIELD_NUMBER: _ClassVar[int]
    SELECTED_ACCURACY_FIELD_NUMBER: _ClassVar[int]
    PERFORMANCE_CONVERGENCE_FIELD_NUMBER: _ClassVar[int]
    HOLD_OUT_PLATEAU_FIELD_NUMBER: _ClassVar[int]
    ERROR_STABILITY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    POOL_EXHAUSTED_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    DIMINISHING_GAIN_FIELD_NUMBER: _ClassVar[int]
    NET_VALUE_FIELD_NUMBER: _ClassVar[int]
    CALLAGHAN_FIELD_NUMBER: _ClassVar[int]
    QUANT_CI_FIELD_NUMBER: _ClassVar[int]
    KNEE_FIELD_NUMBER: _ClassVar[int]
    SCREENING_BUDGET_FIELD_NUMBER: _ClassVar[int]
    QBCB_FIELD_NUMBER: _ClassVar[int]
    ELUSION_FIELD_NUMBER: _ClassVar[int]
    classification_change: ClassificationChange
    stabilizing_predictions: StabilizingPredictions
    delta_f: DeltaF
    overall_uncertainty: OverallUncertainty
    minimum_expected_error: MinimumExpectedError
    selected_accuracy: SelectedAccuracy
    performance_convergence: PerformanceConvergence
    hold_out_plateau: HoldOutPlateau
    error_stability: ErrorStability
    budget: Budget
    pool_exhausted: PoolExhausted
    minimum_distance: MinimumDistance
    diminishing_gain: DiminishingGain
    net_value: NetValue
    callaghan: Callaghan
    quant_ci: QuantCi
    knee: Knee
    screening_budget: ScreeningBudget
    qbcb: Qbcb
    elusion: Elusion
    def __init__(self, classification_change: _Optional[_Union[ClassificationChange, _Mapping]] = ..., stabilizing_predictions: _Optional[_Union[StabilizingPredictions, _Mapping]] = ..., delta_f: _Optional[_Union[DeltaF, _Mapping]] = ..., overall_uncertainty: _Optional[_Union[OverallUncertainty, _Mapping]] = ..., minimum_expected_error: _Optional[_Union[MinimumExpectedError, _Mapping]] = ..., selected_accuracy: _Optional[_Union[SelectedAccuracy, _Mapping]] = ..., performance_convergence: _Optional[_Union[PerformanceConvergence, _Mapping]] = ..., hold_out_plateau: _Optional[_Union[HoldOutPlateau, _Mapping]] = ..., error_stability: _Optional[_Union[ErrorStability, _Mapping]] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., pool_exhausted: _Optional[_Union[PoolExhausted, _Mapping]] = ..., minimum_distance: _Optional[_Union[MinimumDistance, _Mapping]] = ..., diminishing_gain: _Optional[_Union[DiminishingGain, _Mapping]] = ..., net_value: _Optional[_Union[NetValue, _Mapping]] = ..., callaghan: _Optional[_Union[Callaghan, _Mapping]] = ..., quant_ci: _Optional[_Union[QuantCi, _Mapping]] = ..., knee: _Optional[_Union[Knee, _Mapping]] = ..., screening_budget: _Optional[_Union[ScreeningBudget, _Mapping]] = ..., qbcb: _Optional[_Union[Qbcb, _Mapping]] = ..., elusion: _Optional[_Union[Elusion, _Mapping]] = ...) -> None: ...

class ClassificationChange(_message.Message):
    __slots__ = ("most_changed",)
    MOST_CHANGED_FIELD_NUMBER: _ClassVar[int]
    most_changed: float
    def __init__(self, most_changed: _Optional[float] = ...) -> None: ...

class StabilizingPredictions(_message.Message):
    __slots__ = ("kappa",)
    KAPPA_FIELD_NUMBER: _ClassVar[int]
    kappa: float
    def __init__(self, kappa: _Optional[float] = ...) -> None: ...

class DeltaF(_message.Message):
    __slots__ = ("most", "rounds")
    MOST_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    most: float
    rounds: int
    def __init__(self, most: _Optional[float] = ..., rounds: _Optional[int] = ...) -> None: ...

class OverallUncertainty(_message.Message):
    __slots__ = ("most",)
    MOST_FIELD_NUMBER: _ClassVar[int]
    most: float
    def __init__(self, most: _Optional[float] = ...) -> None: ...

class MinimumExpectedError(_message.Message):
    __slots__ = ("most",)
    MOST_FIELD_NUMBER: _ClassVar[int]
    most: float
    def __init__(self, most: _Optional[float] = ...) -> None: ...

class SelectedAccuracy(_message.Message):
    __slots__ = ("accuracy", "labels")
    ACCURACY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    accuracy: float
    labels: int
    def __init__(self, accuracy: _Optional[float] = ..., labels: _Optional[int] = ...) -> None: ...

class PerformanceConvergence(_message.Message):
    __slots__ = ("least_rise", "rounds")
    LEAST_RISE_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    least_rise: float
    rounds: int
    def __init__(self, least_rise: _Optional[float] = ..., rounds: _Optional[int] = ...) -> None: ...

class HoldOutPlateau(_message.Message):
    __slots__ = ("least_fall", "rounds")
    LEAST_FALL_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    least_fall: float
    rounds: int
    def __init__(self, least_fall: _Optional[float] = ..., rounds: _Optional[int] = ...) -> None: ...

class ErrorStability(_message.Message):
    __slots__ = ("most",)
    MOST_FIELD_NUMBER: _ClassVar[int]
    most: float
    def __init__(self, most: _Optional[float] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("amount", "labels")
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    amount: float
    labels: int
    def __init__(self, amount: _Optional[float] = ..., labels: _Optional[int] = ...) -> None: ...

class PoolExhausted(_message.Message):
    __slots__ = ("left",)
    LEFT_FIELD_NUMBER: _ClassVar[int]
    left: int
    def __init__(self, left: _Optional[int] = ...) -> None: ...

class MinimumDistance(_message.Message):
    __slots__ = ("share",)
    SHARE_FIELD_NUMBER: _ClassVar[int]
    share: float
    def __init__(self, share: _Optional[float] = ...) -> None: ...

class DiminishingGain(_message.Message):
    __slots__ = ("share",)
    SHARE_FIELD_NUMBER: _ClassVar[int]
    share: float
    def __init__(self, share: _Optional[float] = ...) -> None: ...

class NetValue(_message.Message):
    __slots__ = ("probability",)
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    probability: float
    def __init__(self, probability: _Optional[float] = ...) -> None: ...

class Callaghan(_message.Message):
    __slots__ = ("probability",)
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    probability: float
    def __init__(self, probability: _Optional[float] = ...) -> None: ...

class QuantCi(_message.Message):
    __slots__ = ("z",)
    Z_FIELD_NUMBER: _ClassVar[int]
    z: float
    def __init__(self, z: _Optional[float] = ...) -> None: ...

class Knee(_message.Message):
    __slots__ = ("ratio",)
    RATIO_FIELD_NUMBER: _ClassVar[int]
    ratio: float
    def __init__(self, ratio: _Optional[float] = ...) -> None: ...

class ScreeningBudget(_message.Message):
    __slots__ = ("ratio",)
    RATIO_FIELD_NUMBER: _ClassVar[int]
    ratio: float
    def __init__(self, ratio: _Optional[float] = ...) -> None: ...

class Qbcb(_message.Message):
    __slots__ = ("confidence",)
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    def __init__(self, confidence: _Optional[float] = ...) -> None: ...

class Elusion(_message.Message):
    __slots__ = ("confidence",)
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    confidence: float
    def __init__(self, confidence: _Optional[float] = ...) -> None: ...
