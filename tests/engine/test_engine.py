"""The engine's automatic differentiation against torch's, finite differences, and its own other mode."""

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lab import engine
from d2lab.core.errors import ConfigError
from d2lab.engine import Array, Dual, derivative, finite_difference, grad, graph_svg, jacobian, jvp, no_grad, vjp

# Each step of a random program: for our numbers and torch's alike, tamed so that nothing overflows.
UNARY = {
    "tanh": lambda x, _: x.tanh(),
    "sigmoid": lambda x, _: x.sigmoid(),
    "exp": lambda x, _: x.tanh().exp(),
    "log": lambda x, _: (x * x + 0.3).log(),
    "sqrt": lambda x, _: (x * x + 0.3).sqrt(),
    "sin": lambda x, _: x.sin(),
    "cos": lambda x, _: x.cos(),
    "relu": lambda x, _: x.relu(),
    "abs": lambda x, _: abs(x),
    "negative": lambda x, _: -x,
    "cube": lambda x, _: x.tanh() ** 3,
    "to the power of": lambda x, _: 1.7 ** x.tanh(),
    "one over": lambda x, _: 2 / (x * x + 0.5),
    "minus": lambda x, _: 1 - x,
    "sum": lambda x, of: of.sum(x, x.ndim - 1),
    "sum of all": lambda x, of: of.sum(x, None),
    "mean": lambda x, of: of.mean(x, 0) if x.ndim else x,
    "max": lambda x, of: of.max(x, x.ndim - 1),
    "flat": lambda x, _: x.reshape(-1),
    "turned": lambda x, of: of.turn(x),
    "picked twice": lambda x, _: x[[0, -1, 0]] if x.ndim else x,
    "sliced": lambda x, _: x[..., 0:2] if x.ndim else x,
    "square matrix": lambda x, of: x @ of.turn(x) if x.ndim else x,
    "joined": lambda x, of: of.join(x, x * 2) if x.ndim else x,
    "chosen": lambda x, of: of.where(x.tanh() > 0.1, x, x * x.tanh()),
}
BINARY = {
    "add": lambda x, y, _: x + y,
    "subtract": lambda x, y, _: x - y,
    "multiply": lambda x, y, _: x.tanh() * y,
    "divide": lambda x, y, _: x / (y * y + 0.5),
    "power": lambda x, y, _: (x.sigmoid() + 0.3) ** y.tanh(),
    "maximum": lambda x, y, of: of.maximum(x, y),
}
SHAPES = [(), (3,), (1,), (2, 3), (2, 1), (1, 3), (2, 2, 3)]


class Ours:
    sum = staticmethod(lambda x, axis: x.sum(axis) if x.ndim else x)
    mean = staticmethod(lambda x, axis: x.mean(axis))
    max = staticmethod(lambda x, axis: x.max(axis) if x.ndim else x)
    turn = staticmethod(lambda x: x.transpose(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2) if x.ndim > 1 else x)
    join = staticmethod(lambda x, y: engine.concatenate([x, y]))
    where = staticmethod(engine.where)
    maximum = staticmethod(lambda x, y: x.maximum(y))


class Torchs:
    sum = staticmethod(lambda x, axis: (x.sum() if axis is None else x.sum(axis)) if x.ndim else x)
    mean = staticmethod(lambda x, axis: x.mean(axis))
    max = staticmethod(lambda x, axis: x.amax(axis) if x.ndim else x)
    turn = staticmethod(lambda x: x.mT if x.ndim > 1 else x)
    join = staticmethod(lambda x, y: torch.cat([x, y]))
    where = staticmethod(torch.where)
    maximum = staticmethod(torch.maximum)


