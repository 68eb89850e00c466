"""Mistakes about small types: in rounding, quantizing and loss scaling, and in the claims about them."""

from tests.mutants.mutant import Mutant

FORMAT, INTEGERS = "tests/layers/test_float_format.py", "tests/layers/test_quantize.py"
SCALE, CLAIMS = "tests/optimizers/test_loss_scale.py", "tests/claims/test_types.py"
QUICK = "tests/claims/test_claims.py -k float16-loses-small-gradients"
FILE = "claims/checks/ch17_types.py"
MUTANTS = [
    Mutant("rounded towards zero", "layers/float_format.py", "torch.round(wide", "torch.trunc(wide", FORMAT),
    Mutant("no subnormal numbers", "layers/float_format.py", "to.mantissa_bits  # numbers", "to.mantissa_bits + (exponent < lowest) * 99  # numbers", FORMAT),
    Mutant("exponent of frexp taken as it is", "layers/float_format.py", ".exponent.long() - 1", ".exponent.long()", FORMAT),
    Mutant("the largest number instead of infinity", "layers/float_format.py", "rounded > to.largest, torch.inf", "rounded > to.largest, to.largest", FORMAT),
    Mutant("the bias one too large", "layers/float_format.py", "(1 << (self.exponent_bits - 1)) - 1", "1 << (self.exponent_bits - 1)", FORMAT),
    Mutant("no gradient passes", "layers/float_format.py", "return x + (rounding(x.detach()) - x).detach()", "return rounding(x.detach()) + 0 * x", FORMAT),
    Mutant("the most negative code used", "layers/quantize.py", ".clamp(-level, level).to(", ".clamp(-level - 1, level).to(", INTEGERS),
    Mutant("one level too many", "layers/quantize.py", "return (1 << (bits - 1)) - 1", "return 1 << (bits - 1)", INTEGERS),
    Mutant("a gradient where it was clamped", "layers/quantize.py", "torch.where(inside, x, x.detach())", "x", INTEGERS),
    Mutant("one scale for all rows", "layers/quantize.py", "axis is None or one != axis % x.ndim", "True", INTEGERS),
    Mutant("scale of zeros", "layers/quantize.py", "torch.where(scale > 0, scale, torch.ones_like(scale))", "scale", INTEGERS),
    Mutant("multiplied twice, not divided", "optimizers/loss_scale.py", "gradient.mul_(1 / self.factor)", "gradient.mul_(self.factor)", SCALE),
    Mutant("a step with infinite gradients", "optimizers/loss_scale.py", "        if not taken:\n", "        if False:\n", SCALE),
    Mutant("good steps before a bad one count", "optimizers/loss_scale.py", "            self._good = 0\n            self.factor *=", "            self.factor *=", SCALE),
    Mutant("unscaled twice", "optimizers/loss_scale.py", "        if self._finite is None:\n            self.unscale_", "        if True:\n            self._finite = None\n            self.unscale_", SCALE),
    Mutant("an infinite scale", "optimizers/loss_scale.py", "grown if grown < torch.finfo(torch.float32).max else self.factor", "grown", SCALE),
    Mutant("plain gradient descent", FILE, 'OptimizerConfig(name="adam")', "OptimizerConfig()", f"{CLAIMS} -k several"),
    Mutant("scaled gradients are rounded after unscaling", FILE, "round_to_format(gradient, FLOAT16)", "round_to_format(gradient / factor, FLOAT16) * factor", QUICK),
    Mutant("training keeps float weights", FILE, '("during", bits, bits)', '("during", None, bits)', f"{CLAIMS} -k few-bits"),
    Mutant("an opinion is decided", FILE, 'verdict="not checkable"', 'verdict="holds"', f"{CLAIMS} -k price"),
]  # fmt: skip
