"""Chapter 13: heat, memory and half precision."""

from collections.abc import Sequence

import torch
from torch import Tensor

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_most, decide
from d2lab.claims.evidence import Evidence, power_note, within
from d2lab.core.device import available_devices
from d2lab.data.batch import Batch
from d2lab.experiments.quick_run import quick_run
from d2lab.metrics.paired import paired
from d2lab.models.lenet import LeNet, LeNetConfig
from d2lab.models.vgg import VGG, VGGConfig
from d2lab.optimizers.config import OptimizerConfig
from d2lab.train.memory import training_memory
from d2lab.train.tasks import find_task


@claim(
    chapter=13,
    kind="opinion",
    budget_s=2,
    en="A card may run at full load for days as long as it stays below some 80 degrees.",
    zh="显卡满载连续运行没有关系，温度保持在 80 度左右以下就好。",
)
def full_load_is_fine_below_eighty_degrees() -> Evidence:
    cards = sum(kind != "cpu" for kind in available_devices())
    return Evidence(
        value={"cards": cards},
        bound="none: the limit is the maker's, the wear shows after years",
        verdict="not checkable",
        why_en="No program sees how long a card will live; makers state limits between 80 and 105 degrees, and cards "
        "slow down by themselves there. What the same answer says of memory is checked beside this claim.",
        why_zh="一张卡能用多久，程序看不出来；各家给出的上限从 80 到 105 度不等，到了限度卡自己会降频。"
        "同一回答中关于显存的说法，由旁边的论断来检验。",
    )


@claim(
    chapter=13,
    kind="identity",
    en="Where memory is short, a smaller batch, half precision or a smaller model each make training need less.",
    zh="显存不够时，减小批量、使用半精度、换小一点的模型，都能减少训练所占的内存。",
    covers=("examples go to the device a batch at a time, since a whole set need not fit",),
)
def smaller_batches_and_half_precision_need_less_memory() -> Evidence:
    task, labels = find_task("classification"), torch.zeros(128, dtype=torch.int64)

    def total(batch: int, width: float) -> int:
        with torch.device("meta"):
            model = VGG(VGGConfig(side=32, width=width, hidden=512))
        targets, config = labels[:batch], OptimizerConfig(momentum=0.9)
        return training_memory(model, task, config, inputs=(batch, 1, 32, 32), targets=targets).total

    model, images, kept = LeNet(LeNetConfig()), torch.rand(128, 1, 28, 28), {}
    for half in (False, True):
        saved: list[Tensor] = []

        def keep(tensor: Tensor, saved: list[Tensor] = saved) -> Tensor:
            saved.append(tensor)
            return tensor

        hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
        with hooks, torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = task.loss(model, Batch(images, labels)).loss
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in saved if loss.isfinite()}
        kept[half] = sum(storages.values())
    shares = {"batch": total(32, 1.0) / total(128, 1.0), "model": total(128, 0.5) / total(128, 1.0)}
    shares["half"] = kept[True] / kept[False]
    return Evidence(
        value={"largest": max(shares.values()), **shares},
        bound="each at most 0.75 of the bytes",
        verdict=within(max(shares.values()), 0.75),
        n=len(shares),
        why_en="What the backward pass needs grows with examples, bytes per number and channels: a quarter of the "
        "batch leaves {batch:.2f} of a VGG's bytes (its weights stay), half of its width {model:.2f}, bfloat16 "
        "{half:.2f} of what a LeNet keeps.",
        why_zh="反向传播要保留的内容，与样本数、每个数的字节数、通道数都成正比：批量减为四分之一，VGG 的内存剩 "
        "{batch:.2f}；宽度减半，剩 {model:.2f}；用 bfloat16，LeNet 保留的激活剩 {half:.2f}。",
    )


@claim(
    chapter=13,
    kind="experiment",
    en="Training in half precision ends as accurate as in full precision.",
    zh="用半精度训练，最终精度不比单精度差。",
    scope="bfloat16 products, an MLP on the digits",
    budget_s=40,
    smoke={"seeds": range(2), "epochs": 1},
)
def half_precision_learns_as_well(
    seeds: Sequence[int] = range(5), epochs: int = 10, smallest_effect: float = 0.02
) -> Evidence:
    losses: dict[str, list[float]] = {"bfloat16": [], "float32": []}
    accuracy: dict[str, list[float]] = {"bfloat16": [], "float32": []}
    for name, found in losses.items():
        for seed in seeds:
            changes = {"epochs": epochs, "hidden": "64", "learning_rate": 0.3, "precision": name}
            end = quick_run("mlp", changes=changes, seed=seed)[-1]
            found.append(end["test_loss"])
            accuracy[name].append(end["test_accuracy"])
    gap, answers = paired(losses["bfloat16"], losses["float32"]), paired(accuracy["float32"], accuracy["bfloat16"])
    return Evidence(
        value={"gap": gap.mean, "loss": sum(losses["float32"]) / len(losses["float32"]), "accuracy": answers.mean},
        decision=decide(at_most(gap, smallest_effect, "gap"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Weights and their sums stay float32; only products are rounded, to 8 bits, which is less than the "
        "noise "
        f"of a batch: {{gap:+.4f}} on a test loss of {{loss:.3f}}, {{accuracy:+.4f}} of accuracy; {power_note(gap)}.",
        why_zh="权重及其累加仍是 float32，只有乘积舍入到 8 位，这比批量本身的噪声还小：测试损失 {loss:.3f}，相差 "
        "{gap:+.4f}，准确率相差 {accuracy:+.4f}。",
    )
