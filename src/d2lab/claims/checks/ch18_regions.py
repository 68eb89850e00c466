"""Chapter 18: regions and their features: from R-CNN's many passes to Fast R-CNN's one."""

import time
from itertools import pairwise
from statistics import median

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.timing import time_interleaved
from d2lab.data.scenes import draw_scenes
from d2lab.inspection.region_features import features_by_crops, features_by_one_pass
from d2lab.inspection.summary import multiply_adds, summarize
from d2lab.models.two_stage import TwoStage, TwoStageConfig
from d2lab.vision.proposals import color_proposals, random_boxes
from d2lab.vision.region import roi_pool

SIDE = 64  # of the scenes, pixels


def body_of(stride: int = 8) -> nn.Sequential:
    """Build convolutions that halve the map until a cell stands for `stride` pixels."""
    widths = {4: (3, 16, 32), 8: (3, 16, 32, 32)}[stride]
    layers = [
        nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU())
        for inputs, outputs in pairwise(widths)
    ]
    return nn.Sequential(*layers).eval()


def passes_of(body: nn.Module) -> list[tuple[int, ...]]:
    """Return a list to which every forward pass adds the shape of its input."""
    seen: list[tuple[int, ...]] = []
    body.register_forward_hook(lambda _, inputs, __: seen.append(tuple(inputs[0].shape)))
    return seen


@claim(
    chapter=18,
    kind="definition",
    budget_s=0.5,
    en="The family of R-CNN: R-CNN, Fast R-CNN, Faster R-CNN and Mask R-CNN. From each to the next, less of a region's "
    "work is done apart from that of the others, and Mask R-CNN adds a mask.",
    zh="R-CNN 系列：R-CNN、Fast R-CNN、Faster R-CNN、Mask R-CNN。一代比一代更多地共享各区域的计算，Mask R-CNN 再加上掩"
    "码。",
    covers=("RCNN, Fast RCNN, Faster RCNN, Mask RCNN",),
)
def rcnn_family_shares_more_and_more() -> Evidence:
    image, regions = torch.rand(3, SIDE, SIDE), 6
    boxes = random_boxes(regions, SIDE, SIDE, torch.Generator().manual_seed(0), shortest=16)
    body = body_of()
    seen, features = passes_of(body), []
    features.append(features_by_crops(body, image, boxes, 32))
    apart = len(seen)
    features.append(features_by_one_pass(body, image, boxes, 4))
    model = TwoStage(TwoStageConfig(masks=True, proposals=regions)).eval()
    shared = passes_of(model.backbone)
    outputs = model(image.unsqueeze(0))
    shapes = [tuple(values.shape) for values in features]
    right = shapes == [(regions, 32, 4, 4)] * 2 and outputs["boxes"].shape == (1, regions, 4)
    right &= outputs["masks"].shape == (1, regions, 10, 14, 14) and "proposals" in outputs
    counts = {"rcnn": apart, "fast": len(seen) - apart, "mask": len(shared)}
    return Evidence(
        value={**counts, "regions": regions, "anchors": outputs["anchors"].shape[0]},
        bound="forward passes: as many as regions for R-CNN, 1 for the others; the shapes of all outputs",
        bound_zh="前向传播次数：R-CNN 等于区域数，其余都是 1；各输出的形状都对",
        verdict="holds" if right and list(counts.values()) == [regions, 1, 1] else "does not hold",
        n=regions,
        why_en="For {regions} regions R-CNN passes {rcnn} crops through the network, Fast R-CNN the image once ({fast}"
        ") and pools. Faster R-CNN takes the regions from the same map, out of {anchors} anchors; Mask R-CNN says a "
        "mask of 14 x 14 cells for each of 10 classes too, still in {mask} pass.",
        why_zh="{regions} 个区域，R-CNN 要让网络前向传播 {rcnn} 次，Fast R-CNN 整图一次（{fast}）再汇聚；Faster R-CNN "
        "从同一张特征图的 {anchors} 个锚框里提出区域；Mask R-CNN 还为 10 个类别各给出 14 x 14 的掩码，仍只传播 {mask} "
        "次。",
    )


