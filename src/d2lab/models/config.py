"""What the settings of every model share: a frozen dataclass of sizes that refuses what no model can have."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from d2lab.core.bounds import check_bounds
from d2lab.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """Base of all model settings; `catalog.register_model` ties a subclass to the model that it describes."""

    def __post_init__(self) -> None:
        check_bounds(self, f"{type(self).__name__}.")

    def require(self, name: str, least: int) -> None:
        """Refuse a setting that is too small.

        Raises:
            ConfigError: it is below `least`.
        """
        value = getattr(self, name)
        if not value >= least:
            fix = f"Enlarge the image with --set side={least}." if name == "side" else ""
            raise ConfigError(f"{type(self).__name__}.{name}", got=value, need=f"{least} or more", fix=fix)


@runtime_checkable
class PreparedFromData(Protocol):
    """A model some of whose weights are computed from training data before training, not drawn."""

    def prepare_from(self, inputs: Tensor) -> None:
        """Set those weights, in place.

        Args:
            inputs: training examples, prepared as the model reads them.
        """
