from collections import Counter

import numpy as np
import pytest
from engine import select
from querist_server.engine.choices.k_center import KCenter
from querist_server.engine.choices.power import Power
from querist_server.engine.choices.softrank import Softrank
from querist_server.engine.choices.top import Top
from querist_server.engine.errors import EngineError
from querist_server.engine.guards.group_cap import GroupCap
from querist_server.engine.plan import Plan
from querist_server.engine.scores.caller import CallerScore


def pool(rng, rows=120, groups=12):
    return {"scores": rng.random(rows), "embeddings": rng.random((rows, 3)), "groups": rng.integers(0, groups, rows) * 10**15}


@pytest.mark.parametrize("choice", [Top(), Power(), Softrank(), KCenter()])
@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("pieces", [None, 17])
def test_no_group_gets_more_than_its_share(rng, choice, most, share, pieces):
    sent = pool(rng)
    chosen = select(Plan(CallerScore(), choice, guards=(GroupCap(most=most),)), sent, pieces=pieces, count=10 * most, random_share=share)
    assert max(Counter(sent["groups"][chosen.indices].tolist()).values()) <= most
    full = {group for group, count in Counter(sent["groups"][chosen.indices].tolist()).items() if count == most}
    closed = {row for row in range(120) if sent["groups"][row] in full} - set(chosen.indices.tolist())
    assert set(chosen.guarded_indices.tolist()) == closed
    assert set(chosen.guarded_reasons) == {"GROUP_FULL"}


def test_top_takes_the_best_of_each_group(rng):
    sent = pool(rng)
    chosen = select(Plan(CallerScore(), Top(), guards=(GroupCap(),)), sent, count=12)
    best = [int(np.where(sent["groups"] == group, sent["scores"], -1).argmax()) for group in np.unique(sent["groups"])]
    assert chosen.indices.tolist() == sorted(best, key=lambda row: -sent["scores"][row])


def test_more_than_the_groups_allow_is_an_error(rng):
    with pytest.raises(EngineError, match="guards let only 12 of the 13"):
        select(Plan(CallerScore(), Top(), guards=(GroupCap(),)), pool(rng), count=13)


def test_groups_must_be_sent(rng):
    with pytest.raises(EngineError) as caught:
        select(Plan(CallerScore(), Top(), guards=(GroupCap(),)), {"scores": rng.random(3)}, count=1)
    assert (caught.value.reason, caught.value.field) == ("INPUT_MISSING", "groups")
