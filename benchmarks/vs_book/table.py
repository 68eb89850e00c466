"""From the numbers of results.json to medians, ratios and tables: in a terminal, and on the pages of docs."""

from collections.abc import Sequence
from statistics import mean, median, stdev
from typing import Any

from benchmarks.vs_book.contest import MODELS

Result = dict[str, Any]
BEGIN, END = "<!-- vs_book: begin -->", "<!-- vs_book: end -->"
HEADS = {
    "en": {
        "speed": ("model", "book", "ours", "ours / book", "ours, own threads", "ours, compiled", "floor, plain",
                  "floor, ours", "ours / floor"),
        "window": ("model", "side", "book", "ours", "ours / book", "ours, bfloat16", "bfloat16 / book", "floor, plain",
                   "floor, ours", "ours / floor"),
        "window title": "Large models: training examples per second in short windows, median of {rounds}",
        "quality": ("model", "accuracy, book", "accuracy, ours", "peak MiB, book", "peak MiB, ours"),
        "speed title": "Training examples per second, median of {rounds}",
        "quality title": "Test accuracy after {epochs} epochs (mean ± sd of seeds) and peak memory",
    },
    "zh": {
        "speed": ("网络", "书", "本项目", "本项目 / 书", "自选线程数", "编译后", "上限（普通）", "上限（本项目）",
                  "本项目 / 上限"),
        "window": ("网络", "边长", "书", "本项目", "本项目 / 书", "本项目 bfloat16", "bfloat16 / 书", "上限（普通）",
                   "上限（本项目）", "本项目 / 上限"),
        "window title": "大型网络：短时间窗内每秒训练样本数，{rounds} 轮的中位数",
        "quality": ("网络", "准确率：书", "准确率：本项目", "内存峰值 MiB：书", "内存峰值 MiB：本项目"),
        "speed title": "每秒训练样本数，{rounds} 轮的中位数",
        "quality title": "{epochs} 个周期后的测试准确率（多个种子的均值 ± 标准差）与内存峰值",
    },
}  # fmt: skip


