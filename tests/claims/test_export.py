"""The file for others to cite: as its schema says, every claim in it, the numbers those of the records."""

import copy
import json
from pathlib import Path

import pytest

from d2lab.claims.catalog import CLAIMS
from d2lab.claims.export import SCHEMA, exported
from d2lab.claims.record import recorded

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def whole():
    return exported()


def test_every_claim_is_exported_as_the_schema_says(validator, whole):
    validator.validate(whole)
    assert [one["id"] for one in whole["claims"]] == list(CLAIMS)
    for one in whole["claims"]:
        evidence = recorded(CLAIMS[one["id"]]).content["evidence"]
        assert (one["values"], one["interval"]) == (evidence["value"], evidence["interval"])
        assert (one["level"] is None) == (one["interval"] is None)
        assert one["versions"]["torch"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda one: one.pop("verdict"),
        lambda one: one.update(verdict="true"),
        lambda one: one["statement"].pop("zh"),
        lambda one: one.update(values={"gap": "much"}),
        lambda one: one.update(interval=[1.0]),
        lambda one: one.update(unheard_of=1),
    ],
)
def test_the_schema_refuses_what_is_no_export(validator, whole, damage):
    broken = copy.deepcopy(whole)
    damage(broken["claims"][0])
    assert not validator.is_valid(broken)


def test_the_command_writes_the_file(tmp_path, d2lab, whole):
    path = tmp_path / "evidence.json"
    code, out, _ = d2lab("claims", "--export", str(path))
    assert code == 0
    assert SCHEMA in out
    assert json.loads(path.read_text(encoding="utf-8")) == whole
    code, _, err = d2lab("claims", "dropout", "--export", str(path))
    assert (code, err.count("\n")) == (2, 1)
