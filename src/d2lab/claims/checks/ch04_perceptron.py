"""Chapter 4: the perceptron, its theorem, and the problem that stopped it."""

import itertools
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import stream
from d2lab.data.synthetic import BLOB_NORMAL, blobs
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, paired
from d2lab.models import Perceptron, PerceptronConfig
from d2lab.models.perceptron_rule import novikoff_bound, perceptron_rule
from d2lab.models.xor import XorNet
from d2lab.optimizers import SGD
from d2lab.plot import dots, lines
from d2lab.train.tasks import perceptron_loss


def separable(number: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw points (their last feature is 1, for the bias), the signs that a border gives them, and the border."""
    draw = stream(number, "separable")
    separator = torch.randn(3, generator=draw, dtype=torch.float64)
    points = torch.cat([torch.randn(60, 2, generator=draw), torch.ones(60, 1)], 1).double()
    distances = points @ separator / separator.norm()
    apart = distances.abs() > 0.1
    return points[apart], distances[apart].sign(), separator


@claim(
    chapter=4,
    kind="identity",
    en="The perceptron's rule is gradient descent on max(0, -y f(x)) with batches of one and a learning rate of 1.",
    zh="感知机的学习规则，就是对损失 max(0, -y f(x)) 做批量为 1、学习率为 1 的梯度下降。",
    scope="an example on the decision boundary itself counts as a mistake",
)
def perceptron_rule_is_gradient_descent_on_single_examples() -> Evidence:
    inputs, signs, _ = separable(0)
    found = perceptron_rule(inputs, signs)
    weights = {"step": torch.zeros(3, dtype=torch.float64), "relu": torch.zeros(3, dtype=torch.float64)}
    descents = {name: SGD([start.requires_grad_()], lr=1.0) for name, start in weights.items()}
    moves = {"step": 0, "relu": 0}
    for _ in range(found.epochs):
        for x, sign in zip(torch.split(inputs, 1), torch.split(signs, 1), strict=True):
            score = {name: x @ w[:, None] for name, w in weights.items()}
            losses = {"step": perceptron_loss(score["step"], sign), "relu": (-sign * score["relu"]).relu().sum()}
            for name, loss in losses.items():
                descents[name].zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                gradient = weights[name].grad
                moves[name] += int(gradient is not None and bool(gradient.any()))
                descents[name].step()
    difference = float((weights["step"].detach() - found.weights).abs().max())
    same = difference <= 1e-12 and moves["step"] == found.mistakes
    return Evidence(
        value={"difference": difference, "moves": moves["step"], "mistakes": found.mistakes, "relu": moves["relu"]},
        bound="at most 1e-12 in the final weights, and as many updates as mistakes",
        verdict=("holds" if moves["relu"] else "holds in scope") if same else "does not hold",
        n=found.epochs * len(inputs),
        counterexample="weights of 0 with torch's derivative of max(0, z), which is 0 at z = 0: they are never updated",
        why_en="For a misclassified example the gradient is -y x and elsewhere 0, so a step is the rule: {moves} "
        "updates for {mistakes} mistakes; with gradient 0 on the boundary, weights of 0 are updated {relu} times.",
        why_zh="分错时梯度是 -y x，分对时为零，一步更新就是那条规则：{mistakes} 次错误，{moves} 次更新；"
        "若边界上的梯度取 0，从零权重出发就只有 {relu} 次更新。",
    )


@claim(
    chapter=4,
    kind="definition",
    en="A perceptron predicts one of two classes, -1 or +1: neither a real number nor a probability.",
    zh="感知机做二分类，输出只有 -1 和 +1，既不是实数，也不是概率。",
    covers=("the decision boundary itself, where the sign is 0, is assigned to -1 by convention",),
)
def a_perceptron_answers_plus_or_minus_one() -> Evidence:
    model, inputs = Perceptron(PerceptronConfig(inputs=3)).double(), torch.randn(1000, 3, dtype=torch.float64)

    def answers() -> Tensor:
        return torch.where(model(inputs).squeeze(1) > 0, 1, -1)

    before, certain = answers(), model(inputs).sigmoid().detach()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)
    changed, surer = int((answers() != before).sum()), float((model(inputs).sigmoid().detach() - certain).abs().max())
    right = changed == 0 and torch.unique(before).tolist() == [-1, 1]
    return Evidence(
        value={"changed": changed, "surer": surer},
        bound="answers -1 and +1 only, none of which changes with the length of the weights",
        verdict="holds" if right else "does not hold",
        n=len(inputs),
        why_en="Only the side of the decision boundary counts: three times the weights and bias give the same "
        "boundary, while a probability made of the same score moves by up to {surer:.2f}.",
        why_zh="只看样本落在边界的哪一侧：权重和偏置同乘以三，边界不动；而由同一得分算出的概率最多变化 {surer:.2f}。",
    )


@claim(
    chapter=4,
    kind="identity",
    en="On points within radius r and with margin rho the perceptron makes at most (r^2 + 1) / rho^2 corrections.",
    zh="数据在半径 r 之内、间隔为 rho 时，感知机至多更新 (r² + 1) / rho² 次就停止。",
)
def perceptron_stops_within_the_bound() -> Evidence:
    shares, corrections = [], []
    for number in range(50):
        points, signs, separator = separable(number)
        corrections.append(perceptron_rule(points, signs).mistakes)
        shares.append(corrections[-1] / novikoff_bound(points, signs, separator))
    return Evidence(
        value={"worst": max(shares), "most": max(corrections)},
        bound="at most 1 of the bound, in each of 50 sets",
        verdict=within(max(shares), 1.0),
        n=len(shares),
        why_en="Each correction turns the weights towards the separator by rho at least, while their length grows "
        "only as r times the root of the count; the two meet at the bound, of which at most {worst:.2f} was used.",
        why_zh="每次更新都使权重在分隔方向上至少前进 rho，而长度至多按次数的平方根增长，两者在上界处相遇；"
        "实际最多用到上界的 {worst:.2f}。",
    )


@claim(
    chapter=4,
    kind="identity",
    en="In the perceptron's convergence theorem a large radius r stands for a large amount of data.",
    zh="感知机收敛定理中，半径 r 大，意味着数据量大。",
)
def a_large_radius_is_a_large_amount_of_data() -> Evidence:
    counts, border = (100, 1_000, 10_000), torch.tensor(BLOB_NORMAL, dtype=torch.float64)
    bounds, corrections = [], []
    for count in counts:
        points = blobs(count, torch.Generator().manual_seed(0))
        inputs, signs = points.inputs.double(), 2.0 * points.targets.double() - 1
        bounds.append(novikoff_bound(inputs, signs, border))
        corrections.append(perceptron_rule(inputs, signs).mistakes)
    growth = bounds[-1] / bounds[0]
    title, about = "A hundred times the data, the same bound", "Points of one distribution: two discs with a gap "
    "between them"
    return Evidence(
        value={"growth": growth, "bound": bounds[-1], "corrections": corrections[-1]},
        bound="100 times the data make the bound 10 times as large, or more",
        verdict="holds" if growth >= 10 else "does not hold",
        n=len(counts),
        data="blobs",
        counterexample="" if growth >= 10 else "each point written down twice: twice the data, the same r",
        why_en="r is the distance of the farthest point from the origin: it says how large the inputs are, not how "
        "many; 100 times as many points raise the bound {growth:.2f} times.",
        why_zh="r 是最远的点到原点的距离，说的是输入有多大，而不是有多少；数据增到 100 倍，上界只变为 {growth:.2f} "
        "倍。",
        figure=partial(
            lines,
            counts,
            {"bound": bounds, "corrections made": corrections},
            title=title,
            subtitle=about,
            horizontal="points",
            vertical="corrections",
            log="x",
        ),
    )


@claim(
    chapter=4,
    kind="identity",
    en="A perceptron can't represent XOR, a model with one hidden layer can.",
    zh="感知机表示不了异或，加一个隐藏层的网络就可以。",
)
def xor_needs_a_hidden_layer() -> Evidence:
    import numpy as np
    from scipy.optimize import linprog

    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    inputs = torch.cat([corners, torch.ones(4, 1)], 1).numpy()
    impossible = []
    for labels in itertools.product((-1, 1), repeat=4):  # is there w with label * (w . x) of 1 or more everywhere?
        sought = linprog(np.zeros(3), A_ub=-np.array(labels)[:, None] * inputs, b_ub=-np.ones(4), bounds=(None, None))
        impossible += [labels] if sought.status == 2 else []
    expected = (corners[:, 0] != corners[:, 1]).float()
    models = (XorNet("relu"), XorNet("threshold"))
    wrong = sum(int((model(corners) != expected).sum()) for model in models)
    right = impossible == [(-1, 1, 1, -1), (1, -1, -1, 1)] and wrong == 0
    return Evidence(
        value={"separable": 16 - len(impossible), "wrong": wrong},
        bound="14 of the 16 labelings, all but XOR and its opposite; 0 wrong answers of two hidden units",
        verdict="holds" if right else "does not hold",
        n=16,
        why_en="Both diagonals of the square cross in its middle, so no line has one on each side; two hidden units "
        "fold the corners (0, 1) and (1, 0) onto one point, and then one line is enough.",
        why_zh="正方形的两条对角线相交于中心，任何直线都不能把它们分在两侧；两个隐藏单元把 (0, 1) 和 (1, 0) 折到同一"
        "点，此后一条直线就够了。",
    )


@claim(
    chapter=4,
    kind="experiment",
    en="A model with two hidden units learns XOR.",
    zh="两个隐藏单元的网络能够学会异或。",
    scope="ReLU, plain gradient descent with Xavier initialization",
    budget_s=40,
    smoke={"seeds": range(2), "epochs": 1},
)
def two_hidden_units_learn_xor(
    seeds: Sequence[int] = range(12), epochs: int = 20, smallest_effect: float = 0.05
) -> Evidence:
    runs = {
        f"{units} hidden units": last(
            "test_accuracy", "mlp", seeds, data="xor", hidden=str(units), init="xavier", epochs=epochs
        )
        for units in (2, 4, 8)
    }
    two, eight = runs["2 hidden units"], runs["8 hidden units"]
    gap = paired(eight, two)
    solved, easily = (sum(accuracy > 0.95 for accuracy in reached) for reached in (two, eight))
    title = "Two hidden units suffice for XOR, but seldom find it"
    about = f"Accuracy on noisy XOR after {epochs} epochs, {len(seeds)} initializations"
    return Evidence(
        value={"gap": gap.mean, "solved": solved, "easily": easily, "starts": len(seeds)},
        decision=decide(at_most(gap, smallest_effect, "gap"), scoped=True, refuted=solved < len(seeds)),
        n=len(seeds),
        seeds=tuple(seeds),
        data="xor",
        counterexample="" if solved == len(seeds) else "two units initialized on the same side: a local minimum",
        why_en="That such weights exist does not mean that gradient descent finds them: it does from {solved} of "
        "{starts} initializations with two units, where nothing replaces a dead unit; with 8 units from {easily}.",
        why_zh="存在这样的权重，不等于梯度下降找得到：两个单元时 {starts} 次初始化中只有 {solved} 次成功，有一个单元失"
        "活就无可替代；8 个单元时有 {easily} 次成功。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal="test accuracy"),
    )