@claim(
    chapter=18,
    kind="measurement",
    budget_s=0.5,
    en="R-CNN uses a pretrained model to extract the features of every region (anchor box).",
    zh="R-CNN 使用预训练模型来对每个锚框抽取特征。",
)
def rcnn_passes_every_region_through_the_network() -> Evidence:
    image, body = torch.rand(3, SIDE, SIDE), body_of()
    seen, counts = passes_of(body), []
    for regions in (1, 7, 40):
        boxes = random_boxes(regions, SIDE, SIDE, torch.Generator().manual_seed(regions))
        before = len(seen)
        features_by_crops(body, image, boxes, 32)
        counts.append(len(seen) - before)
    one_size = {shape[1:] for shape in seen} == {(3, 32, 32)}
    return Evidence(
        value={"most": counts[-1], "fewest": counts[0], "passes": len(seen)},
        bound="as many forward passes as regions: 1, 7 and 40, each of a crop resized to one size",
        bound_zh="前向传播次数等于区域数：1、7、40，每次是一个缩放到同一大小的裁块",
        verdict="holds" if counts == [1, 7, 40] and one_size else "does not hold",
        n=len(seen),
        why_en="A hook on the network counts {fewest} pass for one region and {most} for forty: every region is cut "
        "out, resized and seen alone.",
        why_zh="网络上的钩子数到：一个区域 {fewest} 次前向传播，四十个区域 {most} 次。每个区域都被裁出、缩放、单独看一"
        "遍。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="RoI pooling of a 4 x 4 map 0 to 15 to 2 x 2: the region (0, 0, 20, 20) at a scale of 0.1 gives 5, 6, 9, 10, "
    "the region (0, 10, 30, 30) gives 9, 11, 13, 15.",
    zh="对 0 到 15 的 4 x 4 特征图做 2 x 2 的兴趣区域汇聚，缩放 0.1：区域 (0, 0, 20, 20) 得 5, 6, 9, 10，"
    "区域 (0, 10, 30, 30) 得 9, 11, 13, 15。",
    covers=("Fast RCNN",),
)
def roi_pooling_gives_the_books_numbers() -> Evidence:
    features = torch.arange(16.0).view(1, 1, 4, 4)
    regions = torch.tensor([[0.0, 0, 0, 20, 20], [0.0, 0, 10, 30, 30]])
    found = roi_pool(features, regions, (2, 2), spatial_scale=0.1).flatten()
    wrong = int((found != torch.tensor([5.0, 6, 9, 10, 9, 11, 13, 15])).sum())
    return Evidence(
        value={"wrong": wrong, "largest": float(found.max())},
        bound="all eight numbers, exactly",
        bound_zh="八个数全对，分毫不差",
        verdict=within(wrong, 0),
        n=8,
        why_en="{wrong} of the eight numbers differ. Twenty pixels at a scale of 0.1 end in the third row and column, "
        "both ends counted: 3 x 3 cells go into 2 x 2, so that the middle row and column are read twice.",
        why_zh="八个数中 {wrong} 个不同。20 像素乘 0.1，两端都算，是 3 x 3 格汇聚成 2 x 2：中间的行和列读了两遍。",
    )


@claim(
    chapter=18,
    kind="measurement",
    budget_s=2,
    en="The main bottleneck of R-CNN's performance is that the forward pass of the network is independent for each "
    "proposed region: computation is not shared.",
    zh="R-CNN 的主要性能瓶颈在于，对每个提议区域，卷积神经网络的前向传播是独立的，而没有共享计算。",
    scope="64 crops of 64 x 64 pixels of an image of 128 x 128, a small network, one thread",
    scope_zh="128 x 128 的图像上 64 个 64 x 64 的裁块，小网络，单线程",
)
def independent_passes_are_the_bottleneck_of_rcnn(regions: int = 64) -> Evidence:
    body, image = body_of(), torch.rand(3, 128, 128)
    corner = (64 * torch.rand(regions, 2)).floor()
    boxes = torch.cat([corner, corner + 64], 1)
    with torch.inference_mode():
        laps = time_interleaved(
            {
                "crops": lambda: features_by_crops(body, image, boxes, 64),
                "once": lambda: features_by_one_pass(body, image, boxes, 8),
                "pass": lambda: body(image.unsqueeze(0)),
            },
            rounds=7,
            clock=time.process_time,
        )
    seconds = {name: median(times) for name, times in laps.items()}
    alone, whole = multiply_adds(body, torch.rand(1, 3, 64, 64)), multiply_adds(body, torch.rand(1, 3, 128, 128))
    work, ratio = regions * alone / whole, seconds["crops"] / seconds["once"]
    return Evidence(
        value={"ratio": ratio, "work": work, "share": seconds["pass"] / seconds["once"], "regions": regions},
        bound="the network's multiply-adds for the crops over those for the image: 4 or more; times: 2 or more",
        bound_zh="裁块与整图的乘加次数之比不低于 4，时间之比不低于 2",
        verdict="holds in scope" if work >= 4 and ratio >= 2 else "does not hold",
        n=7,
        why_en="{regions} crops are {work:.0f} times the multiply-adds of the image, and take {ratio:.0f} times as "
        "long as one pass with RoIAlign for all of them, in which the pass is {share:.0%} of the time.",
        why_zh="{regions} 个裁块的乘加次数是整图的 {work:.0f} 倍；与整图一次前向传播再做全部区域的 RoIAlign 相比，用时"
        "是 {ratio:.0f} 倍，而后者的时间里前向传播占 {share:.0%}。",
    )


