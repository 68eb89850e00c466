from d2lab.exercises import RandomInputs, exercise


def image_and_halvings(draw: RandomInputs):
    return draw.size(33, 99), draw.size(2, 4)


@exercise("fcn", order=2, zh="缩小再放大", en="Shrink, then enlarge", arguments=image_and_halvings)
def round_trip_side(side: int, halvings: int) -> tuple[int, int]:
    """Return what becomes of a side that a network halves several times and then enlarges at once by as much.

    网络把边长减半几次，再一次放大同样的倍数：给出最后的边长，以及要先填充多少像素才能原样回来。

    Args:
        side: of the image, pixels. 图像的边长，像素。
        halvings: how many convolutions of kernel 3, stride 2 and padding 1.
            有几次核 3、步幅 2、填充 1 的卷积。

    Returns:
        The side at the end; and how many pixels to add to the image so that none is lost or gained.
        最后的边长；图像要先补多少像素，才不多不少。

    >>> round_trip_side(33, 2)
    (36, 3)
    """
    raise NotImplementedError


@round_trip_side.solution(
    en="A halving rounds up: (side + 1) // 2. Whatever the side, the end is the next multiple of 2 ** halvings, so the "
    "difference is what has to be added.",
    zh="每次减半向上取整：(side + 1) // 2。最后总是 2 ** halvings 的下一个倍数，差多少就补多少。",
)
def round_trip_side(side, halvings):
    end = _end(side, halvings)
    return end, end - side


def _end(side, halvings):
    for _ in range(halvings):
        side = (side + 1) // 2
    return side * 2**halvings


@round_trip_side.mistake(
    en="Halvings were rounded down: with a padding of 1 a last odd pixel still counts.",
    zh="减半时向下取整了：填充为 1 时，多出的那个像素也算。",
)
def rounded_down(side, halvings):
    end = side // 2**halvings * 2**halvings
    return end, side - end


@round_trip_side.mistake(
    en="The side came back as it was: this holds for multiples alone.",
    zh="边长原样回来了：只有倍数才会这样。",
)
def unchanged(side, halvings):
    return side, 0


@round_trip_side.mistake(
    en="It was enlarged by 2 for each halving added up, not multiplied: three halvings are a factor of 8.",
    zh="倍数是相加而不是相乘得来的：减半三次，要放大 8 倍。",
)
def factors_added(side, halvings):
    small = _end(side, halvings) // 2**halvings
    return small * 2 * halvings + 1, 2 * halvings


@round_trip_side.mistake(
    en="The padding of a multiple is 0: here a whole multiple was added.",
    zh="已经是倍数时不用补：这里多补了整整一份。",
)
def a_multiple_too_much(side, halvings):
    end = _end(side, halvings) + 2**halvings
    return end, end - side


@round_trip_side.mistake(
    en="This is the side of the small map: it has to be enlarged.",
    zh="这是小特征图的边长：还要放大。",
)
def not_enlarged(side, halvings):
    small = _end(side, halvings) // 2**halvings
    return small, side - small
