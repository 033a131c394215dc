"""scikit-learn: a campaign on handwritten digits that stops when labels no longer pay.

    pip install 'querist[server]' scikit-learn

Run it again, and it goes on from digits.campaign.
"""

import numpy as np
import querist
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

images, classes = load_digits(return_X_y=True)
images /= 16
held_out, start, pool = np.split(np.random.default_rng(0).permutation(len(classes)), [500, 540])
prices = querist.Economics(label_cost=1, error_cost=0.1, predictions=20_000, currency="EUR")

with querist.local() as client:  # or querist.connect("localhost:50051")
    campaign = querist.Campaign("digits.campaign", labelled=len(start), economics=prices)
    campaign.withdraw()  # a batch that an earlier run asked for and nobody labelled
    while True:
        known = [*start, *campaign.labels]
        model = LogisticRegression(max_iter=1000).fit(images[known], classes[known])
        accuracy = model.score(images[held_out], classes[held_out])
        print(f"{len(known)} labels: accuracy {accuracy:.3f}")
        batch = campaign.select(
            client,
            model.predict_proba(images[pool]),
            ids=pool,
            strategy="margin",
            count=20,
            error=1 - accuracy,
            instances=len(held_out),
        )
        if batch.stop.verdict == "STOP":
            break
        campaign.record({row: int(classes[row]) for row in batch.ids})  # ask your annotators here
print(batch.stop.sentence)
