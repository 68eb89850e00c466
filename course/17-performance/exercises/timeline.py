from d2lab.exercises import RandomInputs, exercise


def two_lanes(draw: RandomInputs):
    n = draw.size(4, 6)
    issue = [draw.size(1, 6) for _ in range(n)]
    work = [draw.size(1, 6) for _ in range(n)]
    return [*issue, 2, 5, 1], [*work, 5, 1, 4]


@exercise("queues-and-copies", order=3, zh="队列的时间线", en="Timeline of a queue", arguments=two_lanes)
def timeline(issue: list[int], work: list[int]) -> list[int]:
    """Return when each operation is done, for a processor that issues and a device that executes.

    CPU 下发，设备执行：求每个运算完成的时刻。

    The processor issues operation i in issue[i], then the next one, without waiting. The device executes in order, one
    operation at a time; it can begin one when that is issued and the one before is done.
    CPU 用 issue[i] 下发第 i 个，不等待，接着下发下一个。设备按次序一次做一个：收到了、前一个也做完了，才开始。

    Args:
        issue: time to issue each operation. 每个运算的下发时间。
        work: time to execute it. 每个运算的执行时间。

    >>> timeline([1, 1, 5], [3, 3, 1])
    [4, 7, 8]
    """
    raise NotImplementedError


@timeline.solution(
    en="Two clocks: issued adds up the issue times; done is the later of issued and the last done, and the work. In the "
    "example the third operation is issued at 7, just when the second is done.",
    zh="两个时钟：issued 累加下发时间；done 取 issued 与上一个 done 中较晚的，再加执行时间。例中第三个在 7 下发，正好第二个"
    "做完。",
)
def timeline(issue, work):
    issued, done, ends = 0, 0, []
    for t1, t2 in zip(issue, work):
        issued += t1
        done = max(issued, done) + t2
        ends.append(done)
    return ends


@timeline.mistake(
    en="The issue time of this operation comes too late: the device begins with what was issued before it.",
    zh="这次的下发时间加晚了：设备在任务下发之前就开始了。",
)
def before_it_is_issued(issue, work):
    issued, done, ends = 0, 0, []
    for t1, t2 in zip(issue, work):
        done = max(issued, done) + t2
        issued += t1
        ends.append(done)
    return ends


@timeline.mistake(
    en="The earlier of the two moments is taken: the device has to wait for both.",
    zh="取成了较早的时刻：两个条件都要等到。",
)
def earlier_moment(issue, work):
    issued, done, ends = 0, 0, []
    for t1, t2 in zip(issue, work):
        issued += t1
        done = min(issued, done) + t2
        ends.append(done)
    return ends


@timeline.mistake(
    en="The processor waits for each operation here: it issues the next one at once.",
    zh="CPU 每次都等做完了：它其实马上就下发下一个。",
)
def waits_each_time(issue, work):
    done, ends = 0, []
    for t1, t2 in zip(issue, work):
        done += t1 + t2
        ends.append(done)
    return ends


@timeline.mistake(
    en="Operations overlap on the device here: it executes one at a time.",
    zh="运算在设备上重叠了：它一次只做一个。",
)
def all_at_once(issue, work):
    issued, ends = 0, []
    for t1, t2 in zip(issue, work):
        issued += t1
        ends.append(issued + t2)
    return ends


@timeline.mistake(
    en="These are the moments at which work begins: asked is when it is done.",
    zh="这是开始的时刻：要的是完成的时刻。",
)
def begins(issue, work):
    issued, done, ends = 0, 0, []
    for t1, t2 in zip(issue, work):
        issued += t1
        ends.append(max(issued, done))
        done = max(issued, done) + t2
    return ends
