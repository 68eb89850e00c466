"""One seed for a run, and an independent random stream for each use of it.

Weights, batch order, dropout and splits each draw from their own stream, so that changing one (a bigger model,
say) leaves the others as they were. Streams are named: the same seed and name give the same numbers on every
machine and in every process.
"""

import contextlib
import hashlib
from collections.abc import Iterator

import torch

from d2lab.core.errors import ConfigError


def derive(seed: int, *names: str | int) -> int:
    """Return the seed of the stream called `names`, in [0, 2**63).

    Source: BLAKE2b as a mixer; unlike seed + i, neighbouring streams share nothing.

    Raises:
        ConfigError: the seed is negative, too large or no integer.

    >>> derive(0, "order", 1) == derive(0, "order", 1) != derive(0, "order", 2)
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:  # torch takes no larger one
        raise ConfigError("seed", got=seed, need="an integer of 0 or more, below 2**63")
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def stream(seed: int, *names: str | int) -> torch.Generator:
    """Return a generator (on the processor) seeded for the stream called `names`."""
    return torch.Generator().manual_seed(derive(seed, *names))


@contextlib.contextmanager
def fork_rng(device: str = "cpu") -> Iterator[None]:
    """Leave the global generators of torch, on the processor and on the devices of this kind, as they were before."""
    kind = torch.device(device).type
    if kind == "cpu":
        with torch.random.fork_rng(devices=[]):
            yield
    else:
        count = torch.get_device_module(kind).device_count()
        with torch.random.fork_rng(devices=range(count), device_type=kind):
            yield
