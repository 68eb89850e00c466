"""The course's own prose in English, frozen: a text that needs no download."""

from d2lab.data.card import Card

CARD = Card(
    name="notes-en",
    task="language",
    en="The prose of this course in English, without code and formulas; whole lessons are held out.",
    zh="本课程的英文正文，去掉代码与公式；整课留作测试。",
    shape=(),
    examples=(119_883, 12_030),
    classes=(),
    licence="Apache-2.0",
    cite="d2lab",
    files=(),
    module="d2lab.data.texts",
)
