"""Chapter 12: parameters: names, initialization, files."""

import copy
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.errors import RunError
from d2lab.data.catalog import load
from d2lab.layers.init import uniform_, xavier_uniform_
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.optimizers.build import build_optimizer
from d2lab.optimizers.config import OptimizerConfig
from d2lab.plot.measured import lines
from d2lab.train.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint
from d2lab.vision.color import to_unit


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="A layer that is used twice in a model has its parameters once, and their gradient is the sum over both uses.",
    zh="同一层在网络中出现两次，参数只有一份，其梯度是两次使用的梯度之和。",
    covers=("parameters are accessed by name and each layer may have its own initialization",),
)
def tied_layers_add_their_gradients() -> Evidence:
    shared = nn.Linear(8, 8)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), shared, nn.ReLU(), shared, nn.ReLU(), nn.Linear(8, 1)).double()
    xavier_uniform_(model.get_parameter("2.weight"))
    apart = copy.deepcopy(model)
    apart[4] = copy.deepcopy(shared)  # the same numbers, no longer the same layer
    inputs = torch.randn(16, 4, dtype=torch.float64)
    for each in (model, apart):
        torch.autograd.backward(each(inputs).square().mean())
    both = apart.get_parameter("2.weight").grad, apart.get_parameter("4.weight").grad
    if shared.weight.grad is None or both[0] is None or both[1] is None:
        difference = float("inf")
    else:
        difference = float((shared.weight.grad - (both[0] + both[1])).abs().max())
    names = [name for name, _ in model.named_parameters()]
    return Evidence(
        value={"difference": difference, "parameters": len(names)},
        bound="at most 1e-12, and 6 parameters where untied layers have 8",
        verdict=within(difference, 1e-12) if len(names) == 6 else "does not hold",
        n=shared.weight.numel(),
        why_en="The loss depends on the tensor by two ways, and the chain rule adds them; named_parameters lists "
        "{parameters}, for 4.weight is 2.weight.",
        why_zh="损失经由两条路径依赖同一个张量，链式法则把两条相加；named_parameters 只列出 {parameters} 个，"
        "因为 4.weight 就是 2.weight。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="The range of a layer's default initialization depends on the numbers of its inputs and outputs.",
    zh="层的默认初始化，其取值范围由输入维数和输出维数共同决定。",
)
def default_initialization_depends_on_both_sizes() -> Evidence:
    sizes = [10, 100, 1000, 10_000]
    series = {
        "outputs vary": [float(nn.Linear(100, size).weight.detach().abs().max()) for size in sizes],
        "inputs vary": [float(nn.Linear(size, 100).weight.detach().abs().max()) for size in sizes],
    }
    change = {name: max(found) / min(found) for name, found in series.items()}
    title = "Torch's default initialization depends on the inputs alone"
    axes: dict[str, Any] = {"horizontal": "size that varies, the other is 100", "vertical": "largest initial weight"}
    return Evidence(
        value={"outputs": change["outputs vary"], "inputs": change["inputs vary"]},
        bound="largest weight changes by a factor above 1.1 in 10 to 10,000 outputs",
        verdict="holds" if change["outputs vary"] > 1.1 else "does not hold",
        n=len(sizes),
        counterexample="" if change["outputs vary"] > 1.1 else "nn.Linear(100, 10) and nn.Linear(100, 10000): 0.1 both",
        figure=partial(lines, sizes, series, title=title, log="xy", **axes),
        why_en="Torch draws uniformly from +-1 / sqrt(inputs): a thousand times as many outputs change the largest "
        "weight by a factor of {outputs:.2f}, as many inputs by {inputs:.1f}. Xavier initialization depends on both, "
        "but is not the default.",
        why_zh="torch 从正负 1/sqrt(输入维数) 之间均匀抽取：输出维数扩大一千倍，最大权重只差 {outputs:.2f} 倍；"
        "输入维数扩大一千倍，则差 {inputs:.1f} 倍。两者都看的是 Xavier 初始化，它并不是默认值。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="Weights drawn uniformly from -10 to 10, of which those below 5 in size are zeroed, are zero half of the time, "
    "positive a quarter and negative a quarter.",
    zh="从 -10 到 10 均匀抽取权重，再把绝对值小于 5 的置零，则一半为零，正负各占四分之一。",
)
def zeroing_small_weights_leaves_a_quarter_each_side() -> Evidence:
    weights = uniform_(torch.empty(1_000_000), -10.0, 10.0)
    weights = weights * (weights.abs() >= 5)
    shares = {"zero": (weights == 0), "positive": (weights >= 5), "negative": (weights <= -5)}
    found = {name: float(which.float().mean()) for name, which in shares.items()}
    difference = max(abs(found["zero"] - 0.5), abs(found["positive"] - 0.25), abs(found["negative"] - 0.25))
    return Evidence(
        value={"difference": difference, **found},
        bound="at most 0.0025: five deviations of a share of a million",
        verdict=within(difference, 0.0025),
        n=weights.numel(),
        why_en="The middle is half of the interval, each side a quarter: {zero:.4f}, {positive:.4f} and "
        "{negative:.4f}.",
        why_zh="中段占区间的一半，两侧各占四分之一：{zero:.4f}、{positive:.4f}、{negative:.4f}。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=2,
    en="Tensors and plain lists and dictionaries can be saved and read back; a clone with the saved weights gives the "
    "same outputs to the bit.",
    zh="张量以及列表、字典都可以存盘再读回；克隆的网络载入参数后，输出逐位相同。",
)
def loaded_weights_give_the_same_outputs() -> Evidence:
    model, clone = MLP(MLPConfig(inputs=20)), MLP(MLPConfig(inputs=20))
    inputs, values = torch.randn(32, 20), {"list": [1, 2.5], "dictionary": {"x": "y"}}
    apart = float((model(inputs) - clone(inputs)).detach().abs().max())
    with TemporaryDirectory() as folder:
        save_checkpoint(Path(folder), Checkpoint(0, model.state_dict(), values))
        read = load_checkpoint(Path(folder))
        load_weights(clone, read.tensors, "the clone")
        (file,) = Path(folder).glob("*.safetensors")
        file.write_bytes(file.read_bytes()[:-1])
        try:
            refused = int(load_checkpoint(Path(folder)) is None)
        except RunError:
            refused = 1
    difference = float((model(inputs) - clone(inputs)).detach().abs().max())
    whole = read.values == values and apart > 0 and refused == 1
    return Evidence(
        value={"difference": difference, "before": apart, "refused": refused},
        bound="exactly 0, the plain values as before, and a file cut by one byte refused",
        verdict=within(difference, 0.0) if whole else "does not hold",
        n=inputs.shape[0],
        why_en="The file holds every bit of every weight under its name; before, the clone was {before:.2f} off. No "
        "pickle is read, so a file can't run code.",
        why_zh="文件按名字保存每个权重的每一位；载入之前两者相差 {before:.2f}。这里不读 pickle，文件不可能执行代码。",
    )


