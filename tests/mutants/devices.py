"""Mistakes about devices: what is counted, what is waited for, what is copied."""

from tests.mutants.mutant import Mutant

SPEED, PLACE, SPLIT = (
    "tests/core/test_device_speed.py",
    "tests/core/test_device.py",
    "tests/parallel/test_split_batch.py",
)
WAITS, MEMORY = "tests/train/test_hidden_waits.py", "tests/train/test_memory.py"
MUTANTS = [
    Mutant("the order is timed, not the work", "core/timing.py", "        synchronize(device)\n        laps", "        laps", SPEED),
    Mutant("warm-up counted", "core/timing.py", "    action()\n    synchronize(device)\n    begin", "    begin", SPEED),
    Mutant("bytes within a device counted once", "core/bandwidth.py", '"copy": 2 * _rate', '"copy": _rate', SPEED),
    Mutant("to and from swapped", "core/bandwidth.py", '"to": _rate(here, there, device, clock), "from": _rate(there, here', '"to": _rate(there, here, device, clock), "from": _rate(here, there', SPEED),
    Mutant("additions forgotten", "core/matrix_rate.py", "return 2 * rows", "return rows", SPEED),
    Mutant("luck of the caller used", "core/matrix_rate.py", "torch.randn(size, size, generator=draw)", "torch.randn(size, size)", SPEED),
    Mutant("cuda is not cuda:0", "core/device.py", "return torch.device(device.type, torch.get_device_module(device.type).current_device())", "return device", PLACE),
    Mutant("a shared weight counted twice", "core/device.py", "for tensor in chain(model.parameters(), model.buffers()):\n        counts", "for tensor in chain(model.state_dict().values()):\n        counts", PLACE),
    Mutant("a lone number refused", "core/device.py", " and not number", "", PLACE),
    Mutant("parts weighted alike", "parallel/split_batch.py", "(len(part) / len(inputs))", "(1 / len(replicas))", SPLIT),
    Mutant("sums of losses, not means", "parallel/split_batch.py", " * (len(part) / len(inputs))", "", SPLIT),
    Mutant("mean of no example", "parallel/split_batch.py", "if len(part):", "if True:", SPLIT),
    Mutant("old gradients added", "parallel/split_batch.py", "        replica.zero_grad()\n", "", SPLIT),
    Mutant("copies share weights", "parallel/split_batch.py", "copy.deepcopy(model).to(device)", "model.to(device)", SPLIT),
    Mutant("copies share a gradient", "parallel/collectives.py", "total.to(part.device, copy=True)", "total.to(part.device)", SPLIT),
    Mutant("a part is changed by the sum", "parallel/collectives.py", "total = parts[0].clone()", "total = parts[0]", SPLIT),
    Mutant("a loss read at every step", "train/train_step.py", "        return Step(result.loss.detach(), detach", "        result.loss.item()\n        return Step(result.loss.detach(), detach", WAITS),
    Mutant("a batch prepared elsewhere", "train/train_step.py", "        return self.prepare_batch(batch)", "        return self.prepare_batch(Batch(batch.inputs.new_ones(batch.inputs.shape, device='cpu'), batch.targets)).to(batch.inputs.device)", WAITS),
    Mutant("a loss read as it is held", "train/loop.py", "        self._buffered.append((result.loss", "        result.loss.item()\n        self._buffered.append((result.loss", WAITS),
    Mutant("a hole from the processor", "vision/augment.py", "images = images.masked_fill(holes, GRAY)", "images = torch.where(holes, torch.tensor(GRAY), images)", WAITS),
    Mutant("a batch at a time to the device", "train/evaluate.py", "split = as_split(split.held().whole().to(device))", "pass", WAITS),
    Mutant("group of images as stored", "data/batches.py", "tensors_of(self.prepare(self.whole.map(lambda tensor: tensor[:1])).inputs)", "tensors_of(self.whole.map(lambda tensor: tensor[:1]).inputs)", WAITS),
    Mutant("weights counted as activations", "train/memory.py", " if address not in own", "", MEMORY),
    Mutant("one address for all", "train/memory.py", "int(tensor.untyped_storage()._cdata)", "tensor.data_ptr()", MEMORY),
    Mutant("gradients of frozen layers", "train/memory.py", "[p for p in empty.parameters() if p.requires_grad]", "[p.requires_grad_() for p in empty.parameters()]", MEMORY),
]  # fmt: skip
