"""The parts of plans, and stop criteria, as dataclasses. Made from the protos by protos/generate.py; do not edit.

A parameter that is None is not sent, and the server's default stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class KnnOutlier:
    """KnnOutlier puts instances aside whose mean distance to their nearest neighbours is out of line: its logarithm is more than
    `z` robust deviations (1.4826 x median absolute deviation) above the median. Neighbours are looked for among the labelled set,
    if sent, and the candidates, or a random draw of them. Needs embeddings, and keeps those of all candidates.
    """

    neighbours: int | None = None
    """neighbours is the number of nearest neighbours k, from 1 to 1,000. Default: 10."""

    z: float | None = None
    """z is the number of robust deviations, from 0.1 to 1,000. Default: 4."""

    reference_rows: int | None = None
    """reference_rows is the most candidates among which neighbours are looked for, from 100 to 1,000,000: with more, that many are
    drawn at random by the seed. Default: 5,000.
    """


@dataclass(frozen=True, kw_only=True)
class LocalOutlier:
    """LocalOutlier puts instances aside whose local outlier factor is above a threshold: the density around their nearest
    neighbours divided by the density around themselves (Breunig et al., SIGMOD 2000). Neighbours are looked for as for
    `KnnOutlier`. Needs embeddings, and keeps those of all candidates.
    """

    neighbours: int | None = None
    """neighbours is the number of nearest neighbours k, from 1 to 1,000. Default: 20."""

    factor: float | None = None
    """factor is the highest local outlier factor that passes, from 1 to 1e6; 1 is the density of the neighbourhood. Default: 1.5."""

    reference_rows: int | None = None
    """reference_rows is the most candidates among which neighbours are looked for, from 100 to 1,000,000: with more, that many are
    drawn at random by the seed. Default: 5,000.
    """


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Energy puts instances aside that the model has seen nothing like: the free energy -T log sum exp(logit / T) is more than `z`
    robust deviations (1.4826 x median absolute deviation) above the candidates' median (Liu et al., NeurIPS 2020). Needs
    `Pool.logits`.
    """

    temperature: float | None = None
    """temperature is T, from 1e-3 to 1,000. Default: 1."""

    z: float | None = None
    """z is the number of robust deviations, from 0.1 to 1,000. Default: 4."""


@dataclass(frozen=True, kw_only=True)
class NearDuplicate:
    """NearDuplicate puts instances aside whose embedding has a cosine similarity of at least `similarity` to that of another
    instance. An embedding of zeros is a duplicate of other zeros alone. Needs embeddings.
    """

    similarity: float | None = None
    """similarity is the least cosine similarity of a duplicate, from 0 to 1. Default: 0.98."""

    of_labelled: bool | None = None
    """of_labelled, if true, looks among the labelled set, if it was sent. Default: true."""

    of_batch: bool | None = None
    """of_batch, if true, looks among the batch as it grows, so that no two of a batch are duplicates. Default: true."""

    of_pool: bool | None = None
    """of_pool, if true, looks among all candidates: of instances that are duplicates of each other, the one with the lowest row
    index stays. Compares all pairs of candidates in the worst case. Default: false.
    """


@dataclass(frozen=True, kw_only=True)
class GroupCap:
    """GroupCap limits how many instances a batch takes from one group (`Pool.groups`): a patient, a video, a source."""

    most: int | None = None
    """most is the most instances of a group in one batch, at least 1. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Unlabelable:
    """Unlabelable puts instances aside that annotators most likely could not label (`Pool.unlabelable`)."""

    threshold: float | None = None
    """threshold is the lowest probability that is put aside, from 0 to 1. Default: 0.5."""


@dataclass(frozen=True, kw_only=True)
class ImageQuality:
    """ImageQuality puts images aside that nobody can label, judged by small versions of them (`Pool.thumbnails`) in shades of grey
    from 0 to 1.
    """

    dark: float | None = None
    """dark is the highest mean brightness of an image that is too dark, from 0 to 1; 0 puts only entirely black ones aside.
    Default: 0.03.
    """

    bright: float | None = None
    """bright is the lowest mean brightness of an image that is too bright, from 0 to 1. Default: 0.97."""

    blank: float | None = None
    """blank is the highest standard deviation of the brightness of an image that shows nothing, from 0 to 1. Default: 0.02."""

    blur_z: float | None = None
    """blur_z is how many robust deviations (1.4826 x median absolute deviation) the logarithm of a blurred image's sharpness is
    below the candidates' median, from 0.1 to 1,000. Sharpness is the variance of the image's Laplacian, divided by the variance of
    its brightness. Default: 4.
    """


@dataclass(frozen=True, kw_only=True)
class Density:
    """Density is the mean similarity of an instance to all candidates, to the power of `beta`, where similarity is (1 + cosine) /
    2: with an uncertainty score this is information density (Settles and Craven, EMNLP 2008). Needs embeddings, and keeps those of
    all candidates.
    """

    beta: float | None = None
    """beta is the exponent, from 0 to 100. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Cost divides the score by the cost of the label (`Pool.costs` or `Pool.cost_features`) to the power of `gamma`: the value of
    an instance per unit of cost.
    """

    gamma: float | None = None
    """gamma is the exponent, from 0 to 100. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Rarity:
    """Rarity is the expected value, under the instance's class probabilities, of ((n + C) / (C (n_c + 1))) ^ gamma, where n_c of
    the n labelled instances are of class c: 1 where classes are balanced, more for classes with few labels (after Brust, Kaeding
    and Denzler, VISAPP 2019). Needs probabilities and the labelled set's classes.
    """

    gamma: float | None = None
    """gamma is the exponent, from 0 to 100. Default: 1."""


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
class LabelUncertainty:
    """LabelUncertainty says how open the L labels of a multi-label instance are: a measure of each label's probability p, brought
    together over the labels. Needs `Pool.label_probabilities`.
    """

    label_measure: str | None = None
    """label_measure is what is measured of each label. Default: LABEL_MEASURE_MARGIN."""

    aggregate: str | None = None
    """aggregate brings the labels together: MEAN, MAX or TOP_M. Default: AGGREGATE_MEAN."""

    m: int | None = None
    """m is the number of labels with the highest measure whose mean is taken, for TOP_M, at least 1; more than L means all.
    Default: 3.
    """


