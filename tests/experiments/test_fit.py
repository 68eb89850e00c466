"""fit: your own model and examples in the same loop; what is wrong is one line, what was broken off goes on."""

import signal

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from d2lab.core.errors import ConfigError, DataError, NonFiniteError
from d2lab.data.split import Split
from d2lab.experiments import fit
from d2lab.train.callback import Callback
from d2lab.train.checkpoint import load_checkpoint
from d2lab.train.progress import NoProgress


def examples(count=60):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, 4, generator=generator)
    return x, (x.sum(1) > 0).long()


def net():
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))


def run_of(root, model=None, train=None, valid=None, **told):
    told = {"task": "classification", "epochs": 3, "batch_size": 16, **told}
    return fit(model or net(), train or examples(), valid, device="cpu", root=root, progress=NoProgress(), **told)


def test_tensors_a_split_and_a_dataset_give_the_same_weights(tmp_path):
    x, y = examples()
    forms = [(x, y), Split(x, y), TensorDataset(x, y)]
    ends = [run_of(tmp_path / str(n), train=form).model.state_dict() for n, form in enumerate(forms)]
    for end in ends[1:]:
        assert all(torch.equal(end[name], value) for name, value in ends[0].items())


def test_it_learns_and_leaves_a_record(tmp_path):
    run = run_of(tmp_path, valid=examples(40), epochs=20, learning_rate=0.01)
    assert run.status == "finished"
    assert run.last["valid_accuracy"] > 0.9
    assert run.record.recipe()["settings"]["optimizer.name"] == "adam"


def test_a_broken_off_run_ends_at_the_same_bits(tmp_path):
    whole = run_of(tmp_path / "whole", epochs=4)

    class Stop(Callback):
        def on_step(self, step, result):
            if step == 6:
                signal.raise_signal(signal.SIGINT)

    cut = run_of(tmp_path / "cut", epochs=4, callbacks=[Stop()])
    assert cut.status == "interrupted"
    again = run_of(tmp_path / "cut", epochs=4, resume=cut.record.folder)
    assert again.status == "finished"
    ours, theirs = (load_checkpoint(run.record.checkpoint).tensors for run in (again, whole))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_early_stop_keeps_the_best_weights(tmp_path):
    run = run_of(tmp_path, valid=examples(40), epochs=60, patience=2, learning_rate=0.3)
    rows = [row for row in run.record.rows() if "epoch" in row]
    assert run.status == "stopped early"
    best = min(rows, key=lambda row: row["valid_loss"])
    assert rows[-1]["epoch"] - best["epoch"] == 2
    x, y = examples(40)
    loss = nn.functional.cross_entropy(run.model.eval()(x), y).item()
    assert loss == pytest.approx(best["valid_loss"], rel=1e-5)


class Uneven(Dataset):
    def __len__(self):
        return 3

    def __getitem__(self, number):
        return torch.zeros(number + 1), 0


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"task": None}, ConfigError, "got 'neither'"),
        ({"loss": nn.CrossEntropyLoss()}, ConfigError, "got 'both'"),
        ({"task": "clasification"}, ConfigError, "Did you mean 'classification'"),
        ({"epochs": 0}, ConfigError, "epochs"),
        ({"learning_rat": 0.1}, ConfigError, "learning_rate"),
        ({"patience": 2}, ConfigError, "a validation set to watch"),
        ({"optimizer": "sdg"}, ConfigError, "sgd"),
        ({"train": ("a", "b")}, DataError, "a torch.utils.data.Dataset of pairs"),
        ({"train": Uneven()}, DataError, "examples of one shape"),
        ({"train": (torch.zeros(3, 4), torch.zeros(2))}, DataError, "one target for each input"),
        ({"model": nn.Flatten()}, ConfigError, "no weights to train"),
        ({"batch_size": 100, "drop_last": True}, ConfigError, "at most 60"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(told, error, words, tmp_path):
    with pytest.raises(error) as caught:
        run_of(tmp_path / "runs", **told)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_record_of_other_arguments_is_not_gone_on_with(tmp_path):
    run = run_of(tmp_path)
    for told in ({"epochs": 5}, {"model": nn.Linear(4, 2)}, {"seed": 1}):
        with pytest.raises(ConfigError, match="the run of these arguments"):
            run_of(tmp_path, resume=run.record.folder, **told)


def test_a_loss_that_breaks_is_explained(tmp_path):
    with pytest.raises(NonFiniteError, match="loss at step"):
        run_of(tmp_path, learning_rate=1e6, weight_decay=1.0, optimizer="sgd", epochs=20)
