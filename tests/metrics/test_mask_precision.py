"""Average precision of masks: against pycocotools, and by hand."""

import numpy as np
import pytest
import torch
from tests.metrics.detection_cases import scenes

from d2lab.core.errors import ConfigError
from d2lab.data.batch import Batch
from d2lab.metrics import COCO_SIZES, AveragePrecision, MaskAveragePrecision
from d2lab.vision.masks import paste_masks

CLASSES, SIDE, CELLS = 3, 120, 5


def drawn(seed, images=12):
    """Draw objects with masks, ellipses in their boxes, and detections with masks of random cells."""
    outputs, truth = scenes(seed, images=images, special=False)
    rng = torch.Generator().manual_seed(seed)
    line = torch.arange(SIDE) + 0.5
    x1, y1, x2, y2 = truth["boxes"].nan_to_num().unsqueeze(3).unsqueeze(4).unbind(2)
    across, down = (line - (x1 + x2) / 2) / (x2 - x1 + 1e-9) * 2, (line[:, None] - (y1 + y2) / 2) / (y2 - y1 + 1e-9) * 2
    truth["masks"] = (across.square() + down.square() <= 1).to(torch.uint8)  # image object height width
    cells = torch.rand(*outputs["labels"].shape, CELLS, CELLS, generator=rng).clamp(min=0.3) + 0.25
    cells[..., [0, 0, -1, -1], [0, -1, 0, -1]] = 0.0  # no corners, as an ellipse has none
    outputs["masks"] = cells
    truth["crowd"] = torch.rand(truth["labels"].shape, generator=rng) < 0.2
    return outputs, truth


def batch_of(truth):
    return Batch(torch.zeros(len(truth["count"]), 1), truth)


def test_pycocotools_counts_the_same(capsys):
    coco, cocoeval, encoder = (pytest.importorskip(f"pycocotools.{name}") for name in ("coco", "cocoeval", "mask"))
    outputs, truth = drawn(7)
    pasted = paste_masks(outputs["masks"].double(), outputs["boxes"].nan_to_num(), SIDE, SIDE)

    def annotations(values, masks):
        for image, count in enumerate(values["count"].tolist()):
            for k in range(count):
                mask = np.asfortranarray(masks[image, k].numpy().astype(np.uint8))
                code, label = encoder.encode(mask), int(values["labels"][image, k])
                area = float(mask.sum())
                yield {"image_id": image, "category_id": label, "segmentation": code, "area": area}, (image, k)

    reference = coco.COCO()
    objects = [
        one | {"id": number, "iscrowd": int(truth["crowd"][at])}
        for number, (one, at) in enumerate(annotations(truth, truth["masks"]), start=1)
    ]
    images = [{"id": one, "height": SIDE, "width": SIDE} for one in range(len(truth["count"]))]
    categories = [{"id": one} for one in range(CLASSES)]
    reference.dataset = {"info": {}, "images": images, "categories": categories, "annotations": objects}
    reference.createIndex()
    found = [one | {"score": float(outputs["scores"][at])} for one, at in annotations(outputs, pasted)]
    judge = cocoeval.COCOeval(reference, reference.loadRes(found), "segm")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    ours = MaskAveragePrecision(CLASSES, sizes=COCO_SIZES)
    outputs["masks"] = outputs["masks"].double()
    for start in range(0, len(images), 5):
        part = {k: v[start : start + 5] for k, v in outputs.items()}
        ours.update(part, batch_of({k: v[start : start + 5] for k, v in truth.items()}))
    theirs = np.where(judge.stats[:6] < 0, np.nan, judge.stats[:6])
    values = ours.compute()
    assert list(values) == ["mask_ap", "mask_ap50", "mask_ap75", "mask_ap_small", "mask_ap_medium", "mask_ap_large"]
    assert list(values.values()) == pytest.approx(theirs.tolist(), abs=1e-9, nan_ok=True)
    assert 0.01 < values["mask_ap50"] < 0.95
    assert capsys.readouterr().out


def test_a_box_that_fits_with_a_mask_that_does_not_is_wrong():
    """The object is the left half of its box; a mask of the whole box has an IoU of .5 with it, one of the right 0."""
    box = torch.tensor([[[0.0, 0, 8, 8]]])
    masks = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    masks[..., :4] = 1
    truth = {"boxes": box, "labels": torch.zeros(1, 1).long(), "count": torch.ones(1).long(), "masks": masks}
    results = {}
    for name, cells in {"left": [1.0, 0.0], "whole": [1.0, 1.0], "right": [0.0, 1.0]}.items():
        grid = torch.tensor(cells).expand(1, 1, 2, 2)
        metric = MaskAveragePrecision(1, thresholds=(0.5, 0.75))
        boxes = AveragePrecision(1, thresholds=(0.5, 0.75))
        for one in (metric, boxes):
            one.update(truth | {"scores": torch.ones(1, 1), "masks": grid}, batch_of(truth))
        assert boxes.compute()["ap75"] == 1
        results[name] = [metric.compute()["mask_ap50"], metric.compute()["mask_ap75"]]
    assert results == {"left": [1, 1], "whole": [1, 0], "right": [0, 0]}


def test_without_masks_there_are_no_figures():
    outputs, truth = drawn(1)
    metric = MaskAveragePrecision(CLASSES)
    metric.update({k: v for k, v in outputs.items() if k != "masks"}, batch_of(truth))
    metric.update(outputs, batch_of({k: v for k, v in truth.items() if k != "masks"}))
    assert metric.compute() == {}


def test_merged_halves_are_the_whole():
    outputs, truth = drawn(2)
    whole, first, second = (MaskAveragePrecision(CLASSES) for _ in range(3))
    whole.update(outputs, batch_of(truth))
    for metric, part in ((first, slice(0, 6)), (second, slice(6, None))):
        metric.update({k: v[part] for k, v in outputs.items()}, batch_of({k: v[part] for k, v in truth.items()}))
    first.merge(second)
    assert first.compute() == pytest.approx(whole.compute())


def test_masks_of_other_objects_are_refused():
    outputs, truth = drawn(3)
    with pytest.raises(ConfigError, match="the shape of masks"):
        MaskAveragePrecision(CLASSES).update(outputs | {"masks": outputs["masks"][:, 1:]}, batch_of(truth))
