"""What the processes of `test_ranks.py` do: train small models in float64 on their parts of each batch."""

import torch
from torch import nn
from torch.nn import functional

from d2lab.data.batches import Batches
from d2lab.data.split import Split
from d2lab.experiments.processes import spread
from d2lab.layers import BatchNorm2d
from d2lab.metrics import Accuracy
from d2lab.optimizers import OptimizerConfig, ScheduleConfig
from d2lab.parallel.data_parallel import is_sharded, whole
from d2lab.parallel.ranks import joined_ranks
from d2lab.train.callback import Callback
from d2lab.train.config import LoopConfig
from d2lab.train.loop import Loop
from d2lab.train.progress import NoProgress
from d2lab.train.task import Step, Supervised, Task
from d2lab.train.train_step import TrainStep

WORLDS = 1, 2, 3
TRAIN, TEST, CLASSES = 43, 17, 3  # batches of 8: the last one has 3
CPU = torch.device("cpu")


class Classes(Supervised):
    name = "classes"

    def criterion(self, outputs, targets):
        return functional.cross_entropy(outputs, targets)

    def metrics(self):
        return [Accuracy()]


class Kept(Task):
    """A mean over the rows whose target is not 0: their number differs from part to part."""

    name = "kept"

    def loss(self, model, batch, state=None):
        outputs, kept = model(batch.inputs), batch.targets > 0
        loss = (functional.cross_entropy(outputs, batch.targets, reduction="none") * kept).sum() / kept.sum()
        return Step(loss, outputs, self.weight(batch))

    def weight(self, batch):
        return (batch.targets > 0).sum()


class Wandering(nn.Module):
    """Has a layer that no input uses, and one that only some inputs use."""

    def __init__(self):
        super().__init__()
        self.always, self.never, self.sometimes = nn.Linear(16, CLASSES), nn.Linear(2, 2), nn.Linear(16, CLASSES)

    def forward(self, inputs):
        outputs, chosen = self.always(inputs), inputs[:, :1] > 1  # a sixth of the rows: none in many a part
        return outputs + chosen * self.sometimes(inputs) if chosen.any() else outputs


def mlp():
    return nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, CLASSES))


def normalized():
    convolutions = nn.Conv2d(1, 4, 3), BatchNorm2d(4), nn.ReLU(), nn.Flatten()
    return nn.Sequential(
        nn.Unflatten(1, (1, 4, 4)), *convolutions, nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
    )


SGD = OptimizerConfig(name="sgd", learning_rate=0.1, momentum=0.9)
CLIPPED = OptimizerConfig(name="sgd", learning_rate=0.1, clip_norm=0.5)
ADAM = OptimizerConfig(name="adam", learning_rate=0.01)
BASE = {"epochs": 2, "batch_size": 8}
CASES = {  # model, task, optimizer, settings of the loop
    "plain": (mlp, Classes(), SGD, {}),
    "clipped": (mlp, Classes(), OptimizerConfig(name="adam", learning_rate=0.01, clip_norm=0.5), {}),
    "pieces": (mlp, Classes(), SGD, {"accumulate": 2}),
    "weighted": (mlp, Kept(), SGD, {}),
    "unused": (Wandering, Classes(), ADAM, {}),
    "synchronized": (normalized, Classes(), SGD, {"sync_batchnorm": True}),
    "sharded": (mlp, Classes(), ADAM, {"shard": "full"}),
    "sharded clipped": (
        mlp,
        Classes(),
        OptimizerConfig(name="sgd", learning_rate=0.1, clip_norm=0.5),
        {"shard": "full"},
    ),
    "sharded normalized": (normalized, Classes(), SGD, {"shard": "full", "sync_batchnorm": True}),
}
DROPPING = {"dropout": (lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(16, CLASSES)), Classes(), SGD, {})}
RESUMED = "clipped", "weighted", "sharded", "dropout"


def examples(count, seed):
    rng = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 16, generator=rng, dtype=torch.float64)
    return Split(inputs, torch.randint(CLASSES, (count,), generator=rng))


def loop_of(case, ranks, callbacks=()):
    """Build the loop of a case in this process."""
    make, task, optimizer, settings = (CASES | DROPPING)[case]
    loop, train = LoopConfig(**(BASE | settings)), examples(TRAIN, 0)
    torch.manual_seed(1)  # the weights are the same in all processes
    model = spread(make().double(), task, loop, CPU, ranks)
    batches = Batches(train, batch_size=loop.batch_size, seed=0, part=ranks.part)
    step = TrainStep(
        model,
        task,
        optimizer=optimizer,
        schedule=ScheduleConfig(),
        loop=loop,
        prepare=lambda inputs: inputs,
        example=train.example,
        device=CPU,
        total_steps=2 * batches.steps,
        ranks=ranks,
    )
    return Loop(
        step,
        batches,
        config=loop,
        test=examples(TEST, 1),
        validation=None,
        record=None,
        progress=NoProgress(),
        callbacks=callbacks,
    )


class Keeping(Callback):
    """Takes a checkpoint in the middle of the first epoch."""

    def on_step(self, step, result):
        if step == 4:
            self.loop._flush_metrics()
            self.checkpoint = self.loop.checkpoint()
            copies = {name: value.clone() for name, value in self.checkpoint.tensors.items()}
            self.checkpoint.tensors.update(copies)  # training goes on in place


def outcome(loop):
    """Weights, and rows without what a clock decides."""
    state = loop.train_step.model.state_dict()
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in loop.rows]
    return {"weights": {name: whole(value).clone() for name, value in state.items()}, "rows": rows}


def results(rank, world):
    """Weights and rows of every case, by name; those of a run that was interrupted beside those of one that was not."""
    found = {}
    with joined_ranks() as ranks:
        for case in CASES:
            loop = loop_of(case, ranks)
            own = sum((w.to_local() if is_sharded(w) else w).numel() for w in loop.train_step.parameters)
            loop.run()
            found[case] = outcome(loop) | {"own": own}
        found["resumed"] = {case: resumed(case, ranks) for case in RESUMED}
        found["drawn again"] = drawn_again(ranks)
        found["any"] = ranks.any(False, rank == world - 1, True)
        found["sum"] = ranks.sum(torch.tensor([rank + 1]))
        found["gathered"] = ranks.gather(f"of {rank}")
        found["leader's"] = ranks.from_leader(f"of {rank}")
    return found


def drawn_again(ranks):
    """Whether this process draws the same numbers again after it restored what it kept itself, as a replay does."""
    step = loop_of("dropout", ranks).train_step
    torch.manual_seed(100 + ranks.rank)
    kept = {name: value.clone() for name, value in step.state().items()}
    drawn = torch.rand(3)
    step.restore(0, kept, step.values())
    return bool(torch.rand(3).equal(drawn))


def resumed(case, ranks):
    """The outcome of a whole run, and of one that goes on from a checkpoint in the middle of its first epoch."""
    keeping = Keeping()
    keeping.loop = loop_of(case, ranks, [keeping])
    torch.manual_seed(100 + ranks.rank)
    keeping.loop.run()
    second = loop_of(case, ranks)
    torch.manual_seed(0)
    second.restore(keeping.checkpoint)
    second.run()
    return [outcome(keeping.loop), outcome(second)]
