"""An experiment built: model, optimizer, augmentation and loop, from settings and data."""

import torch
from torch import nn

from d2lab.core.seed import derive, fork_rng
from d2lab.data.batches import steps_per_epoch
from d2lab.data.split import Split
from d2lab.experiments.data import Splits, build_batches
from d2lab.experiments.plan import Experiment, build_augment
from d2lab.layers.init import initialize
from d2lab.models.catalog import PreparedFromData, build_model
from d2lab.train.callback import Callback
from d2lab.train.finetune import Initialize, freeze_and_group
from d2lab.train.loop import Loop
from d2lab.train.progress import Progress
from d2lab.train.record import RunRecord
from d2lab.train.threads import choose_threads
from d2lab.train.train_step import TrainStep

SHOWN = 2000  # inputs that a model may see before it is trained: two million patches of CIFAR-10


def new_model(experiment: Experiment) -> nn.Module:
    """Build the model with the weights that the seed decides."""
    with fork_rng(experiment.device):
        torch.manual_seed(derive(experiment.seed, "weights"))
        return initialize(build_model(experiment.settings.model), experiment.settings.init)


def prepare_model(model: nn.Module, experiment: Experiment, train: Split) -> nn.Module:
    """Let a model that computes weights from training data do so; any other comes back as it is."""
    if isinstance(model, PreparedFromData):
        some = train.subset(torch.arange(min(SHOWN, len(train))))
        model.prepare_from(experiment.preparation(some.inputs))
    return model


def count_parameters(experiment: Experiment) -> int:
    """Count the parameters of the model without building its weights."""
    with torch.device("meta"):
        return sum(p.numel() for p in build_model(experiment.settings.model).parameters())


def build_train_step(experiment: Experiment, train: Split, initialize_from: Initialize | None = None) -> TrainStep:
    """Build the model, its optimizer and what changes its batches.

    Args:
        experiment: says how.
        train: the examples.
        initialize_from: puts weights of a source into the model before anything is built on it.
    """
    settings, model = experiment.settings, prepare_model(new_model(experiment), experiment, train)
    if initialize_from is not None:
        initialize_from(model)
    steps = steps_per_epoch(len(train), settings.loop.batch_size, drop_last=settings.loop.drop_last)
    return TrainStep(
        model,
        experiment.task,
        optimizer=settings.optimizer,
        schedule=settings.schedule,
        loop=settings.loop,
        prepare=experiment.preparation,
        example=train.example,
        device=torch.device(experiment.device),
        total_steps=steps * settings.loop.epochs,
        augment=build_augment(experiment),
        groups=freeze_and_group(model, settings.finetune),
    )


def build_loop(
    experiment: Experiment,
    splits: Splits,
    train_step: TrainStep,
    *,
    record: RunRecord | None,
    progress: Progress,
    callbacks: tuple[Callback, ...] = (),
) -> Loop:
    """Build the loop over a run's data.

    Args:
        experiment: says how.
        splits: training, validation (or None) and test examples.
        train_step: what is trained.
        record: of the run, where one is kept.
        progress: who is told.
        callbacks: called after steps and epochs.
    """
    training, validation, test = splits
    return Loop(
        train_step,
        build_batches(experiment, training, torch.get_num_threads()),
        config=experiment.settings.loop,
        test=test,
        validation=validation,
        record=record,
        progress=progress,
        callbacks=callbacks,
    )


def count_threads(experiment: Experiment, train: Split) -> int:
    """Return the number of processor threads: the setting, else what the model's size deserves."""
    if experiment.settings.loop.threads is not None:
        return experiment.settings.loop.threads
    example = experiment.preparation(train.example)
    return choose_threads(new_model(experiment), example, experiment.settings.loop.batch_size)
