from d2lab.exercises import exercise


@exercise(
    "approximation",
    order=2,
    zh="折叠出来的段数",
    en="Pieces by folding",
    arguments=lambda draw: (draw.size(1, 9), draw.size(1, 6)),
)
def pieces(width: int, depth: int) -> int:
    """Count the linear pieces of a line folded by each layer: a layer makes `width` pieces out of each one.

    每一层把每一段折成 width 段，深度为 depth 时一共有多少段？

    Args:
        width: pieces that a layer makes of one. 一层把一段变成几段。
        depth: layers.

    >>> pieces(2, 3)
    8
    """
    raise NotImplementedError


@pieces.solution(
    en="Every layer multiplies the pieces there are by `width`.",
    zh="每层都把已有的段数乘以 `width`。",
)
def pieces(width, depth):
    return width**depth


@pieces.mistake(
    en="Layers were added up: each folds all pieces that are there already, so they multiply.",
    zh="把各层相加了：每一层会折叠已有的每一段，所以是相乘。",
)
def added(width, depth):
    return width * depth


@pieces.mistake(en="Base and exponent are exchanged.", zh="底数和指数写反了。")
def base_and_exponent(width, depth):
    return depth**width


@pieces.mistake(en="One layer too few was counted.", zh="少算了一层。")
def one_layer_less(width, depth):
    return width ** (depth - 1)


@pieces.mistake(
    en="The pieces of all depths were added; only those at the end are there.",
    zh="把各个深度的段数加在了一起；只有最后的才算。",
)
def all_depths(width, depth):
    return sum(width**k for k in range(1, depth + 1))
