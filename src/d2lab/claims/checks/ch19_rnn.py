"""Chapter 19: hidden states, and the weights that every step shares."""

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.checks.ch19_text import KINDS
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.layers import RNN, Linear, RNNCell


def parameters_of(model: nn.Module) -> int:
    """Count the numbers that a model learns."""
    return sum(weight.numel() for weight in model.parameters())


@claim(
    chapter=19,
    kind="identity",
    en="A hidden layer and a hidden state are different things: the layer is a function, the same at every step; the "
    "state is a memory, and the same input finds another one each time.",
    zh="隐藏层和隐状态是两回事：隐藏层是函数，每一步都一样；隐状态是记忆，同样的输入再来一次，它已经变了。",
)
def hidden_layer_is_a_function_and_hidden_state_a_memory() -> Evidence:
    cell, layer = RNNCell(4, 8).double(), Linear(4, 8).double()
    x, before = torch.randn(1, 4, dtype=torch.float64), cell.weight_hh.clone()
    first = cell(x)
    second = cell(x, first)
    moved = float((second - first).detach().abs().max())
    again = float((layer(x).tanh() - layer(x).tanh()).detach().abs().max())
    repeated = float((cell(x, first) - second).detach().abs().max())  # given the state, a function too
    changed = float((cell.weight_hh - before).detach().abs().max())
    same = max(again, repeated, changed)
    return Evidence(
        value={"moved": moved, "same": same},
        bound="the same input twice moves the state by more than 0.01, and no weight nor the layer's output",
        bound_zh="同一输入读两次，隐状态的变化大于 0.01，而权重与隐藏层的输出都不变",
        verdict="holds" if moved > 0.01 and same == 0 else "does not hold",
        n=8,
        why_en="The same x read twice moves the state by {moved:.2f}, while the layer's output and all weights differ "
        "by {same}. Layers hold what is learned from all texts, the state what was read in this one.",
        why_zh="同一个 x 读两次，隐状态变化了 {moved:.2f}，隐藏层的输出和所有权重变化为 {same}。层里存的是从所有文本中"
        "学到的，状态里存的是这一篇读到的。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="X W_xh + H W_hh is one product: that of [X, H], side by side, and the weights one above the other.",
    zh="X W_xh + H W_hh 就是一次乘法：把 X 与 H 左右拼接，权重上下拼接。",
)
def two_products_are_one_of_joined_matrices() -> Evidence:
    draw = [torch.randn(shape, dtype=torch.float64) for shape in ((3, 28), (28, 256), (3, 256), (256, 256))]
    x, from_input, hidden, from_state = draw
    apart = x @ from_input + hidden @ from_state
    joined = torch.cat([x, hidden], 1) @ torch.cat([from_input, from_state], 0)
    difference = float((apart - joined).abs().max() / apart.abs().max())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12 of the largest entry",
        bound_zh="不超过最大元素的 1e-12",
        verdict=within(difference, 1e-12),
        n=apart.numel(),
        why_en="A row times a column is a sum over the inputs followed by a sum over the state: the same terms, off by "
        "{difference:.0e} from rounding.",
        why_zh="行乘列，是先对输入求和、再对状态求和：项完全相同，只差舍入误差 {difference:.0e}。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="The number of parameters of a recurrent network does not grow with the number of time steps.",
    zh="循环神经网络的参数数量不会随时间步的增加而增加。",
    covers=("28 kinds of tokens and 256 hidden units: 72,960 with one bias, 73,216 in torch, which has two",),
)
def rnn_parameters_do_not_grow_with_time() -> Evidence:
    model, counts, read = RNN(KINDS, 256), set(), []
    for steps in (5, 500):
        outputs, _ = model(functional.one_hot(torch.randint(KINDS, (steps, 1)), KINDS).float())
        outputs.sum().backward()
        counts.add(parameters_of(model))
        read.append(len(outputs))
        model.zero_grad()
    by_hand = 256 * (KINDS + 256 + 2)  # two biases
    table = [KINDS**order for order in (2, 5)]  # of an n-gram, a number for each context and token
    right = counts == {by_hand} and read == [5, 500]
    return Evidence(
        value={"parameters": max(counts), "fewest": min(counts), "longest": max(read), "table": table[1] / table[0]},
        bound=f"{by_hand:,} after 5 steps and after 500",
        bound_zh=f"5 步与 500 步都是 {by_hand} 个",
        verdict="holds" if right else "does not hold",
        n=2,
        why_en="Every step multiplies by the same matrices: {parameters:,} numbers, at 5 steps and at {longest}. A "
        "table of n-grams grows {table:,.0f} times from pairs to fives.",
        why_zh="每一步都乘同样的矩阵：{parameters} 个数，5 步如此，{longest} 步也如此。n 元语法的表则从二元到五元要大 "
        "{table:.0f} 倍。",
    )


