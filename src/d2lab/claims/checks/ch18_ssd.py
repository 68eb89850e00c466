"""Chapter 18: detection at several scales, and what tells that a detector detects."""

from itertools import permutations

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.batch import Batch
from d2lab.data.scenes import draw_scenes
from d2lab.metrics import AveragePrecision
from d2lab.models.ssd import DownSample, TinySSD, TinySSDConfig
from d2lab.vision.anchors import level_sizes, multiscale_anchors
from d2lab.vision.assign import anchor_targets
from d2lab.vision.box_form import convert_boxes
from d2lab.vision.detections import detect
from d2lab.vision.iou import box_iou, paired_iou

GRIDS = tuple((side, side) for side in (32, 16, 8, 4, 1))  # feature maps of the book's TinySSD
FOUND = 0.9  # share of objects


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="`permute` rearranges dimensions: the values stay with their indices, and no memory moves.",
    zh="`permute` 维度重排：每个值跟着自己的下标走，内存并不移动。",
    covers=("reshape to the same sizes puts the values elsewhere: the usual mistake in a detector's head",),
)
def permute_rearranges_dimensions() -> Evidence:
    maps, wrong, whole = torch.arange(2 * 6 * 4 * 5).view(2, 6, 4, 5), 0, 0
    places = maps.nonzero().T  # where each value but the first lies, dimension by dimension
    for order in permutations(range(4)):
        moved = maps.permute(order)
        wrong += int((moved[tuple(places[list(order)])] != maps[tuple(places)]).sum())
        wrong += moved.data_ptr() != maps.data_ptr() or moved.shape != tuple(maps.shape[i] for i in order)
        whole += moved.is_contiguous()
    last = maps.permute(0, 2, 3, 1)  # the channels last, as a head needs them
    reshaped = maps.reshape(2, 4, 5, 6)
    elsewhere = float((reshaped != last).double().mean())
    return Evidence(
        value={"wrong": wrong, "orders": 24, "whole": whole, "elsewhere": elsewhere},
        bound="0 values of 24 orders are not where their indices say, all in the memory of the original",
        bound_zh="24 种次序，没有一个值不在其下标所说的位置上，且都用原来的内存",
        verdict="holds" if wrong == 0 else "does not hold",
        n=24,
        why_en="Only the strides change places, so that of {orders} orders {whole} is contiguous, the one as it was. A "
        "reshape to the same sizes keeps the order in memory instead: {elsewhere:.0%} of the values are elsewhere, and "
        "no error says so.",
        why_zh="变的只是各维的步长，{orders} 种次序里只有原样的 {whole} 种是连续的。换成同样形状的 reshape，内存次序不"
        "变，{elsewhere:.0%} 的值都错了位，而且不会报错。",
    )


