"""Choices of a run in a TOML file: `d2lab train --config my.toml`. Every run writes the file that makes it again.

recipe = "lenet"
data = "fashion-mnist"
seed = 1

[settings]
learning_rate = 0.05
loop.epochs = 3
"""

import dataclasses
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from d2lab.core.atomic import write_bytes
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.core.settings import leaves
from d2lab.experiments.plan import Experiment, RunRequest

CONFIG = "config.toml"  # in a run's folder
MOST_BYTES = 1_000_000
KINDS = {"recipe": str, "data": str, "seed": int, "device": str, "budget": str, "source": str, "settings": dict}


def read_config(path: Path) -> dict[str, Any]:
    """Return the fields of a `RunRequest` that a file states.

    Raises:
        ConfigError: no such file, not TOML, or a name or kind of value that a run doesn't have.
    """
    try:
        with path.open("rb") as f:
            content = f.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ConfigError("--config", got=f"{path}, over 1 MB", need="a file of settings")
        stated = tomllib.loads(content.decode("utf-8"))
    except OSError as cause:
        raise ConfigError("--config", got=str(path), need=f"a TOML file: {cause.strerror}") from cause
    except (ValueError, RecursionError) as cause:  # TOML's and UTF-8's errors are ValueErrors
        raise ConfigError(f"--config {path}", got=str(cause).splitlines()[0], need="a TOML file") from cause
    for name, value in stated.items():
        if name not in KINDS:
            raise unknown_name(f"--config {path}, name", name, KINDS)
        if not isinstance(value, KINDS[name]) or isinstance(value, bool):
            raise ConfigError(f"--config {path}, {name}", got=value, need=f"a {KINDS[name].__name__}")
    settings = dict(_flat(stated.pop("settings", {})))
    return {**stated, "changes": settings}


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings by dotted names, whether they stand in tables or not."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def write_config(experiment: Experiment, path: Path) -> None:
    """Write the file that makes a run again: every setting, as it was used.

    Raises:
        RunError: the file can't be written.
    """
    recipe = experiment.own_file.path if experiment.own_file else experiment.recipe.name
    request = RunRequest(
        recipe=recipe,
        data=experiment.card.name,
        seed=experiment.seed,
        device=experiment.device,
        budget=experiment.budget,
        source=experiment.settings.finetune.source,
    )
    stated = {f.name: getattr(request, f.name) for f in dataclasses.fields(request) if f.name != "changes"}
    lines = [f"{name} = {_toml(value)}" for name, value in stated.items() if value is not None]
    lines += ["", "[settings]"]
    lines += [f"{name} = {_toml(value)}" for name, value in leaves(experiment.settings)]
    write_bytes(path, ("\n".join(lines) + "\n").encode())


def _toml(value: object) -> str:
    """Write a value; TOML knows no null, so None is the word that `--set` takes for it."""
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=True) if isinstance(value, str) else repr(value)
