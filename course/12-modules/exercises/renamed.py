from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "files",
    order=1,
    zh="改名之后载入",
    en="Load under other names",
    arguments=lambda draw: (
        {f"old.{n}": draw.normal(draw.size(1, 3)) for n in ("a", "b", "c")[: draw.size(1, 3)]},
        "old.",
        draw.choice(("new.", "")),
    ),
)
def renamed(state: dict[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    """Replace the beginning of every name in a state; names without it stay.

    把状态里每个名字开头的 old 换成 new；不以它开头的不变。

    Args:
        state: tensors by name; leave it as it is. 不要就地修改。
        old: the beginning.
        new: what takes its place.

    >>> renamed({"model.weight": 1, "other": 2}, "model.", "")
    {'weight': 1, 'other': 2}
    """
    raise NotImplementedError


@renamed.solution(
    en="Only the beginning is replaced: slice, don't `replace`.",
    zh="只换开头，用切片，不用 `replace`。",
)
def renamed(state, old, new):
    return {new + name[len(old) :] if name.startswith(old) else name: value for name, value in state.items()}


@renamed.mistake(
    en="Names without the beginning were dropped, or the order was lost: nothing was renamed.", zh="没有改名。"
)
def not_renamed(state, old, new):
    return dict(state)


@renamed.mistake(en="The old beginning is still there.", zh="旧的开头还在。")
def prefixed(state, old, new):
    return {new + name + "x": v for name, v in state.items()}


@renamed.mistake(en="Only the names came back; the tensors are lost.", zh="只返回了名字，张量丢了。")
def names_only(state, old, new):
    return [name.replace(old, new, 1) for name in state]


@renamed.mistake(
    en="The values were copied into one: every name has the last tensor.", zh="所有名字都指向了最后一个张量。"
)
def last_value(state, old, new):
    last = list(state.values())[-1]
    return {name.replace(old, new, 1): last + 1 for name in state}
