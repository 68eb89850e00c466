"""Chapter 14: the sizes that kernel, padding and stride give."""

from itertools import product

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.inspection.summary import multiply_adds
from d2lab.layers.convolution import Conv2d
from d2lab.layers.init import constant_
from d2lab.layers.windows import count_windows


@claim(
    chapter=14,
    kind="identity",
    budget_s=4,
    en="An image n long shrinks to n - k + p + 1 behind a kernel of k, p being the rows added in all: 32 pixels to 28 "
    "behind one 5x5 layer and to 4 behind seven.",
    zh="大小为 n 的图像经过大小为 k 的核、总共填充 p 行之后，剩 n - k + p + 1：32 像素经一层 5×5 剩 28，经七层剩 4。",
)
def padding_slows_the_shrinking() -> Evidence:
    wrong = cases = 0
    for n, k, each in product(range(1, 15), range(1, 8), range(4)):
        p = 2 * each  # torch's padding= is that of each side
        if n + p >= k:
            maps = nn.Conv2d(1, 1, k, padding=each, device="meta")(torch.empty(1, 1, n, n, device="meta"))
            wrong += maps.shape[-1] != n - k + p + 1 or count_windows(n + p, k, 1, 1) != n - k + p + 1
            cases += 1
    sides = [32]
    while sides[-1] > 4:
        sides.append(count_windows(sides[-1], 5, 1, 1))
    large = 1 + (224 - 4 - 1) // 4  # layers that bring 224 pixels to 4
    deep = nn.Sequential(*(nn.Conv2d(1, 1, 5, device="meta") for _ in range(large)))
    exact = sides[1] == 28 and len(sides) == 8 and deep(torch.empty(1, 1, 224, 224, device="meta")).shape[-1] == 4
    return Evidence(
        value={"wrong": wrong, "layers": len(sides) - 1, "large": large},
        bound="0 sizes wrong, 28 behind layer 1 and 4 behind layer 7",
        verdict="holds" if wrong == 0 and exact else "does not hold",
        n=cases,
        why_en="A window of k has n - k + 1 places; every row added gives one more. With 4 pixels lost a layer, 32 "
        "last {layers} layers and 224 last {large}: without padding depth has an end.",
        why_zh="大小为 k 的窗口有 n - k + 1 个位置，每多填充一行就多一个位置。每层少 4 个像素，32 像素撑得过 {layers} "
        "层，224 像素撑得过 {large} 层：不填充，网络就深不下去。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=4,
    en="A stride of s divides the size: floor((n - k + p + s) / s), which is n / s where p = k - 1 and s divides n.",
    zh="步幅 s 使输出成倍缩小：大小为 (n - k + p + s) / s 取整；当 p = k - 1 且 s 整除 n 时，恰为 n / s。",
)
def stride_divides_the_size() -> Evidence:
    wrong = cases = exact = 0
    for n, k, each, s in product(range(1, 15), range(1, 8), range(4), range(1, 5)):
        p = 2 * each
        if n + p < k:
            continue
        side = nn.Conv2d(1, 1, k, s, each, device="meta")(torch.empty(1, 1, n, n, device="meta")).shape[-1]
        formula = (n - k + p + s) // s
        wrong += side != formula or count_windows(n + p, k, s, 1) != formula
        if p == k - 1 and n % s == 0:
            wrong += side != n // s
            exact += 1
        cases += 1
    return Evidence(
        value={"wrong": wrong, "cases": cases, "exact": exact},
        bound="0 sizes wrong",
        verdict="holds" if wrong == 0 else "does not hold",
        n=cases,
        why_en="Of n - k + p + 1 places every s-th is kept, the first always; so in all {cases} cases, {exact} of "
        "them with nothing left over.",
        why_zh="n - k + p + 1 个位置中每隔 s 个取一个，第一个必取；{cases} 种情形全部符合，其中 {exact} 种恰好整除。",
    )


