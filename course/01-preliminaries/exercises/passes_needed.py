from d2lab.exercises import exercise


@exercise(
    "autograd",
    order=3,
    zh="正向还是反向",
    en="Forward or reverse",
    arguments=lambda draw: (n := draw.size(1, 50), draw.choice((n, draw.size(1, 50)))),
)
def passes_needed(inputs: int, outputs: int) -> tuple[str, int]:
    """Say which mode finds a whole Jacobian in fewer passes, and in how many; with equally many, "reverse".

    求整个雅可比矩阵，正向还是反向遍数少？要几遍？一样多时用 "reverse"。

    Args:
        inputs: numbers in.
        outputs: numbers out.

    >>> passes_needed(100, 1), passes_needed(1, 100)
    (('reverse', 1), ('forward', 1))
    """
    raise NotImplementedError


@passes_needed.solution(
    en="Forward takes a pass for each input, reverse one for each output.",
    zh="正向每个输入一遍，反向每个输出一遍。",
)
def passes_needed(inputs, outputs):
    return ("reverse", outputs) if outputs <= inputs else ("forward", inputs)


@passes_needed.mistake(
    en="The modes are exchanged: forward goes once for each input.", zh="两种模式弄反了：正向是每个输入一遍。"
)
def modes_exchanged(inputs, outputs):
    return ("forward", outputs) if outputs <= inputs else ("reverse", inputs)


@passes_needed.mistake(
    en="Reverse mode is not always better: it goes once for each output.", zh="反向不总是更好：它是每个输出一遍。"
)
def always_reverse(inputs, outputs):
    return "reverse", outputs


@passes_needed.mistake(en="With equally many, reverse is asked for.", zh="一样多时应当用 reverse。")
def tie_forward(inputs, outputs):
    return ("reverse", outputs) if outputs < inputs else ("forward", inputs)


@passes_needed.mistake(en="The number of passes is that of the other mode.", zh="遍数写成了另一种模式的。")
def other_count(inputs, outputs):
    return ("reverse", inputs) if outputs <= inputs else ("forward", outputs)
