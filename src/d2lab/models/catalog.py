"""From a model's settings to the model: a model registers beside its definition, so one file adds one.

    @dataclass(frozen=True, kw_only=True, slots=True)
    class TinyConfig(ModelConfig):
        classes: int = 10

    @register_model(TinyConfig)
    class Tiny(nn.Module):
        def __init__(self, config: TinyConfig) -> None: ...

A file in this folder is found by its name; a model of your own, in a file of your own, once that file is imported.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from torch import Tensor, nn

from d2lab.core.bounds import check_bounds
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.models.names import model_files

Model = TypeVar("Model", bound=nn.Module)
_MODELS: dict[type, type[nn.Module]] = {}  # of the files imported so far, by the class of their settings


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """Base of all model settings; `register_model` ties a subclass to the model that it describes."""

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


def register_model(settings: type[ModelConfig]) -> Callable[[type[Model]], type[Model]]:
    """Return a decorator that makes a class the model of these settings: `build_model` finds it by them.

    Raises:
        ConfigError: another model has these settings, or settings of that name.
    """

    def register(model: type[Model]) -> type[Model]:
        for known, other in _MODELS.items():
            if known.__name__ == settings.__name__ and (other.__module__, other.__name__) != (
                model.__module__,
                model.__name__,
            ):
                got, need = f"{settings.__name__} again", f"other settings: these belong to {other.__name__}"
                raise ConfigError(f"the model {model.__name__}", got=got, need=need, fix="Rename the settings.")
        _MODELS[settings] = model
        return model

    return register


def all_models() -> dict[type, type[nn.Module]]:
    """Import every model of this folder; return all that are registered, by the class of their settings."""
    for file in model_files().values():
        importlib.import_module(file.module)
    return dict(_MODELS)


def build_model(config: ModelConfig) -> nn.Module:
    """Build the model that the settings describe, its weights drawn from torch's global generator.

    Raises:
        ConfigError: the settings belong to no model.
    """
    if type(config) not in _MODELS:
        known = ", ".join(sorted({*model_files(), *(settings.__name__ for settings in _MODELS)}))
        fix = "Put @register_model(Settings) on the class of the model."
        raise ConfigError("model settings", got=type(config).__name__, need=f"one of {known}", fix=fix)
    return _MODELS[type(config)](config)


def default_settings(kind: str) -> ModelConfig:
    """Return a model's default settings by the name of their class, as records keep it.

    Raises:
        ConfigError: there is no such model.
    """
    if kind in model_files():
        importlib.import_module(model_files()[kind].module)
    kinds = {settings.__name__: settings for settings in _MODELS}
    if kind not in kinds:
        raise unknown_name("model settings", kind, {*model_files(), *kinds})
    default: ModelConfig = kinds[kind]()
    return default
