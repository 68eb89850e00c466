from d2lab.exercises import exercise


@exercise(
    "padding",
    order=2,
    zh="保持大小的填充",
    en="The padding that keeps the size",
    arguments=lambda draw: (draw.size(0, 5) * 2 + 1, draw.size(1, 4)),
)
def same_padding(kernel: int, dilation: int) -> int:
    """Return the padding on each side with which a convolution of stride 1 keeps height and width.

    步幅为 1 时，每边填充多少才能保持高和宽？

    Args:
        kernel: its side, odd. 核的边长，奇数。
        dilation: steps between the kernel's points, 1 for none. 空洞，1 表示没有。

    >>> same_padding(3, 1), same_padding(3, 2)
    (1, 2)
    """
    raise NotImplementedError


@same_padding.solution(
    en="""
    A dilated kernel spans `dilation * (kernel - 1) + 1`; half of what exceeds one pixel is needed on each side.
    """,
    zh="有空洞的核跨度是 `dilation * (kernel - 1) + 1`，比一个像素多出来的部分两边各补一半。",
)
def same_padding(kernel, dilation):
    return dilation * (kernel - 1) // 2


@same_padding.mistake(en="This is the padding of both sides together.", zh="这是两边加起来的填充。")
def both_sides(kernel, dilation):
    return dilation * (kernel - 1)


@same_padding.mistake(en="Dilation is not used: it makes the kernel wider.", zh="没有用到空洞：它会让核变宽。")
def no_dilation(kernel, dilation):
    return (kernel - 1) // 2


@same_padding.mistake(
    en="A kernel of 1 needs no padding: the center's own place costs nothing.",
    zh="边长为 1 的核不需要填充：中心自己不占边。",
)
def half_up(kernel, dilation):
    return dilation * (kernel + 1) // 2


@same_padding.mistake(
    en="The dilated kernel spans dilation * (k - 1) + 1, not dilation * k.",
    zh="有空洞的核跨度是 dilation * (k - 1) + 1，不是 dilation * k。",
)
def span_times(kernel, dilation):
    return dilation * kernel // 2