@dataclass(frozen=True, kw_only=True)
class BinaryMinimum:
    """BinaryMinimum is 1 - min |2 p - 1| over the labels of a multi-label instance (Brinker 2006). Needs
    `Pool.label_probabilities`.
    """


@dataclass(frozen=True, kw_only=True)
class Mmc:
    """Mmc is the maximum loss reduction with maximal confidence (Yang et al., KDD 2009): the sum over labels of (1 - y (2 p - 1)) /
    2, where y is 1 for the m labels with the highest probability and -1 for the others, and m is the number of labels with p above
    1/2 (at least 1). Needs `Pool.label_probabilities`.
    """


@dataclass(frozen=True, kw_only=True)
class LabelCardinality:
    """LabelCardinality is the absolute difference between the number of labels with p above 1/2 and the mean number of labels in
    the labelled set (Li and Guo, IJCAI 2013). Needs `Pool.label_probabilities` and `Labelled.sets`.
    """


@dataclass(frozen=True, kw_only=True)
class Cvirs:
    """Cvirs is the product of two numbers (Reyes, Morell and Ventura, Neurocomputing 2018): the mean over labels of (N - rank) / (N
    - 1), where rank 1 is the candidate whose probability for that label is closest to 1/2 and equal ones share their mean rank; and
    the mean over the labelled set of an entropy distance between the predicted label set (p above 1/2) and theirs, which is 1 where
    the sets are each other's complement. Needs `Pool.label_probabilities` and `Labelled.sets`.
    """


@dataclass(frozen=True, kw_only=True)
class Adaptive:
    """Adaptive is u^beta x c^(1 - beta), where u is the mean over labels of 1 - |2 p - 1| and c is LabelCardinality (after Li and
    Guo, IJCAI 2013, who choose beta by a model of their own). Needs `Pool.label_probabilities` and `Labelled.sets`.
    """

    beta: float | None = None
    """beta is the share of uncertainty, from 0 to 1. Default: 0.5."""


@dataclass(frozen=True, kw_only=True)
class PartsScore:
    """PartsScore scores each part of an instance (token, box, pixel) and brings the parts together. Needs `Pool.parts`. An instance
    without parts has the value 0 for SUM, MEAN, MAX, TOP_M, QUANTILE, COUNT and BY_CLASS alike.
    """

    score: Any
    """score is the score of a part: any that looks at class probabilities or a committee's, or `caller` for `PoolParts.scores`. Not
    one that sees the whole pool. Required.
    """

    aggregate: str | None = None
    """aggregate brings the parts together. Default: AGGREGATE_TOP_M."""

    top_share: float | None = None
    """top_share is the share of the parts whose mean is taken, for TOP_M: the highest max(1, ceil(top_share x parts)). Above 0 (at
    least 1e-6), at most 1. Default: 0.1.
    """

    quantile: float | None = None
    """quantile is which quantile is taken, for QUANTILE, from 0 to 1. Default: 0.9."""

    threshold: float | None = None
    """threshold is what a part's value must exceed to be counted, for COUNT. Default: 0.5."""


@dataclass(frozen=True, kw_only=True)
class Mnlp:
    """Mnlp is the maximum normalised log-probability, turned so that higher is more uncertain: -(1 / T) sum log p(1) over the T
    parts of an instance, in nats, where p(1) is the largest probability of a part (Shen et al., ICLR 2018). 0 without parts; the
    largest value that the type can hold stands for log 0. Needs `Pool.parts` with class probabilities.
    """


@dataclass(frozen=True, kw_only=True)
class SequenceConfidence:
    """SequenceConfidence is 1 - prod p(1) over the parts of an instance: how unlikely its most likely labels are together (Culotta
    and McCallum, AAAI 2005). It grows with the number of parts. Needs `Pool.parts` with class probabilities.
    """


@dataclass(frozen=True, kw_only=True)
class MemberVariance:
    """MemberVariance is the weighted variance of a regression committee's predicted values (Krogh and Vedelsby 1995; Burbidge,
    Rowland and King 2007). Needs `Committee.values`.
    """

    unbiased: bool | None = None
    """unbiased, if true, divides by 1 - sum w^2 for the members' weights w; with one member the value is 0. Default: false."""


@dataclass(frozen=True, kw_only=True)
class PredictiveVariance:
    """PredictiveVariance is `Pool.predicted_variances`: the variance that the caller's regression model predicts."""


@dataclass(frozen=True, kw_only=True)
class Gcmi:
    """Gcmi is the mean similarity (1 + cosine) / 2 to the wanted examples, less that to the unwanted ones if they were sent: graph-
    cut mutual information, which is a sum over instances (Kothawade et al., NeurIPS 2021). Needs embeddings and `Side.wanted`.
    """


@dataclass(frozen=True, kw_only=True)
class ExpectedGradientLength:
    """ExpectedGradientLength is the sum over classes y of p_y |p - e_y| |z|: the expected length of the gradient of the last,
    softmax layer on the embedding z = (x, 1), for the one-hot class e_y (Settles, Craven and Ray, NIPS 2007).
    """

    normalized: bool | None = None
    """normalized, if true, scales each embedding x to length 1, so that |z| is the square root of 2 for all and embeddings are not
    needed. If false, long embeddings are favoured, and must be sent. Default: true.
    """


