"""Nothing on the way of a step may make an accelerator wait: no value is read back, nothing is copied across.

Without an accelerator torch's meta device stands in for one: its tensors have no content, so reading a value fails,
and every copy from the processor shows in the list of operations. With one, torch itself watches.
"""

from collections import Counter

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.data.batches import Batches
from d2lab.data.split import Split
from d2lab.models import LeNetConfig, ResNetConfig, build_model
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.train import evaluate as evaluating
from d2lab.train import loop as looping
from d2lab.train.config import LoopConfig
from d2lab.train.evaluate import evaluate
from d2lab.train.loop import Loop
from d2lab.train.progress import NoProgress
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep
from d2lab.vision import sampling
from d2lab.vision.augment import Augment, AugmentConfig
from d2lab.vision.preparation import Prepare

CPU, META = torch.device("cpu"), torch.device("meta")
NETS = {"lenet": LeNetConfig(side=28), "resnet": ResNetConfig(side=28, channels=1)}


class Recorder(TorchDispatchMode):
    """Counts operations, those that cross between devices apart."""

    def __init__(self):
        super().__init__()
        self.operations, self.crossings = Counter(), []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.operations[function.overloadpacket._qualified_op_name.removeprefix("aten::")] += 1
        tensors = [t for t in tree_flatten((args, kwargs, result))[0] if isinstance(t, torch.Tensor)]
        if len({tensor.device.type for tensor in tensors}) > 1:
            self.crossings.append(str(function))
        return result


def bytes_of(count, side=28):
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (count, 1, side, side), generator=draw, dtype=torch.uint8)
    return Split(images, torch.randint(10, (count,), generator=draw))


def make_stepper(device, model="lenet", augment=None, optimizer=None, **loop):
    return TrainStep(
        build_model(NETS[model]),
        find_task("classification"),
        optimizer=optimizer or OptimizerConfig(learning_rate=0.1, momentum=0.9),
        schedule=ScheduleConfig(name="cosine", warmup_steps=2),
        loop=LoopConfig(batch_size=8, epochs=1, **loop),
        prepare=Prepare(),
        example=bytes_of(1).inputs,
        device=device,
        total_steps=10,
        augment=augment,
    )


@pytest.mark.parametrize("model", NETS)
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"accumulate": 3},
        {"optimizer": OptimizerConfig(name="adam", learning_rate=0.01)},
        {"optimizer": OptimizerConfig(name="rmsprop", learning_rate=0.01, clip_norm=1.0)},
        {"optimizer": OptimizerConfig(name="adagrad", learning_rate=0.01, clip_value=1.0)},
    ],
    ids=lambda given: "-".join(given) or "plain",
)
def test_a_step_reads_no_value_and_copies_nothing_across(model, given):
    train_step = make_stepper(META, model, **given)
    inputs, targets = (t.to(META) for t in (bytes_of(8).inputs, bytes_of(8).targets))
    train_step(Batch(inputs, targets))  # the first makes the optimizer's state
    with Recorder() as seen:
        result = train_step(Batch(inputs, targets))
        loss, outputs = result.loss, result.outputs
    assert not seen.crossings
    assert loss.device == outputs.device == META
    with pytest.raises(RuntimeError, match="meta"):
        loss.item()  # what a hidden wait would have met


def test_batches_are_made_where_they_are_used_from_one_copy_of_the_order():
    batches = Batches(bytes_of(640), batch_size=8, seed=0, device=META, prepare=Prepare())
    with Recorder() as seen:
        made = list(batches.epoch(0))
    assert len(seen.crossings) == 1  # the order
    assert len(made) == 80
    assert all(x.shape == (8, 1, 28, 28) and x.device == META and y.device == META for x, y in made)
    assert seen.operations["index_select"] < 80  # several batches an order to the device


def test_what_is_gathered_at_once_counts_images_as_the_net_reads_them():
    for side, most in ((None, 1), (224, 40)):  # 224 pixels a side are 64 times 28
        batches = Batches(bytes_of(640), batch_size=8, seed=0, device=META, prepare=Prepare(side))
        assert batches.group * 8 * (side or 28) ** 2 * 4 <= 10_000_000
        assert batches.group >= 6 if side else batches.group > most


class LuckOnMeta(torch.Generator):
    """Says that it lives on the meta device, which has no generators."""

    def __new__(cls, device):
        return super().__new__(cls)

    @property
    def device(self):
        return META

    def manual_seed(self, seed):
        return self


AUGMENTED = [
    {"flip": 0.5, "translate": 2, "cutout": 4},
    {"crop": 0.5},
    {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2},
    {"mixup": 0.2},
    {"cutmix": 1.0},
]


