"""The task of detectors with anchors: its loss by plain loops, hard cases of data, boxes from offsets, learning."""

import dataclasses
import math
import re

import pytest
import torch
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.models import TinySSDConfig, build_model
from d2lab.train.anchor_detection import AnchorObjective, hardest
from d2lab.train.detection import SuppressionConfig
from d2lab.vision.anchors import anchor_boxes
from d2lab.vision.assign import anchor_targets
from d2lab.vision.iou import paired_giou
from d2lab.vision.offsets import decode_boxes

ANCHORS = 48 * anchor_boxes((4, 4), [0.3, 0.5], [1.0, 2.0], dtype=torch.float64)
OBJECTIVES = {
    "the book's": AnchorObjective(),
    "hard negatives": AnchorObjective(negatives=3, divide_by="objects", box_loss="smooth-l1", sigma=2.0),
    "hard negatives, all anchors": AnchorObjective(negatives=2),
    "focal": AnchorObjective(class_loss="focal", alpha=0.3, gamma=1.5, box_loss="giou", box_weight=2.0),
    "optimal": AnchorObjective(matching="hungarian", iou_threshold=0.3, divide_by="objects"),
}
each = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


class Fixed(torch.nn.Module):
    """A model whose outputs are parameters."""

    def __init__(self, rng, batch=4, classes=5):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.randn(batch, len(ANCHORS), classes, generator=rng, dtype=torch.float64))
        self.offsets = torch.nn.Parameter(torch.randn(batch, len(ANCHORS), 4, generator=rng, dtype=torch.float64))

    def forward(self, images):
        rows = images[:, 0].long()
        return {"logits": self.logits[rows], "offsets": self.offsets[rows], "anchors": ANCHORS}


def objects(rng, count=(0, 1, 2, 3)):
    most = max(count)
    low = 30 * torch.rand(len(count), most, 2, generator=rng)
    return {
        "boxes": torch.cat([low, low + 6 + 10 * torch.rand(len(count), most, 2, generator=rng)], 2),
        "labels": torch.randint(4, (len(count), most), generator=rng),
        "count": torch.tensor(count),
    }


def batch_of(targets):
    return Batch(torch.arange(len(targets["count"])).unsqueeze(1).float(), targets)


def task_of(objective, classes=4):
    return objective.task(classes, SuppressionConfig())


def plain_loss(objective, logits, offsets, true, image):
    """Compute the loss of one image, anchor by anchor."""
    ways, boxes, positive = [], [], []
    for anchor in range(len(ANCHORS)):
        wanted = int(true.classes[image, anchor])
        p = logits[anchor].softmax(0)[wanted]
        way = -p.log()
        if objective.class_loss == "focal":
            way = (objective.alpha if wanted else 1 - objective.alpha) * (1 - p) ** objective.gamma * way
        ways.append(way)
        positive.append(bool(true.positive[image, anchor]))
        error = offsets[anchor] - true.offsets[image, anchor]
        if objective.box_loss == "giou":
            pair = [decode_boxes(ANCHORS[anchor], one) for one in (offsets[anchor], true.offsets[image, anchor])]
            boxes.append(1 - paired_giou(*pair))
        elif objective.box_loss == "smooth-l1":
            boxes.append(functional.smooth_l1_loss(error, torch.zeros_like(error), beta=objective.sigma**-2))
        else:
            boxes.append(error.abs().mean())
    counted = list(range(len(ANCHORS)))
    if objective.negatives is not None:
        background = sorted((-float(ways[one].detach()), one) for one in counted if not positive[one])
        kept = {one for _, one in background[: objective.negatives * max(1, sum(positive))]}
        counted = [one for one in counted if positive[one] or one in kept]
    total = sum(ways[one] for one in counted)
    total += objective.box_weight * sum(box for box, mine in zip(boxes, positive, strict=True) if mine)
    return total / max(1, len(counted) if objective.divide_by == "anchors" else sum(positive))


@each
def test_the_loss_and_its_gradient_are_those_of_plain_loops(objective, rng):
    model, targets = Fixed(rng), objects(rng)
    result = task_of(objective).loss(model, batch_of(targets))
    true = anchor_targets(
        ANCHORS,
        targets["boxes"].double(),
        targets["labels"],
        targets["count"],
        threshold=objective.iou_threshold,
        matching=objective.matching,
    )
    expected = sum(plain_loss(objective, model.logits[i], model.offsets[i], true, i) for i in range(4)) / 4
    assert result.weight == 4
    torch.testing.assert_close(result.loss, expected)
    weights = [model.logits, model.offsets]
    for mine, loops in zip(
        torch.autograd.grad(result.loss, weights), torch.autograd.grad(expected, weights), strict=True
    ):
        torch.testing.assert_close(mine, loops)


