"""WikiText-2: its validation part, to train on, and its test part."""

from d2lab.data.card import Card, DataFile

CARD = Card(
    name="wikitext-2",
    task="language",
    en="WikiText-2 without its training part: the validation part is for training, the test part for testing.",
    zh="WikiText-2，不含其训练部分：以验证部分训练，以测试部分测试。",
    shape=(),
    examples=(1_121_680, 1_256_448),
    classes=(),
    licence="CC BY-SA",
    cite="Merity, Xiong, Bradbury and Socher 2016, Pointer sentinel mixture models",
    files=(
        DataFile(
            path="wikitext-2/wiki.valid.tokens",
            sha256="f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            bytes=1_121_681,
            mirrors=(),
        ),
        DataFile(
            path="wikitext-2/wiki.test.tokens",
            sha256="d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
            bytes=1_256_449,
            mirrors=(),
        ),
    ),
    module="d2lab.data.texts",
    by_hand="Any other text serves as --data text:PATH.",
)
