"""Build an experiment: model, optimizer, augmentation and loop, from its settings and data."""

import torch
from torch import nn

from d2lab.core.seed import derive, fork_rng
from d2lab.data.batches import steps_per_epoch
from d2lab.data.split import Split
from d2lab.experiments.data import Splits, build_batches
from d2lab.experiments.plan import Experiment, build_augment
from d2lab.experiments.processes import spread
from d2lab.experiments.tokens import row_completer
from d2lab.layers.init import initialize
from d2lab.models.catalog import PreparedFromData, build_model
from d2lab.models.finetune import find_top
from d2lab.optimizers.groups import embeddings_apart
from d2lab.parallel.ranks import ALONE, Ranks
from d2lab.train.callback import Callback
from d2lab.train.finetune import Initialize, freeze_and_group
from d2lab.train.last_batch import check_last_batch
from d2lab.train.loop import Loop
from d2lab.train.progress import Progress
from d2lab.train.record import RunRecord
from d2lab.train.threads import choose_threads
from d2lab.train.train_step import TrainStep

SHOWN = 2000  # inputs from which a model may compute weights, such as whitening: two million patches of CIFAR-10


def new_model(experiment: Experiment) -> nn.Module:
    """Build the model, with weights initialized from the seed."""
    with fork_rng(experiment.device):
        torch.manual_seed(derive(experiment.seed, "weights"))
        return initialize(build_model(experiment.settings.model), experiment.settings.init)


def prepare_model(model: nn.Module, experiment: Experiment, train: Split) -> nn.Module:
    """Compute weights from training data where a model has such (whitening); return the model."""
    if isinstance(model, PreparedFromData):
        some = train.subset(torch.arange(min(SHOWN, len(train))))
        model.prepare_from(experiment.preparation(some.inputs))
    return model


def count_parameters(experiment: Experiment) -> int:
    """Return the number of parameters of the model; no weights are allocated."""
    with torch.device("meta"):
        return sum(p.numel() for p in build_model(experiment.settings.model).parameters())


def build_train_step(
    experiment: Experiment, train: Split, initialize_from: Initialize | None = None, ranks: Ranks = ALONE
) -> TrainStep:
    """Build the training step: model, optimizer, schedule, augmentation.

    Args:
        experiment: settings, preparation and device.
        train: training examples.
        initialize_from: loads pretrained weights into the model before the optimizer is built.
        ranks: the processes that train the model.
    """
    settings, model = experiment.settings, prepare_model(new_model(experiment), experiment, train)
    if initialize_from is not None:
        initialize_from(model)
    spread(model, experiment.task, settings.loop, torch.device(experiment.device), ranks)
    groups = freeze_and_group(model, settings.finetune)
    if groups is None and settings.optimizer.name == "muon":
        groups = embeddings_apart(model)
    views = 2 if settings.finetune.mirrored else 1
    steps = steps_per_epoch(views * len(train), settings.loop.batch_size, drop_last=settings.loop.drop_last)
    step = TrainStep(
        model,
        experiment.task,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        loop=settings.loop,
        prepare=experiment.preparation,
        example=train.example,
        device=torch.device(experiment.device),
        total_steps=steps * settings.loop.epochs,
        augment=build_augment(experiment, ranks.rank),
        groups=groups,
        on=find_top(model).module if settings.finetune.cached else None,
        ranks=ranks,
    )
    if not settings.finetune.cached:  # a head alone has no batch normalization
        check_last_batch(step, train, settings.loop)
    return step


def build_loop(
    experiment: Experiment,
    splits: Splits,
    train_step: TrainStep,
    *,
    record: RunRecord | None,
    progress: Progress,
    callbacks: tuple[Callback, ...] = (),
) -> Loop:
    """Build the training loop of a run.

    Args:
        experiment: settings, preparation and device.
        splits: training, validation (or None) and test examples.
        train_step: model and optimizer.
        record: record of the run; None keeps none.
        progress: shows the progress, such as a bar.
        callbacks: called after steps and epochs.
    """
    training, validation, test = splits
    return Loop(
        train_step,
        build_batches(experiment, training, torch.get_num_threads(), train_step.ranks.part),
        config=experiment.settings.loop,
        test=test,
        validation=validation,
        record=record,
        progress=progress,
        callbacks=callbacks,
        complete_row=row_completer(experiment, train_step.model, sampled=record is not None),
    )


def count_threads(experiment: Experiment, train: Split) -> int:
    """Return the number of CPU threads: the setting, else chosen by the size of the model."""
    if experiment.settings.loop.threads is not None:
        return experiment.settings.loop.threads
    example = experiment.preparation(train.example)
    return choose_threads(new_model(experiment), example, experiment.settings.loop.batch_size)
