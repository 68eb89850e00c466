from d2lab.exercises import exercise


@exercise(
    "gpu",
    order=2,
    zh="最大的批",
    en="The largest batch",
    arguments=lambda draw: (draw.size(100, 2000), draw.size(10, 100), draw.size(1, 30)),
)
def largest_batch(memory: int, fixed: int, each: int) -> int:
    """Return the largest power of two that fits as a batch: fixed + batch * each must not exceed the memory; 0 if not even 1 does.

    显存放得下的最大批（取 2 的幂）：fixed + batch × each 不超过 memory；连 1 都放不下就是 0。

    Args:
        memory: of the card.
        fixed: weights, gradients and states.
        each: what one example takes.

    >>> largest_batch(100, 20, 10), largest_batch(10, 20, 1)
    (8, 0)
    """
    raise NotImplementedError


@largest_batch.solution(
    en="See how many fit, then take the largest power of two not above.",
    zh="先算放得下几个，再取不超过它的 2 的幂。",
)
def largest_batch(memory, fixed, each):
    fitting = (memory - fixed) // each
    batch = 1
    while 2 * batch <= fitting:
        batch *= 2
    return batch if fitting >= 1 else 0


@largest_batch.mistake(en="This is no power of two.", zh="这不是 2 的幂。")
def any_number(memory, fixed, each):
    return max(0, (memory - fixed) // each)


@largest_batch.mistake(en="What is always there (weights and so on) was not taken off.", zh="没有减去固定的部分。")
def fixed_forgotten(memory, fixed, each):
    return 1 << ((memory // each).bit_length() - 1) if memory >= each else 0


@largest_batch.mistake(en="It is one power too large: it no longer fits.", zh="大了一倍：放不下了。")
def one_too_large(memory, fixed, each):
    n = (memory - fixed) // each
    return 1 << n.bit_length() if n > 0 else 0


@largest_batch.mistake(en="It is one power too small: twice as much would fit.", zh="小了一半：还能再大一倍。")
def one_too_small(memory, fixed, each):
    n = (memory - fixed) // each
    return 1 << max(0, n.bit_length() - 2) if n > 0 else 0
