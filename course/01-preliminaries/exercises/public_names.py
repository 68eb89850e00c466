from d2lab.exercises import exercise


@exercise(
    "looking-things-up",
    order=1,
    zh="公开的名字",
    en="Public names",
    arguments=lambda draw: (
        [draw.choice(("_hidden", "relu", "__all__", "Conv2d", "_C", "pool")) for _ in range(draw.size(3, 8))],
    ),
)
def public_names(names: list[str]) -> list[str]:
    """Keep the names that do not begin with an underscore, each once, sorted.

    留下不以下划线开头的名字，各一次，排好序。

    Args:
        names: as dir gives them, perhaps more than once.

    >>> public_names(["relu", "_C", "Conv2d", "relu"])
    ['Conv2d', 'relu']
    """
    raise NotImplementedError


@public_names.solution(
    en="A set for once each, then sort.",
    zh="集合去重，再排序。",
)
def public_names(names):
    return sorted({name for name in names if not name.startswith("_")})


@public_names.mistake(en="Names come more than once.", zh="名字重复了。")
def repeated(names):
    return sorted(n for n in names if not n.startswith("_"))


@public_names.mistake(en="Internal names are among them.", zh="混进了内部的名字。")
def internal_too(names):
    return sorted(set(names))


@public_names.mistake(
    en="Only names with two underscores were left out: one is enough to be internal.",
    zh="只去掉了两个下划线的：一个下划线就是内部的。",
)
def two_underscores(names):
    return sorted({n for n in names if not n.startswith("__")})


@public_names.mistake(en="They are sorted the other way.", zh="排序反了。")
def sorted_down(names):
    return sorted({n for n in names if not n.startswith("_")}, reverse=True)
