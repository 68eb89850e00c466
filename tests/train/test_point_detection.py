"""Detection by points: the loss against a plain loop, perfect outputs, batches of every kind, images memorized."""

import math

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics import AveragePrecision
from d2lab.models import PointsConfig, build_model
from d2lab.train.detection import SuppressionConfig
from d2lab.train.point_detection import PointDetection, PointObjective
from d2lab.vision.assign_points import assign_points
from d2lab.vision.iou import paired_giou

FLOAT = torch.float64
STRIDE, ROWS, COLUMNS, CLASSES = 8, 8, 10, 3


def grid_points():
    rows = [[STRIDE * (c + 0.5), STRIDE * (r + 0.5)] for r in range(ROWS) for c in range(COLUMNS)]
    return torch.tensor(rows)


def objects(rng, batch=4, most=6, padding=math.nan):
    """Draw objects, whole pixels, as many as `count` in each image, and rubbish beyond."""
    size = torch.randint(1, 40, (batch, most, 2), generator=rng).float()
    low = torch.floor(torch.rand(batch, most, 2, generator=rng) * (torch.tensor([80.0, 64.0]) - size))
    boxes, count = torch.cat([low, low + size], 2), torch.arange(batch) % (most + 1)
    count[-1] = most
    labels = torch.randint(0, CLASSES, (batch, most), generator=rng)
    beyond = torch.arange(most) >= count.unsqueeze(1)
    boxes[beyond], labels[beyond] = torch.tensor(padding), -7
    return {"boxes": boxes, "labels": labels, "count": count}


class Answers(nn.Module):
    """A model that answers what it was given."""

    def __init__(self, logits, distances):
        super().__init__()
        self.logits, self.distances = nn.Parameter(logits), nn.Parameter(distances)

    def forward(self, images):
        chosen = images[:, 0, 0, 0].long()
        return {"logits": self.logits[chosen], "distances": self.distances[chosen], "points": grid_points()}


def images(batch):
    return torch.arange(batch, dtype=torch.float32).view(-1, 1, 1, 1)


def random_answers(rng, batch=4):
    logits = 2 * torch.randn(batch, ROWS * COLUMNS, CLASSES, generator=rng)
    return Answers(logits, 1 + 20 * torch.rand(batch, ROWS * COLUMNS, 4, generator=rng))


def plain_loss(model, image, targets, objective):
    """Add the losses of one image point by point."""
    points, total = grid_points(), 0.0
    logits, distances = model.logits.detach()[image], model.distances.detach()[image]
    boxes = targets["boxes"].unsqueeze(0)
    owners = assign_points(points, boxes, targets["count"].view(1), radius=objective.radius)[0]
    for number, (x, y) in enumerate(points.tolist()):
        owner = int(owners[number])
        for label in range(CLASSES):
            p = 1 / (1 + math.exp(-float(logits[number, label])))
            true = owner >= 0 and label == int(targets["labels"][owner])
            p_t, alpha = (p, objective.alpha) if true else (1 - p, 1 - objective.alpha)
            total -= alpha * (1 - p_t) ** objective.gamma * math.log(p_t)
        if owner >= 0:
            left, top, right, bottom = distances[number].tolist()
            box = torch.tensor([x - left, y - top, x + right, y + bottom], dtype=FLOAT)
            total += objective.box_weight * (1 - float(paired_giou(box, targets["boxes"][owner].double())))
    return total


@pytest.mark.parametrize("padding", [math.nan, [4.0, 3.0, 41.0, 30.0]], ids=["nan", "a box"])
@pytest.mark.parametrize(
    "objective", [PointObjective(), PointObjective(radius=5.0, alpha=0.2, gamma=2.0, box_weight=0.5)]
)
def test_the_loss_is_the_mean_over_images_of_a_plain_sum(rng, objective, padding):
    targets, model = objects(rng, padding=padding), random_answers(rng)
    task = objective.task(CLASSES, SuppressionConfig())
    step = task.loss(model, Batch(images(4), targets))
    each = [plain_loss(model, i, {k: v[i] for k, v in targets.items()}, objective) for i in range(4)]
    torch.testing.assert_close(step.loss.item(), sum(each) / 4, rtol=1e-4, atol=0)
    assert step.weight == 4
    for i in range(4):  # an image alone, also one without objects
        alone = task.loss(model, Batch(images(4)[i : i + 1], {k: v[i : i + 1] for k, v in targets.items()}))
        torch.testing.assert_close(alone.loss.item(), each[i], rtol=1e-4, atol=0)


def test_points_of_the_background_have_no_gradient_of_distances(rng):
    targets, model = objects(rng), random_answers(rng)
    task = PointDetection(classes=CLASSES)
    task.loss(model, Batch(images(4), targets)).loss.backward()
    owners = assign_points(grid_points(), targets["boxes"], targets["count"], radius=12.0)
    assert torch.equal(model.distances.grad.abs().sum(2) > 0, owners >= 0)
    assert model.logits.grad.isfinite().all()


def ideal(targets, radius=12.0):
    """Return the outputs of a model that knows the targets."""
    points = grid_points()
    owners = assign_points(points, targets["boxes"], targets["count"], radius=radius)
    logits = torch.full((*owners.shape, CLASSES), -9.0)
    distances = torch.ones(*owners.shape, 4)
    for image, row in enumerate(owners.tolist()):
        for point, owner in enumerate(row):
            if owner >= 0:
                box = targets["boxes"][image, owner]
                logits[image, point, targets["labels"][image, owner]] = 9.0
                distances[image, point] = torch.cat([points[point] - box[:2], box[2:] - points[point]])
    return {"logits": logits, "distances": distances, "points": points}