@dataclass(frozen=True, kw_only=True)
class GradientNorm:
    """GradientNorm is |p - e| |z| for the one-hot predicted class e: the length of the gradient of the last, softmax layer if the
    prediction is right (Ash et al., ICLR 2020).
    """

    normalized: bool | None = None
    """normalized is as for `ExpectedGradientLength`. Default: true."""


@dataclass(frozen=True, kw_only=True)
class FisherTrace:
    """FisherTrace is (1 - sum p^2) |z|^2: the trace of the Fisher information that the label adds to the last, softmax layer, which
    is the expected squared length of its gradient.
    """

    normalized: bool | None = None
    """normalized is as for `ExpectedGradientLength`. Default: true."""


@dataclass(frozen=True, kw_only=True)
class Emcm:
    """Emcm is the weighted mean over the members of |f_k - f| |z|: the expected change of a linear regression model on the
    embedding z = (x, 1), if the truth is what a member f_k of a bootstrap committee says instead of the model's own value f (Cai,
    Zhang and Zhou, ICDM 2013). Needs `Committee.values` and `Pool.predicted_values`.
    """

    normalized: bool | None = None
    """normalized is as for `ExpectedGradientLength`. Default: true."""


@dataclass(frozen=True, kw_only=True)
class CommitteeErrorReduction:
    """CommitteeErrorReduction is the expected error now, less the expected error once the label is known: the members' weights then
    follow Bayes' rule, w_k' in proportion to w_k P_k(y | x), and nothing is retrained. With LOSS_BRIER it is CoreMSE (Tan, Du and
    Buntine, NeurIPS 2021) and has a closed form whose cost does not grow with the evaluation set; with LOSS_LOG it is the expected
    predictive information gain, EPIG (Bickford Smith et al., AISTATS 2023). The label's probabilities are the committee's own mean.
    Needs a committee with probabilities, and keeps those of all candidates.  It pays with a committee that stands for what the
    model may be (an ensemble, dropout), few labels, or a target set that differs from the pool.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_POOL."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    loss: str | None = None
    """loss is the error that is to fall. Default: LOSS_BRIER."""


@dataclass(frozen=True, kw_only=True)
class ParzenErrorReduction:
    """ParzenErrorReduction is the expected error of a Parzen window classifier on the labelled embeddings now, less that once the
    label is known (Roy and McCallum, ICML 2001; Chapelle, AISTATS 2005). The probabilities of the label are the caller's, if sent,
    else the classifier's. Needs embeddings, the labelled set with classes, and the number of classes; keeps the embeddings of all
    candidates.  It pays with few labels and embeddings whose neighbours mostly share a class. With many labels margin finds the
    same at a small part of the cost.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_SAMPLE."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """

    prior: float | None = None
    """prior is added to the mass of each class, from 0 to 1,000; what is far from all labels is then open. Default: 0.001."""

    loss: str | None = None
    """loss is the error that is to fall. Default: LOSS_ZERO_ONE."""


@dataclass(frozen=True, kw_only=True)
class FieldErrorReduction:
    """FieldErrorReduction is the expected error of a Gaussian field (harmonic function) on the graph of labelled and unlabelled
    instances now, less that once the label is known, by rank-one updates of the inverse Laplacian (Zhu, Lafferty and Ghahramani,
    ICML workshop 2003). Edges weigh exp(-(d / h)^2); each node is tied to the classes' shares among the labelled by a millionth of
    the mean degree, so that a component without labels has these. With more candidates than `nodes` the graph holds the evaluation
    sample and a shortlist. Needs and keeps what `ParzenErrorReduction` does, and 16 bytes x nodes^2.  It pays with a handful of
    labels and classes that form clusters. It is no model of the caller's.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_SAMPLE."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000; the sample must leave room for at
    least as many candidates as nodes as are to be scored. Default: 1,000.
    """

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """

    nodes: int | None = None
    """nodes is the most unlabelled nodes of the graph, from 100 to 8,000: time grows with its third power, memory with its square.
    Default: 3,000.
    """

    loss: str | None = None
    """loss is the error that is to fall. Default: LOSS_ZERO_ONE."""


@dataclass(frozen=True, kw_only=True)
class LogisticErrorReduction:
    """LogisticErrorReduction is the expected error of a softmax layer on the embeddings now, less that once the label is known, by
    one Newton step with the class-diagonal blocks of the Hessian over the labelled embeddings. The layer is `Side.head`, or, if
    that is not sent, fitted here to the labelled set. The probabilities of the label are the caller's, if sent, else the layer's.
    Needs embeddings and the labelled set (with classes unless a head is sent); keeps the embeddings of all candidates.  It ranks
    roughly as refits of the layer would: rank correlations of 0.6 to 0.9 on small real data sets (median), below that where classes
    are all but separated. It costs C times a Parzen window's, and pays where a linear layer on frozen embeddings is what is
    trained.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_SAMPLE."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    ridge: float | None = None
    """ridge is the regulariser lambda, from 1e-9 to 1e9. Default: 1."""

    loss: str | None = None
    """loss is the error that is to fall. Default: LOSS_ZERO_ONE."""


