"""A sine with noise: the last four values predict the next."""

from d2lab.data.card import Card

CARD = Card(
    name="noisy-sine",
    task="regression",
    en="A sine with noise, as in the book: the last four values predict the next; what is later is held out.",
    zh="带噪声的正弦（同书）：用前四个值预测下一个，后面的一段留作测试。",
    shape=(4,),
    examples=(596, 396),
    classes=(),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.series",
)
