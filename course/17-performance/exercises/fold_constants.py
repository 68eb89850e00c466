from d2lab.exercises import RandomInputs, exercise


def expression(draw: RandomInputs):
    def small():
        return draw.choice([2, 3, 4, 5, 7])

    def constant():
        return [draw.choice(["+", "-", "*"]), small(), small()]

    def mixed():
        return [draw.choice(["+", "*"]), [draw.choice(["+", "*"]), constant(), small()], "x"]

    return (["-", ["*", mixed(), constant()], [draw.choice(["+", "*"]), "y", constant()]],)


@exercise("graphs", order=1, zh="折叠常量", en="Fold constants", arguments=expression)
def fold_constants(expr):
    """Replace each operation whose operands are constants alone by its value, from the inside outwards.

    An expression is an int, a name, or a list [operator, left, right] with "+", "-" or "*". Operations with a name
    somewhere in them stay as they are, in the order of their operands; nothing is rearranged.

    把操作数全是常量的操作换成它的值，从里往外。表达式是整数、名字，或列表 [运算符, 左, 右]，运算符有 "+"、"-"、"*"。含有名
    字的操作保持原样，操作数的次序也不变，不做任何重新结合。

    >>> fold_constants(["-", "x", ["*", 2, ["+", 1, 3]]])
    ['-', 'x', 8]
    """
    raise NotImplementedError


def _folded(expr, inner=(True, True), compute=None, back=False):
    if not isinstance(expr, list):
        return expr
    op, *parts = expr
    left, right = (_folded(part, inner, compute, back) if also else part for part, also in zip(parts, inner))
    if isinstance(left, int) and isinstance(right, int):
        return (compute or _value)(op, left, right)
    return [op, right, left] if back else [op, left, right]


def _value(op, left, right):
    return {"+": left + right, "-": left - right, "*": left * right}[op]


@fold_constants.solution(
    en="Fold both operands first, then look at what they have become. If both are numbers, so is the result; otherwise the "
    "operation stays.",
    zh="先折叠两个操作数，再看它们变成了什么：都是数，结果就是数；否则操作保留。",
)
def fold_constants(expr):
    def folded(part):
        if not isinstance(part, list):
            return part
        op, left, right = part
        left, right = folded(left), folded(right)
        if not (isinstance(left, int) and isinstance(right, int)):
            return [op, left, right]
        return left + right if op == "+" else left - right if op == "-" else left * right

    return folded(expr)


@fold_constants.mistake(
    en="Looked before the operands were folded: an operation on a constant operation is constant, too.",
    zh="还没有折叠操作数就看了：作用在常量操作上的操作也是常量。",
)
def outside_first(expr):
    if not isinstance(expr, list):
        return expr
    op, left, right = expr
    if isinstance(left, int) and isinstance(right, int):
        return _value(op, left, right)
    return [op, outside_first(left), outside_first(right)]


@fold_constants.mistake(
    en="Only the outermost operation was looked at: constants may be anywhere inside.",
    zh="只看了最外层的操作：常量可能在里面任何一处。",
)
def outermost_alone(expr):
    return _folded(expr, inner=(False, False))


@fold_constants.mistake(
    en="The right operand was not folded.",
    zh="右边的操作数没有折叠。",
)
def left_alone(expr):
    return _folded(expr, inner=(True, False))


@fold_constants.mistake(
    en="The operands changed places where one is a name: x - 2 is not 2 - x.",
    zh="有名字的地方，操作数调换了位置：x − 2 不是 2 − x。",
)
def changed_places(expr):
    return _folded(expr, back=True)


@fold_constants.mistake(
    en="A name was taken for 0: its value is not known until the program runs.",
    zh="把名字当成了 0：它的值要到运行时才知道。",
)
def names_are_zero(expr):
    if isinstance(expr, str):
        return 0
    if not isinstance(expr, list):
        return expr
    op, left, right = expr
    return _value(op, names_are_zero(left), names_are_zero(right))


@fold_constants.mistake(
    en="Every constant operation was taken for a sum: read the operator.",
    zh="把每个常量操作都当成了加法：要看运算符。",
)
def sums_alone(expr):
    return _folded(expr, compute=lambda op, left, right: left + right)
