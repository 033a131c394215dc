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
MIX_SCALE_UNSPECIFIED: MixScale
MIX_SCALE_RANK: MixScale
MIX_SCALE_MIN_MAX: MixScale
MIX_SCALE_Z_SCORE: MixScale

class Plan(_message.Message):
    __slots__ = ("score", "choice", "prefilter")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    PREFILTER_FIELD_NUMBER: _ClassVar[int]
    score: Score
    choice: Choice
    prefilter: int
    def __init__(self, score: _Optional[_Union[Score, _Mapping]] = ..., choice: _Optional[_Union[Choice, _Mapping]] = ..., prefilter: _Optional[int] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("random", "least_confidence", "margin", "ratio", "entropy", "gini", "expected_cost", "caller", "vote_entropy", "consensus_entropy", "bald", "max_kl", "variation_ratio", "mean_disagreement", "probability_std", "mix")
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
    def __init__(self, random: _Optional[_Union[Random, _Mapping]] = ..., least_confidence: _Optional[_Union[LeastConfidence, _Mapping]] = ..., margin: _Optional[_Union[Margin, _Mapping]] = ..., ratio: _Optional[_Union[Ratio, _Mapping]] = ..., entropy: _Optional[_Union[Entropy, _Mapping]] = ..., gini: _Optional[_Union[Gini, _Mapping]] = ..., expected_cost: _Optional[_Union[ExpectedCost, _Mapping]] = ..., caller: _Optional[_Union[CallerScore, _Mapping]] = ..., vote_entropy: _Optional[_Union[VoteEntropy, _Mapping]] = ..., consensus_entropy: _Optional[_Union[ConsensusEntropy, _Mapping]] = ..., bald: _Optional[_Union[Bald, _Mapping]] = ..., max_kl: _Optional[_Union[MaxKl, _Mapping]] = ..., variation_ratio: _Optional[_Union[VariationRatio, _Mapping]] = ..., mean_disagreement: _Optional[_Union[MeanDisagreement, _Mapping]] = ..., probability_std: _Optional[_Union[ProbabilityStd, _Mapping]] = ..., mix: _Optional[_Union[Mix, _Mapping]] = ...) -> None: ...

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

class Choice(_message.Message):
    __slots__ = ("top", "power", "softmax", "softrank", "k_center", "badge")
    TOP_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    SOFTRANK_FIELD_NUMBER: _ClassVar[int]
    K_CENTER_FIELD_NUMBER: _ClassVar[int]
    BADGE_FIELD_NUMBER: _ClassVar[int]
    top: Top
    power: Power
    softmax: Softmax
    softrank: Softrank
    k_center: KCenter
    badge: Badge
    def __init__(self, top: _Optional[_Union[Top, _Mapping]] = ..., power: _Optional[_Union[Power, _Mapping]] = ..., softmax: _Optional[_Union[Softmax, _Mapping]] = ..., softrank: _Optional[_Union[Softrank, _Mapping]] = ..., k_center: _Optional[_Union[KCenter, _Mapping]] = ..., badge: _Optional[_Union[Badge, _Mapping]] = ...) -> None: ...

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
    __slots__ = ()
    def __init__(self) -> None: ...

class Badge(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
