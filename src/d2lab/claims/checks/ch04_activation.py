"""Chapter 4: from the perceptron to the multilayer perceptron."""

from collections.abc import Sequence

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.metrics.paired import paired
from d2lab.recipes.trial import last


@claim(
    chapter=4,
    kind="experiment",
    en="The choice of activation function is not very important.",
    zh="激活函数选哪一个并不重要。",
    scope="one hidden layer of 64 units, 6 epochs of plain gradient descent on the digits",
    budget_s=60,
    smoke={"seeds": range(2), "epochs": 1},
)
def activation_hardly_matters(seeds: Sequence[int] = range(5), epochs: int = 6) -> Evidence:
    accuracy = {
        name: last("test_accuracy", "mlp", seeds, hidden="64", epochs=epochs, activation=name)
        for name in ("relu", "tanh", "gelu", "sigmoid")
    }
    friends, sigmoid = paired(accuracy["relu"], accuracy["tanh"]), paired(accuracy["relu"], accuracy["sigmoid"])
    matters = sigmoid.low > 0.05
    return Evidence(
        value={"gap": sigmoid.mean, "tanh": friends.mean},
        bound="above 0.05 in all of the interval would refute it",
        verdict="does not hold" if matters else "holds",
        interval=(sigmoid.low, sigmoid.high),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="a sigmoid in place of the ReLU" if matters else "",
        why_en="ReLU and tanh end {tanh:.3f} apart, but a sigmoid's slope is at most 1/4: it learns later, and ends "
        "{gap:.2f} below at the same budget.",
        why_zh="ReLU 与 tanh 只差 {tanh:.3f}；而 sigmoid 的斜率最多四分之一，学得慢，同样的轮数下低了 {gap:.2f}。",
    )
