"""Summary of a model by name: of a recipe, of a paper, or of a run, whose weights are not read."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError
from d2lab.core.names import unknown_name
from d2lab.core.seed import fork_rng
from d2lab.core.settings import change
from d2lab.experiments.plan import Experiment, plan
from d2lab.experiments.recorded import from_json
from d2lab.inspection import ModelSummary, Part, Times, fold_to, summarize, time_layers
from d2lab.models.catalog import ModelConfig, build_model
from d2lab.models.language import LanguageConfig
from d2lab.models.variants import VARIANTS, variant
from d2lab.plot import Measure, layers, save_both
from d2lab.recipes.catalog import RECIPES
from d2lab.recipes.recipe import Changes
from d2lab.train.record import RECIPE, open_record, runs_folder

MOST_BARS = 60  # bars of the figure; more layers are summed into blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A model to inspect: its settings and the shape of its inputs."""

    name: str
    what: str  # which model of this name: a recipe's, a paper's or a run's
    config: ModelConfig
    shape: tuple[int, ...]  # shape of an example, without the batch axis


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspected:
    """Summary and times of a model."""

    subject: Subject
    summary: ModelSummary
    times: Times | None
    batch: int
    device: str
    threads: int


def find_subject(
    name: str, *, paper: bool = False, data: str | None = None, size: int | None = None, changes: Changes | None = None
) -> Subject:
    """Find a model: the recipe's where there is one of this name, else the paper's, else that of a run.

    Args:
        name: a recipe, a paper's model or a run's folder.
        paper: take the paper's model of this name.
        data: the data set that decides a recipe's sizes.
        size: side of the images, pixels.
        changes: settings by name, as `--set` takes them.

    Raises:
        ConfigError: nothing has this name, or a setting doesn't fit.
    """
    wanted = dict(changes or {})
    if name in RECIPES and not paper:
        known = {f.name for f in dataclasses.fields(RECIPES[name].settings.model)}
        wanted |= _sized(name, known, size, "model.side")
        experiment = plan(name, data=data, changes=wanted, device="cpu")
        other = "; the paper's model is another: --paper" if name in VARIANTS else ""
        what = f"the recipe's model, chapter {experiment.recipe.chapter}, on {experiment.card.name}{other}"
        return _of_experiment(name, what, experiment)
    if data is not None:
        raise ConfigError("--data", got=data, need="a recipe, whose sizes the data decide", fix="Use --set here.")
    if paper or name in VARIANTS:
        wanted = {key.removeprefix("model."): value for key, value in wanted.items()}
        config = variant(name)
        wanted |= _sized(name, {f.name for f in dataclasses.fields(config)}, size, "side")
        config = change(config, wanted)
        return Subject(name=name, what="the paper's model, for ImageNet", config=config, shape=_image_shape(config))
    return _of_run(name, size, wanted)


def _of_run(name: str, size: int | None, wanted: dict[str, object]) -> Subject:
    folders = (Path(name), runs_folder() / name)
    if not any((folder / RECIPE).is_file() for folder in folders):
        raise unknown_name(
            "model", name, {*RECIPES, *VARIANTS, *(f.parent.name for f in runs_folder().glob(f"*/{RECIPE}"))}
        )
    record = open_record(Path(name))
    experiment = from_json(record.recipe(), record.name, device="cpu")
    known = {f.name for f in dataclasses.fields(experiment.settings.model)}
    wanted |= _sized(name, known, size, "model.side")
    experiment = dataclasses.replace(experiment, settings=change(experiment.settings, wanted))
    return _of_experiment(record.name, f"a run of {experiment.recipe.name} on {experiment.card.name}", experiment)


def _sized(name: str, known: set[str], size: int | None, setting: str) -> dict[str, object]:
    """Return the setting that `--size` means."""
    if size is None:
        return {}
    if "side" not in known:
        raise ConfigError("--size", got=size, need=f"a model that reads images of any side, which {name} is not")
    return {setting: size}


def _of_experiment(name: str, what: str, experiment: Experiment) -> Subject:
    model = experiment.settings.model
    if isinstance(model, LanguageConfig):
        raise ConfigError("model", got=f"{name}, which reads tokens", need="a model of images or numbers")
    shape = _image_shape(model) if hasattr(model, "side") else experiment.preparation.shape
    return Subject(name=name, what=what, config=model, shape=shape)


def _image_shape(config: ModelConfig) -> tuple[int, ...]:
    channels, side = (int(getattr(config, field)) for field in ("channels", "side"))
    return channels, side, side


def summarize_config(config: ModelConfig, shape: tuple[int, ...] | None = None) -> ModelSummary:
    """Return the summary of the model of these settings, counted on the meta device: no weight is allocated.

    Args:
        config: settings of any model.
        shape: of one example, without the batch axis; one image of the model's channels and side unless given.
    """
    with torch.device("meta"):
        return summarize(build_model(config), torch.zeros(1, *(_image_shape(config) if shape is None else shape)))


def inspect(subject: Subject, *, timed: bool = True, batch: int = 1, device: str = "auto") -> Inspected:
    """Summarize a model without allocating weights, then build and time it where asked to.

    Args:
        subject: the model.
        timed: measure the time of every layer.
        batch: batch size of the timing.
        device: device of the timing.

    Raises:
        ConfigError: there is no such device, or the batch size is below 1.
    """
    if batch < 1:
        raise ConfigError("--batch", got=batch, need="1 example or more")
    where = resolve_device(device)
    taken = summarize_config(subject.config, subject.shape)
    times = None
    if timed:
        with fork_rng(str(where)):
            model = build_model(subject.config).to(where)
            example = torch.rand(batch, *subject.shape, device=where)
        times = time_layers(model, example)
    threads = torch.get_num_threads()
    return Inspected(subject=subject, summary=taken, times=times, batch=batch, device=str(where), threads=threads)


def draw_inspected(found: Inspected, out: Path) -> Path:
    """Draw the cost of each layer, light and dark, as SVG and PNG; return the path of the light PNG."""
    parts = fold_to(found.summary, MOST_BARS, found.times)
    measures = [
        Measure("multiply-adds", [part.multiply_adds for part in parts]),
        Measure("parameters", [part.parameters for part in parts]),
        Measure("activation memory", [part.activation_bytes for part in parts], "B"),
    ]
    if found.times is not None:
        measures.append(Measure("time, both ways", [part.time_share or 0.0 for part in parts], "%"))
    shape = " × ".join(map(str, found.subject.shape))
    subtitle = f"{found.subject.what.partition(';')[0]}; one example of {shape}"
    title = f"{found.subject.name}: {_counted(parts, len(found.summary.rows))}"
    names = [part.name or "between layers" for part in parts]
    save_both(lambda theme: layers(names, measures, theme, title=title, subtitle=subtitle), out)
    return out.with_name(out.name + ".png")


def _counted(parts: list[Part], rows: int) -> str:
    return f"{rows} layers" if len(parts) == rows else f"{rows} layers in {len(parts)} parts"
