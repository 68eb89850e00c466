"""The losses of a two-stage detector: against plain loops, on empty and crowded images, and what it memorizes."""

import dataclasses
import math

import pytest
import torch
from tests.vision.drawn_boxes import plain_iou
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.data.scenes import draw_scenes
from d2lab.models.two_stage import TwoStage, TwoStageConfig
from d2lab.train.detection import SuppressionConfig
from d2lab.train.two_stage_detection import (
    Matches,
    TwoStageObjective,
    drawn,
    match_anchors,
    match_proposals,
)
from d2lab.vision.masks import paste_masks
from d2lab.vision.offsets import encode_boxes

ALL = TwoStageObjective(anchor_samples=10_000, proposal_samples=10_000, positive_share=1.0, mask_weight=3.0)


def task_of(objective=ALL, classes=10):
    return objective.task(classes, SuppressionConfig())


def model_of(**settings):
    torch.manual_seed(0)
    return TwoStage(TwoStageConfig(**settings))


def batch_of(count, *, part="train", masks=False):
    scenes = draw_scenes(count, part=part)
    targets = {"boxes": scenes.boxes, "labels": scenes.labels, "count": scenes.count}
    return Batch(scenes.images / 255, targets | ({"masks": scenes.object_masks()} if masks else {}))


def owners(boxes, objects, threshold):
    """Say which object each box overlaps most, and by how much."""
    table = [[plain_iou(box, one) for one in objects] for box in boxes]
    best = [max(row, default=0.0) for row in table]
    return [row.index(most) if most >= threshold else -1 for row, most in zip(table, best, strict=True)], best


def greedy(boxes, objects):
    """Match each object with a box, the pair that overlaps most first."""
    pairs = [(plain_iou(box, one), i, k) for i, box in enumerate(boxes) for k, one in enumerate(objects)]
    matched = []
    for overlap, i, k in sorted(pairs, key=lambda pair: -pair[0]):
        if overlap > 0 and all(i != other and k != its for other, its in matched):
            matched.append((i, k))
    return matched


def smooth(offsets, around, box):
    wanted = encode_boxes(around, torch.as_tensor(box))
    return float(functional.smooth_l1_loss(offsets, wanted, reduction="sum"))


def test_losses_are_those_of_a_loop_over_boxes():
    """All boxes are sampled, so that nothing is left to chance."""
    batch, model, task = batch_of(2, masks=True), model_of(masks=True), task_of()
    loss = task.loss(model, batch).loss.detach()
    outputs = {k: v.detach() for k, v in task.loss(model, batch).outputs.items()}
    total = 0.0
    for image in range(2):
        count = int(batch.targets["count"][image])
        objects, labels = batch.targets["boxes"][image, :count].tolist(), batch.targets["labels"][image, :count]
        anchors = outputs["anchors"].tolist()
        owner, most = owners(anchors, objects, 0.6)
        for i, k in greedy(anchors, objects):
            owner[i] = k
        first, samples = 0.0, 0
        for i, one in enumerate(owner):
            if one < 0 and most[i] >= 0.3:
                continue
            samples += 1
            target = torch.tensor(float(one >= 0))
            first += float(functional.binary_cross_entropy_with_logits(outputs["objectness"][image, i], target))
            if one >= 0:
                first += smooth(outputs["anchor_offsets"][image, i], outputs["anchors"][i], objects[one])
        second, real = 0.0, int(outputs["count"][image])
        proposals = outputs["proposals"][image, :real]
        owner, _ = owners(proposals.tolist(), objects, 0.5)
        masks = []
        for i, one in enumerate(owner):
            target = labels[one] + 1 if one >= 0 else torch.tensor(0)
            second += float(functional.cross_entropy(outputs["logits"][image, i], target))
            if one >= 0:
                second += smooth(outputs["offsets"][image, i], proposals[i], objects[one])
                grid = outputs["masks"][image, i, labels[one]]
                wanted = (cropped(batch.targets["masks"][image, one], proposals[i], 14) >= 0.5).float()
                masks.append(float(functional.binary_cross_entropy_with_logits(grid, wanted)))
        total += first / samples + second / real + 3.0 * sum(masks) / len(masks)
    assert float(loss) == pytest.approx(total / 2, rel=1e-4)


