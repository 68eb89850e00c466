"""Series whose process is known: a sine with noise, and autoregressive processes; windows of them as a regression.

The held-out part is later than the training part, and no window reaches from one into the other.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from d2lab.core.errors import ConfigError
from d2lab.core.seed import stream
from d2lab.data.card import Card
from d2lab.data.split import Dataset, Split

TAU = 4  # past values that predict the next, as in the book
SINE_NOISE = 0.2
AR_WEIGHTS = (1.2, -0.5)  # of the last value and the one before: a damped swing
BURN_IN = 1000  # values that are thrown away, so that the process forgets its first ones


def noisy_sine(count: int, draw: Generator, *, noise: float = SINE_NOISE) -> Float[Tensor, " time"]:
    """Return sin(0.01 t) for t = 1, 2, ... plus normal noise.

    Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section 9.1.

    Args:
        count: of values.
        draw: of the noise.
        noise: its standard deviation.

    Raises:
        ConfigError: there is no value, or the deviation is negative.
    """
    if count < 1 or noise < 0:
        raise ConfigError("count and noise", got=(count, noise), need="1 value or more, and a deviation of 0 or more")
    return torch.sin(0.01 * torch.arange(1, count + 1)) + noise * torch.randn(count, generator=draw)


def autoregressive(
    weights: Sequence[float], count: int, draw: Generator, *, noise: float = 1.0
) -> Float[Tensor, " time"]:
    """Return a stationary process x_t = w_1 x_{t-1} + w_2 x_{t-2} + ... + noise; its first values are forgotten.

    Source: Yule 1927, Philosophical Transactions A 226, "On a method of investigating periodicities".

    Args:
        weights: of the last value, the one before, and so on.
        count: of values.
        draw: of the noise.
        noise: its standard deviation.

    Raises:
        ConfigError: there is no weight or value, or the process grows without bound.
    """
    if not weights or count < 1:
        raise ConfigError("weights and count", got=(tuple(weights), count), need="one or more of each")
    companion = torch.zeros(len(weights), len(weights), dtype=torch.float64)
    companion[0] = torch.tensor(list(weights), dtype=torch.float64)
    companion[1:, :-1] = torch.eye(len(weights) - 1, dtype=torch.float64)
    largest = float(torch.linalg.eigvals(companion).abs().max())
    if largest >= 1:
        need = "a stationary process: all roots within the unit circle"
        raise ConfigError("weights", got=f"{tuple(weights)}, a root of size {largest:.3f}", need=need)
    past = [0.0] * len(weights)
    for shock in (noise * torch.randn(BURN_IN + count, generator=draw, dtype=torch.float64)).tolist():
        past.append(shock + sum(w * x for w, x in zip(weights, past[: -len(weights) - 1 : -1], strict=True)))
    return torch.tensor(past[-count:], dtype=torch.float32)


def load(card: Card, *, seed: int = 0, fetch: bool = True) -> Dataset:
    """Return windows of the series of this card as the seed draws it; `fetch` changes nothing here.

    Raises:
        ConfigError: the card is not one of a series.
    """
    draw, count = stream(seed, card.name), sum(card.examples) + 2 * TAU
    if card.name == "noisy-sine":
        series = noisy_sine(count, draw)
    elif card.name == "ar-process":
        series = autoregressive(AR_WEIGHTS, count, draw)
    else:
        raise ConfigError("the series", got=card.name, need="noisy-sine or ar-process")
    cut = card.examples[0] + TAU
    train, test = (Split(part.unfold(0, TAU, 1)[:-1], part[TAU:].unsqueeze(1)) for part in (series[:cut], series[cut:]))
    return Dataset(card, train, test)
