"""Chapter 18: a class for every pixel: kinds of segmentation, masks as data, and depth."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean as mean

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.palette import read_mask, voc_palette, write_mask
from d2lab.data.polygon import fill_polygons, trace_mask
from d2lab.data.run_length import decode_runs, encode_runs, read_runs, write_runs
from d2lab.data.voc_classes import VOC_CLASSES
from d2lab.metrics import confusion, paired
from d2lab.metrics.segmentation import per_class_iou

COLORS = {"red": (200.0, 40.0, 40.0), "blue": (40.0, 40.0, 200.0), "gray": (120.0, 120.0, 120.0)}
BOOK_SIZE = 320, 480  # height and width to which the book crops


def squares() -> tuple[Tensor, Tensor, Tensor]:
    """Draw three squares of one class, two of them red and one blue; return image, classes and objects."""
    image = torch.tensor(COLORS["gray"]).repeat(30, 30, 1)  # row column channel
    classes, objects = torch.zeros(30, 30, dtype=torch.long), torch.zeros(30, 30, dtype=torch.long)
    for number, (top, left, color) in enumerate([(3, 3, "red"), (3, 18, "red"), (18, 10, "blue")], 1):
        part = slice(top, top + 8), slice(left, left + 8)
        image[part], classes[part], objects[part] = torch.tensor(COLORS[color]), 1, number
    return image, classes, objects


def values_of(numbers: Tensor) -> set[int]:
    """Return which numbers there are."""
    return set(numbers.flatten().tolist())


@claim(
    chapter=18,
    kind="definition",
    budget_s=0.5,
    en="Semantic segmentation gives every pixel a class, image segmentation groups pixels that look alike without "
    "naming them, instance segmentation tells objects of one class apart.",
    zh="语义分割给每个像素一个类别；图像分割把相像的像素归成组，不管是什么；实例分割还把同类的物体分开。",
    covers=("mean IoU, which the notes do not have",),
)
def three_kinds_of_segmentation_differ() -> Evidence:
    image, classes, objects = squares()
    centers = torch.tensor(list(COLORS.values()))  # where k-means ends, begun at any three of its colors
    for _ in range(3):
        groups = torch.cdist(image.view(-1, 3), centers).argmin(1)
        centers = torch.stack([image.view(-1, 3)[groups == k].mean(0) for k in range(3)])
    groups = groups.view(30, 30)
    first, second, third = (objects == 1), (objects == 2), (objects == 3)
    one_class = len(values_of(classes[objects > 0])) == 1
    alike = bool((groups[first][0] == groups[second]).all())
    split = bool((groups[first][0] != groups[third]).all())
    matrix = torch.stack([torch.bincount(classes.flatten()), torch.zeros(2, dtype=torch.long)], 1)  # all background
    blind = {"accuracy": float(matrix[0, 0] / matrix.sum()), "iou": float(per_class_iou(matrix).mean())}
    counts = {
        "classes": len(values_of(classes)),
        "groups": len(values_of(groups)),
        "objects": len(values_of(objects)) - 1,
    }
    right = one_class and alike and split and list(counts.values()) == [2, 3, 3]
    return Evidence(
        value=counts | blind,
        bound="three squares of one class: 2 labels with background, 3 objects; groups by color put two squares "
        "together and the third apart",
        bound_zh="同类的三个方块：连背景 2 个类别，3 个物体；按颜色分组把两个放在一起，第三个分开",
        verdict="holds" if right else "does not hold",
        n=3,
        why_en="Three squares of one class, two red and one blue: {classes} classes, {objects} objects, and {groups} "
        "groups of color that are neither: two objects share one, and a class is split in two. Background everywhere "
        "has {accuracy:.0%} of the pixels and a mean IoU of {iou:.2f}.",
        why_zh="同一类的三个方块，两红一蓝：{classes} 个类别，{objects} 个物体，颜色则分成 {groups} 组，与前两者都不"
        "同：两个物体同组，一个类别却分在两组。全答背景，像素对了 {accuracy:.0%}，平均交并比只有 {iou:.2f}。",
    )


@claim(
    chapter=18,
    kind="definition",
    budget_s=1,
    en="The Pascal VOC2012 data set: 20 classes and background, each with a color in the files of labels.",
    zh="Pascal VOC2012 数据集：20 个类别加背景，标签文件里每类一种颜色。",
)
def voc2012_has_a_color_for_each_of_21_classes() -> Evidence:
    palette = voc_palette()
    known = [tuple(color) for color in palette[: len(VOC_CLASSES)].tolist()]
    numbers = np.random.default_rng(0).integers(0, len(VOC_CLASSES), (40, 50)).astype(np.uint8)
    numbers[0, :5] = 255  # void
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mask.png")
        write_mask(numbers, path)
        wrong = int((read_mask(path, classes=len(VOC_CLASSES)) != numbers).sum())
    sizes = [(375, 500), (500, 375), (320, 480), (319, 480), (333, 500), (281, 500)]
    kept = sum(height >= BOOK_SIZE[0] and width >= BOOK_SIZE[1] for height, width in sizes)
    first = known[:3] == [(0, 0, 0), (128, 0, 0), (0, 128, 0)] and known[15] == (192, 128, 128)
    right = wrong == 0 and first and len(set(known)) == len(VOC_CLASSES) == 21
    return Evidence(
        value={"wrong": wrong, "classes": len(VOC_CLASSES), "colors": len(set(known)), "kept": kept},
        bound="21 colors, all different, the published ones for background, aeroplane, bicycle and person; numbers "
        "written as colors and read again are the same, void (255) too",
        bound_zh="21 种颜色互不相同，背景、飞机、自行车、人的颜色与公布的一致；写成颜色再读回来，编号不变，void（255）"
        "也是",
        verdict="holds" if right else "does not hold",
        n=numbers.size,
        why_en="{colors} colors for {classes} classes; {wrong} of 2,000 pixels came back as another number. Of six "
        "usual sizes {kept} are at least 320 x 480: the book leaves the other images out.",
        why_zh="{classes} 个类别，{colors} 种颜色；2,000 个像素写出再读回，{wrong} 个变了。六种常见尺寸里只有 {kept} 种"
        "不小于 320 x 480：书里把其余的图都丢掉了。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="As image and labels correspond pixel by pixel in semantic segmentation, images are cropped to a fixed size at "
    "random, and not scaled.",
    zh="由于语义分割的输入图像和标签在像素上一一对应，输入图像会被随机裁剪为固定尺寸而不是缩放。",
    scope="scaling is legal where labels take the nearest pixel; interpolated labels are classes that nobody gave",
    scope_zh="标签取最近的像素时，缩放也可以；对标签做插值，会出现没人标过的类别",
)
def cropping_keeps_pixels_and_labels_together() -> Evidence:
    rng = torch.Generator().manual_seed(0)
    labels = torch.zeros(48, 64, dtype=torch.uint8)
    labels[10:40, 8:30], labels[5:35, 36:60] = 15, 7
    image = labels.float() * 10 + torch.rand(48, 64, generator=rng)
    apart = 0
    for _ in range(100):
        top, left = (int(torch.randint(17, (1,), generator=rng)) for _ in range(2))
        crop, own = image[top : top + 32, left : left + 48], labels[top : top + 32, left : left + 48]
        apart += int((torch.div(crop, 10, rounding_mode="floor") != own).sum())
    known = values_of(labels)
    blended = functional.interpolate(labels[None, None].float(), (31, 41), mode="bilinear", align_corners=False)
    nearest = functional.interpolate(labels[None, None].float(), (31, 41), mode="nearest-exact")
    invented = values_of(blended.round().int()) - known
    kept = values_of(nearest.int()) == known
    return Evidence(
        value={"apart": apart, "invented": len(invented), "classes": len(known)},
        bound="no pixel of a hundred crops has another label; bilinear labels contain numbers that are no class, "
        "nearest ones do not",
        bound_zh="一百次裁剪，没有一个像素换了标签；双线性缩放的标签里出现不是类别的编号，最近邻的没有",
        verdict="holds in scope" if apart == 0 and invented and kept else "does not hold",
        n=100,
        why_en="In a hundred crops {apart} pixels lost their label. Scaled bilinearly, labels of {classes} classes "
        "contain {invented} numbers more, which are classes that are not in the image. Scaled by the nearest pixel "
        "they do not: only edges move.",
        why_zh="一百次裁剪，{apart} 个像素丢了标签。双线性缩放后，{classes} 个类别的标签里多出 {invented} 个编号，图里"
        "根本没有这些类别。按最近的像素缩放就没有，只是边缘会移动。",
    )


@claim(
    chapter=18,
    kind="opinion",
    budget_s=0.5,
    en="Tools to annotate masks: Labelbox, VIA, LabelMe, COCO Annotator, Supervisely.",
    zh="语义分割标注工具：Labelbox、VIA、LabelMe、COCO Annotator、Supervisely。",
)
def tools_for_masks_come_and_go() -> Evidence:
    drawn = np.random.default_rng(0).random((30, 40)) < 0.5
    drawn[5:25, 8:30] = True
    by_outline = fill_polygons(trace_mask(drawn), *drawn.shape)
    by_runs = decode_runs(read_runs(write_runs(encode_runs(drawn))), *drawn.shape)
    wrong = int((by_outline != drawn).sum() + (by_runs != drawn).sum())
    triangle = fill_polygons([np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])], 20, 20)
    return Evidence(
        value={"wrong": wrong, "area": int(triangle.sum()), "pixels": drawn.size},
        bound="which tool is good is no question for a program; what they write can be read: outlines and run lengths "
        "give the mask again",
        bound_zh="哪个工具好，程序说了不算；能查的是它们写出的格式：轮廓与游程都能还原掩码",
        verdict="not checkable" if wrong == 0 else "does not hold",
        n=drawn.size,
        why_en="Tools come and go. What stays are formats: LabelMe's outlines and COCO's run lengths give a mask of "
        "{pixels} pixels again with {wrong} wrong, and a triangle of area 200 covers {area} pixels.",
        why_zh="工具来来去去，留下的是格式：LabelMe 的轮廓和 COCO 的游程编码都能还原 {pixels} 个像素的掩码，错 {wrong} "
        "个；面积 200 的三角形盖住 {area} 个像素。",
    )


KINDS = {"wall": (0.5, 0.5, 0.5), "red": (0.8, 0.5, 0.5), "blue": (0.5, 0.5, 0.8)}  # mean colors of the classes
TINT, GRAIN = 0.1, 0.1  # deviation of a thing's color from its class, and of a pixel's color from the thing's
SLANT, STANDING, NOISE = 0.2, 0.5, 0.2  # of depth: how far a wall leans, how far things stand out, its deviation


def shelf(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw red and blue things before a slanted wall; return colors and depth [row column number], and classes."""
    colors = torch.tensor(list(KINDS.values()))
    line, tilt = torch.linspace(-1, 1, 48), SLANT * (2 * torch.rand(2, generator=rng) - 1)
    wall = 2 + tilt[0] * line[:, None] + tilt[1] * line  # depth
    image, depth = (colors[0] + TINT * torch.randn(3, generator=rng)).repeat(48, 48, 1), wall.clone()
    truth = torch.zeros(48, 48, dtype=torch.long)
    for number in range(8):
        top, left = (int(torch.randint(36, (1,), generator=rng)) for _ in range(2))
        part, kind = (slice(top, top + 12), slice(left, left + 12)), 1 + number % 2
        image[part] = colors[kind] + TINT * torch.randn(3, generator=rng)
        truth[part], depth[part] = kind, wall[part] - STANDING * (0.5 + torch.rand(1, generator=rng))
    image += GRAIN * torch.randn(image.shape, generator=rng)
    return image, (depth + NOISE * torch.randn(depth.shape, generator=rng)).unsqueeze(2), truth


