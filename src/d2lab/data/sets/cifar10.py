"""CIFAR-10 as its publisher serves it: 60,000 color images of ten classes."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="cifar10",
    task="classification",
    en="60,000 color images of 32x32 pixels, ten kinds of animals and vehicles.",
    zh="六万张 32×32 像素的彩色图，十类动物与交通工具。",
    shape=(3, 32, 32),
    examples=(50_000, 10_000),
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    licence="not stated by its publisher",
    cite="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    files=(
        DataFile(
            path="cifar-10-python.tar.gz",
            sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            bytes=170_498_071,
            # The second is where Baidu's PaddlePaddle takes the same file from (it states the same MD5).
            mirrors=(
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
            ),
            unpack=True,
            plain_bytes=190_000_000,
            folder="cifar-10-batches-py",
            members=(
                ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
                ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
                ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
                ("data_batch_4", "634d18415352ddfa80567beed471001a"),
                ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
                ("test_batch", "40351d587109b95175f43aff81a1287e"),
            ),
        ),
    ),
    module="d2lab.data.cifar10",
)
