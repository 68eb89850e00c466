"""The book's side: its loader, its loops, its measure of accuracy, called as they are. Never imports d2lab.

Only the drawing is taken out. Libraries are imported late, so that the loader's processes, where they start
afresh, import no more than they would behind a notebook.
"""

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.vs_book.contest import BATCH, CLASSES, MODELS
from benchmarks.vs_book.large import LARGE
from benchmarks.vs_book.wire import Message, serve


class Clocked:
    """A loader that notes the time from the request for its first batch until its last one has been used."""

    def __init__(self, loader: Any) -> None:
        self.loader, self.seconds, self.examples = loader, 0.0, 0

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        start = time.perf_counter()
        yield from self.loader
        self.seconds += time.perf_counter() - start
        self.examples += len(self.loader.dataset)


class Undrawn:
    """Takes the place of the book's Animator: keeps the last test accuracy, draws nothing."""

    accuracy = 0.0

    def __init__(self, **_: object) -> None:
        pass

    def add(self, _: float, values: tuple[float | None, ...]) -> None:
        if values[2] is not None:
            Undrawn.accuracy = values[2]


def book() -> Any:
    """Import the book's package and take its drawing out."""
    from d2l import torch as d2l

    d2l.Animator = Undrawn
    return d2l


def build(name: str) -> Any:
    """Build a model as the book's text does; those of convolutions get their weights from train_ch6 itself."""
    from torch import nn

    if name in LARGE:
        return LARGE[name]()
    if name == "lenet":
        return nn.Sequential(
            *(nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2)),
            *(nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2)),
            *(nn.Flatten(), nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid()),
            nn.Linear(84, CLASSES),
        )
    hidden = [nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, CLASSES)]
    model = nn.Sequential(nn.Flatten(), *(hidden if name == "mlp" else [nn.Linear(784, CLASSES)]))
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.01)
    return model


def train(name: str, clocked: Clocked, test: Any, epochs: int) -> float:
    """Train with the book's loop for this model; return the accuracy on `test` by the book's own measure."""
    import torch

    d2l, model, rate = book(), build(name), MODELS[name].rate
    if name not in ("softmax", "mlp"):
        d2l.train_ch6(model, clocked, test, epochs, rate, torch.device("cpu"))
        return float(Undrawn.accuracy)
    loss = torch.nn.CrossEntropyLoss(reduction="none")
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(epochs):
        d2l.train_epoch_ch3(model, clocked, loss, optimizer)
    return float(d2l.evaluate_accuracy(model, test))


class Window(Clocked):
    """The first batches of a loader: one warms up, the others are timed."""

    def __init__(self, loader: Any, steps: int) -> None:
        super().__init__(loader)
        self.steps = steps

    def __len__(self) -> int:
        return max(5, self.steps + 1)  # the book's loop draws five times an epoch, at every len // 5 batches

    def __iter__(self) -> Iterator[Any]:
        batches = iter(self.loader)
        yield next(batches)
        start = time.perf_counter()
        for _ in range(self.steps):
            batch = next(batches)
            self.examples += len(batch[1])
            yield batch
        self.seconds += time.perf_counter() - start


def window(model: str, threads: int) -> Message:
    """Train for some steps after one that warms up: the book's loader, resizing as it does, and its loop."""
    import torch

    torch.set_num_threads(threads)
    entry = MODELS[model]
    training, _ = book().load_data_fashion_mnist(entry.batch, resize=entry.side)
    timed = Window(training, entry.steps or 1)
    side = entry.side or 28
    train(model, timed, [(torch.zeros(1, 1, side, side), torch.zeros(1, dtype=torch.long))], 1)
    return {"examples": timed.examples, "seconds": timed.seconds, "threads": torch.get_num_threads()}


def hello() -> Message:
    """Say who this is."""
    import platform
    from importlib import metadata

    versions = {name: metadata.version(name) for name in ("d2l", "torch", "torchvision", "numpy")}
    return {"python": platform.python_version(), "libraries": versions}


def epoch(model: str, threads: int, epochs: int) -> Message:
    """Train for some epochs; seconds hold loading and training, not testing."""
    import torch

    torch.set_num_threads(threads)
    training, _ = book().load_data_fashion_mnist(BATCH)
    clocked = Clocked(training)
    train(model, clocked, [(torch.zeros(1, 1, 28, 28), torch.zeros(1, dtype=torch.long))], epochs)
    return {"examples": clocked.examples, "seconds": clocked.seconds, "threads": torch.get_num_threads()}


def accuracy(model: str, seed: int, epochs: int, threads: int) -> Message:
    """Train from a seed and measure on the test set after the last epoch."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    training, test = book().load_data_fashion_mnist(BATCH)
    return {"accuracy": train(model, Clocked(training), test, epochs)}


if __name__ == "__main__":
    serve({"hello": hello, "epoch": epoch, "window": window, "accuracy": accuracy})
