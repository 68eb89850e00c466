"""Suppression: against a plain loop over boxes, torchvision, and the rule about ties."""

import math

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vision.drawn_boxes import KINDS
from torchvision import ops

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision import suppress
from d2lab.vision.iou import box_iou
from d2lab.vision.suppress import batched_nms, nms, soft_nms

FLOAT = torch.float64
COUNTS = (0, 1, 2, 63, 64, 65, 200, 700)


def plain_nms(boxes, scores, threshold, classes=None):
    """Go through the boxes by falling score, then index; keep one that no kept one overlaps too much."""
    iou, kept = box_iou(boxes, boxes).tolist(), []
    for one in sorted(range(len(boxes)), key=lambda index: (-scores[index], index)):
        rivals = [other for other in kept if classes is None or classes[other] == classes[one]]
        if all(iou[one][other] <= threshold for other in rivals):
            kept.append(one)
    return kept


def drawn(rng, kind, count, *, ties=False):
    boxes = KINDS[kind](rng, count) if count else torch.zeros(0, 4, dtype=FLOAT)
    scores = torch.rand(count, generator=rng, dtype=FLOAT)
    return boxes, (4 * scores).round() / 4 if ties else scores, torch.randint(4, (count,), generator=rng)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", COUNTS)
def test_what_stays_is_that_of_a_plain_loop(rng, kind, count, ties):
    boxes, scores, classes = drawn(rng, kind, count, ties=ties)
    for threshold in (0.0, 0.5, 1.0):
        assert nms(boxes, scores, threshold).tolist() == plain_nms(boxes, scores.tolist(), threshold)
    for together in (0, 10_000):
        suppress.TOGETHER, before = together, suppress.TOGETHER
        got = batched_nms(boxes, scores, classes, 0.5).tolist()
        suppress.TOGETHER = before
        assert got == plain_nms(boxes, scores.tolist(), 0.5, classes.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["spread", "clustered"])
def test_ten_thousand_boxes_are_torchvisions(rng, kind):
    boxes = (40 * KINDS[kind](rng, 10_000)).float()
    scores = torch.randperm(10_000, generator=rng) / 10_000  # no two alike
    classes = torch.randint(20, (10_000,), generator=rng)
    assert torch.equal(nms(boxes, scores, 0.5), ops.nms(boxes, scores, 0.5))
    assert torch.equal(batched_nms(boxes, scores, classes, 0.5), ops.batched_nms(boxes, scores, classes, 0.5))


def test_a_chain_of_overlaps_goes_link_by_link():
    low = torch.arange(300, dtype=FLOAT)
    boxes = torch.stack([low, 0 * low, low + 1.6, 0 * low + 1], 1)  # each overlaps its neighbors alone
    kept = nms(boxes, -low, 0.2)
    assert kept.tolist() == list(range(0, 300, 2))


def test_an_overlap_equal_to_the_threshold_stays():
    boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2]])
    scores = torch.tensor([0.9, 0.8])
    assert nms(boxes, scores, 0.5).tolist() == [0, 1]
    assert nms(boxes, scores, 0.49).tolist() == [0]


def test_of_equal_scores_the_first_box_stays():
    boxes = torch.tensor([[0.0, 0, 4, 4]]).expand(300, 4).contiguous()
    assert nms(boxes, torch.ones(300), 0.5).tolist() == [0]
    assert batched_nms(boxes, torch.ones(300), torch.arange(300) % 3, 0.5).tolist() == [0, 1, 2]
    assert soft_nms(boxes, torch.ones(300), decay="linear")[0].tolist() == [0]


def test_the_hand_example_of_the_lesson():
    boxes = torch.tensor([[0.0, 0, 10, 10], [2.5, 0, 12.5, 10], [4.3, 0, 14.3, 10]])  # IoU AB .6, AC .4, BC .7
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert box_iou(boxes, boxes)[[0, 0, 1], [1, 2, 2]].tolist() == pytest.approx([0.6, 0.4, 0.7], abs=0.01)
    assert nms(boxes, scores, 0.5).tolist() == [0, 2]


def test_two_kinds_of_suppression_differ_where_classes_cross():
    boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 4.2], [0, 0, 4.2, 4]])
    scores, classes = torch.tensor([0.9, 0.8, 0.7]), torch.tensor([0, 1, 0])
    assert nms(boxes, scores, 0.5).tolist() == [0]
    assert batched_nms(boxes, scores, classes, 0.5).tolist() == [0, 1]


def test_classes_do_not_cost_the_areas_digits():
    """Moved apart by class times 1,100 pixels, these would overlap by another amount in float32."""
    boxes = torch.tensor([[1000.0, 1000, 1001, 1001], [1000.0, 1000, 1001, 1000.4]])
    scores, classes = torch.tensor([0.9, 0.8]), torch.tensor([5_000, 5_000])
    assert batched_nms(boxes, scores, classes, 0.45).tolist() == [0, 1]
    assert ops.batched_nms(boxes, scores, classes, 0.45).tolist() == [0]  # half pixels are the finest out there


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(0, 150), threshold=st.sampled_from([0.1, 0.45, 0.7]))
def test_what_stays_overlaps_little_and_what_goes_overlaps_a_better_one(seed, count, threshold):
    rng = torch.Generator().manual_seed(seed)
    boxes, scores, _ = drawn(rng, "clustered", count)
    kept = nms(boxes, scores, threshold)
    assert (scores[kept].diff() <= 0).all()
    among = box_iou(boxes[kept], boxes[kept]).fill_diagonal_(0)
    assert (among <= threshold).all()
    gone = torch.tensor(sorted(set(range(count)) - set(kept.tolist())), dtype=torch.int64)
    struck = (box_iou(boxes[gone], boxes[kept]) > threshold) & (scores[kept] >= scores[gone].unsqueeze(1))
    assert struck.any(1).all()
    order = torch.randperm(count, generator=rng)
    assert torch.equal(order[nms(boxes[order], scores[order], threshold)], kept)