@claim(
    chapter=14,
    kind="definition",
    budget_s=1,
    en="The usual choice is a kernel of 3 or 5, rows added to keep the size, and a stride of 1, or 2 where the work is "
    "too much.",
    zh="通常这样设置：核取 3 或 5，填充到大小不变，步幅取 1，计算量太大时取 2。",
)
def usual_settings_keep_the_size_or_halve_it() -> Evidence:
    image, kept, work = torch.empty(1, 16, 64, 64, device="meta"), 0, {}
    for k, s in product((1, 3, 5, 7), (1, 2)):
        layer = nn.Conv2d(16, 16, k, s, padding=(k - 1) // 2, device="meta")
        kept += layer(image).shape[-1] == 64 // s
        work[k, s] = multiply_adds(layer, image)
    return Evidence(
        value={"kept": kept, "five": work[5, 1] / work[3, 1], "seven": work[7, 1] / work[3, 1]},
        bound="8 of 8 sizes are n or n / 2",
        verdict="holds" if kept == 8 else "does not hold",
        n=8,
        why_en="A convention, with a reason: k - 1 rows in all, (k - 1) / 2 a side, make up for what a kernel takes, "
        "and work grows with k squared: 5x5 costs {five:.1f} times 3x3, 7x7 costs {seven:.1f} times.",
        why_zh="这是惯例，但有道理：总共填充 k - 1 行、每侧 (k - 1)/2 行，正好补上核占去的部分；计算量按 k 的平方增长，"
        "5×5 是 3×3 的 {five:.1f} 倍，7×7 是 {seven:.1f} 倍。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="A stride of 2 in place of 1 halves the work of a layer.",
    zh="步幅从 1 改成 2，一层的计算量减半。",
)
def stride_two_halves_the_work() -> Evidence:
    image = torch.empty(1, 16, 64, 64, device="meta")
    work = [multiply_adds(nn.Conv2d(16, 16, 3, s, padding=1, device="meta"), image) for s in (1, 2, 4)]
    ratio = work[0] / work[1]
    return Evidence(
        value={"ratio": ratio, "four": work[0] / work[2]},
        bound="ratio of 2",
        verdict="holds" if ratio == 2 else "does not hold",
        n=3,
        counterexample="" if ratio == 2 else "a 3x3 layer on 64 pixels: 64 x 64 places, or 32 x 32",
        why_en="It halves rows and columns both, so that a {ratio:.0f}th is left, and a {four:.0f}th with a stride "
        "of 4.",
        why_zh="行和列各减一半，所以只剩 {ratio:.0f} 分之一；步幅为 4 时是 {four:.0f} 分之一。",
    )


@claim(
    chapter=14,
    kind="identity",
    budget_s=1,
    en="Kernels have odd sides as a rule, since with an even one a padded layer of equal size moves the image by half "
    "a pixel.",
    zh="核的边长一般取奇数：取偶数时，要保持大小不变，两侧填充不一样多，图像会移动半个像素。",
)
def even_kernels_move_the_image() -> Evidence:
    image = torch.zeros(1, 1, 15, 15, dtype=torch.float64)
    image[..., 7, 7] = 1
    places, moves = torch.arange(15.0, dtype=torch.float64), {}
    for k in range(2, 8):
        blur = Conv2d(1, 1, k, padding="same", bias=False).double().requires_grad_(False)
        constant_(blur.weight, 1 / k**2)  # no side is preferred
        answer = blur(image)[0, 0]
        moves[k] = float((answer.sum(0) * places).sum() / answer.sum() - 7)
    odd, even = max(abs(moves[k]) for k in (3, 5, 7)), {round(moves[k], 9) for k in (2, 4, 6)}
    return Evidence(
        value={"odd": odd, "even": moves[2]},
        bound="centroid of a dot moves by at most 1e-12 for odd sides, by half a pixel for even ones",
        verdict=within(odd, 1e-12) if even in ({0.5}, {-0.5}) else "does not hold",
        n=len(moves),
        why_en="An even window has no middle pixel, so that one side gets a row more: a blur moves by {even:+.1f} "
        "pixels a layer. Nothing forbids it; layers add it up.",
        why_zh="偶数窗口没有正中的像素，总有一侧多填充一行：每过一层模糊核，图像移动 {even:+.1f} 像素。并非不允许，"
        "只是层数一多会累积。",
    )
