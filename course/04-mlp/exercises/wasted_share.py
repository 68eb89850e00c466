import math

from d2lab.exercises import exercise


@exercise(
    "powers-of-two",
    order=3,
    zh="补零白算了多少",
    en="The cost of padding",
    arguments=lambda draw: (
        draw.choice((draw.size(1, 300), (tile := draw.choice((8, 32, 64))) * draw.size(1, 4))),
        tile,
    ),
)
def wasted_share(n: int, tile: int) -> float:
    """When work is done in whole tiles, give the share that is wasted on the incomplete last one.

    计算按整块进行时，最后不满的一块白算的部分，占全部计算的多大比例？

    Args:
        n: columns that are needed. 需要的列数。
        tile: columns of a tile. 一块的列数。

    >>> wasted_share(6, 8), wasted_share(16, 8)
    (0.25, 0.0)
    """
    raise NotImplementedError


@wasted_share.solution(
    en="Round up to whole tiles and see how much of them is beyond n.",
    zh="先向上取整到整块，再看多出来的占多少。",
)
def wasted_share(n, tile):
    computed = math.ceil(n / tile) * tile
    return (computed - n) / computed


@wasted_share.mistake(
    en="The waste was divided by what is needed, not by all that is computed.",
    zh="除以了需要的列数，应当除以全部计算的列数。",
)
def of_the_needed(n, tile):
    return (-n % tile) / n


@wasted_share.mistake(
    en="A whole tile counts as wasted where n is a multiple.", zh="n 正好是倍数时，把一整块也算成了浪费。"
)
def a_tile_too_many(n, tile):
    waste = tile - n % tile
    return waste / (n + waste)


@wasted_share.mistake(en="This is the useful share.", zh="这是有用的比例。")
def useful(n, tile):
    return n / (n + -n % tile)


@wasted_share.mistake(
    en="The waste was compared with one tile, not with all of them.", zh="只和一块相比，应当和所有块相比。"
)
def of_one_tile(n, tile):
    return (-n % tile) / tile


@wasted_share.mistake(en="This is a number of columns, not a share.", zh="这是列数，不是比例。")
def columns(n, tile):
    return float(-n % tile)
