"""From results.json to the blocks of docs/devices*.md."""

from typing import Any

from benchmarks.devices.measure import ADDITIONS, PIECES
from benchmarks.vs_book.contest import MODELS
from benchmarks.vs_book.table import grid

BEGIN, END = "<!-- devices: begin -->", "<!-- devices: end -->"
TITLES = {entry.recipe: entry.title for entry in MODELS.values()}
WORDS = {
    "en": {
        "speed": ("device", "copy, GB/s", "matrix product, TFLOP/s", "16 MiB in one copy, ms",
                  f"in {PIECES:,} copies, ms", f"{ADDITIONS:,} additions, ms", "each sum read, ms"),
        "memory": ("model", "batch", "side", "parameters", "gradients", "optimizer", "activations", "together"),
        "speed title": "Copies and products, measured",
        "memory title": "Memory of a training step in float32, MB (counted, not measured)",
        "where": "{processor}, {cores} cores, {threads} threads, {system}; torch {torch}",
    },
    "zh": {
        "speed": ("设备", "复制，GB/s", "矩阵乘法，TFLOP/s", "16 MiB 一次复制，毫秒", f"分 {PIECES:,} 次复制，毫秒",
                  f"{ADDITIONS:,} 次加法，毫秒", "每次都读出结果，毫秒"),
        "memory": ("网络", "批量", "边长", "参数", "梯度", "优化器", "激活值", "合计"),
        "speed title": "复制与乘法，实测",
        "memory title": "训练一步所占的内存，float32，MB（推算，不是实测）",
        "where": "{processor}，{cores} 核，{threads} 个线程，{system}；torch {torch}",
    },
}  # fmt: skip


def markdown(result: dict[str, Any], language: str) -> str:
    """Return the tables, and the machine they were measured on."""
    words, machine = WORDS[language], result["machine"]
    tables = [
        f"**{words[f'{name} title']}**\n\n{grid(words[name], rows)}"
        for name, rows in (("speed", speed_rows(result)), ("memory", memory_rows(result)))
    ]
    return "\n\n".join([*tables, str(words["where"]).format(**machine, torch=machine["libraries"]["torch"])])


def speed_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a row for each device."""
    rows = []
    for name, found in result["devices"].items():
        copies = ", ".join(f"{way} {rate / 1e9:,.1f}" for way, rate in found["copy_bytes_per_s"].items())
        rates = ", ".join(f"{kind} {rate / 1e12:.2f}" for kind, rate in found["operations_per_s"].items())
        times = ("copy_whole_s", "copy_pieces_s", "additions_s", "additions_read_s")
        cells = [f"{found[key] * 1e3:.1f}" for key in times]
        rows.append([f"{name} ({found['name']})", copies.removeprefix("copy "), rates, *cells])
    return rows


def memory_rows(result: dict[str, Any]) -> list[list[str]]:
    """Return a row for each model."""
    parts = ("parameters", "gradients", "optimizer", "activations", "total")
    return [
        [TITLES[name], str(found["batch"]), str(found["side"]), *(f"{found[part] / 1e6:,.1f}" for part in parts)]
        for name, found in result["memory"].items()
    ]
