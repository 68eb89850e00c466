"""The Time Machine, a novel of 1895, as the book reads it."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="time-machine",
    task="language",
    en="H. G. Wells, The Time Machine: 178,979 bytes; the last tenth is held out.",
    zh="H. G. 威尔斯《时间机器》，178,979 字节，最后十分之一留作测试。",
    shape=(),
    examples=(161_080, 17_897),
    classes=(),
    licence="public domain",
    cite="Wells 1895, The Time Machine",
    files=(
        DataFile(
            path="timemachine/timemachine.txt",
            sha256="8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
            bytes=178_979,
            mirrors=("https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",),
        ),
    ),
    module="d2lab.data.texts",
)
