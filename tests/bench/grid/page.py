"""Write client/AUTO.md from the areas that the grid left, or check that it is fresh (``--check``)."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import sets
from areas import Areas, Case, by_set
from arms import CONTROL, SINGLE
from choosing import left_out, part_of
from policies import RULES, Before, arm_of, auto
from share_table import share_lines

PAGE = Path(__file__).resolve().parents[3] / "client" / "AUTO.md"
HEAD = """# What "auto" chooses, and by what evidence

Made by `make grid` from what it measured; do not edit. The policy itself is one screen:
[`auto.py`](../server/querist_server/engine/auto.py). For your own data ask `querist simulate data.csv --label y`.

{sets} real data sets, {families} families of models (logistic regression, a forest of 20 trees, a network with one hidden layer), batches
of 1, 10 and 100, with and without embeddings sent: {cases} cases, {seeds} seeds each; `make grid MINUTES=600` adds more. A campaign
begins with one label of each class and buys 20, 150 or up to 500 labels, at most six tenths of a pool of at most 800. Measured is the
area under the curve of accuracy over labels (balanced accuracy where a class is rare). Seeds share split, first labels and models. With
embeddings go those of the labelled set; without, predictions alone are sent.

A *ratio* is an area over that of the best single plan in hindsight. *By set*: of the plan that was best over all of a data set's cases. *By
case*: of the plan that was best in each case, which flatters it, because the best of several plans with errors is in part the luckiest.
*Unlucky*: the same, but for each seed the plan is that which was best on all other seeds. Means are over data sets, and the worst is a
data set's; the columns of batches are by case. *Below* and *above random* count cases in which a paired t test over seeds says so at 5 %:
by itself, and corrected for all cases of the table (Holm).
"""

WHY = """What follows, and what changed by it:

- Several classes, embeddings and a labelled set: coverage of the pool. Classes have to be found, and models of a handful of labels are
  unsure in the wrong places: what looks at uncertainty alone begins no better than random. Label by label UHerding, as before. In batches
  MaxHerding, which does not listen to the model, instead of UHerding, which does: it costs half a point on most sets, and where labels are
  noise (`contraceptive`) or the first batch is drawn by a model of four labels (`vehicle`) UHerding is surely worse than random. With six
  seeds that was in doubt; with twenty it is not. A default must not do harm, so that this comes before the mean.
- Two classes, one label at a time: margin instead of UHerding, which was the worst that `auto` did. In batches of two classes BADGE instead
  of UHerding: better at 10, and as good at 100, at a smaller cost.
- Embeddings, and many labels or none that were sent: BADGE from batches of 6 on, where it was from 11 on. At 10 it beat margin with two
  classes; between 1 and 10 nothing was measured.
- Without embeddings nothing changed: margin's top for small batches, drawn by margin for large ones. At 10 the two are level.
- That UHerding stops at 50 labels for each class is neither supported nor contradicted: the grid hardly gets there.
- Where `auto` falls short: `contraceptive`, three classes of which models know little more than chance with all labels. Nothing is better
  than random there, and columns and sizes do not tell such a set from the others.
