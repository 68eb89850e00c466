"""python -m benchmarks.vs_book.style CLONE: a step of style transfer beside the book's; see README.md here.

The book's functions are read from a clone and run as they are; the loop around them is its loop without the drawing.
Both have the same random VGG-19 of torchvision's form: what a step costs does not depend on what was learned.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from benchmarks.vs_book.boxes import spread
from benchmarks.vs_book.detection_forms import read_book
from benchmarks.vs_book.kept import keep
from torch import Tensor, nn

from d2lab.core.machine import configure_malloc
from d2lab.models.pretrained import MEAN, STD
from d2lab.models.vgg_features import VGGFeatures, layer_names
from d2lab.train.style import StyleConfig, StyleTransfer

CHAPTER = Path("chapter_computer-vision", "neural-style.md")
VALUES = ("style_layers", "content_layers", "content_weight", "style_weight", "tv_weight")
STYLES = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1")  # the book's 0, 5, 10, 19, 28: ReLU overwrites
CONTENTS = ("relu4_4",)  # its 25, overwritten as well
SIZE = (300, 450)  # the book's
OUT = Path(__file__).with_name("style.json")
Step = Callable[[], dict[str, float]]


def random_vgg(seed: int = 0) -> nn.Sequential:
    """Return the feature layers of a VGG-19 in torchvision's order, He initialization, activations in place."""
    torch.manual_seed(seed)
    drawn = VGGFeatures(["conv5_4"], depth=19)
    drawn.draw()
    layers = dict(drawn.layers.named_children())
    found: list[nn.Module] = []
    for name in layer_names(19)[:-2]:
        found.append(nn.ReLU(inplace=True) if name.startswith("relu") else layers[name])
    return nn.Sequential(*found).requires_grad_(True)


def book_step(book: SimpleNamespace, vgg: nn.Sequential, content: Tensor, style: Tensor) -> Step:
    """Return a step of the book's loop on images of colors from 0 to 1, which it normalizes."""
    names: dict[str, Any] = book.extract_features.__globals__
    names["net"] = nn.Sequential(*[vgg[i] for i in range(max(book.content_layers + book.style_layers) + 1)])
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (MEAN, STD))
    pictures = [(one - mean) / std for one in (content, style)]
    contents, _ = book.extract_features(pictures[0], book.content_layers, book.style_layers)
    _, styles = book.extract_features(pictures[1], book.content_layers, book.style_layers)
    image, grams, trainer = book.get_inits(pictures[0], torch.device("cpu"), 0.3, styles)

    def step() -> dict[str, float]:
        trainer.zero_grad()
        found = book.extract_features(image, book.content_layers, book.style_layers)
        content_losses, style_losses, _, loss = book.compute_loss(image, *found, contents, grams)
        loss.backward()
        trainer.step()
        return {"content": float(sum(content_losses)), "style": 10 * float(sum(style_losses))}

    return step


def our_step(
    vgg: nn.Sequential, content: Tensor, style: Tensor, *, truncated: bool = False, half: bool = False
) -> Step:
    """Return our step with the book's layers and weights, or only up to the default layers.

    Args:
        vgg: weights of all convolutions.
        content: colors from 0 to 1.
        style: the same.
        truncated: only the layers that `d2lab stylize` uses by default, of the same VGG.
        half: convolutions in bfloat16.
    """
    usual = StyleConfig()
    config = StyleConfig(
        content_layers=usual.content_layers if truncated else CONTENTS,
        style_layers=usual.style_layers if truncated else STYLES,
        content_weight=1.0,
        style_weight=1e4 * (4 if truncated else 5),  # the book sums over layers where ours is their mean
        variation_weight=10.0,
        relative=False,
        precision="bfloat16" if half else "float32",
    )
    features = VGGFeatures(config.layers, depth=19)
    features.load_convolutions([(one.weight, one.bias) for one in vgg if isinstance(one, nn.Conv2d)])
    transfer = StyleTransfer(features, content, style, config)

    def step() -> dict[str, float]:
        found = transfer().numbers()
        return {"content": found["content"], "style": config.style_weight * found["style"]}

    return step


def measure(book: SimpleNamespace, rounds: int, size: tuple[int, int] = SIZE) -> dict[str, Any]:
    """Time alternating steps of all forms from the same image, and compare their first losses."""
    vgg = random_vgg()
    content, style = (torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(k)) for k in (1, 2))
    forms = {"book": book_step(book, vgg, content, style), "equal layers": our_step(vgg, content, style)}
    forms["truncated"] = our_step(vgg, content, style, truncated=True)
    forms["truncated, bfloat16"] = our_step(vgg, content, style, truncated=True, half=True)
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    losses: dict[str, list[dict[str, float]]] = {name: [] for name in forms}
    for _ in range(rounds + 1):  # the first warms up
        for name, step in forms.items():
            began = time.process_time()
            losses[name].append(step())
            seconds[name].append(time.process_time() - began)
    kept = {name: values[1:] for name, values in seconds.items()}
    ratios = {name: [b / a for a, b in zip(kept[name], kept["book"], strict=True)] for name in forms if name != "book"}
    first, theirs = losses["equal layers"][0], losses["book"][0]
    return {
        "processor seconds a step": {name: round(median(values), 3) for name, values in kept.items()},
        "ratio": {f"book / {name}": spread(values) for name, values in ratios.items()},
        "first style loss, ours / book": round(first["style"] / theirs["style"], 6),
    }


def main() -> int:
    """Measure and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_book.style")
    parser.add_argument("clone", type=Path, help="a checkout of d2l-zh")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    configure_malloc()
    keep(OUT, "step", measure(read_book(given.clone, CHAPTER, (), VALUES), given.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
