from d2lab.exercises import RandomInputs, exercise

WORDS = ("conv", "stage", "block", "unit")


def names_and_rates(draw: RandomInputs):
    layers = [f"{draw.choice(WORDS)}{number}" for number in range(draw.size(3, 5))]
    head = draw.choice(["head", "out", "scores"])
    both = [f"{layer}.{part}" for layer in (*layers, head) for part in ("weight", "bias")]
    return both, head, draw.number(0.01, 0.1), draw.number(0.3, 0.8), draw.number(4, 12)


@exercise("which-layers", order=2, zh="各层的学习率", en="Learning rates by layer", arguments=names_and_rates)
def rates_by_layer(names: list[str], head: str, rate: float, decay: float, factor: float) -> list[float]:
    """Return the learning rate of each parameter: the head is faster, and the body slower on the way down.

    求每个参数的学习率：输出层快几倍，主干往下逐层减慢。

    The layer next to the head has `rate`, each below it `decay` times that of the one above, the head `factor` times
    `rate`. Weight and bias of a layer have the same rate.

    紧挨输出层的一层是 `rate`，往下每层是上一层的 `decay` 倍，输出层是 `rate` 的 `factor` 倍；同一层的权重与偏置相同。

    Args:
        names: "layer.weight" or "layer.bias", from the lowest layer to the head. 参数名，从最低层到输出层。
        head: name of the head. 输出层的名字。
        rate: of the top layer of the body. 主干最高一层的学习率。
        decay: from one layer to the next below, under 1. 往下一层的倍数，小于 1。
        factor: of the head. 输出层的倍数。

    >>> rates_by_layer(["a.weight", "a.bias", "b.weight", "b.bias", "head.weight", "head.bias"], "head", 0.1, 0.5, 10.0)
    [0.05, 0.05, 0.1, 0.1, 1.0, 1.0]
    """
    raise NotImplementedError


@rates_by_layer.solution(
    en="Name the layers of the body once each, in order, without the head. A layer that lies n places below the top one "
    "has rate * decay ** n. A parameter takes the rate of its layer.",
    zh="把主干各层按次序各列一次，不算输出层。比最高一层低 n 层的，学习率是 rate * decay ** n。参数用它所在层的学习率。",
)
def rates_by_layer(names, head, rate, decay, factor):
    layers = [name.partition(".")[0] for name in names]
    body = [layer for layer in dict.fromkeys(layers) if layer != head]
    own = {layer: rate * decay ** (len(body) - 1 - place) for place, layer in enumerate(body)}
    return [factor * rate if layer == head else own[layer] for layer in layers]


def _with(names, head, power, of_head):
    layers = [name.partition(".")[0] for name in names]
    body = [layer for layer in dict.fromkeys(layers) if layer != head]
    return [of_head if layer == head else power(body.index(layer), len(body)) for layer in layers]


@rates_by_layer.mistake(
    en="The order is reversed: the lowest layers became the fastest. They keep most of what the source learned.",
    zh="次序反了：最低的层成了最快的。它们本该最慢，源网络学到的在那里留得最多。",
)
def reversed_order(names, head, rate, decay, factor):
    return _with(names, head, lambda place, count: rate * decay**place, factor * rate)


@rates_by_layer.mistake(
    en="The head is divided by the factor: it is new and has to learn most, so it is faster.",
    zh="输出层除以了倍数：它是新的，要学的最多，应当更快。",
)
def slower_head(names, head, rate, decay, factor):
    return _with(names, head, lambda place, count: rate * decay ** (count - 1 - place), rate / factor)


@rates_by_layer.mistake(
    en="The factor of the head is missing.",
    zh="漏了输出层的倍数。",
)
def head_like_the_rest(names, head, rate, decay, factor):
    return _with(names, head, lambda place, count: rate * decay ** (count - 1 - place), rate)


@rates_by_layer.mistake(
    en="Off by one: the head was counted as a layer of the body, so that the top layer of the body is slowed already.",
    zh="差了一层：把输出层也数进主干，主干最高的一层就已经减慢了。",
)
def head_counted(names, head, rate, decay, factor):
    return _with(names, head, lambda place, count: rate * decay ** (count - place), factor * rate)


@rates_by_layer.mistake(
    en="Parameters were counted instead of layers: weight and bias of a layer have the same rate.",
    zh="数的是参数而不是层：同一层的权重与偏置学习率相同。",
)
def by_parameter(names, head, rate, decay, factor):
    body = [name for name in names if not name.startswith(f"{head}.")]
    own = {name: rate * decay ** (len(body) - 1 - place) for place, name in enumerate(body)}
    return [own.get(name, factor * rate) for name in names]
