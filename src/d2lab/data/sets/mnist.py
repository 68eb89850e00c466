"""MNIST: 70,000 handwritten digits."""

from d2lab.data.card import Card
from d2lab.data.idx_file import idx_file

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

CARD = Card(
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
        idx_file(
            "MNIST",
            MIRRORS,
            "train-images-idx3-ubyte.gz",
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ),
        idx_file(
            "MNIST",
            MIRRORS,
            "train-labels-idx1-ubyte.gz",
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ),
        idx_file(
            "MNIST",
            MIRRORS,
            "t10k-images-idx3-ubyte.gz",
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ),
        idx_file(
            "MNIST",
            MIRRORS,
            "t10k-labels-idx1-ubyte.gz",
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
            (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    ),
    module="d2lab.data.idx_images",
)
