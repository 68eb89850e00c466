from d2lab.exercises import exercise


@exercise(
    "looking-things-up",
    order=3,
    zh="最像的名字",
    en="The nearest name",
    arguments=lambda draw: (
        draw.choice(("relu", "sigmoid", "tanh", "gelu", "softmax"))[: draw.size(2, 4)],
        ["gelu", "relu", "sigmoid", "softmax", "tanh"][draw.size(0, 2) :],
    ),
)
def names_beginning(start: str, names: list[str]) -> list[str]:
    """List the names that begin with some letters, upper and lower case alike, the shortest first; equally long ones by the alphabet.

    列出以某些字母开头的名字，不分大小写；短的在前，一样长的按字母排。

    Args:
        start: letters.
        names: to look through.

    >>> names_beginning("S", ["softmax", "silu", "relu", "Sum"])
    ['Sum', 'silu', 'softmax']
    """
    raise NotImplementedError


@names_beginning.solution(
    en="Sort by length, then by name.",
    zh="排序的键是（长度，名字）。",
)
def names_beginning(start, names):
    return sorted((n for n in names if n.lower().startswith(start.lower())), key=lambda n: (len(n), n))


@names_beginning.mistake(
    en="Names that hold the letters anywhere were found.", zh="只要含有这些字母就算了：应当以它开头。"
)
def anywhere(start, names):
    return sorted((n for n in names if start.lower()[1:] in n.lower()), key=lambda n: (len(n), n))


@names_beginning.mistake(en="All names came back.", zh="返回了全部名字。")
def everything(start, names):
    return sorted(names, key=lambda n: (len(n), n))


@names_beginning.mistake(
    en="Nothing was found: the letters must stand at the beginning, not be the whole name.",
    zh="什么也没找到：是以它开头，不是整个相等。",
)
def equal_only(start, names):
    return [n for n in names if n.lower() == start.lower()]


@names_beginning.mistake(en="Only the first was given.", zh="给出的是名字的长度，不是名字。")
def lengths(start, names):
    return [len(n) for n in names if n.lower().startswith(start.lower())]