def fewest_centers(boxes: Tensor) -> int:
    """Return the side of the smallest grid whose anchors, each as large as its object, find 9 of 10 of them."""
    centers, sizes = torch.split(convert_boxes(boxes, "xyxy", "cxcywh"), 2, 1)
    for side in range(1, 65):
        nearest = ((centers * side).floor() + 0.5) / side
        anchors = convert_boxes(torch.cat([nearest, sizes], 1), "cxcywh", "xyxy")
        if float((paired_iou(boxes, anchors) >= 0.5).double().mean()) >= FOUND:
            return side
    return 64


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="With smaller anchors for smaller objects we sample more regions, and for larger objects fewer.",
    zh="当使用较小的锚框检测较小的物体时，我们可以采样更多的区域，而对于较大的物体，我们可以采样较少的区域。",
)
def small_anchors_need_more_regions_than_large_ones() -> Evidence:
    places = [len(torch.ones(2, 2).unfold(0, a, 1).unfold(1, b, 1).flatten(0, 1)) for a, b in ((1, 1), (1, 2), (2, 2))]
    scenes = draw_scenes(300, part="test")
    real = torch.arange(scenes.boxes.shape[1]) < scenes.count[:, None]
    boxes = scenes.boxes[real] / scenes.images.shape[-1]
    longer = (boxes[:, 2:] - boxes[:, :2]).amax(1)
    small, large = (fewest_centers(boxes[which]) for which in (longer <= 1 / 4, longer > 1 / 3))
    return Evidence(
        value={"small": small**2, "large": large**2, "one": places[0], "two": places[1], "four": places[2]},
        bound="objects of 1x1, 1x2 and 2x2 fit into 2x2 in 4, 2 and 1 places, and 9 of 10 small objects need more "
        "centers than 9 of 10 large ones",
        bound_zh="1×1、1×2、2×2 的物体在 2×2 里分别有 4、2、1 个位置；要找到十分之九，小物体需要的中心比大物体多",
        verdict="holds" if places == [4, 2, 1] and small > large else "does not hold",
        n=len(boxes),
        data="scenes",
        why_en="In 2x2 there are {one} places for 1x1, {two} for 1x2 and {four} for 2x2. For an IoU of 0.5 with 9 "
        "of 10 digits, anchors as large as they need {small} centers where digits are a quarter of the image and "
        "less, {large} where they are a third and more.",
        why_zh="2×2 里，1×1 有 {one} 个位置，1×2 有 {two} 个，2×2 只有 {four} 个。锚框与物体一样大，要与十分之九的数"
        "字交并比达到 0.5：数字不到图像边长四分之一时需要 {small} 个中心，超过三分之一时只要 {large} 个。",
    )


