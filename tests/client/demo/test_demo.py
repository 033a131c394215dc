from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from querist import demo
from querist.demo.data import split
from querist.demo.loop import campaign
from querist.errors import InvalidRequestError


def test_a_short_run_prints_a_table_and_draws_a_plot(client, tmp_path, capsys):
    arguments = ["--seeds", "1", "--rounds", "2", "--output", str(tmp_path / "out"), "--address", client.address]
    assert demo.main(arguments) == 0
    shown = capsys.readouterr().out
    assert "labels (median)" in shown
    assert str(tmp_path / "out") in shown
    with Image.open(tmp_path / "out" / "learning-curves.png") as picture:
        assert picture.size[0] > 800
    assert client.list_models() == []


def test_the_same_seed_gives_the_same_curve(client):
    data = split(3)
    runs = [campaign(client, data, arm, seed=3, rounds=2, batch=10) for arm in ("committee", "committee", "random")]
    assert runs[0] == runs[1]
    assert runs[0].labels == (20, 30, 40)
    assert runs[0].accuracy != runs[2].accuracy


def test_the_splits_share_no_row_and_begin_with_every_class():
    data = split(0)
    assert len(np.unique(np.concatenate((data.pool, data.validation, data.test)))) == len(data.labels)
    assert set(data.labels[data.pool][data.first]) == set(range(10))


def test_campaigns_at_the_same_time_on_one_server_leave_each_other_alone(client):
    data = split(0)
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(campaign, client, data, "margin", seed=0, rounds=4, batch=10) for _ in range(3)]
        first, *others = [one.result() for one in running]
    assert others == [first, first]
    assert client.list_models() == []


def test_models_do_not_stay_behind_when_a_selection_fails(client):
    with pytest.raises(InvalidRequestError, match="candidates"):
        campaign(client, split(0), "committee", seed=0, rounds=1, batch=2000)
    assert client.list_models() == []
