"""Chapter 18: which layers learn, how fast, and which belong to the network at all."""

from collections import OrderedDict
from itertools import repeat

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.checks.ch18_finetuning import network
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.core.seed import stream
from d2lab.models.finetune import find_head, freeze, parameter_groups


@claim(
    chapter=18,
    kind="identity",
    en="Lower layers can be frozen: they take no part in the updates.",
    zh="可以固定底部一些层的参数，不参与更新。",
    budget_s=3,
    covers=("low layers generic",),
)
def frozen_layers_take_no_part_in_updates() -> Evidence:
    torch.manual_seed(0)
    named: list[tuple[str, nn.Module]] = [
        ("conv", nn.Conv2d(1, 4, 3)),
        ("norm", nn.BatchNorm2d(4)),
        ("relu", nn.ReLU()),
    ]
    named += [("drop", nn.Dropout(0.5)), ("flat", nn.Flatten()), ("head", nn.Linear(4 * 36, 3))]
    model = nn.Sequential(OrderedDict(named))
    freeze(model, "drop").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    inputs = torch.rand(8, 1, 8, 8)
    first = model[:4](inputs)
    weights = [value for value in model.parameters() if value.requires_grad]
    optimizer = torch.optim.SGD(weights, 0.1, weight_decay=0.1, momentum=0.9)
    train_steps(model, optimizer, repeat((inputs, torch.arange(8) % 3), 5))
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    moved = len([name for name in changed if not name.startswith("head")]) + (not torch.equal(first, model[:4](inputs)))
    share = sum(value.numel() for value in weights) / sum(value.numel() for value in model.parameters())
    return Evidence(
        value={"moved": moved, "share": share, "entries": len(before)},
        bound="0 entries of frozen layers moved, running statistics among them, in five steps of training mode",
        bound_zh="训练模式下走五步，固定层（包括批量统计量）改变 0 项",
        verdict="holds" if moved == 0 and len(changed) == 2 else "does not hold",
        n=len(before),
        why_en="Of {entries} entries of the state, {moved} of the frozen layers moved: no gradient, no weight decay, "
        "and batch normalization and dropout stay in evaluation although the model trains. {share:.0%} of the weights "
        "learn: fewer free numbers is what makes it a stronger regularizer.",
        why_zh="{entries} 项状态中，固定层有 {moved} 项改变：没有梯度，也没有权重衰减；模型虽在训练模式，固定层里的批"
        "量归一化和暂退仍按测试方式工作。能学的权重只剩 {share:.0%}，自由度少了，所以说它是更强的正则。",
    )


@claim(
    chapter=18,
    kind="definition",
    en="Layers can have learning rates of their own, ten times as high for the new head.",
    zh="对于不同的层可以使用不同的学习率，新的输出层为其余各层的十倍。",
    budget_s=1,
)
def layers_take_rates_of_their_own() -> Evidence:
    model = network(3, 0)
    groups = parameter_groups(model, 10.0)
    counted = [id(weights) for group in groups for weights in group["params"]]
    twice = len(counted) - len(set(counted)) + len(set(counted) ^ {id(weights) for weights in model.parameters()})
    rate = 0.01
    optimizer = torch.optim.SGD([{"params": group["params"], "lr": rate * group["lr_scale"]} for group in groups])
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    train_steps(model, optimizer, [(torch.rand(6, 1, 8, 8), torch.arange(6) % 3)])
    steps = {
        name: float((value.detach() - before[name]).norm() / value.grad.norm())
        for name, value in model.named_parameters()
        if value.grad is not None
    }
    ratio = steps["head.weight"] / steps["conv1.weight"]
    return Evidence(
        value={"ratio": ratio, "twice": twice, "head": sum(w.numel() for w in find_head(model).layer.parameters())},
        bound="ratio of step to gradient 10 to 1 within 0.1 %, each parameter in one group",
        bound_zh="步长与梯度之比为 10 比 1（误差 0.1 % 以内），每个参数恰在一组",
        verdict="holds" if abs(ratio / 10 - 1) < 1e-3 and twice == 0 else "does not hold",
        n=len(before),
        why_en="Per unit of gradient the head moves {ratio:.2f} times as far as the first layer; {twice} parameters "
        "are in two groups or in none. Whether that helps is a question to the data, not to the optimizer.",
        why_zh="同样的梯度，输出层走的距离是第一层的 {ratio:.2f} 倍；{twice} 个参数重复或遗漏。这样做有没有好处，要由"
        "数据来回答。",
    )


@claim(
    chapter=18,
    kind="identity",
    en="Normalization of the inputs can be seen as part of the network.",
    zh="可以将输入的归一化看作模型架构的一部分。",
    scope="a first layer without padding, or padded with the mean",
    scope_zh="第一层没有填充，或用均值填充",
    budget_s=1,
    covers=("it does the same as batch normalization",),
)
def normalization_is_part_of_the_network() -> Evidence:
    rng = stream(0, "fold")
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(3, 1, 1)
    images = torch.rand(4, 3, 16, 16, generator=rng, dtype=torch.float64)
    kernel, bias = torch.randn(8, 3, 3, 3, generator=rng).double(), torch.randn(8, generator=rng).double()
    folded = kernel / deviation
    shifted = bias - (folded * mean).sum((1, 2, 3))
    scaled = (images - mean) / deviation
    off = {}
    for name, padding in (("inside", 0), ("padded", 1)):
        theirs = functional.conv2d(scaled, kernel, bias, padding=padding)
        off[name] = float((functional.conv2d(images, folded, shifted, padding=padding) - theirs).abs().max())
    framed = functional.pad(images - mean, [1] * 4) + mean  # a border of the mean, which is what 0 means after scaling
    theirs = functional.conv2d(scaled, kernel, bias, padding=1)
    off["framed"] = float((functional.conv2d(framed, folded, shifted) - theirs).abs().max())
    return Evidence(
        value=off,
        bound="at most 1e-12 without padding and with a border of the mean",
        bound_zh="无填充、或以均值为边时，至多 1e-12",
        verdict="holds in scope" if max(off["inside"], off["framed"]) <= 1e-12 else "does not hold",
        n=images.numel(),
        why_en="(x - mean) / deviation folded into the first kernel gives the same answers ({inside:.0e} apart). With "
        "zero padding the border is off by {padded:.2f}, for there 0 is no longer the mean; a border of the mean mends "
        "it ({framed:.0e}). So it matters that prediction scales as training did.",
        why_zh="把 (x − 均值) / 标准差并进第一层卷积核，结果不变（差 {inside:.0e}）。若用 0 填充，边界处会差 "
        "{padded:.2f}，因为那里的 0 不再是均值；改用均值作边就好了（{framed:.0e}）。所以预测时的缩放必须与训练时一致。",
    )
