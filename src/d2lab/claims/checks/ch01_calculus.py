"""Chapter 1: derivatives, and their figures."""

import math
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.reference import relative_difference
from d2lab.engine import derivative, finite_difference, grad, jvp
from d2lab.plot import lines, save


@claim(
    chapter=1,
    kind="identity",
    en="A derivative is the limit of difference quotients: for 3x^2 - 4x at 1 they approach 2.",
    zh="导数是差商的极限：3x^2 - 4x 在 1 处的差商趋于 2。",
    scope="steps from 0.1 down to 0.00001",
)
def a_derivative_is_a_limit_of_quotients() -> Evidence:
    def function(x: float) -> float:
        return 3 * x * x - 4 * x

    steps = [10.0**-power for power in range(1, 6)]
    errors = [(function(1 + step) - function(1.0)) / step - 2 for step in steps]
    expected = max(abs(error / (3 * step) - 1) for error, step in zip(errors, steps, strict=True))
    return Evidence(
        value={"error": errors[-1], "off_formula": expected},
        bound="an error of 3 times the step, to 0.0001 of it, at each of 5 steps",
        verdict=within(expected, 1e-4),
        n=len(steps),
        why_en="The quotient is 2 + 3h exactly, so its error shrinks as the step does, down to {error:.0e}.",
        why_zh="差商恰为 2 + 3h，误差随步长一同缩小，最后只有 {error:.0e}。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="The smaller the step, the closer the difference quotient comes to the derivative.",
    zh="步长越小，差商就越接近导数。",
)
def smaller_steps_give_better_derivatives() -> Evidence:
    steps = [10.0**-power for power in range(1, 16)]
    errors: dict[str, list[float]] = {}
    for number in (np.float64, np.float32):
        one, three, four = number(1), number(3), number(4)
        places = [(one, one + number(step), number(step)) for step in steps]
        quotients = [((three * b * b - four * b) - (three * a * a - four * a)) / step for a, b, step in places]
        errors[number.__name__] = [abs(float(quotient) - 2) or math.nan for quotient in quotients]  # 0 has no logarithm
    best, last = np.nanmin(errors["float64"]), errors["float64"][-1]
    single = steps[int(np.nanargmin(errors["float32"]))]
    double = steps[int(np.nanargmin(errors["float64"]))]
    fails = last > 10 * best
    return Evidence(
        value={"last_error": last, "best_error": float(best), "best_step": double, "best_step_float32": single},
        bound="the error at the smallest step, 1e-15, at most 10 times the least error",
        verdict="does not hold" if fails else "holds",
        n=len(steps),
        counterexample="in float32, 1 + 1e-8 is 1, and the quotient 0" if fails else "",
        why_en="Two nearly equal numbers are subtracted: the digits that are left are rounding, and the step in the "
        "denominator enlarges it. The best step is {best_step:.0e} in float64 and {best_step_float32:.0e} in float32; "
        "at the smallest the error is {last_error:.2g}.",
        why_zh="两个几乎相等的数相减，剩下的只是舍入误差，再除以很小的步长便被放大。float64 的最佳步长是 "
        "{best_step:.0e}，float32 是 {best_step_float32:.0e}；步长最小时误差达 {last_error:.2g}。",
        figure=partial(
            lines,
            steps[::-1],
            {name: values[::-1] for name, values in errors.items()},
            title="Smaller steps do not give better derivatives",
            subtitle="error of the difference quotient of 3x^2 - 4x at 1",
            horizontal="step",
            vertical="error",
            log="xy",
        ),
    )


@claim(
    chapter=1,
    kind="identity",
    en="The gradient is orthogonal to the level curves of a function.",
    zh="梯度垂直于函数取值不变的曲线（等高线）。",
)
def gradients_are_orthogonal_to_level_curves() -> Evidence:
    def function(point: Any) -> Any:  # noqa: ANN401  (of Arrays and Duals alike)
        return (point * point / np.array([9.0, 4.0])).sum()

    products = []
    for angle in np.linspace(0, 2 * math.pi, 24, endpoint=False):
        point = np.array([3 * math.cos(angle), 2 * math.sin(angle)])  # on the ellipse where the function is 1
        along = np.array([-3 * math.sin(angle), 2 * math.cos(angle)])
        products += [float(grad(function)(point) @ along), float(jvp(function, (point,), (along,))[1])]
    difference = max(map(abs, products))
    return Evidence(
        value={"product": difference},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=len(products),
        why_en="Along such a curve the function's change, gradient times direction, is 0 by definition; both modes of "
        "our engine find so at 24 points of an ellipse.",
        why_zh="沿等高线走，函数的变化（梯度与方向的内积）按定义为 0；自动求导的两种模式在椭圆的 24 "
        "个点上都得到这一结果。",
    )


