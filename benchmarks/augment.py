"""Images a second through augmentation: ours a batch at a time, torchvision image by image and batch by batch.

    python -m benchmarks.augment [--rounds 7] [--threads 1] [--only chain]

Each pipeline starts from bytes in memory and ends with a float32 batch. Sides take turns within a round (A B C D,
A B C D, ...), so that a busy machine slows all of them; figures are medians over the rounds, per second that the
processor worked for this process. torchvision on a whole
batch is the fastest it has, but draws once for all images of the batch: every image is cut at the same place.

The last tasks are ImageNet's usual chain: flip, crop of .25 to 1, brightness, contrast, saturation and hue. There
"formulas one by one" is what ours was before: a gather for flips, crops as one product for the batch, and each color's
own function on the whole batch; its batches are compared with ours first. albumentations takes part where it is
installed; it works on bytes, with OpenCV.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

from d2lab.core.machine import configure_malloc, describe_machine
from d2lab.vision import color
from d2lab.vision.augment import COLORS, Augment, AugmentConfig
from d2lab.vision.geometry import flip_index, gather_pixels, line_index
from d2lab.vision.resample import resized_crop
from d2lab.vision.sampling import StepGenerators, uniform

Side = Callable[[], Tensor]
JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
FLOATS = [v2.ToDtype(torch.float32, scale=True)]
CHAIN = {"flip": 0.5, "crop": 0.25, **JITTER}


def chain_of(side: int) -> list[v2.Transform]:
    """Return torchvision's flip, crop and color jitter."""
    crop = v2.RandomResizedCrop(side, scale=(0.25, 1.0), antialias=True)
    return [v2.RandomHorizontalFlip(), crop, v2.ColorJitter(0.4, 0.4, 0.4, 0.1), *FLOATS]


TASKS = {  # name: images, channels, stored side, side as read (none keeps), ours, theirs
    "flip, move by 4, cutout 8": (256, 3, 32, None, {"flip": 0.5, "translate": 4, "border": "zeros", "cutout": 8},
        [v2.RandomHorizontalFlip(), v2.RandomCrop(32, padding=4), *FLOATS,
         v2.RandomErasing(p=1, scale=(1 / 16, 1 / 16), ratio=(1, 1), value=0.5)]),
    "flip, move by 2, cutout 7, gray": (256, 1, 28, None, {"flip": 0.5, "translate": 2, "border": "zeros", "cutout": 7},
        [v2.RandomHorizontalFlip(), v2.RandomCrop(28, padding=2), *FLOATS,
         v2.RandomErasing(p=1, scale=(1 / 16, 1 / 16), ratio=(1, 1), value=0.5)]),
    "random resized crop, 28 to 96, gray": (128, 1, 28, 96, {"crop": 0.08},
        [v2.RandomResizedCrop(96, antialias=True), *FLOATS]),
    "random resized crop, 256 to 224": (32, 3, 256, 224, {"crop": 0.08},
        [v2.RandomResizedCrop(224, antialias=True), *FLOATS]),
    "color jitter, 96": (64, 3, 96, None, JITTER, [v2.ColorJitter(0.4, 0.4, 0.4, 0.1), *FLOATS]),
    "rotate by 15, 32": (256, 3, 32, None, {"rotate": 15.0, "border": "zeros"},
        [*FLOATS, v2.RandomRotation(15, interpolation=v2.InterpolationMode.BILINEAR)]),
    "resize 28 to 96, gray": (128, 1, 28, 96, {}, [v2.Resize(96, antialias=True), *FLOATS]),
    "resize 28 to 224, gray": (128, 1, 28, 224, {}, [v2.Resize(224, antialias=True), *FLOATS]),
    "chain, 224": (32, 3, 224, 224, CHAIN, chain_of(224)),
    "chain, 32": (256, 3, 32, 32, CHAIN, chain_of(32)),
}  # fmt: skip
CHAINS = ("chain, 224", "chain, 32")


