import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def batch_to_mix(draw: RandomInputs):
    count, classes = draw.size(4, 6), draw.size(3, 4)
    turned = torch.arange(count).roll(draw.size(1, 2))  # a cycle of three or more: no image is its partner's partner
    return draw.normal(count, draw.size(2, 3)), draw.normal(count, classes).softmax(1), draw.uniform(count), turned


@exercise(
    "augmentation", order=2, zh="混合两张图和它们的标签", en="Mix pairs of images and labels", arguments=batch_to_mix
)
def mix_pairs(x: Tensor, y: Tensor, share: Tensor, partner: Tensor) -> tuple[Tensor, Tensor]:
    """Mix each example with its partner, inputs and labels in the same proportion.

    把每个样本与它的搭档混合，输入和标签用同样的比例。

    Args:
        x: (n, d) inputs. 输入。
        y: (n, K) probabilities of classes. 各类别的概率。
        share: (n,) of the example itself; its partner has the rest. 样本自己占的份额，其余归搭档。
        partner: (n,) the number of each example's partner. 每个样本的搭档是第几个。

    Returns:
        Mixed inputs (n, d) and labels (n, K). 混合后的输入和标签。

    >>> x, y = torch.tensor([[0.0], [10.0]]), torch.eye(2)
    >>> mix_pairs(x, y, torch.tensor([0.75, 0.5]), torch.tensor([1, 0]))
    (tensor([[2.5000],
            [5.0000]]), tensor([[0.7500, 0.2500],
            [0.5000, 0.5000]]))
    """
    raise NotImplementedError


@mix_pairs.solution(
    en="x[partner] brings each partner to its example's row. The share needs an axis more, so that it multiplies whole "
    "rows. Labels are mixed by the same line.",
    zh="x[partner] 把每个搭档排到样本的那一行。份额要添一个轴，才会乘到整行。标签用同一种写法。",
)
def mix_pairs(x, y, share, partner):
    share = share[:, None]
    return share * x + (1 - share) * x[partner], share * y + (1 - share) * y[partner]


@mix_pairs.mistake(
    en="Shares are exchanged: the example itself has `share`, its partner the rest.",
    zh="份额对调了：样本自己占 `share`，搭档占其余。",
)
def shares_exchanged(x, y, share, partner):
    share = share[:, None]
    return (1 - share) * x + share * x[partner], (1 - share) * y + share * y[partner]


@mix_pairs.mistake(
    en="Labels were not mixed: an image that is two things is said to be one.",
    zh="标签没有混合：图里有两样东西，却说只有一样。",
)
def labels_left_alone(x, y, share, partner):
    share = share[:, None]
    return share * x + (1 - share) * x[partner], y


@mix_pairs.mistake(
    en="You looked up the partner of the partner: x[partner] is enough.",
    zh="找成了搭档的搭档：x[partner] 就够了。",
)
def partner_of_the_partner(x, y, share, partner):
    share, partner = share[:, None], partner[partner]
    return share * x + (1 - share) * x[partner], share * y + (1 - share) * y[partner]


@mix_pairs.mistake(
    en="Weights must sum to 1: the partner was added whole.",
    zh="权重之和应当是 1：搭档整个加了上去。",
)
def partner_added_whole(x, y, share, partner):
    share = share[:, None]
    return share * x + x[partner], share * y + y[partner]


@mix_pairs.mistake(
    en="One share served for the whole batch: each example has its own.",
    zh="整批共用了一个份额：每个样本有自己的份额。",
)
def one_share_for_all(x, y, share, partner):
    return share[0] * x + (1 - share[0]) * x[partner], share[0] * y + (1 - share[0]) * y[partner]


@mix_pairs.mistake(
    en="The images were mixed with the partners in reverse: where did `partner` say that row 0 finds its partner?",
    zh="搭档的方向反了：`partner` 说第 0 行的搭档在哪里？",
)
def inverse_partner(x, y, share, partner):
    share, partner = share[:, None], partner.argsort()
    return share * x + (1 - share) * x[partner], share * y + (1 - share) * y[partner]
