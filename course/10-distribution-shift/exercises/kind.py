import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def tables_of_a_shift(draw: RandomInputs):
    labels, inputs = draw.size(2, 4), draw.size(2, 5)
    table, other = (draw.uniform(labels, inputs, low=0.1) for _ in range(2))
    before, other = table / table.sum(), other / other.sum()
    after = {
        "none": before,
        "covariate": before / before.sum(0) * other.sum(0),
        "label": before / before.sum(1, keepdim=True) * other.sum(1, keepdim=True),
        "concept": other / other.sum(0) * before.sum(0),
    }[draw.choice(["none", "covariate", "label", "concept"])]
    rounded = draw.choice([0, 1e-6]) * draw.uniform(labels, inputs, low=-1)
    return before, after * (1 + rounded)


@exercise("kinds-of-shift", order=1, zh="哪一种偏移", en="Which kind of shift", arguments=tables_of_a_shift)
def kind(before: Tensor, after: Tensor) -> str:
    """Return which kind of shift leads from one joint table to another.

    求从一张联合分布表到另一张，是哪一种偏移。

    "none" where no conditional and no marginal has changed, "covariate" where p(y|x) has stayed, "label" where p(x|y)
    has stayed, "concept" where both have changed. Numbers that differ by less than 1e-4 have stayed.
    什么都没变是 "none"；p(y|x) 没变是 "covariate"；p(x|y) 没变是 "label"；两个都变了是 "concept"。相差不到 1e-4 算没变。

    Args:
        before: (labels, inputs), p(y, x); all entries sum to 1. 联合分布，所有数之和为 1。
        after: (labels, inputs), q(y, x).

    >>> kind(torch.tensor([[0.4, 0.1], [0.2, 0.3]]), torch.tensor([[0.2, 0.3], [0.4, 0.1]]))
    'concept'
    """
    raise NotImplementedError


def _differ(one, other, tolerance=1e-4):
    return bool((one - other).abs().max() > tolerance)


def _named(before, after, given_x, given_y, tolerance=1e-4):
    if not _differ(before, after, tolerance):
        return "none"
    if not _differ(given_x(before), given_x(after), tolerance):
        return "covariate"
    return "concept" if _differ(given_y(before), given_y(after), tolerance) else "label"


def _by_columns(table):
    return table / table.sum(0)


def _by_rows(table):
    return table / table.sum(1, keepdim=True)


@kind.solution(
    en="Columns over their sums are p(y|x), rows over theirs are p(x|y). Equal tables mean no shift; then see which of "
    "the two conditionals has stayed.",
    zh="每列除以列和是 p(y|x)，每行除以行和是 p(x|y)。两张表相等就没有偏移；再看哪个条件分布没变。",
)
def kind(before, after):
    def stays(one, other):
        return bool((one - other).abs().max() < 1e-4)

    if stays(before, after):
        return "none"
    if stays(before / before.sum(0), after / after.sum(0)):
        return "covariate"
    rows = [table / table.sum(1, keepdim=True) for table in (before, after)]
    return "label" if stays(*rows) else "concept"


@kind.mistake(
    en="Covariate and label have changed places: p(y|x) divides by the sum over labels, along a column.",
    zh="协变量和标签弄反了：p(y|x) 除以对标签的和，也就是列和。",
)
def wrong_axis(before, after):
    return _named(before, after, _by_rows, _by_columns)


@kind.mistake(
    en="The joint tables were compared: divide by the marginals to get conditionals.",
    zh="比较的是联合分布：除以边缘分布，才是条件分布。",
)
def not_normalized(before, after):
    return "concept" if _differ(before, after) else "none"


@kind.mistake(
    en="Named by the marginal that stayed: a covariate shift is one where p(x) may change.",
    zh="按没变的边缘分布取了名：协变量偏移里，会变的正是 p(x)。",
)
def upside_down(before, after):
    if not _differ(before, after):
        return "none"
    if not _differ(before.sum(0), after.sum(0)):
        return "covariate"
    return "concept" if _differ(before.sum(1), after.sum(1)) else "label"


@kind.mistake(
    en="Only p(x) was looked at: where it has changed, p(y|x) may have changed as well.",
    zh="只看了 p(x)：它变了的时候，p(y|x) 也可能变了。",
)
def inputs_alone(before, after):
    return "covariate" if _differ(before.sum(0), after.sum(0)) else "concept" if _differ(before, after) else "none"


@kind.mistake(
    en="Without a tolerance rounding counts as a change.",
    zh="没有留容差，舍入误差也算成变化了。",
)
def no_tolerance(before, after):
    return _named(before, after, _by_columns, _by_rows, 0)
