"""The loss of a grid: the paper's equation 3 by a plain loop over cells, and answers that find every object."""

import dataclasses
import itertools

import pytest
import torch
from tests.vision.drawn_boxes import plain_iou

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.train.detection import SuppressionConfig
from d2lab.train.grid_detection import GridDetection, GridObjective
from d2lab.vision.cells import encode_cells

GRID, BOXES, CLASSES, SIZE = 3, 2, 4, (48, 72)
FLOAT = torch.float64


def targets_of(rng, batch=4, most=5):
    frame = torch.tensor([SIZE[1], SIZE[0]])
    low = torch.rand(batch, most, 2, generator=rng) * (frame - 8)
    boxes = torch.cat([low, low + 1 + torch.rand(batch, most, 2, generator=rng) * (frame - low - 1)], 2)
    labels = torch.randint(0, CLASSES, (batch, most), generator=rng)
    count = torch.randint(0, most + 1, (batch,), generator=rng)
    count[:2] = torch.tensor([0, most])
    beyond = torch.arange(most) >= count.unsqueeze(1)
    boxes[beyond], labels[beyond] = 1e9, -7  # rubbish, never to be read
    return {"boxes": boxes, "labels": labels, "count": count}


def outputs_of(rng, batch=4):
    cells = torch.rand(batch, GRID**2, 5 * BOXES + CLASSES, generator=rng)
    return {"cells": cells, "frame": torch.tensor(SIZE)}


def box_of(numbers, row, column, root):
    """Turn the four numbers of a cell into a box, with Python's numbers."""
    x, y = (column + numbers[0]) * SIZE[1] / GRID, (row + numbers[1]) * SIZE[0] / GRID
    shares = [number**2 if root else max(number, 0) for number in numbers[2:4]]
    width, height = shares[0] * SIZE[1], shares[1] * SIZE[0]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def plain_loss(cells, boxes, labels, chosen):
    """Add up equation 3 for one image: every cell, every box, every class."""
    total, owner = 0.0, {}
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        cell = (int((y1 + y2) / 2 * GRID / SIZE[0]), int((x1 + x2) / 2 * GRID / SIZE[1]))
        owner.setdefault(cell, number)
    for row, column in itertools.product(range(GRID), range(GRID)):
        said = cells[row * GRID + column]
        own = owner.get((row, column))
        responsible, best = None, -1.0
        for j in range(BOXES):
            if own is None:
                break
            iou = plain_iou(box_of(said[5 * j : 5 * j + 4], row, column, chosen.root), boxes[own])
            if iou > best and not (chosen.responsible == "first" and j):
                responsible, best = j, iou
        for j in range(BOXES):
            x, y, w, h, confidence = said[5 * j : 5 * j + 5]
            if j != responsible:
                total += chosen.empty_weight * confidence**2
                continue
            x1, y1, x2, y2 = boxes[own]
            true_x = (x1 + x2) / 2 * GRID / SIZE[1] - column
            true_y = (y1 + y2) / 2 * GRID / SIZE[0] - row
            power = 0.5 if chosen.root else 1
            true_w, true_h = ((x2 - x1) / SIZE[1]) ** power, ((y2 - y1) / SIZE[0]) ** power
            total += chosen.coordinate_weight * ((x - true_x) ** 2 + (y - true_y) ** 2)
            total += chosen.coordinate_weight * ((w - true_w) ** 2 + (h - true_h) ** 2)
            total += (confidence - (best if chosen.confidence == "iou" else 1)) ** 2
        if own is not None:
            for label in range(CLASSES):
                total += (said[5 * BOXES + label] - (label == labels[own])) ** 2
    return total


CHOICES = [
    GridObjective(),
    GridObjective(coordinate_weight=1.0, empty_weight=1.0),
    GridObjective(root=False),
    GridObjective(responsible="first"),
    GridObjective(confidence="one"),
    GridObjective(coordinate_weight=0.0, empty_weight=0.0, root=False, responsible="first", confidence="one"),
]


@pytest.mark.parametrize("chosen", CHOICES, ids=repr)
def test_the_loss_is_equation_3_of_the_paper(chosen, rng):
    targets, outputs = targets_of(rng), outputs_of(rng)
    task = chosen.task(CLASSES, SuppressionConfig())
    step = task.loss(lambda image: outputs, Batch(torch.zeros(4, 3, *SIZE), targets))
    expected = []
    for image in range(4):
        count = int(targets["count"][image])
        boxes, labels = targets["boxes"][image, :count].tolist(), targets["labels"][image, :count].tolist()
        expected.append(plain_loss(outputs["cells"][image].tolist(), boxes, labels, chosen))
    torch.testing.assert_close(step.loss, torch.tensor(expected).mean(), rtol=1e-5, atol=1e-5)
    assert step.weight == 4


def test_an_image_without_objects_asks_for_no_confidence_and_nothing_else(rng):
    outputs = outputs_of(rng, batch=1)
    outputs["cells"].requires_grad_()
    task = GridDetection(classes=CLASSES)
    step = task.loss(
        lambda image: outputs, Batch(torch.zeros(1, 3, *SIZE), task.blank_targets(torch.zeros(1, 3, *SIZE)))
    )
    confidence = outputs["cells"][..., [4, 9]]
    torch.testing.assert_close(step.loss, 0.5 * confidence.square().sum())
    (gradient,) = torch.autograd.grad(step.loss, outputs["cells"])
    gradient[..., [4, 9]] = 0
    assert not gradient.any()