- k-center begins far below random; nothing of it is in `auto`."""


def page(areas: Areas) -> str:
    """Return the page."""
    families = len({case.cell.family for case in areas.cases})
    lines = [HEAD.format(sets=len({cell.data for cell in areas.cells}), families=families, cases=len(areas.cases), seeds=areas.seeds)]
    chosen = left_out(areas)

    def left(case: Case) -> str:
        return arm_of(chosen[case], case.cell, case.embeddings)

    for embeddings, title in ((True, "With embeddings"), (False, "Without embeddings")):
        lines += [f"## {title}", "", *_table(areas, [case for case in areas.cases if case.embeddings == embeddings], left), ""]
    lines += ["## All cases", "", *_table(areas, areas.cases, left, plans=False), ""]
    lines += ["## Two classes, or more", "", *_by_classes(areas), "", WHY, ""]
    lines += ["## Set by set", "", *_sets(areas), "", "## What was chosen among", "", *_choices(areas, chosen), ""]
    lines += ["## A random share", "", *share_lines()]
    return "\n".join(lines) + "\n"


def _table(areas: Areas, cases: list[Case], left: Callable[[Case], str], *, plans: bool = True) -> Iterator[str]:
    yield "| | by set: mean | worst | by case: mean | worst | unlucky: mean | worst | batch 1 | 10 | 100 | below random | above |"
    yield f"|{'---|' * 12}"
    rows: dict[str, Callable[[Case], str]] = {
        "**auto**": lambda case: arm_of(auto, case.cell, case.embeddings),
        "rules chosen on the other sets": left,
        "auto before the grid": lambda case: arm_of(Before(), case.cell, case.embeddings),
    }
    if plans:
        rows |= {f"`{plan}`": lambda _, plan=plan: plan for plan in SINGLE if plan in cases[0].plans}
    for name, arm in rows.items():
        of_set = by_set((case, areas.ratio(case, arm(case), areas.best_of_set(case))) for case in cases)
        strict = by_set((case, areas.ratio(case, arm(case))) for case in cases)
        unlucky = by_set((case, areas.unlucky_ratio(case, arm(case))) for case in cases)
        batches = (by_set((case, areas.ratio(case, arm(case))) for case in cases if case.cell.batch == batch) for batch in (1, 10, 100))
        cells = [*(_percent(end(each.values())) for each in (of_set, strict, unlucky) for end in (_mean, min))]
        cells += [_percent(_mean(each.values())) for each in batches]
        tested = list(areas.against_control(arm, cases))
        cells += [f"{sum(p.sign == sign for _, p, _ in tested)}, {sum(p.sign == sign for _, _, p in tested)}" for sign in (-1, 1)]
        yield f"| {name} | {' | '.join(cells)} |"


def _by_classes(areas: Areas) -> Iterator[str]:
    yield "Mean by case over data sets, and the worst set."
    yield from ("", "| embeddings | batch | classes | **auto** | auto before | " + " | ".join(f"`{plan}`" for plan in SINGLE) + " |")
    yield f"|{'---|' * (5 + len(SINGLE))}"
    for (embeddings, batch), two in itertools.product(RULES, (True, False)):
        cases = [case for case in areas.cases if part_of(case) == (embeddings, batch) and (case.cell.classes == 2) == two]
        arms = [lambda case: arm_of(auto, case.cell, case.embeddings), lambda case: arm_of(Before(), case.cell, case.embeddings)]
        arms += [lambda _, plan=plan: plan for plan in cases[0].plans]
        found = [by_set((case, areas.ratio(case, arm(case))) for case in cases).values() for arm in arms]
        by_arm = dict(zip(("auto", "before", *cases[0].plans), found, strict=True))
        cells = [
            f"{_percent(_mean(by_arm[name]))}, {_percent(min(by_arm[name]))}" if name in by_arm else ""
            for name in ("auto", "before", *SINGLE)
        ]
        yield f"| {'yes' if embeddings else 'no'} | {batch} | {'2' if two else '3 to 11'} | {' | '.join(cells)} |"


def _sets(areas: Areas) -> Iterator[str]:
    yield "| set | kind | from | classes | best with embeddings | auto | random | best without | auto | random |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for data in dict.fromkeys(cell.data for cell in areas.cells):
        source = sets.SOURCES[data]
        cases = [case for case in areas.cases if case.cell.data == data]
        cells = [data, source.kind, source.origin, str(cases[0].cell.classes)]
        for embeddings in (True, False):
            some = [case for case in cases if case.embeddings == embeddings]
            best = areas.best_of_set(some[0])
            own = np.mean([areas.ratio(case, arm_of(auto, case.cell, embeddings), best) for case in some])
            control = np.mean([areas.ratio(case, CONTROL, best) for case in some])
            cells += [f"`{best}`", _percent(own), _percent(control)]
        yield f"| {' | '.join(cells)} |"


def _choices(areas: Areas, chosen: dict[Case, object]) -> Iterator[str]:
    yield "For each data set the rule that wins on all the others, and how often each did: of the rules that are surely below random in no"
    yield "case of the others, the one with the highest mean. Batches of 10 and 100 share a rule. A bound is in labels for each class."
    yield ""
    yield "| embeddings | batch | rules | chosen, for so many of the sets left out |"
    yield "|---|---|---|---|"
    for (embeddings, batch), rules in RULES.items():
        of_part = {case.cell.data: str(rule) for case, rule in chosen.items() if part_of(case) == (embeddings, batch)}
        counts = {name: list(of_part.values()).count(name) for name in dict.fromkeys(of_part.values())}
        told = "; ".join(f"{name}: {count}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))
        yield f"| {'yes' if embeddings else 'no'} | {batch} | {'; '.join(map(str, rules))} | {told} |"


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def main() -> int:
    """Write, or check."""
    fresh = page(Areas.read())
    if "--check" not in sys.argv:
        PAGE.write_text(fresh, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != fresh:
        sys.stderr.write("client/AUTO.md is stale: python tests/bench/grid/page.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
