from querist.v1 import tensor_pb2 as _tensor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LabelKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LABEL_KIND_UNSPECIFIED: _ClassVar[LabelKind]
    LABEL_KIND_CLASSES: _ClassVar[LabelKind]
    LABEL_KIND_ORDINAL: _ClassVar[LabelKind]
    LABEL_KIND_SETS: _ClassVar[LabelKind]

class ConsensusMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENSUS_METHOD_UNSPECIFIED: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_AUTO: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_MAJORITY: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_WEIGHTED: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_DAWID_SKENE: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_ONE_COIN: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_GLAD: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_MACE: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_CROWDLAB: _ClassVar[ConsensusMethod]
    CONSENSUS_METHOD_ROBUST: _ClassVar[ConsensusMethod]

class RepeatRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPEAT_RULE_UNSPECIFIED: _ClassVar[RepeatRule]
    REPEAT_RULE_REFUSE: _ClassVar[RepeatRule]
    REPEAT_RULE_LAST: _ClassVar[RepeatRule]

class AssignmentMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSIGNMENT_METHOD_UNSPECIFIED: _ClassVar[AssignmentMethod]
    ASSIGNMENT_METHOD_EXPECTED_GAIN: _ClassVar[AssignmentMethod]
    ASSIGNMENT_METHOD_INTERVAL: _ClassVar[AssignmentMethod]
    ASSIGNMENT_METHOD_REPEATED: _ClassVar[AssignmentMethod]
LABEL_KIND_UNSPECIFIED: LabelKind
LABEL_KIND_CLASSES: LabelKind
LABEL_KIND_ORDINAL: LabelKind
LABEL_KIND_SETS: LabelKind
CONSENSUS_METHOD_UNSPECIFIED: ConsensusMethod
CONSENSUS_METHOD_AUTO: ConsensusMethod
CONSENSUS_METHOD_MAJORITY: ConsensusMethod
CONSENSUS_METHOD_WEIGHTED: ConsensusMethod
CONSENSUS_METHOD_DAWID_SKENE: ConsensusMethod
CONSENSUS_METHOD_ONE_COIN: ConsensusMethod
CONSENSUS_METHOD_GLAD: ConsensusMethod
CONSENSUS_METHOD_MACE: ConsensusMethod
CONSENSUS_METHOD_CROWDLAB: ConsensusMethod
CONSENSUS_METHOD_ROBUST: ConsensusMethod
REPEAT_RULE_UNSPECIFIED: RepeatRule
REPEAT_RULE_REFUSE: RepeatRule
REPEAT_RULE_LAST: RepeatRule
ASSIGNMENT_METHOD_UNSPECIFIED: AssignmentMethod
ASSIGNMENT_METHOD_EXPECTED_GAIN: AssignmentMethod
ASSIGNMENT_METHOD_INTERVAL: AssignmentMethod
ASSIGNMENT_METHOD_REPEATED: AssignmentMethod

class AssessAnnotationsRequest(_message.Message):
    __slots__ = ("header", "instances", "answers")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    header: AssessHeader
    instances: InstanceBlock
    answers: AnswerBlock
    def __init__(self, header: _Optional[_Union[AssessHeader, _Mapping]] = ..., instances: _Optional[_Union[InstanceBlock, _Mapping]] = ..., answers: _Optional[_Union[AnswerBlock, _Mapping]] = ...) -> None: ...

class AssessHeader(_message.Message):
    __slots__ = ("kind", "class_count", "method", "repeats", "session_gap", "bootstrap_rounds", "most_pairs", "return_posteriors", "seed")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CLASS_COUNT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    SESSION_GAP_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_ROUNDS_FIELD_NUMBER: _ClassVar[int]
    MOST_PAIRS_FIELD_NUMBER: _ClassVar[int]
    RETURN_POSTERIORS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    kind: LabelKind
    class_count: int
    method: ConsensusMethod
    repeats: RepeatRule
    session_gap: float
    bootstrap_rounds: int
    most_pairs: int
    return_posteriors: bool
    seed: int
    def __init__(self, kind: _Optional[_Union[LabelKind, str]] = ..., class_count: _Optional[int] = ..., method: _Optional[_Union[ConsensusMethod, str]] = ..., repeats: _Optional[_Union[RepeatRule, str]] = ..., session_gap: _Optional[float] = ..., bootstrap_rounds: _Optional[int] = ..., most_pairs: _Optional[int] = ..., return_posteriors: bool = ..., seed: _Optional[int] = ...) -> None: ...