def summarize_speed(rounds: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Return medians over rounds, and medians of the ratios within each round."""
    names = [name for name in rounds[0] if all(r.get(name) is not None for r in rounds)]
    medians = {name: median(r[name] for r in rounds) for name in names}
    pairs = [(top, low) for top in names for low in ("book", "floor-plain", "floor-ours") if low in names]
    pairs = [(top, low) for top, low in pairs if top.startswith("ours")]
    return {
        "median": {name: round(value, 1) for name, value in medians.items()},
        "ratio": {f"{top} / {low}": round(median(r[top] / r[low] for r in rounds), 4) for top, low in pairs},
    }


def summarize_accuracy(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return mean and standard deviation over seeds (None for one seed alone)."""
    values = [entry["accuracy"] for entry in entries]
    spread = round(stdev(values), 5) if len(values) > 1 else None
    return {"mean": round(mean(values), 5), "sd": spread, "n": len(values)}


def summarize(result: Result) -> Result:
    """Put the summary of all that was measured so far."""
    speed = {model: summarize_speed(entry["rounds"]) for model, entry in result.get("speed", {}).items()}
    accuracy = {
        model: {side: summarize_accuracy(entries) for side, entries in sides.items() if entries}
        for model, sides in result.get("accuracy", {}).items()
    }
    return {"speed": speed, "accuracy": accuracy}


def speed_rows(result: Result) -> list[list[str]]:
    """Return a row for each model that was timed over whole epochs."""
    rows = []
    for model, found in _timed(result, windowed=False):
        medians, ratios = found["median"], found["ratio"]
        count = {name: f"{medians[name]:,.0f}" if name in medians else "-" for name in _all_turns(result, model)}
        threads = result["speed"][model].get("threads", {}).get("ours-chosen")
        own = count["ours-chosen"] + (f" ({threads})" if threads else "")
        parts = [count["book"], count["ours"], _times(ratios.get("ours / book")), own, count["ours-compiled"]]
        floors = [count["floor-plain"], count["floor-ours"], _share(ratios.get("ours-chosen / floor-ours"))]
        rows.append([MODELS[model].title, *parts, *floors])
    return rows


def window_rows(result: Result) -> list[list[str]]:
    """Return a row for each model that was timed in short windows."""
    rows = []
    for model, found in _timed(result, windowed=True):
        medians, ratios = found["median"], found["ratio"]
        count = {name: f"{value:,.1f}" for name, value in medians.items()}
        parts = [count["book"], count["ours"], _times(ratios["ours / book"], 2)]
        half = [count["ours-bfloat16"], _times(ratios["ours-bfloat16 / book"], 2)]
        floors = [count["floor-plain"], count["floor-ours"], _share(ratios["ours / floor-ours"])]
        rows.append([MODELS[model].title, str(MODELS[model].side), *parts, *half, *floors])
    return rows


def _timed(result: Result, *, windowed: bool) -> list[tuple[str, dict[str, Any]]]:
    return [(model, found) for model, found in summarize(result)["speed"].items() if MODELS[model].windowed == windowed]


def quality_rows(result: Result) -> list[list[str]]:
    """Return a row for each model whose accuracy or memory was measured."""
    accuracy, memory = summarize(result)["accuracy"], result.get("memory", {})
    rows = []
    for model in MODELS:
        if model in accuracy or model in memory:
            scores = [_score(accuracy.get(model, {}).get(side)) for side in ("book", "ours")]
            peaks = [_peak(memory.get(model, {}).get(side)) for side in ("book", "ours")]
            rows.append([MODELS[model].title, *scores, *peaks])
    return rows


def titles(result: Result, language: str = "en") -> tuple[str, str, str]:
    """Return the titles of the tables."""
    timed = result.get("speed", {})
    rounds, windows = (
        _span([len(entry["rounds"]) for model, entry in timed.items() if MODELS[model].windowed == large], language)
        for large in (False, True)
    )
    entries = [e for sides in result.get("accuracy", {}).values() for side in sides.values() for e in side]
    epochs = ", ".join(map(str, sorted({e["epochs"] for e in entries}))) or "-"
    heads = HEADS[language]
    speed, large = str(heads["speed title"]), str(heads["window title"])
    return speed.format(rounds=rounds), large.format(rounds=windows), str(heads["quality title"]).format(epochs=epochs)


def _span(counts: Sequence[int], language: str) -> str:
    """Say how many rounds there were: one number where all models had as many."""
    low, high = min(counts, default=0), max(counts, default=0)
    if language == "zh":
        return str(high) if low == high else f"{low} 至 {high}"
    return f"{high} round{'s' if high != 1 else ''}" if low == high else f"{low} to {high} rounds"


def show(result: Result) -> None:
    """Print the tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:  # a log or a pipe has no width to keep to
        console = Console(width=160)

    for title, head, rows in _tables(result, "en"):
        table = Table(title=title)
        for number, name in enumerate(HEADS["en"][head]):
            table.add_column(name, justify="right" if number else "left")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def markdown(result: Result, language: str) -> str:
    """Return the tables as Markdown, with the machine they were measured on."""
    blocks = []
    for title, head, rows in _tables(result, language):
        blocks.append(f"**{title}**\n\n{grid(HEADS[language][head], rows)}")
    machine, peer = result["machine"], result["peer"]["libraries"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; Python {machine['python']}, "
    where += f"torch {peer['torch']}, d2l {peer['d2l']}; commit {result['commit'][:9]}"
    return "\n\n".join([*blocks, where])


def grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: the first column to the left, numbers to the right."""
    lines = ["| " + " | ".join(names) + " |", "|---" + "|---:" * (len(names) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def place(page: str, block: str, begin: str = BEGIN, end: str = END) -> str:
    """Put a block between the marks of a page, in place of what was there.

    Raises:
        ValueError: the page has no marks.
    """
    before, first, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise ValueError(f"a page without {begin} and {end}")
    return f"{before}{begin}\n{block}\n{end}{after}"


def _tables(result: Result, language: str) -> list[tuple[str, str, list[list[str]]]]:
    """List title, kind and rows of each table that has any."""
    rows = speed_rows(result), window_rows(result), quality_rows(result)
    every = zip(titles(result, language), ("speed", "window", "quality"), rows, strict=True)
    return [(title, head, found) for title, head, found in every if found]


def _all_turns(result: Result, model: str) -> list[str]:
    return list(result["speed"][model]["rounds"][0])


def _times(ratio: float | None, digits: int = 1) -> str:
    return "-" if ratio is None else f"{ratio:.{digits}f}x"


def _share(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}"


def _score(summary: dict[str, Any] | None) -> str:
    if summary is None:
        return "-"
    spread = "" if summary["sd"] is None else f" ± {summary['sd']:.4f}"
    return f"{summary['mean']:.4f}{spread} ({summary['n']})"


def _peak(peak: dict[str, float] | None) -> str:
    return "-" if not peak else f"{peak.get('pss', peak.get('rss', 0.0)):,.0f}"
