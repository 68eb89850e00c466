"""Style transfer as a run: photos and weights by name, a record, going on after a kill, the image of a finished run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from d2lab.core.device import resolve_device
from d2lab.core.errors import ConfigError, D2labError, RunError
from d2lab.core.machine import configure_malloc, describe_machine, usable_cores
from d2lab.core.seed import derive, fork_rng
from d2lab.core.settings import change, leaves
from d2lab.data.photos import read_photo
from d2lab.models.vgg_features import VGGFeatures
from d2lab.pretrained.vgg import VGGWeights, find_vgg, read_vgg
from d2lab.pretrained.weights import fingerprint
from d2lab.train.position import Status
from d2lab.train.progress import NoProgress, Progress
from d2lab.train.record import RunRecord, open_record
from d2lab.train.style import StyleConfig, StyleTransfer
from d2lab.train.style_loop import StyleLoop, as_bytes, strip_of
from d2lab.train.threads import using_threads

RECIPE_NAME, TASK, FORMAT = "style", "style transfer", 1
CONTENT, STYLE = "china.jpg", "flower.jpg"
PARTS = ("content", "style")
Bytes = UInt8[Tensor, "3 height width"]


@dataclass(frozen=True, slots=True)
class Stylized:
    """A style transfer that ended, or that was opened.

    Args:
        record: of the run.
        status: how it stands.
        image: as bytes.
        strip: images on the way, the last one too where the run is finished.
        photos: content and style as they were read.
        config: settings.
        trained: False where it was finished before and only opened.
    """

    record: RunRecord
    status: Status
    image: Bytes
    strip: list[Bytes]
    photos: dict[str, Bytes]
    config: StyleConfig
    trained: bool = True

    def captions(self) -> list[str]:
        """Return the step of each image of the strip."""
        steps = [step for step in range(1, self.config.steps + 1) if self.config.shown(step) is not None]
        return [f"step {step:,}" for step in steps[: len(self.strip)]]


def stylize(
    content: str | Path = CONTENT,
    style: str | Path = STYLE,
    *,
    source: str | None = None,
    changes: Mapping[str, object] | None = None,
    seed: int = 0,
    device: str = "auto",
    root: Path | None = None,
    progress: Progress | None = None,
) -> Stylized:
    """Paint the content image in the style of the other and write a record.

    Args:
        content: a photo's path; china.jpg and flower.jpg are scikit-learn's where there is no such file.
        style: the same.
        source: weights of the VGG, see `pretrained.vgg.read_vgg`; the best on this machine unless given.
        changes: settings by name, as `--set` takes them.
        seed: decides random weights and noise.
        device: auto, cpu, cuda, cuda:1, mps or xpu.
        root: the folder of all runs; $D2LAB_RUNS or `runs` here unless given.
        progress: shows the progress; none unless given.

    Raises:
        ConfigError: an option or setting that can't be used; nothing was written.
        DataError: a photo or the weights can't be read; nothing was written.
        NonFiniteError: a loss became NaN or infinite.
        RunError: the record can't be written.
    """
    config = change(StyleConfig(), dict(changes or {}))
    derive(seed)
    where = resolve_device(device)
    photos = {part: read_photo(name, config.side) for part, name in zip(PARTS, (content, style), strict=True)}
    weights = read_vgg(source or find_vgg())
    features = weights.features(config.layers, pooling=config.pooling, seed=seed)
    threads = config.threads or usable_cores()
    told = progress or NoProgress()
    with using_threads(threads), fork_rng(str(where)):
        transfer = _transfer(features, photos, config, seed, where)
        told.note(_said(content, style, photos, weights, features))
        recipe = _described(content, style, photos, weights, config, seed, str(where))
        machine = {**describe_machine(), "device": str(where), "threads": threads}
        record = RunRecord.create(RECIPE_NAME, seed, recipe, machine, root)
        with record.lock():
            loop = StyleLoop(transfer, photos, record=record, progress=told)
            record.save(loop.checkpoint())  # holds the photos, so that going on does not need their files
            return _finish(record, loop.run(), loop)


def resume_style(
    folder: Path, *, device: str | None = None, fetch: bool = False, progress: Progress | None = None
) -> Stylized:
    """Go on with an interrupted or killed style transfer, to the bits of an undisturbed one; open a finished one.

    Args:
        folder: of the run, or its name in the folder of runs.
        device: another device than the record's; then the last bits may differ.
        fetch: may use the network where the weights are not on disk.
        progress: shows the progress.

    Raises:
        ConfigError: there is no such device.
        DataError: the weights can't be read.
        RunError: there is no such run, its checkpoint is damaged, or the weights are others.
    """
    record = open_record(folder)
    opened = open_style(folder)
    if opened.status == "finished":
        return opened
    recipe, threads = record.recipe(), record.machine().get("threads")
    if not isinstance(threads, int) or threads < 1:
        raise RunError(f"run {record.name}", got=f"threads {threads!r}", need="a number in machine.json")
    where = resolve_device(str(device or recipe["device"]))
    weights = read_vgg(str(recipe["weights"]["source"]), fetch=fetch)
    if weights.sha256() != recipe["weights"]["sha256"]:
        need = f"those that the run began with, sha256 {recipe['weights']['sha256'][:12]}..."
        raise RunError(f"the weights {weights.name}", got="others", need=need)
    config, seed = opened.config, int(recipe["seed"])
    features = weights.features(config.layers, pooling=config.pooling, seed=seed)
    with record.lock(), using_threads(threads), fork_rng(str(where)):
        loop = StyleLoop(
            _transfer(features, opened.photos, config, seed, where),
            opened.photos,
            record=record,
            progress=progress or NoProgress(),
        )
        loop.restore(record.load())
        return _finish(record, loop.run(), loop)


def is_style(folder: Path) -> bool:
    """Return whether a run is a style transfer; False where there is no such run.

    Args:
        folder: of the run, or its name in the folder of runs.
    """
    try:
        return open_record(folder).recipe().get("task") == TASK
    except (D2labError, OSError):
        return False


def open_style(folder: Path) -> Stylized:
    """Open a style transfer as its checkpoint left it.

    Args:
        folder: of the run, or its name in the folder of runs.

    Raises:
        RunError: it is none, or is damaged.
    """
    record = open_record(folder)
    config = _config_of(record)
    if not record.has_checkpoint():
        fix = "Start it again with d2lab stylize."
        raise RunError(f"run {record.name}", got="no checkpoint yet", need="a run that has begun", fix=fix)
    checkpoint = record.load()
    photos = {part: checkpoint.tensors.get(f"photo.{part}") for part in PARTS}
    image, strip, status = checkpoint.tensors.get("image"), strip_of(checkpoint), record.status()
    known = ("running", "interrupted", "finished")
    if image is None or image.ndim != 4 or any(photo is None for photo in photos.values()) or status not in known:
        got = f"{status}, {', '.join(sorted(checkpoint.tensors))}"
        raise RunError(f"run {record.name}", got=got, need="image and photos of a style transfer")
    kept = {part: photo for part, photo in photos.items() if photo is not None}
    return Stylized(record, status, as_bytes(image), strip, kept, config, trained=False)  # type: ignore[arg-type]


def _config_of(record: RunRecord) -> StyleConfig:
    recipe = record.recipe()
    if recipe.get("task") != TASK or recipe.get("format") != FORMAT:
        got = f"{recipe.get('task')}, format {recipe.get('format')}"
        raise RunError(f"run {record.name}", got=got, need=f"{TASK}, format {FORMAT}")
    try:
        kept = {name: value for name, value in dict(recipe["settings"]).items() if name != "loop.epochs"}
        return change(StyleConfig(), kept, warn=False)
    except (ConfigError, KeyError, TypeError, ValueError) as cause:
        raise RunError(f"run {record.name}", got=str(cause), need="a recipe.json that fits this d2lab") from cause


def _transfer(
    features: VGGFeatures, photos: Mapping[str, Bytes], config: StyleConfig, seed: int, device: torch.device
) -> StyleTransfer:
    configure_malloc()
    content, style = ((photos[part].to(device).float() / 255)[None] for part in PARTS)
    torch.manual_seed(derive(seed, "noise"))
    return StyleTransfer(features.to(device), content, style, config)


def _finish(record: RunRecord, status: Status, loop: StyleLoop) -> Stylized:
    return Stylized(record, status, as_bytes(loop.transfer.image), loop.strip, loop.photos, loop.config)


def _said(
    content: str | Path, style: str | Path, photos: Mapping[str, Bytes], weights: VGGWeights, features: VGGFeatures
) -> str:
    """Describe in one line what is done with what."""
    height, width = photos["content"].shape[1:]
    last = list(dict(features.layers.named_children()))[-1]
    what = f"{Path(content).name} in the style of {Path(style).name}, {width} x {height} pixels, to {last}"
    if weights.random:
        fix = "colors, but no strokes; for trained ones: --from torchvision/vgg19"
        return f"{what}; random weights ({fix})"
    return f"{what}; weights {weights.name}"


def _described(
    content: str | Path,
    style: str | Path,
    photos: Mapping[str, Bytes],
    weights: VGGWeights,
    config: StyleConfig,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Return the plain values of recipe.json."""
    files = {part: Path(name).name for part, name in zip(PARTS, (content, style), strict=True)}
    return {
        "format": FORMAT,
        "recipe": RECIPE_NAME,
        "task": TASK,
        "data": " + ".join(files.values()),
        "model": f"VGG-{weights.depth}",
        **{part: {"file": files[part], "sha256": fingerprint({part: photos[part]})} for part in PARTS},
        "weights": {"source": weights.name, "sha256": weights.sha256()},
        "seed": seed,
        "device": device,
        "budget": "full",
        "settings": {**dict(leaves(config)), "loop.epochs": config.images},
    }