@pytest.mark.parametrize("grid", [3, 8])
def test_of_the_boxes_of_a_cell_the_one_that_overlaps_most_gets_the_gradient_of_the_place(grid, rng):
    boxes = torch.rand(5, 1, 4, generator=rng) * 30
    boxes[..., 2:] += boxes[..., :2] + 5
    cells = torch.rand(5, grid**2, 3 * 5 + CLASSES, generator=rng).requires_grad_()
    outputs = {"cells": cells, "frame": torch.tensor([70, 70])}
    targets = {"boxes": boxes, "labels": torch.zeros(5, 1, dtype=torch.int64), "count": torch.ones(5).long()}
    task = GridDetection(classes=CLASSES)
    task.loss(lambda image: outputs, Batch(torch.zeros(5, 3, 70, 70), targets)).loss.backward()
    found = task.candidates(outputs)[1].detach().view(5, grid**2, 3, 4)
    for image in range(5):
        x, y = (boxes[image, 0, :2] + boxes[image, 0, 2:]) / 2 * grid / 70
        cell = int(y) * grid + int(x)
        overlaps = [plain_iou(found[image, cell, j].tolist(), boxes[image, 0].tolist()) for j in range(3)]
        moved = cells.grad[image].view(grid**2, -1)[:, :15].unflatten(1, (3, 5))[..., :4].abs().sum(2) > 0
        assert moved.nonzero().tolist() == [[cell, overlaps.index(max(overlaps))]]


def test_the_overlap_is_a_constant(rng):
    """The confidence is to be the IoU; the box is not to move towards what the confidence says."""
    cells = torch.rand(1, 1, 5 + CLASSES, generator=rng).requires_grad_()
    outputs = {"cells": cells, "frame": torch.tensor(SIZE)}
    targets = {"boxes": torch.tensor([[[9.0, 9, 60, 40]]]), "labels": torch.tensor([[1]]), "count": torch.tensor([1])}
    task = GridObjective(coordinate_weight=0.0).task(CLASSES, SuppressionConfig())
    task.loss(lambda image: outputs, Batch(torch.zeros(1, 3, *SIZE), targets)).loss.backward()
    assert not cells.grad[..., :4].any()
    assert cells.grad[..., 4].all()


def ideal(targets, grid, size, *, root=True, boxes=2):
    """Return what a model would say that knows the objects: in the last box of each cell that has one."""
    coded = encode_cells(targets["boxes"], targets["count"], grid, size, root=root)
    cells = torch.zeros(*coded.owner.shape, 5 * boxes + CLASSES)
    occupied = coded.owner >= 0
    cells[..., 5 * boxes - 5 : 5 * boxes - 1] = coded.numbers
    cells[..., 5 * boxes - 1] = occupied.float()
    image, cell = occupied.nonzero(as_tuple=True)
    cells[image, cell, 5 * boxes + targets["labels"][image, coded.owner[image, cell]]] = 1
    return {"cells": cells, "frame": torch.tensor(size)}, coded


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("grid", [1, 3, 48])
def test_ideal_outputs_cost_nothing_and_find_all_but_the_dropped(root, grid, rng):
    targets = targets_of(rng, batch=8)
    outputs, coded = ideal(targets, grid, SIZE, root=root)
    task = GridObjective(root=root).task(CLASSES, SuppressionConfig(iou_threshold=1.0))
    batch = Batch(torch.zeros(8, 3, *SIZE), targets)
    assert float(task.loss(lambda image: outputs, batch).loss) < 1e-6
    (metric,) = task.metrics()
    metric.update(outputs, batch)
    if grid == 48:  # no two objects share a cell of 1.5 x 1 pixels
        assert not coded.dropped.any()
        assert metric.compute() == {"ap": pytest.approx(1), "ap50": pytest.approx(1), "ap75": pytest.approx(1)}
    else:
        assert coded.dropped.sum() > 0
        assert metric.compute()["ap50"] < 1
        assert int(task.predict(outputs)["count"].sum()) == int((coded.owner >= 0).sum())


def test_a_candidate_scores_its_class_times_its_confidence_from_0_to_1():
    cells = torch.tensor([[[0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 1.5, 0.8, -0.2, 3.0, 0.25]]])
    scores, boxes = GridDetection(classes=CLASSES).candidates({"cells": cells, "frame": torch.tensor([40, 80])})
    torch.testing.assert_close(scores, torch.tensor([[[0.4, 0, 0.5, 0.125], [0.8, 0, 1, 0.25]]]))
    torch.testing.assert_close(boxes, torch.tensor([[[30.0, 15, 50, 25], [0, 0, 0, 0]]]))


def test_half_precision_is_measured_in_float32(rng):
    outputs = outputs_of(rng)
    rounded = outputs | {"cells": outputs["cells"].bfloat16()}
    exact = outputs | {"cells": outputs["cells"].bfloat16().float()}
    batch, task = Batch(torch.zeros(4, 3, *SIZE), targets_of(rng)), GridDetection(classes=CLASSES)
    assert torch.equal(task.loss(lambda _: rounded, batch).loss, task.loss(lambda _: exact, batch).loss)


def test_refuses_outputs_and_settings_that_do_not_fit(rng):
    task = GridDetection(classes=CLASSES + 1)
    with pytest.raises(ConfigError, match=r"the numbers of a cell: got 14, need 5 for each box and 5"):
        task.candidates(outputs_of(rng))
    with pytest.raises(ConfigError, match=r"objective\.empty_weight"):
        GridObjective(empty_weight=-1.0)
    assert dataclasses.replace(GridObjective(), root=False).task(2, SuppressionConfig()).classes == 2
