"""The experiment of a run, rebuilt from what its recipe.json says."""

import dataclasses
from pathlib import Path
from typing import Any

import msgspec

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, DataError, RunError
from d2lab.core.seed import derive
from d2lab.core.settings import change
from d2lab.data import catalog
from d2lab.data.card import Card
from d2lab.experiments.classes import with_classes
from d2lab.experiments.plan import FORMAT, Experiment, check, task_of
from d2lab.models.catalog import default_settings
from d2lab.recipes.catalog import OwnFile, find_file, find_recipe, recipe_of
from d2lab.recipes.recipe import Recipe, check_sizes
from d2lab.tables.preparation import TablePreparation
from d2lab.text.tokenizer import Tokenizer
from d2lab.vision.preparation import Preparation

READABLE = (1, FORMAT)  # format 1 has no preparation: it is derived


def from_json(
    value: dict[str, Any],
    where: str,
    *,
    data: str | None = None,
    device: str | None = None,
    recipe_file: Path | None = None,
) -> Experiment:
    """Rebuild the experiment that a recipe.json describes.

    Args:
        value: content of the file.
        where: what errors call the run.
        data: new place of the run's own data, as `folder:PATH`.
        device: another device than the record's.
        recipe_file: the user's file that the recipe was read from. A record can't decide which code runs, so a
            user's file has to be named again.

    Raises:
        DataError: the data at the new place are others.
        RunError: the file is of another format, or names what does not exist here.
    """
    if value.get("format") not in READABLE:
        raise RunError(f"run {where}", got=f"format {value.get('format')!r}", need=f"format {FORMAT}")
    try:
        recipe, own_file = _recipe_of(value, where, recipe_file)
        card = _card_of(value) if data is None else moved_card(_card_of(value), data)
        task_of(recipe).check(card)
        kind = str(value.get("model", type(recipe.settings.model).__name__))  # old records don't say
        if kind != type(recipe.settings.model).__name__:
            recipe = recipe.with_model(default_settings(kind))
        settings = change(recipe.settings, dict(value["settings"]), warn=False)
        card = with_classes(card, settings.only)
        check_sizes(settings.model, card)
        derive(int(value["seed"]))
        experiment = Experiment(
            recipe=recipe,
            card=card,
            settings=settings,
            seed=int(value["seed"]),
            device=_device_of(value, where, device),
            budget=str(value["budget"]),
            own_file=own_file,
            kept=Preparation.from_json(value["preparation"], where) if "preparation" in value else None,
            tokenizer=Tokenizer.from_json(value["tokenizer"], where) if "tokenizer" in value else None,
            table=TablePreparation.from_json(value["table"], where) if "table" in value else None,
        )
        check(experiment)
    except ConfigError as cause:
        raise RunError(f"run {where}", got=str(cause), need="a recipe.json that fits this d2lab") from cause
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        if isinstance(cause, RunError | DataError):
            raise
        raise RunError(f"run {where}", got=repr(cause), need="a recipe.json that d2lab wrote") from cause
    return experiment


def _device_of(value: dict[str, Any], where: str, device: str | None) -> str:
    """Return the device that is asked for, else the record's.

    Raises:
        RunError: this machine has no device of the record's kind.
    """
    if device is not None:
        return str(resolve_device(device))
    try:
        return str(resolve_device(str(value["device"])))
    except ConfigError as cause:
        fix = "Use --device cpu: the last bits of the weights may differ from a run on the other device."
        raise RunError(f"run {where}", got=f"device {value['device']}", need=cause.need, fix=fix) from cause


def _recipe_of(value: dict[str, Any], where: str, file: Path | None) -> tuple[Recipe, OwnFile | None]:
    """Find the recipe of a record: one of d2lab, or the one in the file that the user names."""
    if "own_file" not in value:
        return find_recipe(str(value["recipe"])), None
    kept = OwnFile.from_json(value["own_file"])
    if file is None:
        fix = f"Add --recipe {kept.path}, if that is your file."
        raise RunError(f"run {where}", got="a recipe of a user's file", need="that file", fix=fix)
    if find_file(file).sha256 != kept.sha256:
        fix = "Restore the old file, or train again."
        raise RunError(f"run {where}", got=f"{file}, changed since", need=f"sha256 {kept.sha256[:12]}...", fix=fix)
    return recipe_of(str(file))


def _card_of(value: dict[str, Any]) -> Card:
    """Return the card named in a recipe.json; a user's own data have their card there, as they may have changed."""
    if "card" not in value:
        return catalog.card(str(value["data"]))
    card = msgspec.convert(value["card"], Card)
    kind = _kind_of(card.name)
    if not card.listing or card.name != value["data"] or kind is None:
        raise ValueError(f"a card of {card.name!r}")
    return dataclasses.replace(card, module=catalog.OPENED_BY[kind])  # a file does not say which code runs


def _kind_of(data: str) -> str | None:
    """Return how the name of a user's own data begins, such as "folder:"; None for a set by its name."""
    return next((kind for kind in catalog.OPENED_BY if data.startswith(kind)), None)


def moved_card(card: Card, data: str) -> Card:
    """Return the card of a run's data at another place, where the same files lie there.

    Args:
        card: of the record.
        data: the new place, as `folder:PATH` or `text:PATH`.

    Raises:
        DataError: other files, or a set that can't move.
    """
    if data == card.name:
        return card
    kind = _kind_of(card.name)
    if not card.listing or kind is None or not data.startswith(kind):
        need = f"{card.name}, the data of the run" + (f", or {kind}PATH, where they are now" if card.listing else "")
        raise DataError("--data", got=data, need=need)
    there = catalog.card(data)
    if there.classes != card.classes:
        got, need = f"the classes {', '.join(there.classes)}", f"those of the run, {', '.join(card.classes)}"
        raise DataError(f"--data {data}", got=got, need=need)
    if there.listing != card.listing:
        raise DataError(f"--data {data}", got="other files", need=f"those of {card.name}, names and sizes alike")
    return dataclasses.replace(card, name=there.name)
