import math

from d2lab.exercises import exercise


@exercise(
    "csv",
    order=1,
    zh="读一个格子",
    en="Read a field",
    arguments=lambda draw: (draw.choice(("NA", "", " 3 ", "2.5", "-1", "NA", "1e2", f"{draw.number():.3f}")),),
)
def number_or_nan(field: str) -> float:
    """Read a field of a table: a number, or nan where it is empty or NA; blanks around it do not matter.

    读表格里的一格：是数就给数；空的或 NA 给 nan；两边的空格不算。

    Args:
        field: as it stands in the file.

    >>> number_or_nan(" 2.5 "), number_or_nan("NA")
    (2.5, nan)
    """
    raise NotImplementedError


@number_or_nan.solution(
    en="Strip the blanks, then ask whether it is missing.",
    zh="先去掉空格，再看是不是缺失。",
)
def number_or_nan(field):
    field = field.strip()
    return math.nan if field in ("", "NA") else float(field)


@number_or_nan.mistake(
    en="What is missing became 0: then nobody can tell it from a measured 0.",
    zh="缺的变成了 0：就和真正的 0 分不开了。",
)
def zero_for_missing(field):
    return float(field) if field.strip() not in ("", "NA") else 0.0


@number_or_nan.mistake(en="An empty field stops it.", zh="遇到空格子就出错了。")
def empty_fails(field):
    return math.nan if field == "NA" else float(field)


@number_or_nan.mistake(en="NA stops it.", zh="遇到 NA 就出错了。")
def na_fails(field):
    return float(field) if field else math.nan


@number_or_nan.mistake(en="Fractions were cut off.", zh="小数部分丢了。")
def whole_numbers(field):
    return float(int(float(field))) if field.strip() not in ("", "NA") else math.nan
