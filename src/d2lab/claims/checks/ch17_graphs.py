"""Chapter 17: what a compiled graph keeps and saves, and a program on disk that needs no class."""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import Verdict
from d2lab.claims.evidence import Evidence
from d2lab.core.json_file import read_json
from d2lab.core.machine import cpp_compiler
from d2lab.core.timing import time_interleaved

FASTER = 0.9  # of the time of eager: what lies above is noise, or slower
ALIKE = 1e-5  # largest difference of outputs, relative to numbers above 1
READER = """
import json, sys
sys.modules["d2lab"] = None  # as if it were not installed
import torch
folder = sys.argv[1]
inputs = torch.load(folder + "/inputs.pt")
found = [torch.export.load(folder + "/model.pt2").module()(inputs)]
if len(sys.argv) > 2:
    found.append(torch._inductor.aoti_load_package(folder + "/library.pt2")(inputs))
try:
    torch.load(folder + "/pickled.pt", weights_only=False)
    pickled = True
except ModuleNotFoundError:
    pickled = False
said = {"found": [one.tolist() for one in found], "pickled": pickled}
json.dump(said, open(folder + "/said.json", "w"))
"""


class Gated(nn.Module):
    """A layer times a gate: a class that no other program has."""

    def __init__(self) -> None:
        super().__init__()
        self.value, self.gate, self.head = nn.Linear(16, 32), nn.Linear(16, 32), nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Return four scores for each row."""
        scores: Tensor = self.head(self.value(x) * self.gate(x).sigmoid())
        return scores


def horner(x: Tensor) -> Tensor:
    """Evaluate a polynomial of degree six: twelve elementwise operations."""
    y = x * 0.1 + 1.0
    for c in (0.5, -0.3, 0.2, -0.1, 0.4):
        y = y * x + c
    return y


def apart(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference, relative to numbers above 1."""
    return float(((found - expected).abs() / expected.abs().clamp(min=1)).max())


def judged(difference: float, network: float, elementwise: float) -> Verdict:
    """Return what follows from the difference of outputs and the two shares of eager's time."""
    if not difference <= ALIKE:
        return "does not hold"
    faster = [share < FASTER for share in (network, elementwise)]
    return "holds" if all(faster) else "holds in scope" if any(faster) else "does not hold"


def share_of_eager(
    way: Callable[[Tensor], Tensor], eager: Callable[[Tensor], Tensor], x: Tensor, calls: int, rounds: int
) -> float:
    """Return the median over rounds of a program's time over eager's, timed interleaved."""

    def repeated(program: Callable[[Tensor], Tensor]) -> Callable[[], None]:
        def act() -> None:
            for _ in range(calls):
                program(x)

        return act

    laps = time_interleaved({"way": repeated(way), "eager": repeated(eager)}, rounds)
    return median(mine / theirs for mine, theirs in zip(laps["way"], laps["eager"], strict=True))


