from d2lab.exercises import exercise


@exercise(
    "receptive-field",
    order=2,
    zh="几个 3×3 才看得够",
    en="How many 3 x 3 see enough",
    arguments=lambda draw: (draw.size(0, 12) * 2 + 1,),
)
def small_kernels_needed(kernel: int) -> int:
    """How many 3 x 3 convolutions of stride 1 see as much as one large kernel?

    几个步幅为 1 的 3×3 卷积，才看得和一个大核一样多？

    Args:
        kernel: side of the large kernel, odd. 大核的边长，奇数。

    >>> small_kernels_needed(5), small_kernels_needed(7)
    (2, 3)
    """
    raise NotImplementedError


@small_kernels_needed.solution(
    en="Each 3 x 3 adds two pixels to the one that one starts with.",
    zh="每个 3×3 让视野多两个像素，从一个像素开始。",
)
def small_kernels_needed(kernel):
    return (kernel - 1) // 2


@small_kernels_needed.mistake(en="The side was divided by 3: windows overlap.", zh="用边长除以了 3：窗口是重叠的。")
def by_three(kernel):
    return -(-kernel // 3)


@small_kernels_needed.mistake(en="One too many.", zh="多了一个。")
def one_more(kernel):
    return (kernel + 1) // 2


@small_kernels_needed.mistake(en="Each small kernel adds two pixels, not one.", zh="每个小核增加两个像素，不是一个。")
def one_pixel_each(kernel):
    return kernel - 1


@small_kernels_needed.mistake(en="The areas were compared; sides count.", zh="比的是面积，应当比边长。")
def by_area(kernel):
    return round(kernel**2 / 9)