def cropped(mask, box, side):
    """Read a mask between its pixels at four points of each cell, and average."""
    x1, y1, x2, y2 = box.tolist()
    lines = [
        [low + (high - low) * (i + (j + 0.5) / 2) / side - 0.5 for i in range(side) for j in range(2)]
        for low, high in ((y1, y2), (x1, x2))
    ]
    weights = []
    for line in lines:
        place = torch.tensor(line).clamp(0, mask.shape[0] - 1)
        weights.append((1 - (place.unsqueeze(1) - torch.arange(mask.shape[0])).abs()).clamp(min=0))
    points = weights[0] @ mask.float() @ weights[1].T
    return points.view(side, 2, side, 2).mean((1, 3))


def test_samples_are_drawn_at_random_up_to_their_number():
    torch.manual_seed(3)
    mask = torch.rand(4, 200) < 0.5
    chosen = drawn(mask, torch.rand(4, 200), 30)
    assert not (chosen & ~mask).any()
    assert chosen.sum(1).tolist() == [30] * 4
    most = torch.tensor([[0], [1], [500], [30]])
    assert drawn(mask, torch.rand(4, 200), most).sum(1).tolist() == [0, 1, int(mask[2].sum()), 30]
    often = sum(drawn(mask, torch.rand(4, 200), 30) for _ in range(300)) / 300
    assert often[mask].min() > 0.15
    assert often[mask].max() < 0.45


def test_half_of_the_samples_at_most_are_objects():
    task = task_of(TwoStageObjective(anchor_samples=8))
    positive = torch.arange(40).expand(2, 40) < torch.tensor([[2], [30]])
    found = Matches(torch.zeros(2, 40).long(), positive, ~positive)
    chosen, objects = task._sample(found, 8)
    assert chosen.sum(1).tolist() == [8, 8]
    assert objects.sum(1).tolist() == [2, 4]
    assert not (objects & ~positive).any()


@pytest.mark.parametrize("most", [0, 1, 3])
def test_images_without_objects_teach_background_alone(most):
    targets = {
        "boxes": torch.full((2, most, 4), math.nan),
        "labels": torch.zeros(2, most).long(),
        "count": torch.zeros(2).long(),
        "masks": torch.zeros(2, most, 64, 64, dtype=torch.uint8),
    }
    step = task_of().loss(model_of(masks=True), Batch(torch.rand(2, 3, 64, 64), targets))
    step.loss.backward()
    logits = step.outputs["logits"].detach().flatten(0, 1)
    chance = float(functional.cross_entropy(logits, torch.zeros(len(logits)).long()))
    assert step.loss.isfinite()
    assert float(step.loss.detach()) < 2 * (chance + 1)


def test_crowded_images_and_tiny_boxes_are_legal():
    corner = torch.rand(2, 100, 2) * 63
    boxes = torch.cat([corner, corner + 1], 2)
    boxes[1, :50, 2:] = boxes[1, :50, :2]  # without an area
    targets = {"boxes": boxes, "labels": torch.randint(10, (2, 100)), "count": torch.tensor([100, 70])}
    model, task = model_of(), task_of(TwoStageObjective())
    step = task.loss(model, Batch(torch.rand(2, 3, 64, 64), targets))
    step.loss.backward()
    assert step.loss.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert step.outputs["count"][1] <= 20 + 24


def test_padding_is_never_read():
    batch, model = batch_of(4, masks=True), model_of(masks=True)
    padding = torch.arange(3) >= batch.targets["count"].unsqueeze(1)
    garbage = dict(batch.targets)
    garbage["boxes"] = garbage["boxes"].masked_fill(padding.unsqueeze(2), 33.0)
    garbage["boxes"][..., 2:] += 20 * padding.unsqueeze(2)
    garbage["labels"] = garbage["labels"].masked_fill(padding, 999)
    garbage["masks"] = garbage["masks"].masked_fill(padding[..., None, None], 1)
    losses = [float(task_of().loss(model, Batch(batch.inputs, one)).loss.detach()) for one in (batch.targets, garbage)]
    assert losses[0] == losses[1]