@st.composite
def programs(draw):
    """Leaves and a list of steps, each on earlier results; steps that fit no shape are left out when run."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
    seed = draw(st.integers(0, 10_000))
    leaves = [np.random.default_rng([seed, k]).normal(size=shape) for k, shape in enumerate(shapes)]
    if draw(st.booleans()):
        leaves = [leaf.round() for leaf in leaves]  # ties, zeros, corners
    names = st.sampled_from([*UNARY, *BINARY])
    steps = draw(st.lists(st.tuples(names, st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=7))
    return leaves, steps


def run(steps, leaves, of):
    """Carry a program out; the result depends on every intermediate one."""
    known = list(leaves)
    for name, first, second in steps:
        x, y = known[first % len(known)], known[second % len(known)]
        if name in UNARY:
            result = UNARY[name](x, of)
        else:
            try:
                np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
            except ValueError:
                continue
            result = BINARY[name](x, y, of)
        if np.prod(result.shape) <= 60:
            known.append(result)
    total = 0
    for number, result in enumerate(known):
        total = total + of.sum((result * (0.3 + number)).tanh(), None)
    return total


@given(programs())
@settings(deadline=None, max_examples=200)
def test_random_programs_have_torchs_values_and_gradients(program):
    leaves, steps = program
    mine = [Array(leaf, requires_grad=True) for leaf in leaves]
    theirs = [torch.tensor(leaf, requires_grad=True) for leaf in leaves]
    value, reference = run(steps, mine, Ours), run(steps, theirs, Torchs)
    assert value.item() == pytest.approx(reference.item(), rel=1e-12, abs=1e-12)
    value.backward()
    reference.backward()
    for ours, torchs in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(ours.grad, torchs.grad.numpy(), rtol=1e-9, atol=1e-11)


@given(programs(), st.integers(0, 99))
@settings(deadline=None, max_examples=100)
def test_forward_and_backward_mode_agree_on_random_programs(program, seed):
    """g (J t) = (g J) t."""
    leaves, steps = program
    tangents = tuple(np.random.default_rng([seed, k]).normal(size=leaf.shape) for k, leaf in enumerate(leaves))
    function = lambda *x: run(steps, x, Ours)  # noqa: E731
    _, tangent = jvp(function, tuple(leaves), tangents)
    _, pullback = vjp(function, *leaves)
    gradients = pullback(1.0)
    expected = sum(float((g * t).sum()) for g, t in zip(gradients, tangents, strict=True))
    assert float(tangent) == pytest.approx(expected, rel=1e-9, abs=1e-10)


@given(programs())
@settings(deadline=None, max_examples=60)
def test_random_smooth_programs_have_the_gradients_of_finite_differences(program):
    leaves, steps = program
    smooth = [step for step in steps if step[0] not in {"relu", "abs", "max", "maximum", "chosen"}]
    leaf = Array(leaves[0], requires_grad=True)
    run(smooth, [leaf, *map(Array, leaves[1:])], Ours).backward()
    lifted = lambda x: run(smooth, [x, *map(Array, leaves[1:])], Ours)  # noqa: E731
    np.testing.assert_allclose(leaf.grad, finite_difference(lifted, leaves[0]), rtol=1e-5, atol=1e-6)


MATMULS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((1, 2, 3), (5, 3, 2))]


@pytest.mark.parametrize(("left", "right"), [*MATMULS, ((3,), (5, 3, 2)), ((5, 2, 3), (3,))])
def test_matrix_products_of_every_rank_are_torchs(left, right):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=left), rng.normal(size=right)
    mine = [Array(v, requires_grad=True) for v in (x, y)]
    theirs = [torch.tensor(v, requires_grad=True) for v in (x, y)]
    ((mine[0] @ mine[1]).sin()).sum().backward()
    ((theirs[0] @ theirs[1]).sin()).sum().backward()
    for ours, torchs in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(ours.grad, torchs.grad.numpy(), rtol=1e-12, atol=1e-13)
    _, tangent = jvp(lambda a, b: (a @ b).sin().sum(), (x, y), (x, y))
    assert float(tangent) == pytest.approx(float((mine[0].grad * x).sum() + (mine[1].grad * y).sum()))


def test_gradients_add_up_over_uses_and_calls_until_they_are_cleared():
    x = Array(3.0, requires_grad=True)
    (x * x + x).backward()
    assert x.grad == 7
    (2 * x).backward()
    assert x.grad == 9
    x.zero_grad()
    assert x.grad is None


def test_corners_and_ties_have_torchs_gradients():
    for function, point, gradient in (
        (lambda x: x.relu(), [0.0, -1.0, 2.0], [0, 0, 1]),
        (abs, [0.0, -3.0], [0, -1]),
        (lambda x: x.max(), [2.0, 1.0, 2.0], [0.5, 0, 0.5]),
        (lambda x: x.maximum(1.0), [1.0, 3.0], [0.5, 1]),
    ):
        x = Array(point, requires_grad=True)
        function(x).sum().backward()
        assert x.grad.tolist() == gradient


def test_a_detached_value_is_a_constant():
    x = Array(3.0, requires_grad=True)
    (x.detach() * x).backward()
    assert x.grad == 3


def test_nothing_is_remembered_without_grad_and_the_switch_goes_back_even_after_an_error():
    x = Array(2.0, requires_grad=True)
    with no_grad():
        assert not (x * 2).requires_grad
    with pytest.raises(ConfigError), no_grad():
        x[0] = 1.0
    assert (x * 2).requires_grad


def test_control_flow_is_followed_as_it_ran():
    def halve_until_small(x):
        while x > 1:
            x = x / 2
        return x

    assert grad(halve_until_small)(13.0) == 1 / 16


def test_a_chain_deeper_than_pythons_stack():
    x = y = Array(1.0, requires_grad=True)
    for _ in range(20_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**20_000)


def test_a_diamond_of_shared_results_is_walked_once_each():
    x = y = Array(1.0, requires_grad=True)
    for _ in range(60):
        y = y + y  # 2^60 paths, 61 numbers
    y.backward()
    assert x.grad == 2.0**60


def test_an_array_from_numpy_on_the_left_asks_us():
    x = Array([1.0, 2.0], requires_grad=True)
    y = np.array([3.0, 4.0]) * x - np.float64(1.0)
    y.sum().backward()
    assert isinstance(y, Array)
    assert x.grad.tolist() == [3, 4]
    assert (np.eye(2) @ x).data.tolist() == [1, 2]


FUNCTIONS = {
    "scalar by scalar": (lambda x: x * x, 3.0, ()),
    "scalar by vector": (lambda x: (x * x).sum(), [1.0, 2.0, 3.0], (3,)),
    "vector by scalar": (lambda x: engine.stack([x, x * x, x.sin()]), 0.5, (3,)),
    "vector by vector": (lambda x: np.arange(6.0).reshape(2, 3) @ x.tanh(), [1.0, -0.2, 0.3], (2, 3)),
    "matrix by matrix": (lambda x: x.T @ x, np.arange(6.0).reshape(2, 3), (3, 3, 2, 3)),
}


@pytest.mark.parametrize(("function", "x", "shape"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_four_kinds_of_derivatives_and_one_more(function, x, shape):
    mine = derivative(function, x)
    assert mine.shape == shape
    np.testing.assert_allclose(mine, finite_difference(function, x), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 5), (5, 1), (3, 2)])
def test_both_modes_give_the_same_jacobian_and_cost_what_they_say(inputs, outputs):
    matrix = np.random.default_rng(0).normal(size=(outputs, inputs))
    function = lambda x: (matrix @ x).tanh()  # noqa: E731
    x = np.linspace(-1, 1, inputs)
    forward, reverse = jacobian(function, x, "forward"), jacobian(function, x, "reverse")
    np.testing.assert_allclose(forward.values, reverse.values, rtol=1e-13)
    expected = torch.autograd.functional.jacobian(lambda t: (torch.tensor(matrix) @ t).tanh(), torch.tensor(x))
    np.testing.assert_allclose(reverse.values, expected.numpy(), rtol=1e-12)
    assert (forward.passes, reverse.passes) == (inputs, outputs)


def test_an_input_that_is_not_used_has_gradient_0():
    _, pullback = vjp(lambda x, y: x * 2, 1.0, np.ones(3))
    assert pullback(1.0)[1].tolist() == [0, 0, 0]
    assert jacobian(lambda x: Array([1.0, 2.0]), [1.0]).values.tolist() == [[0], [0]]


def test_a_small_model_learns_xor():
    rng = np.random.default_rng(1)
    points, truths = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    weights = [Array(rng.normal(size=shape), requires_grad=True) for shape in ((2, 8), (8,), (8,), ())]

    def loss():
        hidden = (points @ weights[0] + weights[1]).tanh()
        return ((hidden @ weights[2] + weights[3]).sigmoid() - truths) ** 2

    for _ in range(600):
        loss().mean().backward()
        for weight in weights:
            weight.data = weight.data - 2.0 * weight.grad
            weight.zero_grad()
    assert float(loss().data.max()) < 0.05


def test_the_graph_is_valid_svg_with_names_values_and_gradients():
    w, x = Array([1.0, 2.0], requires_grad=True), Array([3.0, 4.0])
    loss = ((w * x).sum() - 1) ** 2
    loss.backward()
    figure = graph_svg(loss, {"w<&>": w, "loss": loss})
    root = ElementTree.fromstring(figure)  # noqa: S314  (our own text)
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"w<&>", "loss", "*", "sum", "-", "100", "1 2", "grad 60 80"} <= set(texts)
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(boxes) == 8  # w, x, *, sum, 1, -, 2, **
    corners = {(box.get("x"), box.get("y")) for box in boxes}
    assert len(corners) == len(boxes)


def test_the_engine_needs_no_torch():
    code = "import sys, d2lab.engine; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


x = Array([1.0, 2.0], requires_grad=True)
REFUSED = {
    "no leaf": (
        lambda: Array(1.0).backward(),
        "backward(): got 'an Array that needs no gradient', need one made from leaves that do. "
        "Make an input with requires_grad=True.",
    ),
    "several entries": (
        (x * 2).backward,
        "backward(): got 'shape (2,) and no gradient', need one entry, or a gradient. Sum first, or pass one.",
    ),
    "gradient": (lambda: (x * 2).backward(np.ones(3)), "the gradient of backward(): got (3,), need shape (2,)."),
    "item": (x.item, "item(): got 'shape (2,)', need a single entry."),
    "text": (lambda: Array("abc"), "the data of an Array: got 'str', need real numbers."),
    "in place": (
        lambda: x.__setitem__(0, 1.0),
        "an entry: got 'an assignment in place', need a new array. Build a new one with where or concatenate.",
    ),
    "no part": (lambda: engine.concatenate([]), "concatenate: got 'no part', need at least one."),
    "tangent": (lambda: Dual([1.0], [1.0, 2.0]), "the tangent of a Dual: got (2,), need the values' shape (1,)."),
    "tangents": (
        lambda: jvp(lambda a: a, (1.0,), ()),
        "jvp: got '0 tangents', need one for each of 1 inputs.",
    ),
    "grad": (
        lambda: grad(lambda a: a)([1.0, 2.0]),
        "grad: got 'an output of shape (2,)', need one entry. Use jacobian.",
    ),
    "output": (
        lambda: derivative(lambda a: 3.0, 1.0),
        "the function's output: got 'float', need an Array or Dual, made by operations of the engine.",
    ),
    "step": (lambda: finite_difference(lambda a: a, 1.0, 0.0), "the step: got 0.0, need a number above 0."),
}


@pytest.mark.parametrize(("mistake", "sentence"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_the_whole_sentence(mistake, sentence):
    with pytest.raises(ConfigError) as caught:
        mistake()
    assert str(caught.value) == sentence
