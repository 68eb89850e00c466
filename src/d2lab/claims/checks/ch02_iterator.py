"""Chapter 2: giving out a data set in mini-batches."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.core.seed import stream
from d2lab.data.batches import Batches, epoch_order
from d2lab.data.catalog import load
from d2lab.data.split import Split
from d2lab.models import LinearConfig, LinearRegression

CPU = torch.device("cpu")


@claim(
    chapter=2,
    kind="identity",
    en="A shuffled iterator hands out every example exactly once an epoch, in batches of the size asked for.",
    zh="打乱顺序的数据迭代器，每一轮把每个样本恰好取出一次，每个批量都是指定的大小。",
)
def an_epoch_visits_every_example_once() -> Evidence:
    numbers = Split(torch.arange(1000.0)[:, None], torch.arange(1000))
    batches = Batches(numbers, batch_size=10, seed=0, device=CPU)
    epochs = [[targets for _, targets in batches.epoch(number)] for number in range(3)]
    visits = torch.stack([torch.cat(epoch).bincount(minlength=1000) for epoch in epochs])
    wrong = int((visits != 1).sum()) + sum(len(targets) != 10 for epoch in epochs for targets in epoch)
    moved = float((torch.cat(epochs[0]) != torch.cat(epochs[1])).float().mean())
    return Evidence(
        value={"wrong": wrong, "moved": moved},
        bound="nothing missed, repeated or of another size; over half of the examples move from epoch to epoch",
        verdict="holds" if wrong == 0 and moved > 0.5 else "does not hold",
        n=visits.numel(),
        why_en="The order of an epoch is a permutation cut into pieces: it can neither miss nor repeat, and the next "
        "epoch draws another one, in which {moved:.1%} of the examples stand elsewhere.",
        why_zh="一轮的顺序是一个排列，依次切成小段，因此既不遗漏也不重复；下一轮重新抽取排列，{moved:.1%} "
        "的样本换了位置。",
    )


@claim(
    chapter=2,
    kind="identity",
    en="TensorDataset and DataLoader give out the batches that a hand-written iterator gives out.",
    zh="用 TensorDataset 和 DataLoader 取到的批量，与手写迭代器取到的相同。",
    scope="in the same order only when both are given the same permutation",
)
def data_loader_gives_the_hand_written_batches() -> Evidence:
    points = load("synthetic-linear").train
    pairs = TensorDataset(points.inputs, points.targets)
    ours = Batches(points, batch_size=10, seed=0, device=CPU).epoch(0)
    theirs = DataLoader(pairs, batch_size=10, sampler=epoch_order(len(points), seed=0, epoch=0).tolist())
    both = zip(ours, theirs, strict=True)
    differing = sum(not (torch.equal(x, a) and torch.equal(y, b)) for (x, y), (a, b) in both)
    shuffled = DataLoader(pairs, batch_size=10, shuffle=True, generator=stream(0, "loader"))
    seen = torch.cat([inputs for inputs, _ in shuffled])
    lost = int((seen.sort(0).values != points.inputs.sort(0).values).any(1).sum())
    elsewhere = int((seen != points.inputs).any(1).sum())
    same = differing == lost == 0
    return Evidence(
        value={"differing": differing, "lost": lost, "elsewhere": elsewhere},
        bound="0 batches differ from ours in the same order; 0 examples lost by its own shuffle",
        verdict=("holds in scope" if elsewhere else "holds") if same else "does not hold",
        n=len(points),
        data="synthetic-linear",
        why_en="Both cut a permutation into pieces and stack what it names; which permutation is a matter of the "
        "generator, so a loader's own shuffle puts {elsewhere} of the examples elsewhere and loses none.",
        why_zh="两者做的是同一件事：把一个排列切成小段，再把所指的样本堆叠起来。排列由随机数生成器决定，DataLoader 自"
        "行打乱时有 {elsewhere} 个样本换了位置，但一个不少。",
    )


@claim(
    chapter=2,
    kind="definition",
    en="Where the batch size does not divide the set, the last batch is dropped, filled from the next epoch, or short.",
    zh="样本数不是批量大小的整数倍时，最后一个批量可以丢掉、从下一轮借样本补满，或者就保持不满。",
)
def a_ragged_last_batch_is_dropped_filled_or_short() -> Evidence:
    numbers = Split(torch.arange(1003.0)[:, None], torch.arange(1003))
    whole, ragged = (Batches(numbers, batch_size=10, seed=0, device=CPU, drop_last=drop) for drop in (True, False))
    dropped, short = ([len(targets) for _, targets in batches.epoch(0)] for batches in (whole, ragged))
    two_epochs = torch.cat([epoch_order(1003, seed=0, epoch=number) for number in (0, 1)])
    filled = torch.split(two_epochs[:1010], 10)
    lost, rest, repeated = 1003 - sum(dropped), short[-1], 1010 - len(torch.unique(torch.cat(filled)))
    counts = (len(dropped), len(short), len(filled))
    right = counts == (100, 101, 101) and (lost, rest, repeated) == (3, 3, 7) and {len(b) for b in filled} == {10}
    return Evidence(
        value={"lost": lost, "rest": rest, "repeated": repeated},
        bound="1,003 = 100 batches of 10 and 3 more: 3 lost, or a last batch of 3, or 7 seen twice",
        verdict="holds" if right else "does not hold",
        n=1003,
        why_en="There is no fourth way: {lost} examples are left out of this epoch, or one batch has only {rest}, or "
        "{repeated} examples count twice.",
        why_zh="总要有所取舍：要么这一轮有 {lost} 个样本用不上，要么最后一个批量只有 {rest} 个样本，要么有 "
        "{repeated} 个样本算两遍。",
    )


@claim(
    chapter=2,
    kind="identity",
    en="The mean of the batches' mean losses is the mean loss of the epoch.",
    zh="把各个批量的平均损失再取平均，就是这一轮的平均损失。",
)
def batch_means_average_to_the_mean_of_the_epoch() -> Evidence:
    losses = torch.rand(1003, dtype=torch.float64)
    losses[1000:] += 10  # the short last batch met three hard examples
    batches = torch.split(losses, 10)
    naive = torch.stack([batch.mean() for batch in batches]).mean()
    weighted = torch.stack([batch.mean() * len(batch) for batch in batches]).sum() / len(losses)
    difference, repaired = float(naive - losses.mean()), float((weighted - losses.mean()).abs())
    even = float((losses[:1000].reshape(100, 10).mean(1).mean() - losses[:1000].mean()).abs())
    wrong = abs(difference) > 1e-12
    return Evidence(
        value={"difference": difference, "weighted": repaired, "even": even, "weight": 10 / len(batches[-1])},
        bound="at most 1e-12",
        verdict=within(abs(difference), 1e-12),
        n=len(losses),
        counterexample="losses 0, 0, 3 in batches of 2: the means 0 and 3 have the mean 1.5, the losses 1"
        if wrong
        else "",
        why_en="An example in the short last batch weighs {weight:.2f} times as much as any other; it is right when "
        "all batches are equally long, or when each mean is weighted by its examples.",
        why_zh="最后一个不满的批量里，每个样本的权重是别处的 {weight:.2f} 倍；只有各批量一样大，或者按样本数加权，结果"
        "才对。",
    )


@claim(
    chapter=2,
    kind="definition",
    en="A last batch of one example stops batch normalization in training.",
    zh="训练时如果最后一个批量只剩一个样本，批量归一化会报错。",
    scope="vectors; an image has many pixels to take a mean over",
)
def a_last_batch_of_one_stops_batch_norm() -> Evidence:
    last = [len(rows) for rows in torch.split(torch.arange(1001), 10)][-1]
    stopped = {}
    for layer, shape in ((nn.BatchNorm1d(4), (last, 4)), (nn.BatchNorm2d(4), (last, 4, 3, 3))):
        try:
            layer(torch.randn(shape))
            stopped[type(layer).__name__] = 0
        except ValueError:
            stopped[type(layer).__name__] = 1
    vectors, images = stopped["BatchNorm1d"], stopped["BatchNorm2d"]
    return Evidence(
        value={"vectors": vectors, "images": images, "last": last},
        bound="an error for a single vector, none for a single image",
        verdict=("holds" if images else "holds in scope") if vectors else "does not hold",
        n=2,
        why_en="1,001 examples in tens leave {last}: minus its own mean it is 0 in every feature, and there is no "
        "variance to divide by.",
        why_zh="1001 个样本按 10 个一批，最后剩 {last} 个：减去自己的均值后每个特征都是 0，也没有方差可除。",
    )


@claim(
    chapter=2,
    kind="identity",
    en="Gradients add up over calls of backward until they are zeroed, so a loop has to zero them.",
    zh="每次调用 backward，梯度都会累加到原有的值上，所以训练循环里必须先清零。",
    covers=("accumulation used on purpose: halves of a batch add up to the gradient of the whole",),
)
def gradients_add_up_until_zeroed() -> Evidence:
    points = load("synthetic-linear").train
    inputs, targets = points.inputs[:20].double(), points.targets[:20].double()
    model = LinearRegression(LinearConfig()).double()

    def gradient(*parts: slice) -> torch.Tensor:
        model.zero_grad()
        for rows in parts:
            nn.functional.mse_loss(model(inputs[rows]), targets[rows]).backward()  # type: ignore[no-untyped-call]
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    once, twice = gradient(slice(20)), gradient(slice(20), slice(20))
    halves = gradient(slice(10), slice(10, 20)) / 2
    doubled, split = float((twice - 2 * once).abs().max()), float((halves - once).abs().max())
    return Evidence(
        value={"difference": max(doubled, split)},
        bound="at most 1e-12, from twice the gradient after two calls and from the whole after two halves",
        verdict=within(max(doubled, split), 1e-12),
        n=len(once),
        data="synthetic-linear",
        why_en="backward adds into .grad, because a weight that is used in two places must get both gradients; two "
        "calls on one batch double the gradient, and two half batches add up to a whole one.",
        why_zh="backward 把梯度加到 .grad 上，因为一个参数若用在两处，两份梯度都要算进去；"
        "同一批量调用两次，步长就翻倍，而两个半批量合起来恰是一个完整批量。",
    )
