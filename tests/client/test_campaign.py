"""The loop of rounds in a file: nothing is lost, nothing doubled, whatever happens in between."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
import querist
from querist import _campaign_file
from querist.campaign import keys_of
from querist.errors import CampaignError, CampaignFileError, InvalidRequestError

ECONOMICS = {"label_cost": 2.0, "error_cost": 1.0, "predictions": 1e5, "currency": "EUR"}
POOL = np.random.default_rng(0).dirichlet(np.ones(3), 200)
IDS = [f"row {number}" for number in range(200)]


def step(campaign, client, **arguments):
    return campaign.select(client, POOL, **{"ids": IDS, "strategy": "margin", "count": 10, "seed": 1, **arguments})


def test_a_round_is_asked_recorded_and_left_out_of_the_next(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", labelled=20, economics=ECONOMICS)
    first = step(campaign, client, error=0.3, instances=100)
    assert campaign.pending.ids == first.ids
    assert campaign.pending.predicted_labels == first.predicted_labels.tolist()
    campaign.record({name: 1 for name in first.ids[:8]})
    second = step(campaign, client)
    assert not set(first.ids) & set(second.ids)
    assert campaign.labelled == 28
    assert campaign.cost == 16.0
    assert campaign.asked == first.ids
    assert len(campaign.labels) == 8
    told = campaign.rounds[0]
    assert (told.round, told.labelled, told.error, told.ids, told.labels) == (1, 20, 0.3, first.ids, [1] * 8 + [None] * 2)
    assert second.stop.rounds == 2


def test_what_the_server_hears(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", economics=ECONOMICS, budget=100, most_labels=50, aggressiveness=0.7)
    batch = step(campaign, client)
    right = [label if place < 6 else (label + 1) % 3 for place, label in enumerate(batch.predicted_labels.tolist())]
    campaign.record(right, cost=12.5)
    said = campaign.round(0.25, 80)
    assert (said.labelled, said.cost, said.batch_labelled, said.batch_correct) == (10, 12.5, 10, 6)
    assert (said.error.source, said.error.error, said.error.instances) == ("hold_out", 0.25, 80)
    assert said.criteria == [querist.parts.Budget(amount=100, labels=50)]
    assert said.aggressiveness == 0.7
    assert said.campaign == "c"


def test_names_of_classes_are_compared_with_what_was_predicted(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", classes=["cat", "dog", "bird"])
    batch = step(campaign, client)
    names = [["cat", "dog", "bird"][label] for label in batch.predicted_labels]
    campaign.record([*names[:9], "horse"])
    assert (campaign.round().batch_labelled, campaign.round().batch_correct) == (10, 9)


def test_labels_of_another_kind_are_kept_but_not_compared(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    step(campaign, client)
    campaign.record([{"box": [1, 2]}] * 10)
    assert campaign.round().batch_correct is None
    assert querist.Campaign(campaign.path).labels[campaign.asked[0]] == {"box": [1, 2]}


def test_the_file_says_everything(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", labelled=5)
    for place in range(4):
        step(campaign, client, error=0.4 - 0.05 * place, instances=200)
        campaign.record([0] * 10)
    step(campaign, client, error=0.2, instances=200)
    again = querist.Campaign(campaign.path)
    assert again.rounds == campaign.rounds
    assert again.pending == campaign.pending
    assert again.labels == campaign.labels
    assert again.advice == campaign.advice
    assert again.advice.forecast.curve
    assert again.round() == campaign.round()
    assert again.labelled == 45


def test_advice_without_a_batch_is_the_same_round(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    for _ in range(3):
        campaign.advise(client, error=0.3, instances=100, unlabelled=200)
        step(campaign, client, error=0.3, instances=100)
        campaign.record([0] * 10)
    assert campaign.advise(client, error=0.3, instances=100).rounds == 4
    assert campaign.advise(client, error=0.3, instances=100).rounds == 4


def test_the_campaign_ends_by_its_budget(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", economics=ECONOMICS, budget=39)
    assert step(campaign, client).stop.verdict == "INCONCLUSIVE"
    campaign.record([0] * 10)
    assert step(campaign, client).stop.verdict == "INCONCLUSIVE"
    campaign.record([0] * 9 + [None])
    ended = step(campaign, client).stop
    assert (ended.verdict, ended.decided_by) == ("STOP", ("budget",))


def test_a_pending_batch_is_recorded_or_withdrawn(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    with pytest.raises(CampaignError, match="no batch is pending"):
        campaign.record([])
    first = step(campaign, client)
    with pytest.raises(CampaignError, match="round 1 is pending"):
        step(campaign, client)
    campaign.withdraw()
    assert campaign.pending is None
    assert step(campaign, client).ids == first.ids
    assert campaign.advice.rounds == 1


@pytest.mark.parametrize(
    ("labels", "words"),
    [([0] * 9, "9 labels for 10"), ({"row 999": 1}, "not in the pending batch"), ([object()] * 10, "cannot be kept")],
)
def test_labels_that_do_not_fit_change_nothing(client, tmp_path, labels, words):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    step(campaign, client)
    with pytest.raises(CampaignError, match=words):
        campaign.record(labels)
    assert querist.Campaign(campaign.path).pending == campaign.pending
    campaign.record([0] * 10)
    assert len(querist.Campaign(campaign.path).rounds) == 1


def test_ids_may_be_whole_numbers_a_pandas_index_or_rows(client, tmp_path):
    frame = pd.DataFrame(POOL, index=[f"p{number}" for number in range(200)])
    by_index = querist.Campaign(tmp_path / "a.campaign").select(client, frame, strategy="margin", count=5)
    assert all(name.startswith("p") for name in by_index.ids)
    numbered = querist.Campaign(tmp_path / "b.campaign").select(client, POOL, ids=np.arange(1000, 1200), strategy="margin", count=5)
    assert (numbered.keys == numbered.ids).all()
    assert (numbered.keys == numbered.indices + 1000).all()
    by_row = querist.Campaign(tmp_path / "d.campaign").select(client, POOL, strategy="margin", count=5)
    assert by_row.ids == by_row.indices.tolist()


@pytest.mark.parametrize("ids", [[1.5] * 200, [True] * 200, [None] * 200])
def test_other_ids_are_refused(client, tmp_path, ids):
    with pytest.raises(CampaignError, match="strings or whole numbers"):
        querist.Campaign(tmp_path / "c.campaign").select(client, POOL, ids=ids, strategy="margin", count=5)
    assert not (tmp_path / "c.campaign").exists()


def test_what_the_server_refuses_is_not_written(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign")
    with pytest.raises(InvalidRequestError):
        step(campaign, client, error=1.5, instances=100)
    assert not campaign.path.exists()
    assert campaign.pending is None


def test_keys_are_the_same_everywhere():
    assert keys_of([5, 0, 2**63 - 1]).tolist() == [5, 0, 2**63 - 1]
    assert keys_of(["a"]).tolist() == [int.from_bytes(hashlib.sha256(b"str:a").digest()[:8], "big") // 2]
    assert len(set(keys_of([-1, 1, "1", "-1"]).tolist())) == 4
    assert (keys_of(IDS) >= 0).all()


class TestTheFile:
    @pytest.fixture
    def path(self, client, tmp_path):
        campaign = querist.Campaign(tmp_path / "c.campaign")
        step(campaign, client)
        campaign.record([0] * 10)
        return campaign.path

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda text: text[: len(text) // 2], "no campaign file"),
            (lambda text: "", "no campaign file"),
            (lambda text: "[]", "no campaign file"),
            (lambda text: text.replace('"round": 1', '"round": 2'), "damaged"),
            (lambda text: text.replace('"querist_campaign": 1', '"querist_campaign": 2'), "version 2"),
        ],
    )
    def test_damage_is_found(self, path, change, words):
        changed = change(path.read_text())
        assert changed != path.read_text()
        path.write_text(changed)
        with pytest.raises(CampaignFileError, match=words):
            querist.Campaign(path)
        assert path.read_text() == changed

    def test_two_who_write_are_told(self, client, path):
        one, other = querist.Campaign(path), querist.Campaign(path)
        step(one, client)
        with pytest.raises(CampaignFileError, match="written by somebody else"):
            step(other, client)
        one.record([0] * 10)
        assert len(querist.Campaign(path).rounds) == 2

    def test_another_name_is_refused(self, path):
        with pytest.raises(CampaignError, match="holds the campaign 'c'"):
            querist.Campaign(path, name="d")

    def test_a_folder_that_cannot_be_written_says_so(self, client, tmp_path, monkeypatch):
        campaign = querist.Campaign(tmp_path / "nowhere" / "c.campaign")
        with pytest.raises(CampaignFileError, match="cannot be written"):
            step(campaign, client)

    def test_a_full_disk_leaves_the_old_file(self, client, path, monkeypatch):
        before = path.read_bytes()
        campaign = querist.Campaign(path)
        monkeypatch.setattr(_campaign_file.os, "fsync", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(CampaignFileError, match="No space left"):
            step(campaign, client)
        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]


LOOP = """
    import json, os, sys
    import numpy as np
    import querist

    path, journal, address = sys.argv[1:]
    pool = np.random.default_rng(0).dirichlet(np.ones(3), 3000)
    campaign = querist.Campaign(path, labelled=10)
    with querist.connect(address) as client, open(journal, "a") as file:
        while True:
            if campaign.pending is None:
                campaign.select(client, pool, ids=range(3000), strategy="margin", count=3, error=0.2, instances=100)
            campaign.record({name: 0 for name in campaign.pending.ids})
            file.write(json.dumps(campaign.rounds[-1].ids) + "\\n")
            file.flush()
            os.fsync(file.fileno())
            print("noted", flush=True)
