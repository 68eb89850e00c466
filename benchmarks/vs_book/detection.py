"""python -m benchmarks.vs_book.detection CLONE [STAGE]: boxes and a TinySSD step beside the book's; see README.md."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from benchmarks.vs_book import boxes
from benchmarks.vs_book.boxes import spread
from benchmarks.vs_book.detection_forms import book_step, our_batch, our_model, our_step, our_task, read_book
from benchmarks.vs_book.kept import keep
from torch import Tensor

from d2lab.core.machine import configure_malloc

OUT = Path(__file__).with_name("detection.json")
BATCH, SIDE = 32, 256  # the book's


def drawn(seed: int, batch: int = BATCH, side: int = SIDE) -> tuple[Tensor, Tensor]:
    """Return images of noise with one light rectangle each, as large as the book's bananas, and what is where."""
    rng = torch.Generator().manual_seed(seed)
    images = 0.6 * torch.rand(batch, 3, side, side, generator=rng)
    sides = 0.2 + 0.15 * torch.rand(batch, 2, generator=rng)
    low = torch.rand(batch, 2, generator=rng) * (1 - sides)
    boxes = torch.cat([low, low + sides], 1)
    for image, (x1, y1, x2, y2) in zip(images, (side * boxes).long().tolist(), strict=True):
        image[:, y1:y2, x1:x2] += 0.4
    return images, torch.cat([torch.zeros(batch, 1), boxes], 1).unsqueeze(1)


def step(book: SimpleNamespace, rounds: int) -> dict[str, Any]:
    """Time alternating steps of all forms from the same weights on the same batches, and compare their losses."""
    torch.manual_seed(0)
    net = book.TinySSD(num_classes=1)
    forms = {name: our_step(our_model(book, net), half=name != "ours") for name in ("ours", "ours-bfloat16")}
    forms = {"book": book_step(book, net)} | forms
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    losses: dict[str, list[float]] = {name: [] for name in forms}
    for number in range(rounds + 1):  # the first warms up
        images, labels = drawn(number)
        for name, one in forms.items():
            began = time.process_time()
            loss = one(images, labels)
            seconds[name].append(time.process_time() - began)
            losses[name].append(loss.item())
    kept = {name: values[1:] for name, values in seconds.items()}
    faster = {
        f"book / {name}": spread([b / a for a, b in zip(kept[name], kept["book"], strict=True)]) for name in forms
    }
    apart = {name: max(abs(a / b - 1) for a, b in zip(losses[name], losses["book"], strict=True)) for name in forms}
    return {
        "processor seconds a step": {name: round(median(values), 3) for name, values in kept.items()},
        "ratio": faster,
        "losses": {name: [round(loss, 6) for loss in values] for name, values in losses.items()},
        "largest relative difference of a loss": {name: float(f"{value:.2g}") for name, value in apart.items()},
    }


def targets(book: SimpleNamespace, rounds: int) -> dict[str, Any]:
    """Time our assignment of anchors alone, and the whole step around it: what assigning once would save."""
    net = book.TinySSD(num_classes=1)
    model, task = our_model(book, net), our_task()
    images, labels = drawn(0)
    batch, one = our_batch(images, labels), our_step(model)
    anchors = model(images[:1])["anchors"]
    shares = []
    for _ in range(rounds + 1):
        alone = _seconds(lambda: task.targets(anchors, batch))
        shares.append(alone / _seconds(lambda: one(images, labels)))
    return {"share of the step": spread(shares[1:])}


def _seconds(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def main() -> int:
    """Run the stage that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_book.detection")
    parser.add_argument("clone", type=Path, help="a checkout of d2l-zh")
    parser.add_argument("stage", choices=("step", "targets", "boxes"), nargs="?", default="step")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    configure_malloc()
    keep(
        OUT,
        given.stage,
        {"step": step, "targets": targets, "boxes": boxes.compare}[given.stage](read_book(given.clone), given.rounds),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
