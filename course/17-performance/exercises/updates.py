from d2lab.exercises import RandomInputs, exercise


def examples_batch_epochs_drop(draw: RandomInputs):
    size, (whole, drop_last) = draw.size(4, 40), draw.choice([(0, True), (3, True), (7, True), (4, False), (8, False)])
    return whole * size + draw.size(1, size - 1), size, draw.size(2, 9), drop_last


@exercise("batch-and-rate", order=2, zh="一共更新几次", en="How many updates", arguments=examples_batch_epochs_drop)
def updates(examples: int, batch: int, epochs: int, drop_last: bool) -> int:
    """Return how often the weights are updated: once for each batch of each epoch.

    求权重一共更新几次：每轮的每个批量更新一次。

    Args:
        examples: of the training set. 训练样本数。
        batch: size of a batch. 批量大小。
        epochs: number of them. 轮数。
        drop_last: leave out a last batch that is not full. 丢弃不满的最后一个批量。

    >>> updates(1000, 32, 10, False)
    320
    >>> updates(1000, 32, 10, True)
    310
    """
    raise NotImplementedError


@updates.solution(
    en="Round within the epoch, then multiply: every epoch has a last batch of its own. Upwards if it counts, down if "
    "it is dropped.",
    zh="先在一轮之内取整，再乘以轮数：每一轮都有自己的最后一个批量。留着就向上取整，丢弃就向下。",
)
def updates(examples, batch, epochs, drop_last):
    each = examples // batch if drop_last else -(-examples // batch)
    return epochs * each


@updates.mistake(
    en="Rounded the wrong way: a last batch that is dropped does not count, one that is kept does.",
    zh="取整的方向反了：丢弃的最后一个批量不算，留着的才算。",
)
def rounded_the_wrong_way(examples, batch, epochs, drop_last):
    return epochs * (-(-examples // batch) if drop_last else examples // batch)


@updates.mistake(
    en="The last batch was dropped always: look at drop_last.",
    zh="最后一个批量总是被丢了：看看 drop_last。",
)
def always_dropped(examples, batch, epochs, drop_last):
    return epochs * (examples // batch)


@updates.mistake(
    en="Rounded after multiplying: batches do not reach from one epoch into the next.",
    zh="先乘后取整了：批量不会从这一轮伸到下一轮。",
)
def rounded_at_the_end(examples, batch, epochs, drop_last):
    return epochs * examples // batch if drop_last else -(-epochs * examples // batch)


@updates.mistake(
    en="The epochs are missing: these are the updates of one.",
    zh="漏了轮数：这是一轮的更新次数。",
)
def epochs_missing(examples, batch, epochs, drop_last):
    return examples // batch if drop_last else -(-examples // batch)


@updates.mistake(
    en="A set smaller than a batch gives no update when the last one is dropped, not one.",
    zh="样本比一个批量还少、又丢弃最后一个时，更新次数是零，不是一。",
)
def at_least_one(examples, batch, epochs, drop_last):
    return epochs * max(1, examples // batch if drop_last else -(-examples // batch))


@updates.mistake(
    en="One batch too many in each epoch.",
    zh="每轮多数了一个批量。",
)
def one_too_many(examples, batch, epochs, drop_last):
    return epochs * ((examples // batch if drop_last else -(-examples // batch)) + 1)
