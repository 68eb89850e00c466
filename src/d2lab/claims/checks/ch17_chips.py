"""Chapter 17: systolic arrays, what they ask of a network, and opinions on chips."""

import importlib.util
from collections import Counter
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence
from d2lab.data.texts import read_notes
from d2lab.inspection.summary import multiply_adds
from d2lab.metrics.paired import paired
from d2lab.models.gpt import GPT, GPTConfig
from d2lab.models.resnet import ResNet, ResNetConfig
from d2lab.parallel.systolic_tiles import systolic_cycles, systolic_product, systolic_use
from d2lab.text.tokens import words

SIDE = 128  # of an array, cells: that of the TPU's from its second version on
WORDS = 24  # of a cut
Size = tuple[int, int, int]  # of a product: rows that stream, rows and columns of the weights


class ResidualText(nn.Module):
    """Two residual blocks of convolutions along a text, over learned vectors of its words."""

    def __init__(self, vocabulary: int = 1000, width: int = 16) -> None:
        super().__init__()
        self.vectors = nn.Embedding(vocabulary, width)
        self.branches = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, width, 3, padding=1), nn.ReLU(), nn.Conv1d(width, width, 3, padding=1))
            for _ in range(2)
        )
        self.head = nn.Linear(width, 2)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return two scores for each row of words."""
        x = self.vectors(numbers).mT  # text width word
        for branch in self.branches:
            x = x + branch(x)
        scores: Tensor = self.head(x.relu().mean(2))
        return scores


def as_written_or_shuffled(part: str, common: Sequence[str], seed: int) -> tuple[Tensor, Tensor]:
    """Return cuts of the notes, half of them with their words in another order, and which are."""
    number = {word: place + 1 for place, word in enumerate(common)}
    text = [number.get(word.lower(), 0) for word in words(read_notes(part).decode())]
    cuts = torch.tensor(text[: len(text) // WORDS * WORDS]).view(-1, WORDS)
    draw = torch.Generator().manual_seed(seed)
    shuffled = torch.stack([cut[torch.randperm(WORDS, generator=draw)] for cut in cuts])
    return torch.cat([cuts, shuffled]), torch.arange(2).repeat_interleave(len(cuts))


@claim(
    chapter=17,
    kind="experiment",
    budget_s=35,
    en="A residual network cannot be used on text.",
    zh="ResNet 不可以用在文本上。",
    smoke={"seeds": range(2), "epochs": 1},
)
def residual_networks_cannot_be_used_on_text(
    seeds: Sequence[int] = range(5), epochs: int = 6, smallest_effect: float = 0.05
) -> Evidence:
    lowered = [word.lower() for word in words(read_notes("en-train").decode())]
    common = [word for word, _ in Counter(lowered).most_common(999)]
    (inputs, labels), (tests, truth) = (
        as_written_or_shuffled(part, common, seed) for seed, part in enumerate(("en-train", "en-test"))
    )
    accuracy = []
    for seed in seeds:
        torch.manual_seed(seed)
        model = ResidualText()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            for some in torch.randperm(len(inputs)).chunk(len(inputs) // 64):
                optimizer.zero_grad()
                functional.cross_entropy(model(inputs[some]), labels[some]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
        accuracy.append(float((model(tests).argmax(1) == truth).double().mean()))
    majority = float(truth.bincount().max() / len(truth))
    gain = paired(accuracy, [majority] * len(accuracy))
    return Evidence(
        value={"gain": gain.mean, "accuracy": sum(accuracy) / len(accuracy), "majority": majority, "tests": len(tests)},
        decision=decide(at_most(gain, smallest_effect, "gain")),
        seeds=tuple(seeds),
        n=len(seeds),
        data="notes-en",
        counterexample="two residual blocks tell text as written from the same words in another order",
        counterexample_zh="两个残差块就能分辨原文与打乱了词序的原文",
        why_en="A convolution runs along words as along pixels, and a block adds its input as ever. Whether the "
        "words of a cut stand as written or shuffled is told right for {accuracy:.2f} of {tests} cuts of lessons "
        "that were not trained on, where any answer by the words alone, and the majority, has {majority:.2f}.",
        why_zh="卷积沿着词滑动，与沿着像素滑动没有两样，残差块照样把输入加回来。判断一段话的词序是原样还是打乱的，"
        "对没有训练过的课文的 {tests} 段，准确率是 {accuracy:.2f}；只看有哪些词、或总答多数类，都是 {majority:.2f}。",
    )


@claim(
    chapter=17,
    kind="identity",
    budget_s=1,
    en="A systolic array is good at products of matrices: numbers stream in skewed through a grid of cells that "
    "multiply and add, many rows hide the delay, and large matrices are cut into tiles and padded.",
    zh="脉动阵列（systolic array）擅长做矩阵乘法：数据错开着流过一格格的乘加单元，行数多就能摊薄延迟，大矩阵切块、补"
    "零来算。",
    covers=("an n x n product takes 3n - 2 cycles; batches reduce the part that is latency",),
)
def systolic_arrays_multiply_matrices() -> Evidence:
    wrong, late, sizes = 0, 0, ((4, 4, 4), (1, 3, 5), (7, 5, 3), (9, 8, 6))
    for a, k, n in sizes:
        left, right = torch.randint(-9, 10, (a, k)), torch.randint(-9, 10, (k, n))
        for side in (None, 2, 4):
            found = systolic_product(left, right, side)
            height, width = (k, n) if side is None else (side, side)
            tiles = -(-k // height) * -(-n // width)
            wrong += not torch.equal(found.result, left @ right)
            late += found.cycles != tiles * (a + height + width - 2)
    square = systolic_product(torch.ones(8, 8), torch.ones(8, 8)).cycles
    one, many = (systolic_use(rows, SIDE, SIDE, SIDE) for rows in (1, 1024))
    padded = systolic_use(1024, SIDE + 1, SIDE, SIDE)
    as_said = wrong == late == 0 and square == 3 * 8 - 2 and one < 0.01 and many > 0.75
    return Evidence(
        value={"wrong": wrong, "late": late, "one": one, "many": many, "padded": padded},
        bound="12 simulated products equal those of torch, exactly, in as many cycles as the formula says; 8 x 8 "
        "takes 22",
        bound_zh="12 个模拟的乘积与 torch 的完全相等，周期数与公式一致；8 × 8 用 22 个周期",
        verdict="holds" if as_said else "does not hold",
        n=3 * len(sizes),
        why_en="Every cell gets number and sum of one product at the same cycle, because each row is a cycle late. "
        "On 128 x 128 cells one row uses {one:.1%} of them and 1,024 rows use {many:.0%}; one row of weights too many "
        "needs a second tile, and {padded:.0%} is left.",
        why_zh="每行晚一个周期，所以同一个乘积的数与部分和恰好在每个单元相遇。128 × 128 的阵列，流过一行只用到 "
        "{one:.1%}，1,024 行用到 {many:.0%}；权重多出一行，就要多一块，只剩 {padded:.0%}。",
    )


def products_of_gpt(tokens: int, width: int, heads: int, layers: int, vocabulary: int) -> Iterator[Size]:
    """List the products of matrices in a GPT: of each block, then the head."""
    each = width // heads
    for _ in range(layers):
        yield tokens, width, 3 * width
        yield from heads * [(tokens, each, tokens), (tokens, tokens, each)]
        yield from ((tokens, width, width), (tokens, width, 4 * width), (tokens, 4 * width, width))
    yield tokens, width, vocabulary


def products_of_convolutions(model: nn.Module, image: Tensor) -> list[Size]:
    """List what convolutions and dense layers are as products: positions, numbers in a window, channels."""
    sizes: list[Size] = []

    def note(layer: nn.Module, _: object, output: Tensor) -> None:
        weight = layer.get_parameter("weight")
        sizes.append((output.numel() // output.shape[1], weight[0].numel(), len(weight)))

    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    handles = [layer.register_forward_hook(note) for layer in layers]
    model.eval()(image)
    for handle in handles:
        handle.remove()
    return sizes


def work(sizes: Sequence[Size]) -> int:
    """Add up the multiply-adds of products."""
    return sum(a * k * n for a, k, n in sizes)


def use(sizes: Sequence[Size]) -> float:
    """Return the share of an array's cells that compute, over all products."""
    return work(sizes) / (SIDE * SIDE * sum(systolic_cycles(*size, SIDE) for size in sizes))


