"""What both sides are told: nets, batch size, learning rates, and the turns of a round. Imports nothing heavy."""

from dataclasses import dataclass
from typing import Any

BATCH = 256  # examples a step, the notes' own
CLASSES = 10
THREADS = 2  # processor threads of both sides
TRAINING_EXAMPLES = 60_000


@dataclass(frozen=True, slots=True)
class Net:
    """A net of the contest."""

    title: str
    rate: float  # learning rate of plain SGD
    recipe: str  # ours


NETS = {
    "softmax": Net("softmax regression", 0.1, "softmax"),
    "mlp": Net("MLP, 256 hidden", 0.1, "mlp"),
    "lenet": Net("LeNet, sigmoid", 0.9, "lenet-sigmoid"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One measurement of a round: who is asked, and for what."""

    name: str
    side: str  # book or ours
    request: dict[str, Any]


def turns(*, quick: bool) -> list[Turn]:
    """List the turns of a round, in their order.

    A turn of ours takes several epochs, since one is over too soon to time well; the book's epoch is long
    enough alone. The compiled turn leaves out its first epoch, in which torch.compile works.
    """
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