class InstanceBlock(_message.Message):
    __slots__ = ("keys", "probabilities", "committee", "features")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    COMMITTEE_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    keys: _tensor_pb2.Tensor
    probabilities: _tensor_pb2.Tensor
    committee: _tensor_pb2.Tensor
    features: _tensor_pb2.Tensor
    def __init__(self, keys: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., probabilities: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., committee: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., features: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class AnswerBlock(_message.Message):
    __slots__ = ("instances", "annotators", "labels", "times", "seconds", "gold", "confidences")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATORS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    GOLD_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCES_FIELD_NUMBER: _ClassVar[int]
    instances: _tensor_pb2.Tensor
    annotators: _tensor_pb2.Tensor
    labels: _tensor_pb2.Tensor
    times: _tensor_pb2.Tensor
    seconds: _tensor_pb2.Tensor
    gold: _tensor_pb2.Tensor
    confidences: _tensor_pb2.Tensor
    def __init__(self, instances: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., annotators: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., labels: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., times: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., seconds: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., gold: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ..., confidences: _Optional[_Union[_tensor_pb2.Tensor, _Mapping]] = ...) -> None: ...

class AssessAnnotationsResponse(_message.Message):
    __slots__ = ("instances", "result")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    instances: InstanceAssessments
    result: Assessment
    def __init__(self, instances: _Optional[_Union[InstanceAssessments, _Mapping]] = ..., result: _Optional[_Union[Assessment, _Mapping]] = ...) -> None: ...

class InstanceAssessments(_message.Message):
    __slots__ = ("label", "keys", "consensus", "confidences", "labels", "abstentions", "agreements", "ask_scores", "unlabelable", "posteriors")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ABSTENTIONS_FIELD_NUMBER: _ClassVar[int]
    AGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    ASK_SCORES_FIELD_NUMBER: _ClassVar[int]
    UNLABELABLE_FIELD_NUMBER: _ClassVar[int]
    POSTERIORS_FIELD_NUMBER: _ClassVar[int]
    label: int
    keys: _containers.RepeatedScalarFieldContainer[int]
    consensus: _containers.RepeatedScalarFieldContainer[int]
    confidences: _containers.RepeatedScalarFieldContainer[float]
    labels: _containers.RepeatedScalarFieldContainer[int]
    abstentions: _containers.RepeatedScalarFieldContainer[int]
    agreements: _containers.RepeatedScalarFieldContainer[float]
    ask_scores: _containers.RepeatedScalarFieldContainer[float]
    unlabelable: _containers.RepeatedScalarFieldContainer[float]
    posteriors: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, label: _Optional[int] = ..., keys: _Optional[_Iterable[int]] = ..., consensus: _Optional[_Iterable[int]] = ..., confidences: _Optional[_Iterable[float]] = ..., labels: _Optional[_Iterable[int]] = ..., abstentions: _Optional[_Iterable[int]] = ..., agreements: _Optional[_Iterable[float]] = ..., ask_scores: _Optional[_Iterable[float]] = ..., unlabelable: _Optional[_Iterable[float]] = ..., posteriors: _Optional[_Iterable[float]] = ...) -> None: ...

class Assessment(_message.Message):
    __slots__ = ("annotators", "agreement", "method", "settled", "instances", "answers", "repeats", "changes", "model_weight", "cautions", "server_version")
    ANNOTATORS_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    MODEL_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CAUTIONS_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    annotators: _containers.RepeatedCompositeFieldContainer[AnnotatorReport]
    agreement: _containers.RepeatedCompositeFieldContainer[Agreement]
    method: ConsensusMethod
    settled: bool
    instances: int
    answers: int
    repeats: int
    changes: int
    model_weight: float
    cautions: _containers.RepeatedScalarFieldContainer[str]
    server_version: str
    def __init__(self, annotators: _Optional[_Iterable[_Union[AnnotatorReport, _Mapping]]] = ..., agreement: _Optional[_Iterable[_Union[Agreement, _Mapping]]] = ..., method: _Optional[_Union[ConsensusMethod, str]] = ..., settled: bool = ..., instances: _Optional[int] = ..., answers: _Optional[int] = ..., repeats: _Optional[int] = ..., changes: _Optional[int] = ..., model_weight: _Optional[float] = ..., cautions: _Optional[_Iterable[str]] = ..., server_version: _Optional[str] = ...) -> None: ...

