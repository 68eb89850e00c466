from collections import Counter

from d2lab.exercises import RandomInputs, exercise

WORDS = "a and net the time word".split()


def some_words(draw: RandomInputs):
    return [draw.choice(WORDS) for _ in range(draw.size(6, 16))], draw.size(1, 3)


@exercise("text", order=1, zh="建立词表", en="Build a vocabulary", arguments=some_words)
def build_vocabulary(tokens: list[str], least: int) -> list[str]:
    """List the tokens of a text by frequency; a token's number will be its place in the list.

    按出现次数列出文本的词元；词元在表里的位置就是它的编号。

    Args:
        tokens: of the text, in order.
        least: rarer ones are left out. 出现次数少于 least 的不收。

    Returns:
        First "<unk>", which stands for all that is unknown, then the most frequent first; of equally frequent ones
        the one that comes first in the alphabet. 先是 "<unk>"，代表一切不认识的；然后从多到少，次数相同的按字母次序。

    >>> build_vocabulary(["b", "a", "b", "c", "c"], 1)
    ['<unk>', 'b', 'c', 'a']
    """
    raise NotImplementedError


@build_vocabulary.solution(
    en="Sort by two keys: minus the count, then the token itself. A fixed order of ties keeps the numbers of a saved "
    "model right.",
    zh="按两个键排序：先是次数取负，再是词元本身。次数相同时次序也固定，存下来的模型才不会认错编号。",
)
def build_vocabulary(tokens, least):
    counts = Counter(tokens)
    kept = [token for token, count in counts.items() if count >= least]
    return ["<unk>", *sorted(kept, key=lambda token: (-counts[token], token))]


def _listed(tokens, least, key, reverse=False):
    counts = Counter(tokens)
    kept = [token for token in counts if counts[token] >= least]
    return ["<unk>", *sorted(kept, key=lambda token: key(counts[token], token), reverse=reverse)]


@build_vocabulary.mistake(
    en="The rare ones come first: then a smaller vocabulary, cut from this list, would keep the wrong words.",
    zh="少见的排在了前面：以后想截短词表，留下的就是不该留的词。",
)
def rare_first(tokens, least):
    return _listed(tokens, least, lambda count, token: (count, token))


@build_vocabulary.mistake(
    en="Tokens at the border are lost: is one that occurs exactly `least` times rarer than that?",
    zh="正好在界线上的词元丢了：恰好出现 least 次，算不算少于 least？",
)
def border_lost(tokens, least):
    return _listed(tokens, least + 1, lambda count, token: (-count, token))


@build_vocabulary.mistake(
    en="The two keys are exchanged: the alphabet decides here, and the count only between equal tokens, of which there "
    "are none.",
    zh="两个排序键对调了：这里先看字母，次数只用来区分相同的词元，而相同的词元并不存在。",
)
def by_alphabet(tokens, least):
    return _listed(tokens, least, lambda count, token: (token, -count))


@build_vocabulary.mistake(
    en="There is no place for what is unknown: a reader's text will have words that this text did not.",
    zh="没给不认识的词元留位置：别人的文本里总会有这里没出现过的词。",
)
def nothing_unknown(tokens, least):
    return _listed(tokens, least, lambda count, token: (-count, token))[1:]


@build_vocabulary.mistake(
    en="Turning the whole order around turns the ties around too: equally frequent ones come from z to a.",
    zh="把整个次序倒过来，次数相同的词元也跟着倒了：变成从 z 到 a。",
)
def ties_reversed(tokens, least):
    return _listed(tokens, least, lambda count, token: (count, token), reverse=True)
