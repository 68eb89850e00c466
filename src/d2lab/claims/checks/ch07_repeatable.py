"""Chapter 7: what makes a run repeat, and what does not."""

import math
import random

import numpy as np
import torch

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.experiments.quick_run import quick_run
from d2lab.layers.dropout import Dropout
from d2lab.train.generators import get_rng_state, set_rng_state

MEASURES = ("train_loss", "test_loss", "test_accuracy")


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="Floating-point numbers added in another order give another sum.",
    zh="浮点数换个顺序相加，和会不同。",
    scope="100,000 numbers in float32",
)
def another_order_gives_another_sum(orders: int = 20) -> Evidence:
    numbers = torch.randn(100_000) * 100
    shuffled = [numbers[torch.randperm(len(numbers))] for _ in range(orders)]
    sums = [float(some.sum()) for some in shuffled]
    exact = {math.fsum(some.tolist()) for some in shuffled}
    return Evidence(
        value={"sums": len(set(sums)), "spread": max(sums) - min(sums), "exact": len(exact)},
        bound="more than one float32 sum, while the exactly rounded sum is one",
        verdict="holds" if len(set(sums)) > 1 and len(exact) == 1 else "does not hold",
        n=orders,
        why_en="Every addition rounds, and what is lost depends on what was there before: {sums} sums in 20 orders, "
        "{spread:.3g} apart; added without rounding between, the order is no matter.",
        why_zh="每次相加都要舍入，丢掉多少取决于当时的部分和：20 种顺序得到 {sums} 个不同的和，相差 {spread:.3g}；"
        "若中途不舍入，顺序就无关紧要。",
    )


@claim(
    chapter=7,
    kind="measurement",
    en="The same sum comes out differently from run to run.",
    zh="同一个求和，每次运行结果都会不同。",
    scope="a processor adds in a fixed order; an accelerator that adds by atomics does not",
)
def the_same_sum_differs_from_run_to_run(runs: int = 20) -> Evidence:
    numbers = torch.randn(100_000) * 100
    processor = {float(numbers.sum()) for _ in range(runs)}
    atomics = set()
    if torch.cuda.is_available():
        places, given = torch.zeros(len(numbers), dtype=torch.int64, device="cuda"), numbers.cuda()
        atomics = {float(torch.zeros(1, device="cuda").index_add_(0, places, given)) for _ in range(runs)}
    return Evidence(
        value={"processor": len(processor), "atomics": len(atomics)},
        bound="one sum wherever the order is fixed: then it is the hardware's order that decides",
        verdict="depends on hardware" if len(processor) == 1 else "holds",
        n=runs,
        why_en="The same numbers in the same order gave {processor} sum in 20 runs: arithmetic is deterministic. "
        "Thousands of threads that add to one address finish in any order; torch.use_deterministic_algorithms forbids "
        "that.",
        why_zh="同样的数、同样的顺序，20 次只得到 {processor} 个和：运算本身没有随机性。显卡上成千上万个线程用原子操作"
        "加到同一处，先后不定，结果才会变；torch.use_deterministic_algorithms 可以禁止。",
    )


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="A fixed seed makes a run repeat to the last bit, the masks of dropout included.",
    zh="固定随机种子，训练就能逐位重现，暂退法的掩码也不例外。",
    scope="the same machine, number of threads and version of every library",
)
def a_seed_repeats_a_run_with_its_dropout(epochs: int = 3) -> Evidence:
    changes = {"examples": 150, "epochs": epochs, "dropout": 0.5}
    first, again, other = (
        [row[measure] for row in quick_run("mlp", changes=changes, seed=seed) for measure in MEASURES]
        for seed in (1, 1, 2)
    )
    differing = sum(mine != theirs for mine, theirs in zip(first, again, strict=True))
    others = sum(mine != theirs for mine, theirs in zip(first, other, strict=True))
    return Evidence(
        value={"differing": differing, "others": others},
        bound="0 numbers differ between two runs of one seed, and some between two seeds",
        verdict="holds" if differing == 0 and others > 0 else "does not hold",
        n=len(first),
        data="digits",
        why_en="All random numbers (weights, order, masks) come from generators whose sequence follows from the seed: "
        "{differing} of the measures differ, between two seeds {others}.",
        why_zh="权重、次序、掩码，全部随机数都由种子逐个推出：同一种子两次运行，有 {differing} 个指标不同；换个种子，"
        "有 {others} 个不同。",
    )


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="One call of torch.manual_seed fixes all random numbers of a program.",
    zh="调用一次 torch.manual_seed，程序里的随机性就全固定了。",
)
def one_seed_fixes_all_randomness() -> Evidence:
    sources = {
        "torch": lambda: float(torch.rand(())),
        "numpy": lambda: float(np.random.rand()),
        "random": random.random,
    }
    repeats = 0
    for draw in sources.values():
        torch.manual_seed(0)
        first = draw()
        torch.manual_seed(0)
        repeats += first == draw()
    return Evidence(
        value={"repeats": repeats, "sources": len(sources)},
        bound="all 3 generators repeat",
        verdict="holds" if repeats == len(sources) else "does not hold",
        n=len(sources),
        counterexample="torch.manual_seed(0); numpy.random.rand()",
        why_en="Torch, NumPy and Python each keep a generator of their own, and {repeats} of {sources} repeats: a "
        "flip drawn by random.random() needs random.seed() as well.",
        why_zh="torch、NumPy 和 Python 各有自己的随机数发生器，{sources} 个中只有 {repeats} 个重现：用 random.random() "
        "决定的翻转，还得另外调用 random.seed()。",
    )


@claim(
    chapter=7,
    kind="identity",
    budget_s=2,
    en="A run that is resumed draws the masks that it would have drawn, if the generator's state was saved, not its "
    "seed.",
    zh="中断后继续训练，要接上原来的掩码，须保存生成器的状态，只记种子不够。",
)
def a_kept_generator_goes_on_with_the_same_masks() -> Evidence:
    layer, ones, device = Dropout(0.5), torch.ones(1000), torch.device("cpu")
    torch.manual_seed(3)
    layer(ones)
    kept = get_rng_state(device)
    wanted = layer(ones)
    set_rng_state(kept, device)
    by_state = int((layer(ones) != wanted).sum())
    torch.manual_seed(3)
    by_seed = int((layer(ones) != wanted).sum())
    return Evidence(
        value={"by_state": by_state, "by_seed": by_seed},
        bound="0 of 1,000 units differ from the state, and some from the seed",
        verdict="holds" if by_state == 0 and by_seed > 0 else "does not hold",
        n=len(ones),
        why_en="The state says how far the stream of numbers was read; the seed alone restarts it, and {by_seed} of "
        "1,000 units differ: the first mask is drawn again.",
        why_zh="状态记录随机数流读到了哪里；重设种子则从头开始，一千个单元中 {by_seed} 个不同，首个掩码又用了一遍。",
    )
