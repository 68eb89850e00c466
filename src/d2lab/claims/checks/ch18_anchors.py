"""Chapter 18: anchor boxes, their offsets from objects, and how they are generated."""

from itertools import product
from math import sqrt

import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.vision.anchors import anchor_boxes, anchors_per_cell
from d2lab.vision.offsets import WEIGHTS, decode_boxes, encode_boxes

HEIGHT, WIDTH = 561, 728  # pixels of the book's photo of a dog and a cat
SIZES, RATIOS = (0.75, 0.5, 0.25), (1.0, 2.0, 0.5)


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="A detector with anchors proposes many boxes, predicts for each whether it contains an object of interest and, "
    "if so, the offset from the anchor to the true box: anchor and offset give the box back.",
    zh="提出多个被称为锚框的区域（边缘框），预测每个锚框里是否含有关注的物体，如果是，预测从这个锚框到真实边缘框的偏"
    "移：由锚框和偏移量就能还原边界框。",
)
def an_anchor_and_an_offset_give_the_box() -> Evidence:
    low = torch.rand(2, 2000, 2)
    anchors, boxes = torch.cat([low, low + 0.02 + torch.rand(2, 2000, 2)], 2)
    offsets = encode_boxes(anchors, boxes)
    error = float((decode_boxes(anchors, offsets) - boxes).abs().max())
    zero = float(encode_boxes(anchors, anchors).abs().max())
    shift = encode_boxes(torch.tensor([10.0, 10, 30, 50]), torch.tensor([14.0, 12, 34, 32]))
    return Evidence(
        value={"error": error, "zero": zero, "right": float(shift[0]), "lower": float(shift[3]), "factor": WEIGHTS[0]},
        bound="boxes come back to 1e-5, of sides up to 1; an anchor's offset from itself is 0",
        bound_zh="边长约为 1 的框还原后误差不超过 1e-5；锚框到自己的偏移量为 0",
        verdict=within(error, 1e-5) if zero == 0 else "does not hold",
        n=len(boxes),
        why_en="{factor:.0f} times the shift of the center in sides of the anchor, and 5 times the logarithm of the "
        "ratio of sides: 4 pixels to the right of an anchor 20 wide are {right:.0f}, half its height is {lower:.2f}. "
        "Each can be undone; {error:.0e} is rounding.",
        why_zh="中心的移动以锚框边长为单位，乘 {factor:.0f}；边长之比取对数，乘 5。锚框宽 20，框右移 4 像素，偏移量是 "
        "{right:.0f}；高度减半，则是 {lower:.2f}。每一步都可逆，误差 {error:.0e} 只是舍入。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="How anchors are generated: n sizes and m ratios give n + m - 1 anchors at each pixel, and not n m; 5 of them "
    "at each pixel of 561 x 728 are 2,042,040.",
    zh="锚框生成的细节：n 个大小和 m 个宽高比，每个像素生成 n + m - 1 个锚框，而不是 nm 个；561×728 的图像每个像素 5 "
    "个，共 2042040 个。",
)
def sizes_and_ratios_make_n_plus_m_minus_one_anchors() -> Evidence:
    wrong = 0
    for n, m in product(range(1, 6), range(1, 6)):
        anchors = anchor_boxes((3, 4), [k / 6 for k in range(1, n + 1)], [float(k) for k in range(1, m + 1)])
        one = anchors.view(3 * 4, -1, 4)[0]
        wrong += len(anchors) != 12 * (n + m - 1) or len(torch.unique(one, dim=0)) != n + m - 1
    photo = len(anchor_boxes((HEIGHT, WIDTH), SIZES, RATIOS))
    return Evidence(
        value={"wrong": wrong, "photo": photo, "each": anchors_per_cell(SIZES, RATIOS), "every": HEIGHT * WIDTH * 9},
        bound="0 of 25 counts differ from n + m - 1 different boxes at each center, and the photo has 2,042,040",
        bound_zh="25 种 n 和 m，每个中心都恰有 n + m - 1 个不同的框，且这张图像共有 2042040 个",
        verdict="holds" if wrong == 0 and photo == 2_042_040 else "does not hold",
        n=25,
        why_en="Each size goes with the first ratio and each ratio with the first size, {each} boxes where three sizes "
        "with three ratios would be 9: {photo:,} in place of {every:,}.",
        why_zh="每个大小只配第一个宽高比，每个宽高比只配第一个大小：三个大小、三个宽高比只有 {each} 个框，而不是 9 个，"
        "整张图像是 {photo:,} 个，而不是 {every:,} 个。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1,
    en="An anchor of size s and ratio r has the width W s sqrt(r) and the height H s / sqrt(r) in an image of W x H "
    "pixels.",
    zh="在宽 W、高 H 的图像上，大小为 s、宽高比为 r 的锚框，宽为 W·s·√r，高为 H·s/√r。",
    covers=("the book's code multiplies the width by H / W; its text gave another formula",),
)
def anchor_width_is_the_image_width_times_size_and_root_of_ratio() -> Evidence:
    sides = {}
    for name, (height, width) in {"square": (HEIGHT, HEIGHT), "photo": (HEIGHT, WIDTH)}.items():
        left, top, right, bottom = anchor_boxes((height, width), SIZES[:1], RATIOS[:1]).double()[0]
        sides[name] = float(right - left) * width, float(bottom - top) * height  # pixels
    by_text = WIDTH * SIZES[0] * sqrt(RATIOS[0]), HEIGHT * SIZES[0] / sqrt(RATIOS[0])
    off = max(abs(found - said) for found, said in zip(sides["photo"], by_text, strict=True))
    plain = abs(sides["square"][0] - HEIGHT * SIZES[0])
    fits = off <= 0.5
    return Evidence(
        value={
            "off": off,
            "width": sides["photo"][0],
            "height": sides["photo"][1],
            "said": by_text[0],
            "square": plain,
        },
        bound="sides in pixels by the formula to half a pixel, on 561 x 728, size 0.75, ratio 1",
        bound_zh="561×728 的图像，大小 0.75、宽高比 1：以像素计，与公式相差不超过半个像素",
        verdict="holds" if fits else "does not hold",
        n=2,
        counterexample="" if fits else "an anchor of size 0.75 and ratio 1 in an image 728 wide and 561 high",
        counterexample_zh="" if fits else "宽 728、高 561 的图像上，大小 0.75、宽高比 1 的锚框",
        why_en="The code multiplies the width by H / W: a ratio of 1 makes a square, {width:.0f} x {height:.0f} "
        "pixels. By the formula it would be {said:.0f} x {height:.0f}, and r not the ratio of its sides. On a square "
        "image both agree.",
        why_zh="代码给宽度多乘了 H/W，所以宽高比 1 得到正方形：{width:.0f}×{height:.0f} 像素。照公式会是 {said:.0f}×"
        "{height:.0f}，r 也就不是框的宽高比了。图像是正方形时两者一致。",
    )
