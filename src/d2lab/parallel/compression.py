"""Top-k compression of gradients with error feedback: only the k entries of largest magnitude are sent.

What is not sent is remembered and added to the next gradient, so that nothing is lost, only late:
p = m + g, sent = top_k(p), m = p - sent. Without this memory an entry that is never among the largest of its worker is
never sent, and descent may stop far from the minimum.

Source: Stich, Cordonnier and Jaggi 2018, "Sparsified SGD with memory", algorithm 1 (one worker) and 2 (several);
Karimireddy et al. 2019, "Error feedback fixes SignSGD and other gradient compression schemes", algorithm 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from d2lab.core.errors import ConfigError
from d2lab.parallel.local_sgd import Gradient


@dataclass(frozen=True)
class Sparse:
    """The entries of a vector that are sent; all others are 0."""

    values: Float[Tensor, " k"]
    indices: Int[Tensor, " k"]  # increasing
    size: int  # of the whole vector

    def dense(self) -> Float[Tensor, " size"]:
        """Return the whole vector."""
        return self.values.new_zeros(self.size).index_copy(0, self.indices, self.values)

    def sent_bytes(self, index_bytes: int = 4) -> int:
        """Return the bytes on the wire: a value and its index for each entry.

        With float32 and indices of 4 bytes this is below the bytes of the vector for k < size / 2.

        Args:
            index_bytes: bytes of an index.
        """
        return len(self.values) * (self.values.element_size() + index_bytes)


def top_k(vector: Float[Tensor, " size"], count: int) -> Sparse:
    """Keep the entries of largest magnitude; of equal ones those that come first.

    >>> sparse = top_k(torch.tensor([1.0, -4.0, 2.0, 3.0]), 2)
    >>> sparse.dense().tolist(), sparse.sent_bytes()
    ([0.0, -4.0, 0.0, 3.0], 16)

    Args:
        vector: for instance a flat gradient.
        count: number of entries k, from 1 to the size.

    Raises:
        ConfigError: the number of entries is out of range, or an entry is not finite.
    """
    if not 1 <= count <= len(vector):
        raise ConfigError("the number of entries that are sent", got=count, need=f"1 to {len(vector)}")
    if not vector.isfinite().all():
        raise ConfigError("a vector to compress", got="NaN or infinity", need="finite entries")
    largest = vector.abs().argsort(descending=True, stable=True)[:count].sort().values
    return Sparse(vector[largest], largest, len(vector))


class TopK:
    """The compressor of one worker, with its memory.

    After any number of calls the sum of what was sent plus the memory is the sum of the gradients, up to rounding.
    """

    def __init__(self, count: int, *, feedback: bool = True) -> None:
        """Start with an empty memory.

        Args:
            count: number of entries k that are sent of each gradient.
            feedback: whether what was not sent is added to the next gradient, else it is lost.

        Raises:
            ConfigError: no entry would be sent.
        """
        if count < 1:
            raise ConfigError("the number of entries that are sent", got=count, need="at least 1")
        self.count, self.feedback = count, feedback
        self.memory: Tensor | None = None  # the size of a gradient; None before the first

    def compress(self, gradient: Float[Tensor, " size"]) -> Sparse:
        """Return what is sent of the gradient and the memory; remember the rest.

        Args:
            gradient: flat, or times the learning rate where that changes between steps, as in Stich et al.

        Raises:
            ConfigError: the gradient is shorter than k, not finite, or not as long as the one before.
        """
        if self.memory is not None and self.memory.shape != gradient.shape:
            raise ConfigError("the size of a gradient", got=len(gradient), need=f"{len(self.memory)}, as before")
        total = gradient if self.memory is None or not self.feedback else self.memory + gradient
        sent = top_k(total, self.count)
        self.memory = total.index_fill(0, sent.indices, 0) if self.feedback else torch.zeros_like(total)
        return sent


def compressed_descent(
    gradients: Sequence[Gradient],
    start: Float[Tensor, " size"],
    rates: Sequence[float],
    count: int,
    *,
    feedback: bool = True,
) -> Float[Tensor, "points size"]:
    """Simulate distributed gradient descent on the mean of the workers' losses, with top-k compressed updates.

    Each worker compresses rate times its gradient; the parameters move against the mean of what is sent.

    Args:
        gradients: one function for each worker.
        start: the first parameters.
        rates: the learning rate of each step, above 0.
        count: number of entries k that each worker sends in a step.
        feedback: whether the workers remember what they did not send.

    Returns:
        The parameters before the first step and after each.

    Raises:
        ConfigError: no worker, a rate that is not positive, or a number of entries out of range.
    """
    if not gradients:
        raise ConfigError("the number of workers", got=0, need="at least 1")
    if not all(rate > 0 for rate in rates):
        raise ConfigError("the learning rates", got=min(rates), need="above 0")
    compressors = [TopK(count, feedback=feedback) for _ in gradients]
    points = [start]
    for rate in rates:
        pairs = zip(compressors, gradients, strict=True)
        sent = [compressor.compress(rate * gradient(points[-1])).dense() for compressor, gradient in pairs]
        points.append(points[-1] - torch.stack(sent).mean(0))
    return torch.stack(points)
