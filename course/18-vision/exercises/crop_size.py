from d2lab.exercises import RandomInputs, exercise


def area_share_ratio(draw: RandomInputs):
    return float(100 * draw.size(20, 60)), draw.number(0.1, 0.9), draw.number(0.4, 2.5)


@exercise("augmentation", order=1, zh="裁剪的宽和高", en="Width and height of a crop", arguments=area_share_ratio)
def crop_size(area: float, share: float, ratio: float) -> tuple[float, float]:
    """Compute width and height of a crop from its share of the area and its ratio.

    由面积的份额和宽高比，求裁剪的宽和高。

    Args:
        area: of the image, pixels. 图像的面积（像素数）。
        share: of the area that the crop has. 裁剪占面积的份额。
        ratio: its width over its height. 宽除以高。

    Returns:
        Width and height, not rounded. 宽和高，不取整。

    >>> crop_size(10000.0, 0.25, 1.0)
    (50.0, 50.0)
    """
    raise NotImplementedError


@crop_size.solution(
    en="Two equations, w h = share * area and w / h = ratio. Multiply them and h cancels: w is the root of the product. "
    "Divide them and w cancels.",
    zh="两个方程：w h = 份额 × 面积，w / h = 宽高比。相乘消去 h，w 就是乘积的平方根；相除消去 w。",
)
def crop_size(area, share, ratio):
    return (share * area * ratio) ** 0.5, (share * area / ratio) ** 0.5


@crop_size.mistake(
    en="The root is missing: width times height is now the square of the area.",
    zh="漏了平方根：这样宽乘高成了面积的平方。",
)
def root_missing(area, share, ratio):
    return share * area * ratio, share * area / ratio


@crop_size.mistake(
    en="The ratio is upside down: it is width over height, so above 1 the crop is wide.",
    zh="宽高比弄反了：它是宽除以高，大于 1 时裁剪是横的。",
)
def ratio_upside_down(area, share, ratio):
    return (share * area / ratio) ** 0.5, (share * area * ratio) ** 0.5


@crop_size.mistake(
    en="The share was taken of each side: then the area is the square of the share.",
    zh="份额乘到了边上：这样面积的份额成了它的平方。",
)
def share_of_the_sides(area, share, ratio):
    return share * (area * ratio) ** 0.5, share * (area / ratio) ** 0.5


@crop_size.mistake(
    en="The share is missing: this crop is as large as the image.",
    zh="漏了份额：这样裁剪和整张图一样大。",
)
def share_missing(area, share, ratio):
    return (area * ratio) ** 0.5, (area / ratio) ** 0.5


@crop_size.mistake(
    en="The ratio stands outside the root: the width over the height is now the ratio squared.",
    zh="宽高比放到了根号外面：这样宽除以高成了它的平方。",
)
def ratio_outside_the_root(area, share, ratio):
    side = (share * area) ** 0.5
    return side * ratio, side / ratio
