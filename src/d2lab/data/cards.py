"""The card of every set that d2lab knows: facts only, so that listing them needs neither torch nor data.

A new set adds its card here and, when no module reads its kind of file yet, a module with `load`.
"""

from d2lab.data.card import Card, DataFile
from d2lab.data.image_cards import CIFAR10, CIFAR10_JPEG, CIFAR10_KAGGLE_TINY, HOTDOG

# Both hosts of MNIST and the first two of Fashion-MNIST speak https. The publisher's own host of Fashion-MNIST
# has no https; it comes last, and the checksum guards what it sends.
FASHION_MIRRORS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
GENERATED = {"licence": "none needed (generated)", "cite": "d2lab", "files": (), "module": "d2lab.data.synthetic"}


def _idx_file(
    folder: str, mirrors: tuple[str, ...], name: str, packed: tuple[int, str], plain: tuple[int, str]
) -> DataFile:
    """One gzipped idx file: its size and checksum as served and inflated."""
    return DataFile(
        path=f"{folder}/raw/{name}",
        sha256=packed[1],
        bytes=packed[0],
        mirrors=tuple(mirror + name for mirror in mirrors),
        plain_sha256=plain[1],
        plain_bytes=plain[0],
    )


DIGITS = Card(
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

FASHION_MNIST = Card(
    name="fashion-mnist",
    task="classification",
    en="70,000 gray pictures of clothes and shoes of 28x28 pixels, ten kinds.",
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
        _idx_file(
            "FashionMNIST",
            FASHION_MIRRORS,
            "train-images-idx3-ubyte.gz",
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ),
        _idx_file(
            "FashionMNIST",
            FASHION_MIRRORS,
            "train-labels-idx1-ubyte.gz",
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ),
        _idx_file(
            "FashionMNIST",
            FASHION_MIRRORS,
            "t10k-images-idx3-ubyte.gz",
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ),
        _idx_file(
            "FashionMNIST",
            FASHION_MIRRORS,
            "t10k-labels-idx1-ubyte.gz",
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            (10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ),
    ),
    module="d2lab.data.idx_images",
)

MNIST = Card(
    name="mnist",
    task="classification",
    en="70,000 handwritten digits of 28x28 pixels by American clerks and students.",
    zh="七万张 28×28 像素的手写数字，出自美国职员与学生之手。",
    shape=(1, 28, 28),
    examples=(60_000, 10_000),
    classes=tuple("0123456789"),
    licence="not stated by its publisher",
    cite="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition",
    files=(
        _idx_file(
            "MNIST",
            MNIST_MIRRORS,
            "train-images-idx3-ubyte.gz",
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ),
        _idx_file(
            "MNIST",
            MNIST_MIRRORS,
            "train-labels-idx1-ubyte.gz",
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ),
        _idx_file(
            "MNIST",
            MNIST_MIRRORS,
            "t10k-images-idx3-ubyte.gz",
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ),
        _idx_file(
            "MNIST",
            MNIST_MIRRORS,
            "t10k-labels-idx1-ubyte.gz",
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    ),
    module="d2lab.data.idx_images",
)

SYNTHETIC_LINEAR = Card(
    name="synthetic-linear",
    task="regression",
    en="Points on a plane y = 2 a - 3.4 b + 4.2 with a little noise: the true weights are known.",
    zh="由 y = 2a - 3.4b + 4.2 加少量噪声生成的点，真实权重已知。",
    shape=(2,),
    examples=(1000, 500),
    classes=(),
    **GENERATED,  # type: ignore[arg-type]
)

SYNTHETIC_POLYNOMIAL = Card(
    name="synthetic-polynomial",
    task="regression",
    en="A noisy cubic seen through 20 powers of x: too few of them underfit, too many overfit.",
    zh="带噪声的三次函数，给出 x 的 20 个幂次特征：用少了欠拟合，用多了过拟合。",
    shape=(20,),
    examples=(100, 100),
    classes=(),
    **GENERATED,  # type: ignore[arg-type]
)

XOR = Card(
    name="xor",
    task="classification",
    en="Four noisy corners whose opposite ones belong together: no straight line divides them.",
    zh="四个带噪声的角，对角同类：任何一条直线都分不开。",
    shape=(2,),
    examples=(1000, 500),
    classes=("same sign", "different sign"),
    **GENERATED,  # type: ignore[arg-type]
)

TWO_MOONS = Card(
    name="two-moons",
    task="classification",
    en="Two interlocking half circles with noise: a curved border divides them.",
    zh="两个互相嵌套的带噪声半圆，要用弯曲的边界才能分开。",
    shape=(2,),
    examples=(1000, 500),
    classes=("upper", "lower"),
    **GENERATED,  # type: ignore[arg-type]
)

BLOBS = Card(
    name="blobs",
    task="classification",
    en="Two round clusters with a gap of known width between them: the perceptron must converge.",
    zh="两个圆形点团，中间隔着已知宽度的空隙：感知机必定收敛。",
    shape=(2,),
    examples=(1000, 500),
    classes=("below", "above"),
    **GENERATED,  # type: ignore[arg-type]
)

ALL = (
    DIGITS,
    FASHION_MNIST,
    MNIST,
    CIFAR10,
    CIFAR10_JPEG,
    CIFAR10_KAGGLE_TINY,
    HOTDOG,
    SYNTHETIC_LINEAR,
    SYNTHETIC_POLYNOMIAL,
    XOR,
    TWO_MOONS,
    BLOBS,
)