@claim(
    chapter=12,
    kind="identity",
    budget_s=30,
    en="The saved weights of a model are all that is needed to continue its training later.",
    zh="只要存下网络的参数，以后就能接着训练。",
)
def saved_weights_are_enough_to_go_on() -> Evidence:
    digits = load("digits").train
    inputs, targets = to_unit(digits.inputs[:256]), digits.targets[:256]
    config = OptimizerConfig(name="adam", learning_rate=0.003)
    runs: dict[str, list[float]] = {"never stopped": [], "all was saved": [], "weights alone": []}
    ends = {}
    for name, losses in runs.items():
        torch.manual_seed(2)
        model = MLP(MLPConfig(inputs=64))
        optimizer = build_optimizer(config, model.parameters())
        for step in range(60):
            if step == 30 and name != "never stopped":
                saved = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
                model = MLP(MLPConfig(inputs=64))
                optimizer = build_optimizer(config, model.parameters())
                model.load_state_dict(saved[0])
                if name == "all was saved":
                    optimizer.load_state_dict(saved[1])
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(inputs), targets)
            torch.autograd.backward(loss)
            optimizer.step()
            losses.append(float(loss.detach()))
        ends[name] = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    gaps = {name: float((end - ends["never stopped"]).abs().max()) for name, end in ends.items()}
    title, vertical = "Adam without its state takes another path after step 30", "training loss"
    shown = {name: losses[25:] for name, losses in runs.items()}
    return Evidence(
        value={"gap": gaps["weights alone"], "whole": gaps["all was saved"]},
        bound="exactly 0",
        verdict=within(gaps["weights alone"], 0.0),
        n=len(inputs),
        data="digits",
        counterexample="Adam, stopped at step 30 and resumed with the weights alone" if gaps["weights alone"] else "",
        figure=partial(lines, range(26, 61), shown, title=title, horizontal="step", vertical=vertical, log="y"),
        why_en="Adam keeps running means of gradients and their squares; without them it restarts and ends {gap:.3f} "
        "away, with them {whole:.0f}. A run also needs its step count and its random state: a checkpoint is more than "
        "weights.",
        why_zh="Adam 还记着梯度及其平方的均值；丢掉它们就等于重新开始，最终权重相差 {gap:.3f}，一并恢复则相差 "
        "{whole:.0f}。此外还要步数与随机数状态：检查点不只是参数。",
    )
