"""Four noisy corners that no straight line divides."""

from d2lab.data.card import Card

CARD = Card(
    name="xor",
    task="classification",
    en="Four noisy corners whose opposite ones belong together: no straight line divides them.",
    zh="四个带噪声的角，对角同类：任何一条直线都分不开。",
    shape=(2,),
    examples=(1000, 500),
    classes=("same sign", "different sign"),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.synthetic",
)