"""


def test_kill_9_loses_no_round_and_doubles_none(client, tmp_path):
    """Whoever is killed at any moment finds all rounds that were recorded when they start again, and at most the last one unnoted."""
    script, path, journal = tmp_path / "loop.py", tmp_path / "c.campaign", tmp_path / "journal"
    script.write_text(textwrap.dedent(LOOP))
    chance, noted = np.random.default_rng(3), []
    for _ in range(12):
        child = subprocess.Popen([sys.executable, script, path, journal, client.address], stdout=subprocess.PIPE)
        for _ in range(chance.integers(1, 5)):
            assert child.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.05))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        kept = querist.Campaign(path)
        lines = journal.read_text().split("\n") if journal.exists() else [""]
        noted = [json.loads(line) for line in lines[:-1]]
        recorded = [each.ids for each in kept.rounds]
        unnoted = [ids for ids in recorded if ids not in noted]
        assert [ids for ids in recorded if ids in noted] == noted
        assert unnoted in ([], recorded[-1:])
        for ids in unnoted:  # killed between the round and its note
            with journal.open("a") as file:
                file.write(json.dumps(ids) + "\n")
        assert [each.round for each in kept.rounds] == list(range(1, len(recorded) + 1))
        assert len(set(kept.asked)) == len(kept.asked)
        assert not set(kept.asked) & set(kept.pending.ids if kept.pending else [])
        if kept.advice is not None:
            assert kept.advice.rounds == len(recorded) + (kept.pending is not None)
    assert len(noted) > 12
    leftovers = [each.name for each in tmp_path.iterdir() if each.name.startswith(".c.campaign")]
    assert len(leftovers) <= 12
