"""Points on a plane with a little noise: linear regression with known weights."""

from d2lab.data.card import Card

CARD = Card(
    name="synthetic-linear",
    task="regression",
    en="Points on a plane y = 2 a - 3.4 b + 4.2 with a little noise: the true weights are known.",
    zh="由 y = 2a - 3.4b + 4.2 加少量噪声生成的点，真实权重已知。",
    shape=(2,),
    examples=(1000, 500),
    classes=(),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.synthetic",
)
