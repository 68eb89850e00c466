"""The course's own prose in Chinese, frozen: a text that needs no download."""

from d2lab.data.card import Card

CARD = Card(
    name="notes-zh",
    task="language",
    en="The prose of this course in Chinese, without code and formulas; whole lessons are held out.",
    zh="本课程的中文正文，去掉代码与公式；整课留作测试。",
    shape=(),
    examples=(112_713, 11_209),
    classes=(),
    licence="Apache-2.0",
    cite="d2lab",
    files=(),
    module="d2lab.data.texts",
)
