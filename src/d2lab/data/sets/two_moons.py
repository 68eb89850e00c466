"""Two interlocking half circles with noise."""

from d2lab.data.card import Card

CARD = Card(
    name="two-moons",
    task="classification",
    en="Two interlocking half circles with noise: a curved border divides them.",
    zh="两个互相嵌套的带噪声半圆，要用弯曲的边界才能分开。",
    shape=(2,),
    examples=(1000, 500),
    classes=("upper", "lower"),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.synthetic",
)
