"""Chapter 4: the parts of a multilayer perceptron, and the model from scratch beside the concise one."""

import torch
from torch import nn

from d2lab.algebra import matmul_loop
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.layers import CrossEntropyLoss, ReLU, Sigmoid, Tanh, initialize, to_scratch
from d2lab.models import MLP, MLPConfig
from d2lab.optimizers import SGD
from d2lab.vision.color import to_unit


@claim(
    chapter=4,
    kind="identity",
    en="Linear layers without a nonlinearity between them are together one linear layer.",
    zh="线性层之间若没有非线性，叠多少层都只相当于一个线性层。",
)
def linear_layers_stack_to_one_linear_layer() -> Evidence:
    model = MLP(MLPConfig(inputs=20, hidden=(64, 3, 64), classes=10, activation="identity")).double()
    inputs = torch.randn(100, 20, dtype=torch.float64)
    with torch.no_grad():
        bias = model(torch.zeros(1, 20, dtype=torch.float64))
        matrix = model(torch.eye(20, dtype=torch.float64)) - bias
        difference = float((model(inputs) - (inputs @ matrix + bias)).abs().max())
    rank = int(torch.linalg.matrix_rank(matrix))
    return Evidence(
        value={"difference": difference, "rank": rank},
        bound="at most 1e-12 from one matrix and one bias; rank 3, the narrowest layer",
        verdict=within(difference, 1e-12) if rank == 3 else "does not hold",
        n=len(inputs),
        why_en="W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2); such a stack can even do less than one layer, for no "
        "product has a higher rank than its narrowest factor, here {rank}.",
        why_zh="W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)；这样叠起来甚至不如单层，"
        "因为乘积的秩不超过最窄那一层，此处为 {rank}。",
    )


@claim(
    chapter=4,
    kind="identity",
    en="Sigmoid maps to (0, 1) with a derivative of at most 1/4, tanh to (-1, 1) with at most 1; ReLU's derivative is "
    "0 or 1.",
    zh="sigmoid 的值域是 (0, 1)，导数至多 1/4；tanh 的值域是 (-1, 1)，导数至多 1；ReLU 的导数非 0 即 1。",
    covers=("tanh is a sigmoid stretched: tanh(x) = 2 sigmoid(2x) - 1",),
)
def derivatives_of_sigmoid_tanh_and_relu() -> Evidence:
    x = torch.linspace(-10, 10, 2001, dtype=torch.float64, requires_grad=True)  # 0 is its middle
    values = [layer(x) for layer in (Sigmoid(), Tanh(), ReLU())]
    derivatives = [torch.autograd.grad(value.sum(), x)[0] for value in values]
    sigmoid, tanh = values[0].detach(), values[1].detach()
    peaks = [(int(derivative.argmax()), float(derivative.max())) for derivative in derivatives[:2]]
    inside = bool(((sigmoid > 0) & (sigmoid < 1)).all() and ((tanh > -1) & (tanh < 1)).all())
    stretched = float((tanh - (2 * Sigmoid()(2 * x.detach()) - 1)).abs().max())
    difference = max(abs(peaks[0][1] - 0.25), abs(peaks[1][1] - 1), stretched)
    corner = float(derivatives[2][1000])
    right = inside and peaks[0][0] == peaks[1][0] == 1000 and torch.unique(derivatives[2]).tolist() == [0.0, 1.0]
    return Evidence(
        value={"difference": difference, "corner": corner, "ends": float(derivatives[0][0])},
        bound="at most 1e-12 from 1/4, 1 and the stretched sigmoid; the largest derivatives at 0; ReLU's 0 and 1 only",
        verdict=within(difference, 1e-12) if right else "does not hold",
        n=len(x),
        why_en="s' = s (1 - s) is largest at s = 1/2 and {ends:.0e} at -10, so each layer of sigmoids shrinks a "
        "gradient fourfold or more; at 0 ReLU has no derivative, and {corner:.0f} is a convention.",
        why_zh="s' = s (1 - s) 在 s = 1/2 处最大，到 -10 处只剩 {ends:.0e}，所以每过一层 sigmoid，"
        "梯度至少缩小到四分之一；ReLU 在 0 处不可导，取 {corner:.0f} 只是约定。",
    )


@claim(
    chapter=4,
    kind="definition",
    en="ReLU is a nonlinear function, although it is straight on either side of 0.",
    zh="ReLU 在 0 的两侧各是一条直线，但整体上是非线性函数。",
)
def relu_is_nonlinear() -> Evidence:
    x = torch.linspace(-3, 3, 601, dtype=torch.float64)
    broken = float((x.relu() + (-x).relu() - (x + -x).relu()).abs().max())
    one_side = float(((x + 10).relu() + (x + 5).relu() - (2 * x + 15).relu()).abs().max())
    difference = float((x.relu() + (-x).relu() - x.abs()).abs().max())
    right = broken > 1 and max(one_side, difference) <= 1e-12
    return Evidence(
        value={"broken": broken, "one_side": one_side, "difference": difference},
        bound="relu(a) + relu(b) is above 1 away from relu(a + b) somewhere, and equal to it on one side of 0",
        verdict="holds" if right else "does not hold",
        n=len(x),
        why_en="A linear function would keep sums: relu(1) + relu(-1) is 1, relu(0) is 0; the kink at 0 is enough to "
        "build |x| from two of them.",
        why_zh="线性函数应保持加法，可是 relu(1) + relu(-1) = 1，而 relu(0) = 0；正是这个折点，让两个 ReLU 就能拼出 "
        "|x|。",
    )