@dataclass(frozen=True, kw_only=True)
class RidgeErrorReduction:
    """RidgeErrorReduction is (1 - sum p^2) x the mean of (v_u . v_x)^2 over the evaluation set / (1 + |v_x|^2)^2: the expected fall
    of the Brier loss of a ridge regression on the classes, for v = A^-1/2 (x, 1) and A = lambda I + sum of (x, 1)(x, 1)' over the
    labelled embeddings. p are the caller's probabilities; the form is exact for a regression that says p, and a criterion of its
    own otherwise. Needs probabilities and embeddings, and keeps them of all candidates.  Uncertainty times squared influence, at a
    cost that does not grow with the evaluation set. It does not stand in for the error of a logistic model.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean: EVALUATION_SET_POOL or EVALUATION_SET_TARGET. Default:
    EVALUATION_SET_POOL.
    """

    ridge: float | None = None
    """ridge is the regulariser lambda, from 1e-9 to 1e9. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class ActiveLab:
    """ActiveLab is 1 less the certainty that is left about an instance's class once one more uninformed annotator had been there,
    on one scale for instances with answers in `Side.answers` (to be asked again) and for all others (Goh and Mueller, 2023).
    Instances with answers belong into the pool, by their keys; answers of others do not count. The probabilities, which must come
    from a model that has not learnt those very answers, are brought to the temperature at which they fit the answers best. Needs
    keys, probabilities and answers.
    """

    each_member: bool | None = None
    """each_member, if true, weighs each member of a committee by itself, instead of their mean; it then needs a committee. Default:
    false.
    """


@dataclass(frozen=True, kw_only=True)
class VarianceReduction:
    """VarianceReduction is the mean of (v_u . v_x)^2 over the evaluation set / (1 + |v_x|^2), with v as for `RidgeErrorReduction`:
    how much the label lowers the variance of a ridge regression, in units of the noise (Cohn, Ghahramani and Jordan, JAIR 1996).
    For regression it is also the expected squared change of the outputs. Labels play no part. Needs embeddings, and keeps those of
    all candidates.  It pays for linear regression on embeddings. For classes it knows nothing of where decisions are open.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the variance is a mean: EVALUATION_SET_POOL or EVALUATION_SET_TARGET. Default:
    EVALUATION_SET_POOL.
    """

    ridge: float | None = None
    """ridge is the regulariser lambda, from 1e-9 to 1e9. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class ExpectedOutputChange:
    """ExpectedOutputChange is 2 (1 - sum p^2) x the mean of |v_u . v_x| over the evaluation set / (1 + |v_x|^2), with v as for
    `RidgeErrorReduction`: the expected sum over classes of what a ridge regression says differently once the label is known
    (Kaeding et al., GCPR 2016). Needs probabilities and embeddings, and keeps them of all candidates.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_SAMPLE."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    ridge: float | None = None
    """ridge is the regulariser lambda, from 1e-9 to 1e9. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class LookAheadErrorReduction:
    """LookAheadErrorReduction is the expected error by models that the caller itself retrained with each candidate and label: the
    loss of `Target.probabilities` less the sum over labels y of p_y times the loss of `Pool.look_ahead`, each a mean over the
    evaluation set. Needs these two and class probabilities of the candidates.
    """

    loss: str | None = None
    """loss is the error that is to fall. Default: LOSS_ZERO_ONE."""


@dataclass(frozen=True, kw_only=True)
class ValueOfInformation:
    """ValueOfInformation is the expected fall of the risk over labelled and unlabelled instances together, for each of them: 1 -
    q_y for the label y of a labelled instance, 1 - sum q^2 for an unlabelled one, under the Parzen window classifier of
    `ParzenErrorReduction`; the candidate is a labelled instance once its label is known (Kapoor, Horvitz and Basu, IJCAI 2007).
    Needs and keeps what `ParzenErrorReduction` does.
    """

    evaluation: str | None = None
    """evaluation is the set of unlabelled instances over which the risk is a mean: EVALUATION_SET_POOL or EVALUATION_SET_SAMPLE.
    Default: EVALUATION_SET_SAMPLE.
    """

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """

    prior: float | None = None
    """prior is added to the mass of each class, from 0 to 1,000; what is far from all labels is then open. Default: 0.001."""


@dataclass(frozen=True, kw_only=True)
class Xpal:
    """Xpal is the expected fall of the error rate where the label turns a decision of the Parzen window classifier, judged by the
    classifier that knows the label: it is never negative, and 0 where no decision can turn (Kottke et al., Machine Learning 2021).
    The probabilities of the label are the caller's, if sent, else the classifier's. Needs and keeps what `ParzenErrorReduction`
    does.
    """

    evaluation: str | None = None
    """evaluation is the set of instances over which the error is a mean. Default: EVALUATION_SET_SAMPLE."""

    evaluation_rows: int | None = None
    """evaluation_rows is the size of the sample for EVALUATION_SET_SAMPLE, from 10 to 1,000,000. Default: 1,000."""

    shortlist: int | None = None
    """shortlist is how many candidates get a score; unset: all. The others cannot be chosen by the plan, only by
    `SelectHeader.random_share`; a warning says what none of them could exceed. From 1 to 10,000,000, at least the batch; needs a
    count.
    """

    shortlist_rule: str | None = None
    """shortlist_rule says which candidates these are. Default: SHORTLIST_RULE_MARGIN."""

    class_floor: float | None = None
    """class_floor leaves out labels that are less likely than this for a candidate; the others are scaled to sum to 1. From 0 to
    0.5. The component 'truncation_bound' says by how much each score may be off. Default: 0.
    """

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """

    prior: float | None = None
    """prior is added to the mass of each class, from 0 to 1,000; what is far from all labels is then open. Default: 0.001."""


@dataclass(frozen=True, kw_only=True)
class Mcpal:
    """Mcpal is the expected gain in accuracy, for each label, of the best number of further labels in the neighbourhood of an
    instance, up to `most_labels` (Kottke et al., ECAI 2016). What is known of the neighbourhood are counts of each class:
    `Pool.evidence`, or the mass of the labelled set around the instance, shared out by the caller's probabilities if sent, else by
    the labelled classes. Multiply it with the weight `density`, as its authors do.
    """

    counts: str | None = None
    """counts says where the counts come from. Default: COUNTS_PARZEN."""

    most_labels: int | None = None
    """most_labels is the most further labels, from 1 to 4. The number of their combinations with the classes may be 100,000 at
    most. Default: 1.
    """

    prior: float | None = None
    """prior is added to the count of each class, from 1e-9 to 1,000. Default: 0.001."""

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """


@dataclass(frozen=True, kw_only=True)
class Dirichlet:
    """Dirichlet is how little is known of the probabilities of the classes, which follow a Dirichlet distribution with the
    parameters counts + `prior`.
    """

    criterion: str | None = None
    """criterion says what is measured. Default: DIRICHLET_CRITERION_INFORMATION."""

    counts: str | None = None
    """counts says where the counts come from. Default: COUNTS_EVIDENCE."""

    prior: float | None = None
    """prior is added to the count of each class, from 1e-6 to 1,000. Default: 1."""

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """


