"""Chapter 4: are powers of two faster?"""

from collections.abc import Callable
from functools import partial
from statistics import median

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.core.machine import configure_malloc
from d2lab.core.timing import time_interleaved
from d2lab.metrics.paired import intervals
from d2lab.plot import dots

POWERS = (256, 512, 1024)
KINDS: dict[str, Callable[[int], tuple[int, ...]]] = {
    "powers of two": lambda power: (power,),
    "other multiples of 32": lambda power: (7 * power // 8, 9 * power // 8),
    "one less, one more": lambda power: (power - 1, power + 1),
}
RATE = "multiply-adds a second, over those at the power of two"
SIZES = sorted({size for near in KINDS.values() for power in POWERS for size in near(power)})


def rates_of(layer: Callable[[int], tuple[nn.Linear, Tensor]]) -> dict[int, float]:
    """Time a layer at every size, interleaved; return billions of multiply-adds a second, of the fastest round."""
    given = {size: layer(size) for size in SIZES}
    configure_malloc()
    with torch.no_grad():
        laps = time_interleaved(
            {str(size): partial(model, inputs) for size, (model, inputs) in given.items()}, rounds=41
        )
    return {size: len(x) * model.weight.numel() / min(laps[str(size)]) / 1e9 for size, (model, x) in given.items()}


def gain_over(rates: dict[int, float], kind: str) -> float:
    """Return the rate at a power of two over the mean rate at sizes of another kind around it; the median of them."""
    near = {power: [rates[size] for size in KINDS[kind](power)] for power in POWERS}
    return median(rates[power] * len(others) / sum(others) for power, others in near.items())


def ratios_of(rates: dict[int, float]) -> dict[str, list[float]]:
    """Return the rates at the sizes of the other two kinds over that at their power of two."""
    others = [name for name in KINDS if name != "powers of two"]
    return {name: [rates[size] / rates[power] for power in POWERS for size in KINDS[name](power)] for name in others}


@claim(
    chapter=4,
    kind="measurement",
    en="Batch sizes that are powers of two are computed faster.",
    zh="批量大小取 2 的幂，计算更快。",
    budget_s=8,
)
def powers_of_two_are_faster_batches() -> Evidence:
    model = nn.Linear(256, 256)
    rates = rates_of(lambda size: (model, torch.randn(size, 256)))
    neighbors, others = (gain_over(rates, kind) for kind in ("one less, one more", "other multiples of 32"))
    runs = ratios_of(rates)
    title, about = "Batches: nothing special at powers of two", "nn.Linear(256, 256); batches around 256, 512 and 1,024"
    return Evidence(
        value={"neighbors": neighbors, "others": others},
        bound="above 1.2 times the rate of both, sizes one off and sizes an eighth off",
        verdict="holds" if min(neighbors, others) > 1.2 else "does not hold",
        n=len(POWERS),
        counterexample="" if min(neighbors, others) > 1.2 else "a batch of 224 or 288 in place of 256",
        why_en="A product is cut into tiles of a few rows, and only the last tile is ragged: powers of two run at "
        "{neighbors:.2f} times the rate of sizes one off, and at {others:.2f} times that of sizes an eighth off.",
        why_zh="矩阵乘法按几行一块切开来算，只有最后一块可能不满：2 的幂的速度是相差 1 的大小的 {neighbors:.2f} 倍，"
        "是相差八分之一的大小的 {others:.2f} 倍。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal=RATE, mark=1),
    )


@claim(
    chapter=4,
    kind="measurement",
    en="Layers whose width is a power of two are computed faster.",
    zh="层的宽度取 2 的幂，计算更快。",
    budget_s=8,
)
def powers_of_two_are_faster_widths() -> Evidence:
    rates = rates_of(lambda size: (nn.Linear(size, size), torch.randn(128, size)))
    neighbors, others = (gain_over(rates, kind) for kind in ("one less, one more", "other multiples of 32"))
    runs = ratios_of(rates)
    title, about = (
        "Widths: nothing special at powers of two",
        "nn.Linear(width, width); widths around 256, 512 and 1,024",
    )
    return Evidence(
        value={"neighbors": neighbors, "others": others},
        bound="above 1.2 times the rate of both, widths one off and widths an eighth off",
        verdict="holds" if min(neighbors, others) > 1.2 else "does not hold",
        n=len(POWERS),
        counterexample="" if min(neighbors, others) > 1.2 else "a layer of 224 or 288 units in place of 256",
        why_en="What can pay is a multiple of the vector's length, 8 or 16 numbers, and an eighth off is one too: "
        "powers of two run at {others:.2f} times that rate, and at {neighbors:.2f} times the rate of widths one off.",
        why_zh="真正可能有用的是向量长度（8 或 16 个数）的整数倍，而相差八分之一的宽度同样是：2 的幂的速度是它们的 "
        "{others:.2f} 倍，是相差 1 的宽度的 {neighbors:.2f} 倍。",
        figure=partial(dots, runs, intervals(runs), title=title, subtitle=about, horizontal=RATE, mark=1),
    )
