"""Figures of a run for segmentation: images with their classes, IoU of each class, confusion of pixels."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from d2lab.core.tensor_tree import Tree
from d2lab.core.void import VOID
from d2lab.data.batch import Batch
from d2lab.data.palette import voc_palette
from d2lab.data.split import Split
from d2lab.experiments.trained import Trained
from d2lab.metrics import MeanIoU, Metric, per_class_iou
from d2lab.plot import confusion, save_both
from d2lab.plot.box_grid import BoxPanel, box_grid
from d2lab.plot.counts import rates
from d2lab.plot.overlay import bright, overlay
from d2lab.plot.theme import Theme
from d2lab.reports.chosen import choose_examples
from d2lab.train.evaluate import evaluate
from d2lab.vision.preparation import as_images

SHOWN = 8  # images in the figure of classes, three panels each
COLUMNS = 6
MOST_NAMED = 10  # classes in the key
OUTCOMES = {"right": 1, "wrong": 2}  # numbers of what became of a pixel; 0 is background that was left alone


class WrongShares(Metric):
    """Keeps for each image the share of its counted pixels whose class is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.shares: list[Tensor] = []

    def update(self, outputs: Tree, batch: Batch) -> None:
        """Add some images."""
        counted = batch.targets != VOID
        wrong = (outputs.argmax(1) != batch.targets) & counted
        self.shares.append((wrong.sum((1, 2)) / counted.sum((1, 2)).clamp(min=1)).cpu())

    def compute(self) -> dict[str, float]:
        """Return nothing: what was kept is read as it is."""
        return {}


def draw_segmentation(trained: Trained, split: Split) -> list[Path]:
    """Draw the figures of a run for segmentation into its folder; return paths of the light PNGs.

    Args:
        trained: the opened run.
        split: test images.
    """
    matrix, shares = MeanIoU(len(trained.classes)), WrongShares()
    evaluate(trained.model, split, trained.experiment.task, metrics=[matrix, shares], **trained.how())
    out = trained.record.folder
    paths = [_draw_examples(trained, split, torch.cat(shares.shares), matrix, out / "segments")]
    if int(matrix.matrix.sum()):
        paths.append(_draw_classes(trained, matrix, out / "class-iou"))
        counts, names = matrix.matrix.cpu().numpy(), trained.classes
        save_both(lambda theme: confusion(counts, names, theme), out / "confusion")
        paths.append(out / "confusion.png")
    return paths


def outcomes(truth: UInt8[np.ndarray, "height width"], answer: np.ndarray) -> UInt8[np.ndarray, "height width"]:
    """Return what became of each pixel: 1 where a class was found, 2 where it is wrong, 255 void, 0 background."""
    right = np.where(truth == 0, 0, OUTCOMES["right"])
    found = np.where(truth == answer, right, OUTCOMES["wrong"])
    return np.where(truth == VOID, VOID, found).astype(np.uint8)


def _draw_examples(trained: Trained, split: Split, wrong: Float[Tensor, " image"], matrix: MeanIoU, out: Path) -> Path:
    """Draw test images three times: with their true classes, with those that were found, with right and wrong."""
    chosen = choose_examples(wrong <= wrong.median(), SHOWN)
    prepared: Any = trained.prepared(split.subset(chosen))
    answers: Any = trained.predict(split.subset(chosen))
    images = as_images(prepared.inputs).squeeze(-1).numpy()
    truth, found = prepared.targets.cpu().to(torch.uint8).numpy(), answers.argmax(1).to(torch.uint8).numpy()
    colors = bright(voc_palette())
    seen = np.bincount(truth[(truth != VOID) & (truth != 0)], minlength=1).argsort(kind="stable")[::-1]
    names = sorted([number for number in seen.tolist() if (truth == number).any()][:MOST_NAMED])
    figures = matrix.compute()
    title = f"mean IoU {figures['mean_iou']:.3f}, pixel accuracy {figures['pixel_accuracy']:.3f}"
    said = "each image three times: true classes, found classes, right and wrong pixels; void is gray"

    def draw(theme: Theme) -> Any:  # noqa: ANN401
        outcome_colors = np.array([(0, 0, 0), _rgb(theme.good), _rgb(theme.bad)])
        panels = []
        for place, image in enumerate(chosen.tolist()):
            three = (
                ("true", overlay(images[place], truth[place], colors)),
                ("found", overlay(images[place], found[place], colors)),
                ("wrong", overlay(images[place], outcomes(truth[place], found[place]), outcome_colors, opacity=0.8)),
            )
            words = {"true": f"test image {image}", "found": "found", "wrong": f"{100 * wrong[image]:.1f} % wrong"}
            panels += [BoxPanel(image=pixels, caption=words[kind]) for kind, pixels in three]
        key = {trained.classes[number]: _hex(colors[number]) for number in names}
        key |= {"right": theme.good, "wrong": theme.bad}
        return box_grid(panels, theme, title=title, subtitle=said, columns=COLUMNS, key=key)

    save_both(draw, out)
    return out.with_name(out.name + ".png")


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(color: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color.tolist())


def _draw_classes(trained: Trained, metric: MeanIoU, out: Path) -> Path:
    """Draw the IoU of each class that occurs or was predicted."""
    values = per_class_iou(metric.matrix).cpu()
    numbers: Mapping[str, float] = {
        name: value for name, value in zip(trained.classes, values.tolist(), strict=True) if not math.isnan(value)
    }
    left = len(trained.classes) - len(numbers)
    title = f"mean IoU {float(values.nanmean()):.3f} over {len(numbers)} classes"
    background = metric.compute()["mean_iou_background"]
    said = f"background everywhere: {background:.3f}"
    said += f"; {left} classes left out that neither occur nor were predicted" if left else ""
    save_both(lambda theme: rates(numbers, theme, title=title, subtitle=said, horizontal="IoU"), out)
    return out.with_name(out.name + ".png")
