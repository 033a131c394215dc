"""The page of all presets, and of the parts that plans are made of, as the registry has them."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from querist.v1 import criteria_pb2, plan_pb2
from querist.v1 import system_service_pb2 as pb
from querist_server.service.system import catalogue

KINDS = {"score": "scores", "choice": "choices", "guard": "guards", "weight": "weights", "criterion": "criteria"}
_DECLARING = {
    "criterion": criteria_pb2.Criterion,
    **{kind: getattr(plan_pb2, kind.capitalize()) for kind in ("score", "choice", "guard", "weight")},
}
"""The messages whose arms the parts of a kind are."""
HEAD = """# Strategies, and what they are made of

Made from the server's registry by `make reference`; do not edit. A running server says the same: `querist strategies`,
`client.strategies()`, `SystemService.ListStrategies`.

A *strategy* (preset) is a name for a plan: a score and a choice with their defaults, and what else it says. Any score goes with any choice.
What to take when, and by what evidence, is in the [README](../README.md#strategies); messages and fields are in the [API](API.md).

- In formulas p is a row of class probabilities and p(1) its largest, K are members, C classes, L labels, N rows of the pool, D columns of
  embeddings, B instances that are chosen, E instances of an evaluation set.
- *Sees* says how much of the pool a part must see: each row by itself (it streams in memory that does not grow with the pool), sums over
  all rows, one pick after the other, or the whole pool at once.
- *Holds* is the most that a selection holds for each row that it keeps; columns are held as they were sent.
- *Seed* says whether the answer depends on it.
"""
_KEPT = {"BATCH": "the batch", "PREFILTERED": "the prefiltered", "POOL": "the pool"}
_SEES = {"PER_ROW": "each row", "STATISTICS": "sums over all rows", "SEQUENTIAL": "picks one after the other", "GLOBAL": "the whole pool"}


def strategies_page() -> str:
    found = catalogue()
    parts = {(kind, part.name): part for kind, plural in KINDS.items() for part in getattr(found, plural)}
    uses: dict[tuple[str, str], list[str]] = {key: [] for key in parts}
    for preset in found.presets:
        for kind, arm in _arms(preset.plan):
            uses[kind, arm.WhichOneof("kind")].append(f"`{preset.name}`")
    lines = [HEAD]
    for kind, plural in KINDS.items():
        lines += [f"[{plural.capitalize()}](#{plural}): {', '.join(_link(kind, name) for of, name in parts if of == kind)}", ""]
    lines += ["## Presets", "", "| strategy | when | plan | needs | sees | holds | seed | reference |", "|---|---|---|---|---|---|---|---|"]
    lines += [_preset(preset, parts) for preset in found.presets]
    for kind, plural in KINDS.items():
        lines += ["", f"## {plural.capitalize()}"]
        for (of, _), part in parts.items():
            if of == kind:
                lines += ["", *_part(kind, part, uses[kind, part.name])]
    return "\n".join(lines) + "\n"


def _part(kind: str, part: pb.Part, used: list[str]) -> Iterator[str]:
    declared = _DECLARING[kind].DESCRIPTOR.fields_by_name[part.name].message_type
    yield f"### {kind.capitalize()} {part.name}"
    yield from ("", _cell(part.summary), "", f"    {part.formula}", "")
    needs = "no vote without evidence; see the message" if kind == "criterion" and not part.needs else _needs(part.needs)
    yield f"- Needs: {needs}"
    if kind != "criterion":
        yield f"- Sees: {_SEES[pb.MergeClass.Name(part.merge).removeprefix('MERGE_CLASS_')]}. Seed: {_seed(part.deterministic)}"
    yield f"- Takes: {part.cost}"
    yield f"- Message: [{declared.name}](API.md#{declared.name.lower()})"
    if used:
        yield f"- Strategies: {', '.join(used)}"
    if part.reference:
        yield f"- Reference: {part.reference}"
    if part.parameters:
        yield from ("", "| parameter | type | default | allowed | |", "|---|---|---|---|---|")
        for parameter in part.parameters:
            field = declared.fields_by_name[parameter.name]
            cells = [
                f"`{parameter.name}`",
                parameter.type,
                _default(parameter, field),
                _allowed(parameter, field),
                _cell(parameter.summary),
            ]
            yield f"| {' | '.join(cells)} |"


def _preset(preset: pb.Preset, parts: dict[tuple[str, str], pb.Part]) -> str:
    plan = "; ".join(_described(preset.plan, parts))
    sees = _SEES[pb.MergeClass.Name(preset.merge).removeprefix("MERGE_CLASS_")]
    cells = [f"`{preset.name}`", _cell(preset.summary), plan, _needs(preset.needs), sees, _holds(preset.memory)]
    cells += [_seed(preset.deterministic), preset.reference]
    return f"| {' | '.join(cells)} |"


def _holds(memory: pb.Memory) -> str:
    columns = [pb.Need.Name(need).removeprefix("NEED_").lower() for need in memory.kept_columns]
    each = " and ".join([f"{memory.bytes_per_row} bytes", *columns])
    return f"{each} of {_KEPT[pb.KeptRows.Name(memory.kept_rows).removeprefix('KEPT_ROWS_')]}"


def _arms(plan: plan_pb2.Plan) -> Iterator[tuple[str, Message]]:
    """Return what the plan is made of, with its kind."""
    yield from (("score", plan.score), ("choice", plan.choice))
    yield from (("guard", guard) for guard in plan.guards)
    yield from (("weight", weight) for weight in plan.weights)


def _described(plan: plan_pb2.Plan, parts: dict[tuple[str, str], pb.Part]) -> Iterator[str]:
    """Say what the plan is made of, with the parameters that are not the parts' own defaults."""
    for kind, arm in _arms(plan):
        name = arm.WhichOneof("kind")
        defaults = {parameter.name: parameter for parameter in parts[kind, name].parameters}
        fields = getattr(arm, name).ListFields()
        changed = [
            f"{field.name} {_shown(field, value)}"
            for field, value in fields
            if _default(defaults[field.name], field) != _shown(field, value)
        ]
        yield f"{kind} {_link(kind, name)}" + (f" with {', '.join(changed)}" if changed else "")
    for field, value in plan.ListFields():
        if field.name not in ("score", "choice", "guards", "weights"):
            yield f"{field.name} {_shown(field, value)}"


def _shown(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None:
        return f"`{field.enum_type.values_by_number[value].name}`"
    if field.message_type is not None:
        return f"`{value.WhichOneof('kind')}`"
    return f"`{str(value).lower() if isinstance(value, bool) else f'{value:g}'}`"


def _default(parameter: pb.Parameter, field: FieldDescriptor) -> str:
    text = parameter.default_value
    if not text:
        return "must be sent" if field.message_type is not None or field.enum_type is not None else "none"
    if field.enum_type is not None:
        return next(f"`{value.name}`" for value in field.enum_type.values if value.name == f"{_prefix(field)}{text}")
    return f"`{text}`" if parameter.type == "bool" else f"`{float(text):g}`"


def _allowed(parameter: pb.Parameter, field: FieldDescriptor) -> str:
    kind = field.enum_type or field.message_type
    if kind is not None:
        return f"[{kind.name}](API.md#{kind.name.lower()})"
    low, high = (f"{getattr(parameter, end):g}" if parameter.HasField(end) else "" for end in ("minimum", "maximum"))
    return f"{low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less" if high else ""


def _prefix(field: FieldDescriptor) -> str:
    return field.enum_type.values_by_number[0].name.removesuffix("UNSPECIFIED")


def _link(kind: str, name: str) -> str:
    return f"[{name}](#{kind}-{name})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _seed(deterministic: bool) -> str:
    return "no" if deterministic else "yes"


def _needs(needs: Iterator[int]) -> str:
    names = [pb.Need.Name(need) for need in needs]
    return ", ".join(f"[{name.removeprefix('NEED_').lower().replace('_', ' ')}](API.md#need)" for name in names) or "nothing"
