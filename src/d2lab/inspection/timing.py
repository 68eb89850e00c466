"""Where the time goes: seconds of each layer, forward and backward, measured with hooks.

The total is timed without hooks. What of it is no layer's (`+`, `torch.cat`, the way through Python) is the rest. It is
estimated twice, and the smaller one believed: within a pass with hooks, which themselves are part of it, and as what
the layers leave of a pass without hooks, which on a busy machine is interrupted more often than any one layer.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

Call = tuple[str, int]  # a module's name, and how often it was called before in the same pass


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Seconds of a pass; each number is the median of the rounds."""

    forward_s: dict[Call, float]
    backward_s: dict[Call, float]  # empty where the output has no gradient
    total_s: float  # forward and backward, without hooks
    rest: float  # share of the total that no layer takes, 0 to 1

    @property
    def layers_s(self) -> float:
        """Add the seconds of all layers up."""
        return sum(self.forward_s.values()) + sum(self.backward_s.values())

    def share(self, name: str, call: int = 0) -> float:
        """Return the share of the total, forward and backward, that a layer takes, 0 to 1; with the rest they make 1.

        Args:
            name: of the module.
            call: how often it was called before.
        """
        both = self.forward_s.get((name, call), 0.0) + self.backward_s.get((name, call), 0.0)
        return both / self.layers_s * (1 - self.rest) if both else 0.0


def time_layers(model: nn.Module, example: Tensor, *, rounds: int = 5, warm_up: int = 2) -> Times:
    """Time every layer of a model in evaluation, forward and backward; nothing of the model changes.

    Args:
        model: the model.
        example: a batch on the model's device.
        rounds: passes that count; a layer's time is the median over them.
        warm_up: passes before, which pay for memory and plans.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        for _ in range(warm_up):
            _pass(model, example)
        plain = [_timed(model, example) for _ in range(rounds)]
        with _clocks(model, example.device) as clock:
            _pass(model, example)  # the first one with hooks warms up again
            there, back, hooked = [], [], []
            for _ in range(rounds):
                clock.restart()
                hooked.append(_timed(model, example))
                there.append(clock.forward)
                back.append(clock.backward)
    finally:
        for module, mode in modes.items():
            module.training = mode
    forward, backward = ({call: median(p[call] for p in way) for call in way[0]} for way in (there, back))
    layers = [sum(one.values()) + sum(two.values()) for one, two in zip(there, back, strict=True)]
    within = median(1 - some / all_ for some, all_ in zip(layers, hooked, strict=True))
    left = 1 - (sum(forward.values()) + sum(backward.values())) / median(plain)
    return Times(forward_s=forward, backward_s=backward, total_s=median(plain), rest=max(0.0, min(left, within)))


def _pass(model: nn.Module, example: Tensor) -> None:
    """Go forward and, where there is a gradient, backward: to the weights and to the input."""
    leaf = example.detach().requires_grad_(example.is_floating_point())
    output = model(leaf)
    if isinstance(output, Tensor) and output.requires_grad:
        wanted = [leaf, *(p for p in model.parameters() if p.requires_grad)]
        torch.autograd.grad(output.sum(), [w for w in wanted if w.requires_grad], allow_unused=True)


def _timed(model: nn.Module, example: Tensor) -> float:
    begin = _now(example.device)
    _pass(model, example)
    return _now(example.device) - begin


def _now(device: torch.device) -> float:
    """Read the clock once the device has done all it was told."""
    if device.type != "cpu":
        torch.get_device_module(device.type).synchronize()
    return time.perf_counter()


class _Clock:
    """Notes when each layer begins and ends; the backward pass visits the calls of a layer in reverse."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.restart()

    def restart(self) -> None:
        self.forward: dict[Call, float] = {}
        self.backward: dict[Call, float] = {}
        self._begun: dict[str, float] = {}
        self._open: dict[str, int] = defaultdict(int)  # calls whose way back is still to come

    def begin(self, name: str) -> None:
        self._begun[name] = _now(self.device)

    def forward_end(self, name: str) -> None:
        self.forward[name, self._open[name]] = _now(self.device) - self._begun[name]
        self._open[name] += 1

    def backward_end(self, name: str) -> None:
        self._open[name] -= 1
        self.backward[name, self._open[name]] = _now(self.device) - self._begun[name]


@contextmanager
def _clocks(model: nn.Module, device: torch.device) -> Iterator[_Clock]:
    clock, hooks = _Clock(device), []
    for name, module in model.named_modules():
        if next(module.children(), None) is not None or isinstance(module, nn.Identity):
            continue

        def begin(_: nn.Module, __: Any, name: str = name) -> None:  # noqa: ANN401
            clock.begin(name)

        def forward_end(_: nn.Module, __: Any, ___: Any, name: str = name) -> None:  # noqa: ANN401
            clock.forward_end(name)

        def backward_end(_: nn.Module, __: Any, ___: Any, name: str = name) -> None:  # noqa: ANN401
            clock.backward_end(name)

        hooks.append(module.register_forward_pre_hook(begin))
        hooks.append(module.register_forward_hook(forward_end))
        hooks.append(module.register_full_backward_pre_hook(begin))
        hooks.append(module.register_full_backward_hook(backward_end))
    try:
        yield clock
    finally:
        for hook in hooks:
            hook.remove()
