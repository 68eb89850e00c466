"""Chapter 18: transposed convolution: which size comes back, and in which three ways it is computed."""

from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.transposed import ConvTranspose2d

SQUARE = torch.tensor([[0.0, 1.0], [2.0, 3.0]], dtype=torch.float64).view(1, 1, 2, 2)  # the book's input and kernel
SETTINGS = [  # side, kernel, stride, padding, output padding, dilation
    (n, k, s, p, o, d)
    for n, k, s, p, o, d in product((1, 2, 5), (1, 2, 3), (1, 2, 3), (0, 1), (0, 1), (1, 2))
    if o < max(s, d) and (n - 1) * s - 2 * p + d * (k - 1) + o + 1 > 0
]
BOUND = 1e-12  # of differences that are rounding in float64
APART = 0.1  # of a pixel, which a convolution can't give back; colors from 0 to 1


def layer(form: str, kernel: int, stride: int, padding: int, extra: int, dilation: int) -> ConvTranspose2d:
    """Build a transposed convolution of two channels to three, in float64."""
    return ConvTranspose2d(2, 3, kernel, stride, padding, extra, dilation=dilation, form=form).double()


def in_torch(input: Tensor, ours: ConvTranspose2d) -> Tensor:
    """Compute the same with torch."""
    extra, dilation = ours.output_padding, ours.dilation
    return functional.conv_transpose2d(
        input, ours.weight, ours.bias, ours.stride, ours.padding, extra, ours.groups, dilation
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="Transposed convolution is a way to upsample.",
    zh="转置卷积其实是一种上采样技术。",
    covers=("output side (n - 1) s - 2 p + k",),
)
def transposed_convolution_upsamples() -> Evidence:
    wrong, larger = 0, 0
    for n, k, s, p, o, d in SETTINGS:
        found = in_torch(torch.rand(1, 2, n, n, dtype=torch.float64), layer("scatter", k, s, p, o, d)).shape[2]
        wrong += found != (n - 1) * s - 2 * p + d * (k - 1) + o + 1
        larger += found > n
    doubled = functional.conv_transpose2d(torch.zeros(1, 1, 7, 7), torch.zeros(1, 1, 4, 4), stride=2, padding=1)
    spaced = functional.conv2d(torch.zeros(1, 1, 7, 7), torch.zeros(1, 1, 3, 3), padding=2, dilation=2).shape[2]
    return Evidence(
        value={"wrong": wrong, "larger": larger, "settings": len(SETTINGS), "dilated": spaced},
        bound="the side is (n - 1) s - 2 p + d (k - 1) + o + 1 for all settings, and 2 n for k = 4, s = 2, p = 1",
        bound_zh="所有设置下边长都是 (n - 1) s - 2 p + d (k - 1) + o + 1；k = 4、s = 2、p = 1 时正好是 2 n",
        verdict=within(wrong + abs(doubled.shape[2] - 14), 0),
        n=len(SETTINGS),
        why_en="{wrong} of {settings} settings of side, kernel, stride, padding and dilation give another side; "
        "{larger} of them enlarge. Kernel 4, stride 2, padding 1 doubles. It is one way among others (bilinear, "
        "nearest); a dilated convolution, which is often named beside it, keeps a side of 7 at {dilated}.",
        why_zh="边长、核、步幅、填充、空洞的 {settings} 种设置中，{wrong} 种的输出边长与公式不同，{larger} 种变大。核 "
        "4、步幅 2、填充 1 正好放大一倍。上采样还有别的办法（双线性、最近邻）；常与它并列的空洞卷积并不放大：边长 7 仍"
        "是 {dilated}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="It restores the size that the image had before the convolution, and not its values.",
    zh="转置卷积恢复的是卷积前的图像尺寸，而不是原始值。",
)
def transposed_convolution_restores_size_not_values() -> Evidence:
    rng = torch.Generator().manual_seed(0)
    image = torch.rand(1, 1, 5, 5, generator=rng, dtype=torch.float64)
    kernel = torch.rand(1, 1, 3, 3, generator=rng, dtype=torch.float64)
    small = functional.conv2d(image, kernel)
    back = functional.conv_transpose2d(small, kernel)
    matrix = functional.conv2d(torch.eye(25, dtype=torch.float64).view(25, 1, 5, 5), kernel).flatten(1).T
    apart, rank = float((back - image).abs().max()), int(torch.linalg.matrix_rank(matrix))
    return Evidence(
        value={"apart": apart, "rank": rank, "pixels": image.numel(), "numbers": small.numel()},
        bound=f"the side of 5 comes back, values differ by more than {APART}, the matrix of the convolution has rank 9",
        bound_zh=f"边长 5 恢复了，数值相差大于 {APART}，卷积矩阵的秩为 9",
        verdict="holds" if back.shape == image.shape and apart > APART and rank == 9 else "does not hold",
        n=image.numel(),
        why_en="A convolution of 3 x 3 makes {numbers} numbers of {pixels} pixels: what its matrix of rank {rank} "
        "throws away nothing brings back. The transposed convolution has the image's size, and values up to "
        "{apart:.1f} away.",
        why_zh="3 x 3 的卷积把 {pixels} 个像素变成 {numbers} 个数，矩阵的秩是 {rank}，丢掉的信息谁也找不回来。转置卷积"
        "的输出与原图一样大，数值最多相差 {apart:.1f}。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="Why it is called transposed: if a convolution multiplies by a matrix W, it multiplies by the transpose of W.",
    zh="为什么称之为“转置”：卷积等于乘以矩阵 W，转置卷积等于乘以 W 的转置。",
)
def transposed_convolution_multiplies_by_the_transpose() -> Evidence:
    rng, gaps = torch.Generator().manual_seed(0), []
    for k, s, p in product((1, 2, 3), (1, 2), (0, 1)):
        kernel = torch.randn(3, 2, k, k, generator=rng, dtype=torch.float64)
        unit = torch.eye(50, dtype=torch.float64).view(50, 2, 5, 5)
        matrix = functional.conv2d(unit, kernel, stride=s, padding=p).flatten(1).T  # map_numbers image_numbers
        image = torch.randn(2, 5, 5, generator=rng, dtype=torch.float64, requires_grad=True)
        maps = functional.conv2d(image.unsqueeze(0), kernel, stride=s, padding=p)
        upstream = torch.randn(maps.shape, generator=rng, dtype=torch.float64)
        extra = 5 - ((maps.shape[2] - 1) * s - 2 * p + k)
        ours = functional.conv_transpose2d(upstream, kernel, stride=s, padding=p, output_padding=extra)
        gaps.append(float((matrix @ image.detach().flatten() - maps.detach().flatten()).abs().max()))
        gaps.append(float((matrix.T @ upstream.flatten() - ours.flatten()).abs().max()))
        gaps.append(float((torch.autograd.grad(maps, image, upstream)[0] - ours[0]).abs().max()))
    return Evidence(
        value={"apart": max(gaps), "kernels": len(gaps) // 3},
        bound=f"at most {BOUND:.0e}: convolution and W x, transposed convolution and the transpose of W times y, and "
        "the gradient of the convolution with respect to its input",
        bound_zh=f"卷积与 Wx、转置卷积与 W 的转置乘 y、卷积对输入的梯度，都相差不超过 {BOUND:.0e}",
        verdict=within(max(gaps), BOUND),
        n=len(gaps),
        why_en="For {kernels} kernels, strides and paddings both products differ from the layers by at most "
        "{apart:.0e}. The gradient of a convolution with respect to its image is the same transposed convolution: "
        "every framework has one for that.",
        why_zh="{kernels} 组核、步幅、填充，两个乘积与两种层最多相差 {apart:.0e}。卷积对输入图像的梯度正是这个转置卷"
        "积：框架里本来就有它，为的是反向传播。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="nn.ConvTranspose2d of the high-level API is the loop by hand: 0 1 2 3 with the kernel 0 1 2 3 gives 0 0 1, "
    "0 4 6, 4 12 9.",
    zh="高级 API `nn.ConvTranspose2d` 与手写的循环相同：输入 0 1 2 3，核 0 1 2 3，得到 0 0 1、0 4 6、4 12 9。",
)
def conv_transpose2d_is_the_loop_by_hand() -> Evidence:
    by_hand = torch.zeros(3, 3, dtype=torch.float64)
    for row, column in product(range(2), range(2)):
        by_hand[row : row + 2, column : column + 2] += SQUARE[0, 0, row, column] * SQUARE[0, 0]
    wrong = int((by_hand != torch.tensor([[0.0, 0, 1], [0, 4, 6], [4, 12, 9]])).sum())
    theirs = torch.nn.ConvTranspose2d(1, 1, 2, bias=False).double()
    theirs.weight.data = SQUARE
    apart = float((theirs(SQUARE)[0, 0] - by_hand).detach().abs().max())
    wide = torch.nn.ConvTranspose2d(2, 3, 4)
    order = tuple(wide.weight.shape) == (2, 3, 4, 4)
    return Evidence(
        value={"wrong": wrong, "apart": apart},
        bound="all nine numbers, the layer equal to them, and its weight [in, out, rows, columns]",
        bound_zh="九个数全对，层的输出与之相等，权重的形状是 [输入, 输出, 行, 列]",
        verdict="holds" if wrong == 0 and apart == 0 and order else "does not hold",
        n=9,
        why_en="{wrong} of nine numbers differ: each pixel lays down its multiple of the kernel, and where two overlap "
        "they add up. The weight has input channels first, the other way round than a convolution's.",
        why_zh="九个数中 {wrong} 个不同：每个像素放下自己倍数的核，重叠处相加。权重以输入通道在前，与卷积相反。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="Stride and padding of a transposed convolution: padding takes rows and columns away from the output, and the "
    "stride is that of the intermediate result.",
    zh="转置卷积中的步幅和填充：填充作用在输出上，去掉边缘的行和列；步幅作用在中间结果上。",
)
def transposed_padding_removes_a_border() -> Evidence:
    whole = functional.conv_transpose2d(SQUARE, SQUARE)
    cut = functional.conv_transpose2d(SQUARE, SQUARE, padding=1)
    apart = functional.conv_transpose2d(SQUARE, SQUARE, stride=2)
    expected = torch.tensor([[0.0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]])
    wrong = int((apart[0, 0] != expected).sum()) + int((cut != whole[..., 1:-1, 1:-1]).sum())
    sides = {functional.conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, 3, 3), stride=2).shape[2] for n in (7, 8)}
    restored = [
        functional.conv_transpose2d(torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 3, 3), stride=2, output_padding=extra)
        for extra in (0, 1)
    ]
    both = sides == {3} and [one.shape[2] for one in restored] == [7, 8]
    return Evidence(
        value={"wrong": wrong, "left": float(cut)},
        bound="padding 1 leaves the middle, 4; stride 2 gives the sixteen numbers worked by hand; output padding tells "
        "sides of 7 and 8 apart",
        bound_zh="填充 1 只剩中间的 4；步幅 2 得到手算的十六个数；output_padding 区分边长 7 与 8",
        verdict="holds" if wrong == 0 and float(cut) == 4 and both else "does not hold",
        n=17,
        why_en="Padding 1 takes a ring off the 3 x 3 result and leaves {left:.0f}; with a stride of 2 kernels lie two "
        "pixels apart and do not overlap ({wrong} of seventeen numbers differ). A stride-2 convolution makes 3 of a "
        "side of 7 and of 8; which of them comes back is what output_padding says.",
        why_zh="填充 1 把 3 x 3 的结果去掉一圈，只剩 {left:.0f}；步幅 2 时，核与核相隔两个像素，互不重叠（十七个数中 "
        "{wrong} 个不同）。步幅 2 的卷积把边长 7 和 8 都变成 3；恢复成哪一个，由 output_padding 决定。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1.5,
    en="Convolution and transposed convolution can be computed by a product of matrices.",
    zh="可以用矩阵乘法来实现卷积和转置卷积。",
)
def both_convolutions_are_products_of_matrices() -> Evidence:
    gaps = [difference("matrix", setting) for setting in SETTINGS]
    rng = torch.Generator().manual_seed(0)
    for k, s, d in product((1, 2, 3), (1, 2), (1, 2)):
        image = torch.randn(2, 2, 7, 6, generator=rng, dtype=torch.float64)
        kernels = torch.randn(3, 2, k, k, generator=rng, dtype=torch.float64)
        columns = functional.unfold(image, k, dilation=d, stride=s)  # batch in*k*k place
        ours = kernels.flatten(1) @ columns  # batch out place
        theirs = functional.conv2d(image, kernels, stride=s, dilation=d)
        gaps.append(float((ours.view_as(theirs) - theirs).abs().max()))
    return Evidence(
        value={"apart": max(gaps), "settings": len(gaps)},
        bound=f"at most {BOUND:.0e} from torch, for every size, stride, padding and dilation",
        bound_zh=f"各种尺寸、步幅、填充、空洞下，与 torch 相差不超过 {BOUND:.0e}",
        verdict=within(max(gaps), BOUND),
        n=len(gaps),
        why_en="A convolution as kernels times columns of patches, a transposed one as the whole matrix of image "
        "pixels times map pixels: {settings} settings differ from torch by at most {apart:.0e}. The whole matrix is "
        "nearly all zeros and shows what happens; the columns are how it is computed.",
        why_zh="卷积写成“核 x 图像块的列”，转置卷积写成整个“图像像素 x 特征图像素”的矩阵：{settings} 种设置与 torch 最"
        "多相差 {apart:.0e}。整个矩阵几乎全是零，用来看清发生了什么；实际计算用的是前一种。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=1.5,
    en="A transposed convolution is a convolution: of the input stretched by zeros, with the kernel turned by half.",
    zh="转置卷积是一种卷积：把输入用零撑开，再与旋转半圈的核做步幅为 1 的卷积。",
)
def transposed_convolution_is_a_convolution() -> Evidence:
    gaps = [difference("stretched", setting) for setting in SETTINGS]
    return Evidence(
        value={"apart": max(gaps), "settings": len(gaps)},
        bound=f"at most {BOUND:.0e} from torch, for every size, stride, padding and dilation",
        bound_zh=f"各种尺寸、步幅、填充、空洞下，与 torch 相差不超过 {BOUND:.0e}",
        verdict=within(max(gaps), BOUND),
        n=len(gaps),
        why_en="With stride - 1 zeros between pixels, d (k - 1) - p around them, the kernel flipped both ways and its "
        "channels swapped, {settings} settings differ from torch by {apart:.0e}.",
        why_zh="像素之间插入 步幅 - 1 个零，四周补 d (k - 1) - p 个零，核上下左右翻转，输入输出通道互换：{settings} 种"
        "设置与 torch 最多相差 {apart:.0e}。",
    )


def difference(form: str, setting: tuple[int, int, int, int, int, int]) -> float:
    """Return how far a form is from torch, values and gradients of input and kernel."""
    side, *sizes = setting
    torch.manual_seed(0)
    ours = layer(form, *sizes)
    input = torch.randn(2, 2, side, side, dtype=torch.float64, requires_grad=True)
    found, expected = ours(input), in_torch(input, ours)
    weights = torch.randn_like(expected)
    pairs = [(found, expected)]
    leaves = (input, ours.weight)
    pairs += zip(
        torch.autograd.grad(found, leaves, weights), torch.autograd.grad(expected, leaves, weights), strict=True
    )
    return max(float((a - b).detach().abs().max()) for a, b in pairs)
