"""What is trained, and what the notes say of it. Imports nothing heavy."""

from dataclasses import dataclass

DATA = "fashion-mnist"
PRECISIONS = ("float32", "bfloat16")
FLOOR_STEPS = 50  # of a resident batch


@dataclass(frozen=True, slots=True)
class Notes:
    """What the notes print under a model's training: test accuracy and examples a second, on their own card."""

    accuracy: float
    rate: int
    form: str = ""  # of the model, where the notes train two


NOTES: dict[str, tuple[Notes, ...]] = {  # by the names of benchmarks.vs_book.contest
    "lenet": (Notes(0.792, 46_513),),
    "alexnet": (Notes(0.883, 3_668),),
    "vgg11": (Notes(0.920, 3_126),),
    "nin": (Notes(0.868, 3_415),),
    "googlenet": (Notes(0.877, 4_773),),
    "lenet-norm": (Notes(0.835, 80_304, "scratch"), Notes(0.849, 137_883, "concise")),
    "resnet18": (Notes(0.892, 7_227),),
    "densenet": (Notes(0.893, 4_830),),
}

PROFILED = ("lenet", "resnet18")  # a small model and a large one
FAST = "cifar10-fast"  # the recipe of the second stage
FAST_DATA = ("cifar10", "cifar10-jpeg")  # as published, or as saved again in JPEG, which costs some tenths of a percent
_WIDE = {"widths": "128,384,512", "convolutions": 3, "translate": 4, "cutout": 12}
TARGETS: dict[float, dict[str, object]] = {  # test accuracy -> what `--set` changes; sizes of Jordan 2024, table 2
    0.94: {"epochs": 10},
    0.95: {"epochs": 16, "widths": "128,384,384"},
    0.96: {"epochs": 45, **_WIDE},
}
