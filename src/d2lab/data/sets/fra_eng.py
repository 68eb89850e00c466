"""English sentences and their French translations."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="fra-eng",
    task="pairs",
    en="167,130 English sentences beside French ones, padded UTF-8; a tenth of the English sentences is held out.",
    zh="167,130 对英语与法语句子，以补零的 UTF-8 字节存放；按英语句子留出十分之一。",
    shape=(360,),
    examples=(150_087, 17_043),
    classes=(),
    licence="CC BY 2.0",
    cite="Tatoeba project, tatoeba.org; Kelly, manythings.org/anki",
    files=(
        DataFile(
            path="fra-eng/fra-eng.zip",
            sha256="56256925c5013be20bc652a9bd84e55d0a3090464c187659a121295c22bdd0cb",
            bytes=3_415_977,
            mirrors=(),
        ),
    ),
    module="d2lab.data.pairs",
    by_hand="No server has this repacked zip (notes-pairs needs none): name the folder at PATH that has it.",
)
