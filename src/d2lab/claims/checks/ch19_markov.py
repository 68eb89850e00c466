"""Chapter 19: Markov models, and models that keep a state."""

import torch
from torch import Tensor

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence

FIRST = torch.tensor([[0.9, 0.1], [0.5, 0.5]], dtype=torch.float64)  # a chain of order 1: from row to column
SECOND = torch.tensor([[[0.9, 0.1], [0.3, 0.7]], [[0.4, 0.6], [0.8, 0.2]]], dtype=torch.float64)  # of order 2


def sample(table: Tensor, count: int) -> Tensor:
    """Draw a chain of zeros and ones, from the chances after the last one or two."""
    chances, seen = torch.rand(count).tolist(), [0, 0]
    ones = table[..., 1].tolist()
    for chance in chances:
        likely = ones[seen[-1]] if table.ndim == 2 else ones[seen[-2]][seen[-1]]
        seen.append(int(chance < likely))
    return torch.tensor(seen[2:])


def memory_of_two(states: Tensor) -> float:
    """Return how much P(next | last two) differs from P(next | last), in standard errors, where it differs most."""
    triples = (4 * states[:-2] + 2 * states[1:-1] + states[2:]).bincount(minlength=8).view(2, 2, 2).double()
    alone = triples.sum(0) / triples.sum((0, 2))[:, None]
    both = triples / triples.sum(2, keepdim=True)
    error = (alone * (1 - alone) / triples.sum(2, keepdim=True)).sqrt()
    return float(((both - alone).abs() / error).max())


@claim(
    chapter=19,
    kind="identity",
    en="A Markov model assumes that the present depends on a few recent values only, which makes the model simpler.",
    zh="马尔可夫模型假设当前只与最近少数几个数据相关，从而简化模型。",
    scope="where the assumption is true; a chain of order 2 has a memory that a model of order 1 misses",
    scope_zh="假设属实时；二阶的链有一阶模型看不到的记忆",
)
def markov_models_look_at_few_recent_values() -> Evidence:
    count = 40_000
    first, second = sample(FIRST, count), sample(SECOND, count)
    twice = text.count_transitions(first[::2], 2).double()
    apart = float((twice / twice.sum(1, keepdim=True) - torch.linalg.matrix_power(FIRST, 2)).abs().max())
    memory, more = memory_of_two(first), memory_of_two(second)
    right = memory < 4 and apart < 0.02
    return Evidence(
        value={"memory": memory, "memory_second": more, "two_steps": apart, "numbers": 2, "history": 2**10},
        bound="P(next | last two) within 4 standard errors of P(next | last), and two steps within 0.02 of P^2; in "
        "scope if a chain of order 2 is beyond 4",
        bound_zh="P(下一个|前两个) 与 P(下一个|前一个) 相差不到 4 个标准误，两步转移与 P² 相差不到 0.02；若二阶的链超过"
        " 4，则只在范围内成立",
        verdict="does not hold" if not right else "holds in scope" if more > 4 else "holds",
        n=count,
        why_en="In a chain of order 1 the value before the last tells nothing more ({memory:.1f} standard errors), and "
        "{numbers} numbers describe it, where a table of the last ten values has {history:,}. In one of order 2 it "
        "tells much ({memory_second:.0f}).",
        why_zh="在一阶的链里，再往前的那个值不提供新信息（{memory:.1f} 个标准误），{numbers} 个数就能描述它；按前十个值"
        "列表则要 {history} 个。在二阶的链里，它提供的信息很多（{memory_second:.0f}）。",
    )
