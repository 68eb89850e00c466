from d2lab.exercises import RandomInputs, exercise


def labels_and_share(draw: RandomInputs):
    kinds = draw.size(3, 4)
    rare = draw.size(2, 3)
    counts = [rare, *(draw.size(5, 11) for _ in range(kinds - 1))]
    labels = [kind for kind, count in enumerate(counts) for _ in range(count)]
    order = draw.uniform(len(labels)).argsort().tolist()
    return [labels[place] for place in order], draw.choice([4, 5])


@exercise("kaggle-pictures", order=1, zh="按类留出", en="Hold out by class", arguments=labels_and_share)
def split_by_class(labels: list[int], one_in: int) -> list[int]:
    """Choose what to validate on: of each class one image in so many, rounded down, but at least one.

    选出验证集：每个类别每若干张留出一张，向下取整，但至少一张。

    Args:
        labels: class of each image, in random order. 每张图片的类别，次序是随机的。
        one_in: one of so many is held out. 每这么多张里留出一张。

    Returns:
        Places of the held-out images, rising: of each class the first that come. 留出的图片的位置，从小到大；每一类取最先出现的。

    >>> split_by_class([0, 1, 0, 0, 1, 0, 0, 0, 0, 0], 4)
    [0, 1, 2]
    """
    raise NotImplementedError


@split_by_class.solution(
    en="Every class gives its own share, so the held-out part has the proportions of the whole, and a rare class is not "
    "lost by rounding down. The data come in random order here; otherwise shuffle first.",
    zh="每一类各出各的份额，验证集的比例就与整体一致；少见的类别也不会因为向下取整而消失。这里的数据已经打乱；没有打乱的要先打乱。",
)
def split_by_class(labels, one_in):
    held = []
    for kind in set(labels):
        mine = [place for place, label in enumerate(labels) if label == kind]
        held += mine[: max(1, len(mine) // one_in)]
    return sorted(held)


@split_by_class.mistake(
    en="The share was rounded up: round it down, and take at least one.",
    zh="份额向上取整了：应当向下取整，至少取一张。",
)
def rounded_up(labels, one_in):
    held = []
    for kind in set(labels):
        mine = [place for place, label in enumerate(labels) if label == kind]
        held += mine[: -(-len(mine) // one_in)]
    return sorted(held)


@split_by_class.mistake(
    en="A rare class gave none: rounded down its share is 0, but each class gives at least one.",
    zh="少见的类别一张也没留：份额向下取整是 0，但每一类至少要留一张。",
)
def rare_class_lost(labels, one_in):
    held = []
    for kind in set(labels):
        mine = [place for place, label in enumerate(labels) if label == kind]
        held += mine[: len(mine) // one_in]
    return sorted(held)


@split_by_class.mistake(
    en="Classes were not looked at: the first images of all were taken, whatever they show.",
    zh="没有看类别：不管是什么，只取了最前面的几张。",
)
def whatever_they_show(labels, one_in):
    return list(range(max(1, len(labels) // one_in)))


@split_by_class.mistake(
    en="Every class gave as many as the rarest one: a class gives a share of its own number.",
    zh="每一类都只留了与最少的类一样多的张数：份额应当按各类自己的张数算。",
)
def as_many_as_the_rarest(labels, one_in):
    count = max(1, min(labels.count(kind) for kind in set(labels)) // one_in)
    held = []
    for kind in set(labels):
        held += [place for place, label in enumerate(labels) if label == kind][:count]
    return sorted(held)


@split_by_class.mistake(
    en="Those are the images that are left for training.",
    zh="这些是留给训练的图片。",
)
def the_other_part(labels, one_in):
    held = []
    for kind in set(labels):
        mine = [place for place, label in enumerate(labels) if label == kind]
        held += mine[max(1, len(mine) // one_in) :]
    return sorted(held)
