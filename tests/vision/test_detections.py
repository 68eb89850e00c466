"""What is detected in a batch of images: against a plain loop and by hand."""

import math

import jaxtyping
import pytest
import torch
from tests.vision.drawn_boxes import plain_iou

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision.detections import detect
from d2lab.vision.twins import clustered_boxes

FLOAT = torch.float64


def plain_detections(scores, boxes, min_score, threshold, most, *, per_class):
    """Go through (score, box, class) by falling score."""
    rows = [(score, which, label) for which, row in enumerate(scores) for label, score in enumerate(row)]
    if not per_class:
        rows = [(max(row), which, row.index(max(row))) for which, row in enumerate(scores)]
    kept = []
    for score, which, label in sorted(rows, key=lambda row: (-row[0], row[1], row[2])):
        rivals = [other for _, other, its in kept if not per_class or its == label]
        if score >= min_score and all(plain_iou(boxes[which], boxes[other]) <= threshold for other in rivals):
            kept.append((score, which, label))
    return kept[:most]


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("most", [1, 7, 100])
@pytest.mark.parametrize("min_score", [0.0, 0.5, 2.0])
def test_detections_are_those_of_a_plain_loop(rng, per_class, most, min_score):
    boxes = torch.stack([clustered_boxes(rng, 60) for _ in range(3)])
    scores = torch.rand(3, 60, 4, generator=rng, dtype=FLOAT)
    scores[1] *= 0.4  # an image in which little is found
    found = detect(scores, boxes, min_score=min_score, per_class=per_class, most=most)
    for image in range(3):
        plain = plain_detections(
            scores[image].tolist(), boxes[image].tolist(), min_score, 0.5, most, per_class=per_class
        )
        count = int(found.count[image])
        assert count == len(plain)
        assert found.scores[image, :count].tolist() == [score for score, _, _ in plain]
        assert found.labels[image, :count].tolist() == [label for _, _, label in plain]
        assert found.boxes[image, :count].tolist() == [boxes[image, which].tolist() for _, which, _ in plain]
        assert found.rows[image, :count].tolist() == [which for _, which, _ in plain]
        assert not found.boxes[image, count:].any()
        assert not found.scores[image, count:].any()


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("shape", [(0, 5, 3), (2, 0, 3), (2, 5, 0), (0, 0, 0)])
def test_nothing_to_detect_is_legal(per_class, shape):
    found = detect(torch.ones(shape), torch.ones(*shape[:2], 4), per_class=per_class, most=9)
    assert found.boxes.shape == (shape[0], 9, 4)
    assert found.count.tolist() == [0] * shape[0]


SCORES, BOXES = torch.full((1, 2, 3), 0.5), torch.ones(1, 2, 4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"most": 0}, "detect.most: got 0, need 1 or more"),
        ({"iou_threshold": 2.0}, "iou_threshold: got 2.0, need 0 to 1"),
        ({"min_score": math.nan}, "min_score: got nan, need 0 or more"),
        ({"scores": SCORES * math.nan}, "scores: got nan"),
        ({"boxes": BOXES * math.inf}, "finite boxes"),
        ({"boxes": BOXES[:, :1]}, "four numbers for each row of scores [1, 2, 3]"),
    ],
)
@pytest.mark.parametrize("per_class", [False, True])
def test_what_cannot_be_detected_is_refused(change, words, per_class, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises((ConfigError, DataError)) as refusal:
        detect(**{"scores": SCORES, "boxes": BOXES, "per_class": per_class, **change})
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
