"""Average precision is its definition in plain loops, whatever comes in, in whatever parts."""

import math

import numpy as np
import pytest
import torch
from tests.metrics.detection_cases import NO_SIZES, area_by_loops, greedy, scenes, table_by_loops

from d2lab.core.errors import ConfigError, RunError
from d2lab.data.batch import Batch
from d2lab.data.split import Split
from d2lab.metrics import COCO_SIZES, Accuracy, AveragePrecision, average_precision, precision_recall
from d2lab.metrics.match import box_overlaps, match_detections
from d2lab.train.evaluate import evaluate
from d2lab.train.task import Step, Task

CLASSES = 3
SIZES = {"small": (0.0, 400.0), "large": (400.0, 1600.0)}
SOME = (0.5, 0.7, 0.95)


def seen(outputs, truth, size=100, **options):
    metric = AveragePrecision(CLASSES, **options)
    for start in range(0, len(truth["count"]), size):
        parts = [{k: v[start : start + size] for k, v in values.items()} for values in (outputs, truth)]
        metric.update(parts[0], Batch(None, parts[1]))
    return metric


def one_image(boxes, scores, objects, **more):
    """Build the detections and objects of one image and one class."""
    outputs = {
        "boxes": torch.tensor([boxes]).float().reshape(1, len(boxes), 4),
        "scores": torch.tensor([scores]).float(),
        "labels": torch.zeros(1, len(scores), dtype=torch.int64),
        "count": torch.tensor([len(scores)]),
    }
    truth = {
        "boxes": torch.tensor([objects]).float().reshape(1, len(objects), 4),
        "labels": torch.zeros(1, len(objects), dtype=torch.int64),
        "count": torch.tensor([len(objects)]),
    }
    return outputs, truth | {name: torch.tensor([values]) for name, values in more.items()}


def ap_of(outputs, truth, points="all", threshold=0.5):
    metric = AveragePrecision(1, points=points, thresholds=(threshold,))
    metric.update(outputs, Batch(None, truth))
    return metric.table()[0, 0, 0].item()


A, B, FAR = [0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 60]


@pytest.mark.parametrize(("points", "expected"), [("all", 5 / 6), (11, (6 + 10 / 3) / 11), (101, (51 + 100 / 3) / 101)])
def test_three_detections_by_hand(points, expected):
    """Right, wrong, right, for two objects: precision 1 to recall .5, then 2/3 to recall 1."""
    outputs, truth = one_image([A, FAR, B], [0.9, 0.8, 0.7], [A, B])
    assert ap_of(outputs, truth, points) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("ties", [False, True], ids=["", "ties"])
@pytest.mark.parametrize("points", ["all", 11, 101])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_definition_in_loops(seed, points, ties):
    outputs, truth = scenes(seed, ties=ties)
    metric = seen(outputs, truth, size=4, points=points, thresholds=SOME, sizes=SIZES, most=3)
    expected = table_by_loops(outputs, truth, CLASSES, SOME, points, NO_SIZES | SIZES, most=3)
    torch.testing.assert_close(metric.table(), expected, rtol=1e-12, atol=1e-12, equal_nan=True)


def test_the_results_are_means_over_classes_that_have_objects():
    outputs, truth = scenes(7)
    truth["labels"] = truth["labels"].clamp(max=1)  # none of class 2
    metric = seen(outputs, truth, sizes=COCO_SIZES)
    table, results = metric.table(), metric.compute()
    assert list(results) == ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"]
    assert table[2].isnan().all()
    assert results["ap"] == pytest.approx(table[:2, 0].mean().item(), rel=1e-12)
    assert results["ap50"] == pytest.approx(table[:2, 0, 0].mean().item(), rel=1e-12)
    assert results["ap75"] == pytest.approx(table[:2, 0, 5].mean().item(), rel=1e-12)
    assert results["ap_medium"] == pytest.approx(table[:2, 2].mean().item(), rel=1e-12)


def test_one_threshold_has_one_result():
    outputs, truth = scenes(1)
    assert list(seen(outputs, truth, thresholds=(0.5,)).compute()) == ["ap50"]
    assert list(seen(outputs, truth, thresholds=(0.3,)).compute()) == ["ap30"]