def plain_soft(boxes, scores, factor, min_score, classes=None):
    """Take the best box, lower the others, and so on."""
    iou, left, taken = box_iou(boxes, boxes).tolist(), scores.tolist(), []
    while True:
        rest = [
            index for index in range(len(left)) if index not in [one for one, _ in taken] and left[index] >= min_score
        ]
        if not rest:
            return taken
        best = min(rest, key=lambda index: (-left[index], index))
        taken.append((best, left[best]))
        for other in range(len(left)):
            if classes is None or classes[other] == classes[best]:
                left[other] *= factor(iou[best][other])


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("decay", ["gaussian", "linear"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 40])
def test_lowered_scores_are_those_of_a_plain_loop(rng, kind, decay, by_class, count):
    boxes, scores, classes = drawn(rng, kind, count)
    factor = {"gaussian": lambda v: math.exp(-v * v / 0.3), "linear": lambda v: 1 - v if v > 0.4 else 1}[decay]
    expected = plain_soft(boxes, scores, factor, 0.05, classes.tolist() if by_class else None)
    settings_ = {"decay": decay, "sigma": 0.3, "iou_threshold": 0.4, "min_score": 0.05}
    kept, lowered = soft_nms(boxes, scores, classes if by_class else None, **settings_)
    assert kept.tolist() == [index for index, _ in expected]
    assert lowered.tolist() == pytest.approx([score for _, score in expected], rel=1e-9)


def test_soft_suppression_keeps_a_neighbor_that_hard_suppression_removes():
    boxes = torch.tensor([[0.0, 0, 10, 10], [2.5, 0, 12.5, 10]])
    scores = torch.tensor([0.9, 0.8])
    kept, lowered = soft_nms(boxes, scores)
    assert nms(boxes, scores, 0.5).tolist() == [0]
    assert kept.tolist() == [0, 1]
    assert lowered.tolist() == pytest.approx([0.9, 0.8 * math.exp(-0.36 / 0.5)], rel=1e-5)
    assert soft_nms(boxes, scores, sigma=1e-4)[0].tolist() == [0]  # exp(-3600) is 0 in any precision
    assert soft_nms(boxes, torch.zeros(2))[0].tolist() == []


def test_boxes_without_an_area_suppress_nobody():
    boxes = torch.tensor([[2.0, 2, 2, 2], [2, 2, 2, 2], [0, 0, 4, 4]])
    assert nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.0).tolist() == [0, 1, 2]


def test_a_gradient_is_not_in_the_way(rng):
    boxes, scores, classes = drawn(rng, "clustered", 80)
    leaf, level = boxes.clone().requires_grad_(), scores.clone().requires_grad_()
    assert torch.equal(nms(leaf, level, 0.5), nms(boxes, scores, 0.5))
    assert torch.equal(batched_nms(leaf, level, classes, 0.5), batched_nms(boxes, scores, classes, 0.5))
    assert torch.equal(soft_nms(leaf, level)[1], soft_nms(boxes, scores)[1])


TWO, HALF, CLASS = torch.ones(2, 4), torch.full((2,), 0.5), torch.zeros(2, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nms(TWO, HALF, 1.1), "iou_threshold: got 1.1, need 0 to 1"),
        (lambda: nms(TWO, HALF, math.nan), "iou_threshold"),
        (
            lambda: nms(TWO, HALF[:1], 0.5),
            "scores: got 'torch.float32 [1]', need floating-point numbers [2], one for each box",
        ),
        (lambda: nms(TWO, HALF * math.nan, 0.5), "boxes and scores: got nan"),
        (lambda: nms(TWO * math.inf, HALF, 0.5), "finite boxes"),
        (lambda: nms(TWO[:, :3], HALF, 0.5), "floating-point numbers [..., 4]"),
        (lambda: nms(TWO[0], HALF[0], 0.5), "the boxes: got [4], need [box, 4]"),
        (lambda: batched_nms(TWO, HALF, CLASS[:1], 0.5), "idxs: got 'torch.int64 [1]', need class numbers [2]"),
        (lambda: batched_nms(TWO, HALF, HALF, 0.5), "idxs: got 'torch.float32 [2]'"),
        (lambda: soft_nms(TWO, HALF, decay="hard"), "decay: got 'hard', need one of gaussian, linear"),
        (lambda: soft_nms(TWO, HALF, sigma=0.0), "sigma: got 0.0, need above 0"),
        (lambda: soft_nms(TWO, HALF, min_score=-1.0), "min_score"),
    ],
)
def test_what_cannot_be_suppressed_is_refused(call, words, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises((ConfigError, DataError)) as refusal:
        call()
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