@claim(
    chapter=17,
    kind="identity",
    budget_s=18,
    en="Transformers suit a TPU very well: nearly all that they compute are products of matrices.",
    zh="Transformer 非常适合 TPU：它要算的几乎都是矩阵乘法。",
    scope="the share of products and the use of a simulated array; no TPU was measured",
    scope_zh="说的是矩阵乘法所占的份额，和模拟阵列的利用率；没有在 TPU 上测过",
    covers=("both are Google's, which is no reason that a number could show",),
)
def transformers_are_nearly_all_products() -> Evidence:
    tokens, width, heads, layers, vocabulary = 1024, 768, 12, 12, 50_257  # of GPT-2, the small one
    gpt = list(products_of_gpt(tokens, width, heads, layers, vocabulary))
    with torch.device("meta"):
        config = GPTConfig(vocabulary=vocabulary, context=tokens, width=width, heads=heads, layers=layers)
        counted = multiply_adds(GPT(config), torch.zeros(1, tokens, dtype=torch.int64))
        model, image = ResNet(ResNetConfig(side=224, channels=3, classes=1000)), torch.zeros(1, 3, 224, 224)
        images = products_of_convolutions(model, image)
        difference = abs(counted - work(gpt)) + abs(multiply_adds(model, image) - work(images))
    numbers = layers * tokens * (2 * width + heads * tokens + 4 * width + 2 * width)  # norms, softmax, activation, sums
    maps = 3 * sum(a * n for a, _, n in images)  # norm, activation, sum
    share, resnet = (2 * done / (2 * done + 10 * other) for done, other in ((work(gpt), numbers), (work(images), maps)))
    return Evidence(
        value={"share": share, "resnet": resnet, "use": use(gpt), "use_resnet": use(images), "difference": difference},
        bound="0.95 of the operations or more, where each number outside of products is counted as ten operations",
        bound_zh="占全部运算的 0.95 以上；乘法以外的每个数按十次运算算",
        verdict="holds in scope" if share >= 0.95 and difference == 0 else "does not hold",
        n=len(gpt) + len(images),
        why_en="In the small GPT-2 at 1,024 tokens {share:.1%} of the operations are in products. So are {resnet:.1%}"
        " of a ResNet-18's, once its convolutions are laid out as products: the share alone does not set "
        "Transformers apart. Their shapes help, too. A simulated array of 128 x 128 cells is used to {use:.0%} by "
        "one text, to {use_resnet:.0%} by one image. That both are Google's shows nothing.",
        why_zh="小号 GPT-2 读 1,024 个词元时，{share:.1%} 的运算在矩阵乘法里。ResNet-18 把卷积摆成矩阵乘法后也有 "
        "{resnet:.1%}，所以单凭份额，Transformer 并不特别。形状也帮了忙：模拟的 128 × 128 阵列，一段文本用到 "
        "{use:.0%}，一张图像用到 {use_resnet:.0%}。至于都是 Google 家的，说明不了什么。",
    )