@dataclass(frozen=True, kw_only=True)
class Possibilistic:
    """Possibilistic is a binary uncertainty by the likelihood of the counts of both classes around an instance: each class is as
    plausible as the most plausible probability that speaks for it (Senge et al., Information Sciences 2014). Needs two classes.
    """

    uncertainty: str | None = None
    """uncertainty says which is measured. Default: POSSIBILISTIC_UNCERTAINTY_EPISTEMIC."""

    counts: str | None = None
    """counts says where the counts come from. Default: COUNTS_PARZEN."""

    bandwidth: float | None = None
    """bandwidth is h of the kernel exp(-(d / h)^2) on the distance d of embeddings, above 0. Default: 0.3 times the median distance
    between two labelled instances (of at most 1,000), which the returned plan holds.
    """


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
    """KCenter takes, again and again, the candidate that is farthest (Euclidean) from the labelled set and from all that were
    taken: the greedy 2-approximation of the k-center problem (Gonzalez 1985; Sener and Savarese, ICLR 2018). Without a labelled set
    the candidate with the highest score comes first. Ties go to the lowest row index. Needs embeddings.
    """

    ignored_share: float | None = None
    """ignored_share is the share of the candidates, the farthest at each step, that are passed over as outliers as long as there
    are others, from 0 to 0.5: at 0.01 the pick is the farthest of the nearest 99 %. Default: 0.
    """


@dataclass(frozen=True, kw_only=True)
class Badge:
    """Badge draws a batch that is both uncertain and diverse: k-means++ seeding on the gradients of the last layer under the
    predicted labels, g = (p - e) (x) x for probabilities p, the one-hot predicted label e and the embedding x (Ash et al., ICLR
    2020). The longest gradient comes first, then each draw is in proportion to the squared distance to the nearest that was taken.
    Only factors are kept, never the C x D gradients. The score decides nothing but the order of instances whose gradients coincide
    with one that was taken; they come last. Needs probabilities and embeddings.
    """


@dataclass(frozen=True, kw_only=True)
class FacilityLocation:
    """FacilityLocation takes the set S that best stands for all instances u: it maximises the sum over u of w(u) max over j in S
    and the labelled set of k(u, j), greedily, which reaches at least 1 - 1/e of the optimum. With the kernel RBF this is MaxHerding
    (Bae, Noh and Sutherland, ECCV 2024), weighted by an uncertainty score UHerding (Bae, Sutherland and Oliveira, ICLR 2025), and
    with the kernel TOP_HAT ProbCover (Yehuda et al., NeurIPS 2022). Embeddings are scaled to length 1 first. With a budget the
    better of two greedy runs is taken, by gain and by gain per cost (Leskovec et al., KDD 2007). Needs embeddings.
    """

    kernel: str | None = None
    """kernel is how alike two instances are. Default: KERNEL_RBF."""

    bandwidth: float | None = None
    """bandwidth is s in exp(-d^2 / s^2) for the kernel RBF at Euclidean distance d, from 1e-6 to 1e6. Default: 1."""

    adaptive: bool | None = None
    """adaptive, if true, takes as bandwidth the smallest distance above 0 between two labelled instances, if there is one, as
    UHerding does. Default: false.
    """

    radius: float | None = None
    """radius is the distance up to which the kernel TOP_HAT is 1, above 0 (at least 1e-6) and at most 2. Default: the largest at
    which at least 95 % of (at most 4,000) instances have no neighbour within it that k-means puts into another cluster.
    """

    weigh_by_score: bool | None = None
    """weigh_by_score, if true, sets w(u) to the score (after weights), which must be 0 or more; else w is 1. Default: false."""

    reference_rows: int | None = None
    """reference_rows is the most instances u that the sum runs over, from 100 to 1,000,000: with more candidates, that many are
    drawn at random by the seed. Default: 10,000.
    """

    sampling_loss: float | None = None
    """sampling_loss is e in stochastic greedy (Mirzasoleiman et al., AAAI 2015), from 0 to 0.5: each step looks only at a random
    (candidates / batch) x log(1 / e) of the candidates and reaches 1 - 1/e - sampling_loss in expectation. 0 is exact. Default: 0.
    """


@dataclass(frozen=True, kw_only=True)
class KMeans:
    """KMeans takes representatives: k-means with as many clusters as are chosen, seeded by k-means++, and of each cluster the
    candidate nearest to its centre. Weighted by an uncertainty score and after a prefilter this is the diverse mini-batch (Zhdanov
    2019); weighted by entropy, CLUE (Prabhu et al., ICCV 2021). Needs embeddings.
    """

    weigh_by_score: bool | None = None
    """weigh_by_score, if true, weighs each candidate by its score (after weights), which must be 0 or more. Default: false."""

    iterations: int | None = None
    """iterations is the most rounds of Lloyd's algorithm, from 0 to 1,000. Default: 10."""

    normalized: bool | None = None
    """normalized, if true, scales embeddings to length 1 first. Default: false."""


