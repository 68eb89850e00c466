"""The two-stage detector: its size, what it returns for any image, what joins its proposals, and where gradients go."""

import math

import pytest
import torch
from tests.vision.drawn_boxes import plain_iou

from d2lab.core.errors import ConfigError, DataError
from d2lab.models.catalog import build_model
from d2lab.models.proposal_network import as_rois, propose, with_objects
from d2lab.models.two_stage import TwoStage, TwoStageConfig
from d2lab.vision.boxes import clip_boxes
from d2lab.vision.offsets import decode_boxes
from d2lab.vision.proposals import Proposals

BOXES = torch.tensor([[[4.0, 4, 20, 30], [30, 10, 31, 11], [0, 0, 0, 0]]]).repeat(2, 1, 1)
COUNT = torch.tensor([2, 0])


def model_of(**settings):
    torch.manual_seed(0)
    return build_model(TwoStageConfig(**settings)).eval()


SIZES = [({}, 612_270), ({"masks": True}, 703_224), ({"stride": 8}, 610_158)]


@pytest.mark.parametrize(("settings", "parameters"), SIZES)
def test_it_has_the_stated_number_of_parameters(settings, parameters):
    assert sum(p.numel() for p in model_of(**settings).parameters()) == parameters


@pytest.mark.parametrize("size", [(64, 64), (37, 50), (1, 1), (16, 200)])
@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("batch", [1, 3])
def test_images_of_any_size_have_outputs(size, stride, batch):
    outputs = model_of(stride=stride, masks=True, classes=4)(torch.rand(batch, 3, *size))
    cells = math.ceil(size[0] / stride) * math.ceil(size[1] / stride)
    assert outputs["anchors"].shape == (3 * cells, 4)
    assert outputs["objectness"].shape == (batch, 3 * cells)
    assert outputs["anchor_offsets"].shape == (batch, 3 * cells, 4)
    shapes = {"logits": (5,), "offsets": (4,), "boxes": (4,), "mask_boxes": (4,), "masks": (4, 14, 14)}
    for name, shape in shapes.items():
        assert outputs[name].shape == (batch, 24, *shape), name
    frame = torch.tensor([size[1], size[0]] * 2)
    for name in ("proposals", "boxes"):
        assert (outputs[name] >= 0).all()
        assert (outputs[name] <= frame).all()
    assert torch.equal(outputs["mask_boxes"], outputs["boxes"])


def test_anchors_lie_around_the_centers_of_cells():
    model = model_of(sizes=(8.0,), ratios=(0.25,), stride=4)
    anchors = model(torch.rand(1, 3, 12, 20))["anchors"]
    assert anchors[0].tolist() == pytest.approx([0, -6, 4, 10], abs=1e-5)  # 4 wide, 16 high, around (2, 2)
    assert anchors[7].tolist() == pytest.approx([8, -2, 12, 14], abs=1e-5)  # second row, third column


def test_proposals_are_those_of_a_plain_loop(rng):
    anchors = torch.tensor([[x, y, x + 9.0, y + 13.0] for y in range(-3, 30, 5) for x in range(-4, 30, 5)])
    logits = torch.randn(2, len(anchors), generator=rng)
    offsets = torch.randn(2, len(anchors), 4, generator=rng)
    offsets[0, :5, 2:] = 500  # beyond all numbers
    found = propose(logits, offsets, anchors, (28, 30), most=6, considered=20, iou_threshold=0.1)
    for image in range(2):
        kept = []
        for row in logits[image].argsort(descending=True)[:20].tolist():
            box = decode_boxes(anchors[row], offsets[image, row], largest_ratio=8.0)
            box = clip_boxes(box, 28, 30).tolist()
            large = box[2] - box[0] >= 1 and box[3] - box[1] >= 1
            if large and all(plain_iou(box, other) <= 0.1 for other in kept) and len(kept) < 6:
                kept.append(box)
        assert int(found.count[image]) == len(kept)
        torch.testing.assert_close(found.boxes[image, : len(kept)], torch.tensor(kept))
        assert not found.boxes[image, len(kept) :].any()
    assert not found.boxes.requires_grad


