"""Kinds of errors: a plain loop over detections, by hand, and where there is nothing."""

import pytest
import torch
from tests.vision.drawn_boxes import plain_iou

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics import AveragePrecision
from d2lab.metrics.detection_errors import (
    BACKGROUND,
    BADLY_PLACED,
    DOUBLE,
    IGNORED,
    PADDING,
    RIGHT,
    WRONG_CLASS,
    detection_errors,
)

CLASSES = 3


def drawn(rng, images=12, most=6, extra=8):
    """Draw objects, and detections that are objects moved a bit, or anything; each image its own counts."""
    low = torch.rand(images, most, 2, generator=rng) * 40
    boxes = torch.cat([low, low + 5 + torch.rand(images, most, 2, generator=rng) * 20], 2)
    labels = torch.randint(0, CLASSES, (images, most), generator=rng)
    counts = torch.randint(0, most + 1, (images,), generator=rng)
    source = torch.randint(0, most, (images, extra), generator=rng)
    near = boxes.gather(1, source.unsqueeze(2).expand(-1, -1, 4))
    near = near + 6 * torch.rand(images, extra, 1, generator=rng) * torch.randn(images, extra, 4, generator=rng)
    near = torch.cat([torch.minimum(near[..., :2], near[..., 2:]), torch.maximum(near[..., :2], near[..., 2:])], 2)
    keeps = torch.rand(images, extra, generator=rng) < 0.7
    found = {
        "boxes": near,
        "labels": labels.gather(1, source).where(keeps, torch.randint(0, CLASSES, (images, extra), generator=rng)),
        "scores": (8 * torch.rand(images, extra, generator=rng)).round() / 8,  # ties
        "count": torch.randint(0, extra + 1, (images,), generator=rng),
    }
    counts[0], found["count"][1] = 0, 0
    return found, {"boxes": boxes, "labels": labels, "count": counts}


def plain(found, objects, image, min_score=0.0):
    """Count the kinds in one image, one detection after another."""
    count, number = int(found["count"][image]), int(objects["count"][image])
    order = sorted(range(count), key=lambda row: -float(found["scores"][image, row]))
    true = objects["boxes"][image, :number].double().tolist()
    classes = objects["labels"][image, :number].tolist()
    taken, kinds = set(), []
    for row in order:
        if float(found["scores"][image, row]) < min_score:
            break
        box, label = found["boxes"][image, row].double().tolist(), int(found["labels"][image, row])
        overlaps = [plain_iou(box, other) for other in true]
        own = [(overlap, k) for k, overlap in enumerate(overlaps) if classes[k] == label]
        free = [(overlap, k) for overlap, k in own if overlap >= 0.5 and k not in taken]
        other = max((overlap for k, overlap in enumerate(overlaps) if classes[k] != label), default=0)
        if free:
            taken.add(max(free)[1])
            kinds.append(RIGHT)
        elif max(own, default=(0, 0))[0] >= 0.5:
            kinds.append(DOUBLE)
        elif other >= 0.5:
            kinds.append(WRONG_CLASS)
        else:
            kinds.append(BADLY_PLACED if max(overlaps, default=0) >= 0.1 else BACKGROUND)
    return kinds, [k not in taken for k in range(number)]


def test_kinds_are_those_of_a_plain_loop(rng):
    found, objects = drawn(rng)
    errors = detection_errors(found, objects, CLASSES)
    seen = set()
    for image in range(12):
        kinds, missed = plain(found, objects, image)
        assert errors.kinds[image].tolist() == kinds + [PADDING] * (8 - len(kinds))
        assert errors.missed()[image].tolist() == missed + [False] * (6 - len(missed))
        seen |= set(kinds)
    assert seen == {RIGHT, DOUBLE, WRONG_CLASS, BADLY_PLACED, BACKGROUND}
    for score in (0.0, 0.35, 0.5, 2.0):
        loops = [plain(found, objects, image, score) for image in range(12)]
        every = [kind for kinds, _ in loops for kind in kinds]
        assert errors.counts(score) == {
            "right": every.count(RIGHT),
            "double": every.count(DOUBLE),
            "wrong class": every.count(WRONG_CLASS),
            "badly placed": every.count(BADLY_PLACED),
            "background": every.count(BACKGROUND),
            "missed": sum(sum(missed) for _, missed in loops),
        }


