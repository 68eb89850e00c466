"""Records that were changed: refused with a line, left as they are, never half-believed."""

import hashlib
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tools.fuzzing.killed import killed_run
from torch import nn

from d2lab.cli.browse import summarize
from d2lab.core.errors import ConfigError, RunError
from d2lab.core.json_file import canonical_hash
from d2lab.experiments import fit, load_run, resume, train
from d2lab.train.record import find_records


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that was killed in its last epoch, with Adam's state and a best epoch."""
    return killed_run(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / made.name)


def state_of(folder):
    return json.loads((folder / "checkpoint" / "state.json").read_text())


def forge(folder, tensors=None, version=3, **changes):
    """Change a checkpoint as an attacker does, who computes all hashes again."""
    state = {key: value for key, value in state_of(folder).items() if key != "hash"}
    file = folder / "checkpoint" / state["tensors"]
    if tensors is not None:
        content = load_file(file)
        tensors(content)
        save_file(content, file)
        state["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    state |= {"format": version, "step": changes.pop("step", state["step"]), "values": state["values"] | changes}
    (folder / "checkpoint" / "state.json").write_text(json.dumps({**state, "hash": canonical_hash(state)}))


def refused(folder, words):
    def content():
        return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}

    before = content()
    with pytest.raises(RunError, match=words) as caught:
        resume(folder)
    assert content() == before
    assert len(str(caught.value)) < 900


def test_an_unchanged_one_goes_on(folder):
    assert resume(folder).status == "finished"


def test_what_a_kill_left_beside_the_checkpoint_of_a_finished_run_is_removed_when_it_is_opened(folder):
    resume(folder)
    named = state_of(folder)["tensors"]
    (folder / "checkpoint" / "tensors-00000001.safetensors").write_bytes(b"superseded")
    (folder / "checkpoint" / ".state.json.0123abcd.part").write_bytes(b"{")
    (folder / "checkpoint" / "letter.txt").write_bytes(b"mine")
    load_run(folder)  # a reader deletes nothing: another process may train at this moment
    assert len(list((folder / "checkpoint").iterdir())) == 5
    resume(folder)
    assert sorted(path.name for path in (folder / "checkpoint").iterdir()) == ["letter.txt", "state.json", named]


def test_rows_that_do_not_end_where_the_checkpoint_says_are_refused_before_more_are_written(folder):
    """The next row was written behind half of another one, and no verb could read the record any more."""
    path = folder / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:-2], lines[-1], lines[-1]]))  # a copy of the last row, which is a long one
    refused(folder, "no end of a row")


def test_rows_whose_steps_run_backward_are_refused_before_more_is_trained(folder):
    path = folder / "metrics.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[1], lines[0], *lines[2:]]))
    refused(folder, "growing steps")


@pytest.mark.parametrize(
    ("change", "value"), [("best_loss", -1), ("best_epoch", 0), ("status", "finished"), ("metrics_bytes", 0)]
)
def test_a_changed_value_is_refused(folder, change, value):
    path, state = folder / "checkpoint" / "state.json", state_of(folder)
    state["values"][change] = value
    path.write_text(json.dumps(state))
    refused(folder, "changed values")


@pytest.mark.parametrize("name", ["step", "settings", "hash", "sha256"])
def test_a_changed_field_is_refused(folder, name):
    path, state = folder / "checkpoint" / "state.json", state_of(folder)
    path.write_text(json.dumps({**state, name: 2 if name == "step" else "0" * 64}))
    refused(folder, "step 2" if name == "step" else "changed values")


@pytest.mark.parametrize("version", [2, 3])
def test_older_formats_are_held_to_their_rows(folder, version):
    forge(folder, version=version, best_loss=-1.0)
    refused(folder, "best loss -1.0")
    forge(folder, version=version, best_epoch=-1, best_loss=None, step=2)
    refused(folder, "step 2")


def test_a_number_that_is_none_is_one_line(folder):
    path = folder / "checkpoint" / "state.json"
    path.write_text(path.read_text().replace('"seconds": ', '"seconds": NaN, "was": ', 1))
    refused(folder, "NaN")


