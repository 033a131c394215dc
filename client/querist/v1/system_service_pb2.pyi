from google.protobuf import timestamp_pb2 as _timestamp_pb2
from querist.v1 import plan_pb2 as _plan_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KeptRows(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEPT_ROWS_UNSPECIFIED: _ClassVar[KeptRows]
    KEPT_ROWS_BATCH: _ClassVar[KeptRows]
    KEPT_ROWS_PREFILTERED: _ClassVar[KeptRows]
    KEPT_ROWS_POOL: _ClassVar[KeptRows]

class Need(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NEED_UNSPECIFIED: _ClassVar[Need]
    NEED_PROBABILITIES: _ClassVar[Need]
    NEED_COMMITTEE_PROBABILITIES: _ClassVar[Need]
    NEED_COMMITTEE: _ClassVar[Need]
    NEED_CALLER_SCORES: _ClassVar[Need]
    NEED_EMBEDDINGS: _ClassVar[Need]
    NEED_COST_MATRIX: _ClassVar[Need]
    NEED_LOGITS: _ClassVar[Need]
    NEED_LABEL_PROBABILITIES: _ClassVar[Need]
    NEED_PREDICTED_VALUES: _ClassVar[Need]
    NEED_PREDICTED_VARIANCES: _ClassVar[Need]
    NEED_COMMITTEE_VALUES: _ClassVar[Need]
    NEED_PARTS: _ClassVar[Need]
    NEED_COSTS: _ClassVar[Need]
    NEED_GROUPS: _ClassVar[Need]
    NEED_UNLABELABLE: _ClassVar[Need]
    NEED_THUMBNAILS: _ClassVar[Need]
    NEED_LABELLED_CLASSES: _ClassVar[Need]
    NEED_LABELLED_VALUES: _ClassVar[Need]
    NEED_LABELLED_SETS: _ClassVar[Need]
    NEED_WANTED: _ClassVar[Need]
    NEED_UNWANTED: _ClassVar[Need]
    NEED_HEAD: _ClassVar[Need]
    NEED_LABELLED_EMBEDDINGS: _ClassVar[Need]
    NEED_CLASS_COUNT: _ClassVar[Need]
    NEED_TARGET_EMBEDDINGS: _ClassVar[Need]
    NEED_TARGET_PROBABILITIES: _ClassVar[Need]
    NEED_TARGET_COMMITTEE: _ClassVar[Need]
    NEED_EVIDENCE: _ClassVar[Need]
    NEED_LOOK_AHEAD: _ClassVar[Need]
    NEED_TWO_CLASSES: _ClassVar[Need]
    NEED_STOP_SET: _ClassVar[Need]
    NEED_ERROR_ESTIMATE: _ClassVar[Need]
    NEED_BATCH_RESULT: _ClassVar[Need]
    NEED_ECONOMICS: _ClassVar[Need]
    NEED_SCREENING: _ClassVar[Need]
    NEED_GAINS: _ClassVar[Need]
    NEED_ANSWERS: _ClassVar[Need]
    NEED_KEYS: _ClassVar[Need]

class MergeClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MERGE_CLASS_UNSPECIFIED: _ClassVar[MergeClass]
    MERGE_CLASS_PER_ROW: _ClassVar[MergeClass]
    MERGE_CLASS_STATISTICS: _ClassVar[MergeClass]
    MERGE_CLASS_SEQUENTIAL: _ClassVar[MergeClass]
    MERGE_CLASS_GLOBAL: _ClassVar[MergeClass]
KEPT_ROWS_UNSPECIFIED: KeptRows
KEPT_ROWS_BATCH: KeptRows
KEPT_ROWS_PREFILTERED: KeptRows
KEPT_ROWS_POOL: KeptRows
NEED_UNSPECIFIED: Need
NEED_PROBABILITIES: Need
NEED_COMMITTEE_PROBABILITIES: Need
NEED_COMMITTEE: Need
NEED_CALLER_SCORES: Need
NEED_EMBEDDINGS: Need
NEED_COST_MATRIX: Need
NEED_LOGITS: Need
NEED_LABEL_PROBABILITIES: Need
NEED_PREDICTED_VALUES: Need
NEED_PREDICTED_VARIANCES: Need
NEED_COMMITTEE_VALUES: Need
NEED_PARTS: Need
NEED_COSTS: Need
NEED_GROUPS: Need
NEED_UNLABELABLE: Need
NEED_THUMBNAILS: Need
NEED_LABELLED_CLASSES: Need
NEED_LABELLED_VALUES: Need
NEED_LABELLED_SETS: Need
NEED_WANTED: Need
NEED_UNWANTED: Need
NEED_HEAD: Need
NEED_LABELLED_EMBEDDINGS: Need
NEED_CLASS_COUNT: Need
NEED_TARGET_EMBEDDINGS: Need
NEED_TARGET_PROBABILITIES: Need
NEED_TARGET_COMMITTEE: Need
NEED_EVIDENCE: Need
NEED_LOOK_AHEAD: Need
NEED_TWO_CLASSES: Need
NEED_STOP_SET: Need
NEED_ERROR_ESTIMATE: Need
NEED_BATCH_RESULT: Need
NEED_ECONOMICS: Need
NEED_SCREENING: Need
NEED_GAINS: Need
NEED_ANSWERS: Need
NEED_KEYS: Need
MERGE_CLASS_UNSPECIFIED: MergeClass
MERGE_CLASS_PER_ROW: MergeClass
MERGE_CLASS_STATISTICS: MergeClass
MERGE_CLASS_SEQUENTIAL: MergeClass
MERGE_CLASS_GLOBAL: MergeClass

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "api_version", "limits", "features", "local_directory", "time")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    LOCAL_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    version: str
    api_version: str
    limits: ServerLimits
    features: _containers.RepeatedScalarFieldContainer[str]
    local_directory: LocalDirectory
    time: _timestamp_pb2.Timestamp
    def __init__(self, version: _Optional[str] = ..., api_version: _Optional[str] = ..., limits: _Optional[_Union[ServerLimits, _Mapping]] = ..., features: _Optional[_Iterable[str]] = ..., local_directory: _Optional[_Union[LocalDirectory, _Mapping]] = ..., time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LocalDirectory(_message.Message):
    __slots__ = ("path", "marker", "marker_content")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MARKER_FIELD_NUMBER: _ClassVar[int]
    MARKER_CONTENT_FIELD_NUMBER: _ClassVar[int]
    path: str
    marker: str
    marker_content: str
    def __init__(self, path: _Optional[str] = ..., marker: _Optional[str] = ..., marker_content: _Optional[str] = ...) -> None: ...

class ServerLimits(_message.Message):
    __slots__ = ("max_message_bytes", "block_bytes", "max_rows", "max_classes", "max_members", "max_embedding_width", "max_model_bytes", "max_kept_bytes", "max_score_cells")
    MAX_MESSAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BLOCK_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ROWS_FIELD_NUMBER: _ClassVar[int]
    MAX_CLASSES_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMBERS_FIELD_NUMBER: _ClassVar[int]
    MAX_EMBEDDING_WIDTH_FIELD_NUMBER: _ClassVar[int]
    MAX_MODEL_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_KEPT_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_SCORE_CELLS_FIELD_NUMBER: _ClassVar[int]
    max_message_bytes: int
    block_bytes: int
    max_rows: int
    max_classes: int
    max_members: int
    max_embedding_width: int
    max_model_bytes: int
    max_kept_bytes: int
    max_score_cells: float
    def __init__(self, max_message_bytes: _Optional[int] = ..., block_bytes: _Optional[int] = ..., max_rows: _Optional[int] = ..., max_classes: _Optional[int] = ..., max_members: _Optional[int] = ..., max_embedding_width: _Optional[int] = ..., max_model_bytes: _Optional[int] = ..., max_kept_bytes: _Optional[int] = ..., max_score_cells: _Optional[float] = ...) -> None: ...

class ListStrategiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStrategiesResponse(_message.Message):
    __slots__ = ("presets", "scores", "choices", "guards", "weights", "criteria")
    PRESETS_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    GUARDS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    presets: _containers.RepeatedCompositeFieldContainer[Preset]
    scores: _containers.RepeatedCompositeFieldContainer[Part]
    choices: _containers.RepeatedCompositeFieldContainer[Part]
    guards: _containers.RepeatedCompositeFieldContainer[Part]
    weights: _containers.RepeatedCompositeFieldContainer[Part]
    criteria: _containers.RepeatedCompositeFieldContainer[Part]
    def __init__(self, presets: _Optional[_Iterable[_Union[Preset, _Mapping]]] = ..., scores: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., choices: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., guards: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., weights: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., criteria: _Optional[_Iterable[_Union[Part, _Mapping]]] = ...) -> None: ...

class Preset(_message.Message):
    __slots__ = ("name", "plan", "summary", "needs", "merge", "deterministic", "reference", "memory")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    MERGE_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    name: str
    plan: _plan_pb2.Plan
    summary: str
    needs: _containers.RepeatedScalarFieldContainer[Need]
    merge: MergeClass
    deterministic: bool
    reference: str
    memory: Memory
    def __init__(self, name: _Optional[str] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., summary: _Optional[str] = ..., needs: _Optional[_Iterable[_Union[Need, str]]] = ..., merge: _Optional[_Union[MergeClass, str]] = ..., deterministic: bool = ..., reference: _Optional[str] = ..., memory: _Optional[_Union[Memory, _Mapping]] = ...) -> None: ...

class Memory(_message.Message):
    __slots__ = ("kept_rows", "bytes_per_row", "kept_columns")
    KEPT_ROWS_FIELD_NUMBER: _ClassVar[int]
    BYTES_PER_ROW_FIELD_NUMBER: _ClassVar[int]
    KEPT_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    kept_rows: KeptRows
    bytes_per_row: int
    kept_columns: _containers.RepeatedScalarFieldContainer[Need]
    def __init__(self, kept_rows: _Optional[_Union[KeptRows, str]] = ..., bytes_per_row: _Optional[int] = ..., kept_columns: _Optional[_Iterable[_Union[Need, str]]] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("name", "summary", "formula", "needs", "merge", "deterministic", "cost", "parameters", "reference")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    FORMULA_FIELD_NUMBER: _ClassVar[int]
    NEEDS_FIELD_NUMBER: _ClassVar[int]
    MERGE_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    summary: str
    formula: str
    needs: _containers.RepeatedScalarFieldContainer[Need]
    merge: MergeClass
    deterministic: bool
    cost: str
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    reference: str
    def __init__(self, name: _Optional[str] = ..., summary: _Optional[str] = ..., formula: _Optional[str] = ..., needs: _Optional[_Iterable[_Union[Need, str]]] = ..., merge: _Optional[_Union[MergeClass, str]] = ..., deterministic: bool = ..., cost: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., reference: _Optional[str] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "type", "summary", "default_value", "minimum", "maximum")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    summary: str
    default_value: str
    minimum: float
    maximum: float
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., summary: _Optional[str] = ..., default_value: _Optional[str] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ...) -> None: ...