@dataclass(frozen=True, kw_only=True)
class KMeansPp:
    """KMeansPp draws each instance with probability proportional to its weight times the squared distance to the nearest that was
    taken or is labelled (Arthur and Vassilvitskii, SODA 2007); the first, without a labelled set, by the weight alone. Needs
    embeddings.
    """

    weigh_by_score: bool | None = None
    """weigh_by_score, if true, weighs each candidate by its score (after weights), which must be 0 or more. Default: false."""


@dataclass(frozen=True, kw_only=True)
class Typiclust:
    """Typiclust makes clusters of the labelled set and the candidates, min(labelled + batch, most_clusters) of them, and goes
    through them by rising number of labelled instances, then falling size: of each it takes the candidate with the highest
    typicality, the inverse mean distance to its nearest neighbours in the cluster (Hacohen, Dekel and Weinshall, ICML 2022). For
    very few labels. Needs embeddings.
    """

    neighbours: int | None = None
    """neighbours is the most nearest neighbours that typicality looks at, from 1 to 1,000. Default: 20."""

    most_clusters: int | None = None
    """most_clusters is the most clusters, from 1 to 10,000. Default: 500."""

    smallest: int | None = None
    """smallest is the number of instances up to which a cluster is passed over as long as there are larger ones, from 0 to 1,000.
    Default: 5.
    """


@dataclass(frozen=True, kw_only=True)
class Mmr:
    """Mmr takes the candidate with the highest trade_off x score - (1 - trade_off) x the highest cosine similarity to what was
    taken or is labelled, where the score is the rank among the candidates from 0 to 1 (Carbonell and Goldstein, SIGIR 1998). Needs
    embeddings.
    """

    trade_off: float | None = None
    """trade_off is the share of the score, from 0 (diversity alone) to 1 (score alone). Default: 0.5."""


@dataclass(frozen=True, kw_only=True)
class KDpp:
    """KDpp takes the set with the largest determinant of the matrix q(i) k(i, j) q(j), greedily: the most likely set of a
    determinantal point process (Chen, Zhang and Zhou, NeurIPS 2018). q = exp(theta x s / 2), with the rank s of the score from 0 to
    1. Where the determinant can no longer grow, the rest is taken by score. Needs embeddings.
    """

    theta: float | None = None
    """theta is the strength of the score, from 0 to 100. Default: 1."""

    kernel: str | None = None
    """kernel is how alike two instances are: RBF or COSINE. Default: KERNEL_COSINE."""

    bandwidth: float | None = None
    """bandwidth is that of the kernel RBF, from 1e-6 to 1e6. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Flqmi:
    """Flqmi takes the set S that maximises the sum over wanted q of max over S of s(q, j), plus eta times the sum over S of max
    over wanted of s(q, j), greedily, with the similarity s = (1 + cosine) / 2: instances like the wanted ones, covering all of them
    (Kothawade et al., NeurIPS 2021). The score plays no part. Needs embeddings and `Side.wanted`.
    """

    eta: float | None = None
    """eta is the weight of likeness against coverage, from 0 to 1e6. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class Flcg:
    """Flcg takes the set S that maximises the sum over instances u of max(0, max over S of s(u, j) - nu x max over unwanted of s(u,
    p)), greedily, with the similarity s = (1 + cosine) / 2: instances that stand for what is unlike the unwanted ones (Kothawade et
    al., NeurIPS 2021). Needs embeddings and `Side.unwanted`.
    """

    nu: float | None = None
    """nu is how strongly the unwanted ones push away, from 0 to 1e6. Default: 1."""

    reference_rows: int | None = None
    """reference_rows is the most instances u that the sum runs over, from 100 to 1,000,000: with more candidates, that many are
    drawn at random by the seed. Default: 10,000.
    """


@dataclass(frozen=True, kw_only=True)
class Lcmd:
    """Lcmd assigns each candidate to the nearest instance that is labelled or was taken, and takes, of the cluster with the largest
    sum of squared distances, the farthest candidate: largest cluster maximum distance (Holzmueller et al., JMLR 2023). Without a
    labelled set the candidate with the highest score comes first. For regression. Needs embeddings.
    """