@claim(
    chapter=1,
    kind="identity",
    en="The derivative of a scalar by a scalar is a scalar, of a vector by a scalar a column, of a scalar by a vector "
    "a row, of a vector by a vector a matrix.",
    zh="标量对标量求导得标量，向量对标量求导得列向量，标量对向量求导得行向量，向量对向量求导得矩阵。",
    scope="numerator layout; autograd keeps the shape of x instead",
)
def derivatives_come_in_four_shapes() -> Evidence:
    matrix, vector = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.5, -1.0, 2.0])
    kinds = {
        "scalar by scalar": (lambda x: x * x, 3.0, ()),
        "vector by scalar": (lambda x: x * x * vector, 3.0, (3,)),
        "scalar by vector": (lambda x: (x * x).sum(), vector, (3,)),
        "vector by vector": (lambda x: (matrix @ x).tanh(), vector, (2, 3)),
    }
    differences, wrong = [], 0
    for function, place, shape in kinds.values():
        found = derivative(function, place)
        wrong += found.shape != shape
        apart = torch.tensor(found), torch.tensor(finite_difference(function, place))
        differences.append(relative_difference(*apart))
    column = torch.ones(3, 1, requires_grad=True)
    (by_column,) = torch.autograd.grad((column * column).sum(), column)
    kept = int(by_column.shape == column.shape)
    right = wrong == 0 and max(differences) <= 1e-6
    return Evidence(
        value={"difference": max(differences), "wrong_shapes": wrong, "kept": kept},
        bound="at most 1e-6 from finite differences, and no shape wrong; holds outside its scope if autograd gives "
        "rows",
        verdict="does not hold" if not right else "holds in scope" if kept else "holds",
        n=len(kinds),
        counterexample="torch returns the gradient of a sum of squares with respect to a 3 x 1 column as 3 x 1, not 1 "
        "x 3"
        if kept
        else "",
        why_en="Output axes first, input axes behind: that is the layout of Jacobians. Autograd returns the shape of "
        "x, so that x minus learning rate times gradient needs no transpose.",
        why_zh="先排输出的轴，再排输入的轴，这就是雅可比矩阵的布局。自动求导则按 x 的形状给出结果，"
        "这样 x 减去学习率乘梯度时无需转置。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="A few helpers draw curves with named axes and a legend, as SVG.",
    zh="几个辅助函数就能画出带坐标轴名称和图例的曲线，并输出为 SVG。",
    budget_s=10,
    scope="d2lab.plot, without a display or a notebook; the notes' own helpers, which need IPython, are not run",
)
def curves_can_be_drawn_without_a_notebook() -> Evidence:
    xs = np.linspace(0, 3, 31)
    series = {"f(x)": (3 * xs**2 - 4 * xs).tolist(), "tangent at 1": (2 * xs - 3).tolist()}
    figure = lines(xs.tolist(), series, title="A tangent", horizontal="x", vertical="y")
    axes = figure.axes[0]
    with tempfile.TemporaryDirectory() as folder:
        svg, png = save(figure, Path(folder) / "tangent")
        drawing, raster = svg.read_text(encoding="utf-8"), png.read_bytes()
    named = {line.get_gid(): line for line in axes.get_lines()}
    facts = {
        "a line for each": all(np.array_equal(named[name].get_ydata(), ys) for name, ys in series.items()),
        "each is named": all(name in {text.get_text() for text in axes.texts} for name in series),
        "the axes are named": axes.get_xlabel() == "x" and axes.get_title(loc="left") == "y",
        "an SVG": "<svg" in drawing and 'id="f(x)"' in drawing,
        "a PNG": raster.startswith(b"\x89PNG"),
    }
    failed = [name for name, true in facts.items() if not true]
    return Evidence(
        value={"failed": len(failed), "facts": len(facts)},
        bound="0 failed",
        verdict="does not hold" if failed else "holds",
        n=len(facts),
        counterexample=", ".join(failed),
        why_en="A figure that is an object, not the state of a notebook cell, can be saved anywhere: {failed} of "
        "{facts} facts failed.",
        why_zh="图是一个对象，而不是笔记本单元格里的状态，因此在哪里都能保存：{facts} 项中有 {failed} 项不符。",
    )
