"""Chapter 9: starting weights."""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.algebra.special import permutation_matrix
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.training import train_steps
from d2lab.data.catalog import load
from d2lab.layers.init import initialize, kaiming_normal_, normal_, xavier_normal_, xavier_uniform_
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.plot import lines

WIDTH, DEPTH = 256, 30
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "tanh": torch.tanh,
    "ReLU": torch.relu,
    "sigmoid": torch.sigmoid,
    "4 sigmoid - 2": lambda x: 4 * torch.sigmoid(x) - 2,
}


def row_spread(p: float, steps: int = 200) -> float:
    """Train hidden units with equal initial weights; return the largest distance between two units."""
    digits = load("digits").train
    model = initialize(MLP(MLPConfig(inputs=64, hidden=(16,), dropout=p)), "symmetric")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rows = (torch.randperm(len(digits))[:32] for _ in range(steps))  # drawn one by one, between the masks of dropout
    train_steps(model, optimizer, ((digits.inputs[batch] / 255, digits.targets[batch]) for batch in rows))
    weights = next(model.parameters()).detach()
    return float((weights.amax(0) - weights.amin(0)).max())


@claim(
    chapter=9,
    kind="identity",
    en="Hidden units with equal initial weights stay equal: gradient descent does not break the symmetry.",
    zh="隐藏单元的初始权重若相同，就始终相同：梯度下降打破不了这种对称性。",
    scope="200 steps on random batches of the digits",
)
def equal_hidden_units_stay_equal() -> Evidence:
    spread = row_spread(0.0)
    return Evidence(
        value={"spread": spread},
        bound="exactly 0 between the units' weights",
        verdict=within(spread, 0.0),
        n=16,
        data="digits",
        why_en="Equal units compute the same and get the same gradient, on whatever batch: 16 of them are worth one.",
        why_zh="权重相同的单元输出相同，不论哪个批量，得到的梯度也相同：十六个单元只顶一个用。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Dropout breaks the symmetry of hidden units with equal initial weights.",
    zh="暂退法可以打破隐藏单元之间的对称性。",
    scope="200 steps on random batches of the digits, p = 0.5",
)
def dropout_breaks_the_symmetry() -> Evidence:
    spread = row_spread(0.5)
    return Evidence(
        value={"spread": spread},
        bound="above 1e-3 between the units' weights",
        verdict="holds" if spread > 1e-3 else "does not hold",
        n=16,
        data="digits",
        why_en="Each step drops other units, whose weights are not updated while the others are: they end "
        "{spread:.2g} apart.",
        why_zh="每一步被丢弃的单元不同，丢弃者的权重不动，其余的照常更新：最后彼此相差 {spread:.2g}。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Hidden units can change places without any change of what the model computes.",
    zh="交换隐藏单元的位置，网络表示的函数不变。",
)
def hidden_units_can_change_places() -> Evidence:
    inputs, model = torch.randn(20, 8, dtype=torch.float64), MLP(MLPConfig(inputs=8, hidden=(16,))).double()
    before, order = model(inputs), permutation_matrix(torch.randperm(16).tolist())
    weights = dict(model.named_parameters())
    with torch.no_grad():
        for name in ("hidden1.weight", "hidden1.bias"):
            weights[name].copy_(order @ weights[name])
        weights["out.weight"].copy_(weights["out.weight"] @ order.T)
    difference = float((model(inputs) - before).detach().abs().max())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=before.numel(),
        why_en="The output sums over hidden units, and a sum does not depend on their order: every minimum has 16! "
        "equivalent copies.",
        why_zh="输出是对隐藏单元求和，与次序无关：每个极小值都对应 16! 个等价的极小值。",
    )


@claim(
    chapter=9,
    kind="identity",
    en="Xavier initialization has variance 2 / (inputs + outputs), drawn from a normal distribution or a uniform one "
    "on +-sqrt(6 / (inputs + outputs)): forward and backward can't both keep their variance, but their mean does.",
    zh="Xavier 初始化的方差为 2/(输入数 + 输出数)，可取正态分布，也可取 ±sqrt(6/(输入数 + 输出数)) 上的均匀分布："
    "前向与反向的方差无法同时保持，只能让两者的平均保持。",
    covers=("the variance of a uniform distribution on (-a, a) is a^2 / 3",),
)
def xavier_has_variance_two_over_both_fans(inputs: int = 400, outputs: int = 1200) -> Evidence:
    wanted, off = 2 / (inputs + outputs), []
    for draw in (xavier_normal_, xavier_uniform_):
        weight = draw(torch.empty(outputs, inputs, dtype=torch.float64))
        off.append(float(weight.var()) / wanted - 1)
    edge = (6 / (inputs + outputs)) ** 0.5
    off += [edge**2 / 3 / wanted - 1, float(weight.abs().max()) / edge - 1]
    forward = float((torch.randn(1000, inputs, dtype=torch.float64) @ weight.T).var())
    backward = float((torch.randn(1000, outputs, dtype=torch.float64) @ weight).var())
    off.append((forward + backward) / 2 - 1)
    largest = max(map(abs, off))
    return Evidence(
        value={"off": largest, "forward": forward, "backward": backward},
        bound="at most 0.01, relative, with 480,000 draws",
        verdict=within(largest, 0.01),
        n=weight.numel(),
        why_en="The forward pass multiplies the variance by inputs times that of the weights ({forward:.2f}), the "
        "backward pass by outputs times ({backward:.2f}): only their mean can be 1. For the normal distribution the "
        "root is the standard deviation.",
        why_zh="前向时方差乘以“输入数 × 权重方差”（{forward:.2f}），反向时乘以“输出数 × 权重方差”（{backward:.2f}），"
        "只有平均可以为 1。写成正态分布时，开根号得到的是标准差，不是方差。",
    )