@dataclass(frozen=True, kw_only=True)
class MaxVariance:
    """MaxVariance takes, again and again, the candidate with the largest predictive variance x' (X'X + noise I)^-1 x of a ridge
    regression on the labelled set and all that were taken, with a constant appended to x: the greedy D-optimal design (MaxDet in
    Holzmueller et al., JMLR 2023). Needs embeddings.
    """

    noise: float | None = None
    """noise is the ridge parameter, from 1e-9 to 1e9. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class GreedySampling:
    """GreedySampling takes, again and again, the candidate with the largest smallest distance to what is labelled or was taken: in
    the inputs (GSx), in the predicted values (GSy), or in the product of both (iGS) (Wu, Lin and Huang, Information Sciences 2019).
    Instances that were taken count with their predicted value. Without a labelled set the candidate with the highest score comes
    first. For regression.
    """

    space: str | None = None
    """space is where distances are taken. INPUT needs embeddings, OUTPUT predicted values (and `Labelled.values` if there is a
    labelled set), BOTH needs both. Default: GREEDY_SPACE_BOTH.
    """


@dataclass(frozen=True, kw_only=True)
class Bait:
    """Bait takes, again and again, the candidate that most lowers tr((M + sum of taken z z')^-1 F), where z = sqrt(p(1) (1 - p(1)))
    x for the largest probability p(1) and the embedding x, F is the mean of z z' over the candidates, and M is ridge I plus the
    same sum over the labelled set, whose p(1) is taken as 1/2: the binary form of BAIT (Ash et al., NeurIPS 2021; Huseljic et al.,
    ECML 2024). Needs probabilities and embeddings.
    """

    ridge: float | None = None
    """ridge is the regulariser, from 1e-9 to 1e9. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class ClusterMargin:
    """ClusterMargin makes k-means clusters of the candidates it sees, one for every `rows_per_cluster` of them, and goes round the
    clusters by rising size, taking one random candidate of each at a time: after a prefilter by margin this is Cluster-Margin with
    k-means instead of hierarchical clusters (Citovsky et al., NeurIPS 2021). Needs embeddings.
    """

    rows_per_cluster: float | None = None
    """rows_per_cluster is the mean size of a cluster, from 1 to 1e6. Default: 20."""


@dataclass(frozen=True, kw_only=True)
class Falcun:
    """Falcun draws each instance with probability proportional to (u + d)^gamma, where u is the score scaled to 0..1 over the
    candidates and d, scaled to 0..1 at each step, is u at first and then the smallest sum of absolute differences between the class
    probabilities and those of any that was taken (Gilhuber et al., ECML 2024). Diversity without embeddings. Needs probabilities.
    """

    gamma: float | None = None
    """gamma is how greedy the draw is, from 0 to 100. Default: 10."""


@dataclass(frozen=True, kw_only=True)
class DropQuery:
    """DropQuery drops embedding columns at random several times, asks the caller's linear last layer (`Side.head`) again, and takes
    the k-means representatives of the candidates whose predicted class changes most often: of those where it changes more than half
    of the time, and, as long as these are fewer than 25 x the batch, of those where it changes less often (Gupte et al., TMLR
    2024). Needs embeddings and the head.
    """

    rate: float | None = None
    """rate is the share of columns that are dropped, from 0 to 0.99. Default: 0.75."""

    masks: int | None = None
    """masks is how many times, from 1 to 100. Default: 3."""


@dataclass(frozen=True, kw_only=True)
class ClassBalanced:
    """ClassBalanced takes instances so that labelled and taken together come close to equal numbers of all classes. Needs
    probabilities; counts the labelled set's classes if they were sent.
    """

    method: str | None = None
    """method is how. Default: BALANCE_METHOD_QUOTAS."""

    strength: float | None = None
    """strength is the weight of balance against the score for the method GREEDY, from 0 to 1e6. Default: 1."""


@dataclass(frozen=True, kw_only=True)
class BatchBald:
    """BatchBald takes, one after the other, what adds most to the mutual information between the labels of the whole batch and the
    member (Kirsch, van Amersfoort and Gal, NeurIPS 2019): exact while the combinations of labels are at most `most_outcomes`, then
    by labels drawn from the members. It is meant for batches of up to 20 from a prefilter of some thousand: a batch that would need
    more than `most_cells` is refused, and told to use the choice `power` with the score `bald`. Needs a committee with
    probabilities, and keeps those of all candidates.
    """

    most_outcomes: int | None = None
    """most_outcomes is the most combinations of labels that are gone through, and the number of draws beyond, from 100 to
    1,000,000. Default: 10,000.
    """

    most_cells: float | None = None
    """most_cells is the most that the sum over picks of candidates x combinations x classes may be, from 1e6 to 1e15. Default:
    1e11.
    """


@dataclass(frozen=True, kw_only=True)
class ClassificationChange:
    """ClassificationChange says stop once the share of stop-set predictions that changed since the last round is at most
    `most_changed` (Zhu, Wang and Hovy, COLING 2008). Needs a stop set.
    """

    most_changed: float | None = None
    """most_changed is from 0 to 1. Default: 0.002."""


@dataclass(frozen=True, kw_only=True)
class StabilizingPredictions:
    """StabilizingPredictions says stop once the mean of Cohen's kappa over all pairs of the last three models, on the stop set, is
    at least `kappa` (Bloodgood and Vijay-Shanker, CoNLL 2009). Needs a stop set.
    """

    kappa: float | None = None
    """kappa is from 0.5 to 1. Default: 0.99."""


@dataclass(frozen=True, kw_only=True)
class DeltaF:
    """DeltaF says stop once 1 - 2a / (2a + b + c) is at most `most` for `rounds` rounds, where the stop set has a instances that
    the last two models both give a class and b and c that only one of them does; the largest over the classes that are predicted,
    of two classes that of class 1 (Altschuler and Bloodgood, IEEE ICSC 2019). Needs a stop set.
    """

    most: float | None = None
    """most is from 0 to 1. Default: 0.05."""

    rounds: int | None = None
    """rounds is from 1 to 100. Default: 3."""


@dataclass(frozen=True, kw_only=True)
class OverallUncertainty:
    """OverallUncertainty says stop once the mean entropy of the predictions, divided by log C, is at most `most` (Zhu, Wang and
    Hovy, COLING 2008). Over the stop sample: at most 2,048 instances of the pool. Means what it says only if the model is
    calibrated.
    """

    most: float | None = None
    """most is from 0 to 1. Default: 0.05."""


@dataclass(frozen=True, kw_only=True)
class MinimumExpectedError:
    """MinimumExpectedError says stop once the mean of 1 - p of the predicted class is at most `most` (Zhu, Wang and Hovy, IJCNLP
    2008). Over the stop sample, as OverallUncertainty. Means what it says only if the model is calibrated.
    """

    most: float | None = None
    """most is from 0 to 1. Default: 0.01."""


@dataclass(frozen=True, kw_only=True)
class SelectedAccuracy:
    """SelectedAccuracy says stop once the model was right, before it learnt them, on at least this share of the last instances that
    it asked for (Zhu, Wang and Hovy, IJCNLP 2008). Needs `CampaignRound.batch_correct`.
    """

    accuracy: float | None = None
    """accuracy is from 0 to 1. Default: 0.9."""

    labels: int | None = None
    """labels is the fewest labels that it goes by: as many of the last rounds as that takes. From 1 to 1e6. Default: 10."""


@dataclass(frozen=True, kw_only=True)
class PerformanceConvergence:
    """PerformanceConvergence says stop once the mean over `rounds` rounds of the F1 score that the model expects of itself is at
    its highest and rises by less than `least_rise` a round: of each class c, TP = sum of p_c where c is predicted, FP = sum of 1 -
    p_c there, FN = sum of p_c elsewhere; mean over classes (Laws and Schuetze, COLING 2008). Over the stop sample, as
    OverallUncertainty.
    """

    least_rise: float | None = None
    """least_rise is from 0 to 1. Default: 5e-5."""

    rounds: int | None = None
    """rounds is from 2 to 100. Default: 10."""


@dataclass(frozen=True, kw_only=True)
class HoldOutPlateau:
    """HoldOutPlateau says stop once no error of the last `rounds` rounds was lower than the lowest before by more than
    `least_fall`. Needs `CampaignRound.error`.
    """

    least_fall: float | None = None
    """least_fall is from 0 to 1. Default: 0.002."""

    rounds: int | None = None
    """rounds is from 1 to 100. Default: 3."""


@dataclass(frozen=True, kw_only=True)
class ErrorStability:
    """ErrorStability says stop once a bound on how far the error of a Bayesian ridge regression on the embeddings can move with the
    labels of the last round falls below `most` times the smallest such bound of the first three rounds: the sum over labels and
    classes of exp(L(a)) - 1 and exp(L(b)) - 1, L(x) = W((x - 1) / e) + 1, for the divergences a and b of the posterior before from
    the one after and the other way round (Ishibashi and Hino, AISTATS 2020). Needs `Labelled.embeddings` and `Labelled.classes`, in
    an order to which each round adds at the end. Says nothing about the caller's own model.
    """

    most: float | None = None
    """most is from 0 to 1. Default: 0.04."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Budget says stop once the money or the labels of the campaign are spent, or what is left of the money does not pay for one
    label. At least one must be set.
    """

    amount: float | None = None
    """amount is what all labels may cost together, above 0. Default: no limit."""

    labels: int | None = None
    """labels is how many instances may be labelled, 1 or more. Default: no limit."""


@dataclass(frozen=True, kw_only=True)
class PoolExhausted:
    """PoolExhausted says stop once at most `left` instances can still be asked after this batch."""

    left: int | None = None
    """left is 0 or more. Default: 0."""


@dataclass(frozen=True, kw_only=True)
class MinimumDistance:
    """MinimumDistance says stop once the smallest distance at which the choice k_center took an instance of the batch is at most
    `share` of that in the first round. Needs rounds with the choice k_center.
    """

    share: float | None = None
    """share is from 0 to 1. Default: 0.1."""


@dataclass(frozen=True, kw_only=True)
class DiminishingGain:
    """DiminishingGain says stop once the mean gain of the batch is at most `share` of the largest mean gain of any round with the
    same choice. Needs a choice with gains, such as facility_location.
    """

    share: float | None = None
    """share is from 0 to 1. Default: 0.05."""


@dataclass(frozen=True, kw_only=True)
class NetValue:
    """NetValue says stop once the next batch is expected to cost more than the errors that it saves, and no larger number of labels
    is likely to pay: learning curves are fitted to the error of all rounds (see `CostForecast`). Needs at least 4 rounds with an
    error, and `Economics`.
    """

    probability: float | None = None
    """probability is how likely it must be that no further label pays, from 0 to 1. Default: 0.5, which lost least in replays of
    whole campaigns.
    """


@dataclass(frozen=True, kw_only=True)
class Callaghan:
    """Callaghan says stop once it would be unlikely, were the target recall not yet reached, to find as few relevant instances as
    were found of late: the smallest hypergeometric probability over all that were screened last (Callaghan and Mueller-Hansen,
    Systematic Reviews 2020). Needs `Screening`.
    """

    probability: float | None = None
    """probability is the most that this may be, from 1e-9 to 0.5. Default: 0.05."""


@dataclass(frozen=True, kw_only=True)
class QuantCi:
    """QuantCi says stop once R - z s reaches the target, where R is the recall by the model's probabilities of relevance and s its
    standard deviation (Yang, Lewis and Frieder, DocEng 2021). Needs `Screening`, `Side.screened` and class probabilities.
    """

    z: float | None = None
    """z is how many standard deviations, from 0 to 10. Default: 2."""


@dataclass(frozen=True, kw_only=True)
class Knee:
    """Knee says stop once, at the best place i to bend the curve of finds, (finds up to i / i) / ((finds after i + 1) / (screened
    after i)) is at least 156 - min(finds, 150) (Cormack and Grossman, SIGIR 2016). Needs `Screening`.
    """

    ratio: float | None = None
    """ratio replaces 156 - min(finds, 150), from 1 to 1e6. Default: that."""


@dataclass(frozen=True, kw_only=True)
class ScreeningBudget:
    """ScreeningBudget says stop once the ratio of Knee is at least `ratio` and the screened are at least 10 N / finds, or 3/4 of
    all N instances (Cormack and Grossman, SIGIR 2016). Needs `Screening`.
    """

    ratio: float | None = None
    """ratio is from 1 to 1e6. Default: 6."""


@dataclass(frozen=True, kw_only=True)
class Qbcb:
    """Qbcb says stop once as many of r relevant instances that were drawn at random beforehand have been found as to be sure of the
    target recall: one more than the smallest j at which a binomial distribution of r draws with the target's chance reaches the
    confidence (Lewis, Yang and Frieder, CIKM 2021). Needs `Screening.control_size`.
    """

    confidence: float | None = None
    """confidence is from 0.5 to 0.999999. Default: 0.95."""


@dataclass(frozen=True, kw_only=True)
class Elusion:
    """Elusion says stop once the relevant instances among those not screened are, by Clopper and Pearson's bound from a random
    sample of them, so few that the target recall is reached. Needs `Screening.elusion_size`.
    """

    confidence: float | None = None
    """confidence is from 0.5 to 0.999999. Default: 0.95."""
