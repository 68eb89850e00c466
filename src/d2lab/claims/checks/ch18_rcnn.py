"""Chapter 18: R-CNN in small: regions by color, features of a trained network, an SVM per class, linear regression."""

from collections.abc import Callable, Sequence
from statistics import fmean as mean
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.batch import Batch
from d2lab.data.scenes import Scenes, draw_scenes
from d2lab.inspection.region_features import crop_regions
from d2lab.metrics import AveragePrecision, confusion, paired, per_class_accuracy
from d2lab.tables.fit import ridge
from d2lab.train.two_stage_detection import match_proposals
from d2lab.vision.boxes import rows_within
from d2lab.vision.detections import detect
from d2lab.vision.iou import paired_iou
from d2lab.vision.offsets import decode_boxes, encode_boxes
from d2lab.vision.proposals import color_proposals

CROP = 24  # pixels, to which regions are resized
DIGITS = 10
NUMBER = 10  # regions of an image


class Regions(NamedTuple):
    """Proposed regions of some scenes, cut out; those of an object have an IoU of .5 or more with it."""

    crops: Tensor  # [region, 3, CROP, CROP]
    boxes: Tensor  # [region, 4]
    image: Tensor  # [region]
    label: Tensor  # [region], 0 for background, 1 + digit
    truth: Tensor  # [region, 4], the object's box


def crops_of(drawn: Scenes, boxes: Tensor, count: Tensor) -> Tensor:
    """Cut out the first boxes of each image."""
    parts = [
        crop_regions(image, own[:real], CROP)
        for image, own, real in zip(drawn.images / 255, boxes, count.tolist(), strict=True)
    ]
    return torch.cat(parts)


def propose_regions(drawn: Scenes) -> Regions:
    """Propose regions of each scene by color, and look up what they show."""
    found = color_proposals(drawn.images, NUMBER)
    targets = {"boxes": drawn.boxes, "count": drawn.count}
    matches = match_proposals({"proposals": found.boxes, "count": found.count}, targets, 0.5)
    image, row = (matches.positive | matches.negative).nonzero(as_tuple=True)
    owner = matches.owner[image, row]
    label = torch.where(matches.positive[image, row], 1 + drawn.labels[image, owner], 0)
    crops = crops_of(drawn, found.boxes, found.count)
    return Regions(crops, found.boxes[image, row], image, label, drawn.boxes[image, owner])


def pretrain(seed: int, scenes: int) -> nn.Sequential:
    """Train a network to name the digits of other scenes, cut out; return it without its last layer."""
    drawn = draw_scenes(scenes, part="train", seed=1000 + seed)
    crops = crops_of(drawn, drawn.boxes, drawn.count)
    labels = drawn.labels[rows_within(drawn.count, drawn.labels.shape[1])]
    convolutions = [nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 32, 3)]
    body = nn.Sequential(*convolutions, nn.ReLU(), nn.Flatten(), nn.Linear(512, 64), nn.ReLU())
    model = nn.Sequential(body, nn.Linear(64, DIGITS))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    for _ in range(12):
        for part in torch.split(torch.randperm(len(crops)), 64):
            optimizer.zero_grad()
            torch.autograd.backward(functional.cross_entropy(model(crops[part]), labels[part]))
            optimizer.step()
    return body.eval().requires_grad_(False)


def hinge(scores: Tensor, label: Tensor) -> Tensor:
    """Return the hinge loss of an SVM for each class against all others: a score above 1 for its own, below -1 else."""
    signs = 2 * functional.one_hot(label, scores.shape[1]) - 1
    return (1 - signs * scores).clamp(min=0).sum(1).mean()


