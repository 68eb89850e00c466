"""Mistakes in the profile of a training step: costs, limits, phases, the bottleneck, checkpoints."""

from tests.mutants.mutant import Mutant

COSTS, ROOF, CHECKPOINTS = (f"tests/inspection/test_{name}.py" for name in ("layer_costs", "roofline", "checkpointing"))
PROFILE = "tests/experiments/test_profile.py"
MUTANTS = [
    Mutant("nodes stay with whoever comes next", "inspection/owners.py", "        self._claim(_tensors(inputs))\n        self._stack", "        self._stack", f"{COSTS} -k between"),
    Mutant("backward pass of the outermost module", "inspection/owners.py", "            if node in self._nodes:\n                continue\n", "", f"{COSTS} -k between"),
    Mutant("hooks stay", "inspection/owners.py", "                hook.remove()", "                pass", f"{COSTS} -k in_reverse"),
    Mutant("outputs are free", "inspection/operation_costs.py", " + sum(map(_stored, _tensors(results)))", "", f"{COSTS} -k closed_form"),
    Mutant("views cost", "inspection/operation_costs.py", "if operation.is_view or packet in EMPTY:", "if packet in EMPTY:", f"{COSTS} -k elementwise"),
    Mutant("products counted by elements", "inspection/operation_costs.py", "    if packet in counted:", "    if packet in EMPTY:", f"{COSTS} -k multiply_add"),
    Mutant("reads not noticed", "inspection/operation_costs.py", "            cost.reads += 1", "            pass", f"{COSTS} -k number_that_is_read"),
    Mutant("weights are activations", "inspection/layer_costs.py", "if address not in self._own:", "if True:", f"{COSTS} -k without_numbers"),
    Mutant("a tensor kept twice counts twice", "inspection/layer_costs.py", "    return int(tensor.untyped_storage()._cdata)", "    return id(tensor)", f"{COSTS} -k without_numbers"),
    Mutant("the shortest limit bounds", "inspection/roofline.py", "return max(times, key=", "return min(times, key=", f"{ROOF} -k takes_longest"),
    Mutant("bandwidth of the largest copy for all", "inspection/roofline.py", "cost.bytes / roof.bandwidth(cost.largest)", "cost.bytes / roof.bandwidth(2**20)", f"{ROOF} -k takes_longest"),
    Mutant("rate of float32 for all formats", "inspection/roofline.py", "cost.flops / roof.rate(precision)", 'cost.flops / roof.rate("float32")', f"{ROOF} -k each_limit"),
    Mutant("overhead without a count", "inspection/roofline.py", "cost.operations * roof.operation_s", "roof.operation_s", f"{ROOF} -k each_limit"),
    Mutant("a copy counted once", "inspection/roofline.py", "{2 * size: copy", "{size: copy", f"{ROOF} -k machine"),
    Mutant("the worst round counts", "inspection/roofline.py", "{key: max(found[key]", "{key: min(found[key]", f"{ROOF} -k best_round"),
    Mutant("all groups are computed twice", "inspection/checkpointing.py", "for group in groups[:-1] for unit in group), 0.0)", "for group in groups for unit in group), 0.0)", f"{CHECKPOINTS} -k root"),
    Mutant("inputs of groups are free", "inspection/checkpointing.py", "peak = other_bytes + sum(group[0].input_bytes for group in groups)", "peak = other_bytes", f"{CHECKPOINTS} -k lower_peak"),
    Mutant("groups filled from the left", "inspection/checkpointing.py", "            if price < least[end]:", "            if least[first] < math.inf:", f"{CHECKPOINTS} -k lower_peak"),
    Mutant("preparation is no data", "experiments/profile.py", 'self.phases["data"] + self.phases["prepare"]', 'self.phases["data"]', f"{PROFILE} -k largest_cause"),
    Mutant("what is no layer's is lost", "experiments/profile.py", '        taken["overhead"] += max(', '        taken["metrics"] += 0 * max(', f"{PROFILE} -k largest_cause"),
    Mutant("the smallest cause is named", "experiments/profile.py", "key=lambda pair: -pair[1]", "key=lambda pair: pair[1]", f"{PROFILE} -k largest_cause"),
    Mutant("backward time forgotten", "experiments/profile.py", "return self.forward_s + self.backward_s", "return self.forward_s", f"{PROFILE} -k largest_cause"),
    Mutant("waiting is not timed", "experiments/step_times.py", '        mark("data")\n        batch = next(self._endless)', '        batch = next(self._endless)\n        mark("data")', f"{PROFILE} -k slow_data"),
    Mutant("metrics are not updated", "experiments/step_times.py", "            metric.update(result.outputs, result.batch)", "            metric.compute", f"{PROFILE} -k reads_every"),
    Mutant("the task stays marked", "experiments/step_times.py", "        train_step.task = task\n        del", "        del", f"{PROFILE} -k as_it_was"),
    Mutant("steps behind the schedule", "experiments/step_times.py", "            self.train_step.step = 0 ", "            pass ", f"{PROFILE} -k behind_its_end"),
    Mutant("passes scaled together", "experiments/step_times.py", "if key[1] is backward}", "}", f"{PROFILE} -k with_hooks"),
    Mutant("a time belongs to the mark behind it", "inspection/timeline.py", "for (key, begin), (_, end) in", "for (_, begin), (key, end) in", f"{PROFILE} -k timeline"),
]  # fmt: skip
