"""Chapter 3: Fashion-MNIST, and how fast it is read."""

import warnings
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import torch
from torch.utils.data import DataLoader, TensorDataset

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least
from d2lab.claims.evidence import Evidence
from d2lab.claims.sequential import by_looks
from d2lab.claims.training import epochs_of, train_steps
from d2lab.core.timing import time_interleaved
from d2lab.data.batches import Batches
from d2lab.data.catalog import CARDS, at_hand, load
from d2lab.data.idx import read_idx
from d2lab.data.places import cache_folder, data_folders
from d2lab.data.split import Split, holdout, limit
from d2lab.metrics.classification import accuracy
from d2lab.metrics.paired import paired
from d2lab.models import MLP, MLPConfig, SoftmaxConfig, SoftmaxRegression
from d2lab.optimizers import OptimizerConfig, build_optimizer
from d2lab.plot import dots
from d2lab.vision.color import to_unit

CPU = torch.device("cpu")


@claim(
    chapter=3,
    kind="definition",
    en="Fashion-MNIST has 60,000 training images of 28x28 gray pixels, 6,000 of each class, and 10,000 test images.",
    zh="Fashion-MNIST 有 6 万张 28×28 的灰度训练图，十类各 6000 张，另有 1 万张测试图。",
    budget_s=10,
    covers=("as tensors the pixels lie between 0 and 1",),
)
def fashion_mnist_has_six_thousand_images_of_each_class() -> Evidence:
    name = at_hand("fashion-mnist", "digits")
    images = load(name, fetch=False)
    kinds = images.train.targets.bincount(minlength=10)
    pixels = to_unit(images.test.inputs)
    counts = (len(images.train), len(images.test), int(kinds.min()), int(kinds.max()))
    sides = images.train.shape == (1, 28, 28) and (float(pixels.min()), float(pixels.max())) == (0.0, 1.0)
    right = counts == (60_000, 10_000, 6_000, 6_000) and sides
    return Evidence(
        value=dict(zip(("train", "test", "fewest", "most"), counts, strict=True)),
        bound="60,000 and 10,000 images, 6,000 of each class, pixels from 0 to 1",
        verdict=("holds" if right else "does not hold") if name == "fashion-mnist" else "not checkable",
        n=sum(counts[:2]),
        data=name,
        stand_in=name != "fashion-mnist",
        why_en="Counted in the files themselves: {train} and {test} images, {fewest} to {most} of a class; as classes "
        "are equally frequent, guessing one of ten is right a tenth of the time.",
        why_zh="直接从文件数得：训练 {train} 张，测试 {test} 张，每类 {fewest} 到 {most} 张；各类一样多，随机猜测的准"
        "确率就是十分之一。",
    )


def test_part(name: str) -> Split | None:
    """Return the 10,000 test images of a set, None if they are not on disk; the training images may be missing."""
    files = [file.path for file in CARDS[name].files if "t10k" in file.path]  # images, then labels
    for folder in (*data_folders(), cache_folder() / name):
        if all((folder / path).is_file() for path in files):
            images, labels = (torch.from_numpy(read_idx(folder / path, limit_bytes=10**7)) for path in files)
            return Split(images[:, None], labels.long())
    return None


def accuracy_on(images: Split, seed: int, epochs: int) -> float:
    """Train softmax regression on half of the images, drawn by the seed; return its accuracy on the others."""
    train, test = holdout(images, 0.5, seed=seed)
    model = SoftmaxRegression(SoftmaxConfig(inputs=train.example.numel()))
    optimizer = build_optimizer(OptimizerConfig(), model.parameters())
    batches = Batches(train, batch_size=32, seed=seed, device=CPU, prepare=to_unit)
    train_steps(model, optimizer, epochs_of(batches, epochs))
    with torch.no_grad():
        return float(accuracy(model(to_unit(test.inputs)), test.targets))


@claim(
    chapter=3,
    kind="experiment",
    en="Fashion-MNIST is harder than MNIST.",
    zh="Fashion-MNIST 比 MNIST 更难。",
    scope="softmax regression on 5,000 images",
    budget_s=40,
    smoke={"seeds": range(2), "epochs": 1},
)
def fashion_mnist_is_harder_than_mnist(
    seeds: Sequence[int] = range(20), epochs: int = 5, smallest_effect: float = 0.02
) -> Evidence:
    names = ("mnist", "fashion-mnist")
    found = [test_part(name) for name in names]
    sets = [part or load("digits").train for part in found]
    runs, decision = by_looks(
        lambda part: {
            name: [accuracy_on(images, seed, epochs) for seed in part] for name, images in zip(names, sets, strict=True)
        },
        lambda runs: [at_least(paired(runs["mnist"], runs["fashion-mnist"]), smallest_effect, "gap")],
        seeds,
        scoped=True,
    )
    digits, clothes = runs["mnist"], runs["fashion-mnist"]
    gap, real = paired(digits, clothes), None not in found
    return Evidence(
        value={"gap": gap.mean, "digits": sum(digits) / len(digits), "clothes": sum(clothes) / len(clothes)},
        decision=decision if real else None,
        verdict="" if real else "not checkable",  # the digits at hand are neither set
        interval=decision.interval,
        bound="" if real else "none: one of the two sets is not on this machine",
        bound_zh="" if real else "无：本机缺少其中一个数据集",
        n=len(decision.seeds),
        seeds=decision.seeds,
        data="digits" if not real else "mnist and fashion-mnist, test images",
        stand_in=not real,
        why_en="Trained alike on as many images, the same linear classifier gets {digits:.3f} of digits right and "
        "{clothes:.3f} of clothes: shirt, coat and pullover share an outline and differ in detail.",
        why_zh="同样的线性分类器，训练图一样多，手写数字准确率 {digits:.3f}，服装只有 {clothes:.3f}："
        "衬衫、外套与套头衫轮廓相近，只在细节上不同。",
    )


