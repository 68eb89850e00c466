from d2lab.exercises import RandomInputs, exercise


def transfer_and_link(draw: RandomInputs):
    pieces = draw.size(2, 8)
    each = 1000 * draw.size(2, 9)
    return pieces * each, pieces, draw.choice([0.5, 2.0, 3.0, 7.0]), float(draw.choice([250, 400, 800]))


@exercise(
    "queues-and-copies", order=2, zh="分块搬运的时间", en="Time of a transfer in pieces", arguments=transfer_and_link
)
def copy_time(size: int, pieces: int, latency: float, bandwidth: float) -> float:
    """Return the seconds that a transfer takes in equal pieces, one after the other.

    求把数据等分成若干块，一块接一块搬运，共用多少秒。

    A piece takes the latency, and its bytes divided by the bandwidth.
    每一块的时间是延迟，加上它的字节数除以带宽。

    Args:
        size: bytes of all pieces together. 所有块合起来的字节数。
        pieces: how many, at least 1. 块数，至少 1。
        latency: seconds of each piece, however small. 每块的延迟（秒），与大小无关。
        bandwidth: bytes a second. 带宽，字节每秒。

    >>> copy_time(3000, 3, 2.0, 500.0)
    12.0
    """
    raise NotImplementedError


@copy_time.solution(
    en="The bytes take the same time however they are cut, size / bandwidth; the latency is paid once for each piece. In "
    "the example 3 * 2 + 3000 / 500 = 12.",
    zh="不管怎么切，字节本身用时不变，是 size / bandwidth；延迟则每块付一次。例中是 3 × 2 + 3000 / 500 = 12。",
)
def copy_time(size, pieces, latency, bandwidth):
    return pieces * latency + size / bandwidth


@copy_time.mistake(
    en="Upside down: bytes divided by bytes a second are seconds.",
    zh="除反了：字节除以“字节每秒”才是秒。",
)
def upside_down(size, pieces, latency, bandwidth):
    return pieces * latency + bandwidth / size


@copy_time.mistake(
    en="The latency is paid once here: each piece is a call of its own.",
    zh="延迟只付了一次：每一块都是一次单独的调用。",
)
def paid_once(size, pieces, latency, bandwidth):
    return latency + size / bandwidth


@copy_time.mistake(
    en="The latency is missing: that is the time of an endless stream.",
    zh="漏了延迟：这是源源不断地传输时的时间。",
)
def no_latency(size, pieces, latency, bandwidth):
    return size / bandwidth


@copy_time.mistake(
    en="Every piece carries all bytes here: it carries size / pieces of them.",
    zh="每一块都搬了全部字节：一块只有 size / pieces 个字节。",
)
def all_bytes_each_time(size, pieces, latency, bandwidth):
    return pieces * (latency + size / bandwidth)


@copy_time.mistake(
    en="Whole seconds: the division is rounded down here, and what is left over takes time, too.",
    zh="除法向下取整了：剩下的零头也要时间。",
)
def rounded_down(size, pieces, latency, bandwidth):
    return pieces * latency + size // bandwidth
