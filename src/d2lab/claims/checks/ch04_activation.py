"""Chapter 4: which activation function."""

from collections.abc import Sequence
from functools import partial

from d2lab.claims.claim import claim
from d2lab.claims.decide import alike, at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.experiments.quick_run import last
from d2lab.metrics.paired import intervals, paired
from d2lab.plot import dots


@claim(
    chapter=4,
    kind="experiment",
    en="The choice of activation function is not very important.",
    zh="激活函数选哪一个并不重要。",
    scope="plain MLPs of 64 units a layer with Xavier initialization, plain gradient descent on the digits",
    budget_s=55,
    smoke={"seeds": range(2), "epochs": 1},
)
def activation_hardly_matters(
    seeds: Sequence[int] = range(5), epochs: int = 8, smallest_effect: float = 0.05
) -> Evidence:
    depths = {1: "64", 8: ",".join(["64"] * 8)}
    runs = {
        f"{name}, {depth} hidden": last(
            "test_accuracy", "mlp", seeds, hidden=hidden, init="xavier", epochs=epochs, activation=name
        )
        for depth, hidden in depths.items()
        for name in ("relu", "tanh", "gelu", "sigmoid")
    }
    deep, shallow = (paired(runs[f"relu, {depth} hidden"], runs[f"sigmoid, {depth} hidden"]) for depth in (8, 1))
    gelu = paired(runs["relu, 8 hidden"], runs["gelu, 8 hidden"])
    matters = deep.low > 0.05
    title = "The choice matters as soon as a model is deep"
    about = f"Test accuracy on the digits after {epochs} epochs, {len(seeds)} seeds"
    return Evidence(
        value={"gap": deep.mean, "shallow": shallow.mean, "gelu": gelu.mean},
        decision=decide(at_most(deep, smallest_effect, "gap"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="eight layers of sigmoids in place of ReLUs" if matters else "",
        why_en="The derivative of a sigmoid is at most 1/4 and that of GELU is 1/2 at 0, so little of the gradient is "
        "left after eight layers: in the same epochs they end {gap:.2f} and {gelu:.2f} below ReLU; with one layer a "
        "sigmoid is {shallow:.2f} below.",
        why_zh="sigmoid 的导数最多四分之一，GELU 在 0 处的导数是二分之一，穿过八层之后梯度所剩无几：同样的轮数下，准确"
        "率分别比 ReLU 低 {gap:.2f} 和 {gelu:.2f}；只有一层时，sigmoid 也低 {shallow:.2f}。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal="test accuracy"),
    )


@claim(
    chapter=4,
    kind="experiment",
    en="Between ReLU, tanh and GELU the choice hardly matters.",
    zh="在 ReLU、tanh、GELU 之间选哪一个，差别很小。",
    scope="one hidden layer on the digits, plain gradient descent",
    budget_s=20,
    smoke={"seeds": range(2), "epochs": 1},
)
def relu_tanh_and_gelu_hardly_differ(
    seeds: Sequence[int] = range(5), epochs: int = 20, smallest_effect: float = 0.03
) -> Evidence:
    names = ("relu", "tanh", "gelu")
    runs = {
        name: last("test_accuracy", "mlp", seeds, hidden="64", init="xavier", epochs=epochs, activation=name)
        for name in names
    }
    tanh, gelu = paired(runs["relu"], runs["tanh"]), paired(runs["relu"], runs["gelu"])
    farthest = max(abs(edge) for gap in (tanh, gelu) for edge in (gap.low, gap.high))
    return Evidence(
        value={"tanh": tanh.mean, "gelu": gelu.mean, "farthest": farthest},
        decision=decide(alike(tanh, smallest_effect, "tanh"), alike(gelu, smallest_effect, "gelu"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="With one hidden layer the gradient is multiplied by one derivative only, so that GELU's 1/2 at 0 and "
        "ReLU's 0 or 1 cost a few steps at most: ReLU is {tanh:+.3f} from tanh and {gelu:+.3f} from GELU.",
        why_zh="只有一个隐藏层时，梯度只乘一次激活函数的导数，GELU 在 0 处的二分之一、ReLU 的 0 或 1，最多差几步："
        "ReLU 与 tanh 差 {tanh:+.3f}，与 GELU 差 {gelu:+.3f}。",
    )