class AnnotatorReport(_message.Message):
    __slots__ = ("key", "label", "labels", "shared", "abstentions", "quality", "quality_low", "quality_high", "weight", "confusion", "gold_labels", "gold_right", "mean_seconds", "drift", "mean_confidence")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    ABSTENTIONS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_LOW_FIELD_NUMBER: _ClassVar[int]
    QUALITY_HIGH_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_FIELD_NUMBER: _ClassVar[int]
    GOLD_LABELS_FIELD_NUMBER: _ClassVar[int]
    GOLD_RIGHT_FIELD_NUMBER: _ClassVar[int]
    MEAN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    MEAN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    key: int
    label: int
    labels: int
    shared: int
    abstentions: int
    quality: float
    quality_low: float
    quality_high: float
    weight: float
    confusion: _containers.RepeatedScalarFieldContainer[float]
    gold_labels: int
    gold_right: int
    mean_seconds: float
    drift: Drift
    mean_confidence: float
    def __init__(self, key: _Optional[int] = ..., label: _Optional[int] = ..., labels: _Optional[int] = ..., shared: _Optional[int] = ..., abstentions: _Optional[int] = ..., quality: _Optional[float] = ..., quality_low: _Optional[float] = ..., quality_high: _Optional[float] = ..., weight: _Optional[float] = ..., confusion: _Optional[_Iterable[float]] = ..., gold_labels: _Optional[int] = ..., gold_right: _Optional[int] = ..., mean_seconds: _Optional[float] = ..., drift: _Optional[_Union[Drift, _Mapping]] = ..., mean_confidence: _Optional[float] = ...) -> None: ...

class Drift(_message.Message):
    __slots__ = ("fell_at", "per_hour", "per_hour_low", "per_hour_high", "seconds_per_hour", "sessions", "session_hours")
    FELL_AT_FIELD_NUMBER: _ClassVar[int]
    PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PER_HOUR_LOW_FIELD_NUMBER: _ClassVar[int]
    PER_HOUR_HIGH_FIELD_NUMBER: _ClassVar[int]
    SECONDS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    SESSION_HOURS_FIELD_NUMBER: _ClassVar[int]
    fell_at: float
    per_hour: float
    per_hour_low: float
    per_hour_high: float
    seconds_per_hour: float
    sessions: int
    session_hours: float
    def __init__(self, fell_at: _Optional[float] = ..., per_hour: _Optional[float] = ..., per_hour_low: _Optional[float] = ..., per_hour_high: _Optional[float] = ..., seconds_per_hour: _Optional[float] = ..., sessions: _Optional[int] = ..., session_hours: _Optional[float] = ...) -> None: ...

class Agreement(_message.Message):
    __slots__ = ("label", "alpha_nominal", "alpha_ordinal", "alpha_interval", "alpha_low", "alpha_high", "fleiss_kappa", "pairs")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ALPHA_NOMINAL_FIELD_NUMBER: _ClassVar[int]
    ALPHA_ORDINAL_FIELD_NUMBER: _ClassVar[int]
    ALPHA_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    ALPHA_LOW_FIELD_NUMBER: _ClassVar[int]
    ALPHA_HIGH_FIELD_NUMBER: _ClassVar[int]
    FLEISS_KAPPA_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    label: int
    alpha_nominal: float
    alpha_ordinal: float
    alpha_interval: float
    alpha_low: float
    alpha_high: float
    fleiss_kappa: float
    pairs: _containers.RepeatedCompositeFieldContainer[AnnotatorPair]
    def __init__(self, label: _Optional[int] = ..., alpha_nominal: _Optional[float] = ..., alpha_ordinal: _Optional[float] = ..., alpha_interval: _Optional[float] = ..., alpha_low: _Optional[float] = ..., alpha_high: _Optional[float] = ..., fleiss_kappa: _Optional[float] = ..., pairs: _Optional[_Iterable[_Union[AnnotatorPair, _Mapping]]] = ...) -> None: ...