@pytest.mark.parametrize("seed", range(30))
def test_matching_all_at_once_is_matching_one_after_another(seed):
    """Dense, coarse overlaps: most detections want the same objects, and many overlaps are equal."""
    rng = torch.Generator().manual_seed(seed)
    overlaps = (10 * torch.rand(3, 12, 9, generator=rng, dtype=torch.float64)).round() / 10
    ignored = torch.rand(3, 2, 9, generator=rng) < 0.3
    shared = torch.rand(3, 9, generator=rng) < 0.2
    ignored = ignored | shared.unsqueeze(1)
    limits = torch.tensor([0.2, 0.5, 0.8, 1.0], dtype=torch.float64)
    found = match_detections(overlaps, ignored, shared, limits)
    for image in range(3):
        for size in range(2):
            for number, limit in enumerate(limits.tolist()):
                rows = overlaps[image].tolist()
                expected = greedy(rows, ignored[image, size].tolist(), shared[image].tolist(), limit)
                assert found[image, size, number].tolist() == [-1 if one is None else one for one in expected]


def test_overlaps_are_counts_of_pixels(rng):
    corners = torch.randint(0, 12, (2, 1, 9, 2, 2), generator=rng).sort(-2).values  # set image box corner xy
    one, two = corners.flatten(-2).double()
    crowd = torch.rand(1, 9, generator=rng) < 0.5
    across = torch.arange(12)
    inside = [
        ((across >= b[..., :1]) & (across < b[..., 2:3])).unsqueeze(-2)
        & ((across >= b[..., 1:2]) & (across < b[..., 3:])).unsqueeze(-1)
        for b in (one, two)
    ]  # box row column
    both = (inside[0].unsqueeze(2) & inside[1].unsqueeze(1)).sum((-2, -1))
    either = (inside[0].unsqueeze(2) | inside[1].unsqueeze(1)).sum((-2, -1))
    whole = torch.where(crowd.unsqueeze(1), inside[0].sum((-2, -1)).unsqueeze(2), either)
    expected = torch.where(both > 0, both.double() / whole, 0.0)
    assert (both > 0).any()
    torch.testing.assert_close(box_overlaps(one, two, crowd), expected, rtol=1e-12, atol=0)


def test_overlaps_are_torchvisions(rng):
    ops = pytest.importorskip("torchvision.ops", reason="the extra `vision` is not installed", exc_type=ImportError)
    corners = torch.rand(2, 1, 40, 2, 2, generator=rng, dtype=torch.float64).sort(-2).values
    one, two = corners.flatten(-2)
    mine = box_overlaps(one, two, torch.zeros(1, 40, dtype=torch.bool))
    torch.testing.assert_close(mine[0], ops.box_iou(one[0], two[0]), rtol=1e-12, atol=1e-15)


def test_an_object_is_found_once():
    outputs, truth = one_image([A, A], [0.9, 0.8], [A])
    assert seen(outputs, truth).curve(0).precision.tolist() == [1.0, 0.5]


def test_a_second_detection_takes_the_next_object_that_overlaps_enough():
    near = [0, 0, 10, 9]
    outputs, truth = one_image([A, A], [0.9, 0.8], [A, near])
    assert ap_of(outputs, truth) == 1.0


def test_of_equal_scores_the_first_comes_first():
    wrong_first, truth = one_image([FAR, A], [0.5, 0.5], [A])
    right_first, _ = one_image([A, FAR], [0.5, 0.5], [A])
    assert (ap_of(wrong_first, truth), ap_of(right_first, truth)) == (0.5, 1.0)


@pytest.mark.parametrize("special", ["crowd", "difficult"])
def test_what_need_not_be_found_counts_neither_way(special):
    """Two detections of it: neither is wrong, and it is no object that was missed."""
    outputs, truth = one_image([B, B, A], [0.9, 0.8, 0.7], [A, B], **{special: [False, True]})
    assert ap_of(outputs, truth) == 1.0
    assert len(seen(outputs, truth).curve(0).scores) == 1
    nothing, _ = one_image([], [], [])
    assert math.isnan(seen(nothing, one_image([], [], [A], **{special: [True]})[1]).compute()["ap"])


