"""What GIoU means as a loss: counted pixels, limits, and a gradient where boxes do not touch."""

import pytest
import torch

from d2lab.core.errors import D2labError
from d2lab.vision.box_loss import GIoULoss


def pixels(box, side=25):
    across = torch.arange(side)
    wide, high = ((across >= box[k]) & (across < box[k + 2]) for k in (0, 1))
    return high.unsqueeze(1) & wide


def test_giou_is_counted_pixels(rng):
    corners = torch.randint(0, 24, (2, 60, 2, 2), generator=rng).sort(-2).values
    corners[..., 1, :] += (corners[..., 1, :] == corners[..., 0, :]).long()  # no side of length 0
    boxes, targets = corners.flatten(-2).double()
    expected = []
    for one, two in zip(boxes, targets, strict=True):
        both, either = pixels(one) & pixels(two), pixels(one) | pixels(two)
        rows, columns = either.any(1).nonzero(), either.any(0).nonzero()
        around = (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
        expected.append(1 - both.sum() / either.sum() + (around - either.sum()) / around)
    mine = GIoULoss()(boxes, targets)
    torch.testing.assert_close(mine, torch.stack(expected).double(), rtol=1e-6, atol=1e-6)
    assert mine.max() > 1
    assert mine.min() < 1


def test_giou_does_not_depend_on_the_unit_or_the_order_of_corners(rng):
    boxes, targets = torch.rand(2, 30, 2, 2, generator=rng, dtype=torch.float64).sort(-2).values.flatten(-2)
    loss = GIoULoss()
    torch.testing.assert_close(loss(100 * boxes, 100 * targets), loss(boxes, targets), rtol=1e-9, atol=0)
    torch.testing.assert_close(loss(boxes[:, [2, 1, 0, 3]], targets), loss(boxes, targets), rtol=1e-12, atol=0)


def test_giou_has_a_gradient_where_boxes_do_not_touch():
    box = torch.tensor([[0.0, 0.0, 2.0, 2.0]], requires_grad=True)
    target = torch.tensor([[5.0, 0.0, 7.0, 2.0]])
    GIoULoss()(box, target).sum().backward()
    assert box.grad[0, 2] < 0  # moving the right edge to the target lowers the loss


def test_giou_of_no_boxes_and_of_boxes_without_area_is_a_number():
    none = torch.zeros(0, 4, requires_grad=True)
    loss = GIoULoss("mean")(none, torch.zeros(0, 4))
    loss.backward()
    assert loss == 0
    assert GIoULoss("none")(none, none).shape == (0,)
    dot = torch.ones(1, 4)
    assert GIoULoss()(dot, dot).tolist() == [1.0]


REFUSED = {
    "shapes": (
        lambda: GIoULoss()(torch.zeros(3, 4), torch.zeros(1, 4)),
        "the target of GIoULoss: got (1, 4), need the input's shape (3, 4).",
    ),
    "corners": (
        lambda: GIoULoss()(torch.zeros(3, 5), torch.zeros(3, 5)),
        "the input of GIoULoss: got 'torch.float32 [3, 5]', need floating-point numbers [..., 4].",
    ),
    "reduction": (lambda: GIoULoss("avg"), "GIoULoss.reduction: got 'avg', need one of mean, sum, none."),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(D2labError) as caught:
        mistake()
    assert str(caught.value) == sentence
