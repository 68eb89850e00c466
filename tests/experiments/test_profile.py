"""The bottleneck of five planted cases is named, and the parts of a profile agree with one another."""

import json
import time

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.experiments.profile import Profile, ProfiledLayer, StepMemory, profile_steps
from d2lab.experiments.profiled import profile
from d2lab.experiments.step_times import PHASES, StepRunner, any_batches, marking, scaled
from d2lab.inspection.checkpointing import plan_checkpoints
from d2lab.inspection.layer_costs import LayerCost
from d2lab.inspection.operation_costs import Cost
from d2lab.inspection.roofline import Bounds, Roof, measure_roof
from d2lab.inspection.timeline import Timeline
from d2lab.metrics import Metric
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.train.config import LoopConfig
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def roof():
    return measure_roof(CPU, most_bytes=2**24)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def step_of(model, inputs, **optimizer):
    return TrainStep(
        model,
        find_task("classification"),
        optimizer=OptimizerConfig(learning_rate=0.01, **optimizer),
        schedule=ScheduleConfig(),
        loop=LoopConfig(layout="plain"),
        prepare=lambda tensor: tensor,
        example=inputs[:1],
        device=CPU,
        total_steps=1000,
    )


def profiled(model, inputs, roof, *, classes=4, metrics=(), wait=0.0, steps=6):
    batch = Batch(inputs, torch.arange(len(inputs)) % classes)

    class Waiting:
        def __iter__(self):
            for _ in range(10):
                if wait:  # even no seconds of sleep hand the core to other programs
                    time.sleep(wait)
                yield batch

    return profile_steps(step_of(model, inputs), any_batches(Waiting()), metrics=metrics, steps=steps, roof=roof)


class ReadsEverything(Metric):
    """A metric that asks for every output by itself."""

    def update(self, outputs, batch):
        self.sum = sum(value.item() for row in outputs for value in row)

    def merge(self, other):
        self.sum += other.sum

    def compute(self):
        return {"sum": self.sum}


