"""The command `d2lab profile`: where a training step's time and memory go, and what limits it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Meta

from d2lab.cli.lines import print_wrapped
from d2lab.cli.results import without_suffix
from d2lab.cli.settings import parse_settings
from d2lab.cli.table import show_table
from d2lab.core.language import Language, spoken

if TYPE_CHECKING:
    from d2lab.experiments.profile import Profile

KIND = 14  # letters of a layer's kind in the table
HELP: dict[str, dict[Language, str]] = {
    "name": {"en": "A recipe, your Python file, or a run's folder.",
        "zh": "配方名、你自己的 Python 文件，或运行的文件夹。"},
    "data": {"en": "Another data set of the same task.", "zh": "同一任务的另一个数据集。"},
    "set": {"en": "Change a setting; may be repeated.", "zh": "修改一项设置；可重复使用。"},
    "device": {"en": "auto (unless given), cpu, cuda, cuda:1, mps or xpu.",
        "zh": "auto（默认）、cpu、cuda、cuda:1、mps 或 xpu。"},
    "precision": {"en": "float32, bfloat16 or float16 (cuda).", "zh": "float32、bfloat16 或 float16（cuda）。"},
    "steps": {"en": "Steps to time; those of three seconds unless given.",
        "zh": "计时的步数；默认取三秒内能完成的步数。"},
    "top": {"en": "Layers in the table, those with most time.", "zh": "表中列出的层数，按耗时从多到少。"},
    "json": {"en": "File for everything that was measured.", "zh": "保存全部测量结果的 JSON 文件。"},
    "out": {"en": "Path of the figure, or its folder.", "zh": "图的路径，或存放图的文件夹。"},
    "recipe": {"en": "Your Python file, where the run is of a recipe of your own.",
        "zh": "运行所用的配方若是你自己写的，给出那个 Python 文件。"},
    "download": {"en": "Fetch the run's data if they are not on disk.", "zh": "运行的数据不在本机时下载。"},
    "profile": {
        "en": "Show where a training step's time and memory go, and which limit of this machine each layer meets.",
        "zh": "测量一个训练步的时间和内存花在哪里，以及每一层受这台机器的哪种限制。",
    },
}  # fmt: skip
SAID: dict[str, dict[Language, str]] = {
    "step": {"en": "one step", "zh": "一步"},
    "roof": {"en": "this machine", "zh": "这台机器"},
    "operation": {"en": "an operation", "zh": "每个操作"},
    "memory": {"en": "memory", "zh": "内存"},
    "cache": {"en": "in cache", "zh": "缓存内"},
    "checkpoint": {
        "en": "activation checkpointing in {groups} groups: activations {plain} -> {peak}, {extra} more a step",
        "zh": "分 {groups} 组做激活检查点：激活值 {plain} -> {peak}，每步多用 {extra}",
    },
    "none": {"en": "activation checkpointing would save nothing", "zh": "激活检查点省不下内存"},
    "bottleneck": {"en": "bottleneck", "zh": "瓶颈"},
    "others": {"en": "{count} other layers take {share}", "zh": "其余 {count} 层共占 {share}"},
    "figure": {"en": "figure", "zh": "图"},
}


def _help(name: str) -> str:
    return HELP[name][spoken()]


def profile(
    name: Annotated[str, typer.Argument(metavar="RECIPE|RUN", help=_help("name"))],
    data: Annotated[str | None, typer.Option(help=_help("data"))] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=_help("set"))] = None,
    device: Annotated[str | None, typer.Option(help=_help("device"))] = None,
    precision: Annotated[str | None, typer.Option(help=_help("precision"))] = None,
    steps: Annotated[int | None, typer.Option(help=_help("steps")), Meta(ge=1, le=100_000)] = None,
    top: Annotated[int, typer.Option(help=_help("top")), Meta(ge=1, le=10_000)] = 12,
    to_json: Annotated[Path | None, typer.Option("--json", help=_help("json"))] = None,
    out: Annotated[Path | None, typer.Option(help=_help("out"))] = None,
    recipe: Annotated[Path | None, typer.Option("--recipe", metavar="FILE", help=_help("recipe"))] = None,
    download: Annotated[bool, typer.Option("--download", help=_help("download"))] = False,
) -> None:
    """Profile a training step; the text of the help is in `HELP`."""
    from d2lab.experiments.profiled import profile as measure
    from d2lab.reports.profile import draw_profile, write_profile

    changes = parse_settings(setting or [])
    if precision is not None:
        changes["loop.precision"] = precision
    found = measure(name, data=data, changes=changes, device=device, steps=steps, recipe_file=recipe, download=download)
    experiment, language = found.experiment, spoken()
    typer.echo(f"{found.name}: {experiment.recipe.name}, {experiment.card.name}")
    _tell(found.profile, top, language)
    if to_json is not None:
        write_profile(found, to_json)
        typer.echo(f"json: {to_json}")
    file = f"profile-{found.name}"
    typer.echo(f"{SAID['figure'][language]}: {draw_profile(found, without_suffix(out or Path(file), file))}")


profile.__doc__ = _help("profile")


def _tell(found: "Profile", top: int, language: Language) -> None:
    """Print the parts of a step, the machine, the layers, the memory and the bottleneck."""
    from d2lab.plot.layers import said
    from d2lab.reports.profile import advice, described, milliseconds

    typer.echo(f"{SAID['step'][language]}: {milliseconds(found.seconds)}, {described(found, language)}")
    parts = [f"{name} {said(seconds / found.seconds, '%')}" for name, seconds in found.phases.items()]
    print_wrapped("  ".join(part.replace(" ", "\0") for part in parts), indent="  ")
    roof = found.roof
    rates = [f"{name} {said(rate)}FLOP/s" for name, rate in roof.flops_per_s.items()]
    rates += [f"{SAID['memory'][language]} {said(roof.memory, 'B')}/s"]
    rates += [f"{SAID['cache'][language]} {said(max(roof.bytes_per_s.values()), 'B')}/s"]
    rates += [f"{SAID['operation'][language]} {1e6 * roof.operation_s:.3g} µs"]
    typer.echo(f"{SAID['roof'][language]}:")
    print_wrapped("  ".join(rate.replace(" ", "\0") for rate in rates), indent="  ")
    _table(found, top, language)
    memory = found.memory
    kinds = ("weights", "buffers", "gradients", "optimizer", "activations")
    sizes = [f"{kind} {said(getattr(memory, kind), 'B')}" for kind in kinds if getattr(memory, kind)]
    typer.echo(f"{SAID['memory'][language]}: {said(memory.total, 'B')}")
    print_wrapped("  ".join(size.replace(" ", "\0") for size in sizes), indent="  ")
    plan = found.checkpoints
    words = SAID["checkpoint" if plan.groups else "none"][language]
    sizes_of = {"plain": said(plan.plain_bytes, "B"), "peak": said(plan.peak_bytes, "B")}
    print_wrapped(words.format(groups=len(plan.groups), extra=milliseconds(plan.extra_s), **sizes_of), indent="  ")
    typer.echo(f"{SAID['bottleneck'][language]}:")
    for line in advice(found, language):
        print_wrapped(line, indent="  ")


def _table(found: "Profile", top: int, language: Language) -> None:
    """Print a row for each of the layers with most time, in the order of computation."""
    from d2lab.plot.layers import said
    from d2lab.reports.profile import milliseconds

    ranked = sorted(found.layers, key=lambda layer: -layer.seconds)
    shown = {id(layer) for layer in ranked[:top]}
    rows = []
    for layer in found.layers:
        if id(layer) in shown:
            cost = layer.cost.both
            counts = [milliseconds(layer.seconds).removesuffix(" ms"), said(cost.flops), said(cost.bytes, "B")]
            limit = [f"{layer.intensity:.3g}", layer.bounds.regime, said(layer.efficiency, "%")]
            rows.append([layer.cost.label, layer.cost.kind[:KIND], *counts, *limit])
    show_table("", ["layer", "kind", "ms", "FLOPs", "bytes", "FLOP/B", "bound by", "reached"], rows)
    if len(ranked) > top:
        share = sum(layer.seconds for layer in ranked[top:]) / found.seconds
        typer.echo(SAID["others"][language].format(count=len(ranked) - top, share=said(share, "%")))
