"""The recurrent language model of the book in its two forms, from their formulas, and ours: each as a training step.

All read tokens `[batch, time]` and carry their state, detached, from batch to batch.
"""

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.models.language_rnn import LanguageRNN, LanguageRNNConfig

KINDS, HIDDEN = 28, 512
Step = Callable[[Tensor, Tensor], float]  # inputs, targets -> loss


def _clip(parameters: list[Tensor], most: float = 1.0) -> None:
    """Scale the gradients as the notes do: one norm, then one product a parameter."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum(((g**2).sum() for g in gradients), torch.zeros(())))
    if norm > most:
        for gradient in gradients:
            gradient.mul_(most / norm)


class Scratch(nn.Module):
    """H_t = tanh(X_t W_xh + H_(t-1) W_hh + b_h), O_t = H_t W_hq + b_q, with one-hot X_t, step by step."""

    def __init__(self) -> None:
        super().__init__()
        shapes = (KINDS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, KINDS)
        self.xh, self.hh, self.hq = (nn.Parameter(torch.randn(shape) * 0.01) for shape in shapes)
        self.bh, self.bq = nn.Parameter(torch.zeros(HIDDEN)), nn.Parameter(torch.zeros(KINDS))

    def forward(self, tokens: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        state = torch.zeros(len(tokens), HIDDEN) if state is None else state
        outputs = []
        for x in functional.one_hot(tokens.T, KINDS).float():
            state = torch.tanh(x @ self.xh + state @ self.hh + self.bh)
            outputs.append(state @ self.hq + self.bq)
        return torch.cat(outputs), state


class Concise(nn.Module):
    """torch.nn.RNN over one-hot vectors, and one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.out = nn.RNN(KINDS, HIDDEN), nn.Linear(HIDDEN, KINDS)

    def forward(self, tokens: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        hidden, state = self.rnn(functional.one_hot(tokens.T, KINDS).float(), state)
        return self.out(hidden.flatten(0, 1)), state


def book_step(model: nn.Module) -> Step:
    """Return a step of the book's training: SGD with rate 1, gradients clipped to norm 1."""
    state = None
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    parameters = list(model.parameters())

    def step(inputs: Tensor, targets: Tensor) -> float:
        nonlocal state
        outputs, after = model(inputs, state)
        loss = functional.cross_entropy(outputs, targets.T.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        _clip(parameters)
        optimizer.step()
        state = after.detach()
        return float(loss.detach())

    return step


def our_model(*, dropout: float = 0.0, like: Concise | None = None) -> LanguageRNN:
    """Return our model at the book's size, with the weights of the book's where one is given."""
    model = LanguageRNN(LanguageRNNConfig(vocabulary=KINDS, hidden=HIDDEN, dropout=dropout))
    if like is not None:
        model.load_state_dict(like.state_dict())  # the names are the same
    return model


def our_step(model: nn.Module, optimizer: torch.optim.Optimizer, *, half: bool = False) -> Step:
    """Return a step of ours, in bfloat16 if asked."""
    parameters, state = list(model.parameters()), None

    def step(inputs: Tensor, targets: Tensor) -> float:
        nonlocal state
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=True) if half else nullcontext():
            outputs, after = model(inputs, state)
        loss = functional.cross_entropy(outputs.flatten(0, 1).float(), targets.flatten())
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        state = after.detach().float()
        return float(loss.detach())

    return step
