"""From the numbers of results.json to the tables of docs/benchmarks-gpu*.md."""

from statistics import mean, median, stdev
from typing import Any

from benchmarks.gpu.contest import NOTES, PRECISIONS, PROFILED, TARGETS
from benchmarks.vs_book.contest import MODELS
from benchmarks.vs_book.table import grid

Result = dict[str, Any]
BEGIN, END = "<!-- gpu: begin -->", "<!-- gpu: end -->"
WORDS = {
    "en": {
        "notes": ("model", "precision", "examples/s", "floor", "ours / floor", "accuracy", "peak MiB",
                  "notes, examples/s", "ours / notes", "notes, accuracy"),
        "cifar10": ("target", "settings", "accuracy", "training seconds", "with the start", "peak MiB"),
        "tools": ("model", "a step, ms", "bottleneck", "its share", "inside DDP / plain"),
        "tools title": "A step by `d2lab profile`, and a step inside DDP of one process beside a plain one",
        "notes title": "The notes' models after {epochs} epochs (mean ± sd of seeds)",
        "cifar10 title": "CIFAR-10: seconds of training to a test accuracy (mean ± sd of seeds)",
        "where": "{device}; {processor}, {cores} cores, {system}; Python {python}, torch {torch}; commit {commit}",
        "none": "No measurement yet: no GPU was at hand.",
    },
    "zh": {
        "notes": ("网络", "精度", "样本/秒", "上限", "本项目 / 上限", "准确率", "内存峰值 MiB", "笔记：样本/秒",
                  "本项目 / 笔记", "笔记：准确率"),
        "cifar10": ("目标", "设置", "准确率", "训练秒数", "含启动", "内存峰值 MiB"),
        "tools": ("网络", "一步，毫秒", "瓶颈", "占比", "DDP 内 / 直接"),
        "tools title": "`d2lab profile` 测得的一步，以及单进程 DDP 中的一步与直接训练的一步之比",
        "notes title": "笔记中的网络训练 {epochs} 个周期之后（多个种子的均值 ± 标准差）",
        "cifar10 title": "CIFAR-10：达到某一测试准确率所需的训练秒数（多个种子的均值 ± 标准差）",
        "where": "{device}；{processor}，{cores} 核，{system}；Python {python}，torch {torch}；提交 {commit}",
        "none": "尚未测量：手头没有 GPU。",
    },
}  # fmt: skip


def markdown(result: Result, language: str) -> str:
    """Return the tables that have rows, with the machine they were measured on; one line where there are none."""
    words, blocks = WORDS[language], []
    found = (("notes", notes_rows(result)), ("cifar10", cifar10_rows(result)), ("tools", tools_rows(result)))
    for name, rows in found:
        if rows:
            title = str(words[f"{name} title"]).format(epochs=_epochs(result))
            blocks.append(f"**{title}**\n\n{grid(words[name], rows)}")
    if not blocks:
        return str(words["none"])
    machine = result["machine"] | {"torch": result["machine"]["libraries"]["torch"], "commit": result["commit"][:9]}
    return "\n\n".join([*blocks, str(words["where"]).format(**machine)])


def notes_rows(result: Result) -> list[list[str]]:
    """Return a row for each model and precision that was trained."""
    rows = []
    for model in NOTES:
        for precision in PRECISIONS:
            entries = result.get("notes", {}).get(model, {}).get(precision)
            if entries:
                rate = median(entry["examples_per_s"] for entry in entries)
                floor = result.get("floors", {}).get(model, {}).get(precision, {}).get("examples_per_s")
                share = ["-", "-"] if floor is None else [f"{floor:,.0f}", f"{rate / floor:.0%}"]
                quality = [_spread([e["accuracy"] for e in entries], 4), _peak(entries)]
                rows.append([MODELS[model].title, precision, f"{rate:,.0f}", *share, *quality, *_notes(model, rate)])
    return rows


def cifar10_rows(result: Result) -> list[list[str]]:
    """Return a row for each target; a target that the mean missed says so."""
    rows = []
    for target in TARGETS:
        entries = result.get("cifar10", {}).get(str(target))
        if entries:
            accuracies = [entry["accuracy"] for entry in entries]
            reached = f"{target:.0%}" if mean(accuracies) >= target else f"{target:.0%} (missed)"
            settings = ", ".join(f"{name}={value}" for name, value in entries[0]["settings"].items())
            times = [_spread([e[key] for e in entries], 2) for key in ("seconds", "seconds_with_start")]
            rows.append([reached, settings, _spread(accuracies, 4), *times, _peak(entries)])
    return rows


def tools_rows(result: Result) -> list[list[str]]:
    """Return a row for each model that was profiled or timed inside DDP."""
    profiles, shares, rows = result.get("profiles", {}), result.get("ddp", {}), []
    for model in PROFILED:
        seen, share = profiles.get(model), shares.get(model)
        if seen or share:
            cause = seen["bottleneck"] if seen else "-"
            step = [f"{1000 * seen['seconds']:.1f}", cause, f"{seen['causes'][cause]:.0%}"] if seen else ["-"] * 3
            ddp = f"{share['share']:.2f} ({share['from']:.2f} to {share['to']:.2f})" if share else "-"
            rows.append([MODELS[model].title, *step, ddp])
    return rows


def _notes(model: str, rate: float) -> list[str]:
    """Return the notes' own numbers, and how many times their rate ours is."""
    forms = NOTES[model]
    names = [f" ({form.form})" if form.form else "" for form in forms]
    return [
        ", ".join(f"{form.rate:,}{name}" for form, name in zip(forms, names, strict=True)),
        ", ".join(f"{rate / form.rate:.1f}x" for form in forms),
        ", ".join(f"{form.accuracy:.3f}{name}" for form, name in zip(forms, names, strict=True)),
    ]


def _spread(values: list[float], digits: int) -> str:
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread} ({len(values)})"


def _peak(entries: list[dict[str, Any]]) -> str:
    peaks = [entry["peak_bytes"] for entry in entries if entry["peak_bytes"] is not None]
    return f"{max(peaks) / 2**20:,.0f}" if peaks else "-"


def _epochs(result: Result) -> str:
    runs = [e for forms in result.get("notes", {}).values() for entries in forms.values() for e in entries]
    return ", ".join(map(str, sorted({entry["epochs"] for entry in runs}))) or "-"
