from d2lab.exercises import exercise


@exercise(
    "files",
    order=2,
    zh="缺了什么，多了什么",
    en="Missing and unexpected names",
    arguments=lambda draw: (
        ["a", "b", "c", "d"][: draw.size(1, 4)],
        ["b", "c", "e", "f"][draw.size(0, 2) : draw.size(2, 4)],
    ),
)
def compared(expected: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    """Compare the names that a model expects with those of a file: missing ones and unexpected ones, each sorted.

    比较网络要的名字和文件里的名字：缺的和多的，各自排序。

    Args:
        expected: by the model.
        found: in the file.

    >>> compared(["a", "b"], ["b", "c"])
    (['a'], ['c'])
    """
    raise NotImplementedError


@compared.solution(
    en="Subtract the sets from each other.",
    zh="两个集合互相减。",
)
def compared(expected, found):
    return sorted(set(expected) - set(found)), sorted(set(found) - set(expected))


@compared.mistake(en="Both lists are exchanged.", zh="两个列表弄反了。")
def exchanged(expected, found):
    return sorted(set(found) - set(expected)), sorted(set(expected) - set(found))


@compared.mistake(en="Unexpected names are not reported.", zh="没有报告多出来的。")
def missing_only(expected, found):
    return sorted(set(expected) - set(found)), []


@compared.mistake(en="Missing names are not reported.", zh="没有报告缺少的。")
def unexpected_only(expected, found):
    return [], sorted(set(found) - set(expected))


@compared.mistake(en="What both share was listed.", zh="列出的是两边都有的。")
def shared(expected, found):
    return sorted(set(expected) & set(found)), sorted(set(expected) & set(found))
