from d2lab.exercises import exercise


@exercise(
    "xor",
    order=2,
    zh="线性可分吗",
    en="Is it linearly separable?",
    arguments=lambda draw: (
        draw.choice(((0, 1, 1, 0), (1, 0, 0, 1), (1, 1, 1, 1), tuple(draw.integers(0, 1, 4).tolist()))),
    ),
)
def line_can_part(table: tuple[int, int, int, int]) -> bool:
    """Say whether a single neuron can compute a function of two bits.

    一个神经元能不能算出两个比特的某个函数？

    Args:
        table: its values for (0, 0), (0, 1), (1, 0), (1, 1). 依次是这四个输入的函数值。

    >>> line_can_part((0, 1, 1, 1)), line_can_part((0, 1, 1, 0))
    (True, False)
    """
    raise NotImplementedError


@line_can_part.solution(
    en="""
    Of the sixteen functions two can't: XOR and equality, whose diagonals agree and whose neighbors differ.
    """,
    zh="十六个函数里只有两个不行：异或和相等。它们的特点是对角相同、邻角不同。",
)
def line_can_part(table):
    zero_zero, zero_one, one_zero, one_one = table
    return not (zero_zero == one_one and zero_one == one_zero and zero_zero != zero_one)


@line_can_part.mistake(
    en="XOR is refused but its opposite is not: equality can't be parted by a line either.",
    zh="拒绝了异或，却放过了它的反面：“相等”也不能用一条线分开。",
)
def only_xor(table):
    return tuple(table) != (0, 1, 1, 0)


@line_can_part.mistake(en="Only the opposite of XOR is refused.", zh="只拒绝了异或的反面。")
def only_equality(table):
    return tuple(table) != (1, 0, 0, 1)


@line_can_part.mistake(
    en="Tables with two ones are refused: the function may simply be one of its inputs.",
    zh="有两个 1 的都拒绝了：函数也可能就等于其中一个输入。",
)
def two_ones(table):
    return sum(table) != 2


@line_can_part.mistake(en="It says yes exactly where no line exists.", zh="说反了：不能分开的地方说能。")
def the_opposite(table):
    return table[0] == table[3] and table[1] == table[2] and table[0] != table[1]


@line_can_part.mistake(
    en="Functions that never change are refused: a neuron with a bias alone can compute those.",
    zh="拒绝了常数函数：只靠偏置的神经元就能算。",
)
def no_constants(table):
    return 0 < sum(table) < 4 and tuple(table) not in ((0, 1, 1, 0), (1, 0, 0, 1))
