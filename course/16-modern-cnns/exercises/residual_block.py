import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "resnet",
    order=1,
    zh="残差块的前向",
    en="A residual block",
    arguments=lambda draw: (
        draw.normal(n := draw.size(2, 4), k := draw.size(2, 4)),
        draw.normal(k, k),
        draw.normal(k, k),
    ),
)
def residual_block(x: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    """Return relu(x + f(x)) with f(x) = relu(x @ w1.T) @ w2.T.

    给出 relu(x + f(x))，其中 f(x) = relu(x @ w1.T) @ w2.T。

    Args:
        x: (n, d).
        w1: (d, d).
        w2: (d, d).

    >>> residual_block(torch.tensor([[1.0]]), torch.ones(1, 1), torch.tensor([[2.0]]))
    tensor([[3.]])
    """
    raise NotImplementedError


@residual_block.solution(
    en="Apply the ReLU within the branch, and again after the sum.",
    zh="支路里用一次 ReLU，相加之后再用一次。",
)
def residual_block(x, w1, w2):
    return (x + (x @ w1.T).relu() @ w2.T).relu()


@residual_block.mistake(en="The shortcut is missing.", zh="漏了捷径。")
def no_shortcut(x, w1, w2):
    return ((x @ w1.T).relu() @ w2.T).relu()


@residual_block.mistake(
    en="The ReLU was taken before the sum: it belongs behind.", zh="ReLU 放在了相加之前，应当在之后。"
)
def relu_before_sum(x, w1, w2):
    return x + ((x @ w1.T).relu() @ w2.T).relu()


@residual_block.mistake(en="The last ReLU is missing.", zh="漏了最后的 ReLU。")
def no_last_relu(x, w1, w2):
    return x + (x @ w1.T).relu() @ w2.T


@residual_block.mistake(en="There is no ReLU inside.", zh="里面没有 ReLU。")
def linear_inside(x, w1, w2):
    return (x + x @ w1.T @ w2.T).relu()