@each
def test_the_loss_of_a_batch_is_the_mean_of_its_images_and_padding_is_not_read(objective, rng):
    model, targets = Fixed(rng), objects(rng)
    task, whole = task_of(objective), batch_of(targets)
    loss = task.loss(model, whole).loss
    alone = [task.loss(model, whole.select(torch.tensor([image]))).loss for image in range(4)]
    torch.testing.assert_close(loss, torch.stack(alone).mean())
    beyond = torch.arange(3) >= targets["count"].unsqueeze(1)
    targets["boxes"][beyond] = torch.tensor([math.nan, -1.0, 1e30, 3.0])
    targets["labels"][beyond] = -7
    assert torch.equal(task.loss(model, whole).loss, loss)


@each
@pytest.mark.parametrize("columns", [0, 3])
def test_images_without_objects_teach_background_alone(objective, columns, rng):
    model = Fixed(rng)
    targets = {
        "boxes": torch.zeros(4, columns, 4),
        "labels": torch.zeros(4, columns, dtype=torch.int64),
        "count": torch.zeros(4, dtype=torch.int64),
    }
    loss = task_of(objective).loss(model, batch_of(targets)).loss
    logits, offsets = torch.autograd.grad(loss, [model.logits, model.offsets])
    assert 0 < float(loss.detach()) < math.inf
    assert (logits[..., 0] <= 0).all()  # background is made more probable
    assert logits.any()
    assert not offsets.any()


@each
def test_a_hundred_objects_and_objects_of_a_pixel(objective, rng):
    model, targets = Fixed(rng, batch=2), objects(rng, (100, 3))
    targets["boxes"][1, :3] = torch.tensor([[20.0, 20, 21, 21], [0, 0, 1, 40], [47, 47, 48, 48]])
    loss = task_of(objective).loss(model, batch_of(targets)).loss
    assert all(bool(g.isfinite().all()) for g in torch.autograd.grad(loss, [model.logits, model.offsets]))


def test_the_matching_is_greedy_or_optimal():
    anchors = torch.tensor([[0.0, 0, 10, 10], [6, 0, 16, 10]])
    boxes = torch.tensor([[[-4.0, 0, 6.5, 10], [2, 0, 12, 10]]])  # IoU .46 and .03, .67 and .43
    targets = {"boxes": boxes, "labels": torch.tensor([[0, 1]]), "count": torch.tensor([2])}
    for matching, expected in (("greedy", [[2, 1]]), ("hungarian", [[1, 2]])):
        task = task_of(AnchorObjective(iou_threshold=1.0, matching=matching))
        assert task.targets(anchors, Batch(None, targets)).classes.tolist() == expected


def test_hard_negatives_are_the_worst_of_the_background():
    losses = torch.tensor([[5.0, 1, 4, 3, 4, 2], [1, 2, 3, 3, 3, 0], [1, 2, 3, 4, 5, 6]])
    positive = torch.tensor([[True, False, False, False, False, False], [False] * 6, [True] * 5 + [False]])
    expected = torch.tensor([[0, 0, 1, 0, 1, 0], [0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1]]).bool()
    assert torch.equal(hardest(losses, positive, 2), expected)


def answers(targets, classes=4):
    """Return outputs that say exactly what the targets ask for."""
    true = anchor_targets(ANCHORS, targets["boxes"].double(), targets["labels"], targets["count"])
    logits = 20.0 * functional.one_hot(true.classes, classes + 1).double()
    return {"logits": logits, "offsets": true.offsets, "anchors": ANCHORS}


def test_right_answers_are_found_and_have_average_precision_1(rng):
    targets = objects(rng)
    apart = torch.tensor([[4.0, 4, 16, 16], [28, 4, 40, 14], [4, 28, 16, 44]])  # boxes that overlap suppress each other
    targets["boxes"] = apart.expand(4, -1, -1).contiguous()
    task, batch = task_of(AnchorObjective()), batch_of(targets)
    outputs = answers(targets)
    found = task.predict(outputs)
    assert torch.equal(found["count"], targets["count"])
    for image, count in enumerate(targets["count"].tolist()):
        order = found["boxes"][image, :count].sum(1).argsort()
        wanted = targets["boxes"][image, :count].sum(1).argsort()
        torch.testing.assert_close(found["boxes"][image, order], targets["boxes"][image, wanted].double())
        assert torch.equal(found["labels"][image, order], targets["labels"][image, wanted])
    values = {}
    for metric in task.metrics():
        metric.update(outputs, batch)
        values |= metric.compute()
    assert values["ap"] == values["ap50"] == 1
    assert values["class_error"] == 0 < values["class_error_background"]
    assert values["box_mae"] == pytest.approx(0, abs=1e-6)
    assert values["box_mae_zero"] > 0.01


