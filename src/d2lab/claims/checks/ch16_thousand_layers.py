"""Chapter 16: shortcuts and the gradients of a thousand layers."""

from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers import BatchNorm1d
from d2lab.models.resnet import PreBasicBlock, ResNetConfig
from d2lab.plot import lines

DEPTHS = (10, 30, 100, 300, 1000)  # linear layers


@claim(
    chapter=16,
    kind="identity",
    en="The Jacobian of a residual block is the identity plus the Jacobian of what it adds: the gradient has a path "
    "on which it is only added to.",
    zh="残差块的导数等于单位矩阵加上残差部分的导数：梯度有一条只做加法的通路。",
    scope="",
    budget_s=1,
)
def skip_adds_the_identity_to_the_jacobian() -> Evidence:
    torch.set_default_dtype(torch.float64)
    block = PreBasicBlock(2, 2, 1, ResNetConfig(stem="small", depth=8, order="pre")).eval()
    maps = torch.randn(1, 2, 3, 3)
    whole = torch.func.jacrev(block)(maps).reshape(18, 18)
    block.residual = False  # the same convolutions without the shortcut
    added = torch.func.jacrev(block)(maps).reshape(18, 18)
    difference = float((whole - torch.eye(18) - added).detach().abs().max())
    return Evidence(
        value={"difference": difference, "added": float(torch.linalg.matrix_norm(added.detach(), 2))},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=18 * 18,
        why_en="d(x + F(x)) / dx = I + F'(x). Here F stretches by {added:.2f} at most: alone it would shrink every "
        "gradient, but through I nothing is lost. A ReLU after the sum, as in the notes' block, blocks a part of that "
        "path.",
        why_zh="d(x + F(x)) / dx = I + F'(x)。这里 F 最多放大 {added:.2f} 倍，单靠它梯度会越来越小，而经过 I 的梯度丝"
        "毫不损失。若相加之后还有 ReLU（如笔记中的块），这条通路会被截掉一部分。",
    )


def input_gradient(layers: int, kind: str, *, width: int = 32, orthogonal: bool = False) -> float:
    """Return the norm of the gradient, with respect to the input, of the output along a random unit vector."""
    inputs = torch.randn(16, width, requires_grad=True)
    maps, blocks = inputs, layers // 2
    for _ in range(blocks):
        added = BatchNorm1d(width)(maps) if "normalized" in kind else maps
        second, first = nn.Linear(width, width), nn.Linear(width, width)
        if orthogonal:
            for layer, gain in ((first, 2**0.5), (second, 1.0)):  # behind the first comes a ReLU
                nn.init.orthogonal_(layer.weight, gain)
                nn.init.zeros_(layer.bias)
        added = second(first(added).relu())
        added = added / blocks**0.5 if kind == "scaled" else added
        maps = added if kind.startswith("plain") else maps + added
    direction = torch.randn(16, width)
    (gradient,) = torch.autograd.grad((maps * direction).sum() / direction.norm(), inputs)
    return float(gradient.norm())


