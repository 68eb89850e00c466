"""A run's examples: read, cut to what is asked for, resized to what the model reads, and given out in batches."""

import torch

from d2lab.core.machine import usable_cores
from d2lab.data import catalog
from d2lab.data.batch import Batches
from d2lab.data.image_files import ImageFiles
from d2lab.data.split import Split, holdout, limit
from d2lab.data.stream import MappedArrays, StreamedBatches
from d2lab.experiments.classes import keep_classes, whole_card
from d2lab.experiments.experiment import Experiment
from d2lab.vision.resample import resize

RESIDENT_BYTES = 256 * 2**20  # a set that is not larger when resized is resized once, a larger one at each step


def load_data(experiment: Experiment) -> tuple[Split, Split | None, Split]:
    """Return training, validation (or None) and test split, resized to what the model reads.

    Training images that are augmented stay as stored: they are changed before they are resized.
    """
    loop, side, only = experiment.settings.loop, experiment.prepare.side, experiment.settings.only
    whole = whole_card(experiment.card, only)
    dataset = catalog.load_card(whole, side=stored_side(experiment), workers=loop.stream_workers)
    train, test = (keep_classes(split, whole.classes, only) for split in (dataset.train, dataset.test))
    validation = None
    if loop.examples is not None and loop.examples < len(train):
        train = limit(train, loop.examples, seed=experiment.seed)
    if loop.validation:
        train, validation = holdout(train, loop.validation, seed=experiment.seed)
        validation = fit_images(validation, side)
    train = fit_images(train, side) if experiment.settings.augment.idle else train
    return train, validation, fit_images(test, side)


def stored_side(experiment: Experiment) -> int | None:
    """Choose to what side pictures of many sizes are decoded: at once to the model's, unless they are augmented first."""
    if not experiment.card.mixed:
        return None
    side: int | None = getattr(experiment.settings.model, "side", None)
    return side if side is not None and experiment.settings.augment.idle else experiment.card.shape[1]


def fit_images(split: Split, side: int | None) -> Split:
    """Resize all images to the side that the model asks for: once, where they then fit into memory.

    A larger set is resized a batch at a time by `Prepare`, to the same bytes; streamed pictures come in one size.
    """
    if side is None or len(split.shape) != 3 or isinstance(split, ImageFiles) or split.shape[1:] == (side, side):
        return split
    if len(split) * split.shape[0] * side**2 > RESIDENT_BYTES:
        return split
    return Split(resize(split.inputs, side), split.targets)


def build_batches(experiment: Experiment, train: Split, threads: int) -> Batches | StreamedBatches:
    """Choose how batches are read: from memory, or through worker processes.

    A model that trains on one thread leaves a core to make the next batches.
    """
    loop, seed, device = experiment.settings.loop, experiment.seed, torch.device(experiment.device)
    if loop.stream_workers is None and not isinstance(train, ImageFiles):
        return Batches(
            train,
            batch_size=loop.batch_size,
            seed=seed,
            device=device,
            drop_last=loop.drop_last,
            prepare=experiment.prepare if experiment.settings.augment.idle else None,
            prefetch=device.type == "cpu" and threads == 1 < usable_cores(),
        )
    return StreamedBatches(
        train if isinstance(train, ImageFiles) else MappedArrays(train.inputs.numpy(), train.targets.numpy()),
        batch_size=loop.batch_size,
        seed=seed,
        device=device,
        drop_last=loop.drop_last,
        workers=train.workers if isinstance(train, ImageFiles) else loop.stream_workers or 0,
    )