@claim(
    chapter=17,
    kind="opinion",
    budget_s=1,
    en="Google's TPU is the landmark of chips for deep learning and a match for Nvidia's GPUs.",
    zh="Google TPU 是 AI 芯片的标志，能与 Nvidia 的 GPU 媲美。",
)
def the_tpu_is_a_match_for_gpus() -> Evidence:
    here = int(importlib.util.find_spec("torch_xla") is not None)
    return Evidence(
        value={"installed": here, "use": systolic_use(1024, SIDE, SIDE)},
        bound="none: a judgement on products, their prices and their years",
        bound_zh="无：这是对产品、价格和年代的评价",
        verdict="not checkable",
        why_en="No TPU is here (torch_xla installed: {installed}), and which chip is ahead changes by year, task and "
        "price. What can be checked is its core, an array of multipliers: systolic-arrays-multiply-matrices.",
        why_zh="这里没有 TPU（是否装了 torch_xla：{installed}），谁更好也随年份、任务和价格而变。能检验的是它的核心，"
        "那一格格的乘法单元，见 systolic-arrays-multiply-matrices。",
    )


@claim(
    chapter=17,
    kind="opinion",
    budget_s=1,
    en="Power is no problem, for power plants have enough electricity.",
    zh="功耗不是问题，电厂也不缺电。",
)
def power_is_no_problem() -> Evidence:
    watts, cards, hours = 700, 8, 24  # the limit of an H100 or H200 as its maker states it
    return Evidence(
        value={"kilowatt_hours": watts * cards * hours / 1000, "kilowatts": watts * cards / 1000},
        bound="none: whether there is enough depends on where, when and for how much",
        bound_zh="无：够不够，要看在哪里、什么时候、什么价钱",
        verdict="not checkable",
        why_en="Energy is power times hours: eight cards of 700 W for a day are {kilowatt_hours:.0f} kWh. Whether "
        "that is a problem is a question of place, year and price. Where a grid, a cable or the cooling of a room is "
        "the limit, it is one, and operations for each joule decide how many chips fit.",
        why_zh="能量等于功率乘时间：八张 700 W 的卡跑一天是 {kilowatt_hours:.0f} 度电。这算不算问题，要看地点、年份和"
        "电价。电网、线路或机房的散热到了上限，它就是问题，那时每焦耳能做多少次运算，决定了放得下多少芯片。",
    )


@claim(
    chapter=17,
    kind="opinion",
    budget_s=1,
    en="To make a chip is risky.",
    zh="做芯片有风险。",
)
def making_a_chip_is_risky() -> Evidence:
    dense, depthwise = systolic_use(12_544, 9 * SIDE, SIDE, SIDE), systolic_use(12_544, 9, 1, SIDE)
    return Evidence(
        value={"dense": dense, "depthwise": depthwise},
        bound="none: it is a judgement on costs, markets and years",
        bound_zh="无：这是对成本、市场和时机的判断",
        verdict="not checkable",
        why_en="No program sees a market. One risk can be counted, though: a chip is fixed years before the networks "
        "that it will run. An array of 128 x 128 cells is used to {dense:.0%} by a 3 x 3 convolution of 128 "
        "channels, and to {depthwise:.2%} by one that treats each channel alone.",
        why_zh="程序看不见市场。不过有一种风险可以算：芯片定型，比它要跑的网络早好几年。128 × 128 的阵列，做 128 通道"
        "的 3 × 3 卷积用到 {dense:.0%}，做逐通道的卷积只用到 {depthwise:.2%}。",
    )
