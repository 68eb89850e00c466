"""Backpropagation through time by hand: the gradients of a simple recurrent network, step by step from the end.

`backpropagate` is the algorithm, in full or truncated, with the size of the gradient at every step. `FusedRNN` trains
by it: torch's layer with the same weights, whose backward pass computes the gradient of the recurrent weight as one
product over all steps instead of one for each.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from d2lab.core.errors import ConfigError

Steps = Float[Tensor, "time batch hidden"]


class Gradients(NamedTuple):
    """Gradients of a loss with respect to what an unrolled network was computed from.

    Args:
        given: of the input's products with its weights; its sum over time and batch is that of the bias.
        initial: of the state before the first step.
        weight: of the recurrent weight.
        hidden: of the hidden state after each step, through all later steps; its norms tell how far a gradient gets.
    """

    given: Steps
    initial: Float[Tensor, "batch hidden"]
    weight: Float[Tensor, "hidden hidden"]
    hidden: Steps

    @property
    def norms(self) -> Float[Tensor, " time"]:
        """Return the size of the gradient with respect to the hidden state after each step."""
        sizes: Tensor = torch.linalg.vector_norm(self.hidden.flatten(1), dim=1)
        return sizes


def unroll_tanh(
    given: Steps, initial: Float[Tensor, "batch hidden"] | None, weight: Float[Tensor, "hidden hidden"]
) -> Steps:
    """Compute h_t = tanh(given_t + h_(t-1) W^T) for every step.

    Source: Elman 1990, "Finding Structure in Time", Cognitive Science 14(2).

    Args:
        given: the inputs' products with their weights, plus the biases.
        initial: state before the first step; None for zeros.
        weight: W.
    """
    return _unroll_tanh_(given.clone(memory_format=torch.contiguous_format), initial, weight)


def _unroll_tanh_(given: Tensor, initial: Tensor | None, weight: Tensor) -> Tensor:
    """Write the states over what they are computed from."""
    state, transposed = initial, weight.T
    for hidden in given.unbind():  # batch hidden, a view
        if state is not None:
            hidden.addmm_(state, transposed)
        state = hidden.tanh_()
    return given


def backpropagate(
    hidden: Steps,
    initial: Float[Tensor, "batch hidden"] | None,
    weight: Float[Tensor, "hidden hidden"],
    outer: Steps,
    *,
    truncate: int | None = None,
) -> Gradients:
    """Compute all gradients of h_t = tanh(given_t + h_(t-1) W^T), going back in time.

    With e_t the gradient of the loss with respect to h_t: e_t = outer_t + d_(t+1) W, d_t = e_t (1 - h_t^2). Each step
    back multiplies by W and by a derivative below 1, which is why gradients vanish or explode.

    Source: Werbos 1990, "Backpropagation Through Time: What It Does and How to Do It"; truncated: Williams and Peng
    1990, Neural Computation 2(4).

    Args:
        hidden: states after each step, by `unroll_tanh`.
        initial: state before the first step; None for zeros.
        weight: W.
        outer: gradient of the loss with respect to each h_t as an output, without the way through later steps.
        truncate: detach the state after every so many steps, as between the batches of a long text; None for never.

    Raises:
        ConfigError: `truncate` is below 1.
    """
    if truncate is not None and truncate < 1:
        raise ConfigError("truncate", got=truncate, need="1 or more steps, or None")
    errors = torch.empty_like(hidden)
    inner = _backward_in_time(hidden, weight, outer, errors, truncate)
    return Gradients(inner, inner[0] @ weight, _weight_gradient(inner, hidden, initial), errors)


def _backward_in_time(
    hidden: Tensor, weight: Tensor, outer: Tensor, errors: Tensor, truncate: int | None = None
) -> Tensor:
    """Write e_t of all steps into `errors`, whose steps may share memory; return d_t."""
    inner = torch.empty_like(hidden)
    derivatives = torch.addcmul(hidden.new_ones(()), hidden, hidden, value=-1)  # time batch hidden: 1 - h^2
    later: Tensor | None = None  # d_(t+1)
    steps = [part.unbind() for part in (outer, derivatives, errors, inner)]
    for step, (own, derivative, error, before) in reversed(list(enumerate(zip(*steps, strict=True)))):
        if later is None or (truncate and (step + 1) % truncate == 0):
            error.copy_(own)
        else:
            torch.addmm(own, later, weight, out=error)
        later = torch.mul(error, derivative, out=before)
    return inner


def _weight_gradient(inner: Tensor, hidden: Tensor, initial: Tensor | None) -> Tensor:
    """Return the sum of d_t^T h_(t-1): all steps after the first in one product."""
    gradient = inner[1:].flatten(0, 1).T @ hidden[:-1].flatten(0, 1)
    return gradient if initial is None else gradient.addmm_(inner[0].T, initial)


class _Unrolled(torch.autograd.Function):
    """`unroll_tanh` in the memory of its input, with the steps of `backpropagate` as its backward pass."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, initial: Tensor | None, weight: Tensor) -> Tensor:  # noqa: ANN401
        hidden = _unroll_tanh_(given, initial, weight)
        ctx.mark_dirty(given)
        ctx.save_for_backward(hidden, initial, weight)
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, outer: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:  # noqa: ANN401
        hidden, initial, weight = ctx.saved_tensors
        errors = torch.empty_like(hidden[0]).expand_as(hidden)  # of no use after their step: memory for one
        inner = _backward_in_time(hidden, weight, outer, errors)
        through = inner[0] @ weight if ctx.needs_input_grad[1] else None
        return inner, through, _weight_gradient(inner, hidden, initial)


