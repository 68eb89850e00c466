"""Mistakes with weights of others: what silently gives a model that works a little worse, or believes a bad file."""

from tests.mutants.mutant import Mutant

TUNE, START = "tests/models/test_finetune.py", "tests/experiments/test_start.py"
LOAD, NETWORK = "tests/pretrained/test_load.py", "tests/pretrained/test_network.py"
STEP = "tests/train/test_train_step.py"
LITE, BACKBONE = "tests/models/test_lite.py", "tests/pretrained/test_backbone.py"
MUTANTS = [
    Mutant("statistics of frozen layers go on", "models/finetune.py", 'module.__dict__["train"] = MethodType(_stay, module)', "pass", f"{TUNE} -k frozen"),
    Mutant("frozen for training only until the first evaluation", "models/finetune.py", "            module.eval()\n", "            pass\n", f"{TUNE} -k frozen"),
    Mutant("layer named is not frozen itself", "models/finetune.py", "if number > last:", "if number >= last:", f"{TUNE} -k frozen"),
    Mutant("head frozen with the body", "models/finetune.py", "names.index(find_head(model).name) - 1", "names.index(find_head(model).name)", f"{TUNE} -k bit"),
    Mutant("half-frozen block stops measuring", "models/finetune.py", "if number + sum(1 for _ in module.modules()) - 1 <= last:", "if True:", f"{TUNE} -k bit"),
    Mutant("modes not given back", "models/finetune.py", 'module.__dict__.pop("train", None)', "pass", f"{TUNE} -k unfreezing"),
    Mutant("rows the wrong way round", "models/finetune.py", "head.weight[here] = weight[there]", "head.weight[there] = weight[here]", f"{TUNE} -k rows"),
    Mutant("bias of the class forgotten", "models/finetune.py", "0.0 if bias is None else bias[there]", "0.0", f"{TUNE} -k rows"),
    Mutant("frozen weights decay", "models/finetune.py", "for parameter in model.parameters() if parameter.requires_grad]", "for parameter in model.parameters()]", f"{TUNE} -k groups"),
    Mutant("factor forgotten when the rate is set", "optimizers/build.py", 'learning_rate * group.get("lr_scale", 1.0)', "learning_rate", f"{START} -k rate"),
    Mutant("factor grows with every step", "optimizers/build.py", 'group["lr"] = learning_rate * group.get', 'group["lr"] = group["lr"] * group.get', f"{START} -k rate"),
    Mutant("numbers of the state in the order of the model", "train/train_step.py", 'self.parameters = [p for group in self.optimizer.param_groups for p in group["params"]]', "self.parameters = list(model.parameters())", f"{STEP} -k kept"),
    Mutant("source read in vain", "experiments/build.py", "        initialize_from(model)\n", "        pass\n", f"{START} -k begins_with"),
    Mutant("source needed to go on", "experiments/run.py", "initialize = None if checkpoint is not None else", "initialize =", f"{START} -k without_its_source"),
    Mutant("another source not noticed", "train/finetune.py", "finetune.sha256 is not None and finetune.sha256 != sha256", "False", f"{START} -k killed"),
    Mutant("old head kept", "train/finetune.py", "{**tensors, **drawn}", "{**drawn, **tensors}", f"{START} -k begins_with"),
    Mutant("classes keep their old numbers", "experiments/classes.py", "Split(split.subset(kept).held().inputs, renamed[kept])", "Split(split.subset(kept).held().inputs, split.targets[kept])", f"{START} -k numbered"),
    Mutant("layer that standardizes multiplies", "layers/normalize.py", "(image - self.mean) / self.std", "(image - self.mean) * self.std", f"{LOAD} -k resnet18"),
    Mutant("mean of bytes", "layers/normalize.py", "(image - self.mean) /", "(image - self.mean * 255) /", f"{LOAD} -k pictures"),
    Mutant("square cut from the corner", "vision/resample.py", "top, left = (round((length - side) / 2.0) for length in size)", "top, left = 0, 0", f"{LOAD} -k pictures"),
    Mutant("longer side resized", "vision/resample.py", "short = min(height, width)", "short = max(height, width)", f"{LOAD} -k pictures"),
    Mutant("tensors by their order in the file", "pretrained/load.py", "    theirs = _in_library(origin, tensors)\n", "    theirs = dict(zip(_in_library(origin, tensors), [t for k, t in _in_library(origin, tensors).items() if k not in tensors] + list(tensors.values())))\n", f"{LOAD} -k early"),
    Mutant("early names not understood", "pretrained/load.py", "OLD_DENSENET.sub(", "re.compile('never').sub(", f"{LOAD} -k early"),
    Mutant("missing tensors overlooked", "pretrained/load.py", "if missing or answer.unexpected_keys:", "if answer.unexpected_keys:", f"{LOAD} -k too_few"),
    Mutant("pickle runs what it asks for", "pretrained/weights.py", "weights_only=True", "weights_only=False", f"{LOAD} -k runs_nothing"),
    Mutant("checksum in the name ignored", "pretrained/weights.py", "if digits and not found.startswith(digits[1]):", "if False:", f"{LOAD} -k checksum"),
    Mutant("fingerprint without shapes", "pretrained/weights.py", "{tuple(tensor.shape)}", "", f"{LOAD} -k fingerprint"),
    Mutant("cache believed unseen", "pretrained/store.py", 'hashlib.sha256(content).hexdigest() != manifest.get("sha256")', "False", f"{NETWORK} -k damaged"),
    Mutant("any content will do", "data/download.py", "if not found.startswith(file.sha256):", "if False:", f"{NETWORK} -k believed"),
    Mutant("checksum of the hub not asked for", "pretrained/hub.py", '(tag if re.fullmatch("[0-9a-f]{64}", tag) else "")', '""', f"{NETWORK} -k believed"),
    Mutant("zero over goes to the left", "models/lite.py", "return count // 2, count - count // 2", "return count - count // 2, count // 2", f"{LITE} -k padding"),
    Mutant("rows and columns of zeros exchanged", "models/lite.py", "pad(x, (*columns, *rows))", "pad(x, (*rows, *columns))", f"{LITE} -k definition"),
    Mutant("torch's epsilon", "models/lite.py", "EPSILON = 1e-3", "EPSILON = 1e-5", f"{LITE} -k timm"),
    Mutant("last stage is deepened", "models/lite.py", "number in (1, len(STAGES))", "number == 1", f"{LITE} -k timm"),
    Mutant("channels far below what was wanted", "models/lite.py", "near if near >= 0.9 * wanted else near + 8", "near", f"{LITE} -k multiples"),
    Mutant("bytes of a package believed unseen", "pretrained/wheel.py", "if found != self.sha256:", "if False:", f"{BACKBONE} -k another_is"),
    Mutant("kinds of tensors not compared", "pretrained/load.py", 'n.rpartition(".")[2], tuple(t.shape)', "0, tuple(t.shape)", f"{BACKBONE} -k refused"),
    Mutant("mean of another program", "pretrained/backbone.py", "(127 / 255,) * 3", "(0.5,) * 3", f"{BACKBONE} -k order"),
    Mutant("sent on before the facts are read", "pretrained/hub.py", 'answer.is_redirect or "X-Linked-Size" in answer.headers', "answer.is_redirect", f"{NETWORK} -k believed"),
]  # fmt: skip
