"""Photos of hot dogs and of other food, for fine-tuning."""

from d2lab.data.card import Card, DataFile

CARD = Card(
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