@claim(
    chapter=17,
    kind="measurement",
    budget_s=12,
    en="A program written imperatively and compiled to a graph keeps its results and becomes faster.",
    zh="照命令式写的程序编译成计算图之后，结果不变，速度变快。",
    scope="where many numbers pass through many elementwise operations, and after the first call, which compiles; a "
    "small network need not become faster",
    scope_zh="要有许多数经过许多逐元素操作，而且不算第一次调用（那时在编译）；小网络不一定变快",
    smoke={"numbers": 1000, "rounds": 1, "backend": "eager"},
)
def compiling_keeps_results_and_saves_time(
    numbers: int = 2_000_000, rounds: int = 11, backend: str = "inductor"
) -> Evidence:
    network = nn.Sequential(
        nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 2)
    ).eval()  # that of the notes
    row, many = torch.randn(1, 512), torch.randn(numbers)
    missing = backend == "inductor" and cpp_compiler() is None
    used = "eager" if missing else backend  # captured all the same, and nothing fused
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled, polynomial = torch.compile(network, backend=used), torch.compile(horner, backend=used)
        scripted: Any = torch.jit.script(network)
        programs = ((compiled, network, row), (scripted, network, row), (polynomial, horner, many))
        difference = max(apart(way(x), eager(x)) for way, eager, x in programs)
        small, script, large = (
            share_of_eager(way, eager, x, max(1, 200 // len(x)), rounds) for way, eager, x in programs
        )
    verdict: Verdict = "not decided" if missing else judged(difference, small, large)
    return Evidence(
        value={"network": small, "elementwise": large, "script": script, "difference": difference},
        bound=f"outputs within {ALIKE} of eager's; faster is below {FASTER} of its time, on the notes' network and on "
        "twelve elementwise operations: both, it holds; one, in scope",
        bound_zh=f"输出与命令式相差不超过 {ALIKE}；用时低于命令式的 {FASTER} 才算更快，看笔记的网络和十二个逐元素操"
        "作：两个都快就成立，一个快就限定范围",
        verdict=verdict,
        n=rounds,
        why_en="Outputs differ by {difference:.1e} at most. Twelve elementwise operations on many numbers become "
        "one loop and take {elementwise:.2f} of eager's time. The notes' network at a batch of 1 takes {network:.2f}, "
        "and as TorchScript, which the notes used and is deprecated, {script:.2f}: its time is in three products that "
        "nothing fuses, and a call is checked first. The notes measured .0625 s compiled and .0563 s not.",
        why_zh="输出最多相差 {difference:.1e}。十二个逐元素操作合成一个循环，用时是命令式的 {elementwise:.2f}；笔记的"
        "网络，批量 1，是 {network:.2f}，用笔记那时的 TorchScript（已弃用）是 {script:.2f}：时间在三次矩阵乘法里，没有"
        "可融合的，而每次调用先要检查。笔记自己测得编译后 .0625 秒，不编译 .0563 秒。",
    )


@claim(
    chapter=17,
    kind="identity",
    budget_s=25,
    en="A compiled model with its parameters can be saved to disk and run without the Python code that made it.",
    zh="编译后的模型可以连同参数存到磁盘，没有当初的 Python 代码也能运行。",
    smoke={"library": False},
)
def a_saved_program_runs_without_its_class(library: bool = True) -> Evidence:
    model = Gated().eval()
    inputs = torch.randn(7, 16)  # another batch than it was exported at
    batch = torch.export.Dim("batch")
    program = torch.export.export(model, (torch.randn(2, 16),), dynamic_shapes=({0: batch},))
    with tempfile.TemporaryDirectory() as name, torch.no_grad():
        folder = Path(name)
        torch.save(inputs, folder / "inputs.pt")
        torch.save(model, folder / "pickled.pt")
        torch.export.save(program, folder / "model.pt2")
        words = [sys.executable, "-c", READER, name]
        if library and cpp_compiler():
            torch._inductor.aoti_compile_and_package(program, package_path=str(folder / "library.pt2"))
            words.append("library")
        subprocess.run(words, check=True, capture_output=True)
        said: Any = read_json(folder / "said.json", "what the fresh process said")
        expected = model(inputs)
    differences = [apart(torch.tensor(found), expected) for found in said["found"]]
    return Evidence(
        value={"difference": max(differences), "files": len(differences), "pickled": int(said["pickled"])},
        bound=f"within {ALIKE} of the model's outputs, in a fresh process that has no d2lab",
        bound_zh=f"在没有 d2lab 的新进程里，与模型的输出相差不超过 {ALIKE}",
        verdict="holds" if max(differences) <= ALIKE else "does not hold",
        n=len(inputs),
        why_en="A new process without the class ran {files} saved forms at another batch size: .pt2 of torch.export, "
        "and a library by AOTInductor where a C++ compiler is at hand. Outputs differ by {difference:.0e} at most. A "
        "whole model by torch.save is no program: it was opened there {pickled} times of 1. The notes' torch.jit.save "
        "is deprecated.",
        why_zh="新的进程里没有这个类，存下来的 {files} 种程序换一个批量照样运行：torch.export 的 .pt2，以及（有 C++ 编"
        "译器时）AOTInductor 编译的库；输出最多相差 {difference:.0e}。用 torch.save 存整个模型不算程序：在那里 1 次里打"
        "开了 {pickled} 次。笔记用的 torch.jit.save 已弃用。",
    )
