"""Chapter 19: recurrent layers of the high-level API beside loops from scratch."""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab import text
from d2lab.claims.checks.ch19_text import KINDS, letters
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.core.timing import time_interleaved
from d2lab.layers import GRU, FusedRNN, RNNCell

UNITS, STEPS, BATCH = 256, 35, 32  # those of the notes


class Loop(nn.Module):
    """The notes' network from scratch: one-hot tokens, a cell in a loop over the steps, an output layer."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.cell, self.out = RNNCell(KINDS, units), nn.Linear(units, KINDS)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits of each next token, the classes along the second axis."""
        read, hidden = functional.one_hot(tokens.T, KINDS).to(self.out.weight.dtype), []
        state, cell = read.new_zeros(tokens.shape[0], self.cell.hidden_size), self.cell
        for x in read:  # batch kinds; torch's tanh, as the notes have it: ours would time its elementary operations
            state = torch.tanh(x @ cell.weight_ih.T + cell.bias_ih + state @ cell.weight_hh.T + cell.bias_hh)
            hidden.append(state)
        logits: Tensor = self.out(torch.stack(hidden, 1))  # batch time kinds
        return logits.movedim(-1, 1)


class Layer(nn.Module):
    """The same with torch's layer."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.rnn, self.out = nn.RNN(KINDS, units, batch_first=True), nn.Linear(units, KINDS)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits of each next token, the classes along the second axis."""
        hidden, _ = self.rnn(functional.one_hot(tokens, KINDS).to(self.out.weight.dtype))
        logits: Tensor = self.out(hidden)
        return logits.movedim(-1, 1)


def same_weights(units: int) -> tuple[Loop, Layer]:
    """Return both models with the same weights."""
    loop, layer = Loop(units), Layer(units)
    weights = {f"rnn.{name}_l0": weight for name, weight in loop.cell.named_parameters()}
    layer.load_state_dict(weights | {f"out.{name}": weight for name, weight in loop.out.named_parameters()})
    return loop, layer


