"""A campaign on one HTML page that needs nothing else: no network, no scripts. Needs ``querist[plot]``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from querist import plots
from querist.advice import CostForecast, Forecast, StopAdvice
from querist.crowd import Assessment

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #24292f; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d8dee4; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { padding: 1rem; border-radius: .4rem; color: #fff; }
.STOP { background: #b3261e; } .CONTINUE { background: #1a7f37; } .INCONCLUSIVE { background: #6b6b6b; }
svg { width: 100%; height: auto; }
"""
_ANNOTATOR_COLUMNS = (
    "id",
    "labels",
    "shared",
    "abstentions",
    "quality",
    "quality_low",
    "quality_high",
    "gold_labels",
    "gold_right",
    "mean_seconds",
    "fell_at",
    "per_hour",
    "session_hours",
)
_AMOUNTS = (
    ("label_cost", "a label costs"),
    ("next_cost", "the next batch costs"),
    ("next_saving", "it saves"),
    ("net_value", "net value of the next batch"),
    ("further_labels", "best number of further labels"),
    ("past_optimum", "probability that no further label pays"),
    ("break_even_label_cost", "price of a label at which the next batch breaks even"),
    ("break_even_error_value", "price of all errors at which the next batch breaks even"),
    ("stopping_regret", "expected loss by stopping now"),
)


def page(
    name: str,
    advice: StopAdvice | None,
    points: Sequence[plots.Point],
    rounds: Sequence[dict[str, Any]] = (),
    *,
    currency: str = "",
    annotators: Assessment | None = None,
) -> str:
    """Return the page.

    Parameters
    ----------
    name : str
        The campaign's.
    advice : StopAdvice or None
        The latest advice.
    points : sequence of Point
        Errors that were measured.
    rounds : sequence of dict
        Rows of a table of all rounds; their keys are its heads.
    currency : str
    annotators : Assessment, optional
        Of the campaign's annotators.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    figure = plots.svg(plots.learning_curve(points, advice, currency=currency))
    parts = [f"<h1>{escape(name)}</h1>", *_verdict(advice), figure, *_details(advice), *table("Rounds", rounds)]
    parts += [] if annotators is None else annotators_panel(annotators)
    return html(name, parts)


def annotators_page(name: str, found: Assessment) -> str:
    """Return the page of an assessment of annotators."""
    return html(name, [f"<h1>{escape(name)}</h1>", *annotators_panel(found)])


def annotators_panel(found: Assessment) -> list[str]:
    """Return the part of a page that is about annotators."""
    lines = [f"<p>{found.answers:,} answers about {len(found.instances):,} instances, weighed by {escape(found.method)}.</p>"]
    lines += [f"<p>{escape(caution)}</p>" for caution in found.cautions]
    rows = [{name: row.get(name) for name in _ANNOTATOR_COLUMNS} for row in found.rows()]
    measures = ("alpha_nominal", "alpha_low", "alpha_high", "alpha_ordinal", "alpha_interval", "fleiss_kappa")
    agreement = [{"label": each.label, **{name: getattr(each, name) for name in measures}} for each in found.agreement]
    pairs = [
        dict(zip(("one", "other", "instances in common", "Cohen's kappa"), pair, strict=True)) for pair in found.agreement[0].pairs[:20]
    ]
    return [*lines, *table("Annotators", rows), *table("Agreement", agreement), *table("Pairs", pairs)]


def html(name: str, parts: Sequence[str]) -> str:
    """Return a page of parts."""
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title><style>{_STYLE}</style></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    )


def _verdict(advice: StopAdvice | None) -> list[str]:
    if advice is None:
        return ["<p>There is no advice yet.</p>"]
    return [f'<p class="verdict {escape(advice.verdict)}"><strong>{escape(advice.verdict)}</strong> {escape(advice.sentence)}</p>']


def _details(advice: StopAdvice | None) -> list[str]:
    if advice is None:
        return []
    found = []
    for title, sentences in (("Bear in mind", advice.cautions), ("What is missing", advice.missing)):
        if sentences:
            found += [f"<h2>{title}</h2>", "<ul>", *(f"<li>{escape(sentence)}</li>" for sentence in sentences), "</ul>"]
    if advice.forecast is not None:
        found += table("Forecast", list(_amounts(advice.forecast)))
    votes = advice.votes or {}
    rows = [
        {"criterion": name, "says": vote.status, "because": vote.sentence, "first said stop in round": vote.first_round}
        for name, vote in votes.items()
    ]
    return found + table("What each criterion says", rows)


def _amounts(forecast: CostForecast) -> Iterable[dict[str, Any]]:
    yield {"": "error now", "expected": _percent(forecast.error_now)}
    yield {"": f"error after {forecast.next_batch} more labels", "expected": _percent(forecast.error_next)}
    for name, words in _AMOUNTS:
        value = getattr(forecast, name)
        if isinstance(value, Forecast):
            yield {"": words, "expected": f"{value.mean:,.4g} ({value.low:,.4g} to {value.high:,.4g})"}
        elif value is not None:
            yield {"": words, "expected": f"{value:,.4g}"}


def _percent(value: Forecast) -> str:
    return f"{value.mean:.1%} ({value.low:.1%} to {value.high:.1%})"


def table(title: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a table with its title, the keys of the first row being the heads; nothing if there are no rows."""
    if not rows:
        return []
    heads = "".join(f"<th>{escape(str(head))}</th>" for head in rows[0])
    lines = [f"<h2>{escape(title)}</h2>", f"<table><tr>{heads}</tr>"]
    lines += [f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in rows]
    return [*lines, "</table>"]


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td class="number">{value:,.4g}</td>' if isinstance(value, float) else f'<td class="number">{value:,}</td>'
    return f"<td>{'' if value is None else escape(str(value))}</td>"
