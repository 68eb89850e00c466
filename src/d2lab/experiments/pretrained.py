"""Pretrained weights for a run, by name: another run, or weights of torchvision, timm and packages."""

import dataclasses
from pathlib import Path

from d2lab.core.errors import RunError
from d2lab.experiments.plan import Experiment, RunRequest, plan
from d2lab.experiments.trained import load_run
from d2lab.models.library import LIBRARIES, WHEEL
from d2lab.pretrained import find_origin, fingerprint, load_pretrained
from d2lab.train.finetune import Initialize, Source, load_pretrained_weights, with_source_hash
from d2lab.train.record import RECIPE, open_record


def open_source(text: str, *, fetch: bool = True) -> Source:
    """Find pretrained weights; they are not read yet.

    Args:
        text: a run's folder or name; or `torchvision/resnet18`, `wheel/efficientnet-lite0`, or with a local file
            `torchvision/resnet18:FILE`.
        fetch: may use the network where the weights are not on disk.

    Raises:
        ConfigError: no weights have this name.
        MissingExtraError: the library or package is not installed.
        RunError: there is no such run, or it has no checkpoint.
    """
    if text.partition("/")[0] in (*LIBRARIES, WHEEL) and not (Path(text) / RECIPE).is_file():
        return _of_others(text, fetch=fetch)
    try:
        record = open_record(Path(text))
    except RunError as cause:
        need = "a run's folder, or a name of d2lab pretrained list such as torchvision/resnet18"
        raise RunError("--from", got=text, need=need, fix=cause.fix) from cause
    run = load_run(record.folder)
    experiment = run.experiment
    name = str(record.folder.absolute())
    return Source(name, experiment.settings.model, experiment.card.classes, lambda: dict(run.model.state_dict()))


def _of_others(text: str, *, fetch: bool) -> Source:
    name, colon, file = text.partition(":")
    origin, path = find_origin(name), Path(file).absolute() if colon else None
    return Source(
        f"{origin.name}:{path}" if path else origin.name,
        origin.config,
        origin.classes,
        lambda: dict(load_pretrained(name, file=path, fetch=fetch).model.state_dict()),
    )


def plan_with_source(request: RunRequest) -> tuple[Experiment, Initialize | None]:
    """Plan a run from random weights, or from pretrained ones, whose name and hash the experiment then states.

    Raises:
        D2labError: see `plan` and `open_source`.
    """
    if request.source is None:
        return plan(request), None
    found = open_source(request.source)
    return initialization_of(plan(request, source=found), found)


def initialization_of(
    experiment: Experiment, source: Source | None = None, *, fetch: bool = True
) -> tuple[Experiment, Initialize | None]:
    """Read the pretrained weights; return the experiment that names them, and what loads them into its model.

    Args:
        experiment: the run.
        source: the source, where it is open already; else the experiment's own.
        fetch: may use the network where the experiment's own weights are not on disk.

    Raises:
        D2labError: the source is missing, has changed or does not fit.
    """
    settings = experiment.settings
    if source is None and settings.finetune.source is None:
        return experiment, None
    found = source or open_source(str(settings.finetune.source), fetch=fetch)
    tensors = found.read()
    finetune = with_source_hash(settings.finetune, found, fingerprint(tensors))
    stamped = dataclasses.replace(experiment, settings=dataclasses.replace(settings, finetune=finetune))
    classes = experiment.card.classes
    return stamped, lambda model: load_pretrained_weights(model, found, tensors, finetune, classes)
