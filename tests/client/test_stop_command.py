"""``querist stop``, and the pictures and pages of campaigns."""

import json
import re
from pathlib import Path

import pytest
import querist
from PIL import Image
from querist import cli, plots, report
from querist.advice import StopAdvice

HISTORY = """labelled,accuracy,instances,cost
50,0.61,400,45
100,0.72,400,90
150,0.775,400,136
200,0.8,400,180
"""
PRICES = ["--error-cost", "1.5", "--predictions", "20000", "--currency", "EUR", "--unlabelled", "3000"]


@pytest.fixture
def history(tmp_path) -> Path:
    path = tmp_path / "history.csv"
    path.write_text(HISTORY)
    return path


def run(client, *arguments: object) -> int:
    return cli.main(["stop", *map(str, arguments), "--address", client.address])


def test_it_says_what_to_do_and_why(client, history, capsys):
    assert run(client, history, *PRICES) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("CONTINUE: The next 50 labels cost EUR 45; they are expected to save EUR ")
    assert "the price of a label, 0.9, is what the labels so far cost on average" in shown
    assert re.search(r"^  net_value +CONTINUE ", shown, re.MULTILINE)


def test_json_is_the_advice(client, history, capsys):
    assert run(client, history, *PRICES, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    direct = client.advise_stop(
        {
            "labelled": 200,
            "cost": 180.0,
            "error": {"source": "hold_out", "error": 1 - 0.8, "instances": 400},
            "history": [
                {"labelled": count, "cost": cost, "error": {"source": "hold_out", "error": 1 - right, "instances": 400}}
                for count, right, cost in ((50, 0.61, 45.0), (100, 0.72, 90.0), (150, 0.775, 136.0))
            ],
            "economics": {"error_cost": 1.5, "predictions": 20000, "currency": "EUR"},
            "unlabelled": 3000,
        }
    )
    assert said["sentence"] == direct.sentence
    assert said["forecast"]["past_optimum"] == direct.forecast.past_optimum


def test_a_picture_and_a_page(client, history, tmp_path):
    assert run(client, history, *PRICES, "--plot", tmp_path / "curve.png", "--report", tmp_path / "page.html") == 0
    with Image.open(tmp_path / "curve.png") as picture:
        assert picture.size[0] > 1000
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 1
    assert "they are expected to save EUR" in page
    assert "net_value" in page


def test_a_page_needs_nothing_from_the_network(client, history, tmp_path):
    assert run(client, history, *PRICES, "--report", tmp_path / "page.html") == 0
    page = (tmp_path / "page.html").read_text()
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|data:)[^"'\s)]*//""", page)


def test_budget_and_knob(client, history, capsys):
    assert run(client, history, "--budget", 180) == 0
    assert capsys.readouterr().out.startswith("STOP: 180 of 180 are spent")
    assert run(client, history, "--aggressiveness", 3) == 1
    assert "aggressiveness is 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no rounds"),
        ("labelled\n", "has no rounds"),
        ("label,error\n1,0.5\n", "it must have labelled"),
        ("labelled,F1\n1,0.5\n", "it must have labelled, and may have error, accuracy"),
        ("labelled,error\n10,x\n", "line 2: error is 'x'; it must be a number"),
        ("labelled,error\n10.5,0.1\n", "line 2: labelled is '10.5'; it must be a whole number"),
        ("labelled,error\n,0.1\n", "line 2: labelled is missing"),
        ("labelled,error\n10,0.1\n", "needs its standard_error, or the number of instances"),
        ("labelled,error,instances\n10,0.1,50\n10,0.1,50\n10,0.1,50\n", "it must rise"),
    ],
)
def test_what_cannot_be_read_is_said(client, tmp_path, capsys, text, words):
    path = tmp_path / "h.csv"
    path.write_text(text)
    assert run(client, path) == 1
    assert words in capsys.readouterr().err


def test_a_file_that_is_not_there(client, tmp_path, capsys):
    assert run(client, tmp_path / "no.csv") == 1
    assert "cannot be read" in capsys.readouterr().err


def test_rounds_without_errors_are_rounds(client, tmp_path, capsys):
    path = tmp_path / "h.csv"
    path.write_text("labelled,batch_labelled,batch_correct\n10,,\n20,10,9\n30,10,10\n")
    assert run(client, path) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("INCONCLUSIVE")
    assert "the model was right on 10 of the last 10" in shown


def test_a_page_escapes_what_it_is_told():
    advice = StopAdvice("STOP", "<script>alert(1)</script>", votes={}, missing=("<b>",))
    page = report.page("<i>", advice, [plots.Point(10, 0.1)], [{"<u>": "<s>"}])
    assert not re.search(r"<(script|i|b|u|s)>", page)


def test_a_campaign_draws_itself(client, tmp_path):
    campaign = querist.Campaign(tmp_path / "c.campaign", economics={"label_cost": 1.0, "error_cost": 1.0, "predictions": 50})
    for place in range(5):
        campaign.select(
            client, [[0.5, 0.5], [0.2, 0.8]] * 50, strategy="margin", count=5, error=0.3 - 0.04 * place, instances=300, class_count=2
        )
        if place < 4:
            campaign.record([0] * 5)
    campaign.plot(tmp_path / "c.svg")
    campaign.report(tmp_path / "c.html")
    assert "<svg" in (tmp_path / "c.svg").read_text()
    assert campaign.advice.sentence in (tmp_path / "c.html").read_text()
    assert campaign.advice.verdict == "STOP"


def test_a_campaign_without_advice_has_a_page(tmp_path):
    querist.Campaign(tmp_path / "c.campaign").report(tmp_path / "c.html")
    assert "There is no advice yet" in (tmp_path / "c.html").read_text()
