"""skorch: predictions that come batch by batch. The list that Lightning's `trainer.predict` returns goes the same way: pass iter(list).

pip install 'querist[server]' skorch torch
"""

import numpy as np
import querist
import torch
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from torch import nn

images, classes = load_digits(return_X_y=True)
images = images.astype("float32") / 16
held_out, known, pool = np.split(np.random.default_rng(0).permutation(len(classes)), [500, 540])
layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(-1))
how = {"max_epochs": 40, "lr": 0.01, "batch_size": 32, "optimizer": torch.optim.Adam, "train_split": None, "verbose": 0}
prices = querist.Economics(label_cost=1, error_cost=0.1, predictions=20_000, currency="EUR")

with querist.local() as client:  # or querist.connect("localhost:50051")
    state = None
    while True:
        torch.manual_seed(0)
        net = NeuralNetClassifier(layers, **how).fit(images[known], classes[known])
        accuracy = net.score(images[held_out], classes[held_out])
        print(f"{len(known)} labels: accuracy {accuracy:.3f}")
        error = querist.ErrorEstimate(source="hold_out", error=1 - accuracy, instances=len(held_out))
        now = querist.CampaignRound(labelled=len(known), error=error, economics=prices, state=state)
        batch = client.select(net.forward_iter(images[pool]), strategy="least_confidence", count=20, campaign=now)
        state = batch.campaign_state  # keep it beside your checkpoint
        if batch.stop.verdict == "STOP":
            break
        known, pool = np.append(known, pool[batch.indices]), np.delete(pool, batch.indices)  # ask your annotators here
print(batch.stop.sentence)