def learn(rnn: nn.Module, out: nn.Module, inputs: torch.Tensor, targets: torch.Tensor, *, last: bool) -> float:
    """Train a recurrent network for 100 steps; return the share of right answers on the last quarter, held out."""
    cut = len(inputs) * 3 // 4
    optimizer = torch.optim.Adam([*rnn.parameters(), *out.parameters()], lr=0.01)

    def answers(part: slice) -> torch.Tensor:
        hidden = rnn(inputs[part])[0]
        found: torch.Tensor = out(hidden[:, -1] if last else hidden)
        return found

    for _ in range(100):
        optimizer.zero_grad()
        torch.autograd.backward(
            functional.cross_entropy(answers(slice(0, cut)).flatten(0, -2), targets[:cut].flatten())
        )
        optimizer.step()
    with torch.no_grad():
        return float((answers(slice(cut, None)).argmax(-1) == targets[cut:]).double().mean())


@claim(
    chapter=19,
    kind="definition",
    en="The same recurrent layer serves many tasks: one answer for a sequence (classification), one for each step "
    "(tagging), a sequence from one input (generation).",
    zh="同一种循环层可用于多种任务：整个序列一个答案（分类），每步一个答案（标注），由一个输入生成一串（生成）。",
    scope="sequences of 8 symbols and rules that can be learned in 100 steps; each shape shown once",
    scope_zh="长为 8 的符号序列，100 步之内学得会的规则；每种形态各演示一例",
    budget_s=10,
)
def one_recurrent_layer_serves_many_tasks() -> Evidence:
    symbols = torch.randint(4, (240, 8))
    read = functional.one_hot(symbols, 4).float()
    started = functional.one_hot(symbols[:, :1], 4).float() * torch.eye(8)[0, :, None]  # one input, then none
    seen = (symbols == 0).long().cummax(1).values  # has the first symbol occurred so far?
    counted = (symbols[:, :1] + torch.arange(8)) % 4  # count on from the input
    tasks = {
        "classify": (read, symbols[:, 0], True),
        "tag": (read, seen, False),
        "generate": (started, counted, False),
    }
    found = {name: learn(nn.RNN(4, 24, batch_first=True), Linear(24, 4), *task[:2], last=task[2])
             for name, task in tasks.items()}  # fmt: skip
    chance = {
        name: float(task[1][180:].flatten().bincount().max() / task[1][180:].numel()) for name, task in tasks.items()
    }
    right = all(found[name] > (1 + chance[name]) / 2 for name in tasks)
    return Evidence(
        value={**found, "chance": max(chance.values())},
        bound="held-out accuracy nearer to 1 than to that of always the commonest answer, in all three",
        bound_zh="三种任务在留出数据上的精度，离 1 都比离“总答最常见的”更近",
        verdict="holds in scope" if right else "does not hold",
        n=60,
        why_en="Only what is read of the hidden states differs. Held out: {classify:.2f} for the first symbol of a "
        "sequence, {tag:.2f} for a mark at each step, {generate:.2f} for a sequence counted on from one input; the "
        "commonest answer is right {chance:.2f} of the time at most.",
        why_zh="不同的只是取用哪些隐状态。在留出数据上：由整串判断首个符号 {classify:.2f}，逐步标注 {tag:.2f}，由一个输"
        "入往下数 {generate:.2f}；总答最常见的，最多对 {chance:.2f}。",
    )
