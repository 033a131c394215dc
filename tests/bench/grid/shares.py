"""What a random share protects: classes that nobody knew of are found, and the error is known without bias.

    python tests/bench/grid/shares.py [--seeds N]

Of one class, a different one for each seed, only eight instances are left in the pool, and a campaign begins with two labels of each of the
others: nobody knows of the class until one of the eight turns up. Whenever a batch is labelled, the model that chose it is held against the
new labels: once against those that were drawn at random, once against all.
"""

import argparse
import csv
import itertools
import sys
from collections.abc import Iterator
from dataclasses import astuple, fields

import numpy as np
import querist
import sets
from cells import FAMILIES, TEST_SHARE
from found import BATCH, FILE, LATEST, RARE, ROUNDS, SHARES, STRATEGIES, Found
from querist.simulation.estimators import seeded
from threadpoolctl import threadpool_limits

DATA = ("digits", "satimage", "languages", "vehicle", "pen_noisy", "vowel")
"""Sets with more than three classes."""


def campaign(client: querist.Client, data: str, family: str, strategy: str, share: float, seed: int) -> Found:
    """Run one."""
    features, labels = sets.table(data)
    order = np.random.default_rng(seed).permutation(len(labels))
    test, pool = np.split(order, [len(order) // TEST_SHARE])
    classes = int(labels.max()) + 1
    rare = seed % classes
    pool = np.concatenate((pool[labels[pool] != rare], pool[labels[pool] == rare][:RARE]))
    table, truth = features[pool], labels[pool]
    known = np.concatenate([np.flatnonzero(truth == kind)[:2] for kind in range(classes) if kind != rare])
    until, scores, errors, of_random, of_all = 0, [], [], [], []
    for number in range(ROUNDS):
        model = seeded(FAMILIES[family], seed).fit(table[known], truth[known])
        scores.append(float(np.mean(model.predict(features[test]) == labels[test])))
        batch = client.select(
            model.predict_proba(table),
            strategy=strategy,
            count=BATCH,
            embeddings=table,
            labelled={"embeddings": table[known], "classes": np.searchsorted(model.classes_, truth[known])},
            exclude=known,
            random_share=share,
            seed=1000 * seed + number,
        )
        if number >= ROUNDS - LATEST:
            wrong = model.predict(table) != truth
            errors.append(float(np.mean(np.delete(wrong, known))))
            of_all += list(wrong[batch.indices])
            of_random += list(wrong[batch.indices[batch.random_draws]]) if batch.random_draws is not None else []
        until += BATCH * (rare not in truth[known])
        known = np.concatenate((known, batch.indices))
    until += BATCH * (rare not in truth[known])
    by_random = float(np.mean(of_random)) if of_random else np.nan
    found = float(np.mean(scores)), until, float(np.mean(errors)), by_random, float(np.mean(of_all))
    return Found(data, family, strategy, share, seed, *found)


def _campaigns(client: querist.Client, seeds: int) -> Iterator[Found]:
    for seed, data, family in itertools.product(range(seeds), DATA, ("linear", "forest")):
        for strategy, share in itertools.product(STRATEGIES, SHARES):
            yield campaign(client, data, family, strategy, share, seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    with querist.local(workers=1) as client, threadpool_limits(1), FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([each.name for each in fields(Found)])
        for found in _campaigns(client, seeds):
            out.writerow([f"{cell:.4g}" if isinstance(cell, float) else cell for cell in astuple(found)])
            print(f"\rseed {found.seed} {found.data} {found.family}   ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
