"""The engine's parts, the contract's messages, the tests and the catalogue speak of the same things."""

import dataclasses
import re
from pathlib import Path

import pytest
from querist.v1 import criteria_pb2, error_reason_pb2, parts, plan_pb2, pool_pb2, selection_service_pb2, system_service_pb2
from querist_server.engine.keeping import KeptRows
from querist_server.engine.part import Merge, Need
from querist_server.engine.presets import PRESETS
from querist_server.engine.registry import CHOICES, CRITERIA, GUARDS, SCORES, WEIGHTS
from querist_server.service.errors import CODES
from querist_server.service.plans import decode_plan, encode_plan
from querist_server.service.system import catalogue

ROOT = Path(__file__).resolve().parents[2]


KINDS = [
    (SCORES, plan_pb2.Score, "scores"),
    (CHOICES, plan_pb2.Choice, "choices"),
    (GUARDS, plan_pb2.Guard, "guards"),
    (WEIGHTS, plan_pb2.Weight, "weights"),
    (CRITERIA, criteria_pb2.Criterion, "criteria"),
]


@pytest.mark.parametrize(("registry", "container"), [kind[:2] for kind in KINDS])
def test_every_arm_is_a_part_and_its_fields_are_the_parameters(registry, container):
    arms = {field.name: field.message_type for field in container.DESCRIPTOR.oneofs_by_name["kind"].fields}
    assert set(registry) == set(arms)
    for name, part in registry.items():
        assert part.__name__ == arms[name].name
        assert [field.name for field in dataclasses.fields(part)] == [field.name for field in arms[name].fields]
        for field in arms[name].fields:
            scalar = field.message_type is None and field.enum_type is None
            assert field.has_presence or not scalar, f"{name}.{field.name} must be optional, so that unset means the default"
        assert dataclasses.fields(getattr(parts, part.__name__)) is not None


@pytest.mark.parametrize(("registry", "folder"), [(registry, folder) for registry, _, folder in KINDS])
def test_every_part_has_a_test_file_a_summary_and_a_formula(registry, folder):
    for name, part in registry.items():
        assert (ROOT / "tests" / "server" / "engine" / folder / f"test_{name}.py").exists(), name
        assert part.summary
        assert part.formula


def test_needs_and_merge_classes_are_the_contracts():
    assert {f"NEED_{need.value}" for need in Need} == set(system_service_pb2.Need.keys()) - {"NEED_UNSPECIFIED"}
    assert {f"KEPT_ROWS_{kept.value}" for kept in KeptRows} == set(system_service_pb2.KeptRows.keys()) - {"KEPT_ROWS_UNSPECIFIED"}
    assert {f"MERGE_CLASS_{merge.value}" for merge in Merge} == set(system_service_pb2.MergeClass.keys()) - {"MERGE_CLASS_UNSPECIFIED"}


def test_codes_are_what_the_comments_of_the_contract_say():
    text = (ROOT / "protos" / "querist" / "v1" / "error_reason.proto").read_text()
    documented = dict(re.findall(r"// ([A-Z_]+)[ ,.].*(?:\n  //.*)*\n  ERROR_REASON_(\w+) = [1-9]\d*;", text))
    said = {reason: code for code, reason in re.findall(r"// ([A-Z_]+)[ ,.].*(?:\n  //.*)*\n  ERROR_REASON_(\w+) = [1-9]\d*;", text)}
    assert documented
    assert said == {reason: code.name for reason, code in CODES.items()}
    assert set(said) == {name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()[1:]}


def test_every_plan_survives_the_wire():
    for preset in PRESETS.values():
        assert decode_plan(encode_plan(preset.plan)) == preset.plan


def test_the_catalogue_is_complete():
    found = catalogue()
    assert [preset.name for preset in found.presets] == sorted(PRESETS)
    assert [part.name for part in found.scores] == sorted(SCORES)
    assert [part.name for part in found.choices] == sorted(CHOICES)
    assert [part.name for part in found.guards] == sorted(GUARDS)
    assert [part.name for part in found.weights] == sorted(WEIGHTS)
    assert [part.name for part in found.criteria] == sorted(CRITERIA)
    beta = next(part for part in found.choices if part.name == "power").parameters[0]
    assert (beta.name, beta.type, beta.default_value, beta.minimum, beta.maximum) == ("beta", "double", "1.0", 1e-6, 1e6)


def test_engine_names_of_reasons_are_in_the_contract():
    used = set()
    for path in (ROOT / "server").rglob("*.py"):
        used |= set(re.findall(r'(?:EngineError|TensorError|RetryLater|_failure)\(\s*"([A-Z_]+)"', path.read_text()))
    assert used <= set(CODES)
    reasons = set()
    for path in (ROOT / "server" / "querist_server" / "engine").rglob("*.py"):
        text = path.read_text()
        reasons |= {*re.findall(r'Suspects\(\s*"([A-Z_]+)"', text), *re.findall(r'^    reason = "([A-Z_]+)"$', text, re.MULTILINE)}
        reasons |= set(re.findall(r'"([A-Z_]+)", (?:mean|deviation) [<>]', text))
    named = {f"GUARD_REASON_{name}" for name in reasons}
    assert named == set(selection_service_pb2.GuardReason.keys()) - {"GUARD_REASON_UNSPECIFIED"}
    assert pool_pb2.Pool.DESCRIPTOR.fields_by_name["probabilities"]
