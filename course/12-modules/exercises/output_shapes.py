import torch
from torch import Tensor, nn

from d2lab.exercises import RandomInputs, exercise


def model_and_input(draw: RandomInputs):
    torch.manual_seed(draw.size(0, 9999))
    d, h = draw.size(2, 5), draw.size(2, 6)
    return nn.Sequential(nn.Linear(d, h), nn.ReLU(), nn.Linear(h, 2)), draw.normal(draw.size(2, 5), d)


@exercise(
    "modules",
    order=2,
    zh="用钩子记下形状",
    en="Record shapes with hooks",
    arguments=model_and_input,
    measure=lambda candidate, model, x: candidate(model, x),
)
def output_shapes(model: nn.Module, x: Tensor) -> list[tuple[int, ...]]:
    """Return the shape of what each direct child of a model gives for an input, in order.

    输入一批数据，依次给出网络每个直接子模块的输出形状。

    Args:
        model: a sequence of modules.
        x: a batch.

    >>> output_shapes(nn.Sequential(nn.Linear(2, 3), nn.ReLU()), torch.ones(1, 2))
    [(1, 3), (1, 3)]
    """
    raise NotImplementedError


@output_shapes.solution(
    en="Register a hook on every child, run once, and take them off.",
    zh="给每个子模块挂一个钩子，跑一遍，再摘掉。",
)
def output_shapes(model, x):
    shapes = []
    hooks = [child.register_forward_hook(lambda m, i, o: shapes.append(tuple(o.shape))) for child in model.children()]
    model(x)
    for hook in hooks:
        hook.remove()
    return shapes


def _shapes(model, x):
    out = []
    for child in model:
        x = child(x)
        out.append(tuple(x.shape))
    return out


@output_shapes.mistake(en="Only the last shape came out.", zh="只给出了最后的形状。")
def last_only(model, x):
    return _shapes(model, x)[-1:]


@output_shapes.mistake(en="The input's shape stands first.", zh="开头多了输入的形状。")
def with_input(model, x):
    return [tuple(x.shape), *_shapes(model, x)]


@output_shapes.mistake(en="The axis of the batch is missing.", zh="漏了批的轴。")
def without_batch(model, x):
    return [s[1:] for s in _shapes(model, x)]


@output_shapes.mistake(
    en="These are the shapes of weights; outputs are asked for.", zh="这是权重的形状，要的是输出的。"
)
def of_weights(model, x):
    return [tuple(p.shape) for p in model.parameters()]
