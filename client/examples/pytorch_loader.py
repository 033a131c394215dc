"""PyTorch: a pool that streams from a data loader, a committee by MC dropout, ids that travel with shuffled rows.

pip install 'querist[server,torch]' scikit-learn
"""

import numpy as np
import querist
import torch
from querist.integrations.torch import WithIds, mc_dropout
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

digits = load_digits()
data = TensorDataset(torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target))
held_out, known, pool = (part.tolist() for part in np.split(np.random.default_rng(0).permutation(len(data)), [500, 540]))
prices = querist.Economics(label_cost=1, error_cost=0.1, predictions=20_000, currency="EUR")


def train(rows: list[int]) -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(net.parameters(), 0.003)
    for _ in range(60):
        for inputs, targets in DataLoader(Subset(data, rows), batch_size=32, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(inputs), targets).backward()
            optimizer.step()
    return net.eval()


with querist.local() as client:  # or querist.connect("localhost:50051")
    state = None
    while True:
        net = train(known)
        inputs, targets = data[held_out]
        error = (net(inputs).argmax(1) != targets).float().mean().item()
        print(f"{len(known)} labels: accuracy {1 - error:.3f}")
        told = querist.ErrorEstimate(source="hold_out", error=error, instances=len(held_out))
        now = querist.CampaignRound(labelled=len(known), error=told, economics=prices, state=state)
        loader = DataLoader(WithIds(Subset(data, pool), pool), batch_size=256, shuffle=True)
        batch = client.select(mc_dropout(net, loader), strategy="power_bald", count=20, seed=len(known), campaign=now, timeout=None)
        state = batch.campaign_state  # keep it beside your checkpoint
        if batch.stop.verdict == "STOP":
            break
        known += batch.ids  # ask your annotators here
        pool = [row for row in pool if row not in batch.ids]
print(batch.stop.sentence)
