"""Which strategies are compared, under which names, and what each is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from querist.catalogue import Strategies
from querist.errors import InvalidRequestError
from querist.plan import Plan
from querist.simulation.trial import Contestant

AUTO = "auto"
_COMMITTEE = {"COMMITTEE", "COMMITTEE_PROBABILITIES"}
_SENT = _COMMITTEE | {"PROBABILITIES", "EMBEDDINGS", "LABELLED_CLASSES", "LABELLED_EMBEDDINGS", "CLASS_COUNT", "KEYS"}


def contestants_of(
    strategies: Sequence[str | Plan] | Mapping[str, str | Plan], control: str, offered: Strategies, *, embeddings: bool, classes: int
) -> dict[str, Contestant]:
    """Return what is compared, by name, the control last.

    Parameters
    ----------
    strategies : sequence of str or Plan, or mapping of name to these
    control : str
        Name of a preset.
    offered : Strategies
        What the server can do.
    embeddings : bool
        Whether there are any.
    classes : int

    Raises
    ------
    InvalidRequestError
        If the server has no such preset, a preset needs what is not there, or two have one name.
    """
    if isinstance(strategies, (str, Plan)):
        raise InvalidRequestError(f"strategies is {strategies!r}; it must be a list of names or plans", field="strategies")
    pairs = list(strategies.items()) if isinstance(strategies, Mapping) else [(_name(each), each) for each in strategies]
    if not pairs:
        raise InvalidRequestError("strategies is empty; there must be one or more to compare with the control", field="strategies")
    found: dict[str, Contestant] = {}
    for name, strategy in pairs:
        if name in found:
            raise InvalidRequestError(f"strategies has {name!r} twice; a mapping of name to plan tells them apart", field="strategies")
        found[name] = _contestant(strategy, offered, "strategies", embeddings=embeddings, classes=classes)
    last = found.pop(control, None) or _contestant(control, offered, "control", embeddings=embeddings, classes=classes)
    if not found:
        raise InvalidRequestError(f"strategies has nothing but the control, {control!r}", field="strategies")
    return {**found, control: last}


def _contestant(strategy: str | Plan, offered: Strategies, field: str, *, embeddings: bool, classes: int) -> Contestant:
    if isinstance(strategy, Plan):
        score = strategy.score if isinstance(strategy.score, str) else _arm(strategy.score, offered)
        needs = set(offered.scores[score].needs) if score in offered.scores else set()
        return Contestant(strategy, committee=bool(needs & _COMMITTEE), embeddings=embeddings)
    if strategy == AUTO:
        return Contestant(strategy, embeddings=embeddings)
    if strategy not in offered.presets:
        allowed = ", ".join([AUTO, *offered.presets])
        raise InvalidRequestError(f"{field}: {strategy!r} is no strategy of the server; allowed are {allowed}", field=field)
    needs = set(offered.presets[strategy].needs)
    if "EMBEDDINGS" in needs and not embeddings:
        message = f"{field}: {strategy!r} needs embeddings; give some, or embeddings='features' for the features themselves"
        raise InvalidRequestError(message, field="embeddings")
    lacking = needs - _SENT - ({"TWO_CLASSES"} if classes == 2 else set())
    if lacking:
        words = ", ".join(sorted(need.lower().replace("_", " ") for need in lacking))
        raise InvalidRequestError(f"{field}: {strategy!r} needs {words}, which a replay of classes does not have", field=field)
    return Contestant(strategy, committee=bool(needs & _COMMITTEE), embeddings="EMBEDDINGS" in needs)


def _name(strategy: str | Plan) -> str:
    if isinstance(strategy, str):
        return strategy
    parts = (each if isinstance(each, str) else type(each).__name__ for each in (strategy.score, strategy.choice))
    return " + ".join(parts)


def _arm(part: object, offered: Strategies) -> str:
    """Return the name of a score that is given as a part: that of its class, in the spelling of the wire."""
    plain = type(part).__name__.lower()
    return next((name for name in offered.scores if name.replace("_", "") == plain), "")
