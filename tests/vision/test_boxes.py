"""Forms of boxes, overlaps and offsets: against counted pixels, torchvision and figures by hand."""

import itertools

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vision.drawn_boxes import KINDS, SIDE, counted_iou, covered, plain_iou
from torchvision import ops

from d2lab.core.errors import ConfigError, DataError
from d2lab.vision import iou as overlaps
from d2lab.vision.box_form import FORMS, RELATIVE, convert_boxes
from d2lab.vision.boxes import check_boxes, clip_boxes
from d2lab.vision.iou import box_iou, generalized_box_iou, paired_giou, paired_iou
from d2lab.vision.offsets import decode_boxes, encode_boxes
from d2lab.vision.twins import TWINS, spread_boxes

FLOAT = torch.float64
edges = st.integers(0, SIDE)
boxes_of_pixels = st.tuples(edges, edges, edges, edges).map(
    lambda e: (min(e[0], e[2]), min(e[1], e[3]), max(e[0], e[2]), max(e[1], e[3]))
)


@pytest.fixture
def no_shape_check(monkeypatch):
    """Be where nobody checks annotations, as the package runs outside of the tests."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.mark.parametrize("row", TWINS, ids=lambda row: row.name)
def test_what_torchvision_has_is_equal(row):
    assert row.source
    assert row.difference() <= row.rtol


@settings(max_examples=200, deadline=None)
@given(first=boxes_of_pixels, second=boxes_of_pixels)
def test_the_overlap_is_what_counted_pixels_say(first, second):
    got = box_iou(torch.tensor([first], dtype=FLOAT), torch.tensor([second], dtype=FLOAT))
    assert got.item() == counted_iou(first, second)
    assert paired_iou(torch.tensor(first, dtype=FLOAT), torch.tensor(second, dtype=FLOAT)).item() == got.item()
    hull = (min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3]))
    around, either = int(covered(hull).sum()), int((covered(first) | covered(second)).sum())
    giou = counted_iou(first, second) - (around - either) / around if around else 0.0
    assert paired_giou(torch.tensor(first, dtype=FLOAT), torch.tensor(second, dtype=FLOAT)).item() == pytest.approx(
        giou, abs=1e-15
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (7, 5), (1000, 300), (3, 70_000)])
def test_blocks_of_pairs_are_all_pairs_bit_for_bit(rng, kind, rows, columns):
    first, second = KINDS[kind](rng, rows).float(), KINDS[kind](rng, columns).float()
    got = box_iou(first, second)
    assert torch.equal(got, paired_iou(first[:, None], second))
    assert torch.equal(got, ops.box_iou(first, second))
    assert torch.equal(generalized_box_iou(first, second), ops.generalized_box_iou(first, second))
    assert got[0, 0].item() == pytest.approx(plain_iou(first[0].tolist(), second[0].tolist()), abs=1e-6)


def test_overlap_is_symmetric_and_knows_itself(rng):
    boxes = spread_boxes(rng, 50)
    got = box_iou(boxes, boxes)
    assert torch.equal(got, got.T)
    assert (got.diagonal() == 1).all()
    assert ((got >= 0) & (got <= 1)).all()
    generalized = generalized_box_iou(boxes, boxes)
    assert ((generalized > -1) & (generalized <= got + 1e-12)).all()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0), (0, 3)])
@pytest.mark.parametrize("columns", [0, 5])
def test_boxes_of_any_shape_meet_a_list_and_none_is_legal(rng, shape, columns):
    first = spread_boxes(rng, 6)[: int(torch.tensor(shape).prod())].view(*shape, 4)
    second = spread_boxes(rng, columns) if columns else torch.zeros(0, 4, dtype=FLOAT)
    for overlap in (box_iou, generalized_box_iou):
        got = overlap(first, second)
        assert got.shape == (*shape, columns)
        assert got.dtype == FLOAT
    assert torch.equal(box_iou(first, second), paired_iou(first.unsqueeze(-2), second))


def test_boxes_without_an_area_overlap_nothing_and_have_a_gradient():
    boxes = torch.tensor([[2.0, 2, 2, 2], [2, 2, 2, 2], [1, 1, 5, 1], [0, 0, 6, 6]], requires_grad=True)
    assert (box_iou(boxes.detach(), boxes.detach())[:3] == 0).all()
    for overlap in (box_iou, generalized_box_iou):
        (gradient,) = torch.autograd.grad(overlap(boxes, boxes).sum(), boxes)
        assert gradient.isfinite().all()


def test_boxes_that_are_far_apart_are_drawn_together_by_giou_alone(rng):
    box = torch.tensor([0.0, 0.0, 2.0, 2.0], requires_grad=True)
    far = torch.tensor([7.0, 0.0, 9.0, 2.0])
    assert (torch.autograd.grad(paired_iou(box, far), box)[0] == 0).all()
    gradient = torch.autograd.grad(paired_giou(box, far), box)[0]
    assert gradient[0] < 0 or gradient[2] > 0
    pairs = spread_boxes(rng, 12).view(2, 6, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: paired_giou(p[0], p[1]), pairs)
    assert torch.autograd.gradcheck(lambda p: box_iou(p[0], p[1]), pairs)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_does_not_overflow(dtype):
    boxes = torch.tensor([[0.0, 0.0, 1024.0, 1024.0], [0.0, 512.0, 1024.0, 1024.0]], dtype=dtype)
    assert box_iou(boxes, boxes).tolist() == [[1, 0.5], [0.5, 1]]
    assert generalized_box_iou(boxes, boxes).tolist() == [[1, 0.5], [0.5, 1]]


def test_a_gradient_that_is_off_takes_the_fast_way(rng):
    boxes = spread_boxes(rng, 5).requires_grad_()
    with torch.no_grad():
        assert not box_iou(boxes, boxes).requires_grad
    assert torch.equal(box_iou(boxes, boxes), box_iou(boxes.detach(), boxes.detach()))


def test_the_hand_examples_of_the_lesson():
    one, two = torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([[2.0, 2, 6, 6]])
    assert box_iou(one, two).item() == pytest.approx(4 / 28)
    assert paired_giou(one, two).item() == pytest.approx(4 / 28 - 8 / 36)
    assert box_iou(torch.tensor([[0.0, 0, 4, 3]]), torch.tensor([[0.0, 0, 4, 6]])).item() == 0.5


BY_HAND = {  # a box of 20 x 40 pixels in an image of 80 x 100 (height x width)
    "xyxy": [10.0, 10.0, 30.0, 50.0],
    "xywh": [10.0, 10.0, 20.0, 40.0],
    "cxcywh": [20.0, 30.0, 20.0, 40.0],
    "relative-xyxy": [0.1, 0.125, 0.3, 0.625],
    "relative-xywh": [0.1, 0.125, 0.2, 0.5],
    "relative-cxcywh": [0.2, 0.375, 0.2, 0.5],
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(FORMS, FORMS)))
def test_every_form_becomes_every_other_and_back(rng, before, after):
    box = torch.tensor(BY_HAND[before], dtype=FLOAT)
    assert convert_boxes(box, before, after, size=(80, 100)).tolist() == pytest.approx(BY_HAND[after])
    boxes = spread_boxes(rng, 24).view(2, 3, 4, 4)
    there = convert_boxes(boxes, before, after, size=(37, 53))
    torch.testing.assert_close(convert_boxes(there, after, before, size=(37, 53)), boxes, rtol=1e-12, atol=1e-12)
    if not before.startswith(RELATIVE) and not after.startswith(RELATIVE):
        assert torch.equal(there, ops.box_convert(boxes, before, after))
    assert convert_boxes(boxes[:0], before, after, size=(37, 53)).shape == (0, 3, 4, 4)


@pytest.mark.parametrize(
    ("forms", "size", "words"),
    [
        (("xyxy", "yolo"), None, "to_form: got 'yolo', need one of xyxy, xywh"),
        (("corner", "xyxy"), None, "from_form: got 'corner'"),
        (("xyxy", "relative-xyxy"), None, "to convert xyxy to relative-xyxy: got None, need height and width"),
        (("relative-xyxy", "xywh"), (0, 10), "got (0, 10)"),
    ],
)
@pytest.mark.usefixtures("no_shape_check")
def test_forms_that_cannot_be_are_refused(forms, size, words):
    with pytest.raises(ConfigError) as refusal:
        convert_boxes(torch.zeros(2, 4), *forms, size=size)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("wrong", [torch.zeros(3, 5), torch.zeros(3, 4, dtype=torch.int64), torch.tensor(1.0)])
@pytest.mark.usefixtures("no_shape_check")
def test_what_are_no_boxes_is_refused(wrong):
    right = torch.zeros(3, 4)
    calls = [
        lambda: check_boxes("the boxes", wrong),
        lambda: box_iou(wrong, right),
        lambda: box_iou(right, wrong),
        lambda: paired_giou(right, wrong),
        lambda: convert_boxes(wrong, "xyxy", "xywh"),
        lambda: encode_boxes(wrong, right),
        lambda: decode_boxes(right, wrong),
    ]
    for call in calls:
        with pytest.raises(DataError, match=r"need floating-point numbers \[\.\.\., 4\]"):
            call()


def test_clipped_boxes_are_torchvisions(rng):
    boxes = 3 * spread_boxes(rng, 40) - 80
    assert torch.equal(clip_boxes(boxes, 60, 90), ops.clip_boxes_to_image(boxes, (60, 90)))
    assert clip_boxes(boxes.view(2, 20, 4), 60, 90).shape == (2, 20, 4)


def test_offsets_are_those_by_hand_and_their_inverse_is_exact(rng):
    anchor, box = torch.tensor([10.0, 10.0, 30.0, 50.0]), torch.tensor([14.0, 12.0, 34.0, 32.0])
    assert encode_boxes(anchor, box).tolist() == pytest.approx([2, -2, 0, -3.4657], abs=1e-4)
    assert encode_boxes(anchor, box, weights=(1, 1, 1, 1)).tolist() == pytest.approx([0.2, -0.2, 0, -0.69315], abs=1e-4)
    anchors, boxes = spread_boxes(rng, 60), spread_boxes(rng, 60)
    offsets = encode_boxes(anchors, boxes)
    torch.testing.assert_close(decode_boxes(anchors, offsets), boxes, rtol=1e-12, atol=1e-12)
    assert torch.equal(encode_boxes(anchors, anchors), torch.zeros(60, 4, dtype=FLOAT))
    many = torch.stack([offsets, 2 * offsets])
    assert torch.equal(decode_boxes(anchors, many)[1], decode_boxes(anchors, 2 * offsets))
    assert encode_boxes(anchors[:0], boxes[:0]).shape == (0, 4)


def test_offsets_are_torchvisions(rng):
    from torchvision.models.detection._utils import BoxCoder

    anchors, boxes = spread_boxes(rng, 60), spread_boxes(rng, 60)
    coder = BoxCoder((10.0, 10.0, 5.0, 5.0))
    offsets = encode_boxes(anchors, boxes)
    torch.testing.assert_close(offsets, coder.encode_single(boxes, anchors), rtol=1e-9, atol=1e-9)
    theirs = coder.decode_single(9 * offsets, anchors)
    torch.testing.assert_close(
        decode_boxes(anchors, 9 * offsets, largest_ratio=1000 / 16), theirs, rtol=1e-9, atol=1e-9
    )


def test_an_untrained_model_cannot_ask_for_endless_boxes():
    anchor, offsets = torch.tensor([[0.0, 0.0, 4.0, 4.0]]), torch.tensor([[0.0, 0.0, 1e4, 1e4]])
    assert decode_boxes(anchor, offsets).isinf().any()
    assert decode_boxes(anchor, offsets, largest_ratio=8.0).tolist() == [[-14, -14, 18, 18]]


def test_a_box_without_a_width_has_a_finite_offset_with_eps():
    anchor, line = torch.tensor([0.0, 0.0, 2.0, 2.0]), torch.tensor([1.0, 0.0, 1.0, 2.0])
    assert encode_boxes(anchor, line)[2] == -torch.inf
    assert encode_boxes(anchor, line, eps=1e-6)[2].item() == pytest.approx(5 * -13.8155, abs=1e-3)


@pytest.mark.parametrize("change", [{"weights": (1, 1, 0, 1)}, {"weights": (1, 1, 1)}, {"eps": -1.0}])
@pytest.mark.usefixtures("no_shape_check")
def test_settings_of_offsets_that_cannot_be_are_refused(change):
    with pytest.raises(ConfigError, match="need"):
        encode_boxes(torch.ones(1, 4), torch.ones(1, 4), **change)
    with pytest.raises(ConfigError, match="largest_ratio"):
        decode_boxes(torch.ones(1, 4), torch.ones(1, 4), largest_ratio=0.0)


def test_blocks_are_smaller_than_what_is_tested():
    assert 1000 * 300 > overlaps.PAIRS > 300
