import torch
from torch import Tensor

from d2lab.exercises import RandomInputs, exercise


def posteriors_and_shares(draw: RandomInputs):
    count, classes = draw.size(2, 6), draw.size(2, 5)
    post, old, new = (draw.uniform(*shape, low=0.1) for shape in ((count, classes), (classes,), (classes,)))
    return post / post.sum(1, keepdim=True), old / old.sum(), new / new.sum()


@exercise(
    "kinds-of-shift", order=2, zh="改正后验", en="A posterior after a label shift", arguments=posteriors_and_shares
)
def label_shift_posterior(post: Tensor, old: Tensor, new: Tensor) -> Tensor:
    """Return the probabilities of the classes after a label shift, from those before it.

    由原来的类别概率，求标签偏移之后的类别概率。

    Args:
        post: (examples, classes), p(y|x), a row for each example. 每个样本一行。
        old: (classes), p(y) in training. 训练时的比例。
        new: (classes), q(y) in use. 使用时的比例。

    >>> post = torch.tensor([[2 / 3, 1 / 3]])
    >>> label_shift_posterior(post, torch.tensor([0.5, 0.5]), torch.tensor([0.2, 0.8]))
    tensor([[0.3333, 0.6667]])
    """
    raise NotImplementedError


@label_shift_posterior.solution(
    en="The likelihood p(x|y) stays, and p(y|x) holds it times p(y): divide the old share out, multiply the new one in, "
    "and let each row sum to 1.",
    zh="似然 p(x|y) 不变，而 p(y|x) 里有它乘 p(y)：除去旧的比例，乘上新的，再让每行的和为 1。",
)
def label_shift_posterior(post, old, new):
    weighted = post * (new / old)
    return weighted / weighted.sum(1, keepdim=True)


@label_shift_posterior.mistake(
    en="Each row has to sum to 1: divide by its sum.",
    zh="每行的和应当是 1：还要除以它的和。",
)
def not_normalized(post, old, new):
    return post * (new / old)


@label_shift_posterior.mistake(
    en="The ratio is upside down: classes that got more frequent must get more probable.",
    zh="比值倒了：变多的类，概率应当变大。",
)
def upside_down(post, old, new):
    weighted = post * (old / new)
    return weighted / weighted.sum(1, keepdim=True)


@label_shift_posterior.mistake(
    en="The shares changed places: it is the old one that stands in post already.",
    zh="两个比例换了位置：post 里已有的是旧的那个。",
)
def changed_places(post, old, new):
    weighted = post * old
    return weighted / weighted.sum(1, keepdim=True)


@label_shift_posterior.mistake(
    en="The old shares are still in it: post was made with them, so take them out.",
    zh="旧的比例还在里面：post 是用它算出来的，要除掉。",
)
def old_shares_left(post, old, new):
    weighted = post * new
    return weighted / weighted.sum(1, keepdim=True)


@label_shift_posterior.mistake(
    en="Normalized too early: the ratios need not sum to 1, the products do.",
    zh="归一早了：和为 1 的不是比值，而是乘积。",
)
def normalized_first(post, old, new):
    ratios = new / old
    return post * (ratios / ratios.sum())


@label_shift_posterior.mistake(
    en="Normalized along the wrong axis: the classes of one example sum to 1.",
    zh="归一的轴错了：一个样本的各类之和才是 1。",
)
def wrong_axis(post, old, new):
    weighted = post * (new / old)
    return weighted / weighted.sum(0)