def quadratic_rule(inputs: Tensor, truth: Tensor, tested: Tensor) -> Tensor:
    """Fit a Gaussian to the pixels of each class; return the likeliest class of other pixels.

    Source: Hastie, Tibshirani, Friedman 2009, "The Elements of Statistical Learning", section 4.3.
    """
    scores = []
    for kind in range(len(KINDS)):
        own = inputs[truth == kind]
        spread, offset = own.T.cov().view(own.shape[1], -1), tested - own.mean(0)
        distance = (offset @ spread.inverse() * offset).sum(1)  # squared, in deviations
        scores.append(math.log(len(own)) - (spread.logdet() + distance) / 2)  # log density, but for what all share
    return torch.stack(scores, 1).argmax(1)


def mean_iou(answer: Tensor, truth: Tensor) -> float:
    """Return the mean IoU of the classes."""
    return float(per_class_iou(confusion(answer, truth, len(KINDS))).mean())


@claim(
    chapter=18,
    kind="experiment",
    budget_s=5,
    en="Three-dimensional semantic segmentation: with depth it is simpler, for distance tells objects from what is "
    "behind them.",
    zh="三维的语义分割：有了深度信息反而更简单，因为可以按距离把前后分开。",
    scope="drawn scenes, red and blue things before a slanted wall, color and depth with noise, a quadratic rule for "
    "each pixel; volumes cost k times as much",
    scope_zh="绘制的场景，红色和蓝色的物体立在斜墙前，颜色与深度都有噪声，逐像素的二次判别；体数据的卷积则要多花 k 倍",
    covers=("Conv3d costs k times a Conv2d",),
    smoke={"seeds": range(2), "scenes": 4},
)
def depth_makes_segmentation_simpler(
    seeds: Sequence[int] = range(5), scenes: int = 30, smallest_effect: float = 0.05
) -> Evidence:
    found: dict[str, list[float]] = {"color": [], "depth": [], "both": [], "constant": []}
    for seed in seeds:
        rng = torch.Generator().manual_seed(seed)
        drawn = [shelf(rng) for _ in range(2 * scenes)]
        colors, depths = (torch.stack([one[i] for one in drawn]).flatten(1, 2) for i in (0, 1))  # scene pixel number
        truth = torch.stack([one[2] for one in drawn]).view(2, -1)  # half pixel
        for name, inputs in (("color", colors), ("depth", depths), ("both", torch.cat([colors, depths], 2))):
            first, second = inputs.view(2, -1, inputs.shape[2])
            found[name].append(mean_iou(quadratic_rule(first, truth[0], second), truth[1]))
        found["constant"].append(mean_iou(torch.zeros_like(truth[1]), truth[1]))
    volume, plane = nn.Conv3d(8, 8, 3, bias=False), nn.Conv2d(8, 8, 3, bias=False)
    times = volume.weight.numel() / plane.weight.numel()
    gains = {other: paired(found["both"], found[other]) for other in ("color", "depth")}
    parts = [at_least(gain, smallest_effect, f"gain of mean IoU over {other}") for other, gain in gains.items()]
    return Evidence(
        value={"gain": gains["color"].mean, **{name: mean(values) for name, values in found.items()}, "times": times},
        decision=decide(*parts, scoped=True),
        seeds=tuple(seeds),
        n=len(seeds),
        why_en="Red and blue things before a gray wall, each with a tint of its own; the wall leans, so that its near "
        "end is nearer than some things. By color the mean IoU is {color:.2f}, by depth {depth:.2f}, by both "
        "{both:.2f}, with wall everywhere {constant:.2f}. Volumes are another matter: a kernel of 3 has {times:.0f} "
        "times the weights.",
        why_zh="灰墙前立着红色和蓝色的物体，颜色深浅不一；墙是斜的，近的一端比有些物体还近。只看颜色，平均交并比 "
        "{color:.2f}；只看深度，{depth:.2f}；两者都看，{both:.2f}；全答“墙”，{constant:.2f}。体数据是另一回事：边长 3 "
        "的三维卷积核，权重是二维的 {times:.0f} 倍。",
    )
