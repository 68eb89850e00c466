"""One step of training: forward, loss, backward, clip, and a move of the weights."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError, RunError
from d2lab.optimizers import OptimizerConfig, ScheduleConfig, build_optimizer, clip, lr_scale, set_lr
from d2lab.train.config import LoopConfig, Precision
from d2lab.train.memory_format import compile_model, optimize_layout
from d2lab.train.rng_state import get_rng_state, set_rng_state
from d2lab.train.task import Task

Prepare = Callable[[Tensor], Tensor]
Change = Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor]]  # inputs, targets, step -> those to train on
Groups = list[dict[str, Any]]  # parameters that share a `lr_scale`; see models.finetune.parameter_groups
HALF = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class TrainStep:
    """A model, its optimizer and everything else that one step changes; can be copied out and put back."""

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        *,
        optimizer: OptimizerConfig,
        schedule: ScheduleConfig,
        loop: LoopConfig,
        prepare: Prepare,
        example: Tensor,
        device: torch.device,
        total_steps: int,
        augment: Change | None = None,
        groups: Groups | None = None,
    ) -> None:
        self.model, self.task, self.prepare, self.device = model.to(device), task, prepare, device
        self.config, self.schedule, self.total_steps = optimizer, schedule, total_steps
        self.augment = augment
        self.precision, self.pieces = loop.precision, loop.accumulate
        groups = [{"params": [p for p in model.parameters() if p.requires_grad]}] if groups is None else groups
        if not any(group["params"] for group in groups):
            raise ConfigError("the model", got="no weights to train", need="one or more", fix="Freeze fewer layers.")
        self.optimizer = build_optimizer(optimizer, groups)
        # An optimizer may sort weights into groups of its own; state is saved under its numbers.
        self.parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        prepared = prepare(example.to(device))
        self.eval_net = optimize_layout(self.model, prepared, layout=loop.layout)
        self.forward = compile_model(self.eval_net, device) if loop.compile else self.eval_net
        self.scaler = _scaler(loop.precision, device)
        self._autocast = _autocast(loop.precision, device)
        self.step = 0

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.config.learning_rate * lr_scale(self.schedule, step, self.total_steps)

    def take(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step on a batch; return the loss (a scalar) and the outputs, both cut from the graph."""
        set_lr(self.optimizer, self.learning_rate(self.step))
        for parameter in self.parameters:  # zero_grad does the same, but its hooks cost a tiny model 4 % of its step
            parameter.grad = None
        inputs, targets = self.changed(inputs, targets)
        if self.pieces == 1:
            loss, outputs = self._descend(inputs, targets, 1.0)
        else:
            loss, outputs = self._descend_in_pieces(inputs, targets)
        if self.config.clip_norm is not None or self.config.clip_value is not None:
            if self.scaler is not None:
                self.scaler.unscale_(self.optimizer)
            clip(self.config, self.parameters)
        if self.scaler is None:
            self.optimizer.step()
        else:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        self.step += 1
        return loss, outputs

    def changed(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the coming step trains on: the batch, augmented where the run says so."""
        return (inputs, targets) if self.augment is None else self.augment(inputs, targets, self.step)

    def _descend(self, inputs: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Add the gradient of a piece that makes up `share` of the batch."""
        with self._autocast:
            outputs = self.forward(self.prepare(inputs))
            loss = self.task.loss(outputs, targets)
        weighted = loss if share == 1.0 else loss * share
        (weighted if self.scaler is None else self.scaler.scale(weighted)).backward()
        return loss.detach(), outputs.detach()

    def _descend_in_pieces(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Add the gradients of all pieces; weighted by their size, they are the gradient of the batch."""
        shares = [len(piece) / len(targets) for piece in targets.chunk(self.pieces)]
        pairs = zip(inputs.chunk(self.pieces), targets.chunk(self.pieces), shares, strict=True)
        results = [self._descend(x, y, share) for x, y, share in pairs]
        loss = torch.stack([loss * share for (loss, _), share in zip(results, shares, strict=True)]).sum()
        return loss, torch.cat([outputs for _, outputs in results])

    def state(self) -> dict[str, Tensor]:
        """List all tensors that a step reads and changes, without copying them."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for number, parameter in enumerate(self.parameters):
            for name, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer.{number}.{name}"] = value
        tensors |= {f"luck.{name}": value for name, value in get_rng_state(self.device).items()}
        return tensors

    def values(self) -> dict[str, Any]:
        """List what a step changes beside tensors: the scale of half-precision gradients."""
        return {} if self.scaler is None else {"scaler": self.scaler.state_dict()}

    def restore(self, step: int, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go back to a state that `state` and `values` gave after `step` steps.

        Raises:
            RunError: the tensors are of another model or optimizer.
        """
        from d2lab.train.checkpoint import load_weights

        groups = split_by_prefix(tensors)
        if "luck" not in groups or "cpu" not in groups["luck"]:
            raise RunError("checkpoint", got="no luck.cpu", need="the state of the generators")
        load_weights(self.model, groups.get("model", {}), "checkpoint")
        self.optimizer.load_state_dict(self._optimizer_state(groups.get("optimizer", {})))
        set_rng_state(groups["luck"], self.device)
        if self.scaler is not None and "scaler" in values:
            self.scaler.load_state_dict(values["scaler"])
        self.step = step

    def _optimizer_state(self, tensors: dict[str, Tensor]) -> dict[str, Any]:
        """Put loose tensors back into the shape that torch's optimizers load."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            number, _, name = key.partition(".")
            if not number.isdigit() or int(number) >= len(self.parameters):
                raise RunError("checkpoint", got=f"optimizer.{key}", need=f"{len(self.parameters)} parameters")
            if value.ndim and value.shape != self.parameters[int(number)].shape:
                raise RunError("checkpoint", got=f"optimizer.{key} {tuple(value.shape)}", need="the weight's shape")
            # A fused step walks through memory in step: state must lie as its weight does, channels last or not.
            like = torch.empty_like(self.parameters[int(number)], dtype=value.dtype) if value.ndim else value.clone()
            state.setdefault(int(number), {})[name] = like.copy_(value)
        return {"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]}


def split_by_prefix(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Sort `a.b.c` under `a` as `b.c`."""
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        prefix, _, rest = key.partition(".")
        groups.setdefault(prefix, {})[rest] = value
    return groups


def _autocast(precision: Precision, device: torch.device) -> Any:  # noqa: ANN401
    """Return the context in which products are half precision; safe to enter again and again."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=HALF[precision], cache_enabled=False)


def _scaler(precision: Precision, device: torch.device) -> Any:  # noqa: ANN401
    """Return the scaler that keeps float16 gradients from vanishing; the other precisions need none."""
    if precision != "float16":
        return None
    if device.type != "cuda":
        fix = "Use precision=bfloat16, which needs no scaling."
        raise ConfigError("precision", got=f"float16 on {device.type}", need="a cuda device for float16", fix=fix)
    return torch.amp.GradScaler(device.type)