DAMAGES = {
    "no optimizer state": (lambda t: [t.pop(n) for n in list(t) if n.startswith("optimizer.")], "no state"),
    "no step of Adam": (lambda t: [t.pop(n) for n in list(t) if n.endswith(".step")], "exp_avg"),
    "one tensor of Adam missing": (lambda t: t.pop("optimizer.1.exp_avg"), "exp_avg_sq, step for weight 1"),
    "an unknown tensor": (lambda t: t.update({"optimizer.0.more": t["optimizer.0.exp_avg"].clone()}), "more"),
    "NaN in Adam": (lambda t: t["optimizer.0.exp_avg"].fill_(float("nan")), "optimizer: got 'NaN or infinity"),
    "NaN in a weight": (lambda t: next(v for n, v in t.items() if n.startswith("model.")).fill_(float("nan")), "NaN"),
    "infinity in a bias": (
        lambda t: next(v for n, v in t.items() if n.startswith("model.") and v.ndim == 1).fill_(float("inf")),
        "NaN or infinity",
    ),
    "another number format": (
        lambda t: t.update({n: v.double() for n, v in t.items() if n.startswith("model.")}),
        "float64",
    ),
    "another shape": (lambda t: t.update({"optimizer.0.exp_avg": torch.zeros(3)}), "shape"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_tensors_of_another_kind_are_refused_even_where_the_hashes_agree(folder, damage):
    change, words = DAMAGES[damage]
    forge(folder, change)
    refused(folder, words)
    if "weight" in damage:
        with pytest.raises(RunError, match=words):
            load_run(folder)


def test_a_record_of_another_machine_says_how_to_go_on(folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = folder / "recipe.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"device": "cuda"}))
    refused(folder, r"device cuda.*Use --device cpu")


LARGE = {"threads": 1, "epochs": 1}


@pytest.mark.parametrize(
    ("recipe", "changes", "words"),
    [
        ("lenet-norm", {"examples": 9, "batch_size": 8}, r"the last batch: got '1 of 9 examples'.*drop_last=true"),
        ("lenet-norm", {"examples": 8, "batch_size": 1}, r"batches of 1'.*larger batch_size"),
        ("lenet-norm", {"examples": 8, "batch_size": 8, "accumulate": 8}, r"8 in 8 pieces'.*accumulate"),
        ("lenet-norm", {"examples": 11, "batch_size": 8, "accumulate": 2}, r"3 of 11 examples in 2 pieces"),
    ],
)
def test_a_batch_of_one_under_batch_normalization_is_found_before_anything_is_written(runs, recipe, changes, words):
    with pytest.raises(ConfigError, match=words):
        train(recipe, changes={**LARGE, **changes}, device="cpu")
    assert not runs.exists()


@pytest.mark.parametrize("changes", [{"drop_last": True}, {"batch_size": 5}])
def test_without_a_batch_of_one_it_trains(runs, changes):
    given = {**LARGE, "examples": 9, "batch_size": 8, **changes}
    assert train("lenet-norm", changes=given, device="cpu").status == "finished"


def test_fit_finds_it_too_and_only_where_a_layer_sees_one_value_a_channel(runs):
    x, y = torch.randn(9, 1, 4, 4), torch.arange(9) % 2
    flat = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(16), nn.Linear(16, 2))
    with pytest.raises(ConfigError, match=r"layer 1.*drop_last=true"):
        fit(flat, (x, y), task="classification", epochs=1, batch_size=8, device="cpu")
    assert not runs.exists()
    wide = nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(16, 2))  # 16 values a channel: one image is enough
    assert fit(wide, (x, y), task="classification", epochs=1, batch_size=8, device="cpu").status == "finished"


def test_one_broken_record_hides_no_other(folder, tmp_path):
    for number, text in enumerate((b"[" * 100_000, b'{"seconds": NaN}', b"\xff")):
        broken = shutil.copytree(folder, tmp_path / f"broken{number}")
        (broken / ("recipe.json" if number else "metrics.jsonl")).write_bytes(text + b"\n")
    half = shutil.copytree(folder, tmp_path / ".mlp-20260101-000000-0.part")
    found = {record.name: summarize(record)["status"] for record in find_records(tmp_path)}
    assert found == {"broken0": "broken", "broken1": "broken", "broken2": "broken", folder.name: "running"}
    assert half.exists()


def test_compare_leaves_a_broken_record_out_and_says_so(folder, tmp_path, capsys, monkeypatch):
    from d2lab.cli.results import compare

    monkeypatch.chdir(tmp_path)
    other, broken = (shutil.copytree(folder, tmp_path / name) for name in ("other", "broken"))
    (broken / "metrics.jsonl").write_bytes(b"[" * 100_000 + b"\n")
    compare([folder, broken, other], out=tmp_path / "compare")
    said = capsys.readouterr()
    assert "left out: " in said.err
    assert "broken" in said.err
    assert "other" in said.out
    with pytest.raises(RunError, match="broken"):
        compare([folder, broken], out=tmp_path / "second")


@pytest.mark.parametrize(
    "text", ["{broken", "[]", '{"lessons": 3}', '{"lessons": [1]}', '{"lessons": ' + "[" * 100_000]
)
def test_a_broken_site_stamp_is_one_line(tmp_path, text):
    from d2lab.site.stamp import STAMP, lessons_of

    (tmp_path / STAMP).write_text(text)
    with pytest.raises(ConfigError, match="site build"):
        lessons_of(tmp_path)
