"""Chapter 19: how a long text is cut into batches."""

from itertools import pairwise

import torch

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence


@claim(
    chapter=19,
    kind="identity",
    en="Long sequences are read by random sampling or by sequential partitioning: 35 tokens in windows of 5, two a "
    "batch, are three batches either way; targets are the inputs one token later.",
    zh="读取长序列有随机采样和顺序分区两种方式：35 个词元，窗口长 5，每批两个，两种方式都得到三个小批量；标签是输入"
    "后移一个词元。",
    covers=("in sequential partitioning the windows of neighboring batches are neighbors in the text",),
)
def long_texts_are_read_at_random_or_in_order() -> Evidence:
    tokens, orders = torch.arange(35), 100
    batches, not_shifted, twice, joined = set(), 0, 0, {"random": 0, "in order": 0}
    for seed in range(orders):
        found = {
            "random": list(text.random_batches(tokens, 2, 5, seed=seed)),
            "in order": list(text.sequential_batches(tokens, 2, 5, offset=seed % 5)),
        }
        for way, read in found.items():
            batches.add(len(read))
            not_shifted += sum(int((batch.targets != batch.inputs + 1).sum()) for batch in read)
            seen = torch.cat([batch.targets.flatten() for batch in read])
            twice += len(seen) - len(seen.unique())  # type: ignore[no-untyped-call]
            joined[way] += sum(bool((b.inputs[:, 0] == a.inputs[:, -1] + 1).all()) for a, b in pairwise(read))
    right = batches == {3} and not_shifted == twice == 0 and joined["in order"] == 2 * orders
    return Evidence(
        value={"joined": joined["in order"], "by_chance": joined["random"], "not_shifted": not_shifted, "twice": twice},
        bound=f"three batches, targets shifted by one, no target twice, and {2 * orders} neighbors in {orders} "
        "readings in order",
        bound_zh=f"各三个小批量，标签后移一位，没有重复的标签；顺序读 {orders} 遍，相邻 {2 * orders} 次",
        verdict="holds" if right and joined["random"] < orders else "does not hold",
        n=2 * orders,
        why_en="A batch read in order begins where the one before ended, row by row ({joined} of as many times); read "
        "at random it did by chance {by_chance} times. So only the first may carry its state on.",
        why_zh="顺序读时，每一行都从上一批结束之处接着读（{joined} 次全都如此）；随机读时，碰巧接上的只有 {by_chance} "
        "次。所以只有前者可以把隐状态传下去。",
    )