@claim(
    chapter=16,
    kind="measurement",
    en="A ResNet of 1,000 layers can be trained because the gradient reaches the first layer; without shortcuts it "
    "does not.",
    zh="ResNet 能训练一千层，是因为梯度能传到第一层；没有捷径就传不到。",
    scope="at initialization; with torch's default weights, which are small: blocks that are normalized, or scaled by "
    "the root of their number, against a plain chain. With orthogonal weights the plain chain keeps its gradient",
    scope_zh="初始化时；用 torch 默认的（偏小的）权重，捷径网络的块做归一化或除以块数的平方根，"
    "与普通链相比。换成正交权重，普通链也留得住梯度",
    budget_s=15,
)
def shortcuts_carry_gradients_through_1000_layers() -> Evidence:
    torch.set_default_dtype(torch.float64)
    kinds = ("plain", "normalized", "scaled", "plain, normalized")
    found = {kind: [input_gradient(layers, kind) for layers in DEPTHS] for kind in kinds}
    kept = input_gradient(DEPTHS[-1], "plain", width=256, orthogonal=True)
    plain, exploded = found["plain"], found["plain, normalized"][-1]
    steady = all(0.1 < gradient < 100 for gradient in found["normalized"] + found["scaled"])
    true_here, elsewhere = steady and max(plain[2:]) < 1e-12, kept > 0.01
    return Evidence(
        value={
            "kept": kept,
            "plain_100": plain[2],
            "normalized": found["normalized"][-1],
            "scaled": found["scaled"][-1],
            "exploded": exploded,
        },
        bound="gradient norms between 0.1 and 100 at every depth with shortcuts, below 1e-12 from 100 layers on "
        "without; a plain chain that keeps 0.01 refutes the second half outside the scope",
        bound_zh="有捷径时，各深度的梯度范数都在 0.1 到 100 之间；没有捷径时，100 层起低于 1e-12。"
        "若有普通链留住 0.01，后半句在范围之外不成立",
        verdict="does not hold" if not true_here else "holds in scope" if elsewhere else "holds",
        n=len(DEPTHS),
        counterexample="1,000 plain layers of 256 units with orthogonal weights" if elsewhere else "",
        counterexample_zh="1000 层、每层 256 个单元、权重正交的普通链" if elsewhere else "",
        why_en="With small weights a plain chain multiplies derivatives below 1: {plain_100:.0e} is left after 100 "
        "layers. The initialization does that: orthogonal weights keep {kept:.2f} after 1,000. Batch normalization "
        "without shortcuts errs the other way ({exploded:.0e}); with shortcuts it is {normalized:.0f}, and "
        "{scaled:.1f} where blocks are scaled.",
        why_zh="权重偏小时，普通链连乘的是小于 1 的导数：100 层后只剩 {plain_100:.0e}。这是初始化造成的：正交权重"
        "到 1000 层还留有 {kept:.2f}。没有捷径而只做批量归一化，则反过来爆炸（{exploded:.0e}）；"
        "有捷径时为 {normalized:.0f}，把各块缩放过的为 {scaled:.1f}。",
    )


@claim(
    chapter=16,
    kind="measurement",
    en="Shortcuts alone keep the gradient in bounds through 1,000 layers.",
    zh="只要有捷径，梯度经过一千层也不会失控。",
    budget_s=3,
)
def shortcuts_alone_keep_gradients_in_bounds() -> Evidence:
    torch.set_default_dtype(torch.float64)
    kinds = {"shortcuts alone": "bare", "and normalization": "normalized", "and scaling": "scaled", "plain": "plain"}
    found = {name: [input_gradient(layers, kind) for layers in DEPTHS] for name, kind in kinds.items()}
    bare, normalized, *_ = (gradients[-1] for gradients in found.values())
    return Evidence(
        value={"bare": bare, "normalized": normalized},
        bound="a gradient norm above 1,000 would refute it",
        verdict="does not hold" if bare > 1000 else "holds",
        n=len(DEPTHS),
        counterexample="f(x) = x + x / 10, a thousand times: 1.1^1000 is above 1e41",
        why_en="I + F' is above 1 in most directions, and that multiplies too: {bare:.0e} behind 1,000 layers. "
        "Normalization in each block ({normalized:.0f}), or dividing each by the root of their number, is what holds "
        "it.",
        why_zh="I + F' 在多数方向上大于 1，同样会连乘：1000 层后为 {bare:.0e}。真正起约束作用的是块内的归一化"
        "（{normalized:.0f}），或者把每块除以块数的平方根。",
        figure=partial(
            lines,
            DEPTHS,
            {name: [norm if norm > 1e-30 else float("nan") for norm in norms] for name, norms in found.items()},
            title="Shortcuts alone explode",
            horizontal="layers",
            vertical="norm of the gradient at the input",
            log="xy",
        ),
    )
