from querist.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CommitteeLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMITTEE_LAYOUT_UNSPECIFIED: _ClassVar[CommitteeLayout]
    COMMITTEE_LAYOUT_MEMBERS_FIRST: _ClassVar[CommitteeLayout]
    COMMITTEE_LAYOUT_ROWS_FIRST: _ClassVar[CommitteeLayout]
COMMITTEE_LAYOUT_UNSPECIFIED: CommitteeLayout
COMMITTEE_LAYOUT_MEMBERS_FIRST: CommitteeLayout
COMMITTEE_LAYOUT_ROWS_FIRST: CommitteeLayout

class Pool(_message.Message):
    __slots__ = ("probabilities", "logits", "committee", "scores", "embeddings", "model_inputs", "keys", "excluded", "label_probabilities", "predicted_values", "predicted_variances", "parts", "costs", "cost_features", "groups", "unlabelable", "thumbnails", "evidence", "look_ahead")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_INPUTS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    LABEL_PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_VALUES_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_VARIANCES_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    COST_FEATURES_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    UNLABELABLE_FIELD_NUMBER: _ClassVar[int]
    THUMBNAILS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    LOOK_AHEAD_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    committee: Committee
    scores: _tensor_pb2.Tensor
    embeddings: _tensor_pb2.Tensor
    model_inputs: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.NamedTensor]
    keys: _tensor_pb2.Tensor
    excluded: _tensor_pb2.Tensor
    label_probabilities: _tensor_pb2.Tensor
    predicted_values: _tensor_pb2.Tensor
    predicted_variances: _tensor_pb2.Tensor
    parts: PoolParts
    costs: _tensor_pb2.Tensor
    cost_features: _tensor_pb2.Tensor
    groups: _tensor_pb2.Tensor
    unlabelable: _tensor_pb2.Tensor
    thumbnails: _tensor_pb2.Tensor
    evidence: _tensor_pb2.Tensor
    look_ahead: _tensor_pb2.Tensor
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., committee: _Optional[_Union[Committee, _Mapping]] = ..., scores: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., embeddings: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., model_inputs: _Optional[_Iterable[_Union[_tensor_pb2.NamedTensor, _Mapping]]] = ..., keys: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., excluded: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., label_probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., predicted_values: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., predicted_variances: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., parts: _Optional[_Union[PoolParts, _Mapping]] = ..., costs: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., cost_features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., groups: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., unlabelable: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., thumbnails: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., evidence: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., look_ahead: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class PoolParts(_message.Message):
    __slots__ = ("counts", "probabilities", "logits", "committee", "scores")
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    counts: _tensor_pb2.Tensor
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    committee: Committee
    scores: _tensor_pb2.Tensor
    def __init__(self, counts: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., committee: _Optional[_Union[Committee, _Mapping]] = ..., scores: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Committee(_message.Message):
    __slots__ = ("probabilities", "logits", "votes", "values", "layout")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    votes: _tensor_pb2.Tensor
    values: _tensor_pb2.Tensor
    layout: CommitteeLayout
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., votes: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., values: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., layout: _Optional[_Union[CommitteeLayout, str]] = ...) -> None: ...
