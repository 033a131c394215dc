"""Digits with 20 % junk: how much of the first 200 selected is junk, with and without guards, and how many clean digits are put aside.

Junk is black images, blurred ones, noise, exact copies and near copies; of a family of copies the one with the lowest row index counts as
clean. A logistic regression on 60 clean labelled digits predicts; embeddings are its inputs. Over gRPC, by a private server.

    python tests/bench/junk.py [SEEDS]
"""

import sys

import numpy as np
import querist
from querist import parts
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

SEEDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
CHOSEN, LABELLED, SHARE = 200, 60, 0.2
STRATEGIES = ("margin", "entropy", "badge", "k_center", "max_herding")
GUARDS = [parts.ImageQuality(), parts.KnnOutlier(), parts.NearDuplicate(similarity=0.995, of_pool=True)]
MOST_CLEAN_GUARDED = 0.01


def pool_of(rng):
    """Return images (n, 8, 8) of 0 to 255, which rows are junk, and the labelled images and classes."""
    digits, classes = load_digits(return_X_y=True)
    images = (digits.reshape(-1, 8, 8) / 16 * 255).astype(np.uint8)
    order = rng.permutation(len(images))
    known, rest = order[:LABELLED], order[LABELLED:]
    clean = images[rest]
    count = int(SHARE / (1 - SHARE) * len(clean))
    kinds = rng.integers(0, 5, count)
    junk, families = [], []
    for kind in kinds:
        source = int(rng.integers(len(clean)))
        families.append(source if kind >= 3 else -1)
        junk.append(junk_of(int(kind), clean[source], rng))
    together = np.concatenate((clean, np.array(junk, np.uint8)))
    family = np.concatenate((np.arange(len(clean)), families))
    is_junk = np.arange(len(together)) >= len(clean)
    shuffled = rng.permutation(len(together))
    together, family, is_junk = together[shuffled], family[shuffled], is_junk[shuffled]
    for source in set(families) - {-1}:  # of a family the first is the one to keep
        members = np.flatnonzero(family == source)
        is_junk[members] = True
        is_junk[members[0]] = False
    return together, is_junk, images[known], classes[known]


def junk_of(kind, image, rng):
    if kind == 0:
        return rng.integers(0, 6, image.shape).astype(np.uint8)
    if kind == 1:
        return ndimage.gaussian_filter(image.astype(float), 2.5).astype(np.uint8)
    if kind == 2:
        return rng.integers(0, 256, image.shape).astype(np.uint8)
    if kind == 3:
        return image.copy()
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def flat(images):
    return images.reshape(len(images), -1).astype(np.float32) / 255


def main() -> int:
    shares = {(strategy, guarded): [] for strategy in STRATEGIES for guarded in (False, True)}
    lost = []
    with querist.local() as client:
        for seed in range(SEEDS):
            images, is_junk, known, classes = pool_of(np.random.default_rng(seed))
            model = LogisticRegression(max_iter=2000).fit(flat(known), classes)
            sent = {
                "probabilities": model.predict_proba(flat(images)),
                "embeddings": flat(images),
                "thumbnails": images,
                "labelled": {"embeddings": flat(known), "classes": classes},
            }
            presets = client.strategies().presets
            for strategy in STRATEGIES:
                plan = presets[strategy].plan
                for guarded in (False, True):
                    chosen = client.select(
                        **sent, strategy=querist.Plan(plan.score, plan.choice, guards=GUARDS if guarded else ()), count=CHOSEN, seed=seed
                    )
                    shares[strategy, guarded].append(is_junk[chosen.indices].mean())
            before = [name for name in chosen.guarded.tallies if name != "DUPLICATE_IN_BATCH"]
            aside = [row for row, why in zip(chosen.guarded.indices.tolist(), chosen.guarded.reasons, strict=True) if why in before]
            lost.append((~is_junk[aside]).sum() / (~is_junk).sum())
    print(f"{SHARE:.0%} junk in {len(images)} digits, first {CHOSEN} selected, mean of {SEEDS} seeds (lowest to highest)")
    print("| strategy | junk without guards | junk with guards |\n|---|---|---|")
    for strategy in STRATEGIES:
        cells = (
            f"{np.mean(found):.1%} ({min(found):.1%} to {max(found):.1%})" for found in (shares[strategy, False], shares[strategy, True])
        )
        print(f"| {strategy} | {' | '.join(cells)} |")
    print(f"clean digits put aside: {np.mean(lost):.2%} (highest {max(lost):.2%}); must stay under {MOST_CLEAN_GUARDED:.0%}")
    return int(max(lost) >= MOST_CLEAN_GUARDED)


if __name__ == "__main__":
    sys.exit(main())
