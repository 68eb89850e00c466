"""A thousand images of CIFAR-10 in the layout of Kaggle's contest."""

from d2lab.data.card import Card, DataFile
from d2lab.data.sets.cifar10 import CARD as CIFAR10

CARD = Card(
    name="cifar10-kaggle-tiny",
    task="classification",
    en="1,000 images of CIFAR-10 as PNG files in the layout of Kaggle's contest, 100 of them held out.",
    zh="按 Kaggle 竞赛的目录排列的 1000 张 CIFAR-10 图片（PNG），其中 100 张留作验证。",
    shape=(3, 32, 32),
    examples=(900, 100),
    classes=CIFAR10.classes,
    licence="not stated",
    cite=CIFAR10.cite,
    files=(
        DataFile(
            path="cifar10/kaggle_cifar10_tiny.zip",
            sha256="533eff54551c29dbda5e7657fee20f85f6166f615011bd3bdde385c1bce55b54",
            bytes=2_656_275,
            mirrors=(),
            unpack=True,
            plain_bytes=10_000_000,
        ),
    ),
    module="d2lab.data.image_folder",
    like="cifar10",
    streams=True,
    by_hand="The contest itself is on Kaggle (cifar-10); its unpacked folder serves as --data folder:PATH.",
)
