from torch import nn

from d2lab.exercises import exercise

from ._shared import nested


@exercise(
    "parameters",
    order=1,
    zh="按名字找参数",
    en="Find parameters by name",
    arguments=lambda draw: (*nested(draw), draw.choice(("weight", "bias", "0."))),
)
def names_with(model: nn.Module, part: str) -> list[str]:
    """List the names of the parameters that hold a text, in their order.

    列出名字里含有某段文字的参数，保持次序。

    Args:
        model: any module.
        part: the text.

    >>> names_with(nn.Sequential(nn.Linear(1, 1)), "bias")
    ['0.bias']
    """
    raise NotImplementedError


@names_with.solution(
    en="A name is the way from the root to the parameter.",
    zh="名字就是从根走到参数的路径。",
)
def names_with(model, part):
    return [name for name, _ in model.named_parameters() if part in name]


@names_with.mistake(
    en="Names that only end in the text were found: it may stand anywhere.", zh="只找了以它结尾的：它可以在任何位置。"
)
def only_at_the_end(model, part):
    return [n for n, _ in model.named_parameters() if n.endswith(part)]


@names_with.mistake(en="All names came back.", zh="返回了所有名字。")
def all_names(model, part):
    return [n for n, _ in model.named_parameters()]


@names_with.mistake(en="Modules were listed, not parameters.", zh="列的是模块，不是参数。")
def modules(model, part):
    return [n for n, _ in model.named_modules() if part in n]


@names_with.mistake(en="The way to the parameter is missing from its name.", zh="名字里少了路径。")
def short_names(model, part):
    return [n.split(".")[-1] for n, _ in model.named_parameters() if part in n]
