"""Digits: 1,797 real handwritten digits of 8x8 pixels that come with scikit-learn."""

from d2lab.data.card import Card

CARD = Card(
    name="digits",
    task="classification",
    en="1,797 real handwritten digits of 8x8 pixels that come with scikit-learn: no download.",
    zh="scikit-learn 自带的 1797 张真实手写数字，每张 8×8 像素，无需下载。",
    shape=(1, 8, 8),
    examples=(1437, 360),
    classes=tuple("0123456789"),
    licence="CC BY 4.0",
    cite="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
    files=(),
    module="d2lab.data.digits",
)
