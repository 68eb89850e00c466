"""Where evidence lies and what may replace it, former ids, and the training loop of checks."""

import dataclasses
import subprocess
import tomllib
from itertools import repeat
from pathlib import Path

import pytest
import torch

from d2lab.claims import record as record_file
from d2lab.claims.catalog import CLAIMS, find_claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.renamed import OLD_IDS, first_id
from d2lab.claims.training import train_steps
from d2lab.core.errors import ConfigError

GOOD = {"bound": "above 0", "verdict": "holds", "why_en": "It is {gap:.1f}.", "why_zh": "是 {gap:.1f}。"}
NAME = "gradient-of-cross-entropy-is-softmax-minus-target"
OLD = "slope-of-cross-entropy-is-softmax-minus-target"


def test_a_former_id_is_understood_and_the_new_one_named(records, d2lab):
    line = f"{OLD} is called {NAME} now."
    code, out, err = d2lab("check", OLD)
    assert (code, err.strip()) == (0, line)
    assert NAME in out
    code, out, err = d2lab("claims", OLD)
    assert (code, err.strip()) == (0, line)
    assert CLAIMS[NAME].en in out
    with pytest.raises(ConfigError, match=f"It is '{NAME}' now"):
        find_claim(OLD)


def test_former_ids_lead_to_claims_and_are_none_themselves():
    assert set(OLD_IDS.values()) <= set(CLAIMS)
    assert not set(OLD_IDS) & set(CLAIMS)
    assert len(set(OLD_IDS.values())) == len(OLD_IDS)  # else the first id would not be known


def test_a_renamed_claim_draws_the_numbers_of_its_first_id():
    one = dataclasses.replace(CLAIMS[NAME], check=drawing)
    assert first_id(NAME) == OLD
    assert one.run()[0].value == dataclasses.replace(one, id=OLD).run()[0].value


def drawing() -> Evidence:
    """A check that draws."""
    return Evidence(value={"gap": float(torch.rand(()))}, **GOOD)


def measured(data, *, stand_in):
    return Evidence(value={"gap": 0.5}, **GOOD, data=data, stand_in=stand_in)


def test_evidence_on_real_data_is_not_replaced_by_evidence_on_a_stand_in(monkeypatch, records, d2lab):
    real, digits = (lambda: measured("fashion-mnist", stand_in=False)), (lambda: measured("digits", stand_in=True))

    def record(check, *words):
        monkeypatch.setitem(CLAIMS, NAME, dataclasses.replace(CLAIMS[NAME], check=check))
        return *d2lab("check", NAME, "--record", *words), record_file.recorded(CLAIMS[NAME])

    assert record(digits)[-1].stand_in
    assert not record(real)[-1].stand_in  # the real data replace a stand-in
    code, out, err, kept = record(digits)
    assert (code, err.count("\n"), kept.data) == (2, 1, "fashion-mnist")
    assert "on fashion-mnist: holds" in out
    assert f"--record: got '{NAME}', need the data" in err
    assert "--force" in err
    code, _, _, replaced = record(digits, "--force")
    assert (code, replaced.data, replaced.stand_in) == (0, "digits", True)


def test_evidence_is_recorded_in_a_checkout_only(monkeypatch, records, d2lab):
    assert record_file.is_checkout()
    installed = Path("/usr/lib/python3/site-packages/d2lab")
    monkeypatch.setattr(record_file, "ROOT", installed)
    assert record_file.evidence_folder() == installed / "evidence" / "claims"
    code, _, err = d2lab("check", NAME, "--record")
    assert (code, err.count("\n")) == (2, 1)
    assert f"--record: got 'd2lab installed in {installed}', need a checkout of d2lab" in err
    assert "leave --record out" in err
    assert not records.exists()
    assert d2lab("check", NAME)[0] == 0


def test_evidence_lies_beside_the_package_in_a_checkout_and_does_not_make_a_commit_dirty(tmp_path, monkeypatch):
    root, folder = tmp_path / "src" / "d2lab", tmp_path / "evidence" / "claims"
    for place in (root, folder):
        place.mkdir(parents=True)
    (root / "code.py").write_text("x = 1\n")
    (tmp_path / "pyproject.toml").write_text("")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    monkeypatch.setattr(record_file, "ROOT", root)
    monkeypatch.setattr(record_file, "CHECKOUT", tmp_path)
    assert record_file.evidence_folder() == folder
    clean = record_file.commit()
    (folder / "one.json").write_text("{}")
    assert record_file.commit() == clean
    (root / "code.py").write_text("x = 2\n")
    assert record_file.commit() == f"{clean}-dirty"


def test_the_wheel_and_the_source_archive_bring_the_evidence():
    hatch = tomllib.loads((record_file.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    targets = hatch["build"]["targets"]
    assert targets["wheel"]["force-include"]["evidence"] == "d2lab/evidence"
    assert "evidence" in targets["sdist"]["include"]


def test_the_training_loop_of_checks_is_plain_gradient_descent():
    model = torch.nn.Linear(3, 1, dtype=torch.float64)
    weights, inputs, targets = model.weight.detach().clone(), torch.randn(8, 3).double(), torch.randn(8, 1).double()
    bias = model.bias.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_steps(model, optimizer, repeat((inputs, targets), 5), torch.nn.functional.mse_loss)
    for _ in range(5):
        error = 2 * (inputs @ weights.T + bias - targets) / len(inputs)
        weights, bias = weights - 0.1 * error.T @ inputs, bias - 0.1 * error.sum(0)
    torch.testing.assert_close(model.weight.detach(), weights)
    torch.testing.assert_close(model.bias.detach(), bias)
