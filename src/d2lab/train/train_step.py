"""One training step: forward pass, loss, backward pass, gradient clipping, update of the weights."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from d2lab.core.errors import ConfigError, RunError
from d2lab.core.seed import derive
from d2lab.core.tensor_tree import Tree, concatenate, detach, map_tensors, pack, tensors_of, unpack
from d2lab.data.batch import Batch, Prepare, prepares_batches
from d2lab.optimizers import OptimizerConfig, ScheduleConfig, build_optimizer, clip, lr_scale, set_lr
from d2lab.optimizers.plateau import plateau_of
from d2lab.parallel.data_parallel import Computation, average_gradients, is_sharded, placed_like, whole
from d2lab.parallel.ranks import ALONE, Ranks
from d2lab.train.config import LoopConfig
from d2lab.train.generators import get_rng_state, set_rng_state
from d2lab.train.memory_format import compile_model, optimize_layout
from d2lab.train.optimizer_state import pack_state
from d2lab.train.precision import autocast, gradient_scaler
from d2lab.train.task import CarriedState, Step, Task

Augment = Callable[[Tree, Tree, int], tuple[Tree, Tree]]  # inputs, targets, step -> augmented inputs and targets
Groups = list[dict[str, Any]]  # parameters that share an `lr_scale`; see models.finetune.parameter_groups
TINY = 1e-12  # below any weight of a batch of which something is counted


class TrainStep:
    """A model, its optimizer and everything else that a step changes; the state can be saved and restored.

    Args:
        model: the model to train.
        task: computes the loss.
        optimizer: name and settings.
        schedule: learning rate schedule.
        loop: precision, accumulation, compilation.
        prepare: turns inputs as stored into what the model reads; see `data.batch.prepares_batches`.
        example: inputs as stored, a batch of one.
        device: where the model is trained.
        total_steps: steps of the whole run, for the schedule.
        augment: augments inputs and targets of a training batch.
        groups: parameter groups with an `lr_scale` each; one group of all trainable parameters unless given.
        on: the part of the model that computes, where batches hold what that part reads; the whole unless given.
        ranks: the processes that train the model; batches are this one's parts.

    Raises:
        ConfigError: no parameter is trainable, the precision needs another device, or `accumulate` or the number of
            processes is above 1 for a task that carries a state.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        *,
        optimizer: OptimizerConfig,
        schedule: ScheduleConfig,
        loop: LoopConfig,
        prepare: Prepare,
        example: Tree,
        device: torch.device,
        total_steps: int,
        augment: Augment | None = None,
        groups: Groups | None = None,
        on: nn.Module | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.model, self.task, self.prepare, self.device = model.to(device), task, prepare, device
        self.config, self.schedule, self.total_steps = optimizer, schedule, total_steps
        self.augment = augment
        self.precision, self.pieces = loop.precision, loop.accumulate
        if self.pieces > 1 and task.carries_state:
            raise ConfigError(
                "accumulate", got=self.pieces, need=f"1: {task.name} carries a state through whole batches"
            )
        if not ranks.alone and task.carries_state:
            raise ConfigError("processes", got=ranks.world, need=f"1: {task.name} carries a state from batch to batch")
        self.ranks = ranks
        groups = [{"params": [p for p in model.parameters() if p.requires_grad]}] if groups is None else groups
        if not any(group["params"] for group in groups):
            raise ConfigError("the model", got="no weights to train", need="one or more", fix="Freeze fewer layers.")
        self.optimizer = build_optimizer(optimizer, groups)
        # An optimizer may make groups of its own; state is saved under the index of a parameter in them.
        self.parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.prepare_batch = prepares_batches(prepare)
        prepared = prepare(map_tensors(lambda tensor: tensor.to(device), example))
        # Several inputs leave the layout alone, and so do weights that lie in shares.
        sharded = any(is_sharded(weight) for weight in self.parameters)
        one = isinstance(prepared, Tensor) and not sharded
        self.eval_model = optimize_layout(self.model, prepared, layout=loop.layout) if one else self.model
        self.eval_model = self.eval_model if on is None else on
        self.forward = compile_model(self.eval_model, device) if loop.compile else self.eval_model
        # Averages the gradients of all processes; hooks of its own do so for a model that lies in shares.
        self._replica: DistributedDataParallel | None = None
        if not ranks.alone and not sharded:
            self._replica = average_gradients(Computation(self.forward, self._losses))  # type: ignore[arg-type]
        self.scaler = gradient_scaler(loop.precision, device)
        self._autocast = autocast(loop.precision, device)
        self.step = 0
        self.carried = CarriedState(task)
        self.plateau = plateau_of(schedule)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        scale = lr_scale(self.schedule, step, self.total_steps)
        return self.config.learning_rate * (scale if self.plateau is None else scale * self.plateau.scale)

    def __call__(self, batch: Batch) -> Step:
        """Take one step on a batch; return its loss and outputs, detached, and the batch that was trained on."""
        set_lr(self.optimizer, self.learning_rate(self.step))
        for parameter in self.parameters:  # zero_grad does the same, but its hooks cost a tiny model 4 % of its step
            parameter.grad = None
        prepared = self.prepared(batch)
        whole_batch = self.pieces == 1 and self.ranks.alone
        result = self._backward(prepared, 1.0) if whole_batch else self._backward_in_pieces(prepared)
        if self.config.clip_norm is not None or self.config.clip_value is not None:
            if self.scaler is not None:
                self.scaler.unscale_(self.optimizer)
            norm = clip(self.config, self.parameters)
            result.gradient_norm = None if norm is None else whole(norm)
        if self.scaler is None:
            self.optimizer.step()
        else:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        self.step += 1
        self.carried.keep(result, batch)
        if getattr(self.augment, "mixes", False):  # after mixup targets are probabilities, which metrics can't use
            result.batch = batch
        return result

    def prepared(self, batch: Batch) -> Batch:
        """Return the batch that the next step trains on: augmented where the run says so, then prepared."""
        if self.augment is not None:
            batch = Batch(*self.augment(batch.inputs, batch.targets, self.step), batch.lengths)
        return self.prepare_batch(batch)

    def _loss(self, batch: Batch) -> Step:
        """Return the task's loss of a batch."""
        if self._replica is not None:
            return Step(*self._replica(batch))
        return self.task.loss(self.forward, batch, self.carried.of(batch))

    def _losses(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tree, int | Tensor]:
        """Return what `Step` holds, as a tuple, in which DDP finds the tensors; a state is never carried here."""
        result = self.task.loss(model, batch, None)
        return result.loss, result.outputs, result.weight

    def _backward(self, batch: Batch, share: float | Tensor) -> Step:
        """Accumulate the gradient of a chunk whose weight is the fraction `share` of the batch's."""
        with self._autocast:
            result = self._loss(batch)
            if not share:  # nothing is counted, and a mean over nothing is no number: no gradient, from the outputs
                result.loss = torch.stack([part.sum() * 0 for part in tensors_of(result.outputs)]).sum()
        weighted = result.loss if isinstance(share, float) and share == 1.0 else result.loss * share
        (weighted if self.scaler is None else self.scaler.scale(weighted)).backward()
        return Step(result.loss.detach(), detach(result.outputs), result.weight, detach(result.state), batch)

    def _backward_in_pieces(self, batch: Batch) -> Step:
        """Accumulate the gradients of all chunks, weighted so that their sum is the gradient of the batch.

        Of several processes each has its own chunks. The engine averages their gradients, so each counts its own
        relative to the mean weight of a process: also where the parts of a batch differ in size.
        """
        pieces = batch.chunk(self.pieces)
        weights = [self.task.weight(piece) for piece in pieces]
        own = sum(weights)
        of_all = own if self.ranks.alone else self._mean_over_processes(own)
        results = []
        for number, (piece, weight) in enumerate(zip(pieces, weights, strict=True)):
            with self._accumulating(last=number == len(pieces) - 1):
                results.append(self._backward(piece, weight / of_all))
        weighed = torch.stack([one.loss * weight for one, weight in zip(results, weights, strict=True)]).sum()
        counted = own.clamp(min=TINY) if isinstance(own, Tensor) else max(own, 1)  # a mean over nothing is 0
        loss = weighed / counted
        outputs = results[0].outputs if len(results) == 1 else concatenate([one.outputs for one in results])
        return Step(loss, outputs, own, batch=batch)

    def _mean_over_processes(self, weight: int | Tensor) -> Tensor:
        """Return the mean of what the processes' losses are means over."""
        total = torch.as_tensor(weight, dtype=torch.float64, device=self.device).clone()
        return self.ranks.sum(total) / self.ranks.world

    def _accumulating(self, *, last: bool) -> AbstractContextManager[None]:
        """Leave the exchange of gradients to the last chunk."""
        return nullcontext() if last or self._replica is None else self._replica.no_sync()

    def state(self) -> dict[str, Tensor]:
        """Return all tensors that a step reads and changes, by name, without copying them."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for number, parameter in enumerate(self.parameters):
            for name, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer.{number}.{name}"] = value
        tensors |= self._generators()
        return tensors | {f"state.{number}": value for number, value in enumerate(pack(self.carried.value)[1])}

    def whole_state(self) -> dict[str, Tensor]:
        """Return the state of all processes: sharded tensors gathered, and everybody's generators; all must call it."""
        tensors = {name: whole(value) for name, value in self.state().items()}
        for generators in self.ranks.gather(self._generators()):
            tensors |= generators
        return tensors

    def _generators(self) -> dict[str, Tensor]:
        """Copy the state of this process's generators, under names of its own in all processes but the leading one."""
        prefix = f"rng.{self.ranks.rank}." if self.ranks.rank else "rng."
        return {f"{prefix}{name}": value for name, value in get_rng_state(self.device).items()}

    def values(self) -> dict[str, Any]:
        """Return what changes beside tensors: states of the gradient scaler and of a plateau, a carried structure."""
        values: dict[str, Any] = {} if self.scaler is None else {"scaler": self.scaler.state_dict()}
        if self.plateau is not None:
            values["plateau"] = self.plateau.values()
        if self.carried.value is not None:
            values["state"] = {"structure": pack(self.carried.value)[0], "examples": self.carried.examples}
        return values

    def restore(self, step: int, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Restore what `state` (or `whole_state`) and `values` returned after `step` steps.

        The number of processes may be another one: those without a saved generator seed theirs from its own and the
        step.

        Raises:
            RunError: the tensors belong to another model or optimizer.
        """
        from d2lab.train.checkpoint import load_weights

        groups = split_by_prefix(tensors)
        if self.ranks.leads and "cpu" not in groups.get("rng", {}):
            raise RunError("checkpoint", got="no rng.cpu", need="the state of the generators")
        load_weights(self.model, self.placed(groups.get("model", {})), "checkpoint")
        loaded = pack_state(self.optimizer, groups.get("optimizer", {}), began=step > 0 and self.scaler is None)
        self.optimizer.load_state_dict(loaded)
        self._restore_generators(groups.get("rng", {}), step)
        if self.scaler is not None and "scaler" in values:
            self.scaler.load_state_dict(values["scaler"])
        self._restore_carried(groups.get("state", {}), values.get("state"))
        if self.plateau is not None and "plateau" in values:
            try:
                self.plateau.restore(values["plateau"])
            except (KeyError, TypeError, ValueError) as cause:
                raise RunError("checkpoint", got=str(cause), need="the state of a plateau") from cause
        self.step = step

    def placed(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return weights on the model's device, in shares where the model's are."""
        own, here = self.model.state_dict(), {name: value.to(self.device) for name, value in weights.items()}
        return {name: placed_like(value, own[name]) if name in own else value for name, value in here.items()}

    def _restore_generators(self, saved: dict[str, Tensor], step: int) -> None:
        """Restore the generators of this process."""
        rank = self.ranks.rank
        own = saved if rank == 0 else split_by_prefix(saved).get(str(rank), {})
        if "cpu" in own:
            set_rng_state(own, self.device)
        else:
            torch.manual_seed(derive(torch.initial_seed() % 2**63, str(step)))

    def _restore_carried(self, tensors: dict[str, Tensor], kept: Any) -> None:  # noqa: ANN401
        self.carried.reset()
        if kept is None:
            return
        try:
            in_order = [tensors[str(number)].to(self.device) for number in range(len(tensors))]
            self.carried.value = unpack(kept["structure"], in_order)
            self.carried.examples = int(kept["examples"])
        except (KeyError, TypeError, ValueError, IndexError) as cause:
            raise RunError("checkpoint", got=f"carried state: {cause}", need="the state d2lab writes") from cause


def split_by_prefix(tensors: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Group tensors by the first part of their name: `a.b.c` goes under `a` as `b.c`.

    In the order of the names: a file is read in any order, and processes that share tensors must take them alike.
    """
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in sorted(tensors.items()):
        prefix, _, rest = key.partition(".")
        groups.setdefault(prefix, {})[rest] = value
    return groups
