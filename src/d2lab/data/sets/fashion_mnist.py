"""Fashion-MNIST: 70,000 gray images of clothes and shoes."""

from d2lab.data.card import Card
from d2lab.data.idx_file import idx_file

MIRRORS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)

CARD = Card(
    name="fashion-mnist",
    task="classification",
    en="70,000 gray images of clothes and shoes of 28x28 pixels, ten kinds.",
    zh="七万张 28×28 像素的服装与鞋包灰度图，分为十类。",
    shape=(1, 28, 28),
    examples=(60_000, 10_000),
    classes=(
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    licence="MIT",
    cite="Xiao, Rasul and Vollgraf 2017, Fashion-MNIST, arXiv:1708.07747",
    files=(
        idx_file(
            "FashionMNIST",
            MIRRORS,
            "train-images-idx3-ubyte.gz",
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ),
        idx_file(
            "FashionMNIST",
            MIRRORS,
            "train-labels-idx1-ubyte.gz",
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ),
        idx_file(
            "FashionMNIST",
            MIRRORS,
            "t10k-images-idx3-ubyte.gz",
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ),
        idx_file(
            "FashionMNIST",
            MIRRORS,
            "t10k-labels-idx1-ubyte.gz",
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            (10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ),
    ),
    module="d2lab.data.idx_images",
)