@claim(
    chapter=18,
    kind="measurement",
    budget_s=10,
    en="These regions usually overlap, and extracting features independently repeats computation.",
    zh="由于这些区域通常有重叠，独立的特征抽取会导致重复的计算。",
    scope="fifty proposed regions of each of fifty scenes",
    scope_zh="五十张场景，每张五十个提议区域",
)
def overlapping_regions_repeat_work(scenes: int = 50, number: int = 50) -> Evidence:
    drawn = draw_scenes(scenes, part="test")
    found = color_proposals(drawn.images, number)
    line = torch.arange(SIDE)
    factors = []
    for boxes, count in zip(found.boxes, found.count.tolist(), strict=True):
        x1, y1, x2, y2 = boxes[:count].unsqueeze(2).unbind(1)
        across, down = (line >= x1) & (line < x2), (line >= y1) & (line < y2)
        covered = (down.unsqueeze(2) & across.unsqueeze(1)).sum(0)  # times that each pixel is in a region
        factors.append(float(covered.sum() / (covered > 0).sum()))
    times = torch.tensor(factors)
    return Evidence(
        value={"times": float(times.mean()), "least": float(times.min()), "number": number},
        bound="the areas of all regions over the area that they cover together: 2 or more in every scene",
        bound_zh="所有区域的面积之和与共同覆盖的面积之比：每张场景都不低于 2",
        verdict="holds in scope" if float(times.min()) >= 2 else "does not hold",
        n=scenes,
        data="scenes",
        why_en="A pixel that is in a region at all is in {times:.1f} of {number} on average ({least:.1f} in the scene "
        "with least overlap): independent passes read it as often.",
        why_zh="{number} 个区域里，被覆盖的像素平均落在 {times:.1f} 个区域中（重叠最少的场景里也有 {least:.1f} 个）："
        "各自前向传播，就要把它重复算这么多遍。",
    )


def margin(body: nn.Module, side: int, stride: int) -> int:
    """Return how many cells at the edge of a crop see beyond it: half the receptive field, in cells, rounded up."""
    summary = summarize(body, torch.rand(1, 3, side, side))
    field = summary.sees(summary.rows[-1])
    return 0 if field is None else -(-(max(field) // 2) // stride)


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="One of the main improvements of Fast R-CNN over R-CNN is that the forward pass of the network is done on the "
    "whole image alone.",
    zh="Fast R-CNN 对 R-CNN 的主要改进之一，是仅在整张图象上执行卷积神经网络的前向传播。",
    scope="features of crops aligned with the stride, away from the crop's edges, where padding is seen",
    scope_zh="与步幅对齐的裁块，且远离裁块边缘（边缘会看到填充）",
)
def one_pass_gives_the_features_of_every_region() -> Evidence:
    stride, side = 4, 48
    body, image = body_of(stride).double().requires_grad_(False), torch.rand(1, 3, 128, 128, dtype=torch.float64)
    whole, edge = body(image), margin(body_of(stride), side, stride)
    inner, outer, shifted = [], [], []
    corners = ((8, 16), (40, 24), (80, 76))  # none at the image's own corner, where both see padding
    for left, top in corners:
        crop = body(image[:, :, top : top + side, left : left + side])
        part = cells_of(whole, left // stride, top // stride, side // stride)
        apart = (crop - part).abs()
        inner.append(float(apart[..., edge:-edge, edge:-edge].max()))
        outer.append(float(apart.max()))
        moved = body(image[:, :, top + 1 : top + 1 + side, left + 2 : left + 2 + side])
        shifted.append(float((moved - part).abs()[..., edge:-edge, edge:-edge].max()))
    return Evidence(
        value={"inside": max(inner), "border": max(outer), "shifted": min(shifted), "edge": edge},
        bound="at most 1e-12 apart inside; at the edge, and for crops not aligned with the stride, more than 1e-3",
        bound_zh="内部相差不超过 1e-12；边缘处以及不与步幅对齐的裁块，相差大于 1e-3",
        verdict="holds in scope" if max(inner) <= 1e-12 and min(*outer, *shifted) > 1e-3 else "does not hold",
        n=3,
        why_en="Cut from the map of the whole image, the features of a crop are those of its own pass, but for "
        "{inside:.0e}, {edge} cells away from its edge. At the edge, where the crop's pass sees padding, they are "
        "{border:.2f} apart, and two pixels off the stride {shifted:.2f}: there one pass is an approximation.",
        why_zh="从整图的特征图上裁下来，与裁块自己前向传播的特征，在离边缘 {edge} 格以内的内部只差 {inside:.0e}。边缘"
        "处裁块看到的是填充，相差 {border:.2f}；裁块偏离步幅两个像素，相差 {shifted:.2f}：那里一次前向传播只是近似。",
    )


def cells_of(features: Tensor, left: int, top: int, count: int) -> Tensor:
    """Return a square part of a feature map."""
    return features[:, :, top : top + count, left : left + count]
