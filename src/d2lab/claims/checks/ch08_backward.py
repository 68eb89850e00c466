"""Chapter 8: forward, backward, and what they keep."""

import itertools

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.engine import Array, topological_order
from d2lab.models.mlp import MLP, MLPConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.train.memory import training_memory
from d2lab.train.tasks import TASKS


@claim(
    chapter=8,
    kind="identity",
    en="The gradients of a model with one hidden layer are dL/do h^T + lambda W2 and dL/dz x^T + lambda W1.",
    zh="单隐藏层网络的梯度为 dL/do h^T + λW2 与 dL/dz x^T + λW1。",
)
def backward_pass_by_hand_equals_autograd() -> Evidence:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 1)), rng.normal(size=(3, 1))
    w1, w2, decay = rng.normal(size=(5, 4)), rng.normal(size=(3, 5)), 0.1
    h = np.tanh(w1 @ x)
    by_output = w2 @ h - y  # of half the squared error
    by_z = (w2.T @ by_output) * (1 - h**2)
    by_hand = by_z @ x.T + decay * w1, by_output @ h.T + decay * w2
    differences = []
    for kind in (Array, torch.tensor):
        first, second = (kind(w, requires_grad=True) for w in (w1, w2))
        inputs, target = kind(x), kind(y)
        error = second @ (first @ inputs).tanh() - target
        loss = (error * error).sum() / 2 + ((first * first).sum() + (second * second).sum()) * (decay / 2)
        loss.backward()
        gradients = np.asarray(first.grad), np.asarray(second.grad)
        differences += [float(np.abs(a - b).max()) for a, b in zip(gradients, by_hand, strict=True)]
    return Evidence(
        value={"difference": max(differences)},
        bound="at most 1e-12, for our engine and torch",
        verdict=within(max(differences), 1e-12),
        n=2 * (w1.size + w2.size),
        why_en="The gradient of a weight is the gradient at its output times the number at its input; the penalty "
        "adds lambda W on its own path.",
        why_zh="权重的梯度等于其输出处的梯度乘以其输入；正则化项从另一条路径加上 λW。",
    )


@claim(
    chapter=8,
    kind="identity",
    en="Forward computes and keeps values in the order of the graph; backward visits them in reverse, "
    "each number only after all that was made from it.",
    zh="前向传播按计算图的次序求值并保存，反向传播按相反的次序访问，每个量都排在由它得到的所有量之后。",
)
def backward_visits_the_graph_in_reverse() -> Evidence:
    weights = [Array(np.full((3, 3), 0.1 * number), requires_grad=True) for number in (1, 2, 3)]
    h = Array(np.ones((3, 1)))
    for weight in weights:
        h = h + (weight @ h).tanh()  # a short cut: h is used twice
    loss = (h * h).sum()
    order = topological_order(loss)
    places = {id(number): place for place, number in enumerate(order)}
    edges = [(number, parent) for number in order for parent in number.parents if parent.requires_grad]
    misplaced = sum(places[id(parent)] >= places[id(number)] for number, parent in edges)
    loss.backward()
    reached = sum(weight.grad is not None for weight in weights)
    right = misplaced == 0 and order[-1] is loss and reached == 3
    return Evidence(
        value={"misplaced": misplaced, "edges": len(edges), "numbers": len(order)},
        bound="0 of the edges against the order, the loss last, and a gradient at each of 3 weights",
        verdict="holds" if right else "does not hold",
        n=len(edges),
        why_en="A gradient may be propagated only when it is complete: {misplaced} of {edges} edges of the recorded "
        "graph would have propagated a part of one.",
        why_zh="梯度要凑齐了才能往前传：所记录的计算图有 {edges} 条边，其中会传出不完整梯度的有 {misplaced} 条。",
    )


@claim(
    chapter=8,
    kind="measurement",
    en="Training needs more memory than prediction, for it keeps activations, and these grow with depth and batch "
    "size.",
    zh="训练比预测更耗内存，因为要保存各层的激活值，而它们随深度和批量大小增长。",
    budget_s=20,
)
def training_keeps_activations_by_depth_and_batch() -> Evidence:
    def activations(depth: int, batch: int) -> int:
        model = MLP(MLPConfig(inputs=256, hidden=(256,) * depth, activation="tanh"))
        targets = torch.zeros(batch, dtype=torch.int64)
        settings = OptimizerConfig(name="sgd")
        found = training_memory(model, TASKS["classification"], settings, inputs=(batch, 256), targets=targets)
        return found.activations

    by_depth = [activations(depth, 32) for depth in (2, 4, 8)]
    by_batch = [activations(4, batch) for batch in (16, 32, 64)]
    deviation = abs((by_depth[2] - by_depth[1]) / (by_depth[1] - by_depth[0]) - 2)  # on a line, 4 layers cost twice 2
    doubling = max(abs(after / before - 2) for before, after in itertools.pairwise(by_batch))
    kept: list[torch.Size] = []
    model = MLP(MLPConfig(inputs=256, hidden=(256,) * 4))
    with torch.no_grad(), torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape), lambda t: t):
        model(torch.zeros(32, 256))
    linear = deviation <= 0.02 and doubling <= 0.02
    return Evidence(
        value={
            "depth_8": by_depth[2],
            "depth_2": by_depth[0],
            "deviation": deviation,
            "batch": doubling,
            "predicting": len(kept),
        },
        bound="on a straight line in depth and doubled with the batch, to 2 %; 0 tensors kept under no_grad",
        verdict="holds" if linear and not kept else "does not hold",
        n=6,
        why_en="The gradient of a weight needs the input of its layer, so each layer's input is kept for the backward "
        "pass: {depth_2:,} bytes in 2 layers, {depth_8:,} in 8. Prediction keeps {predicting}.",
        why_zh="求权重的梯度要用到该层的输入，因此每层的输入都得等到反向传播：2 层共 {depth_2:,} 字节，8 层共 "
        "{depth_8:,} 字节。预测时保存的张量为 {predicting} 个。",
    )
