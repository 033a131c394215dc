"""What is said of curves: comparisons against other libraries, and that it is written as it is said."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image
from querist.simulation import Curve, Difference, Settings, Simulation, Stop
from querist.simulation.analysis import area, areas, default_targets, difference, holm
from scipy import stats
from statsmodels.stats.multitest import multipletests

LABELS = (20, 30, 50, 60)
SETTINGS = Settings(rounds=3, batch=10, start=20, test_rows=100, validation_rows=20, score="accuracy", economics=None)


def curves(rng: np.random.Generator, gain: float, seeds: int = 6) -> tuple[Curve, ...]:
    rising = np.array([0.5, 0.6, 0.7, 0.75])
    noise = 0.01 * rng.random((seeds, 4))
    return tuple(Curve(LABELS, tuple((rising + gain + row).tolist())) for row in noise)


def simulation(rng: np.random.Generator, seeds: int = 6, **gains: float) -> Simulation:
    made = {name: curves(rng, gain, seeds) for name, gain in gains.items()}
    return Simulation(
        {**made, "random": curves(rng, 0.0, seeds)}, "random", tuple(range(seeds)), SETTINGS, "Model()", ("no", "yes"), "things"
    )


def test_an_area_is_the_trapezoid_over_its_labels(rng):
    (curve, *_) = curves(rng, 0.0)
    assert area(curve) == pytest.approx(np.trapezoid(curve.scores, curve.labels) / 40)
    assert area(Curve(LABELS, (0.7,) * 4)) == pytest.approx(0.7)


def test_a_difference_is_students(rng):
    values = rng.normal(0.3, 1, 9)
    found = difference(values)
    expected = stats.ttest_1samp(values, 0)
    interval = expected.confidence_interval(0.95)
    assert (found.mean, found.low, found.high, found.p) == pytest.approx((values.mean(), *interval, expected.pvalue))
    assert np.isnan(difference([1.0, 2.0]).p)
    assert (difference([1.0] * 4).sign, difference([0.0] * 4).sign, difference([-1.0] * 4).sign) == (1, 0, -1)


def test_correction_is_holms(rng):
    p = rng.random(12) ** 4
    corrected = [each.p for each in holm([Difference(0, -1, 1, float(value)) for value in p])]
    np.testing.assert_allclose(corrected, multipletests(p, method="holm")[1])


def test_what_has_no_p_value_is_no_comparison():
    corrected = holm([Difference(0, 0, 0, 0.02), Difference(0, np.nan, np.nan, np.nan), Difference(0, 0, 0, 0.03)])
    np.testing.assert_allclose([each.p for each in corrected], [0.04, np.nan, 0.04])


def test_many_strategies_must_do_more_than_one(rng):
    """A small advantage that is clear among two strategies is none among forty that do nothing."""
    lucky = curves(rng, 0.0025)
    control = curves(rng, 0.0)
    alone = areas({"lucky": lucky, "random": control}, "random")["lucky"]
    assert alone.p == pytest.approx(stats.ttest_rel([area(one) for one in lucky], [area(one) for one in control]).pvalue)
    crowd = {f"same{number}": curves(rng, 0.0) for number in range(39)}
    among = areas({"lucky": lucky, **crowd, "random": control}, "random")["lucky"]
    assert among.p == pytest.approx(min(1, 40 * alone.p)) or among.p > alone.p


def test_it_says_plainly_what_beats_what(rng):
    assert simulation(rng, good=0.05, bad=-0.05).conclusion == "Better than random here: good. random beats bad."
    assert simulation(rng, same=0.0).conclusion == "Nothing beats random here, as far as 6 seeds can tell."
    assert simulation(rng, bad=-0.05).conclusion == "Nothing beats random here, as far as 6 seeds can tell. random beats bad."
    assert simulation(rng, seeds=2, good=0.05).conclusion.startswith("Fewer than three seeds")


def test_targets_are_on_the_way_of_the_control():
    made = [Curve(tuple(range(41)), tuple((np.arange(41) / 40).tolist()))] * 3
    assert default_targets(made) == (0.25, 0.5, 0.75, 0.95)
    assert default_targets([Curve(LABELS, (0.51239,) * 4)]) == (0.512,)


def test_the_summary_says_all(rng):
    shown = simulation(rng, good=0.05, bad=-0.08).summary([0.65])
    assert re.search(r"65%  good +30 +6/6  \+\d+ \(", shown)
    assert re.search(r"bad .* costs labels", shown)
    assert re.search(r"good +0\.\d+  \+0\.0[45]\d+ \(.*better than random \(p ", shown)
    assert "corrected for all comparisons of a table (Holm" in shown
    assert "regret is accuracy lost against the best" in shown
    assert shown.endswith("Better than random here: good. random beats bad.")


def test_stops_are_told_with_their_regret(rng):
    made = simulation(rng, seeds=3, good=0.05)
    stopped = tuple(
        Curve(curve.labels, curve.scores, Stop(number, 10 * number, "Enough.", 0.01 * number, 0.2))
        for number, curve in enumerate(made.curves["good"][:2], 1)
    )
    held = Simulation({**made.curves, "good": (*stopped, made.curves["good"][2])}, "random", made.seeds, SETTINGS, "Model()", ("no", "yes"))
    told = "STOP in 2/3 campaigns: round 2 (1 to 2), 15 (10 to 20) labels; regret 0.0150 of the score (labelling all: 0.2000 of the score)"
    assert told in held.summary()
    assert [stop and stop.round for stop in held.stops["good"]] == [1, 2, None]


def test_everything_is_written(rng, tmp_path):
    made = simulation(rng, **{"good": 0.05, "<b>": 0.0})
    made.save(tmp_path, [0.65])
    with (tmp_path / "curves.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["strategy", "seed", "labels", "score"]
    assert [(name, int(seed), int(labels), float(score)) for name, seed, labels, score in rows] == made.rows()
    assert len(rows) == 3 * 6 * 4
    with Image.open(tmp_path / "learning-curves.png") as picture:
        assert picture.size[0] > 1000
    page = (tmp_path / "report.html").read_text()
    assert made.conclusion in page
    assert page.count("<svg") == 1
    assert "<b>" not in page
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|data:)[^"'\s)]*//""", page)


def test_plain_values_and_a_data_frame(rng):
    made = simulation(rng, seeds=2, good=0.05)
    plain = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert plain["areas"]["good"]["p"] is None
    assert plain["curves"]["good"][1]["labels"] == list(LABELS)
    frame = made.to_pandas()
    assert list(frame.columns) == ["strategy", "seed", "labels", "score"]
    assert frame.itertuples(index=False, name=None).__next__() == made.rows()[0]
