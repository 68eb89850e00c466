"""Pictures of what a trained model sees: the maps of its layers, where it sees a class, two models side by side."""

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

COMPARED = 200  # test examples that two models are compared on
IDLE = (nn.Flatten, nn.Dropout, nn.Identity)  # say what the layer before says


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture, and where it is from."""

    split: Split
    name: str

    def read_by(self, trained: Trained) -> Tensor:
        """Return what the model reads."""
        inputs: Tensor = trained.preparation(self.split.inputs).to(trained.experiment.device)
        return inputs


def choose(trained: Trained, image: Path | None, example: int | None, *, invert: bool = False) -> Shown:
    """Read a picture file, or take a test example, the first one unless told.

    Raises:
        ConfigError: both are given, the example doesn't exist, or the run is not about pictures.
        DataError: the file is no picture.
    """
    card = trained.experiment.card
    if len(card.shape) != 3:
        raise ConfigError(f"run {trained.record.name}", got=card.name, need="a run on images")
    if image is not None:
        if example is not None:
            raise ConfigError("--example", got=example, need="an example or a picture file, not both")
        return Shown(trained.read_images([image], invert=invert), image.name)
    test, number = trained.test_split(), example or 0
    if not 0 <= number < len(test):
        raise ConfigError("--example", got=number, need=f"0 to {len(test) - 1}, the test examples of {card.name}")
    one = test.subset(torch.tensor([number]))
    return Shown(one, f"test example {number}, class {card.classes[int(one.targets[0])]}")


def draw_features(models: list[Trained], shown: list[Shown], wanted: list[str], out: Path) -> Path:
    """Draw the maps of layers for one picture, one model or two; return the path of the light PNG.

    Args:
        models: one or two.
        shown: the picture, as each of them has it.
        wanted: layers; the last at each size of map unless given. Each model needs them.
        out: the pictures' path without suffix.

    Raises:
        ConfigError: no such layer, or one without maps.
    """
    pages = [_page(model, picture, wanted) for model, picture in zip(models, shown, strict=True)]
    title = f"what layers make of {shown[0].name}"
    save_both(lambda theme: features(pages, theme, title=title, subtitle=_subtitle(models)), out)
    return out.with_name(out.name + ".png")


def _subtitle(models: list[Trained]) -> str:
    return "each layer on one scale; of many maps, those that vary most" + (
        "; the order of maps means nothing between nets" if len(models) > 1 else ""
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
    return ModelMaps(name=trained.record.name, image=picture_of(inputs), rows=rows)


def picture_of(inputs: Tensor) -> NDArray[np.uint8]:
    """Return the first input of a batch as bytes, `[height width]` or `[height width 3]`."""
    image = (inputs[0].cpu() * 255).round().to(torch.uint8).permute(1, 2, 0)
    return image.squeeze(-1).numpy() if image.shape[-1] == 1 else image.numpy()


@dataclass(frozen=True, slots=True)
class Seen:
    """The likeliest classes of a picture, and where each is seen."""

    picture: Path
    method: str
    classes: list[str]
    chances: list[float]


def draw_evidence(trained: Trained, shown: Shown, *, top: int, layer: str | None, out: Path) -> Seen:
    """Draw where the model sees its likeliest classes.

    A model that ends in a global mean is asked for its class activation maps, another one for Grad-CAM.

    Args:
        trained: the model.
        shown: the picture.
        top: classes, at most 8.
        layer: ask for Grad-CAM at this layer.
        out: the pictures' path without suffix.

    Raises:
        ConfigError: no such layer, or one without maps; a model without any; too many classes.
    """
    names = trained.experiment.card.classes
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
    given = (picture_of(inputs), maps.cpu().numpy(), [names[k] for k in best], [float(chances[k]) for k in best])
    title = f"where {trained.record.name} looks"
    subtitle = f"{shown.name}; {method}, {maps.shape[1]} × {maps.shape[2]}; blue speaks for the class, orange against"
    save_both(lambda theme: evidence(*given, theme, title=title, subtitle=subtitle), out)
    return Seen(out.with_name(out.name + ".png"), method, given[2], given[3])


def draw_similarity(ours: Trained, theirs: Trained, out: Path) -> tuple[Path, Tensor, list[str], list[str]]:
    """Compare each layer of one model with each of another on test examples; give picture, table and both lists of names.

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
    title = "how alike the layers of two models are"
    subtitle = f"linear CKA on {len(inputs)} test examples: 1 the same up to rotation, 0 nothing in common"
    save_both(
        lambda theme: similarity(table.numpy(), rows, columns, theme, title=title, subtitle=subtitle, axes_names=sides),
        out,
    )
    return out.with_name(out.name + ".png"), table, rows, columns
