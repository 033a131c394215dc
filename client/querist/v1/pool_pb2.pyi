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
    __slots__ = ("probabilities", "logits", "committee", "scores", "embeddings", "model_inputs", "keys", "excluded")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    EMBEDDINGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_INPUTS_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    committee: Committee
    scores: _tensor_pb2.Tensor
    embeddings: _tensor_pb2.Tensor
    model_inputs: _containers.RepeatedCompositeFieldContainer[_tensor_pb2.NamedTensor]
    keys: _tensor_pb2.Tensor
    excluded: _tensor_pb2.Tensor
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., committee: _Optional[_Union[Committee, _Mapping]] = ..., scores: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., embeddings: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., model_inputs: _Optional[_Iterable[_Union[_tensor_pb2.NamedTensor, _Mapping]]] = ..., keys: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., excluded: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class Committee(_message.Message):
    __slots__ = ("probabilities", "logits", "votes", "layout")
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    LOGITS_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    probabilities: _tensor_pb2.Tensor
    logits: _tensor_pb2.Tensor
    votes: _tensor_pb2.Tensor
    layout: CommitteeLayout
    def __init__(self, probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., logits: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., votes: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., layout: _Optional[_Union[CommitteeLayout, str]] = ...) -> None: ...