@claim(
    chapter=3,
    kind="measurement",
    en="Four worker processes read an epoch of Fashion-MNIST in 1.29 seconds.",
    zh="用 4 个进程读取一轮 Fashion-MNIST 需要 1.29 秒。",
    budget_s=40,
    covers=("more worker processes read faster",),
)
def an_epoch_is_read_in_1_29_seconds() -> Evidence:
    name = at_hand("fashion-mnist", "digits")
    split = limit(load(name, fetch=False).train, 12_000, seed=0)
    pairs = TensorDataset(split.inputs, split.targets)
    memory = Batches(split, batch_size=256, seed=0, device=CPU, prepare=to_unit)
    ways: dict[str, Callable[[], object]] = {"in memory": lambda: deque(memory.epoch(0), 0)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch warns of more workers than cores: that is the question
        for workers in (0, 1, 2, 4):
            loader = DataLoader(pairs, batch_size=256, shuffle=True, num_workers=workers)
            ways[f"{workers} workers"] = partial(deque, loader, 0)
        laps = time_interleaved(ways, rounds=3)
    seconds = {way: [5 * lap for lap in taken] for way, taken in laps.items()}  # an epoch has five times as many
    least = {way: min(taken) for way, taken in seconds.items()}
    spread = max(least.values()) / min(least.values())
    title, about = "How an epoch is read", "12,000 images read, times 5; 3 interleaved rounds"
    return Evidence(
        value={"four": least["4 workers"], "one": least["0 workers"], "memory": least["in memory"], "spread": spread},
        bound="one time for all: ways of reading on one machine within a fifth of each other",
        verdict="holds" if spread < 1.2 else "depends on hardware",
        n=3,
        data=name,
        stand_in=name != "fashion-mnist",
        why_en="Here four workers take {four:.1f} s, none {one:.1f} s, and slices of a tensor in memory {memory:.2f} "
        "s: workers pay only where there are cores for them and enough work on each image.",
        why_zh="在这台机器上，4 个进程要 {four:.1f} 秒，不开进程 {one:.1f} 秒，直接从内存张量切片 {memory:.2f} 秒；"
        "只有核够多、每张图的处理够重时，多开进程才划算。",
        figure=partial(dots, seconds, {}, title=title, subtitle=about, horizontal="seconds", mark=1.29, log=True),
    )


@claim(
    chapter=3,
    kind="measurement",
    en="Reading the data need not hold up training.",
    zh="读取数据不应成为训练的瓶颈。",
    scope="a set that fits in memory",
    budget_s=15,
)
def reading_need_not_hold_up_training() -> Evidence:
    name = at_hand("fashion-mnist", "digits")
    split = limit(load(name, fetch=False).train, 6_000, seed=0)
    batches = Batches(split, batch_size=256, seed=0, device=CPU, prepare=to_unit)
    loader = DataLoader(TensorDataset(split.inputs, split.targets), batch_size=256, shuffle=True)
    model = MLP(MLPConfig(inputs=split.example.numel()))
    optimizer, ready = build_optimizer(OptimizerConfig(), model.parameters()), list(batches.epoch(0))
    ways = {
        "in memory": lambda: deque(batches.epoch(0), 0),
        "one by one": lambda: deque(loader, 0),
        "training": lambda: train_steps(model, optimizer, ready),
    }
    laps = time_interleaved(ways, rounds=7)
    memory, single, training = (median(laps[way]) for way in ("in memory", "one by one", "training"))
    title, about = "Reading and training an MLP", "6,000 images in batches of 256, one processor thread"
    return Evidence(
        value={"share": memory / training, "single": single / training},
        bound="reading from memory takes at most half as long as training a small MLP",
        verdict="holds in scope" if memory / training < 0.5 else "does not hold",
        n=7,
        data=name,
        stand_in=name != "fashion-mnist",
        why_en="One gather a batch takes {share:.2f} of the time of training, while fetching and stacking one image "
        "at a time takes {single:.2f} of it: the cost is per call, not per byte.",
        why_zh="每个批量一次性取出，只占训练时间的 {share:.2f}；逐张取出再堆叠则要 {single:.2f}：开销按调用次数算，"
        "而不是按字节算。",
        figure=partial(dots, laps, {}, title=title, subtitle=about, horizontal="seconds an epoch", log=True),
    )