def test_an_evaluation_sees_no_true_box_and_draws_the_same_samples():
    batch, model = batch_of(4, masks=True), model_of(masks=True).eval()
    task = task_of(TwoStageObjective()).for_evaluation()
    before = torch.get_rng_state()
    first, second = task.loss(model, batch), task.loss(model, batch)
    assert float(first.loss.detach()) == float(second.loss.detach())
    assert torch.equal(before, torch.get_rng_state())
    plain = model(batch.inputs)
    assert all(torch.equal(first.outputs[name], plain[name]) for name in plain)


def test_the_best_anchor_of_an_object_is_positive_whatever_its_overlap():
    anchors = torch.tensor([[0.0, 0, 10, 10], [10, 0, 20, 10], [40, 40, 50, 50]])
    boxes = torch.tensor([[[8.0, 0, 40, 10]]])
    found = match_anchors(anchors, boxes, torch.tensor([1]), TwoStageObjective())
    assert found.positive.tolist() == [[False, True, False]]
    assert found.negative.tolist() == [[True, False, True]]


def test_proposals_at_the_threshold_are_objects():
    outputs = {"proposals": torch.tensor([[[0.0, 0, 10, 5], [0, 0, 10, 4], [0, 0, 0, 0]]]), "count": torch.tensor([2])}
    targets = {"boxes": torch.tensor([[[0.0, 0, 10, 10], [0, 0, 10, 4]]]), "count": torch.tensor([1])}  # one is padding
    found = match_proposals(outputs, targets, 0.5)
    assert found.positive.tolist() == [[True, False, False]]
    assert found.negative.tolist() == [[False, True, False]]


def test_rows_beyond_the_count_are_no_candidates():
    logits = torch.zeros(1, 3, 3)
    logits[..., 1] = 9.0
    boxes = torch.arange(12.0).view(1, 3, 4)
    scores, found = task_of(classes=2).candidates({"logits": logits, "boxes": boxes, "count": torch.tensor([2])})
    assert scores[0, :, 0].tolist() == pytest.approx([0.9998, 0.9998, 0], abs=1e-4)
    assert torch.equal(found, boxes)


def test_masks_are_needed_where_the_model_has_a_head_for_them():
    with pytest.raises(ConfigError, match="need masks of the objects too") as refusal:
        task_of().loss(model_of(masks=True), batch_of(2))
    assert "\n" not in str(refusal.value)


def test_predicted_masks_belong_to_their_boxes_and_classes():
    task, rng = task_of(classes=2), torch.Generator().manual_seed(0)
    boxes = torch.tensor([[[0.0, 0, 9, 9], [20, 20, 30, 30], [40, 0, 50, 9]]])
    logits = torch.tensor([[[0.0, 2.0, -5], [0, -5, 4], [9, 0, 0]]])
    masks = torch.randn(1, 3, 2, 4, 4, generator=rng)
    outputs = {"logits": logits, "boxes": boxes, "count": torch.tensor([3]), "masks": masks}
    found = task.predict(outputs)
    assert found["count"].tolist() == [2]
    assert found["labels"][0, :2].tolist() == [1, 0]
    torch.testing.assert_close(found["masks"][0, 0], masks[0, 1, 1].sigmoid())
    torch.testing.assert_close(found["masks"][0, 1], masks[0, 0, 0].sigmoid())


@pytest.mark.slow
def test_six_scenes_are_memorized_with_their_masks():
    batch, model = batch_of(6, masks=True), model_of(masks=True, considered=48, proposals=8)
    task = task_of(TwoStageObjective())
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(80):
        optimizer.zero_grad()
        task.loss(model, batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
    judge = task.for_evaluation()
    metrics = judge.metrics()
    model.eval()
    with torch.no_grad():
        step = judge.loss(model, batch)
    for metric in metrics:
        metric.update(step.outputs, batch)
    values = metrics[0].compute() | metrics[1].compute()
    assert values["ap50"] > 0.9
    assert values["mask_ap50"] > 0.8
    found = judge.predict(step.outputs)
    pasted = paste_masks(found["masks"], found["boxes"], 64, 64)
    assert pasted[0, : int(found["count"][0])].any()


def test_bad_objectives_are_refused():
    with pytest.raises(ConfigError, match=r"objective\.anchor_negative"):
        TwoStageObjective(anchor_negative=0.7)
    with pytest.raises(ConfigError, match=r"objective\.anchor_samples"):
        TwoStageObjective(anchor_samples=0)
    assert dataclasses.is_dataclass(task_of())
