"""Runs that begin with weights learnt elsewhere: what they take, what stays, how they go on, what they refuse."""

import json
import shutil
import signal

import pytest
import torch

from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.data.catalog import load as load_set
from d2lab.experiments import load_run, resume, train
from d2lab.experiments.classes import keep_classes, with_classes
from d2lab.experiments.data import load_data
from d2lab.experiments.plan import plan
from d2lab.experiments.pretrained import open_source
from d2lab.models.pretrained import PretrainedConfig
from d2lab.train import loop
from d2lab.train.checkpoint import load_checkpoint

LOW, HIGH = ("0", "1", "2", "3", "4"), ("5", "6", "7", "8", "9")
QUICK = {"epochs": 2, "batch_size": 32, "examples": 64, "warmup_steps": 0, "threads": 1}
TINY = {"depth": 8, "side": 16}


def weights(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A ResNet that has seen the digits 0 to 4."""
    root = tmp_path_factory.mktemp("source")
    return train("resnet20", changes={**QUICK, **TINY, "only": LOW}, device="cpu", root=root).record.folder


def tune(source, **changes):
    changes = {**QUICK, "only": HIGH, "head_lr_scale": 10.0, **changes}
    return train("finetune", changes=changes, device="cpu", source=str(source), seed=1)


@pytest.fixture
def at_step_0(monkeypatch):
    """See the train_step as it is before its first step."""
    seen, take = [], loop.TrainStep.__call__

    def taken(self, *batch):
        if self.step == 0:
            seen.append({name: value.clone() for name, value in self.model.state_dict().items()})
        return take(self, *batch)

    monkeypatch.setattr(loop.TrainStep, "__call__", taken)
    return seen


def test_a_run_begins_with_the_body_of_its_source_and_a_head_of_its_own(runs, source, at_step_0):
    run = tune(source)
    theirs = load_run(source).net.state_dict()
    for name, value in at_step_0[0].items():
        assert torch.equal(value, theirs[name]) == (not name.startswith("out.")), name
    settings = run.record.recipe()["settings"]
    assert (settings["model.depth"], settings["model.side"], settings["model.classes"]) == (8, 16, 5)
    assert settings["finetune.source"] == str(source.absolute())
    assert len(settings["finetune.sha256"]) == 64


def test_a_head_of_known_classes_begins_with_their_rows(runs, source, at_step_0):
    tune(source, only="7,3,8,1", head="classes")
    theirs, ours = load_run(source).net, at_step_0[0]
    assert torch.equal(ours["out.weight"][[1, 3]], theirs.out.weight[[3, 1]])
    assert torch.equal(ours["out.bias"][[1, 3]], theirs.out.bias[[3, 1]])
    assert not torch.isin(ours["out.weight"][[0, 2]], theirs.out.weight).any()
    with pytest.raises(ConfigError, match="a class of the source among 5, 6"):
        tune(source, head="classes")


def test_with_all_rows_known_the_first_answers_are_the_sources(runs, source, monkeypatch):
    from d2lab.train.evaluate import predict

    seen, run = [], loop.Loop.run

    def ran(self):
        seen.append(
            predict(
                self.train_step.model,
                self.test,
                self.train_step.task,
                prepare=self.train_step.prepare,
                device=self.train_step.device,
            )
        )
        return run(self)

    monkeypatch.setattr(loop.Loop, "run", ran)
    tune(source, only=LOW, head="classes")
    trained = load_run(source)
    torch.testing.assert_close(seen[0], trained.predict(trained.test_split()), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("last", ["stage2", "body"])
def test_frozen_layers_end_as_the_source_had_them_through_every_evaluation(runs, source, last):
    run, theirs = tune(source, freeze=last), load_run(source).net.state_dict()
    frozen = [name for name in theirs if not name.startswith("out.") and (last == "body" or "stage3" not in name)]
    assert len(frozen) > 20
    assert all(torch.equal(run.model.state_dict()[name], theirs[name]) for name in frozen)
    moved = [name for name in theirs if name not in frozen]
    assert all(
        theirs[n].shape != run.model.state_dict()[n].shape or not torch.equal(run.model.state_dict()[n], theirs[n])
        for n in moved
    )


@pytest.mark.parametrize("optimizer", [{}, {"optimizer.name": "adam", "momentum": 0.0, "learning_rate": 0.001}])
@pytest.mark.parametrize("steps", [1, 3])
def test_a_broken_off_fine_tuning_ends_at_the_same_bits_without_its_source(
    runs, source, monkeypatch, tmp_path, steps, optimizer
):
    mine = shutil.copytree(source, tmp_path / "mine")
    whole = tune(mine, freeze="stage1", **optimizer)
    take = loop.TrainStep.__call__

    def taken(self, *batch):
        result = take(self, *batch)
        if self.step == steps:
            signal.raise_signal(signal.SIGINT)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(loop.TrainStep, "__call__", taken)
        broken = tune(mine, freeze="stage1", **optimizer)
    assert broken.status == "interrupted"
    shutil.rmtree(mine)  # all that going on needs is in the checkpoint
    resumed = resume(broken.record.folder)
    assert same(weights(resumed), weights(whole))
    assert load_run(resumed.record.folder).evaluate()["loss"] == pytest.approx(whole.last["test_loss"], rel=1e-4)


def test_each_group_has_the_scheduled_rate_times_its_factor(runs, source, monkeypatch):
    seen, take = [], loop.TrainStep.__call__

    def taken(self, *batch):
        result = take(self, *batch)
        seen.append([self.learning_rate(self.step - 1), *(group["lr"] for group in self.optimizer.param_groups)])
        return result

    monkeypatch.setattr(loop.TrainStep, "__call__", taken)
    run = tune(source, learning_rate=0.02, epochs=3, head_lr_scale=5.0)
    scheduled = [row["learning_rate"] for row in run.record.rows() if "loss" in row]
    assert len(set(scheduled)) == len(scheduled) == 6
    for (rate, body, head), expected in zip(seen, scheduled, strict=True):
        assert rate == body == expected
        assert head == pytest.approx(5 * expected, rel=1e-12)


def test_the_first_step_of_each_group_is_that_of_torch_with_two_rates(runs, source, at_step_0):
    run = tune(
        source,
        learning_rate=0.005,
        epochs=1,
        batch_size=64,
        momentum=0.0,
        weight_decay=0.0,
        **{"schedule.name": "constant"},
    )
    net = load_run(source).net
    net.out = torch.nn.Linear(64, 5)
    net.load_state_dict(at_step_0[0])
    split = load_data(load_run(run.record.folder).experiment)[0]
    body = [p for name, p in net.named_parameters() if not name.startswith("out.")]
    optimizer = torch.optim.SGD([{"params": body, "lr": 0.005}, {"params": net.out.parameters(), "lr": 0.05}])
    torch.nn.functional.cross_entropy(net.train()(split.inputs / 255), split.targets).backward()
    optimizer.step()
    for (name, mine), theirs in zip(run.model.named_parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6, msg=name)


def test_a_run_killed_before_its_first_checkpoint_begins_with_the_source_again(runs, source, tmp_path):
    mine = shutil.copytree(source, tmp_path / "mine")
    run = tune(mine)
    shutil.rmtree(run.record.checkpoint)
    assert same(weights(resume(run.record.folder)), weights(run))
    shutil.rmtree(run.record.checkpoint)
    other = train("resnet20", changes={**QUICK, **TINY, "only": LOW}, device="cpu", seed=9, root=tmp_path).record.folder
    shutil.rmtree(mine)
    other.rename(mine)
    with pytest.raises(RunError, match=r"need sha256"):
        resume(run.record.folder)
    shutil.rmtree(mine)
    with pytest.raises(RunError, match="--from"):
        resume(run.record.folder)


@pytest.mark.slow  # also run, as every recipe's smoke budget, by test_train.py
def test_the_recipe_makes_its_own_source_where_none_is_named(runs):
    run = train("finetune", budget="smoke", changes={"threads": 1}, device="cpu")
    (first,) = runs.glob("resnet20-*")
    recipe = run.record.recipe()
    assert recipe["settings"]["finetune.source"] == str(first.absolute())
    assert json.loads((first / "recipe.json").read_text())["settings"]["only"] == list(LOW)
    assert load_run(run.record.folder).experiment.card.classes == HIGH


def test_what_is_wrong_shows_before_the_first_of_two_runs(runs):
    with pytest.raises(ConfigError, match="learning_rate"):
        train("finetune", changes={"learning_rate": -1}, device="cpu")
    assert not runs.exists()


def test_ctrl_c_in_the_first_of_two_runs_ends_both(runs, monkeypatch):
    take = loop.TrainStep.__call__

    def taken(self, *batch):
        signal.raise_signal(signal.SIGINT)
        return take(self, *batch)

    monkeypatch.setattr(loop.TrainStep, "__call__", taken)
    run = train("finetune", budget="smoke", device="cpu")
    assert run.status == "interrupted"
    assert [path.name.split("-")[0] for path in runs.iterdir()] == ["resnet20"]


def test_classes_are_numbered_in_the_order_stated():
    split = load_set("digits").train
    kept = keep_classes(split, [str(n) for n in range(10)], ("7", "2"))
    assert torch.equal(kept.inputs, split.inputs[(split.targets == 7) | (split.targets == 2)])
    assert kept.targets.tolist() == [0 if t == 7 else 1 for t in split.targets.tolist() if t in (7, 2)]
    card = plan("lenet", changes={"only": ("7", "2")}, device="cpu").card
    assert card.classes == ("7", "2")
    assert keep_classes(split, card.classes, ()) is split


@pytest.mark.parametrize(
    ("only", "words"),
    [
        (("7", "x"), "a class of digits"),
        (("7",), "two classes"),
        (("7", "7"), "each once"),
        (("10", "1"), "Did you mean '1'"),
    ],
)
def test_classes_that_make_no_set_are_refused(only, words):
    with pytest.raises(ConfigError, match=words):
        with_classes(load_set("digits").card, only)
    with pytest.raises(ConfigError):
        plan("lenet", changes={"only": only}, device="cpu")


def test_a_source_that_does_not_fit_is_refused_and_nothing_written(runs, source, tmp_path):
    lenet = train("lenet", changes={**QUICK, "epochs": 1}, device="cpu", root=tmp_path).record.folder
    before = sorted(runs.rglob("*"))
    for given, changes, words in (
        (tmp_path / "nowhere", {}, "a name of d2lab pretrained list"),
        (lenet, {"side": 20}, "hidden1.weight"),
        (lenet, {"freeze": "conv3"}, "Did you mean 'conv2'"),
        (source, {"head_lr_scale": 0}, "above 0"),
        (source, {"sha256": "0" * 64}, "need '?sha256 000"),
    ):
        with pytest.raises((ConfigError, RunError), match=words):
            tune(given, **changes)
    assert sorted(runs.rglob("*")) == before


def test_a_source_may_be_named_by_set_as_well(runs, source):
    changes = {**QUICK, "only": HIGH, "source": str(source), "epochs": 1}
    assert train("resnet20", changes=changes, device="cpu").record.recipe()["settings"]["finetune.source"] == str(
        source
    )


def test_a_record_from_before_there_were_sources_is_read(runs, small):
    run = train("mlp", changes=small, device="cpu")
    recipe = json.loads((run.record.folder / "recipe.json").read_text())
    del recipe["model"]
    for name in [name for name in recipe["settings"] if name.startswith("finetune.") or name == "only"]:
        del recipe["settings"][name]
    (run.record.folder / "recipe.json").write_text(json.dumps(recipe))
    state = run.record.checkpoint / "state.json"  # a checkpoint of that time was not bound to the settings
    state.write_text(json.dumps(json.loads(state.read_text()) | {"format": 2}))
    assert same(weights(resume(run.record.folder)), weights(run))


def test_a_record_of_an_unknown_model_is_refused(runs, small):
    run = train("mlp", changes=small, device="cpu")
    recipe = json.loads((run.record.folder / "recipe.json").read_text())
    (run.record.folder / "recipe.json").write_text(json.dumps(recipe | {"model": "MPLConfig"}))
    with pytest.raises(RunError, match="Did you mean 'MLPConfig'"):
        load_run(run.record.folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torchvision/squeezenet1_1", "timm/resnet18.a1_in1k"])
def test_weights_of_others_are_tuned_kept_and_used(runs, tmp_path, cache, name, at_step_0):
    pytest.importorskip("torchvision", exc_type=ImportError)
    pytest.importorskip("timm", exc_type=ImportError)
    from tests.pretrained.conftest import random_net, saved

    from d2lab.experiments.export import export_run

    path = saved(random_net(name), tmp_path / "x.pth")
    changes = {**QUICK, "side": 32, "epochs": 1, "freeze": "body"}
    run = train("finetune", changes=changes, source=f"{name}:{path}", device="cpu")
    theirs = open_source(f"{name}:{path}").read()
    ours = run.model.state_dict()
    head = [key for key in theirs if theirs[key].shape != ours[key].shape]
    assert len(head) == 2
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs if key not in head)
    path.unlink()
    trained = load_run(run.record.folder)
    config = trained.experiment.settings.model
    assert isinstance(config, PretrainedConfig)
    assert (config.classes, config.channels, config.side) == (5, 1, 32)
    assert trained.evaluate()["loss"] == pytest.approx(run.last["test_loss"], rel=1e-4)
    again = train(
        "lenet", changes={**QUICK, "epochs": 1}, source=str(run.record.folder), device="cpu"
    )  # a source itself
    assert again.record.recipe()["model"] == "PretrainedConfig"
    assert export_run(run.record.folder, "torch-export")[1] < 1e-4


@pytest.mark.slow
def test_a_record_without_a_checkpoint_does_not_download_the_weights_it_names(runs, tmp_path, cache, monkeypatch):
    pytest.importorskip("timm", exc_type=ImportError)
    from tests.pretrained.conftest import SMALL_TIMM, random_net, saved

    from d2lab.pretrained import find_origin, hub

    mine = tmp_path / "mine" / "pretrained" / find_origin(SMALL_TIMM).file
    mine.parent.mkdir(parents=True)
    saved(random_net(SMALL_TIMM), mine)
    monkeypatch.setenv("D2LAB_DATA", str(tmp_path / "mine"))
    run = train("finetune", changes={**QUICK, "side": 32, "epochs": 1}, source=SMALL_TIMM, device="cpu")
    shutil.rmtree(run.record.checkpoint)  # as a kill before the first one leaves it
    monkeypatch.delenv("D2LAB_DATA")
    with pytest.raises(DataError, match=r"got 'absent', need .* Run d2lab pretrained fetch timm/test_resnet.r160_in1k"):
        resume(run.record.folder)
    asked = []
    monkeypatch.setattr(hub, "_ask", lambda origin: asked.append(origin.name) or pytest.fail("asked"))
    with pytest.raises(pytest.fail.Exception):
        resume(run.record.folder, download=True)
    assert len(asked) == 1


def test_a_checkpoint_holds_the_state_of_both_groups(runs, source):
    run = tune(source)
    state = [key for key in load_checkpoint(run.record.checkpoint).tensors if key.startswith("optimizer.")]
    assert len(state) == len(list(run.model.parameters()))
