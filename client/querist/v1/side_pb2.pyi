from querist.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(_message.Message):
    __slots__ = ("labelled", "wanted", "unwanted", "head", "cost_history", "target", "calibration", "stop_set", "screened", "answers")
    LABELLED_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    UNWANTED_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    COST_HISTORY_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    STOP_SET_FIELD_NUMBER: _ClassVar[int]
    SCREENED_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    labelled: Labelled
    wanted: _tensor_pb2.Tensor
    unwanted: _tensor_pb2.Tensor
    head: LinearHead
    cost_history: CostHistory
    target: Target
    calibration: CalibrationSet
    stop_set: StopSet
    screened: _tensor_pb2.Tensor
    answers: Answers
    def __init__(self, labelled: _Optional[_Union[Labelled, _Mapping]] = ..., wanted: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., unwanted: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., head: _Optional[_Union[LinearHead, _Mapping]] = ..., cost_history: _Optional[_Union[CostHistory, _Mapping]] = ..., target: _Optional[_Union[Target, _Mapping]] = ..., calibration: _Optional[_Union[CalibrationSet, _Mapping]] = ..., stop_set: _Optional[_Union[StopSet, _Mapping]] = ..., screened: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., answers: _Optional[_Union[Answers, _Mapping]] = ...) -> None: ...

class Answers(_message.Message):
    __slots__ = ("instances", "annotators", "labels")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATORS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    instances: _tensor_pb2.Tensor
    annotators: _tensor_pb2.Tensor
    labels: _tensor_pb2.Tensor
    def __init__(self, instances: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., annotators: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., labels: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class StopSet(_message.Message):
    __slots__ = ("probabilities", "logits", "classes")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    classes: _tensor_pb2.Tensor
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., classes: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Labelled(_message.Message):
    __slots__ = ("embeddings", "classes", "values", "sets")
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SETS_FIELD_NUMBER: _ClassVar[int]
    embeddings: _tensor_pb2.Tensor
    classes: _tensor_pb2.Tensor
    values: _tensor_pb2.Tensor
    sets: _tensor_pb2.Tensor
    def __init__(self, embeddings: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., classes: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., values: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., sets: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class LinearHead(_message.Message):
    __slots__ = ("weights", "bias")
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    weights: _tensor_pb2.Tensor
    bias: _tensor_pb2.Tensor
    def __init__(self, weights: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., bias: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class CostHistory(_message.Message):
    __slots__ = ("features", "costs")
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    features: _tensor_pb2.Tensor
    costs: _tensor_pb2.Tensor
    def __init__(self, features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., costs: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Target(_message.Message):
    __slots__ = ("embeddings", "probabilities", "committee")
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    embeddings: _tensor_pb2.Tensor
    probabilities: _tensor_pb2.Tensor
    committee: _tensor_pb2.Tensor
    def __init__(self, embeddings: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., committee: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class CalibrationSet(_message.Message):
    __slots__ = ("probabilities", "logits", "classes", "weights", "label_probabilities", "sets", "predicted_values", "values", "predicted_variances")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    LABEL_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    SETS_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_VALUES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_VARIANCES_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    classes: _tensor_pb2.Tensor
    weights: _tensor_pb2.Tensor
    label_probabilities: _tensor_pb2.Tensor
    sets: _tensor_pb2.Tensor
    predicted_values: _tensor_pb2.Tensor
    values: _tensor_pb2.Tensor
    predicted_variances: _tensor_pb2.Tensor
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., classes: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., weights: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., label_probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., sets: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., predicted_values: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., values: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., predicted_variances: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...
