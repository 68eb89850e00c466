from d2lab.exercises import exercise


@exercise(
    "googlenet",
    order=1,
    zh="四条路的输出通道",
    en="Channels of an Inception block",
    arguments=lambda draw: (
        draw.size(8, 128),
        (draw.size(8, 96), draw.size(16, 128)),
        (draw.size(4, 32), draw.size(8, 64)),
        draw.size(8, 64),
    ),
)
def inception_channels(one: int, three: tuple[int, int], five: tuple[int, int], pool: int) -> int:
    """Return the channels that come out; three and five give (narrowed, output) of their paths.

    Inception 块输出多少通道？three 与 five 是（收窄后，输出）。

    Args:
        one: of the 1 x 1 path.
        three: of the 3 x 3 path.
        five: of the 5 x 5 path.
        pool: of the path with the pool.

    >>> inception_channels(64, (96, 128), (16, 32), 32)
    256
    """
    raise NotImplementedError


@inception_channels.solution(
    en="The outputs of four paths; narrowed channels stay inside.",
    zh="四路的输出接在一起，收窄的通道不出块。",
)
def inception_channels(one, three, five, pool):
    return one + three[1] + five[1] + pool


@inception_channels.mistake(
    en="The narrowed channels were added: they stay within their paths.", zh="把收窄后的通道也加了：它们只在路里面。"
)
def with_narrowed(one, three, five, pool):
    return one + sum(three) + sum(five) + pool


@inception_channels.mistake(en="The narrowed channels were taken for the outputs.", zh="把收窄的通道当成了输出。")
def narrowed_only(one, three, five, pool):
    return one + three[0] + five[0] + pool


@inception_channels.mistake(en="The path with the pool is missing.", zh="漏了汇聚那一路。")
def without_pool(one, three, five, pool):
    return one + three[1] + five[1]


@inception_channels.mistake(
    en="Paths are joined along the channels, not added to the widest.", zh="取了最宽的一路：应当在通道上接起来。"
)
def widest(one, three, five, pool):
    return max(one, three[1], five[1], pool)