def test_a_crowd_is_met_by_what_lies_in_it():
    small = [2, 2, 4, 4]  # 4 of 100 pixels: IoU .04
    outputs, truth = one_image([small, B], [0.9, 0.8], [A, B], crowd=[True, False])
    assert ap_of(outputs, truth) == 1.0
    assert ap_of(outputs, one_image([], [], [A, B], difficult=[True, False])[1]) == 0.5


def test_an_object_that_counts_goes_before_a_crowd_that_overlaps_more():
    outputs, truth = one_image([[0, 0, 10, 8]], [0.9], [A, [0, 0, 10, 8]], crowd=[False, True])
    assert ap_of(outputs, truth) == 1.0


def test_a_stated_area_decides_the_size():
    outputs, truth = one_image([A], [0.9], [A], area=[500.0])
    metric = AveragePrecision(1, sizes=SIZES)
    metric.update(outputs, Batch(None, truth))
    values = metric.compute()
    assert math.isnan(values["ap_small"])
    assert values["ap_large"] == pytest.approx(1.0)


def test_only_the_best_scores_of_a_class_count():
    outputs, truth = one_image([FAR, FAR, A], [0.9, 0.8, 0.7], [A])
    assert ap_of(outputs, truth) == pytest.approx(1 / 3)
    assert seen(outputs, truth, most=2).compute()["ap"] == 0.0


@pytest.mark.parametrize("rule", ["all", 11, 101])
def test_empty_images_are_legal(rule):
    box, none = one_image([A], [0.9], [A]), one_image([], [], [])
    assert ap_of(box[0], box[1], rule) == pytest.approx(1.0)
    assert ap_of(none[0], box[1], rule) == 0.0  # missed
    assert math.isnan(ap_of(box[0], none[1], rule))  # no object: no figure
    assert math.isnan(ap_of(none[0], none[1], rule))
    metric = seen(*box, points=rule)
    metric.update({k: v[:0] for k, v in box[0].items()}, Batch(None, {k: v[:0] for k, v in box[1].items()}))
    metric.update(box[0], Batch(None, none[1]))  # a false alarm, after the right one
    assert metric.compute()["ap"] == pytest.approx(1.0)
    assert metric.curve(0).precision.tolist() == [1.0, 0.5]


def test_nothing_seen_is_no_number_and_reset_forgets():
    metric = seen(*scenes(2), sizes=SIZES)
    assert not math.isnan(metric.compute()["ap"])
    metric.reset()
    assert all(math.isnan(value) for value in metric.compute().values())
    assert len(metric.curve(0).recall) == 0


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_add_up_to_the_whole(size):
    outputs, truth = scenes(3, ties=True)
    assert seen(outputs, truth, size, sizes=SIZES).compute() == seen(outputs, truth, sizes=SIZES).compute()


@pytest.mark.parametrize("cut", [0, 1, 4, 6])
def test_two_processes_merge_to_one(cut):
    outputs, truth = scenes(4, ties=True)
    halves = [
        seen(*({k: v[part] for k, v in values.items()} for values in (outputs, truth)), size=2)
        for part in (slice(0, cut), slice(cut, None))
    ]
    halves[0].merge(halves[1])
    assert halves[0].compute() == seen(outputs, truth).compute()


def test_a_checkpoint_in_the_middle_changes_nothing():
    outputs, truth = scenes(5)
    first, second = seen(outputs, truth, 2), AveragePrecision(CLASSES)
    second.load({name: value.clone() for name, value in first.state().items()}, torch.device("cpu"))
    for metric in (first, second):
        metric.update(outputs, Batch(None, truth))
    assert first.compute() == second.compute()


def test_it_holds_some_bytes_for_each_detection():
    outputs, truth = scenes(6)
    state = seen(outputs, truth).state()
    assert sum(len(state[name]) for name in ("scores", "labels", "outcomes")) == 3 * int(outputs["count"].sum())


def test_few_entries_at_once_change_nothing(monkeypatch):
    outputs, truth = scenes(8)
    whole = seen(outputs, truth).compute()
    monkeypatch.setattr("d2lab.metrics.detection.AT_ONCE", 1)
    assert seen(outputs, truth).compute() == whole


