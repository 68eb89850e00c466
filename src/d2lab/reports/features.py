"""Figures of a trained model: feature maps, class activation maps, similarity of the layers of two models."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.data.split import Split
from d2lab.experiments.trained import Trained
from d2lab.inspection import (
    class_activation_maps,
    ends_in_a_mean,
    grad_cam,
    main_layers,
    outputs_of,
    similarities,
    tables_of,
)
from d2lab.plot import Maps, ModelMaps, evidence, features, save_both, similarity
from d2lab.reports.figures import first_layer_images

COMPARED = 200  # test examples on which two models are compared
IDLE = (nn.Flatten, nn.Dropout, nn.Identity)  # their output holds what the previous layer's does


@dataclass(frozen=True, slots=True)
class Shown:
    """One image, and where it comes from."""

    split: Split
    name: str

    def read_by(self, trained: Trained) -> Tensor:
        """Return the prepared image, a batch of one on the model's device."""
        inputs: Tensor = trained.preparation(self.split.inputs).to(trained.experiment.device)
        return inputs


def choose(trained: Trained, image: Path | None, example: int | None, *, invert: bool = False) -> Shown:
    """Read an image file, or take a test example.

    Args:
        trained: the run, whose preparation is used.
        image: path of an image file, or None.
        example: index of a test example; 0 unless given.
        invert: invert the gray values of the file, for dark ink on bright paper.

    Raises:
        ConfigError: both are given, the example doesn't exist, or the run is not on images.
        DataError: the file is not an image.
    """
    card = trained.experiment.card
    if len(card.shape) != 3:
        raise ConfigError(f"run {trained.record.name}", got=card.name, need="a run on images")
    if image is not None:
        if example is not None:
            raise ConfigError("--example", got=example, need="an example or an image file, not both")
        return Shown(trained.read_images([image], invert=invert), image.name)
    test, number = trained.test_split(), example or 0
    if not 0 <= number < len(test):
        raise ConfigError("--example", got=number, need=f"0 to {len(test) - 1}, the test examples of {card.name}")
    one = test.subset(torch.tensor([number]))
    return Shown(one, f"test example {number}, class {card.classes[int(one.targets[0])]}")


def draw_features(models: list[Trained], shown: list[Shown], wanted: list[str], out: Path) -> Path:
    """Draw the feature maps of layers for one image, of one model or two; return the path of the light PNG.

    Args:
        models: one or two.
        shown: the image, as read by each model.
        wanted: names of layers that every model has; the last layer of each map size unless given.
        out: path of the figure without suffix.

    Raises:
        ConfigError: there is no such layer, or it has no feature maps.
    """
    pages = [_page(model, image, wanted) for model, image in zip(models, shown, strict=True)]
    title = f"feature maps of {shown[0].name}"
    save_both(lambda theme: features(pages, theme, title=title, subtitle=_subtitle(models)), out)
    return out.with_name(out.name + ".png")


def _subtitle(models: list[Trained]) -> str:
    return "each layer on one scale; of many maps, those that vary most" + (
        "; the order of maps means nothing between models" if len(models) > 1 else ""
    )


def _page(trained: Trained, shown: Shown, wanted: list[str]) -> ModelMaps:
    inputs = shown.read_by(trained)
    with torch.no_grad():
        outputs = outputs_of(trained.model, inputs, wanted or main_layers(trained.model, inputs))
    rows = []
    weights = first_layer_images(trained)
    if weights is not None:
        rows.append(Maps(name="weights of the first layer", values=weights.numpy()))
    for name, output in outputs.items():
        if output.ndim != 4:
            raise ConfigError(
                "layer", got=f"{name}, {list(output.shape[1:])}", need="one with maps, not a list of numbers"
            )
        rows.append(Maps(name=name, values=output[0].cpu().numpy()))
    return ModelMaps(name=trained.record.name, image=image_of(inputs), rows=rows)


def image_of(inputs: Tensor) -> NDArray[np.uint8]:
    """Return the first input of a batch as bytes, `[height width]` or `[height width 3]`."""
    image = (inputs[0].cpu() * 255).round().to(torch.uint8).permute(1, 2, 0)
    return image.squeeze(-1).numpy() if image.shape[-1] == 1 else image.numpy()


@dataclass(frozen=True, slots=True)
class Seen:
    """The most probable classes of an image and the figure of their maps."""

    figure: Path
    method: str
    classes: list[str]
    chances: list[float]


def draw_evidence(trained: Trained, shown: Shown, *, top: int | None, layer: str | None, out: Path) -> Seen:
    """Draw where in an image the model finds evidence for its most probable classes.

    Class activation maps for a model that ends in global average pooling and a linear layer, Grad-CAM for others.

    Args:
        trained: the model.
        shown: the image.
        top: number of classes, at most 8; up to 3 unless given.
        layer: use Grad-CAM at this layer.
        out: path of the figure without suffix.

    Raises:
        ConfigError: there is no such layer, it has no feature maps, or there are fewer classes than `top`.
    """
    names = trained.experiment.card.classes
    top = min(3, len(names)) if top is None else top
    if not 1 <= top <= min(8, len(names)):
        raise ConfigError("--top", got=top, need=f"1 to {min(8, len(names))} classes")
    inputs = shown.read_by(trained)
    last = layer or main_layers(trained.model, inputs)[-1]  # a model without maps is refused before anything else
    chances = trained.predict(shown.split)[0]
    best = chances.argsort(descending=True)[:top].tolist()
    if layer is None and ends_in_a_mean(trained.model, inputs):
        method, maps = "class activation map", class_activation_maps(trained.model, inputs, best)
    else:
        method, maps = f"Grad-CAM at {last}", grad_cam(trained.model, inputs, best, last)
    given = (image_of(inputs), maps.cpu().numpy(), [names[k] for k in best], [float(chances[k]) for k in best])
    title = f"where {trained.record.name} looks"
    subtitle = (
        f"{shown.name}; {method}, {maps.shape[1]} × {maps.shape[2]}; blue: evidence for the class, orange: against"
    )
    save_both(lambda theme: evidence(*given, theme, title=title, subtitle=subtitle), out)
    return Seen(out.with_name(out.name + ".png"), method, given[2], given[3])


def draw_similarity(ours: Trained, theirs: Trained, out: Path) -> tuple[Path, Tensor, list[str], list[str]]:
    """Compare each layer of one model with each of another by linear CKA on test examples.

    Returns:
        Path of the light PNG, the table `[ours, theirs]` from 0 to 1, and the layers' names of both.

    Raises:
        ConfigError: the runs are on different data.
    """
    tables = []
    for trained in (ours, theirs):
        split = trained.test_split()
        inputs = trained.preparation(split.inputs[:COMPARED]).to(trained.experiment.device)
        named = [name for name, module in trained.model.named_children() if not isinstance(module, IDLE)]
        tables.append(tables_of(trained.model, inputs, named))
    table = similarities(list(tables[0].values()), list(tables[1].values())).cpu()
    rows, columns = (list(part) for part in tables)
    sides = (ours.record.name, theirs.record.name)
    title = "similarity of the layers of two models"
    subtitle = f"linear CKA on {len(inputs)} test examples: 1 the same up to rotation, 0 nothing in common"
    save_both(
        lambda theme: similarity(table.numpy(), rows, columns, theme, title=title, subtitle=subtitle, axes_names=sides),
        out,
    )
    return out.with_name(out.name + ".png"), table, rows, columns
