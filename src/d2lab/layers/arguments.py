"""The arguments that layers share: pairs of sizes, counts, and the words for wrong ones.

Source: none; plumbing.
"""

from typing import Any

from jaxtyping import Shaped
from torch import Tensor

from d2lab.core.errors import ConfigError


def pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    """Return (rows, columns): a single number means both."""
    return (value, value) if isinstance(value, int) else tuple(value)


def check_counts(layer: str, **counts: int | tuple[int, ...]) -> None:
    """Refuse sizes below 1.

    Args:
        layer: its name, for the message.
        counts: argument names with their values.

    Raises:
        ConfigError: one of them is below 1.
    """
    for name, value in counts.items():
        if min(value if isinstance(value, tuple) else (value,)) < 1:
            raise ConfigError(f"{layer}.{name}", got=value, need="1 or more")


def check_axis(layer: str, input: Shaped[Tensor, "*shape"], axis: int, size: int) -> None:
    """Refuse an input whose axis has another length than the layer was made for.

    Raises:
        ConfigError: the axis is missing or of another length.
    """
    if not -input.ndim <= axis < input.ndim or input.shape[axis] != size:
        raise ConfigError(f"the input of {layer}", got=tuple(input.shape), need=f"{size} along axis {axis}")


def check_choice(what: str, value: Any, choices: tuple[str, ...]) -> None:  # noqa: ANN401
    """Refuse a word that is none of the choices.

    Raises:
        ConfigError: it is another one.
    """
    if value not in choices:
        raise ConfigError(what, got=value, need=f"one of {', '.join(choices)}")
