"""Tiny Shakespeare: plays, a megabyte of characters."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="tiny-shakespeare",
    task="language",
    en="1.1 million characters of Shakespeare's plays; the last tenth is held out, as by nanoGPT.",
    zh="莎士比亚戏剧，111 万个字符；与 nanoGPT 一样，最后十分之一留作测试。",
    shape=(),
    examples=(1_003_853, 111_539),
    classes=(),
    licence="public domain",
    cite="Karpathy 2015, char-rnn",
    files=(
        DataFile(
            path="tinyshakespeare/input.txt",
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            bytes=1_115_394,
            mirrors=("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",),
        ),
    ),
    module="d2lab.data.texts",
)
