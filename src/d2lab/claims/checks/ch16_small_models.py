"""Chapter 16: what the large models' ideas are worth, trained on models small enough for a minute."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn

from d2lab.claims.claim import claim
from d2lab.claims.decide import Part, at_least, decide
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import Runs, by_looks
from d2lab.core.seed import derive
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.data.split import limit
from d2lab.experiments.quick_run import Row, Rows
from d2lab.layers.init import InitName, initialize
from d2lab.metrics.paired import intervals, paired
from d2lab.models.googlenet import Inception
from d2lab.models.vgg import vgg_block
from d2lab.optimizers.config import OptimizerConfig, ScheduleConfig
from d2lab.plot import dots
from d2lab.train.config import LoopConfig
from d2lab.train.loop import Loop
from d2lab.train.tasks import find_task
from d2lab.train.train_step import TrainStep
from d2lab.vision.preparation import Prepare

CPU = torch.device("cpu")


def trained(
    build: Callable[[], nn.Module],
    seeds: Sequence[int],
    *,
    epochs: int,
    rate: float,
    examples: int = 1437,
    batch_size: int = 32,
    init: InitName = "kaiming",
) -> list[list[Row]]:
    """Train a model that no recipe has on the digits, with momentum and a cosine; return each seed's epochs."""
    digits, runs = load("digits"), []
    for seed in seeds:
        torch.manual_seed(derive(seed, "weights"))
        model, train = initialize(build(), init), limit(digits.train, examples, seed=seed)
        loop, rows = LoopConfig(epochs=epochs, batch_size=batch_size), Rows()
        batches = Batches(train, batch_size=batch_size, seed=seed, device=CPU)
        train_step = TrainStep(
            model,
            find_task("classification"),
            optimizer=OptimizerConfig(learning_rate=rate, momentum=0.9),
            schedule=ScheduleConfig(name="cosine"),
            loop=loop,
            prepare=Prepare(),
            example=train.example,
            device=CPU,
            total_steps=batches.steps * epochs,
        )
        Loop(train_step, batches, config=loop, test=digits.test, validation=None, record=None, progress=rows).run()
        runs.append(rows.rows)
    return runs


def ends(runs: list[list[Row]], measure: str = "test_accuracy") -> list[float]:
    """Return a measure of each run's last epoch."""
    return [float(rows[-1][measure]) for rows in runs]


def stacked(norm: bool) -> nn.Module:
    """Two blocks of two 3x3 convolutions: 16,272 weights before the scores."""
    return nn.Sequential(
        *vgg_block(2, 1, 16, norm=norm), *vgg_block(2, 16, 32, norm=norm), nn.Flatten(), nn.Linear(128, 10)
    )