def fit_scores(
    features: Tensor, label: Tensor, loss: Callable[[Tensor, Tensor], Tensor], steps: int = 200
) -> nn.Linear:
    """Fit a linear score for each class, with a little weight decay."""
    scores = nn.Linear(features.shape[1], 1 + DIGITS)
    optimizer = torch.optim.AdamW(scores.parameters(), lr=0.03, weight_decay=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(loss(scores(features), label))
        optimizer.step()
    return scores.requires_grad_(False)


def moved_boxes(drawn: Scenes) -> Regions:
    """Cut out boxes that miss their objects: moved by up to a fifth of a side, scaled by up to exp(1/2)."""
    image, row = rows_within(drawn.count, drawn.boxes.shape[1]).nonzero(as_tuple=True)
    truth, label = drawn.boxes[image, row].repeat_interleave(2, 0), 1 + drawn.labels[image, row].repeat_interleave(2)
    image = image.repeat_interleave(2)
    offsets = torch.cat([0.4 * (torch.rand(len(truth), 2) - 0.5), torch.rand(len(truth), 2) - 0.5], 1)
    boxes = decode_boxes(truth, offsets, (1, 1, 1, 1)).clamp(0, drawn.images.shape[2])
    crops = [
        crop_regions(drawn.images[i] / 255, box.unsqueeze(0), CROP)
        for i, box in zip(image.tolist(), boxes, strict=True)
    ]
    return Regions(torch.cat(crops), boxes, image, label, truth)


def fit_offsets(features: Tensor, regions: Regions, penalty: float = 100.0) -> Callable[[Tensor], Tensor]:
    """Fit the four offsets of an object from its region by ridge regression; return what predicts them."""
    shown = regions.label > 0
    inputs, wanted = features[shown].double(), encode_boxes(regions.boxes[shown], regions.truth[shown]).double()
    fits = [ridge(inputs, column, penalty) for column in wanted.T]
    weights, bias = torch.stack([fit.weights for fit in fits], 1), torch.tensor([float(fit.bias) for fit in fits])
    return lambda tested: (tested.double() @ weights + bias).float()


class Prepared(NamedTuple):
    """What the last steps of R-CNN begin with: a trained network and regions, those of the test from other scenes."""

    body: nn.Sequential
    train: Regions
    test: Regions
    tested: Scenes


def prepare(seed: int, scenes: int, *ways: Callable[[Scenes], Regions]) -> list[Prepared]:
    """Train the network whose features are used, and find regions.

    Args:
        seed: of the scenes and of all weights.
        scenes: for training; half as many for the test.
        ways: how regions are found; by color unless given.
    """
    torch.manual_seed(seed)
    body = pretrain(seed, scenes)
    drawn, tested = (
        draw_scenes(scenes, part="train", seed=seed),
        draw_scenes(max(1, scenes // 2), part="test", seed=seed),
    )
    return [Prepared(body, way(drawn), way(tested), tested) for way in ways or (propose_regions,)]


def scored(ready: Prepared, loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Fit a linear score for each class to features of the regions; return the scores of the tested ones."""
    train, test = (ready.body(one.crops) for one in (ready.train, ready.test))
    scale = train.std(0) + 1e-3
    scores: Tensor = fit_scores(train / scale, ready.train.label, loss)(test / scale)
    return scores


def accuracy(scores: Tensor, label: Tensor) -> float:
    """Return the mean accuracy of the classes, background among them."""
    return float(per_class_accuracy(confusion(scores.argmax(1), label, 1 + DIGITS)).nanmean())


def regressed(ready: Prepared) -> Tensor:
    """Fit offsets to feature maps of the regions; return the boxes that they lead the tested ones to."""
    train, test = (ready.body[:4](one.crops).flatten(1) for one in (ready.train, ready.test))
    moved = decode_boxes(ready.test.boxes, fit_offsets(train, ready.train)(test))
    return moved.clamp(0, ready.tested.images.shape[2])


def fits(boxes: Tensor, regions: Regions) -> float:
    """Return the mean IoU of boxes with the objects of their regions."""
    shown = regions.label > 0
    return float(paired_iou(boxes[shown], regions.truth[shown]).mean())


def precision_of(scores: Tensor, boxes: Tensor, regions: Regions, drawn: Scenes) -> float:
    """Return the average precision at IoU .5 of regions with these scores and boxes."""
    metric = AveragePrecision(DIGITS, thresholds=(0.5,))
    count = torch.bincount(regions.image, minlength=len(drawn.count))
    row = torch.arange(len(regions.image)) - (count.cumsum(0) - count)[regions.image]
    most = int(count.max())
    padded, around = torch.zeros(len(count), most, DIGITS), torch.zeros(len(count), most, 4)
    padded[regions.image, row], around[regions.image, row] = scores[:, 1:].sigmoid(), boxes
    found = detect(padded, around, min_score=0.01, iou_threshold=0.3)
    outputs = {"boxes": found.boxes, "labels": found.labels, "scores": found.scores, "count": found.count}
    targets = {"boxes": drawn.boxes, "labels": drawn.labels, "count": drawn.count}
    metric.update(outputs, Batch(drawn.images, targets))
    return metric.compute()["ap50"]


@claim(
    chapter=18,
    kind="definition",
    budget_s=45,
    en="R-CNN detects in four steps: regions by heuristic search, features of each by a pretrained network, an SVM "
    "for each class, linear regression of offsets.",
    zh="R-CNN：用启发式搜索选出区域，用预训练模型对每个区域抽取特征，训练 SVM 来分类，训练线性回归来预测边缘框偏移。",
    scope="a toy of a few hundred scenes of digits",
    scope_zh="几百张数字场景上的玩具版本",
    covers=("RCNN",),
    smoke={"scenes": 12},
)
def rcnn_detects_in_four_steps(scenes: int = 200) -> Evidence:
    (ready,) = prepare(0, scenes)
    scores = scored(ready, hinge)
    precision = precision_of(scores, regressed(ready), ready.test, ready.tested)
    return Evidence(
        value={"ap50": precision, "svm": accuracy(scores, ready.test.label), "regions": NUMBER},
        bound="average precision at IoU .5 of 0.3 or more on scenes that were not trained on",
        bound_zh="在没有训练过的场景上，交并比 0.5 的平均精度不低于 0.3",
        verdict="holds in scope" if precision >= 0.3 else "does not hold",
        n=max(1, scenes // 2),
        data="scenes",
        why_en="Four parts that are trained one after the other, none for the others' sake, detect digits with an "
        "average precision of {ap50:.2f}, out of {regions} regions an image.",
        why_zh="四个部分先后各自训练，互不迁就，从每张图的 {regions} 个区域里检测数字，平均精度 {ap50:.2f}。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=400,
    en="R-CNN trains an SVM for each class on the features of regions, to classify them.",
    zh="R-CNN 训练一个 SVM 来对类别分类。",
    scope="a linear SVM for each of ten digits and for background, on features of a small network",
    scope_zh="小网络的特征上，十个数字与背景各一个线性 SVM",
    smoke={"seeds": range(2), "scenes": 12},
)
def an_svm_per_class_names_the_regions(
    seeds: Sequence[int] = range(5), scenes: int = 300, smallest_effect: float = 0.2
) -> Evidence:
    found: dict[str, list[float]] = {"svm": [], "softmax": []}
    for seed in seeds:
        (ready,) = prepare(seed, scenes)
        for name, loss in (("svm", hinge), ("softmax", functional.cross_entropy)):
            found[name].append(accuracy(scored(ready, loss), ready.test.label))
    chance = [1 / (1 + DIGITS)] * len(seeds)
    return Evidence(
        value={"svm": mean(found["svm"]), "softmax": mean(found["softmax"]), "chance": chance[0]},
        decision=decide(at_least(paired(found["svm"], chance), smallest_effect, "accuracy above chance"), scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        data="scenes",
        why_en="Mean accuracy of the classes on regions that were not trained on: {svm:.2f} by SVMs, {softmax:.2f} by "
        "one softmax over the same features, {chance:.2f} by chance. R-CNN's SVMs are history: a softmax, trained "
        "with the network, took their place.",
        why_zh="在没有训练过的区域上，各类精度的均值：SVM {svm:.2f}，同样特征上的 softmax {softmax:.2f}，随机猜 "
        "{chance:.2f}。R-CNN 的 SVM 已成历史：与网络一起训练的 softmax 取代了它。",
    )


@claim(
    chapter=18,
    kind="experiment",
    budget_s=400,
    en="R-CNN trains a linear regression to predict the offsets of bounding boxes.",
    zh="R-CNN 训练一个线性回归模型来预测边缘框偏移。",
    scope="regions that miss their objects at random; of regions by color most fit already, and the regression loses",
    scope_zh="随机偏离物体的区域；按颜色得到的区域大多已经贴合，回归反而更差",
    smoke={"seeds": range(2), "scenes": 12},
)
def linear_regression_improves_regions_that_miss(
    seeds: Sequence[int] = range(5), scenes: int = 300, smallest_effect: float = 0.02
) -> Evidence:
    found: dict[str, list[float]] = {"before": [], "after": [], "color": [], "worse": []}
    for seed in seeds:
        missed, colored = prepare(seed, scenes, moved_boxes, propose_regions)
        for before, after, ready in (("before", "after", missed), ("color", "worse", colored)):
            found[before].append(fits(ready.test.boxes, ready.test))
            found[after].append(fits(regressed(ready), ready.test))
    gain = paired(found["after"], found["before"])
    return Evidence(
        value={"gain": gain.mean, **{name: mean(values) for name, values in found.items()}},
        decision=decide(at_least(gain, smallest_effect, "gain of IoU"), scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        data="scenes",
        why_en="Ridge regression on features brings regions that miss from an IoU of {before:.2f} to {after:.2f}. "
        "Regions by color go from {color:.2f} to {worse:.2f}: squared errors of a few bad regions move the many that "
        "fit.",
        why_zh="在特征上做岭回归，把随机偏离的区域的交并比从 {before:.2f} 提高到 {after:.2f}。按颜色得到的区域却从 "
        "{color:.2f} 变为 {worse:.2f}：少数很差的区域的平方误差，带偏了多数贴合的区域。",
    )
