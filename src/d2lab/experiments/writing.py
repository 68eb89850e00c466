"""How a model of tokens writes: a prompt in its tokens, its step, and what is drawn after the prompt."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.core.errors import ConfigError
from d2lab.text.sampling import SamplingRule, Step, generate
from d2lab.text.tokenizer import Tokenizer


def encode_prompt(tokenizer: Tokenizer, prompt: str, what: str = "--prompt") -> Tensor:
    """Return the tokens of a prompt.

    Args:
        tokenizer: of the run.
        prompt: the text.
        what: what an error calls it.

    Raises:
        ConfigError: it is empty, or has a character or word that the training text has not.
    """
    unknown = tokenizer.unknown(prompt)
    if unknown:
        shown = " ".join(unknown[:10])
        need = f"{tokenizer.unit} of the training text"
        raise ConfigError(what, got=f"unknown to the model: {shown}", need=need, fix="Leave these out.")
    tokens = tokenizer.encode(prompt)
    if not len(tokens):
        raise ConfigError(what, got=repr(prompt), need="one token or more")
    return tokens


@torch.no_grad()
def sample(
    model: nn.Module, tokenizer: Tokenizer, prompt: Tensor, count: int, rule: SamplingRule, draw: torch.Generator
) -> Tensor:
    """Return the tokens that a model writes after a prompt; the model is put back into the mode it was in.

    Args:
        model: with a method `step`.
        tokenizer: of its tokens.
        prompt: tokens to read first.
        count: tokens to write.
        rule: how each is chosen.
        draw: of the choices.
    """
    training = model.training
    model.eval()
    try:
        return drawn(model_step(model, tokenizer), prompt, count, rule, draw)
    finally:
        model.train(training)


def drawn(step: Step, prompt: Tensor, count: int, rule: SamplingRule, draw: torch.Generator) -> Tensor:
    """Return the tokens that are drawn after a prompt.

    Args:
        step: from tokens and a state to logits and the new state.
        prompt: tokens to read first.
        count: tokens to draw.
        rule: how each is chosen.
        draw: of the choices.
    """
    found = generate(step, prompt[None], rule=rule, generator=draw)
    return torch.tensor([int(token) for _, token in zip(range(count), found, strict=False)], dtype=torch.int64)


def model_step(model: Any, tokenizer: Tokenizer) -> Step:  # noqa: ANN401
    """Return the model's step, its logits on the processor, where draws are alike; the unknown token is never written.

    Args:
        model: with a method `step`.
        tokenizer: of its tokens.
    """
    device = next((tensor.device for tensor in model.state_dict().values()), torch.device("cpu"))

    def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # noqa: ANN401
        logits, state = model.step(tokens.to(device), state)
        return without_unknown(logits.float().cpu(), tokenizer), state

    return step


def without_unknown(logits: Tensor, tokenizer: Tokenizer) -> Tensor:
    """Make the unknown token impossible, in place: it has no text.

    Args:
        logits: `[batch, token]`.
        tokenizer: of the tokens.
    """
    if tokenizer.vocabulary is not None:
        logits[:, 0] = -math.inf
    return logits
