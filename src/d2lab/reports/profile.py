"""What is told and drawn about a profile: the bottleneck, what would help, a figure, a file."""

import math
from pathlib import Path

from d2lab.core.atomic import write_json
from d2lab.core.language import Language
from d2lab.experiments.profile import Cause, Profile
from d2lab.experiments.profiled import Profiled
from d2lab.plot import save_both
from d2lab.plot.layers import said
from d2lab.plot.roofline import RooflineLimits, RooflinePoint, roofline

TOLD = 0.1  # share of a step from which a cause is worth a line
FASTER = 1.2  # times the rate of float32 from which a half format is called faster here

NAMES: dict[Cause, dict[Language, str]] = {
    "data": {"en": "waiting for data", "zh": "等待数据"},
    "metrics": {"en": "metrics and callbacks", "zh": "指标与回调"},
    "overhead": {"en": "overhead of operations", "zh": "每个操作的固定开销"},
    "bandwidth": {"en": "memory bandwidth", "zh": "内存带宽"},
    "compute": {"en": "arithmetic", "zh": "算术运算"},
}
ADVICE: dict[Cause, dict[Language, str]] = {
    "data": {
        "en": "load in more processes (--set loop.stream_workers=4), resize once before training, augment less",
        "zh": "增加读取数据的进程（--set loop.stream_workers=4），训练前一次性缩放好图像，或减少数据增强",
    },
    "metrics": {
        "en": "sum on the device and read once an epoch; a value read in each step makes the device wait",
        "zh": "在设备上累加，每轮只读一次；每步都读数会让设备空等",
    },
    "overhead": {
        "en": "give each operation more to do: a larger batch (--set batch_size=), wider layers, train --compile",
        "zh": "让每个操作多做些事：加大批量（--set batch_size=）、加宽层，或用 train --compile 合并操作",
    },
    "bandwidth": {
        "en": "move fewer bytes: fuse elementwise layers (train --compile), --precision bfloat16, an optimizer with "
        "less state",
        "zh": "少搬运字节：用 train --compile 融合逐元素的层，用 --precision bfloat16，换状态更少的优化器",
    },
    "compute": {
        "en": "fewer FLOPs (smaller images, fewer channels), a faster device, more CPU threads (--set loop.threads=)",
        "zh": "减少运算量（图像更小、通道更少），换更快的设备，或增加 CPU 线程（--set loop.threads=）",
    },
}
FAR = 0.25  # of its limits that a model reaches, below which a line says so
FAR_BELOW: dict[Language, str] = {
    "en": "the layers reach {share} of what these limits allow: their kernels are slow for these sizes, or other "
    "programs keep the machine busy",
    "zh": "各层只达到这些限制所允许的 {share}：这种大小下内核较慢，或有其他程序占用机器",
}


def advice(found: Profile, language: Language = "en") -> list[str]:
    """Return a line for each cause that takes a tenth of a step or more, the largest first: its share and what helps.

    Args:
        found: the profile.
        language: of the lines.
    """
    colon = ": " if language == "en" else "："
    lines = []
    for cause, share in found.causes.items():
        if share >= TOLD or cause == found.bottleneck:
            more = _more(found, cause, language)
            lines.append(f"{NAMES[cause][language]} {said(share, '%')}{colon}{ADVICE[cause][language]}{more}")
    if found.efficiency < FAR:
        lines.append(FAR_BELOW[language].format(share=said(found.efficiency, "%")))
    return lines


def _more(found: Profile, cause: Cause, language: Language) -> str:
    """Return what this very profile adds to an advice."""
    if cause == "metrics" and found.reads:
        return f"; {found.reads} reads a step" if language == "en" else f"；现在每步读 {found.reads} 次"
    if cause != "compute" or found.precision != "float32":
        return ""
    plain = found.roof.rate("float32")
    halves = {n: found.roof.flops_per_s[n] for n in ("bfloat16", "float16") if n in found.roof.flops_per_s}
    best = max(halves, key=lambda name: halves[name], default=None)
    if best is None or halves[best] < FASTER * plain:
        return "; half precision is not faster here" if language == "en" else "；半精度在这台机器上并不更快"
    times = f"{halves[best] / plain:.1f}"
    return f"; {best} is {times} times as fast here" if language == "en" else f"；{best} 在这里快到 {times} 倍"


def draw_profile(found: Profiled, out: Path) -> Path:
    """Draw the roofline with the layers, the parts of a step and its memory, light and dark; return the light PNG.

    Args:
        found: the profile and its experiment.
        out: path without suffix.
    """
    profile = found.profile
    points = [
        RooflinePoint(
            name=layer.cost.label,
            intensity=layer.intensity,
            flops_per_s=layer.flops_per_s,
            share=layer.seconds / profile.seconds,
            limit=layer.bounds.regime,
        )
        for layer in profile.layers
        if layer.seconds > 0
    ]
    limits = RooflineLimits(
        flops_per_s=profile.roof.flops_per_s,
        memory=profile.roof.memory,
        cache=max(profile.roof.bytes_per_s.values()),
    )
    phases = {name: seconds / profile.seconds for name, seconds in profile.phases.items()}
    kinds = ("weights", "gradients", "optimizer", "activations")
    memory = {name: getattr(profile.memory, name) for name in kinds}
    if profile.checkpoints.groups:
        memory["checkpointed"] = profile.checkpoints.peak_bytes
    share = profile.causes[profile.bottleneck]
    title = f"{found.name}: {NAMES[profile.bottleneck]['en']} takes {said(share, '%')} of a step"
    subtitle = f"{described(profile)}; {milliseconds(profile.seconds)} a step"

    save_both(lambda theme: roofline(points, limits, phases, memory, theme, title=title, subtitle=subtitle), out)
    return out.with_name(out.name + ".png")


def described(profile: Profile, language: Language = "en") -> str:
    """Return the conditions of a profile: batch size, device, threads, precision.

    Args:
        profile: the profile.
        language: of the line.
    """
    if language == "zh":
        threads = f"，{profile.threads} 个线程" if profile.device == "cpu" else ""
        return f"批量 {profile.batch_size}，{profile.device}{threads}，{profile.precision}"
    threads = f", {profile.threads} thread{'s' if profile.threads > 1 else ''}" if profile.device == "cpu" else ""
    return f"batch {profile.batch_size}, {profile.device}{threads}, {profile.precision}"


def milliseconds(seconds: float) -> str:
    """Write seconds as milliseconds in three digits.

    >>> milliseconds(0.0116318), milliseconds(1.5), milliseconds(0.0000042)
    ('11.6 ms', '1500 ms', '0.0042 ms')
    """
    value = 1000 * seconds
    digits = 2 - math.floor(math.log10(value)) if value > 0 else 0
    return f"{round(value, digits):g} ms" if digits > 0 else f"{value:.0f} ms"


def write_profile(found: Profiled, path: Path) -> None:
    """Write a profile as JSON, with the recipe, the data set and the machine.

    Args:
        found: the profile and its experiment.
        path: of the file.
    """
    experiment = found.experiment
    facts = {"name": found.name, "recipe": experiment.recipe.name, "data": experiment.card.name}
    write_json(path, facts | found.profile.to_json())
