"""Errors of anchors: against plain loops, merged halves, and the detector that finds nothing."""

import pytest
import torch

from d2lab.data.batch import Batch
from d2lab.metrics import AnchorErrors
from d2lab.vision.anchors import anchor_boxes
from d2lab.vision.assign import anchor_targets


def drawn(rng, batch=6):
    anchors = 48 * anchor_boxes((4, 4), [0.3, 0.5], [1.0, 2.0])
    low = 30 * torch.rand(batch, 3, 2, generator=rng)
    boxes = torch.cat([low, low + 6 + 10 * torch.rand(batch, 3, 2, generator=rng)], 2)
    labels = torch.randint(4, (batch, 3), generator=rng)
    count = torch.tensor([0, 1, 2, 3, 3, 1])[:batch]
    outputs = {
        "logits": torch.randn(batch, len(anchors), 5, generator=rng),
        "offsets": torch.randn(batch, len(anchors), 4, generator=rng),
        "anchors": anchors,
    }
    return outputs, {"boxes": boxes, "labels": labels, "count": count}


def test_errors_are_those_of_plain_loops(rng):
    outputs, targets = drawn(rng)
    metric = AnchorErrors()
    metric.update(outputs, Batch(None, targets))
    true = anchor_targets(outputs["anchors"], **targets)
    wrong = error = objects = size = total = 0
    for image in range(6):
        for anchor in range(len(outputs["anchors"])):
            total += 1
            wrong += int(outputs["logits"][image, anchor].argmax()) != int(true.classes[image, anchor])
            if bool(true.positive[image, anchor]):
                objects += 1
                pairs = list(
                    zip(outputs["offsets"][image, anchor].tolist(), true.offsets[image, anchor].tolist(), strict=True)
                )
                error += sum(abs(said - wanted) for said, wanted in pairs)
                size += sum(abs(wanted) for _, wanted in pairs)
    assert objects > 5
    assert metric.compute() == pytest.approx(
        {
            "class_error": wrong / total,
            "class_error_background": objects / total,
            "box_mae": error / (4 * total),
            "box_mae_zero": size / (4 * total),
        }
    )


def test_a_detector_that_finds_nothing_has_the_errors_that_stand_beside(rng):
    outputs, targets = drawn(rng)
    outputs["logits"], outputs["offsets"] = torch.zeros_like(outputs["logits"]), torch.zeros_like(outputs["offsets"])
    outputs["logits"][..., 0] = 1
    metric = AnchorErrors()
    metric.update(outputs, Batch(None, targets))
    found = metric.compute()
    assert 0 < found["class_error"] == found["class_error_background"] < 0.2
    assert 0 < found["box_mae"] == found["box_mae_zero"]


def test_halves_merge_to_the_whole_and_a_lower_threshold_has_more_objects(rng):
    outputs, targets = drawn(rng)
    whole, first, second, low = (AnchorErrors(iou_threshold=one) for one in (0.5, 0.5, 0.5, 0.2))
    whole.update(outputs, Batch(None, targets))
    low.update(outputs, Batch(None, targets))
    for metric, rows in ((first, slice(0, 2)), (second, slice(2, 6))):
        part = {k: v if k == "anchors" else v[rows] for k, v in outputs.items()}
        metric.update(part, Batch(None, {k: v[rows] for k, v in targets.items()}))
    first.merge(second)
    assert first.compute() == pytest.approx(whole.compute())
    assert low.compute()["class_error_background"] > whole.compute()["class_error_background"]


def test_nothing_seen_is_no_number():
    assert all(value != value for value in AnchorErrors().compute().values())
