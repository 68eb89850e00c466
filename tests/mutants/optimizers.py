"""Mistakes in optimizers: what people write when they write these for the first time."""

from tests.mutants.mutant import Mutant

TWINS = "tests/optimizers/test_twins.py -k"
SCHEDULES = "tests/optimizers/test_schedule.py tests/optimizers/test_twins.py -k schedule"
SGD, ADAPTIVE, ADAM = "optimizers/sgd.py", "optimizers/adaptive.py", "optimizers/adam.py"
MUTANTS = [
    Mutant("uphill", SGD, 'weight -= group["lr"] * push', 'weight += group["lr"] * push', f"{TWINS} SGD"),
    Mutant("first speed dampened", SGD, "fresh = push if speed is None else", 'fresh = (1 - group["dampening"]) * push if speed is None else', f"{TWINS} SGD"),
    Mutant("momentum as a mean of gradients", SGD, '(1 - group["dampening"]) * push', '(1 - group["momentum"]) * push', f"{TWINS} SGD"),
    Mutant("Nesterov looks at the speed twice", SGD, 'push + group["momentum"] * fresh if', 'fresh + group["momentum"] * fresh if', f"{TWINS} SGD"),
    Mutant("speed shared with the step", SGD, 'state["momentum_buffer"] = fresh.clone()', 'state["momentum_buffer"] = push', f"{TWINS} SGD"),
    Mutant("threshold without the rate", SGD, 'group["lr"] * group["l1"])', 'group["l1"])', f"{TWINS} L1"),
    Mutant("weights beyond 0 after shrinking", "optimizers/proximal.py", ".clamp(min=0)", "", "tests/optimizers/test_twins.py"),
    Mutant("decay uphill", "optimizers/base.py", 'gradient + group["weight_decay"] * weight if', 'gradient - group["weight_decay"] * weight if', f"{TWINS} decay"),
    Mutant("maximize ignored", "optimizers/base.py", '-weight.grad if group["maximize"] else weight.grad', "weight.grad", f"{TWINS} uphill"),
    Mutant("rate falls before the first step", ADAPTIVE, 'float(state["step"]) * group["lr_decay"]', '(float(state["step"]) + 1) * group["lr_decay"]', f"{TWINS} Adagrad"),
    Mutant("sum forgets", ADAPTIVE, 'state["sum"] += push.square()', 'state["sum"].mul_(0.99).add_(push.square())', f"{TWINS} Adagrad"),
    Mutant("squares without decay", ADAPTIVE, 'state["sum"] += push.square()', 'state["sum"] += gradient.square()', f"{TWINS} Adagrad"),
    Mutant("eps inside the root", ADAPTIVE, '(state["sum"].sqrt() + group["eps"])', '(state["sum"] + group["eps"]).sqrt()', f"{TWINS} Adagrad"),
    Mutant("shares of past and present swapped", ADAPTIVE, 'state["square_avg"].mul_(alpha).add_((1 - alpha) * push.square())', 'state["square_avg"].mul_(1 - alpha).add_(alpha * push.square())', f"{TWINS} RMSprop"),
    Mutant("mean not squared", ADAPTIVE, 'spread - state["grad_avg"].square()', 'spread - state["grad_avg"]', f"{TWINS} RMSprop"),
    Mutant("momentum of the unscaled gradient", ADAPTIVE, 'scaled = state["momentum_buffer"].mul_(group["momentum"]).add_(scaled)', 'scaled = state["momentum_buffer"].mul_(group["momentum"]).add_(push)', f"{TWINS} RMSprop"),
    Mutant("ratio upside down", ADAPTIVE, '(state["acc_delta"] + eps).sqrt() / (state["square_avg"] + eps).sqrt()', '(state["square_avg"] + eps).sqrt() / (state["acc_delta"] + eps).sqrt()', f"{TWINS} Adadelta"),
    Mutant("steps remembered with the rate in them", ADAPTIVE, '(1 - rho) * delta.square())\n', '(1 - rho) * (group["lr"] * delta).square())\n', f"{TWINS} Adadelta"),
    Mutant("bias correction forgotten", ADAM, 'state["exp_avg"] / (1 - beta1**step)', 'state["exp_avg"]', f"{TWINS} Adam"),
    Mutant("step counted after use", ADAM, 'state["step"] += 1\n        step, (beta1, beta2) = float(state["step"]), group["betas"]', 'step, (beta1, beta2) = float(state["step"]) + 2, group["betas"]\n        state["step"] += 1', f"{TWINS} Adam"),
    Mutant("betas swapped", ADAM, 'step, (beta1, beta2) =', 'step, (beta2, beta1) =', f"{TWINS} Adam"),
    Mutant("eps under the bias correction", ADAM, '((square / (1 - beta2**step)).sqrt() + group["eps"])', '((square / (1 - beta2**step) + group["eps"]).sqrt())', f"{TWINS} Adam"),
    Mutant("largest square not kept", ADAM, 'state["max_exp_avg_sq"] = square', "pass", f"{TWINS} amsgrad"),
    Mutant("AdamW decays by L2", ADAM, 'self._move(weight, gradient, state, group)', 'self._move(weight, decayed(weight, gradient, group), state, group)', f"{TWINS} AdamW"),
    Mutant("decay without the rate", ADAM, 'weight *= 1 - group["lr"] * group["weight_decay"]', 'weight *= 1 - group["weight_decay"]', f"{TWINS} AdamW"),
    Mutant("clip lengthens short gradients", "optimizers/clipping.py", ".clamp(max=1.0)", "", f"{TWINS} clip"),
    Mutant("norm of each gradient alone", "optimizers/clipping.py", "(sizes**norm_type).sum() ** (1 / norm_type)", "(gradients[0].abs() ** norm_type).sum() ** (1 / norm_type)", f"{TWINS} clip"),
    Mutant("only the upper limit cut", "optimizers/clipping.py", "parameter.grad.maximum(-limit).minimum(limit)", "parameter.grad.minimum(limit)", f"{TWINS} clip"),
    Mutant("mean divided by one too few", "optimizers/averaging.py", "return average + (weight - average) / (count + 1)", "return average + (weight - average) / max(count, 1)", f"{TWINS} average"),
    Mutant("average forgets the wrong share", "optimizers/averaging.py", "decay * average + (1 - decay) * weight", "(1 - decay) * average + decay * weight", f"{TWINS} average"),
    Mutant("warm-up off by one", "optimizers/schedule.py", "(step + 1) / (config.warmup_steps + 1)", "step / config.warmup_steps", SCHEDULES),
    Mutant("milestone one step late", "optimizers/schedule.py", "step >= milestone", "step > milestone", SCHEDULES),
    Mutant("whole cosine instead of half", "optimizers/schedule.py", "math.cos(math.pi * share)", "math.cos(2 * math.pi * share)", SCHEDULES),
    Mutant("last step misses the floor", "optimizers/schedule.py", "max(1, total_steps - 1 - config.warmup_steps)", "max(1, total_steps - config.warmup_steps)", SCHEDULES),
    Mutant("power of what is done", "optimizers/schedule.py", "float((1 - min(1.0, step / last)) ** config.power)", "float(1 - min(1.0, step / last) ** config.power)", SCHEDULES),
    Mutant("top of the cycle one step late", "optimizers/schedule.py", "config.rise * (last + 1) - 1", "config.rise * (last + 1)", SCHEDULES),
]  # fmt: skip