class AnnotatorPair(_message.Message):
    __slots__ = ("one", "other", "shared", "cohen_kappa")
    ONE_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    COHEN_KAPPA_FIELD_NUMBER: _ClassVar[int]
    one: int
    other: int
    shared: int
    cohen_kappa: float
    def __init__(self, one: _Optional[int] = ..., other: _Optional[int] = ..., shared: _Optional[int] = ..., cohen_kappa: _Optional[float] = ...) -> None: ...

class AssignAnnotatorsRequest(_message.Message):
    __slots__ = ("instances", "annotators", "method", "most_per_instance", "most_pairs", "blind_share", "explore", "seed")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATORS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    MOST_PER_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    MOST_PAIRS_FIELD_NUMBER: _ClassVar[int]
    BLIND_SHARE_FIELD_NUMBER: _ClassVar[int]
    EXPLORE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    instances: _containers.RepeatedCompositeFieldContainer[OpenInstance]
    annotators: _containers.RepeatedCompositeFieldContainer[AvailableAnnotator]
    method: AssignmentMethod
    most_per_instance: int
    most_pairs: int
    blind_share: float
    explore: bool
    seed: int
    def __init__(self, instances: _Optional[_Iterable[_Union[OpenInstance, _Mapping]]] = ..., annotators: _Optional[_Iterable[_Union[AvailableAnnotator, _Mapping]]] = ..., method: _Optional[_Union[AssignmentMethod, str]] = ..., most_per_instance: _Optional[int] = ..., most_pairs: _Optional[int] = ..., blind_share: _Optional[float] = ..., explore: bool = ..., seed: _Optional[int] = ...) -> None: ...

class OpenInstance(_message.Message):
    __slots__ = ("key", "probabilities", "answered", "tags")
    KEY_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    key: int
    probabilities: _containers.RepeatedScalarFieldContainer[float]
    answered: _containers.RepeatedScalarFieldContainer[int]
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[int] = ..., probabilities: _Optional[_Iterable[float]] = ..., answered: _Optional[_Iterable[int]] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class AvailableAnnotator(_message.Message):
    __slots__ = ("key", "confusion", "quality", "labels", "agreed", "capacity", "cost", "answer_rate", "tags")
    KEY_FIELD_NUMBER: _ClassVar[int]
    CONFUSION_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    AGREED_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    ANSWER_RATE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    key: int
    confusion: _containers.RepeatedScalarFieldContainer[float]
    quality: float
    labels: int
    agreed: float
    capacity: int
    cost: float
    answer_rate: float
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[int] = ..., confusion: _Optional[_Iterable[float]] = ..., quality: _Optional[float] = ..., labels: _Optional[int] = ..., agreed: _Optional[float] = ..., capacity: _Optional[int] = ..., cost: _Optional[float] = ..., answer_rate: _Optional[float] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class AssignAnnotatorsResponse(_message.Message):
    __slots__ = ("pairs", "seed", "unassigned", "server_version")
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    UNASSIGNED_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[AssignedPair]
    seed: int
    unassigned: int
    server_version: str
    def __init__(self, pairs: _Optional[_Iterable[_Union[AssignedPair, _Mapping]]] = ..., seed: _Optional[int] = ..., unassigned: _Optional[int] = ..., server_version: _Optional[str] = ...) -> None: ...

class AssignedPair(_message.Message):
    __slots__ = ("instance", "annotator", "value", "blind")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BLIND_FIELD_NUMBER: _ClassVar[int]
    instance: int
    annotator: int
    value: float
    blind: bool
    def __init__(self, instance: _Optional[int] = ..., annotator: _Optional[int] = ..., value: _Optional[float] = ..., blind: bool = ...) -> None: ...
