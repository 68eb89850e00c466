"""Assignment of anchors: against plain loops, every permutation, and images one by one."""

import itertools

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vision.drawn_boxes import plain_iou

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision import assign
from d2lab.vision.anchors import anchor_boxes, level_sizes, multiscale_anchors
from d2lab.vision.assign import anchor_targets, assign_anchors, greedy_matching, hungarian_matching
from d2lab.vision.iou import box_iou
from d2lab.vision.offsets import encode_boxes

FLOAT = torch.float64
LESSON = [[0.1, 0.7, 0.3, 0.52], [0.6, 0.75, 0.2, 0.1]]  # IoU of two objects with four anchors


def plain_matching(table):
    """Go through all pairs by falling IoU, then anchor, then object; take a pair whose sides are both free."""
    pairs = sorted((-value, anchor, row) for row, values in enumerate(table) for anchor, value in enumerate(values))
    chosen = [-1] * len(table)
    for value, anchor, row in pairs:
        if value < 0 and chosen[row] < 0 and anchor not in chosen:
            chosen[row] = anchor
    return chosen


def plain_owners(anchors, boxes, threshold=0.5):
    """Assign the anchors of one image, all of whose boxes are real."""
    table = [[plain_iou(box, anchor) for anchor in anchors] for box in boxes]
    owners = [-1] * len(anchors)
    for anchor in range(len(anchors)):
        values = [table[row][anchor] for row in range(len(boxes))]
        if values and max(values) >= threshold:
            owners[anchor] = values.index(max(values))
    for row, anchor in enumerate(plain_matching(table)):
        if anchor >= 0:
            owners[anchor] = row
    return owners


def scenes(rng, batch=6, most=7, padding=None):
    """Draw objects with an area in [0, 1], as many as `count` in each image, and rubbish beyond."""
    low = 0.8 * torch.rand(batch, most, 2, generator=rng, dtype=FLOAT)
    boxes = torch.cat([low, low + 0.03 + 0.5 * torch.rand(batch, most, 2, generator=rng, dtype=FLOAT)], 2)
    count = torch.randint(0, most + 1, (batch,), generator=rng)
    count[:2] = torch.tensor([0, most])
    labels = torch.randint(0, 9, (batch, most), generator=rng)
    if padding is not None:
        beyond = torch.arange(most) >= count.unsqueeze(1)
        boxes[beyond] = torch.tensor(padding, dtype=FLOAT)
        labels[beyond] = -1
    return boxes, labels, count


def few_anchors():
    return multiscale_anchors([(4, 5), (2, 3), (1, 1)], level_sizes(3), [1, 2, 0.5], dtype=FLOAT)


tables = st.integers(1, 6).flatmap(
    lambda wide: st.lists(
        st.lists(st.sampled_from([0, 0.25, 0.5, 0.75, 1.0]), min_size=wide, max_size=wide), min_size=1, max_size=6
    )
)


@settings(max_examples=300, deadline=None)
@given(table=tables)
def test_the_greedy_matching_is_that_of_sorted_pairs_with_ties_by_the_stated_rule(table):
    assert greedy_matching(torch.tensor([table], dtype=FLOAT)).tolist() == [plain_matching(table)]


@pytest.mark.parametrize("size", [(5, 40), (40, 5), (100, 100)])
def test_the_images_of_a_batch_are_matched_as_each_alone(rng, size):
    table = torch.rand(6, *size, generator=rng) * (torch.rand(6, *size, generator=rng) > 0.4)
    got = greedy_matching(table)
    assert got.tolist() == [plain_matching(rows) for rows in table.tolist()]
    for row in got:
        real = row[row >= 0]
        assert len(real.unique()) == len(real)  # an anchor answers for one object


@settings(max_examples=150, deadline=None)
@given(table=tables)
def test_the_hungarian_matching_has_the_largest_sum_of_all(table):
    values = torch.tensor([table], dtype=FLOAT)
    got = hungarian_matching(values)[0].tolist()
    wide = max(len(table), len(table[0]))
    padded = [[*row, *[0] * (wide - len(row))] for row in [*table, *[[]] * (wide - len(table))]]
    largest = max(sum(padded[r][c] for r, c in enumerate(order)) for order in itertools.permutations(range(wide)))
    total = sum(table[row][anchor] for row, anchor in enumerate(got) if anchor >= 0)
    assert total == pytest.approx(largest)
    assert all(table[row][anchor] > 0 for row, anchor in enumerate(got) if anchor >= 0)
    used = [anchor for anchor in got if anchor >= 0]
    assert len(set(used)) == len(used)


