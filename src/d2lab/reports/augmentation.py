"""A figure of augmented images: the first images of a data set, as the steps of a run would read them."""

from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.settings import leaves
from d2lab.data import catalog
from d2lab.data.split import Split
from d2lab.experiments.plan import Experiment, build_augment
from d2lab.plot import augmented, save_both
from d2lab.plot.font import class_names
from d2lab.reports.augmented_targets import VERSIONS as STEPS
from d2lab.reports.augmented_targets import draw_augmented_targets
from d2lab.vision.augment import AugmentConfig

IMAGES, VERSIONS = 6, 8  # rows and columns of the figure


def draw_augmented(experiment: Experiment, path_without_suffix: Path) -> Path:
    """Draw images of a few classes as stored, and augmented as in each of the first steps; return the PNG's path.

    The images are augmented as one batch: mixup and CutMix mix them with each other. Where targets lie on the images,
    boxes and masks are drawn with them.

    Args:
        experiment: data set, augmentation and seed.
        path_without_suffix: of the figure; `.png`, `.svg` and `-dark` are appended.

    Raises:
        ConfigError: the recipe does not augment, or its data are not gray or color images.
        DataError: the data can't be had.
    """
    config, card = experiment.settings.augment, experiment.card
    augment = build_augment(experiment)
    if augment is None:
        fix = "Try --set flip=0.5 --set crop=0.3, or d2lab augment resnet20 --data cifar10."
        raise ConfigError(
            "augment", got=f"nothing for {experiment.recipe.name} on {card.name}", need="a change", fix=fix
        )
    if card.shape[0] not in (1, 3):
        raise ConfigError("data", got=f"{card.name}, {card.shape[0]} channels", need="gray or color images to draw")
    title = f"{experiment.recipe.name} · {card.name} · seed {experiment.seed}"
    if experiment.preparation.kinds not in ("class", "number"):
        said = f"stored, then steps 1 to {STEPS}: {describe(config)}"
        return draw_augmented_targets(experiment, augment, path_without_suffix, title=title, said=said)
    shown = first_of_classes(catalog.load(card.name, seed=0).train)
    made: list[tuple[Tensor, Any]] = [augment(shown.inputs, shown.targets, step) for step in range(VERSIONS)]
    versions = _as_drawn(torch.stack([images for images, _ in made], 1))
    names = class_names(card.classes)
    captions = None
    if config.mixup or config.cutmix:
        captions = [[_mixture(targets[row], names) for _, targets in made] for row in range(len(shown))]
    said = f"stored, then steps 1 to {VERSIONS}: {describe(config)}"
    stored = _as_drawn(shown.inputs)
    save_both(
        lambda theme: augmented(stored, versions, captions, theme, title=title, subtitle=said), path_without_suffix
    )
    return path_without_suffix.with_name(f"{path_without_suffix.name}.png")


def first_of_classes(split: Split) -> Split:
    """Return the first image of each of the first classes."""
    found = [(split.targets == number).nonzero()[:1, 0] for number in torch.unique(split.targets)[:IMAGES]]
    return split.subset(torch.cat(found))


def describe(config: AugmentConfig) -> str:
    """Return names and amounts of the augmentations in use, as `flip 0.5, rotate 15`."""
    usual = dict(leaves(AugmentConfig()))
    changed = {name.rpartition(".")[2]: value for name, value in leaves(config) if value != usual[name]}
    return ", ".join(f"{name} {value}" for name, value in changed.items())


def _as_drawn(images: Tensor) -> NDArray[Any]:
    """Move channels last; drop a single one."""
    return images.movedim(-3, -1).squeeze(-1).numpy()


def _mixture(shares: Tensor, names: list[str]) -> str:
    """Return the classes of a mixed image with their percentages, the larger first."""
    most = shares.topk(min(2, len(names)))
    parts = zip(most.values.tolist(), most.indices.tolist(), strict=True)
    return " · ".join(f"{names[number]} {100 * share:.0f} %" for share, number in parts if share >= 0.005)
