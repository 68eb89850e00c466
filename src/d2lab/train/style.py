"""Style transfer: an image is what learns; its features shall be one image's, their correlations another's.

Source: Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", section 2.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Amount, Pixels, Positive, check_bounds
from d2lab.core.errors import ConfigError
from d2lab.models.vgg_features import Pooling
from d2lab.train.config import Seconds, Threads
from d2lab.train.lbfgs_state import lbfgs_state, load_lbfgs
from d2lab.train.optimizer_state import pack_state
from d2lab.vision.style_loss import content_loss, gram_matrix, style_loss, total_variation

Layers = Annotated[tuple[str, ...], Meta(max_length=32)]
Image = Float[Tensor, "1 3 height width"]
OtherImage = Float[Tensor, "1 3 rows columns"]
HISTORY = 10  # steps from which L-BFGS estimates curvature: two images of memory for each


@dataclass(frozen=True, kw_only=True, slots=True)
class StyleConfig:
    """Settings of style transfer, as `--set NAME=VALUE` changes them."""

    ALIASES: ClassVar[dict[str, str]] = {"lr": "learning_rate"}

    side: Pixels = 240  # the longer one of each image, pixels
    content_layers: Layers = ("relu4_1",)  # whose features shall be those of the content image
    style_layers: Layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")  # whose Gram matrices shall be the style's
    content_weight: Amount = 1.0
    style_weight: Amount = 10.0
    variation_weight: Amount = 0.1
    relative: bool = True  # each layer's difference over its target: weights mean the same with any VGG
    pooling: Pooling = "max"
    initial: Literal["content", "noise"] = "content"  # the image before the first step
    optimizer: Literal["adam", "lbfgs"] = "adam"
    learning_rate: Positive | None = None  # none: 0.04 for adam (of 1, the range of a color), 1 for lbfgs
    steps: Annotated[int, Meta(ge=1, le=100_000, description="steps")] = 36
    images: Annotated[int, Meta(ge=1, le=20, description="images")] = 6  # kept on the way, evenly spaced, the last too
    precision: Literal["float32", "bfloat16"] = "float32"  # of the convolutions (autocast)
    threads: Threads | None = None  # CPU threads; none: one for each core
    checkpoint_every_s: Seconds = 10.0  # seconds between checkpoints; one is always written at the end

    def __post_init__(self) -> None:
        check_bounds(self)
        if not self.layers or not (self.content_weight or self.style_weight):
            raise ConfigError(
                "content and style layers", got="none that counts", need="one layer with a weight above 0"
            )
        if self.images > self.steps:
            raise ConfigError("images", got=self.images, need=f"at most one a step, of which there are {self.steps}")

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of all layers that are compared."""
        return tuple(dict.fromkeys([*self.content_layers, *self.style_layers]))

    @property
    def rate(self) -> float:
        """Return the learning rate."""
        return self.learning_rate or {"adam": 0.04, "lbfgs": 1.0}[self.optimizer]

    def shown(self, step: int) -> int | None:
        """Return which image of the strip a step makes, counted from 1, or None."""
        done, before = (number * self.images // self.steps for number in (step, step - 1))
        return done if done > before else None


@dataclass(frozen=True, slots=True)
class StyleLosses:
    """The three parts of the loss, without their weights, and their weighted sum."""

    total: Tensor
    content: Tensor
    style: Tensor
    variation: Tensor

    def numbers(self) -> dict[str, float]:
        """Return plain numbers, read from the device at once."""
        parts = torch.stack([self.total, self.content, self.style, self.variation]).tolist()
        return dict(zip(("loss", "content", "style", "variation"), parts, strict=True))


class StyleTransfer:
    """An image, the targets that it is compared with, and its optimizer.

    The targets are computed once. Only the image has a gradient; after each step its colors are clamped to [0, 1], for
    colors outside would be cut off when the image is shown, and the loss would be that of an image nobody sees.

    Args:
        features: image -> the layers that the settings name, such as `VGGFeatures`; frozen.
        content: of which the places are kept, colors from 0 to 1.
        style: of which the style is taken, of any size.
        config: weights, layers, optimizer.

    Raises:
        ConfigError: an image is too small for the layers.
    """

    def __init__(self, features: nn.Module, content: Image, style: OtherImage, config: StyleConfig) -> None:
        self.features, self.config, self.step = features, config, 0
        with torch.no_grad():
            found = self._features_of(content)
            self.contents = {name: found[name] for name in config.content_layers}
            found = self._features_of(style)
            self.styles = {name: gram_matrix(found[name]) for name in config.style_layers}
        initial = content.clone() if config.initial == "content" else torch.rand(content.shape).to(content)
        self.image = nn.Parameter(initial.contiguous())  # torch's L-BFGS views it as a vector
        if config.optimizer == "adam":
            self.optimizer: torch.optim.Optimizer = torch.optim.Adam([self.image], lr=config.rate)
        else:  # one evaluation a step, never ended early
            how: dict[str, Any] = {"max_iter": 1, "tolerance_grad": 0, "tolerance_change": 0, "history_size": HISTORY}
            self.optimizer = torch.optim.LBFGS([self.image], lr=config.rate, **how)

    def _features_of(self, image: Tensor) -> dict[str, Tensor]:
        """Compute feature maps in the precision of the settings; losses are computed in that of the image."""
        if self.config.precision == "float32":
            return self.features(image)  # type: ignore[no-any-return]
        with torch.autocast(image.device.type, torch.bfloat16, cache_enabled=False):
            found = self.features(image)
        return {name: features.to(image.dtype) for name, features in found.items()}

    def losses(self) -> StyleLosses:
        """Compute the losses of the image; content and style are means over their layers."""
        config, found = self.config, self._features_of(self.image)
        content, style = self.image.new_zeros(()), self.image.new_zeros(())
        for name, target in self.contents.items():
            content = content + content_loss(found[name], target, relative=config.relative) / len(self.contents)
        for name, gram in self.styles.items():
            style = style + style_loss(found[name], gram, relative=config.relative) / len(self.styles)
        variation = total_variation(self.image, "mean")
        total = config.content_weight * content + config.style_weight * style + config.variation_weight * variation
        return StyleLosses(total, content, style, variation)

    def __call__(self) -> StyleLosses:
        """Take a step; return the losses of the image before it, detached."""
        seen: list[StyleLosses] = []

        def evaluate() -> Tensor:
            self.image.grad = None
            losses = self.losses()
            losses.total.backward()  # type: ignore[no-untyped-call]
            seen.append(losses)
            return losses.total

        before = self.image.detach().clone()
        self.optimizer.step(evaluate)  # type: ignore[arg-type]
        with torch.no_grad():
            self.image.clamp_(0, 1)
            if isinstance(self.optimizer, torch.optim.LBFGS):  # curvature is that along the step that was taken
                state = self.optimizer.state[self.image]
                state["d"] = (self.image - before).flatten() / state["t"]
        self.step += 1
        last = seen[-1]
        return StyleLosses(*(part.detach() for part in (last.total, last.content, last.style, last.variation)))

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what a step changes: tensors by name, and plain values."""
        tensors, values = {"image": self.image.detach()}, dict[str, Any]()
        if isinstance(self.optimizer, torch.optim.LBFGS):
            kept, values = lbfgs_state(self.optimizer)
        else:
            kept = {f"0.{name}": value for name, value in self.optimizer.state.get(self.image, {}).items()}
        return tensors | {f"optimizer.{name}": value for name, value in kept.items()}, values

    def restore(self, step: int, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Restore what `state` returned after `step` steps.

        Raises:
            RunError: the tensors belong to another image or optimizer.
        """
        kept = {name.removeprefix("optimizer."): tensor for name, tensor in tensors.items() if name != "image"}
        if isinstance(self.optimizer, torch.optim.LBFGS):
            load_lbfgs(self.optimizer, kept, values)
        else:
            self.optimizer.load_state_dict(pack_state(self.optimizer, kept, began=step > 0))
        with torch.no_grad():
            self.image.copy_(tensors["image"])
        self.step = step
