"""Film reviews, positive and negative."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="imdb",
    task="classification",
    en="50,000 film reviews, positive or negative, each cut to 4,096 bytes of UTF-8.",
    zh="50,000 条电影评论，正面或负面，每条截到 4,096 字节（UTF-8）。",
    shape=(4096,),
    examples=(25_000, 25_000),
    classes=("neg", "pos"),
    licence="not stated",
    cite="Maas et al. 2011, Learning word vectors for sentiment analysis",
    files=(
        DataFile(
            path="aclImdb/aclImdb_labelled.tar.xz",
            sha256="b1c9a83c27ee5723e357965ab15d5668d4c4941ece85cf90eefe8837a239074d",
            bytes=18_540_780,
            mirrors=(),
        ),
    ),
    module="d2lab.data.reviews",
    by_hand="No server has this repacked part of aclImdb_v1: name the folder at PATH that has it.",
)
