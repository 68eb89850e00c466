"""Chapter 18: the fully convolutional network: a class for each pixel, and enlargement that begins as bilinear."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.bilinear import bilinear_, bilinear_kernel
from d2lab.models.fcn import FCN, FCNConfig

CLASSES = 21  # of Pascal VOC, background among them


def halving(stages: int) -> nn.Sequential:
    """Build convolutions that halve the map `stages` times: the book's ResNet-18 has five."""
    layers = [nn.Conv2d(3 if stage == 0 else 4, 4, 3, stride=2, padding=1) for stage in range(stages)]
    return nn.Sequential(*layers)


def head(times: int) -> nn.Sequential:
    """Build the book's head: 1x1 convolution to classes, then a transposed convolution that enlarges."""
    parts: OrderedDict[str, nn.Module] = OrderedDict(
        score=nn.Conv2d(4, CLASSES, 1),
        enlarge=nn.ConvTranspose2d(CLASSES, CLASSES, 2 * times, stride=times, padding=times // 2),
    )
    return nn.Sequential(parts)


def sides(model: nn.Module, height: int, width: int) -> tuple[int, ...]:
    """Return height and width of the output."""
    with torch.no_grad():
        found: Tensor = model(torch.zeros(1, 3, height, width))
    return tuple(found.shape[2:])


@claim(
    chapter=18,
    kind="identity",
    budget_s=2,
    en="FCN replaces the fully connected layer at the end of a CNN by a transposed convolution, and so predicts a "
    "class for every pixel.",
    zh="FCN 用转置卷积层来替换 CNN 最后的全连接层，从而可以实现每个像素的预测。",
    scope="sides that are multiples of 32, as in the book; ours pads and cuts",
    scope_zh="书中的网络要求边长是 32 的倍数；我们的先填充再裁剪",
)
def fcn_predicts_every_pixel() -> Evidence:
    body = halving(5)
    book = nn.Sequential(body, head(32))
    small = sides(body, 320, 480)
    whole = [(height, width) for height in (32, 64, 320) for width in (32, 480)]
    kept = sum(sides(book, *one) == one for one in whole)
    odd = [(33, 65), (100, 75), (321, 481)]
    others = sum(sides(book, *one) == one for one in odd)
    ours = FCN(FCNConfig()).eval()
    any_size = sum(sides(ours, *one) == one for one in [(7, 9), *odd[:2]])
    right = kept == len(whole) and small == (10, 15) and others == 0 and any_size == 3
    return Evidence(
        value={"kept": kept, "sizes": len(whole), "others": others, "ours": any_size, "rows": small[0]},
        bound="320 x 480 becomes 10 x 15 and 320 x 480 again; all multiples of 32 keep their size, other sizes do not",
        bound_zh="320 x 480 变成 10 x 15，再变回 320 x 480；32 的倍数全部保持大小，其他边长不行",
        verdict="holds in scope" if right else "does not hold",
        n=len(whole) + len(odd) + 3,
        why_en="{kept} of {sizes} sizes that are multiples of 32 come back as they were, by way of {rows} rows for "
        "320; of three others {others}. The network of this project pads to a multiple and cuts: {ours} of three odd "
        "sizes are right.",
        why_zh="{sizes} 种 32 倍数的尺寸有 {kept} 种原样恢复（320 行中间是 {rows} 行），另外三种恢复了 {others} 种。本"
        "项目的网络先填充到倍数，最后裁掉：三种零碎的尺寸对了 {ours} 种。",
    )


@claim(
    chapter=18,
    kind="definition",
    budget_s=0.5,
    en="list(pretrained_net.children())[-3:] shows the last three submodules of a network.",
    zh="`list(pretrained_net.children())[-3:]` 查看网络的最后三个子模块。",
)
def children_lists_submodules_in_order_of_registration() -> Evidence:
    class Reversed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last, self.first = nn.Linear(2, 1), nn.Linear(3, 2)  # registered the other way round

        def forward(self, x: Tensor) -> Tensor:
            """Compute first, then last."""
            answer: Tensor = self.last(self.first(x))
            return answer

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    kinds = [type(layer).__name__ for layer in list(model.children())[-3:]]
    names = [name for name, _ in Reversed().named_children()]
    computed = Reversed()(torch.zeros(1, 3)).shape == (1, 1)
    right = kinds == ["AdaptiveAvgPool2d", "Flatten", "Linear"] and names == ["last", "first"] and computed
    return Evidence(
        value={"listed": len(kinds), "children": len(list(model.children()))},
        bound="the three last layers of five by kind; for a module that computes in another order, the order in which "
        "its parts were registered",
        bound_zh="五层中最后三层的类型；计算次序不同的模块，列出的是登记的次序",
        verdict="holds" if right else "does not hold",
        n=len(kinds) + len(names),
        why_en="{listed} of {children} are listed, pooling, flattening and the linear layer, which FCN leaves out. The "
        "order is that of registration in __init__, and not that of the computation in forward.",
        why_zh="{children} 层列出了最后 {listed} 层：汇聚、展平和线性层，FCN 去掉的正是它们。次序是 __init__ 里登记的次"
        "序，不是 forward 里计算的次序。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="A fully convolutional network takes features from a CNN, turns channels into classes by a 1 x 1 convolution, "
    "and enlarges to the size of the image by a transposed convolution.",
    zh="全卷积网络先使用卷积神经网络抽取图像特征，然后通过 1x1 卷积层将通道数变换为类别个数，最后通过转置卷积层将特征图"
    "的高和宽变换为输入图像的尺寸。",
)
def kernel_2s_stride_s_padding_half_s_enlarges_s_times() -> Evidence:
    wrong = 0
    for times in (2, 4, 8, 16, 32):
        maps = torch.zeros(1, 4, 5, 7)
        with torch.no_grad():
            found = head(times)(maps)
        wrong += tuple(found.shape) != (1, CLASSES, 5 * times, 7 * times)
    with torch.no_grad():
        ours = FCN(FCNConfig(classes=CLASSES)).eval()(torch.zeros(2, 3, 48, 64))
    wrong += tuple(ours.shape) != (2, CLASSES, 48, 64)
    return Evidence(
        value={"wrong": wrong, "classes": CLASSES},
        bound="kernel 2 s, stride s, padding s / 2 enlarge s times, for s = 2, 4, 8, 16, 32; a logit for each class",
        bound_zh="核 2s、步幅 s、填充 s/2 正好放大 s 倍，s = 2、4、8、16、32；每类一个 logit",
        verdict=within(wrong, 0),
        n=6,
        why_en="(n - 1) s - 2 (s / 2) + 2 s = n s: {wrong} of six shapes differ, and every pixel has {classes} logits.",
        why_zh="(n - 1) s - 2 (s / 2) + 2s = ns：六种形状中 {wrong} 种不对，每个像素有 {classes} 个 logit。",
    )


@claim(
    chapter=18,
    kind="identity",
    budget_s=0.5,
    en="In a fully convolutional network the transposed convolution can be initialized as bilinear upsampling.",
    zh="在全卷积网络中，我们可以将转置卷积层初始化为双线性插值的上采样。",
    scope="inside the image, with a kernel of 2 s; at the border what lies outside counts as 0",
    scope_zh="图像内部，核为 2s；边缘处图像之外按 0 计算",
)
def transposed_convolution_can_begin_as_bilinear() -> Evidence:
    rng, inside, border = torch.Generator().manual_seed(0), [], []
    for times in (2, 4, 8):
        weight = bilinear_(torch.empty(2, 2, 2 * times, 2 * times, dtype=torch.float64))
        maps = torch.rand(1, 2, 6, 5, generator=rng, dtype=torch.float64)
        ours = functional.conv_transpose2d(maps, weight, stride=times, padding=times // 2)
        theirs = functional.interpolate(maps, scale_factor=times, mode="bilinear", align_corners=False)
        apart = (ours - theirs).abs()
        inside.append(float(apart[..., times:-times, times:-times].max()))
        border.append(float(apart.max()))
    line = bilinear_kernel(4)[0] / bilinear_kernel(4)[0].sum() * 2
    worked = float((line - torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=torch.float64)).abs().max())
    return Evidence(
        value={"inside": max(inside), "border": max(border)},
        bound="at most 1e-12 from interpolation inside, more than 0.1 at the border; for a kernel of 4 the line is "
        ".25 .75 .75 .25",
        bound_zh="内部与插值相差不超过 1e-12，边缘相差大于 0.1；核为 4 时一行是 .25 .75 .75 .25",
        verdict="holds in scope" if max(inside) <= 1e-12 and max(border) > 0.1 and worked < 1e-12 else "does not hold",
        n=3,
        why_en="Twice, four and eight times enlarged, each channel by itself: {inside:.0e} from interpolation inside, "
        "and up to {border:.2f} in the outer ring, where interpolation repeats the last pixel and the transposed "
        "convolution sees zeros.",
        why_zh="放大 2、4、8 倍，每个通道各管各的：内部与插值相差 {inside:.0e}；最外一圈最多相差 {border:.2f}，插值在那"
        "里重复最后一个像素，转置卷积看到的是零。",
    )


@claim(
    chapter=18,
    kind="definition",
    budget_s=0.5,
    en="add_module registers a layer under a name.",
    zh="`add_module` 以一个名字登记一层。",
)
def add_module_registers_a_layer_by_name() -> Evidence:
    model = nn.Sequential(nn.Flatten())
    model.add_module("final_conv", nn.Linear(12, 2))
    names = [name for name, _ in model.named_children()]
    parameters = [name for name, _ in model.named_parameters()]
    answered = model(torch.zeros(5, 3, 4)).shape == (5, 2)
    right = names == ["0", "final_conv"] and parameters == ["final_conv.weight", "final_conv.bias"] and answered
    return Evidence(
        value={"parts": len(names), "parameters": len(parameters)},
        bound="named_children has it last, its parameters bear its name, and Sequential runs it last",
        bound_zh="named_children 里排在最后，参数带着它的名字，Sequential 最后运行它",
        verdict="holds" if right else "does not hold",
        n=4,
        why_en="After it there are {parts} parts; its {parameters} parameters are named after it, so that an optimizer "
        "finds them and a file of weights keeps them.",
        why_zh="之后有 {parts} 个子模块；它的 {parameters} 个参数以它命名，优化器找得到，权重文件也会保存。",
    )
