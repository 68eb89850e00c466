"""Code of boxes beside the book's and torchvision's: equal, and how much faster; in turns, on one thread.

The book's functions are read from a clone of d2l-zh (see `detection_forms`). Every row alternates its forms within a
round; ratios are of one round, and their median, least and most are reported.
"""

import time
from collections.abc import Callable, Mapping
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from torch import Generator, Tensor
from torchvision import ops

from d2lab.vision.anchors import multiscale_anchors
from d2lab.vision.assign import anchor_targets
from d2lab.vision.detections import Detections, detect
from d2lab.vision.iou import box_iou
from d2lab.vision.offsets import decode_boxes
from d2lab.vision.suppress import batched_nms, nms

MAPS = [(32, 32), (16, 16), (8, 8), (4, 4), (1, 1)]
SIZES = [(0.2, 0.272), (0.37, 0.447), (0.54, 0.619), (0.71, 0.79), (0.88, 0.961)]  # the book's: 5,444 anchors
OBJECTS, CLASSES = 5, 3
Forms = Mapping[str, Callable[[], Any]]


def spread(values: list[float]) -> dict[str, float]:
    """Return median, least, most and number."""
    return {"median": round(median(values), 4), "least": round(min(values), 4), "most": round(max(values), 4)} | {
        "n": len(values)
    }


def boxes_of(kind: str, count: int, rng: Generator) -> Tensor:
    """Draw boxes in an image of 1,000 pixels: all over it, or fifty around each of some objects."""
    low = 1000 * torch.rand(count, 2, generator=rng)
    spread_out = torch.cat([low, low + 20 + 80 * torch.rand(count, 2, generator=rng)], 1)
    if kind == "uniform":
        return spread_out
    objects = spread_out[: max(1, count // 50)]
    return objects[torch.randint(len(objects), (count,), generator=rng)] + 3 * torch.randn(count, 4, generator=rng)


def in_turns(forms: Forms, rounds: int) -> dict[str, Any]:
    """Time the forms in turns; return milliseconds of each and how many times ours is faster than the others."""
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for number in range(rounds + 1):  # the first warms up
        for name, call in forms.items():
            began = time.process_time()
            call()
            if number:
                seconds[name].append(time.process_time() - began)
    row: dict[str, Any] = {"ms": {name: round(1e3 * median(values), 3) for name, values in seconds.items()}}
    for name in seconds.keys() - {"ours"}:
        row[f"{name} / ours"] = spread([a / b for a, b in zip(seconds[name], seconds["ours"], strict=True)])
    return row


def overlaps(book: SimpleNamespace, count: int, rounds: int, rng: Generator) -> dict[str, Any]:
    """Compare the IoU of all pairs."""
    one, other = boxes_of("uniform", count, rng), boxes_of("uniform", count, rng)
    forms = {
        "book": lambda: book.d2l.box_iou(one, other),
        "torchvision": lambda: ops.box_iou(one, other),
        "ours": lambda: box_iou(one, other),
    }
    return in_turns(forms, rounds) | {"equal": torch.equal(forms["book"](), forms["ours"]())}


def suppression(book: SimpleNamespace, kind: str, count: int, rounds: int, rng: Generator) -> dict[str, Any]:
    """Compare suppression of all boxes together, and class by class."""
    boxes, scores = boxes_of(kind, count, rng), torch.randperm(count, generator=rng) / count
    classes = torch.randint(20, (count,), generator=rng)
    forms: dict[str, Callable[[], Tensor]] = {
        "torchvision": lambda: ops.nms(boxes, scores, 0.5),
        "ours": lambda: nms(boxes, scores, 0.5),
    }
    if count <= 1_000:  # the book's takes minutes beyond
        forms["book"] = lambda: book.d2l.nms(boxes, scores, 0.5)
    by_class: dict[str, Callable[[], Tensor]] = {
        "torchvision": lambda: ops.batched_nms(boxes, scores, classes, 0.5),
        "ours": lambda: batched_nms(boxes, scores, classes, 0.5),
    }
    equal = all(torch.equal(call(), forms["ours"]()) for call in forms.values())
    return {"all": in_turns(forms, rounds) | {"equal": equal}, "by class": in_turns(by_class, rounds)}


def labelling(book: SimpleNamespace, rounds: int, rng: Generator) -> dict[str, Any]:
    """Compare the targets of the book's anchors for a batch of 32 images."""
    anchors = multiscale_anchors(MAPS, SIZES, [1, 2, 0.5])
    low = 0.7 * torch.rand(32, OBJECTS, 2, generator=rng)
    boxes = torch.cat([low, low + 0.05 + 0.25 * torch.rand(32, OBJECTS, 2, generator=rng)], 2)
    labels = torch.randint(CLASSES, (32, OBJECTS), generator=rng)
    rows, count = torch.cat([labels.unsqueeze(2).float(), boxes], 2), torch.full((32,), OBJECTS)
    forms = {
        "book": lambda: book.d2l.multibox_target(anchors.unsqueeze(0), rows),
        "ours": lambda: anchor_targets(anchors, boxes, labels, count, eps=1e-6),
    }
    (offsets, _, classes), mine = forms["book"](), forms["ours"]()
    equal = torch.equal(offsets.view_as(mine.offsets), mine.offsets) and torch.equal(classes, mine.classes)
    return in_turns(forms, rounds) | {"equal": equal}


def detection(book: SimpleNamespace, rounds: int, rng: Generator) -> dict[str, Any]:
    """Compare detection as a whole: scores and offsets of 8 images to boxes."""
    anchors = multiscale_anchors(MAPS, SIZES, [1, 2, 0.5])
    many = 8 * (1 + CLASSES) * len(anchors)
    scores = (torch.randperm(many, generator=rng) / many).view(8, 1 + CLASSES, -1)  # no two alike: the book has no rule
    offsets = 0.5 * torch.randn(8, 4 * len(anchors), generator=rng)

    def ours() -> Detections:
        boxes = decode_boxes(anchors, offsets.view(8, -1, 4))
        least = 0.009999999  # the book's
        return detect(scores[:, 1:].transpose(1, 2), boxes, min_score=least, per_class=False, most=len(anchors))

    forms = {"book": lambda: book.d2l.multibox_detection(scores, offsets, anchors.unsqueeze(0)), "ours": ours}
    theirs, mine = forms["book"](), ours()
    equal = True
    for image, rows in enumerate(theirs):
        found = rows[rows[:, 0] >= 0]
        number = int(mine.count[image])
        equal &= len(found) == number and torch.equal(found[:, 2:], mine.boxes[image, :number])
    return in_turns(forms, rounds) | {"equal": equal}


def compare(book: SimpleNamespace, rounds: int) -> dict[str, Any]:
    """Return every row."""
    rng = Generator().manual_seed(0)
    with torch.inference_mode():
        rows = {f"IoU {count} x {count}": overlaps(book, count, rounds, rng) for count in (300, 1_000, 3_000)}
        for kind in ("uniform", "clustered"):
            for count in (1_000, 10_000):
                rows[f"nms {count} {kind}"] = suppression(book, kind, count, rounds, rng)
        rows["targets, 5 objects"] = labelling(book, rounds, rng)
        rows["detection, 8 images"] = detection(book, max(1, rounds // 2), rng)
    return rows
