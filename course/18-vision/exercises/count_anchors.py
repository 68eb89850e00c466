from d2lab.exercises import RandomInputs, exercise


def levels_and_shapes(draw: RandomInputs):
    sides = [draw.size(2, 4) * 2**level for level in range(draw.size(2, 4), 0, -1)]
    return [*sides, 1], draw.size(1, 4), draw.size(1, 4)


@exercise("ssd", order=1, zh="一共多少个锚框", en="How many anchors in all", arguments=levels_and_shapes)
def count_anchors(sides: list[int], sizes: int, ratios: int) -> int:
    """Count the anchors of a detector with several square feature maps.

    数一数：几张正方形特征图上，一共有多少个锚框。

    Every cell of every map is the center of sizes + ratios - 1 anchors.
    每张图的每个单元，都是（大小数 + 宽高比数 - 1）个锚框的中心。

    Args:
        sides: of the maps, in cells; the last has a single cell. 各图的边长，以单元计；最后一张只有一个单元。
        sizes: how many sizes an anchor may have at one level. 一层里有几种大小。
        ratios: how many aspect ratios. 有几种宽高比。

    >>> count_anchors([32, 16, 8, 4, 1], 2, 3)
    5444
    """
    raise NotImplementedError


@count_anchors.solution(
    en="A map with side s has s * s cells, so almost all anchors stand on the finest map: in the example 4,096 of 5,444. "
    "A cell has the first ratio with every size and the first size with every ratio; their pair is counted once.",
    zh="边长 s 的图有 s * s 个单元，所以绝大多数锚框在最细的图上：例中 5444 个里有 4096 个。每个单元取第一种宽高比配所有大小，"
    "再取第一种大小配所有宽高比；两组共有的那一个只算一次。",
)
def count_anchors(sides, sizes, ratios):
    shapes = sizes + ratios - 1
    return shapes * sum(side * side for side in sides)


def _cells(sides):
    return sum(side * side for side in sides)


@count_anchors.mistake(
    en="The sides were added as they are: a map with side 8 has more than 8 cells.",
    zh="直接把边长加了起来：边长为 8 的图不止 8 个单元。",
)
def square_missing(sides, sizes, ratios):
    return (sizes + ratios - 1) * sum(sides)


@count_anchors.mistake(
    en="This is the mean of a level: a detector looks at the anchors of all its levels.",
    zh="这是每层的平均：检测器要看所有层的锚框。",
)
def mean_of_levels(sides, sizes, ratios):
    return (sizes + ratios - 1) * _cells(sides) / len(sides)


@count_anchors.mistake(
    en="These are the cells: several anchors stand around the center of each.",
    zh="这是单元的个数：每个单元的中心有好几个锚框。",
)
def cells_alone(sides, sizes, ratios):
    return _cells(sides)


@count_anchors.mistake(
    en="One anchor of each cell was counted twice: the first size with the first ratio is in both groups.",
    zh="每个单元有一个锚框算了两遍：第一种大小配第一种宽高比，两组里都有。",
)
def one_counted_twice(sides, sizes, ratios):
    return (sizes + ratios) * _cells(sides)


@count_anchors.mistake(
    en="The last map was left out: a single cell has its anchors too, for objects as large as the image.",
    zh="漏了最后一张图：哪怕只有一个单元，它也有锚框，管的是和图像一样大的物体。",
)
def single_cell_left_out(sides, sizes, ratios):
    return (sizes + ratios - 1) * _cells([side for side in sides if side > 1])
