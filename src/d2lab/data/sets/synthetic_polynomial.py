"""A noisy cubic and 20 powers of its input: underfitting and overfitting."""

from d2lab.data.card import Card

CARD = Card(
    name="synthetic-polynomial",
    task="regression",
    en="A noisy cubic seen through 20 powers of x: too few of them underfit, too many overfit.",
    zh="带噪声的三次函数，给出 x 的 20 个幂次特征：用少了欠拟合，用多了过拟合。",
    shape=(20,),
    examples=(100, 100),
    classes=(),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.synthetic",
)