def field_of_view(block: nn.Module, side: int = 32) -> int:
    """Return how many rows of an image decide an output in its middle, by the gradient of a linear block."""
    image = torch.rand(1, 1, side, side).requires_grad_()
    middle = block(image).sum(1)[0, side // 4, side // 4]
    (gradient,) = torch.autograd.grad(middle, image)
    return int((gradient[0, 0] != 0).any(1).sum())


@claim(
    chapter=18,
    kind="identity",
    budget_s=1.5,
    en="An SSD detects at several scales on the outputs of several stages: the book's TinySSD has 5,444 anchors on "
    "five feature maps of an image of 256 x 256, and two logits and four offsets for each.",
    zh="SSD 在多个段的输出上进行多尺度的检测：对 256×256 的图像，书中的 TinySSD 在五个特征图上共有 5444 个锚框，每个"
    "锚框有两个类别得分和四个偏移量。",
)
def ssd_detects_on_the_outputs_of_several_stages() -> Evidence:
    model = TinySSD(TinySSDConfig(classes=1)).eval()
    with torch.no_grad():
        outputs = model(torch.zeros(2, 3, 256, 256))
    levels = [4 * rows * columns for rows, columns in GRIDS]
    by_hand = multiscale_anchors(GRIDS, level_sizes(5), (1.0, 2.0, 0.5))
    apart = float((outputs["anchors"] / 256 - by_hand).abs().max())
    shapes = [list(outputs["logits"].shape), list(outputs["offsets"].flatten(1).shape)]
    block = DownSample(1, 1, convolutions=2).eval()
    block.register_module("pool", nn.AvgPool2d(2))  # linear: all that is seen has a gradient
    block.register_module("relu", nn.Identity())
    seen = field_of_view(block)
    right = shapes == [[2, 5444, 2], [2, 21776]] and sum(levels) == 5444 and apart <= 1e-6 and seen == 6
    return Evidence(
        value={
            "anchors": len(outputs["anchors"]),
            "first": levels[0],
            "last": levels[-1],
            "seen": seen,
            "apart": apart,
            "parameters": sum(weights.numel() for weights in model.parameters()),
        },
        bound="(32^2 + 16^2 + 8^2 + 4^2 + 1) x 4 = 5,444 anchors, logits [2, 5444, 2] and offsets [2, 21776] of two "
        "images; an output of a block sees 6 x 6 pixels",
        bound_zh="(32² + 16² + 8² + 4² + 1)×4 = 5444 个锚框，两张图像的类别得分 [2, 5444, 2]、偏移量 [2, 21776]；一"
        "个块的输出看到 6×6 个像素",
        verdict="holds" if right else "does not hold",
        n=len(GRIDS),
        why_en="The first map, of 32 x 32 places, has {first:,} of the {anchors:,} anchors, the last, of one place, "
        "{last}. Each block halves the sides and sees {seen} x {seen} of the pixels before it, so that coarse maps see "
        "much and answer for large objects. {parameters:,} parameters.",
        why_zh="第一个特征图有 32×32 个位置，占了 {anchors:,} 个锚框中的 {first:,} 个；最后一个只有一个位置，{last} "
        "个锚框。每个块把边长减半，输出看到输入的 {seen}×{seen} 个像素，所以越粗的特征图看得越广，负责大的物体。共 "
        "{parameters:,} 个参数。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1.5,
    en="A small class error over all anchors tells that a detector detects.",
    zh="所有锚框上的类别错误率很小，说明检测器学会了检测。",
    covers=("the notes report class error and the mean absolute error of offsets on training data, and nothing else",),
)
def class_error_tells_how_well_a_detector_detects() -> Evidence:
    count, anchors = 100, multiscale_anchors(GRIDS, level_sizes(5), (1.0, 2.0, 0.5))
    side = 0.2 + 0.15 * torch.rand(count, 1, 2)  # of one object in each image, as large as the book's bananas
    low = torch.rand(count, 1, 2) * (1 - side)
    objects = {"boxes": torch.cat([low, low + side], 2), "labels": torch.zeros(count, 1, dtype=torch.int64),
               "count": torch.ones(count, dtype=torch.int64)}  # fmt: skip
    targets = anchor_targets(anchors, *objects.values())
    iou = box_iou(objects["boxes"], anchors)[:, 0]  # image anchor

    def judged(scores: Tensor) -> tuple[float, float]:
        """Return class error and average precision of a detector that is right about each box."""
        boxes = objects["boxes"].expand(-1, len(anchors), -1)
        found = detect(scores[..., None], boxes, min_score=0.3)
        precision = AveragePrecision(1, thresholds=(0.5,))
        precision.update({name: getattr(found, name) for name in ("boxes", "labels", "scores", "count")},
                         Batch(torch.zeros(count), objects))  # fmt: skip
        return float(((scores > 0) != targets.positive).double().mean()), precision.compute()["ap50"]

    blind, nothing = judged(torch.zeros_like(iou))
    eager, everything = judged(torch.where((iou >= 0.4) | targets.positive, iou.clamp(min=0.3), 0))
    says_nothing = blind < eager and nothing < everything
    value = {"blind": blind, "eager": eager, "nothing": nothing, "everything": everything}
    return Evidence(
        value={**value, "mae": float(targets.offsets.abs().mean()), "anchors": len(anchors)},
        bound="the detector with the smaller class error has the larger average precision",
        bound_zh="类别错误率小的检测器，平均精度更高",
        verdict="does not hold" if says_nothing else "holds",
        n=count,
        counterexample="background everywhere, against the true box at each anchor with an IoU of 0.4 or more",
        counterexample_zh="处处说背景，与交并比达到 0.4 的锚框都给出真实边界框相比",
        why_en="Of {anchors:,} anchors a handful answer for an object. Who says background everywhere and moves "
        "nothing has a class error of {blind:.1e}, a mean absolute error of {mae:.1e} and an average precision of "
        "{nothing:.0f}; who finds every object, at a few anchors too many, {eager:.1e} and {everything:.0f}.",
        why_zh="{anchors:,} 个锚框里，负责物体的没有几个。处处说背景、什么也不移动，类别错误率是 {blind:.1e}，平均绝"
        "对误差 {mae:.1e}，平均精度 {nothing:.0f}；找到每个物体、只是多报了几个锚框的，错误率是 {eager:.1e}，平均精"
        "度 {everything:.0f}。",
    )
