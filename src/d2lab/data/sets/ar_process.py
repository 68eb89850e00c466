"""An autoregressive process of order two with known weights."""

from d2lab.data.card import Card

CARD = Card(
    name="ar-process",
    task="regression",
    en="x_t = 1.2 x_(t-1) - 0.5 x_(t-2) + noise: the last four values predict the next; the true weights are known.",
    zh="x_t = 1.2 x_(t-1) - 0.5 x_(t-2) + 噪声：用前四个值预测下一个，真实权重已知。",
    shape=(4,),
    examples=(1000, 1000),
    classes=(),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.series",
)
