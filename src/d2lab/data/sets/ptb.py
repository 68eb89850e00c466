"""Penn Treebank: sentences of the Wall Street Journal with a vocabulary of 10,000 words."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="ptb",
    task="language",
    en="Penn Treebank in Mikolov's preparation: 10,000 words, rare ones <unk>, numbers N.",
    zh="Penn Treebank（Mikolov 预处理版）：词表 10,000，罕见词为 <unk>，数字为 N。",
    shape=(),
    examples=(5_101_617, 449_944),
    classes=(),
    licence="not stated (text of the Linguistic Data Consortium)",
    cite="Marcus, Santorini and Marcinkiewicz 1993; Mikolov et al. 2010",
    files=(
        DataFile(
            path="ptb/ptb.zip",
            sha256="310d8f602882a5716613815ed75596e5764ea84ed04c5630eebaaf2b943ec5aa",
            bytes=1_981_551,
            mirrors=("https://d2l-data.s3-accelerate.amazonaws.com/ptb.zip",),
        ),
    ),
    module="d2lab.data.texts",
)