def signals(activation: Callable[[Tensor], Tensor], draw: Callable[[Tensor], Tensor]) -> Float[Tensor, "2 layer"]:
    """Send 100 examples through 30 layers of 256; return the size after each, and the spread between examples."""
    x, found = torch.randn(100, WIDTH, dtype=torch.float64), []
    for _ in range(DEPTH):
        x = activation(x @ draw(torch.empty(WIDTH, WIDTH, dtype=torch.float64)).T)
        found.append(torch.stack([x.square().mean(), x.var(0).mean()]).sqrt())
    return torch.stack(found, 1)


@claim(
    chapter=9,
    kind="identity",
    en="Xavier initialization keeps the size of a signal, whatever the activation function.",
    zh="无论用哪种激活函数，Xavier 初始化都能保持信号的大小。",
    scope="30 layers of 256 units",
)
def xavier_keeps_the_signal_through_any_activation() -> Evidence:
    kept = {name: signals(ACTIVATIONS[name], xavier_normal_)[0] for name in ("linear", "tanh", "ReLU")}
    kept["ReLU, Kaiming"] = signals(torch.relu, kaiming_normal_)[0]
    ends = {name: float(path[-1]) for name, path in kept.items()}
    held = all(0.5 < ends[name] < 2 for name in ("linear", "tanh", "ReLU"))
    return Evidence(
        value={"relu": ends["ReLU"], "linear": ends["linear"], "tanh": ends["tanh"], "kaiming": ends["ReLU, Kaiming"]},
        bound="behind 30 layers between half and twice the input's size of 1 (root mean square), for all three",
        verdict="holds" if held else "does not hold",
        n=100 * WIDTH,
        counterexample="" if held else "30 layers of ReLU",
        why_en="The rule is derived for linear layers, where it holds ({linear:.2f}). A ReLU discards half of the "
        "variance, 30 times ({relu:.1e}; Kaiming's factor 2 compensates: {kaiming:.2f}); tanh compresses ({tanh:.2f}).",
        why_zh="这条规则是对线性层推导的，线性时成立（{linear:.2f}）。ReLU 每层丢掉一半方差，连丢三十次"
        "（{relu:.1e}；Kaiming 乘 2 正好补上：{kaiming:.2f}）；tanh 则逐层压缩（{tanh:.2f}）。",
        figure=partial(
            lines,
            [float(layer) for layer in range(1, DEPTH + 1)],
            {name: path.tolist() for name, path in kept.items()},
            title="Xavier is made for linear layers",
            subtitle=f"{WIDTH} units a layer, normal Xavier initialization unless named",
            horizontal="layer",
            vertical="size of the signal (root mean square)",
            log="y",
        ),
    )


@claim(
    chapter=9,
    kind="identity",
    en="Suitable initial weights together with a suitable activation function keep a deep network numerically stable.",
    zh="选好初始化方法与激活函数，可以提高数值稳定性。",
    scope="30 layers of 256 units",
)
def matched_initialization_and_activation_keep_the_signal() -> Evidence:
    matched = {"tanh": xavier_normal_, "4 sigmoid - 2": xavier_normal_, "ReLU": kaiming_normal_}
    good = min(float(signals(ACTIVATIONS[name], draw)[1, -1]) for name, draw in matched.items())
    small = max(float(signals(ACTIVATIONS[name], partial(normal_, std=0.01))[1, -1]) for name in ACTIVATIONS)
    sigmoid = float(signals(torch.sigmoid, xavier_normal_)[1, -1])
    return Evidence(
        value={"good": good, "small": small, "sigmoid": sigmoid},
        bound="variation between examples above 0.1 behind 30 layers for the matched pairs, below 1e-6 for N(0, "
        "0.01^2) and for sigmoids",
        verdict="holds" if good > 0.1 and max(small, sigmoid) < 1e-6 else "does not hold",
        n=100 * WIDTH,
        why_en="A layer multiplies by the size of the weights and the derivative of the activation at 0; only where "
        "the product is 1 do examples still differ at the end: {good:.2f} at least, against {small:.0e} at most from "
        "N(0, 0.01^2) and {sigmoid:.0e} with sigmoids.",
        why_zh="每层乘上权重的大小和激活函数在零点的导数，两者相乘为 1，样本之间的差别才能传到最后：至少还有 "
        "{good:.2f}；而 N(0, 0.01²) 初始化至多剩 {small:.0e}，sigmoid 只剩 {sigmoid:.0e}。",
    )