def test_the_errors_of_anchors_use_the_settings_of_the_loss(rng):
    targets, outputs = objects(rng), None
    shares = []
    for threshold in (0.5, 0.2):
        task = task_of(AnchorObjective(iou_threshold=threshold))
        outputs = outputs or answers(targets)
        metric = task.metrics()[-1]
        metric.update(outputs, batch_of(targets))
        shares.append(metric.compute()["class_error_background"])
    assert shares[0] < shares[1]


def test_an_untrained_models_endless_boxes_are_finite():
    task = task_of(AnchorObjective())
    outputs = {
        "logits": torch.zeros(1, len(ANCHORS), 5),
        "offsets": torch.full((1, len(ANCHORS), 4), 1e4),
        "anchors": ANCHORS.float(),
    }
    scores, boxes = task.candidates(outputs)
    torch.testing.assert_close(scores, torch.full((1, len(ANCHORS), 4), 0.2))
    sides = boxes[..., 2:] - boxes[..., :2]
    largest = 1000 / 16 * (outputs["anchors"][:, 2:] - outputs["anchors"][:, :2])
    torch.testing.assert_close(sides[0], largest, rtol=1e-2, atol=0)


@each
def test_half_precision_outputs_are_compared_in_float32(objective, rng):
    model, targets = Fixed(rng), objects(rng)
    batch = batch_of(targets)
    outputs = {name: value.bfloat16() for name, value in model(batch.inputs).items() if name != "anchors"}
    outputs["anchors"] = ANCHORS.float()
    loss = task_of(objective).loss(lambda _: outputs, batch).loss
    assert loss.dtype == torch.float32
    rounded = {name: value.double() for name, value in outputs.items()} | {"anchors": ANCHORS}
    torch.testing.assert_close(loss.double(), task_of(objective).loss(lambda _: rounded, batch).loss, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"iou_threshold": 0.0}, "objective.iou_threshold"),
        ({"negatives": 0}, "objective.negatives"),
        ({"sigma": 0.0}, "objective.sigma"),
        ({"alpha": 1.5}, "objective.alpha"),
        ({"box_weight": -1.0}, "objective.box_weight"),
    ],
)
def test_bad_settings_are_refused(settings, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        AnchorObjective(**settings)


def scenes(count):
    """Draw squares of three colors on gray, one to two of 10 to 18 pixels in an image of 32."""
    rng = torch.Generator().manual_seed(1)
    images = 0.4 + 0.05 * torch.rand(count, 3, 32, 32, generator=rng)
    boxes, labels = torch.zeros(count, 2, 4), torch.randint(3, (count, 2), generator=rng)
    number = 1 + torch.arange(count) % 2
    for image in range(count):
        for row in range(int(number[image])):
            high, wide = (int(torch.randint(8, 14, (), generator=rng)) for _ in range(2))
            top, left = (
                int(torch.randint(32 - high, (), generator=rng)),
                16 * row + int(torch.randint(3, (), generator=rng)),
            )
            boxes[image, row] = torch.tensor([left, top, left + wide, top + high]).float()
            images[image, :, top : top + high, left : left + wide] = 0.0
            images[image, labels[image, row], top : top + high, left : left + wide] = 1.0
    return Batch(images, {"boxes": boxes, "labels": labels, "count": number})


@pytest.mark.parametrize("name", ["hard negatives", "focal"])
def test_eight_images_are_memorized(name):
    torch.manual_seed(0)
    model = build_model(TinySSDConfig(classes=3, base=(8, 16), widths=(16,), whole=False, smallest=0.3, largest=0.4))
    objective = dataclasses.replace(OBJECTIVES[name], divide_by="objects")
    task, batch = task_of(objective, classes=3), scenes(8)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(60):
        loss = task.loss(model, batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 5
    metric = task.metrics()[0]
    metric.update(task.loss(model.eval(), batch).outputs, batch)
    assert metric.compute()["ap50"] > 0.9
