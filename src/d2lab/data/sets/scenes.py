"""Real handwritten digits on real photos: boxes, classes, masks and instances, without a download."""

from d2lab.data.card import Card

CARD = Card(
    name="scenes",
    task="detection",
    en="One to three real handwritten digits on a crop of a real photo, with their boxes: no download.",
    zh="真实照片的一角上有一到三个真实手写数字，并附边界框，无需下载。",
    shape=(3, 64, 64),
    examples=(2000, 300),
    classes=tuple("0123456789"),
    licence="CC BY 4.0 (digits), CC BY 2.0 (photos)",
    cite="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository; "
    "photos of scikit-learn, china.jpg and flower.jpg",
    files=(),
    module="d2lab.data.scenes",
)
