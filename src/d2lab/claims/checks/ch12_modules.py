"""Chapter 12: models from modules of one's own."""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.data.catalog import load
from d2lab.plot.measured import lines


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="Calling a model runs its forward method, and its hooks too, which forward alone leaves out.",
    zh="调用 model(X) 会执行 forward，还会执行挂在上面的钩子；直接调用 forward 则不会触发钩子。",
)
def calling_a_module_runs_forward_and_hooks() -> Evidence:
    model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 3)).double()
    heard: list[str] = []
    model.register_forward_hook(lambda module, inputs, output: heard.append("call"))
    inputs = torch.randn(8, 20, dtype=torch.float64)
    called, direct = model(inputs), model.forward(inputs)  # type: ignore[no-untyped-call]
    difference = float((called - direct).detach().abs().max())
    return Evidence(
        value={"difference": difference, "heard": len(heard)},
        bound="outputs equal, and the hook heard 1 of the 2 passes",
        verdict=within(difference, 0.0) if len(heard) == 1 else "does not hold",
        n=called.numel(),
        why_en="`__call__` does what surrounds a pass, hooks above all, and then asks `forward`; of two equal passes "
        "the hook heard {heard}.",
        why_zh="`__call__` 负责前后的事务（主要是钩子），再调用 `forward`；两次结果相同，钩子只听到 {heard} 次。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="A Sequential of a few lines, which files each layer in _modules under the layer itself, is as good as torch's.",
    zh="几行代码写成的 MySequential，以层对象本身为键存入 _modules，与 torch 的 Sequential 一样好用。",
)
def my_sequential_keyed_by_layers_is_a_sequential() -> Evidence:
    class MySequential(nn.Module):
        def __init__(self, *layers: nn.Module, named: bool) -> None:
            super().__init__()
            for number, layer in enumerate(layers):
                key = str(number) if named else layer
                self._modules[key] = layer  # type: ignore[index]

        def forward(self, inputs: Tensor) -> Tensor:
            for layer in self._modules.values():
                inputs = layer(inputs)  # type: ignore[misc]
            return inputs

    layers = (nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 3))
    inputs, theirs = torch.randn(8, 20), nn.Sequential(*layers)
    broken, difference = {}, 0.0
    for named in (False, True):
        ours, broken[named] = MySequential(*layers, named=named), 0
        difference = max(difference, float((ours(inputs) - theirs(inputs)).detach().abs().max()))
        for read in (repr, lambda model: list(model.parameters()), lambda model: list(model.state_dict())):
            try:
                broken[named] += len(str(read(ours))) != len(str(read(theirs))) and read is not repr
            except TypeError:
                broken[named] += 1
    return Evidence(
        value={"broken": broken[False], "named": broken[True], "difference": difference},
        bound="none of parameters(), state_dict() and repr() broken",
        verdict="holds" if broken[False] == 0 else "does not hold",
        n=3,
        counterexample="MySequential(nn.Linear(20, 16)).parameters() raises TypeError" if broken[False] else "",
        why_en="forward goes well (difference {difference:.0f}), but {broken} of the 3 readers join the keys into "
        "names such as 0.weight, and a layer is no text; with str(number) as key {named} are broken.",
        why_zh="前向计算没有问题（差 {difference:.0f}），但三种读取方式中有 {broken} 种要用键拼出 0.weight 这样的名字，"
        "而层对象不是字符串；改用 str(编号) 作键，出错的有 {named} 种。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="A forward method may contain any Python: loops, untrained constants, a layer used twice, nested modules.",
    zh="forward 里可以写任意 Python：循环、不参与训练的常数、重复使用的层、嵌套的网络，梯度照样正确。",
)
def forward_may_hold_any_python() -> Evidence:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(6, 6)
            self.register_buffer("constant", torch.rand(6, 6))

        def forward(self, inputs: Tensor) -> Tensor:
            flowing: Tensor = functional.relu(self.linear(inputs) @ self.constant + 1)
            flowing = self.linear(flowing)
            while flowing.abs().sum() > 1:
                flowing = flowing / 2
            return flowing

    model = nn.Sequential(nn.Sequential(nn.Linear(4, 6), nn.Tanh()), Odd()).double()
    inputs = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    gradients = torch.autograd.grad(model(inputs).sum(), inputs)[0]
    step, worst = 1e-6, 0.0
    for number in range(inputs.numel()):
        moved = torch.zeros(inputs.numel(), dtype=torch.float64)
        moved[number] = step
        moved = moved.view_as(inputs)
        quotient = (model(inputs + moved).sum() - model(inputs - moved).sum()).detach() / (2 * step)
        worst = max(worst, float((quotient - gradients.flatten()[number]).abs()))
    names = [name for name, _ in model.named_parameters()]
    return Evidence(
        value={"difference": worst, "parameters": len(names)},
        bound="gradients within 1e-8 of finite differences, and 4 parameters: the shared layer once, no constant",
        verdict=within(worst, 1e-8) if len(names) == 4 else "does not hold",
        n=inputs.numel(),
        why_en="Autograd records what was really computed in this pass, however it was chosen; {parameters} tensors "
        "are parameters, for a layer counts once and a buffer not at all.",
        why_zh="自动求导记录的是这一次实际执行的运算，不管它由什么分支选出；参数张量共 {parameters} 个：共享的层只算一"
        "次，缓冲区不算。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="A layer of one's own without parameters, such as one that subtracts the mean, works inside a model.",
    zh="自己写的不带参数的层，比如减去均值的层，可以直接放进网络里用。",
)
def centered_layer_works_in_a_model() -> Evidence:
    class CenteredLayer(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return inputs - inputs.mean()

    model = nn.Sequential(nn.Linear(8, 128), CenteredLayer()).double()
    output = model(torch.rand(4, 8, dtype=torch.float64))
    torch.autograd.backward(output.square().sum())
    learns = sum(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in model.parameters())
    difference = float(output.detach().mean().abs())
    return Evidence(
        value={"difference": difference, "learn": learns},
        bound="mean of the output at most 1e-12, and both parameters before it get a gradient",
        verdict=within(difference, 1e-12) if learns == 2 else "does not hold",
        n=output.numel(),
        why_en="A module needs no more than a forward method of operations that autograd knows; {learn} of 2 "
        "parameters before it get their gradient through it.",
        why_zh="一个模块只需要 forward，其中的运算能求导即可；它前面的 2 个参数有 {learn} 个经由它得到梯度。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="A linear layer of one's own, whose forward reads weight.data and bias.data, trains inside a model.",
    zh="自己写的线性层 MyLinear，在 forward 中用 weight.data 和 bias.data 计算，放进网络里就能训练。",
)
def my_linear_on_data_learns() -> Evidence:
    class MyLinear(nn.Module):
        def __init__(self, inputs: int, units: int, cut: bool) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.randn(inputs, units)), nn.Parameter(torch.randn(units))
            self.cut = cut

        def forward(self, inputs: Tensor) -> Tensor:
            weight, bias = (p.detach() if self.cut else p for p in (self.weight, self.bias))  # as .data does
            return functional.relu(inputs @ weight + bias)

    train = load("synthetic-linear").train
    moved: dict[str, float] = {}
    losses: dict[str, list[float]] = {}
    for name, cut in (("by .data", True), ("by the parameter", False)):
        torch.manual_seed(1)
        layer = MyLinear(2, 8, cut)
        model, start, losses[name] = nn.Sequential(layer, nn.Linear(8, 1)), layer.weight.detach().clone(), []
        for _ in range(100):
            loss = functional.mse_loss(model(train.inputs), train.targets)
            torch.autograd.backward(loss)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.sub_(0.02 * (0 if parameter.grad is None else parameter.grad))
            model.zero_grad()
            losses[name].append(float(loss.detach()))
        moved[name] = float((layer.weight.detach() - start).abs().max())
    title, axis = "weight.data has no history, so its layer never learns", "training loss"
    return Evidence(
        value={"moved": moved["by .data"], "honest": moved["by the parameter"]},
        bound="above 0",
        verdict="holds" if moved["by .data"] > 0 else "does not hold",
        n=100,
        data="synthetic-linear",
        counterexample="" if moved["by .data"] else "MyLinear(2, 8)(X).requires_grad is False",
        figure=partial(lines, range(1, 101), losses, title=title, horizontal="step", vertical=axis, log="y"),
        why_en="`.data` gives forward the numbers without the graph, so no gradient comes back: the weights moved by "
        "{moved:.1f} in 100 steps, by {honest:.2f} when forward reads the parameter. Only the layer behind it learns.",
        why_zh="`.data` 只取数值、不带计算图，梯度传不回来：100 步之后权重移动了 {moved:.1f}；改为直接使用参数则移动 "
        "{honest:.2f}。学到东西的只有它后面的层。",
    )
