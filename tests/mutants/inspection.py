"""Mistakes in the inspection of models: counts, receptive fields, maps, similarity, times."""

from tests.mutants.mutant import Mutant

SUMMARY, FIELD, LOOK = (f"tests/inspection/test_{name}.py" for name in ("summary", "receptive", "looking"))
CHAIN = "tests/inspection/test_chain.py"
WINDOWS = f"{FIELD} -k window"
MUTANTS = [
    Mutant("groups forgotten", "inspection/multiply_adds.py", "* weight[0].numel()", "* weight.shape[2:].numel() * source.shape[1]", f"{SUMMARY} -k every_kind"),
    Mutant("transposed counted by its output", "inspection/multiply_adds.py", "(source if transposed else results[0])", "results[0]", f"{SUMMARY} -k every_kind"),
    Mutant("values of attention forgotten", "inspection/multiply_adds.py", "query.numel() // query.shape[-1] * key.shape[-2] * value.shape[-1]", "0", f"{SUMMARY} -k attention"),
    Mutant("shared weights counted twice", "inspection/summary.py", "self._new -= used.keys()", "pass", f"{SUMMARY} -k shared"),
    Mutant("views take memory", "inspection/summary.py", "0 if given or result._is_view() else", "", f"{SUMMARY} -k view"),
    Mutant("model left in evaluation", "inspection/summary.py", "module.training = mode", "pass", f"{SUMMARY} -k left"),
    Mutant("dilation forgotten without numbers", "inspection/shapes.py", "- d * (k - 1) - 1) // s", "- k) // s + 0 * d", f"{FIELD} -k without_numbers"),
    Mutant("pool without numbers rounds up", "inspection/shapes.py", "- d * (k - 1) - 1) // s + 1", "- d * (k - 1) - 1 + s - 1) // s + 1", f"{SUMMARY} -k rows_are_the_same"),
    Mutant("dilation widens by k", "inspection/receptive.py", "-p + d * (k - 1), s))", "-p + d * k - 1, s))", f"{FIELD} -k by_hand"),
    Mutant("stride doesn't move the jump", "inspection/receptive.py", "Span(*ends, self.jump * step,", "Span(*ends, self.jump,", f"{FIELD} -k published"),
    Mutant("padding on the wrong side", "inspection/receptive.py", "taps = s * np.arange(n)[:, None] - p", "taps = s * np.arange(n)[:, None] + p", WINDOWS),
    Mutant("padding is a pixel", "inspection/receptive.py", "np.where(inside, np.array(self.first)[taps], NOWHERE)", "np.array(self.first)[taps]", WINDOWS),
    Mutant("transposed hears all phases", "inspection/receptive.py", "np.where(scaled % s == 0, scaled // s, -1)", "scaled // s", WINDOWS),
    Mutant("adaptive windows end early", "inspection/receptive.py", "np.where(taps < -(-(places + 1) * n // m), taps, -1)", "np.where(taps < (places + 1) * n // m, taps, -1)", WINDOWS),
    Mutant("joined paths: the first decides", "inspection/receptive.py", "map(min, one.first, two.first), map(max, one.last, two.last)", "one.first, one.last", f"{FIELD} -k between"),
    Mutant("a gate sees its own position", "inspection/receptive.py", "one, two = self.together(count), other.together(count)", "pass", f"{FIELD} -k on_each_other"),
    Mutant("unknown operations keep the field", "inspection/receptive.py", "    return tuple(span.together() for span in field)\n\n\nRule", "    return field\n\n\nRule", f"{FIELD} -k unknown"),
    Mutant("weights of another class", "inspection/activation_map.py", "weights[list(classes)]", "weights[sorted(classes)]", f"{LOOK} -k mean_of_a_class"),
    Mutant("gradient summed for the mean", "inspection/activation_map.py", "gradient.mean((2, 3), keepdim=True)", "gradient.sum((2, 3), keepdim=True)", f"{LOOK} -k grad_cam"),
    Mutant("what speaks against is kept", "inspection/activation_map.py", ".sum(1).relu()", ".sum(1)", f"{LOOK} -k grad_cam"),
    Mutant("ending believed, not proven", "inspection/activation_map.py", "<= ROUNDING * scores", "<= 1e9 + ROUNDING * scores", f"{LOOK} -k ends_otherwise"),
    Mutant("biased likeness", "inspection/similarity.py", "return centered.fill_diagonal_(0)", "return centered", f"{LOOK} -k unbiased"),
    Mutant("centered by n", "inspection/similarity.py", "table.sum(1) / (count - 2)", "table.sum(1) / count", f"{LOOK} -k unbiased"),
    Mutant("an example meets itself", "inspection/similarity.py", "(flat @ flat.T).double().fill_diagonal_(0)", "(flat @ flat.T).double()", f"{LOOK} -k independent"),
    Mutant("way back counted to the wrong call", "inspection/timing.py", "        self._open[name] -= 1\n", "", f"{LOOK} -k every_call"),
    Mutant("the largest layers for the last", "inspection/features.py", "if output[0, 0].numel() > 1", "if output[0, 0].numel() > 30", f"{LOOK} -k main_layers"),
    Mutant("equal tensors for the same tensor", "inspection/chain.py", "read is not given or", "not isinstance(read, Tensor) or", f"{CHAIN} -k other_flow"),
    Mutant("what is behind the last layer is overlooked", "inspection/chain.py", "if calls and result is given else None", "if calls else None", f"{CHAIN} -k other_flow"),
    Mutant("a layer may be called twice", "inspection/chain.py", " or name in names:", ":", f"{CHAIN} -k other_flow"),
    Mutant("running statistics move", "inspection/chain.py", "                buffer.copy_(value)\n", "                pass\n", f"{CHAIN} -k as_before"),
    Mutant("generator moves", "inspection/chain.py", "with torch.random.fork_rng(devices=[device] if device.type == \"cuda\" else []):", "if True:", f"{CHAIN} -k as_before"),
]  # fmt: skip