class Elementwise(nn.Module):
    """Layers that read and write much and compute little."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.layers = nn.Sequential(nn.ReLU(), nn.LeakyReLU(0.1), nn.ReLU(), nn.LeakyReLU(0.2))

    def forward(self, x):
        return self.layers(x * self.scale).mean(2)


def test_slow_data_are_named(roof):
    found = profiled(nn.Linear(8, 4), torch.randn(16, 8), roof, wait=0.03)
    assert found.bottleneck == "data"
    assert found.phases["data"] >= 0.03
    assert found.causes["data"] > 0.7


def test_tiny_kernels_are_named(roof):
    layers = [layer for _ in range(20) for layer in (nn.Linear(4, 4), nn.ReLU())]
    found = profiled(nn.Sequential(*layers), torch.randn(2, 4), roof)
    assert found.bottleneck == "overhead"
    assert {layer.bounds.regime for layer in found.layers} == {"overhead"}


def test_layers_bound_by_bandwidth_are_named(roof):
    found = profiled(Elementwise(), torch.randn(16, 4, 2**15), roof)
    assert found.bottleneck == "bandwidth"
    by_name = {layer.cost.name: layer.bounds.regime for layer in found.layers}
    assert {by_name[f"layers.{n}"] for n in range(4)} == {"bandwidth"}


def test_layers_bound_by_arithmetic_are_named(roof):
    model = nn.Sequential(nn.Linear(768, 768), nn.ReLU(), nn.Linear(768, 768))
    found = profiled(model, torch.randn(512, 768), roof)
    assert found.bottleneck == "compute"
    by_name = {layer.cost.name: layer.bounds.regime for layer in found.layers}
    assert by_name["0"] == by_name["2"] == "compute"
    assert by_name["1"] != "compute"


def test_a_metric_that_reads_every_output_is_named(roof):
    found = profiled(nn.Linear(8, 16), torch.randn(256, 8), roof, metrics=[ReadsEverything()])
    assert found.bottleneck == "metrics"
    assert found.reads == 256 * 16


def test_the_same_step_without_the_plants_has_another_bottleneck(roof):
    found = profiled(nn.Linear(8, 16), torch.randn(256, 8), roof)
    assert found.bottleneck == "overhead"
    assert found.reads == 0


def test_the_parts_of_a_profile_agree(roof):
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
    found = profiled(model, torch.randn(64, 32), roof)
    assert list(found.phases) == list(PHASES)
    assert sum(found.causes.values()) == pytest.approx(1)
    numbers = 32 * 64 + 64 + 64 * 10 + 10
    assert found.memory.weights == found.memory.gradients == 4 * numbers
    assert found.memory.optimizer == 0
    layers = found.layers[:-1]
    assert [layer.cost.label for layer in found.layers] == ["0", "1", "2", "loss", "optimizer"]
    for way in ("forward", "backward"):  # the rest is Python's, between the layers
        assert 0 < sum(getattr(layer, f"{way}_s") for layer in layers) <= found.phases[way] * 1.0001
    assert found.layers[-1].seconds == found.phases["optimizer"]
    read = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert read["bottleneck"] == found.bottleneck
    assert read["layers"][0]["forward"]["flops"] == 2 * 64 * 32 * 64


def planted(phases, layers=()):
    """A profile from stated numbers: layers as (regime, seconds)."""
    costs = {"compute": (1.0, 0.1, 0.1), "bandwidth": (0.1, 1.0, 0.1), "overhead": (0.1, 0.1, 1.0)}
    empty = LayerCost(name="a", kind="b", forward=Cost(), backward=Cost(), saved_bytes=0)
    return Profile(
        device="cpu",
        threads=1,
        precision="float32",
        batch_size=1,
        phases=dict.fromkeys(PHASES, 0.0) | phases,
        layers=tuple(
            ProfiledLayer(
                cost=empty,
                forward_s=seconds / 4,
                backward_s=3 * seconds / 4,
                bounds=Bounds(**dict(zip(("compute_s", "bandwidth_s", "overhead_s"), costs[regime], strict=True))),
            )
            for regime, seconds in layers
        ),
        roof=Roof(flops_per_s={"float32": 1.0}, bytes_per_s={1: 1.0}, operation_s=1.0),
        memory=StepMemory(weights=1, buffers=2, gradients=4, optimizer=8, activations=16),
        checkpoints=plan_checkpoints([]),
        reads=0,
        operators=(),
    )


@pytest.mark.parametrize(
    ("phases", "layers", "cause", "share"),
    [
        ({"data": 2.0, "prepare": 3.0, "forward": 4.0}, [("compute", 4.0)], "data", 5 / 9),
        ({"metrics": 5.0, "forward": 4.0}, [("compute", 4.0)], "metrics", 5 / 9),
        ({"python": 2.0, "forward": 5.0}, [("compute", 3.0), ("overhead", 2.0)], "overhead", 4 / 7),
        ({"forward": 5.0}, [("compute", 2.0)], "overhead", 3 / 5),  # three seconds are no layer's
        ({"forward": 6.0}, [("compute", 2.0), ("bandwidth", 3.0), ("overhead", 1.0)], "bandwidth", 1 / 2),
        ({"forward": 6.0}, [("compute", 4.0), ("bandwidth", 2.0)], "compute", 2 / 3),
    ],
)
def test_the_largest_cause_is_the_bottleneck(phases, layers, cause, share):
    found = planted(phases, layers)
    assert found.bottleneck == cause
    assert found.causes[cause] == pytest.approx(share)
    assert found.memory.total == 31


def test_times_with_hooks_are_scaled_to_those_without():
    times = {("a", False): 1.0, ("b", False): 3.0, ("b", True): 5.0}
    assert scaled(times, {"forward": 2.0, "backward": 1.0}) == {("a", False): 0.5, ("b", False): 1.5, ("b", True): 1.0}


def test_a_timeline_gives_each_key_what_lies_until_the_next_mark():
    ticks = iter([0.0, 1.0, 3.0, 6.0, 10.0, 15.0, 21.0])
    timeline = Timeline(CPU, clock=lambda: next(ticks))
    for key in ("early", "data", "forward", "data", "forward", "data", "end"):
        timeline.mark(key)
    assert timeline.laps("data") == [{"data": 2.0, "forward": 3.0}, {"data": 4.0, "forward": 5.0}, {"data": 6.0}]


def test_marking_leaves_the_step_as_it_was():
    inputs = torch.randn(4, 8)
    step, told = step_of(nn.Linear(8, 4), inputs, momentum=0.9), []
    task = step.task
    runner = StepRunner(step, any_batches([Batch(inputs, torch.arange(4))]), on_step=[lambda n, _: told.append(n)])
    with marking(step, told.append):
        runner.take(told.append)
    assert told == [
        "data",
        "python",
        "prepare",
        "python",
        "forward",
        "backward",
        "optimizer",
        "python",
        "metrics",
        1,
        "python",
    ]
    told.clear()
    runner.take()
    assert told == [2]
    assert step.task is task
    assert "prepared" not in vars(step)
    runner.close()


def test_a_schedule_is_not_asked_for_steps_behind_its_end():
    inputs = torch.randn(4, 8)
    step = step_of(nn.Linear(8, 4), inputs)
    step.step = step.total_steps
    StepRunner(step, any_batches([Batch(inputs, torch.arange(4))])).take()
    assert step.step == 1


def test_a_recipe_and_its_run_are_profiled(tmp_path):
    from d2lab.experiments import train

    found = profile("softmax", device="cpu", steps=5, changes={"threads": 1, "batch_size": 64})
    assert found.profile.batch_size == 64
    assert found.profile.memory.weights > 0
    run = train("softmax", budget="smoke", device="cpu", root=tmp_path, changes={"momentum": 0.9}).record.folder
    before = sorted(path.name for path in run.iterdir())
    again = profile(str(run), steps=5, changes={"batch_size": 16})
    assert again.profile.batch_size == 16
    assert again.profile.memory.optimizer == again.profile.memory.weights  # the run's momentum
    assert sorted(path.name for path in run.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("lenett", {}, "Did you mean 'lenet'"),
        ("ngram", {}, "in each step"),
        ("lenet", {"compile": "true"}, "hides its layers"),
        ("lenet", {"batchsize": "3"}, "batch"),
    ],
)
def test_what_has_no_steps_to_profile_is_refused(name, changes, words):
    with pytest.raises(ConfigError, match=words):
        profile(name, changes=changes, device="cpu")