def test_a_box_too_narrow_for_a_proposal_strikes_none():
    anchors = torch.tensor([[10.0, 10, 10.9, 20], [10, 10, 11, 20], [30, 10, 40, 20]])
    logits, offsets = torch.tensor([[3.0, 2.0, 1.0]]), torch.zeros(1, 3, 4)
    found = propose(logits, offsets, anchors, (64, 64), most=2, considered=3, iou_threshold=0.5)
    assert found.count.tolist() == [2]
    torch.testing.assert_close(found.boxes[0], anchors[1:])


def test_true_boxes_with_an_area_come_first_and_padding_last():
    proposals = torch.tensor([[[1.0, 1, 5, 5], [0, 0, 0, 0]]]).repeat(2, 1, 1)
    boxes = torch.tensor([[[4.0, 4, 20, 30], [7, 7, 7, 9], [2, 2, 3, 3]]]).repeat(2, 1, 1)
    found = with_objects(Proposals(proposals, torch.tensor([1, 0])), boxes, torch.tensor([3, 1]))
    assert found.count.tolist() == [3, 1]
    assert found.boxes[0].tolist() == [[4, 4, 20, 30], [2, 2, 3, 3], [1, 1, 5, 5], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert found.boxes[1].tolist() == [[4, 4, 20, 30]] + 4 * [[0, 0, 0, 0]]
    with pytest.raises(DataError, match="the objects"):
        with_objects(Proposals(proposals, torch.tensor([1, 0])), boxes[:1], torch.tensor([3]))


def test_regions_name_their_image():
    assert as_rois(torch.ones(2, 2, 4))[:, 0].tolist() == [0, 0, 1, 1]


def test_with_true_boxes_the_other_outputs_are_the_same():
    model, images = model_of(masks=True), torch.rand(2, 3, 64, 64)
    plain, joined = model(images), model(images, BOXES, COUNT)
    assert (joined["count"] - plain["count"]).tolist() == [2, 0]
    torch.testing.assert_close(joined["logits"][0, 2 : 2 + 24], plain["logits"][0])
    torch.testing.assert_close(joined["logits"][1, :24], plain["logits"][1])
    assert torch.equal(joined["mask_boxes"], joined["proposals"])


def test_a_region_is_read_from_its_own_image():
    model, images = model_of(), torch.rand(2, 3, 64, 64)
    whole = model(images)
    for image in range(2):
        alone = model(images[image : image + 1])
        for name in ("proposals", "logits", "boxes"):
            torch.testing.assert_close(alone[name][0], whole[name][image], rtol=1e-4, atol=1e-4)


def test_no_gradient_passes_through_proposals():
    """What the second stage says depends on the first one's boxes, but teaches it nothing."""
    model = model_of(masks=True)
    outputs = model(torch.rand(2, 3, 64, 64), BOXES, COUNT)
    (outputs["logits"].sum() + outputs["offsets"].sum() + outputs["masks"].sum()).backward()
    assert all(p.grad is None for p in model.proposal_network.parameters())
    assert all(p.grad is not None for p in model.backbone.parameters())
    assert not any(outputs[name].requires_grad for name in ("proposals", "boxes", "mask_boxes", "anchors"))


def test_a_diverged_model_says_so_by_its_outputs():
    """Proposals stay boxes, so that the loss is what is not finite, and the guard of the loop tells of it."""
    model = model_of()
    with torch.no_grad():
        model.backbone.stem.weight.fill_(math.nan)
    outputs = model(torch.rand(1, 3, 64, 64))
    assert outputs["logits"].isnan().any()
    assert outputs["boxes"].isfinite().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"proposals": 200}, "TwoStageConfig.proposals: got 200"),
        ({"sizes": ()}, "TwoStageConfig.sizes"),
        ({"ratios": (0.0,)}, "TwoStageConfig.ratios"),
        ({"overlap": 1.5}, "TwoStageConfig.overlap"),
        ({"pooled": 0}, "TwoStageConfig.pooled"),
    ],
)
def test_bad_settings_are_refused_in_one_line(settings, message):
    with pytest.raises(ConfigError) as refusal:
        TwoStage(TwoStageConfig(**settings))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
