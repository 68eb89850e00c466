"""Chapter 19: gradients back through time: detached, clipped, truncated."""

import itertools
import time

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers.bptt import backpropagate, unroll_tanh
from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig
from d2lab.optimizers import clip_grad_norm_
from d2lab.text import sequential_batches


def nodes_behind(loss: Tensor) -> int:
    """Count the operations that a backward pass from here goes through."""
    seen, left = set(), [loss.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [before for before, _ in node.next_functions]
    return len(seen)


def read_on(model: LanguageRNN, *, detach: bool, keep: bool, batches: int) -> tuple[list[int], list[float], float]:
    """Read batches in order and go back from each; return nodes and losses of each, and processor seconds.

    Raises:
        RuntimeError: the state is not detached and the graph behind it not kept.
    """
    state, nodes, losses, start = None, [], [], time.process_time()
    tokens = torch.randint(model.vocabulary, (4 * 10 * batches + 5,), generator=torch.Generator().manual_seed(0))
    for inputs, targets in itertools.islice(sequential_batches(tokens, 4, 10), batches):
        logits, state = model(inputs, state)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        losses.append(float(loss.detach()))
        nodes.append(nodes_behind(loss))
        torch.autograd.backward(loss, retain_graph=keep)
        state = state.detach() if detach else state
    return nodes, losses, time.process_time() - start


@claim(
    chapter=19,
    kind="measurement",
    en="With sequential partitioning the state is detached between minibatches to save computation.",
    zh="使用顺序分区时，要在小批量之间分离梯度，以减少计算量。",
    budget_s=5,
)
def detaching_the_state_saves_computation() -> Evidence:
    model, batches = LanguageRNN(LanguageRNNConfig(vocabulary=28, hidden=32)).double(), 50
    model.eval()  # torch's layer, whose operations are those of autograd
    cut, losses, short = read_on(model, detach=True, keep=False, batches=batches)
    whole, as_before, long = read_on(model, detach=False, keep=True, batches=batches)
    try:
        refused = len(read_on(model, detach=False, keep=False, batches=2)[0]) == 1
    except RuntimeError:
        refused = True
    apart = max(abs(a - b) for a, b in zip(losses, as_before, strict=True))
    grown, kept = (nodes[-1] / nodes[0] for nodes in (whole, cut))
    saves = grown > batches / 2 and kept == 1 and apart == 0 and refused
    return Evidence(
        value={"grown": grown, "kept": kept, "nodes": cut[0], "difference": apart, "times": long / short},
        bound=f"operations behind the loss of minibatch {batches}, over those of the first: above {batches // 2} "
        "without detaching, 1 with it, at the same losses; and an error where the graph is not kept",
        bound_zh=f"第 {batches} 个小批量的损失背后的运算数，除以第一个的：不分离时大于 {batches // 2}，分离时等于 1，且"
        "损失相同；不分离又不保留计算图则报错",
        verdict="holds" if saves else "does not hold",
        n=batches,
        why_en="Without detaching the graph reaches back to the first letter: {grown:.0f} times as many operations, "
        "and {times:.0f} times the time for all. Detached it stays at {nodes}. The losses are the same; the gradients "
        "are not, for they end at the minibatch's edge.",
        why_zh="不分离，计算图会一直连到第一个字符：运算数是 {grown:.0f} 倍，全部读完的时间是 {times:.0f} 倍。分离后始"
        "终是 {nodes} 个运算。损失完全一样，梯度却不同：它到小批量的边界就断了。",
    )


def gradients_at(radius: float, steps: int = 50) -> Tensor:
    """Return the size of the gradient with respect to the state after each step, of a loss at the last one."""
    weight = radius * torch.linalg.qr(torch.randn(16, 16, dtype=torch.float64)).Q
    given = torch.zeros(steps, 1, 16, dtype=torch.float64)  # tanh is the identity near 0: all is up to the weights
    initial = torch.zeros(1, 16, dtype=torch.float64)
    outer = torch.zeros_like(given)
    outer[-1] = 1 / 4  # norm 1
    return backpropagate(unroll_tanh(given, initial, weight), initial, weight, outer).norms


@claim(
    chapter=19,
    kind="identity",
    en="Gradient clipping prevents exploding gradients but does nothing about vanishing ones.",
    zh="梯度裁剪可以防止梯度爆炸，但不能应对梯度消失。",
    covers=("powers of a matrix make gradients vanish or explode",),
)
def clipping_stops_explosion_but_not_vanishing() -> Evidence:
    exploded, vanished = gradients_at(1.2), gradients_at(0.5)
    powers = max(float((found[0] / radius**49 - 1).abs()) for found, radius in ((exploded, 1.2), (vanished, 0.5)))
    clipped, turned = {}, 0.0
    for name, norms in (("exploded", exploded), ("vanished", vanished), ("tiny", 1e-9 * vanished)):
        weight = norms.clone().requires_grad_()
        weight.grad = norms.clone()
        clip_grad_norm_([weight], 1.0 if name == "exploded" else 10.0)
        turned = max(turned, float((weight.grad / weight.grad.norm() - norms / norms.norm()).abs().max()))
        clipped[name] = weight.grad
    bounded = float(clipped["exploded"].norm())
    left = max(float((clipped[name] - norms).abs().max()) for name, norms in
               (("vanished", vanished), ("tiny", 1e-9 * vanished)))  # fmt: skip
    far = float(clipped["vanished"][0] / clipped["vanished"][-1])
    right = bounded <= 1 and turned <= 1e-9 and left == 0 and far < 1e-12 and powers < 1e-9
    return Evidence(
        value={"bounded": bounded, "before": float(exploded.norm()), "turned": turned, "far": far, "changed": left},
        bound="at radius 1.2 a norm of at most 1 in the same direction to 1e-9; at radius 0.5 no gradient changes, and "
        "the first step keeps below 1e-12 of the last one's",
        bound_zh="谱半径 1.2 时，裁剪后范数不超过 1，方向误差不超过 1e-9；谱半径 0.5 时，梯度都不变，第一步的梯度不到最"
        "后一步的 1e-12",
        verdict="holds" if right else "does not hold",
        n=50,
        why_en="Every step back multiplies by the weights. At radius 1.2 the norm over 50 steps is {before:,.0f}, and "
        "clipped {bounded:.2f}. At radius 0.5 the first step gets {far:.0e} of the last one's gradient: too small, "
        "and clipping only ever makes smaller, all by one factor.",
        why_zh="每往回一步就乘一次权重。谱半径 1.2 时，50 步的范数是 {before:.0f}，裁剪后为 {bounded:.2f}。谱半径 0.5 "
        "时，第一步只得到最后一步的 {far:.0e}：太小了，而裁剪只会按同一倍数缩小，从不放大。",
    )


def linear_gradient(weight: float, kept: tuple[float, ...]) -> float:
    """Return the derivative of h_T with respect to the weight w of h_t = w h_(t-1) + 1, through weighted steps.

    Args:
        weight: w.
        kept: factor of the way back through each step; 1 for all is the full gradient, a 0 cuts it.
    """
    state, gradient = 0.0, 0.0
    for factor in kept:
        gradient = state + factor * weight * gradient
        state = weight * state + 1
    return gradient


@claim(
    chapter=19,
    kind="identity",
    en="Truncated backpropagation through time gives an approximation: the shorter it is cut, the more of the gradient "
    "is missing.",
    zh="截断的沿时间反向传播只是近似：截得越短，丢掉的梯度越多。",
    scope="h_t = 0.9 h_(t-1) + 1 over 50 steps, where all parts have one sign; how much is missing depends on the "
    "weight",
    scope_zh="h_t = 0.9 h_(t-1) + 1，共 50 步，各部分同号；丢多少取决于权重",
    covers=("regular truncation is for cost and stability",),
)
def truncation_loses_a_part_of_the_gradient() -> Evidence:
    weight, steps = torch.tensor(0.9, dtype=torch.float64, requires_grad=True), 50
    state = torch.zeros((), dtype=torch.float64)
    for _ in range(steps):
        state = weight * state + 1
    (expected,) = torch.autograd.grad(state, weight)
    full = linear_gradient(0.9, (1.0,) * steps)
    missing = [1 - linear_gradient(0.9, (0.0,) * (steps - kept) + (1.0,) * kept) / full for kept in (1, 5, 10, 20, 50)]
    difference = abs(full / float(expected) - 1)
    falls = all(longer < shorter for shorter, longer in itertools.pairwise(missing))
    right = difference <= 1e-12 and falls and missing[-1] == 0 and missing[-2] > 1e-6
    return Evidence(
        value=dict(zip(("one", "five", "ten", "twenty"), missing, strict=False)) | {"difference": difference},
        bound="the missing share falls with every longer cut, from 1, 5, 10 and 20 steps to none at all 50; the full "
        "gradient is autograd's to 1e-12",
        bound_zh="保留 1、5、10、20 步，丢失的比例逐次减小，保留全部 50 步时为 0；完整梯度与自动微分相差不超过 1e-12",
        verdict="holds in scope" if right else "does not hold",
        n=steps,
        why_en="Each step back adds a term, and each is smaller by the weight. Of the gradient {one:.0%} is missing "
        "when one step is kept, {ten:.0%} at ten, {twenty:.0%} at twenty: a model so trained looks at what is near.",
        why_zh="每往回一步就多一项，每一项又小一个权重的倍数。只保留一步，梯度丢了 {one:.0%}；十步丢 {ten:.0%}，二十步"
        "丢 {twenty:.0%}：这样训练的模型偏重眼前。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="Truncation at random, with the parts that are kept weighted accordingly, is right on average.",
    zh="随机截断，并给保留下来的部分相应加权，得到的梯度平均起来是准确的。",
    covers=("it varies more, so that regular truncation is what is used",),
)
def random_truncation_is_unbiased() -> Evidence:
    weight, chance, steps = 0.9, 0.8, 12
    full = linear_gradient(weight, (1.0,) * steps)
    mean = square = 0.0
    for goes_on in itertools.product((True, False), repeat=steps):  # every way in which the cuts can fall
        probability = chance ** sum(goes_on) * (1 - chance) ** (steps - sum(goes_on))
        found = linear_gradient(weight, tuple(1 / chance if one else 0.0 for one in goes_on))
        mean, square = mean + probability * found, square + probability * found**2
    bias, spread = abs(mean / full - 1), (square - mean**2) ** 0.5 / full
    unweighted = linear_gradient(weight, (1.0,) * steps) - linear_gradient(weight, (chance,) * steps)
    return Evidence(
        value={"bias": bias, "spread": spread, "unweighted": unweighted / full},
        bound=f"over all {2**steps:,} ways to cut {steps} steps, at most 1e-12 from the full gradient",
        bound_zh=f"对 {steps} 步的全部 {2**steps} 种截断方式取平均，与完整梯度相差不超过 1e-12",
        verdict=within(bias, 1e-12),
        n=2**steps,
        why_en="A way back that is taken with probability 0.8 counts 1 / 0.8, which evens out to {bias:.0e}; without "
        "the weight {unweighted:.0%} would be missing. The price is noise: a standard deviation of {spread:.0%} of the "
        "gradient, which a cut after so many steps doesn't have.",
        why_zh="以 0.8 的概率继续往回走，走通的就按 1/0.8 加权，平均起来误差只有 {bias:.0e}；不加权会少 "
        "{unweighted:.0%}。代价是噪声：标准差达梯度的 {spread:.0%}，固定步数的截断则没有。",
    )
