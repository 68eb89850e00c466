"""Fine-tuning: initialization from pretrained weights, frozen layers, a learning rate of its own for the head."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Positive, check_bounds
from d2lab.core.errors import ConfigError, RunError
from d2lab.models.catalog import ModelConfig
from d2lab.models.finetune import (
    BODY,
    class_number,
    copy_rows,
    find_head,
    find_top,
    freeze,
    freeze_statistics,
    parameter_groups,
)
from d2lab.train.checkpoint import load_weights

Tensors = dict[str, Tensor]
Decay = Annotated[float, Meta(gt=0, le=1, description="factor")]
Initialize = Callable[[nn.Module], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class FineTuneConfig:
    """Initialize from the weights of another run, or from torchvision's or timm's."""

    RENAMED: ClassVar[dict[str, str]] = {"head_rate": "head_lr_scale"}  # former names of settings

    source: str | None = None  # a run's folder, or a name such as torchvision/resnet18; none: random weights
    sha256: str | None = None  # of the pretrained weights; recorded by the run
    head: Literal["new", "classes"] = (
        "new"  # new: random; classes: rows of the source's head for classes that both have
    )
    freeze: str | None = None  # last frozen layer, or body: all but the head
    head_lr_scale: Positive = 1.0  # learning rate of the head, as a multiple of the others'
    layer_decay: Decay = 1.0  # learning rate of each layer, as a multiple of that of the layer above; not of the head
    frozen_statistics: bool = False  # batch normalization keeps the source's running mean and variance
    rows: tuple[str, ...] = ()  # with head=classes: CLASS:SOURCE_CLASS, by name or number, where names differ
    cached: bool = False  # compute the features of the frozen body once, keep them, and train the head on them
    mirrored: bool = False  # also train on the features of mirrored images; needs cached=true

    def __post_init__(self) -> None:
        check_bounds(self)
        if self.cached and self.freeze != BODY:
            raise ConfigError("cached", got="true", need=f"freeze={BODY}: features of layers that learn change")
        if self.rows and self.head != "classes":
            raise ConfigError("rows", got=", ".join(self.rows), need="head=classes")
        if self.mirrored and not self.cached:
            raise ConfigError("mirrored", got="true", need="cached=true", fix="Else set augment.flip=0.5.")


@dataclass(frozen=True, slots=True)
class Source:
    """Pretrained weights that were found but not read yet."""

    name: str  # as recipe.json keeps it
    model: ModelConfig  # settings of their model
    classes: tuple[str, ...]
    read: Callable[[], Tensors]


def load_pretrained_weights(
    model: nn.Module, source: Source, tensors: Tensors, finetune: FineTuneConfig, classes: tuple[str, ...]
) -> None:
    """Load pretrained weights into a model, except its head, and except a decoder that the source does not have.

    What is not loaded keeps its random initialization; with `head="classes"` the rows of classes that both have are
    copied. What a decoder replaces, the top of a classifier, is left behind.

    Args:
        model: the model, with the head that the run needs.
        source: the pretrained model.
        tensors: its weights by name.
        finetune: what to do with the head.
        classes: names of the run's classes.

    Raises:
        ConfigError: rows of the source's head are wanted, and no class is in both.
        RunError: the source's weights do not fit the model.
    """
    (name, head), top, own = find_head(model), find_top(model), model.state_dict()
    new_decoder = top.name != name and not any(key.startswith(f"{top.name}.") for key in tensors)
    if new_decoder and finetune.head == "classes":
        need = "new: a classifier's rows score images, not pixels"
        raise ConfigError("head", got="classes", need=need, fix="Leave it out.")
    fresh = top.name if new_decoder else name
    drawn = {key: value for key, value in own.items() if key.startswith(f"{fresh}.")}
    borrowed = {key: value for key, value in tensors.items() if key in own} if new_decoder else tensors
    load_weights(model, {**borrowed, **drawn}, f"the source {source.name}")
    if finetune.head == "new":
        return
    pairs = _row_pairs(finetune.rows, classes, source.classes)
    if not pairs:
        need = f"a class of the source among {', '.join(classes[:10])}"
        raise ConfigError("head", got="classes", need=need, fix="Leave it out for a new head.")
    copy_rows(head, tensors[f"{name}.weight"], tensors.get(f"{name}.bias"), pairs)


def _row_pairs(rows: tuple[str, ...], classes: tuple[str, ...], known: tuple[str, ...]) -> dict[int, int]:
    """Return the source's number of each class that it knows: as stated, else by equal names.

    Raises:
        ConfigError: a row is not of the form CLASS:SOURCE_CLASS, or names a class that is not there.
    """
    if not rows:
        return {number: known.index(one) for number, one in enumerate(classes) if one in known}
    pairs = {}
    for row in rows:
        here, colon, there = row.rpartition(":")
        if not colon:
            raise ConfigError("rows", got=row, need="CLASS:SOURCE_CLASS, such as hotdog:934")
        number = int(there) if there.isdecimal() and there not in known else there
        pairs[class_number(here, classes)] = class_number(number, known)
    return pairs


def freeze_and_group(model: nn.Module, finetune: FineTuneConfig) -> list[dict[str, Any]] | None:
    """Freeze layers and return parameter groups for the optimizer; None where all share one learning rate.

    Args:
        model: its frozen parameters get `requires_grad=False`.
        finetune: last frozen layer, and the learning rate scale of the head.

    Raises:
        ConfigError: there is no such layer, or no head.
    """
    if finetune.freeze is not None:
        freeze(model, finetune.freeze)
    if finetune.frozen_statistics:
        freeze_statistics(model)
    if finetune.head_lr_scale == finetune.layer_decay == 1.0:
        return None
    return parameter_groups(model, finetune.head_lr_scale, finetune.layer_decay)


def with_source_hash(finetune: FineTuneConfig, source: Source, sha256: str) -> FineTuneConfig:
    """Return the settings with the hash of the pretrained weights.

    Args:
        finetune: the settings.
        source: the pretrained model.
        sha256: hash of its weights, hexadecimal.

    Raises:
        RunError: the settings state another hash.
    """
    if finetune.sha256 is not None and finetune.sha256 != sha256:
        fix = "Bring the old weights back, or start a new run."
        raise RunError(f"the source {source.name}", got=f"sha256 {sha256}", need=f"sha256 {finetune.sha256}", fix=fix)
    return dataclasses.replace(finetune, source=source.name, sha256=sha256)
