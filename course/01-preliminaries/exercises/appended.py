import copy
import types

from d2lab.exercises import exercise


def afresh(candidate, items):
    """Call a copy of the function, whose defaults nobody has touched yet."""
    defaults = copy.deepcopy(candidate.__defaults__)
    new = types.FunctionType(candidate.__code__, candidate.__globals__, "again", defaults, candidate.__closure__)
    return [list(new(item)) for item in items] + [list(new(items[0], [7]))]


@exercise(
    "python-primer",
    order=3,
    zh="默认参数的陷阱",
    en="A mutable default argument",
    arguments=lambda draw: ([draw.size(0, 9) for _ in range(draw.size(2, 5))],),
    measure=afresh,
)
def appended(item: int, to: list | None = None) -> list:
    """Return a new list of what is in `to` and the item; without `to`, of the item alone, at every call.

    返回一个新列表：to 里的元素再加上 item；不给 to 时，每次都只含 item。

    Args:
        item: to put behind.
        to: a list, left as it is. 不要改动它。

    >>> appended(1), appended(2), appended(3, [0])
    ([1], [2], [0, 3])
    """
    raise NotImplementedError


@appended.solution(
    en="Let the default be `None` and make the list inside.",
    zh="默认值用 `None`，列表在函数里新造。",
)
def appended(item, to=None):
    return [*(to or []), item]


def _sharing():
    def shared_default(item, to=[]):
        to.append(item)
        return to

    return shared_default


appended.mistake(
    en="A list as default is made once and kept: later calls find what earlier ones put in.",
    zh="用列表做默认值只会创建一次：后面的调用会看到前面放进去的东西。",
)(_sharing())


@appended.mistake(en="`to` is not used.", zh="没有用到 to。")
def to_ignored(item, to=None):
    return [item]


@appended.mistake(en="The item stands in front; it belongs behind.", zh="item 放在了前面，应当在后面。")
def in_front(item, to=None):
    return [item, *(to or [0][:0])] if to else [item]


@appended.mistake(en="The item is missing.", zh="漏了 item。")
def item_missing(item, to=None):
    return list(to or [])


@appended.mistake(en="The whole list was put in as one entry.", zh="把整个列表当成一个元素放了进去。")
def nested_list(item, to=None):
    return [to, item] if to else [item]


@appended.mistake(en="The list of the example is hard-coded.", zh="把例子里的列表写死了。")
def hard_coded_list(item, to=None):
    return [1]
