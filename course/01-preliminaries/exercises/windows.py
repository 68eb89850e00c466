from d2lab.exercises import exercise


@exercise(
    "python-primer",
    order=2,
    zh="滑动窗口",
    en="Windows",
    arguments=lambda draw: (list(range(draw.size(3, 9))), draw.size(1, 3)),
)
def windows(items: list, size: int) -> list[list]:
    """Return all runs of `size` neighbors, in order.

    给出所有相邻 size 个元素的片段，按次序。

    Args:
        items: any.
        size: of a window, at most as long as items.

    >>> windows([1, 2, 3], 2)
    [[1, 2], [2, 3]]
    """
    raise NotImplementedError


@windows.solution(
    en="The last start is `len(items) - size`.",
    zh="最后一个起点是 `len(items) - size`。",
)
def windows(items, size):
    return [items[start : start + size] for start in range(len(items) - size + 1)]


@windows.mistake(en="The last window is missing: range stops before its end.", zh="少了最后一个窗口：range 不含终点。")
def last_missing(items, size):
    return [items[i : i + size] for i in range(len(items) - size)]


@windows.mistake(en="Windows don't overlap here: the start moves by one.", zh="窗口没有重叠：起点每次只移动一。")
def side_by_side(items, size):
    return [items[i : i + size] for i in range(0, len(items) - size + 1, max(size, 2))]


@windows.mistake(en="Short windows come at the end.", zh="末尾有不满的窗口。")
def short_ones(items, size):
    return [items[i : i + size] for i in range(len(items) + 1)]


@windows.mistake(en="They come in the reverse order.", zh="次序反了。")
def reversed_windows(items, size):
    return [items[i : i + size] for i in range(len(items) - size + 1)][::-1]