@pytest.mark.parametrize("changes", AUGMENTED, ids="-".join)
def test_augmentation_reads_no_value_and_copies_nothing_across(changes, monkeypatch):
    monkeypatch.setattr(sampling, "Generator", LuckOnMeta)
    for name in ("rand", "randint", "randperm"):
        plain = getattr(torch, name)
        monkeypatch.setattr(torch, name, lambda *a, plain=plain, generator=None, **k: plain(*a, **k))
    change = Augment(AugmentConfig(**changes), shape=(3, 28, 28), side=28, classes=10, seed=0)
    images = torch.empty(8, 3, 28, 28, dtype=torch.uint8, device=META)
    targets = torch.empty(8, dtype=torch.int64, device=META)
    change(images, targets, 0)  # the first makes what is kept
    with Recorder() as seen:
        pixels, _ = change(images, targets, 1)
    assert pixels.shape == (8, 3, 28, 28)
    assert not seen.crossings


def test_a_set_that_fits_goes_to_the_device_in_one_copy(monkeypatch):
    model, split = build_model(NETS["lenet"]).to(META), bytes_of(50)
    how = {"prepare": Prepare(), "device": META, "flips": True}
    monkeypatch.setattr(evaluating, "batch_size", lambda example: 10)
    for resident, copies in ((1 << 20, 2), (0, 1 + 2 * 5)):
        monkeypatch.setattr(evaluating, "RESIDENT_BYTES", resident)
        with Recorder() as seen:
            results = list(evaluating._results(model, split, find_task("classification"), *how.values(), None))
        assert [len(result.outputs) for result in results] == [10] * 5
        assert len(seen.crossings) == copies


def test_an_accelerator_looks_at_more_images_at_once():
    assert evaluating.batch_size(torch.empty(1, 1, 224, 224)) == 31
    assert evaluating.batch_size(torch.empty(1, 1, 224, 224, device=META)) == 127
    assert evaluating.batch_size(torch.empty(1, 1, 8, 8, device=META)) == 1000


def test_a_net_on_another_device_is_one_clear_word():
    model = build_model(NETS["lenet"])
    with pytest.raises(ConfigError, match=r"the batch's device: got 'meta', need cpu, where the model is"):
        evaluate(model, bytes_of(4), find_task("classification"), prepare=Prepare(), device=META)


def train(device, examples, **given):
    train_step = make_stepper(device, **given)
    batches = Batches(bytes_of(examples), batch_size=8, seed=0, device=device)
    config = LoopConfig(batch_size=8, epochs=1)
    loop = Loop(
        train_step, batches, config=config, test=bytes_of(8), validation=None, record=None, progress=NoProgress()
    )  # fmt: skip
    loop.run()
    return loop


def test_the_loop_refuses_batches_from_elsewhere():
    loop = Loop(
        make_stepper(CPU), Batches(bytes_of(8), batch_size=8, seed=0, device=META), config=LoopConfig(),
        test=bytes_of(8), validation=None, record=None, progress=NoProgress(),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="the batch's device: got 'meta', need cpu"):
        loop.run()


def test_the_loop_reads_as_few_values_for_many_steps_as_for_few(monkeypatch):
    monkeypatch.setattr(looping, "READ_EVERY_S", 1e9)
    read = []
    for steps in (3, 12):
        with Recorder() as seen:
            train(CPU, 8 * steps)
        read.append(seen.operations["_local_scalar_dense"])
    assert read[0] == read[1]


@pytest.fixture
def watched():
    """A card on which torch turns every hidden wait into an error."""
    torch.zeros(1, device="cuda")
    yield torch.device("cuda")
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.parametrize("model", NETS)
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"precision": "bfloat16"},
        {"precision": "float16"},
        {"precision": "float16", "optimizer": OptimizerConfig(learning_rate=0.1, clip_norm=1.0)},
        {"optimizer": OptimizerConfig(name="adam", learning_rate=0.01, clip_norm=1.0)},
        {"accumulate": 3},
    ],
)
def test_no_step_waits_on_a_card(watched, model, given):
    train_step = make_stepper(watched, model, **given)
    batches = Batches(bytes_of(64), batch_size=8, seed=0, device=watched, prepare=Prepare())
    for inputs, targets in batches.epoch(0):
        train_step(Batch(inputs, targets))
    steps = batches.epoch(1)
    first = next(steps)  # the epoch's order is copied once
    torch.cuda.set_sync_debug_mode("error")
    for inputs, targets in [first, *steps]:
        train_step(Batch(inputs, targets))


@pytest.mark.gpu
@pytest.mark.parametrize("changes", AUGMENTED, ids="-".join)
def test_no_augmentation_waits_on_a_card(watched, changes):
    change = Augment(AugmentConfig(**changes), shape=(3, 28, 28), side=28, classes=10, seed=0)
    images = torch.randint(256, (8, 3, 28, 28), dtype=torch.uint8, device=watched)
    targets = torch.randint(10, (8,), device=watched)
    change(images, targets, 0)
    torch.cuda.set_sync_debug_mode("error")
    change(images, targets, 1)


@pytest.mark.gpu
def test_batches_are_the_same_on_a_card():
    for there, here in zip(
        Batches(bytes_of(50), batch_size=8, seed=3, device=torch.device("cuda"), prepare=Prepare()).epoch(2),
        Batches(bytes_of(50), batch_size=8, seed=3, device=CPU, prepare=Prepare()).epoch(2),
        strict=True,
    ):
        assert torch.equal(there[0].cpu(), here[0])
        assert torch.equal(there[1].cpu(), here[1])