def apart(rng, batch=5):
    """Draw up to twelve objects of 10 to 15 pixels an image, none of which overlaps another, and an empty image."""
    corner = torch.cartesian_prod(torch.arange(4), torch.arange(3)).float() * torch.tensor([20.0, 21.0])
    low = corner + 4 * torch.rand(batch, 12, 2, generator=rng)
    size = 10 + 5 * torch.rand(batch, 12, 2, generator=rng)
    labels = torch.randint(0, CLASSES, (batch, 12), generator=rng)
    return {"boxes": torch.cat([low, low + size], 2), "labels": labels, "count": torch.tensor([12, 0, 1, 7, 12])}


def test_perfect_outputs_are_decoded_to_an_average_precision_of_1(rng):
    targets = apart(rng)
    task = PointDetection(classes=CLASSES)
    metric = task.metrics()[0]
    assert isinstance(metric, AveragePrecision)
    metric.update(ideal(targets), Batch(images(5), targets))
    assert metric.compute()["ap"] == 1
    found = task.predict(ideal(targets))
    assert found["count"].tolist() == targets["count"].tolist()
    torch.testing.assert_close(found["scores"][0], torch.cat([torch.full((12,), 9.0).sigmoid(), torch.zeros(88)]))
    perfect = ideal(targets)
    exact = task.loss(Answers(perfect["logits"], perfect["distances"]), Batch(images(5), targets))
    assert exact.loss < 0.01


def test_an_object_of_the_wrong_class_or_place_lowers_it(rng):
    targets = apart(rng)
    for name, change in (("logits", lambda x: x.roll(1, 2)), ("distances", lambda x: 3 * x)):
        outputs = ideal(targets)
        outputs[name] = change(outputs[name])
        metric = PointDetection(classes=CLASSES).metrics()[0]
        metric.update(outputs, Batch(images(5), targets))
        assert metric.compute()["ap50"] < 0.2


def drawn(rng, count, size=(48, 64)):
    """Draw images of one bright square or bar each, on noise."""
    pictures = 0.2 * torch.rand(count, 3, *size, generator=rng)
    boxes, labels = torch.zeros(count, 1, 4), torch.arange(count).view(-1, 1) % 2
    for number in range(count):
        wide, high = (16, 16) if number % 2 == 0 else (28, 9)
        left, top = (int(torch.randint(0, most, (), generator=rng)) for most in (size[1] - wide, size[0] - high))
        pictures[number, number % 3, top : top + high, left : left + wide] = 0.9
        boxes[number, 0] = torch.tensor([left, top, left + wide, top + high])
    return pictures, {"boxes": boxes, "labels": labels, "count": torch.ones(count, dtype=torch.int64)}


@pytest.mark.slow
@pytest.mark.parametrize("stride", [4, 8])
def test_eight_images_are_memorized(rng, stride):
    torch.manual_seed(0)
    model = build_model(PointsConfig(classes=2, stride=stride, widths=(16, 24, 32), head_width=24))
    pictures, targets = drawn(rng, 8)
    task = PointObjective(radius=1.5 * stride).task(2, SuppressionConfig())
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(120):
        optimizer.zero_grad()
        task.loss(model, Batch(pictures, targets)).loss.backward()
        optimizer.step()
    metric = task.metrics()[0]
    with torch.no_grad():
        metric.update(model.train()(pictures), Batch(pictures, targets))
    assert metric.compute()["ap50"] == 1
    assert metric.compute()["ap"] > 0.8


SIZES = [(1, 40, 72), (2, 8, 8), (3, 33, 50)]


@pytest.mark.parametrize(("batch", "height", "width"), SIZES)
@pytest.mark.parametrize("count", [0, 1, 100])
def test_batches_of_every_kind_have_a_finite_gradient(rng, batch, height, width, count):
    model = build_model(PointsConfig(classes=CLASSES, widths=(8, 8, 8), head_width=8))
    low = torch.rand(batch, 100, 2, generator=rng) * torch.tensor([width - 1.0, height - 1.0])
    boxes = torch.cat([low, low + 1], 2)  # of one pixel
    labels = torch.randint(0, CLASSES, (batch, 100), generator=rng)
    targets = {"boxes": boxes, "labels": labels, "count": torch.full((batch,), count)}
    pictures = torch.rand(batch, 3, height, width, generator=rng)
    step = PointDetection(classes=CLASSES).loss(
        model.eval() if batch * height < 64 else model, Batch(pictures, targets)
    )
    step.loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert step.loss.isfinite()
    found = PointDetection(classes=CLASSES).predict(step.outputs)
    assert found["boxes"].shape == (batch, 100, 4)


def test_a_blank_target_of_the_task_is_an_empty_image(rng):
    model, task = random_answers(rng), PointDetection(classes=CLASSES)
    blank = task.loss(model, Batch(images(2), task.blank_targets(images(2)))).loss
    objective = PointObjective()
    empty = {"boxes": torch.zeros(1, 4), "labels": torch.zeros(1), "count": torch.tensor(0)}
    plain = [plain_loss(model, i, empty, objective) for i in range(2)]
    torch.testing.assert_close(blank.item(), sum(plain) / 2, rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radius": 0.0}, r"objective.radius: got 0.0, need"),
        ({"alpha": 1.5}, r"objective.alpha: got 1.5, need"),
        ({"gamma": -1.0}, r"objective.gamma: got -1.0, need"),
        ({"box_weight": math.nan}, r"objective.box_weight: got nan, need"),
    ],
)
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        PointObjective(**changes)
