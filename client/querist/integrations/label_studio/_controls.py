"""Labels as Label Studio's results and back. Pure: no server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from querist.integrations.shapes import Box, Label, Span

KINDS = {"choices": "Choices", "labels": "Labels", "rectanglelabels": "RectangleLabels"}


@dataclass(frozen=True)
class Control:
    """A tag of a labelling configuration that holds labels.

    Attributes
    ----------
    name, to_name : str
        The tag's, and that of the object that it labels.
    kind : {"choices", "labels", "rectanglelabels"}
    labels : tuple of str
        What may be given, in the configuration's order.
    multiple : bool
        Whether several choices may be given at a time.
    """

    name: str
    to_name: str
    kind: str
    labels: tuple[str, ...]
    multiple: bool = False


def control_of(config: str, name: str | None = None) -> Control:
    """Find the tag that holds labels in a project's `label_config`.

    Parameters
    ----------
    config : str
        XML. (What a project tells as `parsed_label_config` does not say whether several choices may be given.)
    name : str, optional
        The tag's; it may be left out where there is only one.

    Raises
    ------
    ValueError
        If there is none of that name and of a kind that is known, or more than one to choose from.
    """
    tags = [tag for tag in ElementTree.fromstring(config).iter() if "toName" in tag.attrib]  # noqa: S314 - the user's own project
    fit = [tag for tag in tags if tag.tag in KINDS.values() and name in (None, tag.get("name"))]
    if len(fit) != 1:
        there = ", ".join(f"{tag.get('name')} ({tag.tag})" for tag in tags) or "nothing"
        found = "no" if not fit else str(len(fit))
        called = "" if name is None else f" called {name}"
        raise ValueError(
            f"the project's labelling configuration has {found} tags {', '.join(KINDS.values())}{called}; there must be one to label with, "
            f"or control= must name it; it has {there}"
        )
    (tag,) = fit
    labels = tuple(str(child.get("alias") or child.get("value")) for child in tag.iter() if child.tag in ("Choice", "Label"))
    multiple = str(tag.get("choice", "")).startswith("multiple")
    return Control(str(tag.get("name")), str(tag.get("toName")).split(",")[0], tag.tag.lower(), labels, multiple)


def to_result(control: Control, label: Label) -> list[dict[str, Any]]:
    """Return a label as a result: what predictions and annotations hold.

    Parameters
    ----------
    control : Control
    label : str, tuple of str, of Span or of Box
        A choice, several choices, spans, boxes.

    Raises
    ------
    ValueError
        If the label does not fit the control.
    """
    given: Sequence[Any] = (label,) if isinstance(label, str) else label
    kind = {"choices": str, "labels": Span, "rectanglelabels": Box}[control.kind]
    wrong = [each for each in given if not isinstance(each, kind)]
    if wrong:
        raise ValueError(f"{control.name} is a {KINDS[control.kind]} tag and takes {kind.__name__}; one is {wrong[0]!r}")
    unknown = [name for name in map(_name, given) if name not in control.labels]
    if unknown:
        raise ValueError(f"{control.name} has no label {unknown[0]!r}; it has {', '.join(control.labels)}")
    ends = {"from_name": control.name, "to_name": control.to_name, "type": control.kind}
    if control.kind == "choices":
        if len(given) > 1 and not control.multiple:
            raise ValueError(f"{control.name} takes one choice; there are {len(given)}: {', '.join(given)}")
        return [{**ends, "value": {"choices": list(given)}}] if given else []
    return [{**ends, **_region(each, place)} for place, each in enumerate(given)]


def of_result(control: Control, result: Sequence[Mapping[str, Any]]) -> Label | None:
    """Return the label that a result holds; None if this control holds nothing in it.

    A single choice is a str; several, where they are allowed, a tuple in the configuration's order; spans and boxes come in the order of
    the result, one for each label.
    """
    mine = [region["value"] for region in result if region.get("from_name") == control.name and region.get("type") == control.kind]
    if control.kind == "choices":
        names = tuple(str(name) for value in mine for name in value["choices"])
        if control.multiple:
            return tuple(sorted(names, key=_order(control))) if mine else None
        return names[0] if names else None
    if not mine:
        return None
    if control.kind == "labels":
        return tuple(Span(int(value["start"]), int(value["end"]), str(name)) for value in mine for name in value["labels"])
    return tuple(_box(value, str(name)) for value in mine for name in value["rectanglelabels"])


def _box(value: Mapping[str, Any], name: str) -> Box:
    x, y, width, height = (float(value[key]) for key in ("x", "y", "width", "height"))
    return Box(x, y, width, height, name, float(value.get("rotation", 0)))


def _order(control: Control) -> Callable[[str], int]:
    place = {name: number for number, name in enumerate(control.labels)}
    return lambda name: place.get(name, len(place))  # a label that was taken out of the configuration since


def _name(label: Any) -> str:
    return label if isinstance(label, str) else str(label.label)


def _region(label: Any, place: int) -> dict[str, Any]:
    """Return what a region has beside the names of its ends; its id must differ from those of other regions of the same result."""
    if isinstance(label, Span):
        return {"id": f"q{place}", "value": {"start": label.start, "end": label.end, "labels": [label.label]}}
    box = {"x": label.x, "y": label.y, "width": label.width, "height": label.height, "rotation": label.rotation}
    return {"id": f"q{place}", "image_rotation": 0, "value": {**box, "rectanglelabels": [label.label]}}
