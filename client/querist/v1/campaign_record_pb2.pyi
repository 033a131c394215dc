from querist.v1 import advice_pb2 as _advice_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CampaignRecord(_message.Message):
    __slots__ = ("rounds", "stop_set", "first_stops", "screened")
    class FirstStopsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    STOP_SET_FIELD_NUMBER: _ClassVar[int]
    FIRST_STOPS_FIELD_NUMBER: _ClassVar[int]
    SCREENED_FIELD_NUMBER: _ClassVar[int]
    rounds: _containers.RepeatedCompositeFieldContainer[RoundRecord]
    stop_set: StopSetRecord
    first_stops: _containers.ScalarMap[str, int]
    screened: bytes
    def __init__(self, rounds: _Optional[_Iterable[_Union[RoundRecord, _Mapping]]] = ..., stop_set: _Optional[_Union[StopSetRecord, _Mapping]] = ..., first_stops: _Optional[_Mapping[str, int]] = ..., screened: _Optional[bytes] = ...) -> None: ...

class RoundRecord(_message.Message):
    __slots__ = ("number", "labelled", "cost", "batch_labelled", "batch_correct", "error", "standard_error", "error_source", "unlabelled", "selected", "uncertainty", "expected_error", "expected_error_deviation", "expected_f", "calibrated", "changed", "kappa", "delta_f", "compared", "stability", "choice", "least_gain", "mean_gain", "stable_rounds", "screened")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    BATCH_LABELLED_FIELD_NUMBER: _ClassVar[int]
    BATCH_CORRECT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STANDARD_ERROR_FIELD_NUMBER: _ClassVar[int]
    ERROR_SOURCE_FIELD_NUMBER: _ClassVar[int]
    UNLABELLED_FIELD_NUMBER: _ClassVar[int]
    SELECTED_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_ERROR_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_ERROR_DEVIATION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_F_FIELD_NUMBER: _ClassVar[int]
    CALIBRATED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    KAPPA_FIELD_NUMBER: _ClassVar[int]
    DELTA_F_FIELD_NUMBER: _ClassVar[int]
    COMPARED_FIELD_NUMBER: _ClassVar[int]
    STABILITY_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    LEAST_GAIN_FIELD_NUMBER: _ClassVar[int]
    MEAN_GAIN_FIELD_NUMBER: _ClassVar[int]
    STABLE_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    SCREENED_FIELD_NUMBER: _ClassVar[int]
    number: int
    labelled: int
    cost: float
    batch_labelled: int
    batch_correct: int
    error: float
    standard_error: float
    error_source: _advice_pb2.ErrorSource
    unlabelled: int
    selected: int
    uncertainty: float
    expected_error: float
    expected_error_deviation: float
    expected_f: float
    calibrated: bool
    changed: float
    kappa: float
    delta_f: float
    compared: int
    stability: float
    choice: str
    least_gain: float
    mean_gain: float
    stable_rounds: int
    screened: int
    def __init__(self, number: _Optional[int] = ..., labelled: _Optional[int] = ..., cost: _Optional[float] = ..., batch_labelled: _Optional[int] = ..., batch_correct: _Optional[int] = ..., error: _Optional[float] = ..., standard_error: _Optional[float] = ..., error_source: _Optional[_Union[_advice_pb2.ErrorSource, str]] = ..., unlabelled: _Optional[int] = ..., selected: _Optional[int] = ..., uncertainty: _Optional[float] = ..., expected_error: _Optional[float] = ..., expected_error_deviation: _Optional[float] = ..., expected_f: _Optional[float] = ..., calibrated: bool = ..., changed: _Optional[float] = ..., kappa: _Optional[float] = ..., delta_f: _Optional[float] = ..., compared: _Optional[int] = ..., stability: _Optional[float] = ..., choice: _Optional[str] = ..., least_gain: _Optional[float] = ..., mean_gain: _Optional[float] = ..., stable_rounds: _Optional[int] = ..., screened: _Optional[int] = ...) -> None: ...

class StopSetRecord(_message.Message):
    __slots__ = ("keys", "from_caller", "models", "classes", "cut")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    FROM_CALLER_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CUT_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[int]
    from_caller: bool
    models: _containers.RepeatedCompositeFieldContainer[StopSetPredictions]
    classes: int
    cut: int
    def __init__(self, keys: _Optional[_Iterable[int]] = ..., from_caller: bool = ..., models: _Optional[_Iterable[_Union[StopSetPredictions, _Mapping]]] = ..., classes: _Optional[int] = ..., cut: _Optional[int] = ...) -> None: ...

class StopSetPredictions(_message.Message):
    __slots__ = ("classes",)
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    classes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, classes: _Optional[_Iterable[int]] = ...) -> None: ...
