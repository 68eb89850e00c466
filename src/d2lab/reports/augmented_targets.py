"""A figure of augmented images whose targets lie on them: boxes and masks, as stored and as training steps see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from numpy.typing import NDArray
from torch import Tensor

from d2lab.core.errors import DataError
from d2lab.core.void import VOID
from d2lab.data.palette import voc_palette
from d2lab.data.split import Split
from d2lab.experiments.data import load_data
from d2lab.experiments.plan import Experiment
from d2lab.plot import BoxPanel, MarkedBoxes, box_grid, box_names, save_both
from d2lab.plot.overlay import VOID_COLOR, bright, overlay
from d2lab.vision.augment import Augment
from d2lab.vision.color import to_unit
from d2lab.vision.preparation import as_images
from d2lab.vision.targets import Kinds

IMAGES, VERSIONS = 4, 4  # rows of the figure, and columns beside the stored image
MOST_NAMES = 8  # boxes of an image that still have room for names
MOST_NAMED = 8  # classes in the key


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What is drawn of a batch: a mask of classes and boxes for each image, where there are some.

    Args:
        masks: class numbers, 255 void; background is 0.
        boxes: of each image, pixels.
        labels: class number of each box.
    """

    masks: NDArray[np.uint8] | None
    boxes: list[NDArray[np.float64]] | None
    labels: list[list[int]] | None


def draw_augmented_targets(
    experiment: Experiment, augment: Augment, path_without_suffix: Path, *, title: str, said: str
) -> Path:
    """Draw a few images with their boxes and masks, as stored and as the first steps see them; return the PNG's path.

    They are augmented as one batch: mosaics are put together of the images that are drawn.

    Args:
        experiment: data set and seed.
        augment: of its runs.
        path_without_suffix: of the figure; `.png`, `.svg` and `-dark` are appended.
        title: headline.
        said: what is changed, for the line below it.

    Raises:
        DataError: the data can't be had, or no image has an object.
    """
    kinds, classes = experiment.preparation.kinds, experiment.card.classes
    split = with_objects(load_data(experiment)[0], kinds)
    given: Any = split.targets
    batches = [(to_unit(split.inputs), given)]
    batches += [augment(split.inputs, given, step) for step in range(VERSIONS)]
    columns = [(as_images(images).squeeze(-1).numpy(), shown_of(targets, kinds)) for images, targets in batches]
    captions = ["stored", *(f"step {step}" for step in range(1, VERSIONS + 1))]
    panels = [
        _panel(images[row], shown, row, caption, classes)
        for row in range(len(split))
        for (images, shown), caption in zip(columns, captions, strict=True)
    ]
    key = _key([shown.masks for _, shown in columns if shown.masks is not None], kinds, classes)
    save_both(
        lambda theme: box_grid(panels, theme, title=title, subtitle=said, columns=VERSIONS + 1, key=key),
        path_without_suffix,
    )
    return path_without_suffix.with_name(f"{path_without_suffix.name}.png")


def with_objects(split: Split, kinds: Kinds) -> Split:
    """Return the first images that have something on them.

    Args:
        split: images with their targets.
        kinds: what each target is.

    Raises:
        DataError: no image has.
    """
    targets: Any = split.targets
    if isinstance(kinds, str):
        some = ((targets != 0) & (targets != VOID)).flatten(1).any(1)
    else:
        some = targets[next(name for name, kind in kinds.items() if kind == "count")] > 0
    chosen = some.nonzero().flatten()[:IMAGES]
    if not len(chosen):
        raise DataError("training images", got="none with an object", need="one with a box or a mask to draw")
    return split.subset(chosen)


def shown_of(targets: Mapping[str, Tensor] | Tensor, kinds: Kinds) -> Shown:
    """Return what is drawn of the targets of a batch; masks of objects are painted in the colors of their classes.

    Args:
        targets: of the batch.
        kinds: what each target is.
    """
    if isinstance(kinds, str) or isinstance(targets, Tensor):
        assert isinstance(targets, Tensor)  # noqa: S101 (of a plain kind)
        return Shown(targets.to(torch.uint8).numpy(), None, None)
    named = {kind: targets[name] for name, kind in kinds.items()}
    counts = named["count"].tolist()
    boxes = [rows[:count].double().numpy() for rows, count in zip(named["boxes"], counts, strict=True)]
    labels = [rows[:count].tolist() for rows, count in zip(named["labels"], counts, strict=True)]
    masks = None
    if "mask" in named:
        masks = np.stack([_painted(own, found) for own, found in zip(named["mask"], labels, strict=True)])
    return Shown(masks, boxes, labels)


def _painted(objects: Shaped[Tensor, "most height width"], labels: list[int]) -> NDArray[np.uint8]:
    """Return one mask of classes, counted from 1, for the masks of an image's objects."""
    mask = np.zeros(tuple(objects.shape[1:]), np.uint8)
    for own, label in zip(objects.numpy(), labels, strict=False):
        mask[own > 0] = label + 1
    return mask


def _panel(image: NDArray[np.uint8], shown: Shown, row: int, caption: str, classes: tuple[str, ...]) -> BoxPanel:
    pixels, marked = image, []
    if shown.masks is not None:
        pixels = overlay(image, shown.masks[row], bright(voc_palette()))
    if shown.boxes is not None and shown.labels is not None:
        labels = shown.labels[row]
        names = box_names(labels, classes) if len(labels) <= MOST_NAMES else ()
        marked.append(MarkedBoxes(boxes=shown.boxes[row], names=names, numbers=labels))
    return BoxPanel(image=pixels, marked=marked, caption=caption)


def _key(masks: list[NDArray[np.uint8]], kinds: Kinds, classes: tuple[str, ...]) -> dict[str, str]:
    """Return the colors of the classes that are painted, by name; boxes have their names at them."""
    if not masks or not isinstance(kinds, str):
        return {}
    seen = np.bincount(np.concatenate([mask.ravel() for mask in masks]), minlength=VOID + 1)
    numbers = [number for number in range(1, len(classes)) if seen[number]][:MOST_NAMED]
    colors = bright(voc_palette())
    key = {classes[number]: _hex(colors[number].tolist()) for number in numbers}
    return key | ({"void": _hex(list(VOID_COLOR))} if seen[VOID] else {})


def _hex(color: list[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