@claim(
    chapter=19,
    kind="identity",
    en="A recurrent layer of the high-level API returns the outputs of all steps and the last state; the output layer "
    "of the model is still to be added.",
    zh="高级 API 的循环层返回各步的输出和更新后的隐状态；整个模型的输出层还要自己加。",
    scope="the last output is the state where there is one layer and one direction",
    scope_zh="单层、单向时，最后一步的输出就是隐状态",
)
def recurrent_layers_return_outputs_and_a_state() -> Evidence:
    torch.set_default_dtype(torch.float64)
    loop, layer = same_weights(UNITS)
    tokens = torch.randint(KINDS, (BATCH, STEPS))
    outputs, state = layer.rnn(functional.one_hot(tokens, KINDS).double())
    scratch = float((loop(tokens) - layer(tokens)).detach().abs().max())
    last = float((outputs[:, -1] - state[0]).detach().abs().max())
    both, ends = nn.RNN(KINDS, 8, bidirectional=True)(torch.randn(STEPS, 1, KINDS))
    elsewhere = float((both[-1, :, 8:] - ends[1]).detach().abs().max())
    shapes = (outputs.shape, state.shape) == ((BATCH, STEPS, UNITS), (1, BATCH, UNITS))
    right = shapes and max(scratch, last) <= 1e-12 and outputs.shape[-1] != KINDS
    return Evidence(
        value={"scratch": scratch, "last": last, "units": outputs.shape[-1], "backward": elsewhere},
        bound="the loop from scratch to 1e-12, the last output is the state, no logits; in scope if the output of the "
        "last step is not the state of the backward direction",
        bound_zh="与从零实现的循环相差不超过 1e-12，最后的输出就是隐状态，且不含输出层；若反向的隐状态不是最后一步的"
        "输出，则只在范围内成立",
        verdict="does not hold" if not right else "holds in scope" if elsewhere > 1e-6 else "holds",
        n=BATCH * STEPS,
        why_en="A step gives {units} numbers, not a logit for each kind of token; a linear layer behind makes the "
        "model equal the loop to {scratch:.0e}. In both directions the backward state is the output of the first step.",
        why_zh="每一步给出 {units} 个数，而不是各词元的得分；后面接一个线性层，整个模型与从零的循环只差 {scratch:.0e}。"
        "双向时，反向的隐状态是第一步的输出。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="With the high-level API the recurrent network reaches a lower perplexity than from scratch.",
    zh="用高级 API 实现的循环神经网络，困惑度比从零开始的更低。",
)
def high_level_rnn_reaches_a_lower_perplexity() -> Evidence:
    torch.set_default_dtype(torch.float64)
    loop, layer = same_weights(32)
    *batches, last = list(text.sequential_batches(letters()[0][:5000], 8, 10))[:51]
    for model in (loop, layer):
        train_steps(model, torch.optim.SGD(model.parameters(), lr=1.0), batches)
    with torch.no_grad():
        scratch, high_level = (
            float(functional.cross_entropy(model(last.inputs), last.targets).exp()) for model in (loop, layer)
        )
    apart = abs(scratch - high_level)
    lower = scratch - high_level > 1e-9
    return Evidence(
        value={"difference": apart, "scratch": scratch, "high_level": high_level},
        bound="a perplexity lower by more than 1e-9 after 50 steps from the same weights",
        bound_zh="从同样的权重出发训练 50 步，困惑度低 1e-9 以上",
        verdict="holds" if lower else "does not hold",
        n=50,
        data="notes-en",
        counterexample="" if lower else "32 hidden units, the same initial weights, the same 50 batches",
        counterexample_zh="" if lower else "32 个隐藏单元，初始权重相同，同样的 50 个小批量",
        why_en="From the same weights both take the same steps: {scratch:.4f} and {high_level:.4f}, {difference:.0e} "
        "apart. Another initialization or another order of batches makes the differences that one sees.",
        why_zh="从同样的权重出发，两者走的每一步都一样：{scratch:.4f} 与 {high_level:.4f}，相差 {difference:.0e}。平时"
        "看到的差别，来自不同的初始化或不同的批量次序。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="Compared with the implementation from scratch, the high-level API trains a recurrent network faster.",
    zh="相比从零开始的实现，用高级 API 训练循环神经网络更快。",
    scope="28 kinds of characters, 256 hidden units, 35 steps, batches of 32; processor seconds of one thread",
    scope_zh="28 种字符、256 个隐藏单元、35 步、批量 32；单线程的处理器时间",
    budget_s=8,
)
def high_level_rnn_trains_faster() -> Evidence:
    models = dict(zip(("scratch", "high_level"), same_weights(UNITS), strict=True))
    by_hand = Layer(UNITS)
    by_hand.rnn = FusedRNN(KINDS, UNITS, batch_first=True)
    batch = torch.randint(KINDS, (BATCH, STEPS + 1))

    def step(model: nn.Module) -> Callable[[], None]:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return lambda: train_steps(model, optimizer, [(batch[:, :-1], batch[:, 1:])])

    steps = {name: step(model) for name, model in {**models, "by_hand": by_hand}.items()}
    laps = time_interleaved(steps, 11, clock=time.process_time)
    cost = {name: median(seconds) for name, seconds in laps.items()}
    times = cost["scratch"] / cost["high_level"]
    return Evidence(
        value={"times": times, "ms": 1e3 * cost["high_level"], "by_hand": cost["scratch"] / cost["by_hand"]},
        bound="not faster here than 1.05 times would refute it; how much faster is a matter of the machine",
        bound_zh="在这台机器上若不到 1.05 倍即不成立；快多少要看机器",
        verdict="depends on hardware" if times > 1.05 else "does not hold",
        n=11,
        counterexample="" if times > 1.05 else "this machine",
        why_en="A step takes {ms:.1f} ms with torch's layer, which is {times:.2f} times as fast as the loop. On a "
        "processor little of that is the API: a loop in Python whose backward pass sums up all steps in one product "
        "is {by_hand:.2f} times as fast. On a GPU each small operation waits, and the layer wins by more.",
        why_zh="用 torch 的层，一步要 {ms:.1f} 毫秒，是从零的循环的 {times:.2f} 倍快。在处理器上，这与 API 关系不大：同"
        "样用 Python 循环、只是反向时把各步并成一次乘法，也有 {by_hand:.2f} 倍。在 GPU 上每个小运算都要等待，差距会更"
        "大。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="The GRU that the book builds from scratch and the GRU of the high-level API are the same function.",
    zh="书中从零实现的 GRU 与高级 API 的 GRU 是同一个函数。",
)
def books_gru_is_the_gru_of_torch() -> Evidence:
    torch.set_default_dtype(torch.float64)
    theirs, inputs = nn.GRU(KINDS, 16), torch.randn(STEPS, 2, KINDS)
    expected = theirs(inputs)[0]
    apart = {}
    for reset in ("before", "after"):
        ours = GRU(KINDS, 16, reset=reset)
        ours.load_state_dict(theirs.state_dict())
        apart[reset] = float((ours(inputs)[0] - expected).detach().abs().max())
    same = apart["before"] <= 1e-12
    return Evidence(
        value={"difference": apart["before"], "reset_after": apart["after"]},
        bound="outputs of the same weights at most 1e-12 apart",
        bound_zh="同样的权重，输出相差不超过 1e-12",
        verdict="holds" if same else "does not hold",
        n=expected.numel(),
        counterexample="" if same else f"{KINDS} inputs, 16 hidden units, {STEPS} steps, the same weights",
        counterexample_zh="" if same else f"{KINDS} 个输入、16 个隐藏单元、{STEPS} 步，权重相同",
        why_en="The book resets the state before the product with the weights, torch the product (and its bias) after "
        "it: outputs {difference:.2f} apart with the same weights. With the reset after the product they are equal to "
        "{reset_after:.0e}. Both are called GRU, and weights can't be moved from one to the other.",
        why_zh="书中先用重置门乘隐状态、再与权重相乘；torch 则先相乘（连同偏置）、再乘重置门：权重相同，输出相差 "
        "{difference:.2f}。改成乘积之后再重置，就只差 {reset_after:.0e}。两者都叫 GRU，权重却不能互换。",
    )
