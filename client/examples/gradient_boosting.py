"""LightGBM: one probability a row, of the positive class, as boosters of two classes give it.

pip install 'querist[server]' lightgbm scikit-learn
"""

import lightgbm
import numpy as np
import querist
from sklearn.datasets import load_breast_cancer

features, classes = load_breast_cancer(return_X_y=True)
held_out, start, pool = np.split(np.random.default_rng(0).permutation(len(classes)), [200, 220])
how = {"objective": "binary", "min_data_in_leaf": 3, "verbose": -1, "num_threads": 1}
prices = querist.Economics(label_cost=1, error_cost=0.2, predictions=5_000, currency="EUR")

with querist.local() as client:  # or querist.connect("localhost:50051")
    campaign = querist.Campaign("boosting.campaign", labelled=len(start), economics=prices)
    campaign.withdraw()  # a batch that an earlier run asked for and nobody labelled
    while True:
        known = [*start, *campaign.labels]
        booster = lightgbm.train(how, lightgbm.Dataset(features[known], classes[known]), num_boost_round=50)
        error = float(((booster.predict(features[held_out]) > 0.5) != classes[held_out]).mean())
        print(f"{len(known)} labels: accuracy {1 - error:.3f}")
        probabilities = booster.predict(features[pool])  # (N,)
        batch = campaign.select(client, probabilities, ids=pool, strategy="entropy", count=10, error=error, instances=len(held_out))
        if batch.stop.verdict == "STOP":
            break
        campaign.record({row: int(classes[row]) for row in batch.ids})  # ask your annotators here
print(batch.stop.sentence)
