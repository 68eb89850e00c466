"""The request of a run: a recipe and the options beside it, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from d2lab.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRequest:
    """A requested run.

    Args:
        recipe: name of a recipe, or the path of a Python file that holds one.
        data: another data set of the same task; the recipe's unless given.
        changes: settings by name, as `--set` takes them.
        seed: decides weights, order and dropout; the same seed gives the same weights on the same machine.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        budget: smoke, lesson or full.
        source: weights to initialize from, and their model: a run, torchvision/NAME or timm/NAME, also NAME:FILE.
    """

    recipe: str
    data: str | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    device: str = "auto"
    budget: str = "full"
    source: str | None = None


def stated_source(changes: Mapping[str, object] | None) -> str | None:
    """Return the source that settings name, where `--set source=` was used for `--from`.

    Raises:
        ConfigError: it is no text.
    """
    value = next(
        (changes[key] for key in ("finetune.source", "start.source", "source") if changes and key in changes), None
    )
    if value is not None and not isinstance(value, str):
        raise ConfigError("source", got=value, need="a run's folder or a name such as torchvision/resnet18")
    return None if value is None or value.lower() == "none" else value
