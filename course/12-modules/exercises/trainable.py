from torch import nn

from d2lab.exercises import RandomInputs, exercise

from ._shared import nested


def maybe_frozen(draw: RandomInputs):
    (model,) = nested(draw)
    if draw.boolean():
        model[0].requires_grad_(False)
    return (model,)


@exercise(
    "modules",
    order=1,
    zh="数可训练的参数",
    en="Count the trainable parameters",
    arguments=maybe_frozen,
)
def trainable(model: nn.Module) -> int:
    """Count the numbers in a model that training may change.

    数一个网络里训练可以改动的数。

    Args:
        model: any module; some parameters may be frozen. 有些参数可能冻结了。

    >>> trainable(nn.Linear(2, 3))
    9
    """
    raise NotImplementedError


@trainable.solution(
    en="`parameters()` walks the whole tree; ask each whether it learns.",
    zh="`parameters()` 走遍整棵树，再问每个是否要梯度。",
)
def trainable(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


@trainable.mistake(en="Frozen parameters were counted too.", zh="冻结的参数也数了。")
def frozen_too(model):
    return sum(p.numel() for p in model.parameters())


@trainable.mistake(en="Tensors were counted, not the numbers in them.", zh="数的是张量，不是里面的数。")
def tensors(model):
    return sum(1 for p in model.parameters() if p.requires_grad)


@trainable.mistake(
    en="Only the outermost module was looked at: a model is a tree.", zh="只看了最外面一层：网络是一棵树。"
)
def outermost(model):
    return sum(p.numel() for child in model.children() for p in child.parameters(recurse=False) if p.requires_grad)


@trainable.mistake(en="Biases were left out.", zh="漏了偏置。")
def weights_only(model):
    return sum(p.numel() for n, p in model.named_parameters() if p.requires_grad and n.endswith("weight"))