class FusedRNN(nn.RNN):
    """Simple recurrent network trained by `backpropagate`: outputs and gradients of torch.nn.RNN, faster on a CPU.

    Besides vectors it reads tokens, as one-hot vectors: rows of the input weight, without the product with zeros. In
    evaluation, on a GPU, under autocast, with ReLU or in both directions it is torch's layer.

    Source: Appleyard, Kocisky, Blunsom 2016, "Optimizing Performance of Recurrent Neural Networks on GPUs", section 3.
    Twin: torch.nn.RNN.
    """

    def forward(  # type: ignore[override]
        self, input: Shaped[Tensor, "*given"] | PackedSequence, hx: Float[Tensor, "*state"] | None = None
    ) -> tuple[Float[Tensor, "*steps hidden"] | PackedSequence, Float[Tensor, "*final"]]:
        """Return the hidden states of the last layer at every step, and the state of every layer after the last.

        Args:
            input: as torch.nn.RNN reads it; or token numbers, without the axis of features.
            hx: state before the first step; zeros unless given.

        Raises:
            ConfigError: a token is not from 0 to input_size - 1.
        """
        if not isinstance(input, Tensor) or not self._fused(input):
            dense = input
            if isinstance(input, Tensor) and not input.is_floating_point():
                dense = functional.one_hot(self._checked(input).long(), self.input_size).to(self._weight("hh", 0).dtype)
            return super().forward(dense, hx)
        x = input.transpose(0, 1) if self.batch_first else input  # time batch [feature]
        finals = []
        for layer in range(self.num_layers):
            state = None if hx is None else hx[layer]
            hidden: Tensor = _Unrolled.apply(self._given(x, layer), state, self._weight("hh", layer))
            finals.append(hidden[-1])
            x = functional.dropout(hidden, self.dropout, self.training and layer < self.num_layers - 1)
        return (x.transpose(0, 1) if self.batch_first else x), torch.stack(finals)

    def _weight(self, name: str, layer: int) -> Tensor:
        weight: Tensor = getattr(self, f"weight_{name}_l{layer}")
        return weight

    def _given(self, x: Tensor, layer: int) -> Tensor:
        """Return a layer's input, or tokens as one-hot vectors, times the weights, plus both biases."""
        weight = self._weight("ih", layer)
        bias = getattr(self, f"bias_ih_l{layer}") + getattr(self, f"bias_hh_l{layer}") if self.bias else None
        if x.is_floating_point():
            return functional.linear(x, weight, bias)  # time batch hidden
        table = weight.T if bias is None else weight.T + bias  # token hidden
        return functional.embedding(self._checked(x), table)  # time batch hidden

    def _checked(self, tokens: Tensor) -> Tensor:
        """Refuse tokens outside the vocabulary; return the others. On a GPU its own check does, without a wait."""
        if tokens.device.type != "cpu":
            return tokens
        low, high = (int(tokens.min()), int(tokens.max())) if tokens.numel() else (0, 0)
        if low < 0 or high >= self.input_size:
            raise ConfigError("tokens", got=f"{low} to {high}", need=f"numbers 0 to {self.input_size - 1}")
        return tokens

    def _fused(self, input: Tensor) -> bool:
        """Return whether the gradients of this call are computed by hand."""
        axes = 3 if input.is_floating_point() else 2
        plain = self.nonlinearity == "tanh" and not self.bidirectional and input.ndim == axes and input.numel() > 0
        autocast = torch.is_autocast_enabled("cpu")
        return plain and input.device.type == "cpu" and torch.is_grad_enabled() and self.training and not autocast
