"""Scores and choices as dataclasses. Made from plan.proto by protos/generate.py; do not edit.

A parameter that is None is not sent, and the server's default stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Random:
    """Random gives each instance a uniform random value in (0, 1) that depends on the seed and the row index alone. Needs no
    predictions.
    """


@dataclass(frozen=True, kw_only=True)
class LeastConfidence:
    """LeastConfidence is 1 - p(1), where p(1) is the largest probability of the row (Lewis and Gale, SIGIR 1994)."""

    normalized: bool | None = None
    """normalized, if true, multiplies by C / (C - 1) for C classes, so that the value runs from 0 to 1. The ranking stays. Default:
    false.
    """


@dataclass(frozen=True, kw_only=True)
class Margin:
    """Margin is 1 - (p(1) - p(2)): one minus the difference of the two largest probabilities of the row (Scheffer, Decomain and
    Wrobel, IDA 2001).
    """


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Ratio is p(2) / p(1): the second largest probability of the row divided by the largest (Settles, 2009)."""


@dataclass(frozen=True, kw_only=True)
class Entropy:
    """Entropy is -sum p log p over the row, in nats, with 0 log 0 = 0 (Shannon 1948; Settles and Craven, EMNLP 2008)."""

    normalized: bool | None = None
    """normalized, if true, divides by log C for C classes, so that the value runs from 0 to 1. The ranking stays. Default: false."""


@dataclass(frozen=True, kw_only=True)
class Gini:
    """Gini is 1 - sum p^2 over the row: the Brier loss that the model itself expects."""


@dataclass(frozen=True, kw_only=True)
class ExpectedCost:
    """ExpectedCost is min over j of sum over i of p_i M[i, j]: the expected cost of the cheapest decision, where M is
    `SelectHeader.cost_matrix` (Margineantu, IJCAI 2005). With cost 1 off the diagonal and 0 on it, it equals LeastConfidence.
    """

    margin: bool | None = None
    """margin, if true, scores instead the closeness of the two cheapest decisions: minus the difference between the second lowest
    and the lowest expected cost (Chen and Lin, TAAI 2013). Default: false.
    """


@dataclass(frozen=True, kw_only=True)
class CallerScore:
    """CallerScore is `Pool.scores`: the caller's own value of each instance, higher meaning more worth labelling."""


@dataclass(frozen=True, kw_only=True)
class VoteEntropy:
    """VoteEntropy is -sum v log v, in nats, where v_c is the weighted share of members whose most likely class is c, or whose vote
    is c (Dagan and Engelson, ICML 1995). Needs a committee.
    """

    normalized: bool | None = None
    """normalized, if true, divides by log min(K, C) for K members and C classes (with one member or one class the value is 0).
    Default: false.
    """


@dataclass(frozen=True, kw_only=True)
class ConsensusEntropy:
    """ConsensusEntropy is the entropy, in nats, of the weighted mean of the members' probabilities. Needs a committee with
    probabilities or logits.
    """

    normalized: bool | None = None
    """normalized, if true, divides by log C for C classes. Default: false."""


@dataclass(frozen=True, kw_only=True)
class Bald:
    """Bald is H(mean) - mean H: the entropy of the weighted mean prediction minus the weighted mean of the members' entropies, in
    nats. It is the same number as the weighted mean Kullback-Leibler divergence of the members from their mean and as the weighted
    Jensen-Shannon divergence (McCallum and Nigam, ICML 1998; Houlsby et al. 2011). Needs a committee with probabilities or logits.
    """


@dataclass(frozen=True, kw_only=True)
class MaxKl:
    """MaxKl is the largest Kullback-Leibler divergence, in nats, of any member with a weight above 0 from the weighted mean
    prediction. Needs a committee with probabilities or logits.
    """


@dataclass(frozen=True, kw_only=True)
class VariationRatio:
    """VariationRatio is 1 - max v, where v_c is the weighted share of members that vote for class c (Beluch et al., CVPR 2018).
    Needs a committee.
    """


@dataclass(frozen=True, kw_only=True)
class MeanDisagreement:
    """MeanDisagreement is (1 - sum v^2) / (1 - sum w^2): the probability that two different members, drawn by weight, vote for
    different classes. 0 where only one member votes. Needs a committee.
    """


@dataclass(frozen=True, kw_only=True)
class ProbabilityStd:
    """ProbabilityStd is the mean over classes of the weighted standard deviation, over the members, of the class's probability
    (Kampffmeyer, Salberg and Jenssen, CVPRW 2016). Needs a committee with probabilities or logits.
    """


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Mix is a weighted sum of several scores, each brought to a common scale first over all candidates of the pool."""

    parts: tuple[MixPart, ...]
    """parts are the scores that are mixed: 2 to 16 of them, each with its weight. A part must not itself be a mix."""

    scale: str
    """scale is how each part is brought to a common scale before it is weighted. Required."""


@dataclass(frozen=True, kw_only=True)
class MixPart:
    """MixPart is one score of a mix."""

    score: Any
    """score is the score. Required."""

    weight: float | None = None
    """weight is its factor in the sum; finite and above 0. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Top:
    """Top takes the instances with the highest scores, ties by the lowest row index."""


@dataclass(frozen=True, kw_only=True)
class Power:
    """Power draws without replacement, each draw with probability proportional to score^beta among what is left: the highest
    log(score) + G / beta, with standard Gumbel noise G keyed by the seed and the row index (Kirsch et al., TMLR 2023). Scores must
    be 0 or more; an instance with score 0 is taken only when no other is left.
    """

    beta: float | None = None
    """beta is the inverse temperature, from 1e-6 to 1e6: small is close to random, large is close to `top`. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Softmax:
    """Softmax draws without replacement, each draw with probability proportional to exp(beta x score) among what is left: the
    highest score + G / beta with standard Gumbel noise G keyed by the seed and the row index (Kirsch et al., TMLR 2023).
    """

    beta: float | None = None
    """beta is the inverse temperature, from 1e-6 to 1e6, in units of one over the score. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Softrank:
    """Softrank draws without replacement, each draw with probability proportional to rank^-beta among what is left, where rank 1 is
    the highest score and ties go to the lowest row index: the highest -log(rank) + G / beta with standard Gumbel noise G keyed by
    the seed and the row index (Kirsch et al., TMLR 2023). Needs the rank of every candidate, so it keeps the whole pool's scores.
    """

    beta: float | None = None
    """beta is the inverse temperature, from 1e-6 to 1e6. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class KCenter:
    """KCenter takes the candidate with the highest score first and then, again and again, the candidate that is farthest
    (Euclidean) from all that were taken: the greedy 2-approximation of the k-center problem (Gonzalez 1985; Sener and Savarese,
    ICLR 2018). Ties go to the lowest row index. Needs embeddings.
    """


@dataclass(frozen=True, kw_only=True)
class Badge:
    """Badge draws a batch that is both uncertain and diverse: k-means++ seeding on the gradients of the last layer under the
    predicted labels, g = (p - e) (x) x for probabilities p, the one-hot predicted label e and the embedding x (Ash et al., ICLR
    2020). The longest gradient comes first, then each draw is in proportion to the squared distance to the nearest that was taken.
    Only factors are kept, never the C x D gradients. The score decides nothing but the order of instances whose gradients coincide
    with one that was taken; they come last. Needs probabilities and embeddings.
    """
