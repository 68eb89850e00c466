"""Data of a run: load the splits, select and resize examples, build batches."""

import torch

from d2lab.core.machine import usable_cores
from d2lab.data import catalog
from d2lab.data.batches import WHOLE, Batches, Order, Part
from d2lab.data.image_files import ImageFiles
from d2lab.data.split import Split, as_split, holdout, limit
from d2lab.data.stream import MappedArrays, StreamedBatches
from d2lab.data.three_parts import ThreeParts
from d2lab.experiments.classes import keep_classes, whole_card
from d2lab.experiments.plan import Experiment, squares, stored_side
from d2lab.experiments.tokens import describe_tokens, load_series, load_tokens
from d2lab.recipes.language import LanguageSettings, SeriesSettings
from d2lab.text.token_batches import TokenBatches, TokenSplit
from d2lab.vision.preparation import Preparation

Splits = tuple[Split, Split | None, Split]  # training, validation, test
RESIDENT_BYTES = 256 * 2**20  # a data set up to this size when resized is resized once, a larger one batch by batch


def load_data(experiment: Experiment, *, fetch: bool = True) -> Splits:
    """Return training, validation (or None) and test split, resized to what the model reads.

    Training images that are augmented stay as stored: they are augmented before they are resized. Where validation is
    asked for, a set's own validation part serves, else a share of the training part.

    Args:
        experiment: settings, data set and preparation.
        fetch: may use the network when the files are not on disk; not where only a record names the data set.

    Raises:
        DataError: the files are missing or broken.
    """
    settings, preparation = experiment.settings, experiment.preparation
    if isinstance(settings, LanguageSettings):
        return load_tokens(experiment, fetch=fetch)
    if isinstance(settings, SeriesSettings):
        return load_series(experiment, fetch=fetch)
    loop, only = settings.loop, settings.only
    whole = whole_card(experiment.card, only) if only else experiment.card
    side, workers = stored_side(experiment.card, settings), loop.stream_workers
    fit = settings.fit if squares(whole) else "crop"
    dataset = catalog.load_card(whole, fetch=fetch, side=side, workers=workers, fit=fit)
    train, test = dataset.train, dataset.test
    if only:
        train, test = (keep_classes(split, whole.classes, only) for split in (train, test))
    validation = None
    if loop.examples is not None and loop.examples < len(train):
        train = limit(train, loop.examples, seed=experiment.seed)
    if loop.validation:
        if isinstance(dataset, ThreeParts):
            validation = dataset.valid
        else:
            train, validation = holdout(train, loop.validation, seed=experiment.seed)
        validation = fit_images(validation, preparation)
    train = fit_images(train, preparation) if experiment.settings.augment.idle else train
    return train, validation, fit_images(test, preparation)


def fit_images(split: Split, preparation: Preparation) -> Split:
    """Resize all images to the side that the model reads, where the result fits into memory.

    A larger data set is resized batch by batch by its `Preparation`, to the same bytes; streamed images have one size.
    """
    side = preparation.side
    if side is None or len(split.shape) != 3 or isinstance(split, ImageFiles) or split.shape[1:] == (side, side):
        return split
    if len(split) * split.shape[0] * side**2 > RESIDENT_BYTES:
        return split
    return as_split(preparation.resized(split.whole()))


def build_batches(experiment: Experiment, train: Split, threads: int, part: Part = WHOLE) -> Batches | StreamedBatches:
    """Build the batches of the training set: from memory, or through worker processes.

    When a model trains on one thread, a second core prefetches the next batches.

    Args:
        experiment: settings, preparation and device.
        train: training examples.
        threads: CPU threads of the model.
        part: the part of each batch that is made.
    """
    loop, seed, device = experiment.settings.loop, experiment.seed, torch.device(experiment.device)
    if isinstance(train, TokenSplit):
        return TokenBatches(
            train, batch_size=loop.batch_size, seed=seed, device=device, drop_last=loop.drop_last, part=part
        )
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
            prefetch=device.type == "cpu" and threads == 1 < usable_cores() // part.of,
            part=part,
        )
    return StreamedBatches(
        train if isinstance(train, ImageFiles) else MappedArrays(train.inputs.numpy(), train.targets.numpy()),
        batch_size=loop.batch_size,
        seed=seed,
        device=device,
        drop_last=loop.drop_last,
        order=order,
        workers=train.workers if isinstance(train, ImageFiles) else loop.stream_workers or 0,
        part=part,
    )


def describe_data(experiment: Experiment, splits: Splits) -> str:
    """Return a line about the data: counts, classes, examples held out, examples left out and why."""
    if isinstance(experiment.settings, LanguageSettings):
        return describe_tokens(experiment, splits)
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
    untouched = len(train) == min(card.examples[0], settings.loop.examples or card.examples[0])
    held = 0 if validation is None or untouched else len(validation)  # a set's own part is not of the training part
    left = card.examples[0] - len(train) - held
    if left > 0:
        why = [f"examples={settings.loop.examples}"] if settings.loop.examples else []
        why += [f"only={','.join(settings.only)}"] if settings.only else []
        parts.append(f"{left:,} training {what} left out by {' and '.join(why) or 'the set'}")
    return f"{card.name}: {'; '.join([*parts, *card.notes])}"