def test_the_lessons_table_by_hand():
    table = torch.tensor([LESSON])
    assert greedy_matching(table).tolist() == [[3, 1]]  # .52 + .75 = 1.27
    assert hungarian_matching(table).tolist() == [[1, 0]]  # .7 + .6 = 1.30


@pytest.mark.parametrize("threshold", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("padding", [[-1.0] * 4, [float("nan")] * 4, [0.0, 0.0, 1.0, 1.0], [0.5] * 4])
def test_owners_are_those_of_a_plain_loop_whatever_the_padding_holds(rng, threshold, padding):
    anchors = few_anchors()
    boxes, _, count = scenes(rng, padding=padding)
    got = assign_anchors(anchors, boxes, count, threshold=threshold)
    for image, number in enumerate(count.tolist()):
        expected = plain_owners(anchors.tolist(), boxes[image, :number].tolist(), threshold)
        assert got[image].tolist() == expected


def test_padding_changes_no_target(rng):
    anchors = few_anchors()
    plain = scenes(torch.Generator().manual_seed(5))
    padded = scenes(torch.Generator().manual_seed(5), padding=[-1.0] * 4)
    first, second = anchor_targets(anchors, *plain), anchor_targets(anchors, *padded)
    assert torch.equal(first.classes, second.classes)
    assert torch.equal(first.offsets, second.offsets)
    assert float(second.offsets.abs().max()) < 40  # the book's padding asks for -69
    for image, number in enumerate(plain[2].tolist()):
        part = slice(image, image + 1)
        alone = anchor_targets(anchors, plain[0][part, :number], plain[1][part, :number], plain[2][part])
        assert torch.equal(alone.offsets[0], first.offsets[image])
        assert torch.equal(alone.classes[0], first.classes[image])


def test_targets_say_the_class_and_the_offset_of_the_owner(rng):
    anchors = few_anchors()
    boxes, labels, count = scenes(rng)
    targets = anchor_targets(anchors, boxes, labels, count)
    owners = assign_anchors(anchors, boxes, count)
    assert torch.equal(targets.positive, owners >= 0)
    assert (targets.classes[~targets.positive] == 0).all()
    assert (targets.offsets[~targets.positive] == 0).all()
    for image, anchor in targets.positive.nonzero().tolist():
        owner = owners[image, anchor]
        assert targets.classes[image, anchor] == labels[image, owner] + 1
        assert torch.equal(targets.offsets[image, anchor], encode_boxes(anchors[anchor], boxes[image, owner]))


def test_the_books_dog_and_cat():
    boxes = torch.tensor([[[0.1, 0.08, 0.52, 0.92], [0.55, 0.2, 0.9, 0.88]]])
    anchors = [[0, 0.1, 0.2, 0.3], [0.15, 0.2, 0.4, 0.4], [0.63, 0.05, 0.88, 0.98], [0.66, 0.45, 0.8, 0.8]]
    anchors = torch.tensor([*anchors, [0.57, 0.3, 0.92, 0.9]])
    targets = anchor_targets(anchors, boxes, torch.tensor([[0, 1]]), torch.tensor([2]))
    assert targets.classes.tolist() == [[0, 1, 2, 0, 2]]


@pytest.mark.parametrize("matching", ["greedy", "hungarian"])
def test_every_object_that_overlaps_an_anchor_gets_one(rng, matching):
    anchors = multiscale_anchors([(16, 16), (8, 8)], level_sizes(2), [1, 2, 0.5], dtype=FLOAT)
    boxes, labels, _ = scenes(rng, batch=2, most=100)
    count = torch.tensor([100, 99])
    owners = assign_anchors(anchors, boxes, count, threshold=1.0, matching=matching)
    assert sorted(owners[0][owners[0] >= 0].tolist()) == list(range(100))
    assert sorted(owners[1][owners[1] >= 0].tolist()) == list(range(99))
    sums = {name: match(box_iou(boxes, anchors)) for name, match in assign.MATCHINGS.items()}
    totals = {name: float(box_iou(boxes, anchors).gather(2, at.unsqueeze(2)).sum()) for name, at in sums.items()}
    assert totals["hungarian"] >= totals["greedy"]
    assert anchor_targets(anchors, boxes, labels, count, matching=matching).offsets.isfinite().all()


def test_an_object_of_one_pixel_gets_an_anchor_and_one_without_an_area_none():
    anchors = anchor_boxes((8, 8), [0.3], [1.0, 2.0])
    boxes = torch.tensor([[[0.5, 0.5, 0.501, 0.501], [0.2, 0.2, 0.2, 0.4], [3.0, 3.0, 4.0, 4.0]]])
    targets = anchor_targets(anchors, boxes, torch.tensor([[4, 5, 6]]), torch.tensor([3]))
    assert targets.classes.sum() == 5
    assert targets.offsets.isfinite().all()


def test_nothing_to_assign_is_legal():
    anchors = anchor_boxes((2, 2), [0.3], [1.0])
    for shape in ((0, 3), (2, 0), (2, 3), (0, 0)):
        boxes, labels = torch.zeros(*shape, 4), torch.zeros(shape, dtype=torch.int64)
        targets = anchor_targets(anchors, boxes, labels, torch.zeros(shape[0], dtype=torch.int64))
        assert targets.classes.tolist() == [[0] * 4] * shape[0]
        assert targets.offsets.shape == (shape[0], 4, 4)
        for match in assign.MATCHINGS.values():
            assert match(box_iou(boxes, anchors)).tolist() == [[-1] * shape[1]] * shape[0]
    none = assign_anchors(anchors[:0], torch.ones(2, 3, 4), torch.tensor([3, 1]))
    assert none.shape == (2, 0)
    for match in assign.MATCHINGS.values():
        assert match(torch.zeros(2, 3, 0)).tolist() == [[-1] * 3] * 2


def test_images_are_assigned_in_parts_where_the_table_is_large(rng, monkeypatch):
    anchors = few_anchors()
    boxes, labels, count = scenes(rng)
    whole = anchor_targets(anchors, boxes, labels, count)
    for pairs in (1, 2 * boxes.shape[1] * len(anchors)):
        monkeypatch.setattr(assign, "PAIRS", pairs)
        parts = anchor_targets(anchors, boxes, labels, count)
        assert torch.equal(whole.classes, parts.classes)
        assert torch.equal(whole.offsets, parts.offsets)


BOX, LABEL, ONE = torch.ones(1, 2, 4).cumsum(2), torch.zeros(1, 2, dtype=torch.int64), torch.tensor([2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a: assign_anchors(a, BOX, ONE, threshold=0.0), "threshold: got 0.0, need above 0 and at most 1"),
        (lambda a: assign_anchors(a, BOX, ONE, threshold=float("nan")), "threshold"),
        (lambda a: assign_anchors(a, BOX, ONE, matching="best"), "need one of greedy, hungarian"),
        (lambda a: assign_anchors(a, BOX, ONE + 1), "the count of boxes: got [3], need 1 numbers from 0 to 2"),
        (lambda a: assign_anchors(a, BOX, -ONE), "the count of boxes"),
        (lambda a: assign_anchors(a, BOX, torch.tensor([1, 1])), "the count of boxes"),
        (lambda a: assign_anchors(a, BOX / 0, ONE), "the boxes of objects: got nan, need finite numbers"),
        (lambda a: anchor_targets(a, BOX, LABEL - 1, ONE), "labels: got [[-1, -1]], need 0 or more"),
        (lambda a: anchor_targets(a, BOX, LABEL[:, :1], ONE), "labels"),
        (lambda a: greedy_matching(torch.full((1, 2, 3), torch.nan)), "a table of IoUs"),
        (lambda a: hungarian_matching(torch.full((1, 2, 3), torch.nan)), "a table of IoUs"),
    ],
)
def test_what_cannot_be_assigned_is_refused(call, words, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises((ConfigError, DataError)) as refusal:
        call(anchor_boxes((2, 2), [0.3], [1.0]))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_overlap_equal_to_the_threshold_is_enough():
    anchors = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1]])
    owners = assign_anchors(anchors, anchors[:1].unsqueeze(0), torch.tensor([1]))
    assert owners.tolist() == [[0, 0, -1]]


def test_the_matching_overrules_the_threshold():
    """The first anchor overlaps the second object most, yet the first object has no other anchor."""
    anchors = torch.tensor([[0.0, 0, 10, 1], [2, 0, 12, 1]])
    boxes = torch.tensor([[[0.0, 0, 5, 1], [2.5, 0, 12, 1]]])
    assert box_iou(boxes, anchors)[0].tolist() == [pytest.approx([0.5, 0.25]), pytest.approx([0.625, 0.95])]
    assert assign_anchors(anchors, boxes, torch.tensor([2])).tolist() == [[0, 1]]
