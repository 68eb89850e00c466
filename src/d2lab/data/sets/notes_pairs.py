"""Paragraphs of the course in English and in Chinese, frozen: pairs that need no download."""

from d2lab.data.card import Card

CARD = Card(
    name="notes-pairs",
    task="pairs",
    en="Paragraphs of this course in English beside Chinese, as padded UTF-8; whole lessons are held out.",
    zh="本课程的中英文对照段落，以补零的 UTF-8 字节存放；整课留作测试。",
    shape=(527,),
    examples=(817, 78),
    classes=(),
    licence="Apache-2.0",
    cite="d2lab",
    files=(),
    module="d2lab.data.pairs",
)
