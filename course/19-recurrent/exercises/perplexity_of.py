import torch
from torch import Tensor

from d2lab.exercises import exercise


@exercise(
    "n-grams",
    order=1,
    zh="困惑度",
    en="Perplexity",
    arguments=lambda draw: (draw.uniform(draw.size(3, 7), low=0.05),),
)
def perplexity_of(p: Tensor) -> float:
    """Return the perplexity of a text: how many equally likely tokens would be as hard to guess.

    求文本的困惑度：有多少个等可能的词元时，会一样难猜？

    Args:
        p: (T,), the probability that the model gave to each token that came. 模型给每个真正出现的词元的概率。

    >>> round(perplexity_of(torch.tensor([0.5, 0.25, 0.125])), 4)
    4.0
    """
    raise NotImplementedError


@perplexity_of.solution(
    en="The mean negative logarithm is the cross-entropy in nats; exp turns it into a number of choices. "
    "So it is the geometric mean of 1/p.",
    zh="负对数的平均是以奈特计的交叉熵，再取 exp 就变回“有几种选择”。也就是 1/p 的几何平均。",
)
def perplexity_of(p):
    return p.log().neg().mean().exp().item()


@perplexity_of.mistake(
    en="Two bases are mixed: bits went in, and exp expects nats.",
    zh="混用了两种底数：取对数得到的是比特，exp 要的却是奈特。",
)
def bits_into_exp(p):
    return p.log2().neg().mean().exp().item()


@perplexity_of.mistake(
    en="A sign is missing: this is below one, the typical probability, and not the number of choices.",
    zh="少了负号：结果小于一，那是“平均概率”，不是选择的个数。",
)
def typical_probability(p):
    return p.log().mean().exp().item()


@perplexity_of.mistake(
    en="A sum stands where a mean belongs: every longer text would be more puzzling than its own first half.",
    zh="该取平均的地方取了总和：文本越长，困惑度就越大，和它的前半段都没法比。",
)
def of_the_sum(p):
    return p.log().neg().sum().exp().item()


@perplexity_of.mistake(
    en="Probabilities were averaged and then inverted, which is the harmonic mean of 1/p: one confident guess would make "
    "up for many bad ones.",
    zh="先平均概率再取倒数，得到的是 1/p 的调和平均：猜中一次就能掩盖许多次失误。",
)
def harmonic(p):
    return 1 / p.mean().item()


@perplexity_of.mistake(
    en="This is the cross-entropy: right so far, but it counts nats and not choices.",
    zh="这是交叉熵：到这里都对，可它的单位是奈特，还不是“几种选择”。",
)
def cross_entropy_only(p):
    return p.log().neg().mean().item()
