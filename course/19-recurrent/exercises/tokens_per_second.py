from collections.abc import Callable

from d2lab.exercises import RandomInputs, exercise


def steps_and_times(draw: RandomInputs):
    rounds = draw.size(2, 5)
    warm, *times = (draw.size(1, 40) / 16 for _ in range(rounds + 1))
    return draw.size(1, 8), draw.size(2, 9), rounds, draw.size(0, 1000), [warm + draw.size(2, 9), *times]


def with_a_clock(candidate, batch, steps, rounds, begin, times):
    """Call a candidate with a training step that takes known times by a clock of its own."""
    now, left = [float(begin)], iter(times)

    def train_step():
        now[0] += next(left, 1000.0)

    return candidate(train_step, batch, steps, rounds, lambda: now[0])


@exercise(
    "char-model",
    order=3,
    zh="每秒多少词元",
    en="Tokens a second",
    arguments=steps_and_times,
    measure=with_a_clock,
)
def tokens_per_second(
    train_step: Callable[[], None], batch: int, steps: int, rounds: int, clock: Callable[[], float]
) -> float:
    """Measure how many tokens a second a training step reads: one call to warm up, then `rounds` calls by the clock.

    测量训练时每秒读多少词元：先调用一次预热，不计时；再调用 rounds 次，计时。

    Args:
        train_step: to call; each call reads one batch. 每调用一次读一批。
        batch: rows of a batch.
        steps: tokens of a row.
        rounds: calls to time, 1 or more.
        clock: returns the time in seconds; only differences mean something. 给出以秒为单位的时刻，只有差值有意义。

    >>> now = [50.0]
    >>> def train_step():
    ...     now[0] += 2.0
    >>> tokens_per_second(train_step, 4, 5, 3, lambda: now[0])
    10.0
    """
    raise NotImplementedError


@tokens_per_second.solution(
    en="All tokens over all time. The first call is slower, for it allocates and compiles; it is made and not counted.",
    zh="总词元数除以总时间。第一次调用要分配内存、要编译，会慢一些：照样调用，但不计时。",
)
def tokens_per_second(train_step, batch, steps, rounds, clock):
    train_step()
    begin = clock()
    for _ in range(rounds):
        train_step()
    return rounds * batch * steps / (clock() - begin)


def _seconds(train_step, rounds, clock):
    begin, found = clock(), []
    for _ in range(rounds):
        train_step()
        found.append(clock() - begin)
        begin = clock()
    return found


@tokens_per_second.mistake(
    en="These are seconds a token: a faster machine would get a smaller number.",
    zh="这是每个词元多少秒：机器越快，数字反而越小。",
)
def seconds_per_token(train_step, batch, steps, rounds, clock):
    train_step()
    return sum(_seconds(train_step, rounds, clock)) / (rounds * batch * steps)


@tokens_per_second.mistake(
    en="Windows were counted, not the tokens in them: twice as long windows would seem half as fast.",
    zh="数的是窗口，不是窗口里的词元：窗口长一倍，看起来就慢了一半。",
)
def windows_counted(train_step, batch, steps, rounds, clock):
    train_step()
    return rounds * batch / sum(_seconds(train_step, rounds, clock))


@tokens_per_second.mistake(
    en="The speeds of the calls were averaged: a short call weighs as much as a long one, and the result is too good.",
    zh="把每次调用的速度取了平均：快的和慢的权重一样，结果偏高。",
)
def mean_of_speeds(train_step, batch, steps, rounds, clock):
    train_step()
    return sum(batch * steps / s for s in _seconds(train_step, rounds, clock)) / rounds


@tokens_per_second.mistake(
    en="A negative speed: which reading of the clock is the later one?",
    zh="速度成了负的：两次读钟，哪一次在后？",
)
def clock_reversed(train_step, batch, steps, rounds, clock):
    train_step()
    return -rounds * batch * steps / sum(_seconds(train_step, rounds, clock))


@tokens_per_second.mistake(
    en="The warm-up was timed with the rest: it is slower than what follows, and not what one wants to know.",
    zh="预热也算进了时间：它比后面慢，而我们想知道的不是它。",
)
def warm_up_timed(train_step, batch, steps, rounds, clock):
    return (rounds + 1) * batch * steps / sum(_seconds(train_step, rounds + 1, clock))
