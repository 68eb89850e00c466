import math

from d2lab.exercises import exercise


@exercise(
    "graphs-and-memory",
    order=3,
    zh="检查点切几段最省",
    en="How many checkpoints",
    arguments=lambda draw: (draw.size(2, 200),),
)
def best_pieces(layers: int) -> int:
    """Cut a chain of layers into k pieces: k inputs are kept, and in the backward pass ceil(layers / k) more of one piece.
    Give the smallest k that needs least memory in all.

    把一串层切成 k 段：留 k 个输入，反向时再加一段里的 ceil(layers / k) 个。总数最少的最小的 k 是多少？

    Args:
        layers: 2 or more.

    >>> best_pieces(16)
    4
    """
    raise NotImplementedError


@best_pieces.solution(
    en="Compare all k; the best is always near the root of the layers.",
    zh="直接比较所有的 k；答案总在层数的平方根附近。",
)
def best_pieces(layers):
    return min(range(1, layers + 1), key=lambda k: k + math.ceil(layers / k))


def _memory(layers, k):
    return k + -(-layers // k)


@best_pieces.mistake(
    en="The largest k of several equally good ones came back; the smallest is asked for.",
    zh="同样好的几个里取了最大的，要最小的。",
)
def the_largest(layers):
    return min(range(1, layers + 1), key=lambda k: (_memory(layers, k), -k))


@best_pieces.mistake(
    en="The root of the layers is a good guess, and not always best: pieces are whole.",
    zh="层数的平方根只是估计，不总是最好：段要是整数。",
)
def the_root(layers):
    return round(layers**0.5)


@best_pieces.mistake(
    en="This is the memory that is needed; the number of pieces is asked for.", zh="这是要占的内存，要的是段数。"
)
def the_memory(layers):
    return min(_memory(layers, k) for k in range(1, layers + 1))


@best_pieces.mistake(
    en="Only what is kept for one piece was made small: the inputs of the pieces cost too.",
    zh="只顾了一段里的内存：各段的输入也要留。",
)
def one_layer_each(layers):
    return layers
