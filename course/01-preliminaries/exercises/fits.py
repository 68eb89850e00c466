from d2lab.exercises import exercise


@exercise(
    "environment",
    order=2,
    zh="装得上吗",
    en="A range of versions",
    arguments=lambda draw: (
        draw.choice((draw.size(6, 15), least := draw.size(7, 10), below := draw.size(11, 14))),
        least,
        below,
    ),
)
def fits(minor: int, least: int, below: int) -> bool:
    """Say whether Python 3.minor satisfies ">=3.least,<3.below".

    Python 3.minor 是否满足 ">=3.least,<3.below"？

    Args:
        minor: of the Python here. 这里的 Python 的小版本号。
        least: included. 含。
        below: not included. 不含。

    >>> fits(11, 11, 14), fits(14, 11, 14)
    (True, False)
    """
    raise NotImplementedError


@fits.solution(
    en="Comparisons can be chained.",
    zh="Python 的比较可以连写。",
)
def fits(minor, least, below):
    return least <= minor < below


@fits.mistake(en="The lower end belongs to it: >= includes.", zh="下限应当包含在内：>= 是含等号的。")
def lower_excluded(minor, least, below):
    return least < minor < below


@fits.mistake(en="The upper end does not belong to it: < excludes.", zh="上限不包含在内：< 不含等号。")
def upper_included(minor, least, below):
    return least <= minor <= below


@fits.mistake(en="The upper end was not looked at.", zh="没有看上限。")
def lower_only(minor, least, below):
    return minor >= least


@fits.mistake(en="The lower end was not looked at.", zh="没有看下限。")
def upper_only(minor, least, below):
    return minor < below