def sides(name: str) -> tuple[int, dict[str, Side]]:
    """Return the number of images, and what is timed: ours first."""
    count, channels, stored, side, config, parts = TASKS[name]
    images = torch.randint(0, 256, (count, channels, stored, stored), dtype=torch.uint8)
    targets = torch.zeros(count, dtype=torch.int64)
    augment = Augment(AugmentConfig(**config), shape=(channels, stored, stored), side=side, classes=10, seed=0)
    theirs = v2.Compose(parts)
    pil_images = [Image.fromarray(image.movedim(0, -1).squeeze(-1).numpy()) for image in images]
    whole = [part for part in parts if part not in FLOATS]
    erasing = [part for part in whole if isinstance(part, v2.RandomErasing)]  # knows tensors only
    before = [part for part in whole if part not in erasing]
    pillow = v2.Compose([*before, v2.ToImage(), *FLOATS, *erasing])
    step = iter(range(10**9))
    more: dict[str, Side] = {}
    if name in CHAINS:
        compare(augment, images)
        others = iter(range(10**9))
        more["formulas one by one"] = lambda: one_by_one(augment, images, next(others))
        more |= albumentations_side(images)
    return count, {
        "ours": lambda: augment(images, targets, next(step))[0],
        **more,
        "torchvision, each image": lambda: torch.stack([theirs(image) for image in images]),
        "torchvision on Pillow": lambda: torch.stack([pillow(image) for image in pil_images]),
        "torchvision, one draw a batch": lambda: theirs(images),
    }


def one_by_one(augment: Augment, images: Tensor, step: int) -> Tensor:
    """Augment by the same draws with one function for each change."""
    generators = StepGenerators(augment.seed, step, images.device)
    drawn = augment._drawn(images, generators)
    rows, columns = (line_index(len(images), pixels, images.device) for pixels in images.shape[-2:])
    made = gather_pixels(images, rows, flip_index(columns, drawn.flipped))
    made = resized_crop(color.to_unit(made), drawn.crops, *drawn.size)
    for name, middle in COLORS.items():
        amount = getattr(augment.config, name)
        factors = uniform((len(images),), middle - amount, middle + amount, generators.of(name))
        made = getattr(color, name)(made, factors)
    return made


def compare(augment: Augment, images: Tensor) -> None:
    """Check that both make the same batch: pixels to a step of a byte in the mean, means and deviations to a tenth.

    A crop of bytes is rounded to bytes, and colors enlarge what was rounded.
    """
    made = augment(images, torch.zeros(len(images), dtype=torch.int64), 0)[0]
    wanted = one_by_one(augment, images, 0)
    assert (made - wanted).abs().mean() < 1 / 255
    for statistic in (torch.mean, torch.std):
        assert (statistic(made, (0, 2, 3)) - statistic(wanted, (0, 2, 3))).abs().max() < 0.1 / 255


def albumentations_side(images: Tensor) -> dict[str, Side]:
    """Return albumentations on the same images, where it is installed; its colors come out as bytes."""
    if importlib.util.find_spec("albumentations") is None:
        return {}
    import albumentations
    import cv2

    cv2.setNumThreads(torch.get_num_threads() - 1)  # 0 is none beside the caller
    side = images.shape[-1]
    changes = albumentations.Compose([
        albumentations.HorizontalFlip(p=0.5),
        albumentations.RandomResizedCrop(size=(side, side), scale=(0.25, 1.0), p=1.0),
        albumentations.ColorJitter((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1), p=1.0),
    ])  # fmt: skip
    arrays = [np.ascontiguousarray(image.permute(1, 2, 0).numpy()) for image in images]

    def run() -> Tensor:
        made = np.stack([changes(image=array)["image"] for array in arrays])
        return color.to_unit(torch.from_numpy(made).permute(0, 3, 1, 2).contiguous())

    return {"albumentations, bytes": run}


def measure(name: str, rounds: int) -> dict[str, float]:
    """Return images a second of each side, the median over the rounds."""
    count, timed = sides(name)
    seconds: dict[str, list[float]] = {side: [] for side in timed}
    for number in range(rounds + 1):  # the first one warms up
        for side, run in timed.items():
            start = time.process_time()
            made = run()
            seconds[side].append(time.process_time() - start)
            assert made.dtype == torch.float32
            assert len(made) == count
        if number == 0:
            seconds = {side: [] for side in timed}
    return {side: count / statistics.median(taken) for side, taken in seconds.items()}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="tasks whose name has this in it")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    configure_malloc()  # as a run does; it serves all sides
    machine = describe_machine()
    print(f"{machine['processor']}, {given.threads} threads, torch {torch.__version__}, {given.rounds} rounds, medians")
    for name in (name for name in TASKS if given.only in name):
        found = measure(name, given.rounds)
        print(f"\n{name}")
        for side, rate in found.items():
            times = "" if side == "ours" else f"  ours is {found['ours'] / rate:.1f} times as fast"
            print(f"  {side:30} {rate:10,.0f} images/s{times}")


if __name__ == "__main__":
    main()
