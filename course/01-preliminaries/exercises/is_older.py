from d2lab.exercises import RandomInputs, exercise


def versions(draw: RandomInputs):
    one, other = (f"{draw.size(1, 3)}.{draw.size(0, 12)}.{draw.size(0, 3)}" for _ in range(2))
    return one, draw.choice((one, other, other))


@exercise("environment", order=1, zh="比较版本号", en="Compare versions", arguments=versions)
def is_older(one: str, other: str) -> bool:
    """Say whether a version such as 3.9.1 is older than another; its numbers count, part by part.

    版本号（如 3.9.1）是否比另一个旧？逐段按数字比较。

    Args:
        one: three numbers with dots. 三段数字，用点隔开。
        other: another.

    >>> is_older("3.9.0", "3.11.0"), is_older("3.11.0", "3.11.0")
    (True, False)
    """
    raise NotImplementedError


@is_older.solution(
    en="Split into a tuple of numbers; Python compares part by part.",
    zh="拆成整数的元组，Python 会逐段比较。",
)
def is_older(one, other):
    return tuple(map(int, one.split("."))) < tuple(map(int, other.split(".")))


def _numbers(version):
    return tuple(int(part) for part in version.split("."))


@is_older.mistake(
    en="They were compared as texts: 3.9 comes behind 3.11 there.", zh="当成文字比较了：那样 3.9 会排在 3.11 后面。"
)
def as_texts(one, other):
    return one < other


@is_older.mistake(en="Equal versions were said to be older.", zh="相同的版本被说成更旧。")
def equal_too(one, other):
    return _numbers(one) <= _numbers(other)


@is_older.mistake(en="Only the first number was compared.", zh="只比较了第一段。")
def first_number(one, other):
    return _numbers(one)[0] < _numbers(other)[0]


@is_older.mistake(en="The numbers were added up: the first one counts most.", zh="把各段加起来比了：第一段最要紧。")
def sums_compared(one, other):
    return sum(_numbers(one)) < sum(_numbers(other))


@is_older.mistake(en="The answer is the wrong way round.", zh="说反了。")
def newer(one, other):
    return _numbers(one) > _numbers(other)
