"""Detections and objects for tests of average precision, and the definition of it in plain loops."""

from itertools import pairwise

import numpy as np
import torch

NO_SIZES = {"": (-float("inf"), float("inf"))}


def scenes(seed, *, images=6, classes=3, objects=7, found=14, ties=False, special=True):
    """Draw objects, and detections that are moved copies of them or stray, as dicts of padded tensors."""
    rng = torch.Generator().manual_seed(seed)

    def boxes(count, largest=60.0):
        corner = 100 * torch.rand(images, count, 2, generator=rng, dtype=torch.float64)
        return torch.cat([corner, corner + 2 + largest * torch.rand(corner.shape, generator=rng).double()], 2)

    truth = {
        "boxes": boxes(objects),
        "labels": torch.randint(classes, (images, objects), generator=rng),
        "count": torch.randint(objects + 1, (images,), generator=rng),
    }
    copied = torch.randint(objects, (images, found), generator=rng)
    near = truth["boxes"].gather(1, copied.unsqueeze(2).expand(-1, -1, 4))
    near = near + 4 * torch.randn(near.shape, generator=rng, dtype=torch.float64)
    near = torch.cat([near[..., :2], torch.maximum(near[..., 2:], near[..., :2] + 1)], 2)
    stray = torch.rand(images, found, 1, generator=rng) < 0.25
    right = torch.rand(images, found, generator=rng) < 0.8
    scores = torch.rand(images, found, generator=rng)
    outputs = {
        "boxes": torch.where(stray, boxes(found), near),
        "labels": torch.where(
            right, truth["labels"].gather(1, copied), torch.randint(classes, copied.shape, generator=rng)
        ),
        "scores": (5 * scores).round() / 5 if ties else scores,
        "count": torch.randint(found + 1, (images,), generator=rng),
    }
    if special:
        truth["crowd"] = torch.rand(images, objects, generator=rng) < 0.15
        truth["difficult"] = torch.rand(images, objects, generator=rng) < 0.15
    return with_garbage(outputs), with_garbage(truth)


def with_garbage(values):
    """Fill the padding with what would break any sum that reads it."""
    padding = torch.arange(values["labels"].shape[1]) >= values["count"].unsqueeze(1)
    garbage = {"boxes": float("nan"), "scores": float("nan"), "labels": 9999, "crowd": True, "difficult": True}
    return {
        name: value
        if name == "count"
        else value.masked_fill(padding.unsqueeze(2) if value.ndim == 3 else padding, garbage[name])
        for name, value in values.items()
    }


def overlap(one, two, crowd):
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area(one) if crowd else area(one) + area(two) - shared)


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def greedy(overlaps, ignored, shared, threshold):
    """Match detections, best first, one after another; None for those that find nothing."""
    order = sorted(range(len(ignored)), key=lambda one: ignored[one])
    taken, matches = set(), []
    for row in overlaps:
        best, match = min(threshold, 1 - 1e-10), None
        for one in order:
            if one in taken and not shared[one]:
                continue
            if match is not None and ignored[one] and not ignored[match]:
                break
            if row[one] >= best:
                best, match = row[one], one
        matches.append(match)
        taken |= {match}
    return matches


def outcomes_by_loops(outputs, truth, label, threshold, low, high, most):
    """Return scores with outcomes (None: not counted), best first, and the number of objects of a class."""
    rows, objects = [], 0
    nothing = torch.zeros_like(truth["labels"])
    for image in range(len(truth["count"])):
        mine = [k for k in range(int(truth["count"][image])) if truth["labels"][image, k] == label]
        boxes = [truth["boxes"][image, k].tolist() for k in mine]
        crowd = [bool(truth.get("crowd", nothing)[image, k]) for k in mine]
        shared = [c or bool(truth.get("difficult", nothing)[image, k]) for c, k in zip(crowd, mine, strict=True)]
        ignored = [s or not low <= area(b) <= high for s, b in zip(shared, boxes, strict=True)]
        objects += ignored.count(False)
        found = [k for k in range(int(outputs["count"][image])) if outputs["labels"][image, k] == label]
        found = sorted(found, key=lambda k: -float(outputs["scores"][image, k]))[:most]
        places = [outputs["boxes"][image, k].tolist() for k in found]
        table = [[overlap(place, box, c) for box, c in zip(boxes, crowd, strict=True)] for place in places]
        matches = greedy(table, ignored, shared, threshold)
        for k, place, match in zip(found, places, matches, strict=True):
            hit = (None if not low <= area(place) <= high else False) if match is None else True
            outcome = None if match is not None and ignored[match] else hit
            rows.append((float(outputs["scores"][image, k]), outcome))
    return sorted(rows, key=lambda row: -row[0]), objects


def area_by_loops(rows, objects, points):
    """Return the average precision by its definition: the largest precision at each recall or beyond."""
    if not objects:
        return float("nan")
    curve, hits, seen = [], 0, 0
    for _, outcome in rows:
        hits, seen = hits + (outcome is True), seen + (outcome is not None)
        curve.append((hits / objects, hits / max(seen, 1)))
    best = lambda at: max((precision for recall, precision in curve if recall >= at), default=0.0)  # noqa: E731
    if points == "all":
        levels = sorted({0.0, *(recall for recall, _ in curve)})
        return sum((b - a) * best(b) for a, b in pairwise(levels))
    return float(np.mean([best(at) for at in np.linspace(0, 1, points)]))


def table_by_loops(outputs, truth, classes, thresholds, points, sizes=NO_SIZES, most=100):
    values = [
        [
            [
                area_by_loops(*outcomes_by_loops(outputs, truth, label, one, low, high, most), points)
                for one in thresholds
            ]
            for low, high in sizes.values()
        ]
        for label in range(classes)
    ]
    return torch.tensor(values, dtype=torch.float64)
