"""What a recipe's file says about it is so, and can be read without torch."""

import subprocess
import sys

import pytest

from d2lab.experiments.build import count_parameters
from d2lab.experiments.plan import plan
from d2lab.recipes.catalog import RECIPES, entries


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_states_the_parameters_that_its_model_has(name):
    stated = RECIPES[name].parameters
    assert stated == entries()[name].parameters
    assert stated == count_parameters(plan(name, device="cpu"))


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list"], ["runs"], ["data"]], ids=" ".join)
def test_looking_around_needs_no_torch(arguments, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LAB_RUNS", str(tmp_path / "runs"))
    record = tmp_path / "runs" / "lenet-20260101-000000-0"
    (record / "checkpoint").mkdir(parents=True)
    (record / "recipe.json").write_text(
        '{"recipe": "lenet", "data": "digits", "seed": 0, "budget": "full", "settings": {"loop.epochs": 1}}'
    )
    (record / "metrics.jsonl").write_text('{"epoch": 1, "step": 5, "seconds": 77.5, "test_accuracy": 0.5}\n')
    (record / "checkpoint" / "state.json").write_text('{"values": {"status": "finished"}}')
    code = (
        "import sys; from d2lab.cli import main; "
        f"code = main._run({arguments!r}, debug=True); print('torch' in sys.modules, code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False 0"
    assert ("77.5" in done.stdout) == (arguments in (["list"], ["runs"]))