@claim(
    chapter=4,
    kind="identity",
    en="A multilayer perceptron from scratch and its concise form are the same model and the same training.",
    zh="从零实现的多层感知机与简洁实现是同一个网络，训练过程也相同。",
    scope="the same initialization and the same order of batches",
    covers=("one hidden layer of 256 units, initialized with small normal numbers, trained at learning rate 0.1",),
)
def scratch_mlp_trains_as_the_concise_one() -> Evidence:
    concise = initialize(MLP(MLPConfig(inputs=64)), "normal").double()
    scratch = to_scratch(concise)
    steps = torch.optim.SGD(concise.parameters(), lr=0.1), SGD(scratch.parameters(), lr=0.1)
    both = (concise, nn.CrossEntropyLoss(), steps[0]), (scratch, CrossEntropyLoss(), steps[1])
    losses: list[list[float]] = [[], []]
    batches = Batches(load("digits").train, batch_size=32, seed=0, device=torch.device("cpu"), prepare=to_unit)
    for images, targets in batches.epoch(0):
        for (model, loss_of, optimizer), kept in zip(both, losses, strict=True):
            optimizer.zero_grad()
            loss = loss_of(model(images.double()), targets)
            loss.backward()
            optimizer.step()
            kept.append(loss.item())
    difference = max(abs(ours - theirs) for ours, theirs in zip(*losses, strict=True))
    fallen = losses[0][0] - losses[0][-1]
    return Evidence(
        value={"difference": difference, "fallen": fallen},
        bound="at most 1e-12 between the losses of 45 steps, while they fall",
        verdict=within(difference, 1e-12) if fallen > 0 else "does not hold",
        n=batches.steps,
        data="digits",
        why_en="nn.Linear, nn.ReLU, nn.CrossEntropyLoss and SGD compute what is written by hand; with another "
        "initialization or other batches the two would differ like any two runs.",
        why_zh="nn.Linear、nn.ReLU、nn.CrossEntropyLoss 和 SGD 算的正是手写的那些式子；若初始权重或批量顺序不同，两者"
        "就会像任意两次训练那样得到不同的结果。",
    )


@claim(
    chapter=4,
    kind="definition",
    en="nn.Parameter makes a tensor part of a module's trainable weights, and @ multiplies matrices.",
    zh="nn.Parameter 把张量登记为模块的可训练参数，@ 是矩阵乘法。",
)
def parameters_are_registered_and_at_multiplies() -> Evidence:
    model = nn.Module()
    model.weight = nn.Parameter(torch.randn(3, 4, dtype=torch.float64))
    model.register_buffer("mean", torch.zeros(4))
    model.plain = torch.zeros(4)
    trained, kept = [name for name, _ in model.named_parameters()], list(model.state_dict())
    right = trained == ["weight"] and kept == ["weight", "mean"] and model.weight.requires_grad
    inputs, weight = torch.randn(5, 3, dtype=torch.float64), model.weight.detach()
    difference = float((inputs @ weight - matmul_loop(inputs, weight)).abs().max())
    return Evidence(
        value={"difference": difference, "trained": len(trained), "kept": len(kept)},
        bound="at most 1e-12 from the sums written out; of parameter, buffer and plain tensor 1 trained and 2 kept",
        verdict=within(difference, 1e-12) if right else "does not hold",
        n=20,
        why_en="A module looks at what is assigned to it: a Parameter goes into parameters() and the checkpoint, a "
        "buffer into the checkpoint alone, and a plain tensor nowhere.",
        why_zh="模块会检查赋给它的属性：Parameter 进入 parameters() 和存档，缓冲区只进存档，普通张量哪里都不进。",
    )


@claim(
    chapter=4,
    kind="definition",
    en="It makes no difference whether initial values are scaled inside nn.Parameter or outside it.",
    zh="初始值在 nn.Parameter 里面缩放，还是在外面缩放，没有区别。",
)
def initial_values_may_be_scaled_outside_parameter() -> Evidence:
    inside, behind = nn.Module(), nn.Module()
    inside.weight = nn.Parameter(torch.randn(3, 4) * 0.01)
    behind.weight = nn.Parameter(torch.randn(3, 4)) * 0.01
    trained = [len(list(model.parameters())) for model in (inside, behind)]
    leaves = [int(start.is_leaf) for start in (inside.weight, behind.weight) if isinstance(start, torch.Tensor)]
    same = trained[0] == trained[1] and leaves[0] == leaves[1]
    return Evidence(
        value={"trained": trained[1], "leaf": leaves[1], "inside": trained[0]},
        bound="as many trainable weights either way, and both leaves of the graph",
        verdict="holds" if same else "does not hold",
        n=2,
        counterexample="" if same else "nn.Parameter(torch.randn(3, 4)) * 0.01: parameters() is empty",
        why_en="A product is a new tensor, a node of the graph and no Parameter: the module lists {trained} weights "
        "in place of {inside}, so the optimizer never updates it.",
        why_zh="乘积是一个新张量，是计算图的中间节点而不是 Parameter：模块登记的参数是 {trained} 个而不是 {inside} "
        "个，优化器永远不会更新它。",
    )
