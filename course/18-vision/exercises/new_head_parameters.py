import math

from d2lab.exercises import RandomInputs, exercise


def shapes_and_classes(draw: RandomInputs):
    channels = draw.size(2, 6)
    features = channels + draw.size(1, 4)
    known = draw.size(2, 6)
    shapes = [(channels, draw.size(1, 3), 3, 3), (channels,), (features, channels, 3, 3), (features,)]
    return [*shapes, (known, features), (known,)], known + draw.size(1, 4)


@exercise("fine-tuning", order=1, zh="新输出层的参数", en="Parameters of a new head", arguments=shapes_and_classes)
def new_head_parameters(shapes: list[tuple[int, ...]], classes: int) -> tuple[int, int]:
    """Return how many numbers a new head for other classes has, and how many the whole network has with it.

    求换上的输出层有几个参数，以及换好以后整个网络有几个。

    Args:
        shapes: of all weights and biases in order; the last two are the head's, (old classes, features) and
            (old classes,). 依次为各层权重和偏置的形状，最后两个属于输出层。
        classes: of the target. 目标任务的类别数。

    Returns:
        Numbers of the new head, numbers of the network. 新输出层的参数个数，整个网络的参数个数。

    >>> new_head_parameters([(4, 1, 3, 3), (4,), (10, 4), (10,)], 2)
    (10, 50)
    """
    raise NotImplementedError


@new_head_parameters.solution(
    en="A head reads all features: a row of as many weights for each class, and a bias. What is in front of the old head "
    "stays, 36 + 4 numbers in the example; the old head is gone.",
    zh="输出层读全部特征：每一类一行权重，个数与特征相同，再加一个偏置。旧输出层前面的都留下，例中是 36 + 4 个；旧的输出层没有了。",
)
def new_head_parameters(shapes, classes):
    features = shapes[-2][1]
    head = classes * features + classes
    return head, sum(math.prod(shape) for shape in shapes[:-2]) + head


def _with(shapes, head):
    return head, sum(math.prod(shape) for shape in shapes[:-2]) + head


@new_head_parameters.mistake(
    en="The biases of the new head are missing: one for each class.",
    zh="漏了新输出层的偏置：每一类一个。",
)
def without_bias(shapes, classes):
    return _with(shapes, classes * shapes[-2][1])


@new_head_parameters.mistake(
    en="One bias for the whole head: each class has its own.",
    zh="整个输出层只给了一个偏置：每一类各有一个。",
)
def one_bias(shapes, classes):
    return _with(shapes, classes * shapes[-2][1] + 1)


@new_head_parameters.mistake(
    en="The axes of the old head were confused: its rows are the old classes, its columns the features.",
    zh="旧输出层的两个轴弄反了：行是旧的类别，列才是特征。",
)
def rows_for_features(shapes, classes):
    return _with(shapes, classes * shapes[-2][0] + classes)


@new_head_parameters.mistake(
    en="The old head was counted too: it is replaced, not kept beside the new one.",
    zh="旧输出层也数进去了：它被换掉了，不是留在旁边。",
)
def old_head_kept(shapes, classes):
    head, total = _with(shapes, classes * shapes[-2][1] + classes)
    return head, total + sum(math.prod(shape) for shape in shapes[-2:])


@new_head_parameters.mistake(
    en="The biases of the body were left out of the total.",
    zh="总数里漏了主干的偏置。",
)
def body_without_biases(shapes, classes):
    head = classes * shapes[-2][1] + classes
    return head, sum(math.prod(shape) for shape in shapes[:-2] if len(shape) > 1) + head
