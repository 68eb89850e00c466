"""Mistakes about layers, stages and cells that work at the same time."""

from tests.mutants.mutant import Mutant

TENSOR = "tests/parallel/test_tensor_parallel.py"
PIPELINE = "tests/parallel/test_pipeline.py"
SYSTOLIC = "tests/parallel/test_systolic.py"
MUTANTS = [
    Mutant("gradients of the input not summed", "parallel/tensor_parallel.py", "return tuple(all_reduce_sum(gradients))", "return gradients", TENSOR),
    Mutant("gradients of the output summed", "parallel/tensor_parallel.py", "        return gradients\n", "        return tuple(all_reduce_sum(gradients))\n", TENSOR),
    Mutant("the second bias added by every device", "parallel/tensor_parallel.py", "summands.append(hidden @ second.weight.mT)", "summands.append(second(hidden))", TENSOR),
    Mutant("a sum before the activation", "parallel/tensor_parallel.py", "self.activation(first(copy))", "first(copy)", TENSOR),
    Mutant("kept inputs counted as hidden", "parallel/tensor_parallel.py", "widths = first.out_features,", "widths = first.in_features,", TENSOR),
    Mutant("1F1B with a forward pass too many", "parallel/pipeline.py", "min(stages - 1 - stage, micro_batches)", "min(stages - stage, micro_batches)", PIPELINE),
    Mutant("a backward pass that waits for no stage", "parallel/pipeline.py", "{own, (stage + 1, task)}", "{own}", PIPELINE),
    Mutant("a backward pass frees nothing", "parallel/pipeline.py", 'if task.direction == "forward" else -1', 'if task.direction == "forward" else 0', PIPELINE),
    Mutant("micro-batches weighted alike", "parallel/pipeline_run.py", "(len(answers) / len(inputs))", "(1 / count)", PIPELINE),
    Mutant("gradients of an earlier batch added", "parallel/pipeline_run.py", "        stage.model.zero_grad()\n", "        pass\n", PIPELINE),
    Mutant("activations never freed", "parallel/pipeline_run.py", "        del self.held[micro_batch]\n", "", PIPELINE),
    Mutant("delivered within the tick", "parallel/pipeline_run.py", "sent.append((at, task, work(task.micro_batch)))", "_deliver(line, at, task, work(task.micro_batch)) if at == 0 and task.direction == 'forward' else sent.append((at, task, work(task.micro_batch)))", PIPELINE),
    Mutant("the last stage not counted", "parallel/stages.py", "(max(largest[at - 1], before[n] - before[at]), at)", "(largest[at - 1], at)", PIPELINE),
    Mutant("an empty stage", "parallel/stages.py", "for at in range(stage, n)", "for at in range(1, n + 1)", PIPELINE),
    Mutant("no skew", "parallel/systolic.py", "row = number - 1 - lines", "row = number - 1 - 0 * lines", SYSTOLIC),
    Mutant("bytes summed in bytes", "parallel/systolic.py", "(a.long(), b.long())", "(a, b)", SYSTOLIC),
    Mutant("tiles overwrite each other", "parallel/systolic_tiles.py", "left + column] += value", "left + column] = value", SYSTOLIC),
    Mutant("padding counted as work", "parallel/systolic_tiles.py", "clock.busy[:high, :wide].sum()", "clock.busy.sum()", SYSTOLIC),
    Mutant("a cycle too many", "parallel/systolic_tiles.py", "(a + height + width - 2)\n", "(a + height + width - 1)\n", SYSTOLIC),
]  # fmt: skip