def test_a_double_that_also_lies_on_another_class_is_a_double():
    objects = {"boxes": [[0.0, 0, 10, 10], [0, 0, 10, 12]], "labels": [0, 1]}
    found = {"boxes": [[0.0, 0, 10, 10], [0, 0, 10, 10]], "labels": [0, 0], "scores": [0.9, 0.8]}
    objects, found = ({name: torch.tensor([values]) for name, values in one.items()} for one in (objects, found))
    errors = detection_errors(found | {"count": torch.tensor([2])}, objects | {"count": torch.tensor([2])}, CLASSES)
    assert errors.kinds.tolist() == [[RIGHT, DOUBLE]]


def test_right_detections_are_those_of_average_precision(rng):
    found, objects = drawn(rng)
    metric = AveragePrecision(CLASSES, thresholds=(0.5,))
    metric.update(found, Batch(found["boxes"], objects))
    right = 0
    for label in range(CLASSES):
        total = int((objects["labels"][torch.arange(6) < objects["count"].unsqueeze(1)] == label).sum())
        right += round(float(metric.curve(label).recall[-1]) * total)
    assert detection_errors(found, objects, CLASSES).counts()["right"] == right


def test_the_best_score_is_the_one_of_the_best_f1(rng):
    for _ in range(20):
        found, objects = drawn(rng, images=3)
        errors = detection_errors(found, objects, CLASSES)
        total = int(objects["count"].sum())
        best, chosen = -1.0, 0.0
        for score in [eighth / 8 for eighth in range(8, -1, -1)]:
            loops = [plain(found, objects, image, score)[0] for image in range(3)]
            every = [kind for kinds in loops for kind in kinds]
            f1 = 2 * every.count(RIGHT) / (len(every) + total) if every else -1.0
            if f1 > best + 1e-12:
                best, chosen = f1, score
        assert errors.best_score() == pytest.approx(chosen)


def test_crowds_and_difficult_objects_are_neither_missed_nor_found():
    objects = {
        "boxes": torch.tensor([[[0.0, 0, 10, 10], [20, 20, 30, 30], [40, 40, 50, 50]]]),
        "labels": torch.zeros(1, 3, dtype=torch.int64),
        "count": torch.tensor([3]),
        "crowd": torch.tensor([[True, False, False]]),
        "difficult": torch.tensor([[False, True, False]]),
    }
    found = {
        "boxes": objects["boxes"][:, :2],
        "labels": torch.zeros(1, 2, dtype=torch.int64),
        "scores": torch.tensor([[0.9, 0.8]]),
        "count": torch.tensor([2]),
    }
    errors = detection_errors(found, objects, 1)
    assert errors.kinds.tolist() == [[IGNORED, IGNORED]]
    assert errors.missed().tolist() == [[False, False, True]]


def test_nothing_found_and_nothing_to_find(rng):
    found, objects = drawn(rng, images=4)
    nothing = found | {"count": torch.zeros(4, dtype=torch.int64)}
    errors = detection_errors(nothing, objects, CLASSES)
    assert sum(errors.counts().values()) == errors.counts()["missed"] == int(objects["count"].sum())
    assert errors.best_score() == 0
    empty = objects | {"count": torch.zeros(4, dtype=torch.int64)}
    errors = detection_errors(found, empty, CLASSES)
    assert errors.counts() == {
        **dict.fromkeys(["right", "double", "wrong class", "badly placed", "missed"], 0),
        "background": int(found["count"].sum()),
    }
    no_rows = {"boxes": torch.zeros(4, 0, 4), "labels": torch.zeros(4, 0).long(), "count": torch.zeros(4).long()}
    assert detection_errors(found, no_rows, CLASSES).counts() == errors.counts()


def test_refuses_overlaps_in_no_order(rng):
    found, objects = drawn(rng)
    for near, iou in ((0.5, 0.1), (0.0, 0.5), (0.5, 0.5), (0.1, 1.5)):
        with pytest.raises(ConfigError, match="near and iou: got"):
            detection_errors(found, objects, CLASSES, near=near, iou=iou)
