"""Checkpoints: whole, exact, and deaf to everything that is not ours."""

import json
import pickle

import pytest
import torch

from d2lab.core import atomic
from d2lab.core.errors import RunError
from d2lab.core.json_file import canonical_hash
from d2lab.train.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint

TENSORS = {
    "model.w": torch.arange(6.0).reshape(2, 3).t(),  # not contiguous
    "luck.cpu": torch.arange(5, dtype=torch.uint8),
    "optimizer.0.step": torch.tensor(3.0),
}


@pytest.fixture
def saved(tmp_path):
    save_checkpoint(tmp_path, Checkpoint(7, TENSORS, {"sums": {"loss": 0.1 + 0.2}}))
    return tmp_path


def state(folder):
    return json.loads((folder / "state.json").read_text())


def rewrite(folder, **changes):
    """Change fields of state.json, and the hash over them with it, as an attacker would."""
    changed = {key: value for key, value in {**state(folder), **changes}.items() if key != "hash"}
    changed["hash"] = changes.get("hash", canonical_hash(changed))
    (folder / "state.json").write_text(json.dumps(changed))


def test_gives_back_what_was_saved(saved):
    loaded = load_checkpoint(saved)
    assert loaded.step == 7
    assert loaded.values == {"sums": {"loss": 0.1 + 0.2}}
    assert loaded.tensors.keys() == TENSORS.keys()
    assert all(torch.equal(loaded.tensors[name], TENSORS[name]) for name in TENSORS)


def test_keeps_one_generation(saved):
    save_checkpoint(saved, Checkpoint(9, TENSORS, {}))
    save_checkpoint(saved, Checkpoint(9, TENSORS, {"again": True}))
    assert load_checkpoint(saved).values == {"again": True}
    assert len(list(saved.iterdir())) == 2


def test_a_full_disk_leaves_the_old_checkpoint(saved, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        save_checkpoint(saved, Checkpoint(8, TENSORS, {}))
    monkeypatch.undo()
    assert load_checkpoint(saved).step == 7
    assert len(list(saved.iterdir())) == 2


def test_forgets_what_a_kill_left_behind(saved):
    (saved / ".state.json.0123abcd.part").write_text("{")
    (saved / "tensors-00000008.safetensors").write_bytes(b"newer, never vouched for")
    save_checkpoint(saved, Checkpoint(8, TENSORS, {}))
    assert load_checkpoint(saved).step == 8
    assert len(list(saved.iterdir())) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 99}, "format 99"),
        ({"tensors": "../elsewhere.safetensors"}, "tensors file"),
        ({"tensors": "missing.safetensors"}, "tensors file"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"step": None}, "fields"),
        ({"values": 3}, "fields"),
    ],
)
def test_refuses_a_state_that_is_not_ours(saved, changes, words):
    (saved.parent / "elsewhere.safetensors").write_bytes(b"")
    rewrite(saved, **changes)
    with pytest.raises(RunError, match=words):
        load_checkpoint(saved)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00\xff"])
def test_refuses_a_state_that_is_no_json_object(saved, text):
    (saved / "state.json").write_text(text, encoding="latin-1")
    with pytest.raises(RunError):
        load_checkpoint(saved)


def test_refuses_truncated_tensors(saved):
    path = saved / state(saved)["tensors"]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError, match="sha256"):
        load_checkpoint(saved)


def test_a_pickle_in_disguise_does_not_run(saved, tmp_path):
    import hashlib

    class Payload:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    content = pickle.dumps({"model.w": Payload()})
    (saved / "tensors-00000007.safetensors").write_bytes(content)
    rewrite(saved, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(RunError, match="safetensors"):
        load_checkpoint(saved)
    assert not (tmp_path / "ran").exists()


def test_weights_go_in_all_or_none():
    model = torch.nn.Linear(3, 2)
    before = model.weight.detach().clone()
    for wrong in ({"weight": torch.ones(2, 3)}, {"weight": torch.ones(2, 3), "bias": torch.ones(4)}):
        with pytest.raises(RunError, match="bias"):
            load_weights(model, wrong, "a run")
        assert torch.equal(model.weight, before)


@pytest.mark.parametrize("text", ['{"format": 1, "step": Infinity}', "[" * 100_000, '{"a": NaN}'])
def test_refuses_numbers_and_depths_that_json_readers_choke_on(saved, text):
    if text.startswith('{"format"'):
        text = json.dumps({**state(saved), "step": float("inf")})
    (saved / "state.json").write_text(text)
    with pytest.raises(RunError):
        load_checkpoint(saved)
