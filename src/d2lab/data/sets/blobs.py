"""Two separable clusters with a known margin."""

from d2lab.data.card import Card

CARD = Card(
    name="blobs",
    task="classification",
    en="Two round clusters with a gap of known width between them: the perceptron must converge.",
    zh="两个圆形点团，中间隔着已知宽度的空隙：感知机必定收敛。",
    shape=(2,),
    examples=(1000, 500),
    classes=("below", "above"),
    licence="none needed (generated)",
    cite="d2lab",
    files=(),
    module="d2lab.data.synthetic",
)
