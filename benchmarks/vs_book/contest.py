"""What both sides are told: models, batch size, learning rates, and the turns of a round. Imports nothing heavy."""

from dataclasses import dataclass
from typing import Any

BATCH = 256  # examples a step, the notes' own
CLASSES = 10
THREADS = 2  # processor threads of both sides
TRAINING_EXAMPLES = 60_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the contest."""

    title: str
    rate: float  # learning rate of plain SGD
    recipe: str  # ours
    batch: int = BATCH
    side: int | None = None  # of the images, pixels; none keeps their 28
    steps: int | None = None  # of a timed window; none times whole epochs

    @property
    def windowed(self) -> bool:
        """Say whether an epoch would take too long to time: an hour or more on two cores."""
        return self.steps is not None


MODELS = {
    "softmax": Entry("softmax regression", 0.1, "softmax"),
    "mlp": Entry("MLP, 256 hidden", 0.1, "mlp"),
    "lenet": Entry("LeNet, sigmoid", 0.9, "lenet-sigmoid"),
    "lenet-norm": Entry("LeNet with batch norm", 1.0, "lenet-norm"),
    "alexnet": Entry("AlexNet", 0.01, "alexnet", batch=128, side=224, steps=3),
    "vgg11": Entry("VGG-11, channels / 4", 0.05, "vgg11", batch=128, side=224, steps=3),
    "nin": Entry("NiN", 0.1, "nin", batch=128, side=224, steps=3),
    "googlenet": Entry("GoogLeNet", 0.1, "googlenet", batch=128, side=96, steps=4),
    "resnet18": Entry("ResNet-18", 0.05, "resnet18", side=96, steps=3),
    "densenet": Entry("DenseNet", 0.1, "densenet", side=96, steps=4),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One measurement of a round: who is asked, and for what."""

    name: str
    side: str  # book or ours
    request: dict[str, Any]


def turns(model: str, *, quick: bool) -> list[Turn]:
    """List the turns of a round for a model, in their order.

    A turn of ours takes several epochs, since one is over too soon to time well; the book's epoch is long
    enough alone. The compiled turn leaves out its first epoch, in which torch.compile works.
    """
    if MODELS[model].windowed:
        return windows()
    epochs = 1 if quick else 3
    floor = {"cmd": "floor", "threads": None, "epochs": epochs}
    return [
        Turn("book", "book", {"cmd": "epoch", "threads": THREADS, "epochs": 1}),
        Turn("ours", "ours", {"cmd": "epoch", "threads": THREADS, "epochs": epochs}),
        Turn("ours-chosen", "ours", {"cmd": "epoch", "threads": None, "epochs": epochs}),
        Turn("ours-compiled", "ours", {"cmd": "epoch", "threads": None, "epochs": epochs + 1, "compiled": True}),
        Turn("floor-plain", "ours", {**floor, "form": "plain"}),
        Turn("floor-ours", "ours", {**floor, "form": "ours"}),
    ]


def windows() -> list[Turn]:
    """List the turns of a round for a large model: some steps each, after one or more that warm up."""
    return [
        Turn("book", "book", {"cmd": "window", "threads": THREADS}),
        Turn("ours", "ours", {"cmd": "window", "threads": THREADS}),
        Turn("ours-bfloat16", "ours", {"cmd": "window", "threads": THREADS, "precision": "bfloat16"}),
        Turn("floor-plain", "ours", {"cmd": "floor", "threads": THREADS, "epochs": 1, "form": "plain"}),
        Turn("floor-ours", "ours", {"cmd": "floor", "threads": THREADS, "epochs": 1, "form": "ours"}),
    ]