@pytest.mark.parametrize("seed", range(5))
def test_only_order_and_shape_matter(seed):
    """The same for scores under a rising map, boxes of another unit, moved boxes and images in another order."""
    outputs, truth = scenes(seed)
    expected = pytest.approx(seen(outputs, truth).compute(), rel=1e-9)
    assert seen(outputs | {"scores": (3 * outputs["scores"]).exp()}, truth).compute() == expected
    for change in (lambda boxes: 8 * boxes, lambda boxes: boxes - 64):
        moved = [values | {"boxes": change(values["boxes"])} for values in (outputs, truth)]
        assert seen(*moved).compute() == expected
    turned = [{k: v.flip(0) for k, v in values.items()} for values in (outputs, truth)]
    assert seen(*turned).compute() == expected


def test_a_perfect_detector_has_one_and_a_worse_threshold_less():
    _, truth = scenes(9, special=False)
    perfect = {**truth, "scores": torch.rand(truth["labels"].shape)}
    assert seen(perfect, truth).compute()["ap"] == pytest.approx(1.0)
    table = seen(*scenes(9)).table()[:, 0]
    assert (table.diff(dim=1) <= 1e-12).all()


def test_the_curve_holds_what_the_area_is_of():
    outputs, truth = scenes(10)
    metric = seen(outputs, truth, points="all", sizes=SIZES)
    for size in ("", "small"):
        curve = metric.curve(1, 0.7, size)
        row = [*metric.sizes].index(size)
        area = average_precision(curve.recall, curve.precision, "all").item()
        assert area == pytest.approx(metric.table()[1, row, 4].item(), rel=1e-12)
        assert (curve.recall.diff() >= 0).all()
        assert (curve.scores.diff() <= 0).all()


def test_functions_on_one_column_are_the_definition(rng):
    outcomes = torch.randint(3, (40,), generator=rng)
    rows = [(0.0, {0: False, 1: True, 2: None}[one]) for one in outcomes.tolist()]
    recall, precision = precision_recall(outcomes, torch.tensor(30))
    for points in ("all", 11, 101):
        assert average_precision(recall, precision, points).item() == pytest.approx(area_by_loops(rows, 30, points))


class Echo(Task):
    """A task whose model returns the detections that it is fed."""

    def loss(self, model, batch, state=None):
        outputs = model(batch.inputs)
        return Step(outputs["boxes"].nan_to_num().sum(), outputs, len(batch))

    def metrics(self):
        return [AveragePrecision(CLASSES, decide=lambda outputs: outputs)]


def test_the_evaluation_loop_reports_it():
    outputs, truth = scenes(11)
    values = evaluate(
        torch.nn.Identity(), Split(outputs, truth), Echo(), prepare=lambda x: x, device=torch.device("cpu"), batch=4
    )
    expected = seen(outputs, truth).compute()
    assert {name: values[name] for name in expected} == expected


def test_the_rule_is_told():
    assert AveragePrecision(2).rule == (
        "IoU .50 to .95 (10), 101 points, at most 100 detections of a class in an image"
    )
    told = AveragePrecision(2, points="all", thresholds=(0.5,), most=7).rule
    assert told == "IoU .50, all points, at most 7 detections of a class in an image"


def changed(which, **values):
    pair = list(one_image([A], [0.9], [A]))
    pair[which] = pair[which] | values
    return seen(*pair)


