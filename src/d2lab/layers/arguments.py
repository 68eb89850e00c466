"""Checks of the arguments that layers share: pairs of sizes, counts, axes and choices."""

from typing import Any

from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


def pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return a size as (rows, columns); a single number stands for both."""
    return (value, value) if isinstance(value, int) else tuple(value)


def check_counts(layer: str, **counts: int | tuple[int, ...]) -> None:
    """Raise unless every size is 1 or more.

    Args:
        layer: name of the layer, for the message.
        counts: argument names with their values.

    Raises:
        ConfigError: one of them is below 1.
    """
    for name, value in counts.items():
        if min(value if isinstance(value, tuple) else (value,)) < 1:
            raise ConfigError(f"{layer}.{name}", got=value, need="1 or more")


def check_axis(layer: str, input: Shaped[Tensor, "*shape"], axis: int, size: int) -> None:
    """Raise unless an axis of the input has the length that the layer was built for.

    Args:
        layer: name of the layer, for the message.
        input: what the layer is called with.
        axis: number of the axis.
        size: its length.

    Raises:
        ConfigError: the axis is missing or of another length.
    """
    if not -input.ndim <= axis < input.ndim or input.shape[axis] != size:
        raise ConfigError(f"the input of {layer}", got=tuple(input.shape), need=f"{size} along axis {axis}")


def check_choice(what: str, value: Any, choices: tuple[str, ...]) -> None:  # noqa: ANN401
    """Raise unless a value is one of the choices.

    Args:
        what: name of the argument, for the message.
        value: what was given.
        choices: what is accepted.

    Raises:
        ConfigError: it is none of them.
    """
    if value not in choices:
        raise ConfigError(what, got=value, need=f"one of {', '.join(choices)}")
