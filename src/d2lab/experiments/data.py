"""A run's examples: read, cut to what is asked for, resized to what the model reads, and given out in batches."""

import torch

from d2lab.core.machine import usable_cores
from d2lab.data import catalog
from d2lab.data.batches import Batches, Order
from d2lab.data.image_files import ImageFiles
from d2lab.data.split import Split, as_split, holdout, limit
from d2lab.data.stream import MappedArrays, StreamedBatches
from d2lab.experiments.classes import keep_classes, whole_card
from d2lab.experiments.plan import Experiment, stored_side
from d2lab.vision.preparation import Preparation

Splits = tuple[Split, Split | None, Split]  # training, validation, test
RESIDENT_BYTES = 256 * 2**20  # a set that is not larger when resized is resized once, a larger one at each step


def load_data(experiment: Experiment) -> Splits:
    """Return training, validation (or None) and test split, resized to what the model reads.

    Training images that are augmented stay as stored: they are changed before they are resized.
    """
    settings, preparation = experiment.settings, experiment.preparation
    loop, only = settings.loop, settings.only
    whole = whole_card(experiment.card, only) if only else experiment.card
    dataset = catalog.load_card(whole, side=stored_side(experiment.card, settings), workers=loop.stream_workers)
    train, test = dataset.train, dataset.test
    if only:
        train, test = (keep_classes(split, whole.classes, only) for split in (train, test))
    validation = None
    if loop.examples is not None and loop.examples < len(train):
        train = limit(train, loop.examples, seed=experiment.seed)
    if loop.validation:
        train, validation = holdout(train, loop.validation, seed=experiment.seed)
        validation = fit_images(validation, preparation)
    train = fit_images(train, preparation) if experiment.settings.augment.idle else train
    return train, validation, fit_images(test, preparation)


def fit_images(split: Split, preparation: Preparation) -> Split:
    """Resize all images to the side that the model asks for: once, where they then fit into memory.

    A larger set is resized a batch at a time by its `Preparation`, to the same bytes; streamed images come in one size.
    """
    side = preparation.side
    if side is None or len(split.shape) != 3 or isinstance(split, ImageFiles) or split.shape[1:] == (side, side):
        return split
    if len(split) * split.shape[0] * side**2 > RESIDENT_BYTES:
        return split
    return as_split(preparation.resized(split.whole()))


def build_batches(experiment: Experiment, train: Split, threads: int) -> Batches | StreamedBatches:
    """Choose how batches are read: from memory, or through worker processes.

    A model that trains on one thread leaves a core to make the next batches.
    """
    loop, seed, device = experiment.settings.loop, experiment.seed, torch.device(experiment.device)
    order: Order = "sequential" if experiment.task.carries_state else "shuffled"
    if loop.stream_workers is None and not isinstance(train, ImageFiles):
        return Batches(
            train,
            batch_size=loop.batch_size,
            seed=seed,
            device=device,
            drop_last=loop.drop_last,
            order=order,
            prepare=experiment.preparation if experiment.settings.augment.idle else None,
            prefetch=device.type == "cpu" and threads == 1 < usable_cores(),
        )
    return StreamedBatches(
        train if isinstance(train, ImageFiles) else MappedArrays(train.inputs.numpy(), train.targets.numpy()),
        batch_size=loop.batch_size,
        seed=seed,
        device=device,
        drop_last=loop.drop_last,
        order=order,
        workers=train.workers if isinstance(train, ImageFiles) else loop.stream_workers or 0,
    )


def describe_data(experiment: Experiment, splits: Splits) -> str:
    """Say in one line what was read: counts, classes, what is held out, what was left out and why."""
    train, validation, test = splits
    card, settings = experiment.card, experiment.settings
    what = "images" if len(card.shape) == 3 else "examples"
    size = "x".join(map(str, experiment.preparation.shape))
    parts = [f"{len(train):,} training and {len(test):,} test {what} of {size}"]
    if card.classes:
        names = ", ".join(card.classes[:3]) + (", ..." if len(card.classes) > 3 else "")
        parts.append(f"{len(card.classes)} classes ({names})")
    if validation is not None:
        parts.append(f"{len(validation):,} held out for validation")
    left = card.examples[0] - len(train) - (0 if validation is None else len(validation))
    if left > 0:
        why = [f"examples={settings.loop.examples}"] if settings.loop.examples else []
        why += [f"only={','.join(settings.only)}"] if settings.only else []
        parts.append(f"{left:,} training {what} left out by {' and '.join(why) or 'the set'}")
    return f"{card.name}: {'; '.join(parts)}"