REFUSED = {
    "no dict": (
        lambda: AveragePrecision(3).update(torch.zeros(2), Batch(None, {})),
        "the detections: got 'Tensor', need a dict of boxes, labels, count, scores.",
    ),
    "no count": (
        lambda: AveragePrecision(3).update(one_image([A], [0.9], [A])[0], Batch(None, {"boxes": torch.zeros(1, 1, 4)})),
        "the objects: got 'boxes', need a dict of boxes, labels, count.",
    ),
    "shape": (
        lambda: changed(0, boxes=torch.zeros(1, 2, 4)),
        "the detections: the shape of boxes: got (1, 2, 4), need (1, 1, 4).",
    ),
    "not padded": (
        lambda: changed(0, labels=torch.zeros(1, dtype=torch.int64)),
        "the detections: the shape of labels: got (1,), need labels [image, most] and the rest alike.",
    ),
    "labels of no class": (
        lambda: changed(1, labels=torch.tensor([[3]])),
        "the objects: labels: got '3 to 3', need class numbers from 0 to 2.",
    ),
    "floating labels": (
        lambda: changed(0, labels=torch.zeros(1, 1)),
        "the detections: the type of labels: got 'torch.float32', need whole numbers.",
    ),
    "count": (
        lambda: changed(0, count=torch.tensor([2])),
        "the detections: count: got [2], need 0 to 1, the rows of an image.",
    ),
    "score": (
        lambda: changed(0, scores=torch.tensor([[float("nan")]])),
        "the detections: scores: got 'a number that is not finite', need finite numbers.",
    ),
    "corner": (
        lambda: changed(1, boxes=torch.full((1, 1, 4), float("inf"))),
        "the objects: boxes: got 'a number that is not finite', need finite numbers.",
    ),
    "images": (
        lambda: AveragePrecision(3).update(scenes(0)[0], Batch(None, one_image([], [], [A])[1])),
        "images of the detections: got 6, need 1, one row for each image of the targets.",
    ),
    "points": (lambda: AveragePrecision(3, points=10), 'points of interpolation: got 10, need "all", 11 or 101.'),
    "thresholds": (
        lambda: AveragePrecision(3, thresholds=(0.5, 1.5)),
        "AveragePrecision: thresholds: got (0.5, 1.5), need one or more IoUs above 0, up to 1, rising.",
    ),
    "classes": (
        lambda: AveragePrecision(0),
        "AveragePrecision: classes and most: got (0, 100), need 1 or more of each.",
    ),
    "curve": (
        lambda: AveragePrecision(2, thresholds=(0.5,)).curve(2),
        "the curve: got (2, 0.5, ''), need a class 0 to 1, a threshold of (0.5,) and a size of none.",
    ),
    "merge": (
        lambda: AveragePrecision(2).merge(AveragePrecision(3)),
        f"merge: got '{AveragePrecision(3).rule}', need the same classes, sizes and rule: {AveragePrecision(3).rule}.",
    ),
    "another metric": (
        lambda: AveragePrecision(2).merge(Accuracy()),
        "merge: got 'Accuracy', need another AveragePrecision.",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence


def test_broken_rows_are_refused():
    state = seen(*scenes(0)).state()
    state["scores"] = state["scores"] * float("nan")
    with pytest.raises(RunError, match="not finite"):
        AveragePrecision(CLASSES).load(state, torch.device("cpu"))


def test_pycocotools_counts_the_same(capsys):
    coco, cocoeval = (pytest.importorskip(f"pycocotools.{name}") for name in ("coco", "cocoeval"))
    outputs, truth = scenes(12, images=20, special=False)
    truth["crowd"] = torch.rand(truth["labels"].shape, generator=torch.Generator().manual_seed(1)) < 0.2

    def annotations(values):
        for image, count in enumerate(values["count"].tolist()):
            for k in range(count):
                x, y, right, low = values["boxes"][image, k].tolist()
                box, label = [x, y, right - x, low - y], int(values["labels"][image, k])
                yield {"image_id": image, "category_id": label, "bbox": box, "area": box[2] * box[3]}, (image, k)

    reference = coco.COCO()
    objects = [
        one | {"id": number, "iscrowd": int(truth["crowd"][at])}
        for number, (one, at) in enumerate(annotations(truth), start=1)
    ]
    images, categories = ([{"id": one} for one in range(count)] for count in (20, CLASSES))
    reference.dataset = {"info": {}, "images": images, "categories": categories, "annotations": objects}
    reference.createIndex()
    found = [one | {"score": float(outputs["scores"][at])} for one, at in annotations(outputs)]
    judge = cocoeval.COCOeval(reference, reference.loadRes(found), "bbox")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    values = seen(outputs, truth, size=7, sizes=COCO_SIZES).compute()
    theirs = np.where(judge.stats[:6] < 0, np.nan, judge.stats[:6])
    assert list(values.values()) == pytest.approx(theirs.tolist(), abs=1e-9, nan_ok=True)
    assert capsys.readouterr().out