def shallow(norm: bool) -> nn.Module:
    """Two blocks of one 5x5 convolution: 16,500 weights before the scores."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 20), (20, 32)):
        layers += [nn.Conv2d(inputs, outputs, 5, padding=2), *[nn.BatchNorm2d(outputs)] * norm]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 10))


@claim(
    chapter=16,
    kind="experiment",
    en="Deep and narrow beats shallow and wide: stacks of 3x3 convolutions classify better than 5x5 ones.",
    zh="深而窄优于浅而宽：堆叠的 3×3 卷积比 5×5 卷积分类更准。",
    scope="digits of 8 pixels, two blocks, equally many weights",
    budget_s=25,
    smoke={"seeds": range(2), "epochs": 1},
)
def small_kernels_beat_large_ones(
    seeds: Sequence[int] = range(5), epochs: int = 4, smallest_effect: float = 0.01
) -> Evidence:
    runs: dict[str, list[float]] = {}
    starts: dict[str, tuple[bool, InitName]] = {
        "torch's default": (False, "default"),
        "Kaiming, batch norm": (True, "kaiming"),
    }
    for how, (norm, init) in starts.items():
        for name, build in (("3x3 twice", stacked), ("5x5 once", shallow)):
            runs[f"{name}, {how}"] = ends(trained(partial(build, norm), seeds, epochs=epochs, rate=0.02, init=init))
    plain, fair = paired(*list(runs.values())[:2]), paired(*list(runs.values())[2:])
    return Evidence(
        value={"plain": plain.mean, "fair": fair.mean},
        decision=decide(at_least(plain, smallest_effect, "plain"), at_least(fair, smallest_effect, "fair")),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        counterexample="weights as torch draws them, no normalization",
        figure=partial(
            dots,
            runs,
            intervals(runs),
            title="Two 3x3 convolutions or one 5x5?",
            subtitle="equally many weights, equally many pixels seen; a dot a seed",
            horizontal="test accuracy on digits",
        ),
        why_en="Twice as many layers are harder to initialize: with torch's small default weights the stacks end "
        "{plain:+.2f} from the large kernels. With Kaiming initialization and batch normalization the difference is "
        "{fair:+.3f}: depth pays only if it trains.",
        why_zh="层数翻倍，更难起步：用 torch 默认的小权重，堆叠的小核与大核的精度差为 {plain:+.2f}；换成 Kaiming 初始"
        "化加批量归一化，差距是 {fair:+.3f}。只有训练得动，深度才有好处。",
    )


def windowed(kernel: int) -> nn.Module:
    """One block of a window, or of all for 0, behind a convolution; 3,300 to 3,600 parameters of block and scores."""
    width = {0: 32, 1: 59, 3: 18, 5: 8}[kernel]
    block: nn.Module = Inception(16, (8, 8, 12, 4, 8, 4))
    if kernel:
        block = nn.Sequential(nn.Conv2d(16, width, kernel, padding=kernel // 2), nn.ReLU())
    first = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    last = [nn.BatchNorm2d(width), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, 10)]
    return nn.Sequential(*first, block, *last)


@claim(
    chapter=16,
    kind="experiment",
    en="A block that mixes windows learns better than one of a single size with as many parameters.",
    zh="在参数量相同时，混合多种窗口的块比只用一种窗口的块学得更好。",
    scope="one block, 400 digits of 8 pixels, 6 epochs at one learning rate",
    scope_zh="一个块，400 个 8×8 的数字，同一学习率训练 6 轮",
    budget_s=35,
    smoke={"seeds": range(2), "epochs": 1},
    covers=(
        "GoogLeNet works because windows of several sizes catch details of several sizes: why a whole model works "
        "can't be checked, what its block gains can",
    ),
)
def mixed_windows_beat_one_size(
    seeds: Sequence[int] = range(20), epochs: int = 6, smallest_effect: float = 0.01
) -> Evidence:
    sizes = {"all windows": 0, "1x1 only": 1, "3x3 only": 3, "5x5 only": 5}

    def judge(runs: Runs) -> list[Part]:
        one, three, five = (paired(runs["all windows"], runs[name]) for name in list(sizes)[1:])
        named = {"over_three": three, "over_one": one, "over_five": five}
        return [at_least(mean, smallest_effect, name) for name, mean in named.items()]

    runs, decision = by_looks(
        lambda part: {
            name: ends(trained(partial(windowed, kernel), part, epochs=epochs, rate=0.05, examples=400))
            for name, kernel in sizes.items()
        },
        judge,
        seeds,
        scoped=True,
    )
    return Evidence(
        value={part.name: part.mean.mean for part in judge(runs)},
        decision=decision,
        n=len(decision.seeds),
        seeds=decision.seeds,
        data="digits",
        counterexample="the same parameters in windows of one size",
        counterexample_zh="同样多的参数，只用一种窗口",
        figure=partial(
            dots,
            runs,
            intervals(runs),
            title="One block, several windows or one?",
            subtitle="400 digits, as many parameters; a dot a seed",
            horizontal="test accuracy",
        ),
        why_en="Over as many parameters in one size the mixture gains {over_three:+.3f} (3x3), {over_one:+.3f} (1x1) "
        "and {over_five:+.3f} (5x5). The convolution before the block and the sums behind mix sizes for all of them.",
        why_zh="参数一样多时，混合窗口比只用 3×3 高 {over_three:+.3f}，比 1×1 高 {over_one:+.3f}，比 5×5 高 "
        "{over_five:+.3f}。块前的卷积和块后的求和，对哪一种都已混入各种大小的细节。",
    )
