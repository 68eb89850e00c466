"""A processor that issues operations and a device that executes them: who works when, and who waits.

The processor takes `issue_s` to put an operation into the queue of the device and goes on. The device takes the
operations in order, one at a time. Where the processor needs a result it waits (a synchronization) and then takes
`read_s` to fetch it; the device, which gets no orders meanwhile, soon has nothing to do. For n operations of issue t1,
work t2 and read t3, a wait after each takes n (t1 + t2 + t3), and one wait after the last takes
t1 + t2 + t3 + (n - 1) max(t1, t2).

Source: Zhang, Lipton, Li, Smola 2023, "Dive into Deep Learning", section "Asynchronous computation" (t1, t2, t3); CUDA
    C++ programming guide, "Asynchronous concurrent execution" (a queue of limited length).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from d2lab.core.errors import ConfigError

Seconds = float | int
Span = tuple[Seconds, Seconds]  # from, to


@dataclass(frozen=True)
class Lanes:
    """What the processor and the device did when, in seconds from the beginning; a span for each operation.

    Args:
        issued: the processor issues the operation, the wait for a free place in the queue included.
        executed: the device works on it.
        read: the processor fetches its result, by the number of the operation.
    """

    issued: tuple[Span, ...]
    executed: tuple[Span, ...]
    read: dict[int, Span]

    @property
    def issued_s(self) -> Seconds:
        """Seconds until the last operation is issued: what a clock shows that nobody made wait."""
        return self.issued[-1][1]

    @property
    def total_s(self) -> Seconds:
        """Seconds until the device is done and the last result is read."""
        return max([self.executed[-1][1], *(end for _, end in self.read.values())])

    @property
    def device_use(self) -> float:
        """Share of the total in which the device works, from 0 to 1."""
        return sum(end - begin for begin, end in self.executed) / self.total_s


def run_queue(
    issue_s: Sequence[Seconds],
    work_s: Sequence[Seconds],
    *,
    waits: Collection[int] = (),
    read_s: Seconds = 0.0,
    depth: int | None = None,
) -> Lanes:
    """Return when each operation is issued and executed, and when its result is read.

    >>> ten = [1] * 10, [2] * 10
    >>> run_queue(*ten, waits=range(10), read_s=1).total_s, run_queue(*ten, waits=[9], read_s=1).total_s
    (40, 22)

    Args:
        issue_s: seconds of the processor for each operation.
        work_s: seconds of the device for each operation.
        waits: operations, from 0, for whose result the processor waits before it goes on.
        read_s: seconds of the processor to fetch such a result.
        depth: operations that are issued and not done, at most; none is unlimited.

    Raises:
        ConfigError: no operation, as many times as operations are not given, a time is negative, a wait is for an
            operation that is not there, or the depth is below 1.
    """
    _check(issue_s, work_s, waits, read_s, depth)
    now: Seconds = 0
    done: Seconds = 0
    issued: list[Span] = []
    executed: list[Span] = []
    read: dict[int, Span] = {}
    for number, (issue, work) in enumerate(zip(issue_s, work_s, strict=True)):
        begin, now = now, now + issue
        if depth is not None and number >= depth:
            now = max(now, executed[number - depth][1])
        issued.append((begin, now))
        begin = max(now, done)
        done = begin + work
        executed.append((begin, done))
        if number in waits:
            read[number] = (done, done + read_s)
            now = done + read_s
    return Lanes(tuple(issued), tuple(executed), read)


def queued_s(issue_s: Seconds, work_s: Seconds, read_s: Seconds, operations: int) -> Seconds:
    """Return the seconds of equal operations in closed form, with one wait after the last.

    >>> queued_s(1, 2, 1, 10)
    22

    Args:
        issue_s: seconds of the processor for each operation.
        work_s: seconds of the device for each operation.
        read_s: seconds to fetch the last result.
        operations: how many, at least 1.

    Raises:
        ConfigError: no operation, or a negative time.
    """
    if operations < 1:
        raise ConfigError("the number of operations", got=operations, need="1 or more")
    _check([issue_s], [work_s], (), read_s, None)
    return issue_s + work_s + read_s + (operations - 1) * max(issue_s, work_s)


def _check(
    issue_s: Sequence[Seconds], work_s: Sequence[Seconds], waits: Collection[int], read_s: Seconds, depth: int | None
) -> None:
    if not issue_s or len(issue_s) != len(work_s):
        got = f"{len(issue_s)} to issue, {len(work_s)} to execute"
        raise ConfigError("the times of the operations", got=got, need="one of each for one or more operations")
    least = min([*issue_s, *work_s, read_s])
    if not least >= 0:
        raise ConfigError("the seconds of an operation", got=least, need="0 or more")
    absent = [number for number in waits if not 0 <= number < len(issue_s)]
    if absent:
        raise ConfigError("operations to wait for", got=absent, need=f"numbers from 0 to {len(issue_s) - 1}")
    if depth is not None and depth < 1:
        raise ConfigError("the depth of the queue", got=depth, need="1 or more")
