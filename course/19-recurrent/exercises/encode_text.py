from d2lab.exercises import RandomInputs, exercise

LETTERS = "adegilnrst"


def text_and_vocabulary(draw: RandomInputs):
    shuffled = [LETTERS[i] for i in draw.uniform(len(LETTERS)).argsort().tolist()]
    text = "".join(draw.choice(LETTERS + LETTERS[:5].upper() + " ?") for _ in range(draw.size(4, 9)))
    return text, ["<unk>", *shuffled[: draw.size(6, 9)]]


@exercise("text", order=3, zh="文本编码成数", en="Encode a text", arguments=text_and_vocabulary)
def encode_text(text: str, vocabulary: list[str]) -> list[int]:
    """Turn a text, in small letters, into numbers: a letter's number is its place in the vocabulary.

    先把文本变成小写，再把每个字母换成它在词表中的位置。

    Args:
        text: of letters and other signs.
        vocabulary: "<unk>" first; it stands for what is unknown. 第一个是 "<unk>"，代表不认识的字符。

    >>> encode_text("Abc", ["<unk>", "b", "a"])
    [2, 1, 0]
    """
    raise NotImplementedError


@encode_text.solution(
    en="A dictionary from letter to place is made once; its `get` takes care of what is unknown.",
    zh="先建一个从字母到位置的字典，不认识的字符交给 `get` 的默认值。",
)
def encode_text(text, vocabulary):
    numbers = {token: number for number, token in enumerate(vocabulary)}
    return [numbers.get(letter, 0) for letter in text.lower()]


def _encoded(text, vocabulary, first=0):
    numbers = {token: number for number, token in enumerate(vocabulary, first)}
    return [numbers.get(letter, 0) for letter in text]


@encode_text.mistake(
    en="Unknown signs are skipped: the model would read words that stand apart as one, and places no longer match.",
    zh="跳过了不认识的字符：隔开的词在模型眼里就连成了一个，位置也对不上。",
)
def unknown_skipped(text, vocabulary):
    return [vocabulary.index(letter) for letter in text.lower() if letter in vocabulary]


@encode_text.mistake(
    en="It counts from one, as people do: then the last number has no row in an embedding of that many tokens.",
    zh="像平常数数那样从一数起：词元一共那么多，嵌入表里就没有最后那个编号的行。",
)
def counted_from_one(text, vocabulary):
    return _encoded(text.lower(), vocabulary, 1)


@encode_text.mistake(
    en="The vocabulary was sorted anew before the numbers were given: its order is the agreement between text and model.",
    zh="编号之前又把词表排了一遍序：词表的次序是文本和模型之间的约定，不能动。",
)
def sorted_anew(text, vocabulary):
    return _encoded(text.lower(), [vocabulary[0], *sorted(vocabulary[1:])])


@encode_text.mistake(
    en="The roles are exchanged: here the letters of the vocabulary are looked up in the text.",
    zh="角色对调了：这是在文本里找词表的字母。",
)
def roles_exchanged(text, vocabulary):
    return [max(text.lower().find(token), 0) for token in vocabulary]


@encode_text.mistake(
    en="Capitals became unknown: the letters were looked up before they were made small.",
    zh="大写字母都成了不认识的：先查了表，才想起要变小写。",
)
def capitals_unknown(text, vocabulary):
    return _encoded(text, vocabulary)
