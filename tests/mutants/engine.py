"""Mistakes in automatic differentiation."""

from tests.mutants.mutant import Mutant

TABLE, ARRAY, DUAL, TOOLS = "engine/operations.py", "engine/array.py", "engine/dual.py", "engine/derivative.py"
ALL = "tests/engine/test_engine.py"
MUTANTS = [
    Mutant("gradient of a broadcast input not summed", TABLE, "gradient.sum(tuple(range(gradient.ndim - len(shape))))", "gradient[(0,) * (gradient.ndim - len(shape))]", ALL),
    Mutant("kept axes of length 1 not summed", TABLE, "summed.sum(repeated, keepdims=True) if repeated else summed", "summed.mean(repeated, keepdims=True) if repeated else summed", ALL),
    Mutant("product rule with its own factor", TABLE, "lambda out, x, y: (y, x)", "lambda out, x, y: (x, y)", ALL),
    Mutant("quotient without its sign", TABLE, "(1 / y, -out / y)", "(1 / y, out / y)", ALL),
    Mutant("power not lowered", TABLE, "n * x ** np.where(n == 0, 1, n - 1)", "n * x**n", ALL),
    Mutant("exponent gets no gradient", TABLE, "out * _log_or_0(x)", "0 * out", ALL),
    Mutant("tanh squared before", TABLE, "lambda out, x: (1 - out**2,)", "lambda out, x: (1 - x**2,)", ALL),
    Mutant("sign of the cosine", TABLE, "(-np.sin(x),)", "(np.sin(x),)", ALL),
    Mutant("derivative 1 at the corner", TABLE, "np.where(x > 0, 1.0, 0.0)", "np.where(x >= 0, 1.0, 0.0)", ALL),
    Mutant("ties count twice", TABLE, "np.asarray(largest / largest.sum(fixed[\"axis\"], keepdims=True))", "largest", ALL),
    Mutant("an entry picked twice gets one gradient", TABLE, 'np.add.at(whole, fixed["index"], gradient)', 'whole[fixed["index"]] = gradient', ALL),
    Mutant("axes not put back", TABLE, 'g.transpose(np.argsort(f["axes"]))', 'g.transpose(f["axes"][::-1])', ALL),
    Mutant("matrix product the wrong way round", TABLE, "by_left, by_right = whole @ right.swapaxes(-1, -2), left.swapaxes(-1, -2) @ whole", "by_left, by_right = whole @ right.swapaxes(-1, -2), (whole.swapaxes(-1, -2) @ left)", ALL),
    Mutant("forward product without its second term", TABLE, "t[0] @ i[1] + i[0] @ t[1]", "t[0] @ i[1]", ALL),
    Mutant("second use overwrites the first", ARRAY, "part if before is None else np.asarray(before + part)", "part", ALL),
    Mutant("second call overwrites the first", ARRAY, "gradient.copy() if array.grad is None else np.asarray(array.grad + gradient)", "gradient.copy()", ALL),
    Mutant("parents before children", ARRAY, "for array in reversed(topological_order(self)):", "for array in topological_order(self)[-1:] + topological_order(self)[:-1]:", ALL),
    Mutant("detached in name only", ARRAY, "return Array(self.data)", "return self", ALL),
    Mutant("switch not put back", ARRAY, "    try:\n        yield\n    finally:\n        _recording = before", "    yield\n    _recording = before", ALL),
    Mutant("constants have a tangent", DUAL, "np.zeros(self.data.shape) if tangent is None", "np.ones(self.data.shape) if tangent is None", ALL),
    Mutant("gradients of the last row kept", TOOLS, "            leaf.zero_grad()\n", "            pass\n", ALL),
    Mutant("one-sided difference", TOOLS, "for s in (size, -size))", "for s in (size, 0.0))", ALL),
    Mutant("Jacobian transposed", TOOLS, "np.stack(columns, -1).reshape((*columns[0].shape, *point.shape)), len(columns))", "np.stack(columns).reshape((*columns[0].shape, *point.shape)), len(columns))", ALL),
    Mutant("the more expensive mode", TOOLS, '"forward" if point.size < outputs else "reverse").values', '"backward").values', ALL),
]  # fmt: skip
