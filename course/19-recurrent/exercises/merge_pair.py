from d2lab.exercises import RandomInputs, exercise


def pieces(draw: RandomInputs):
    return draw.choice([("a", "a"), ("a", "a"), ("a", "b"), ("b", "a")]), [
        draw.choice("aab") for _ in range(draw.size(3, 10))
    ]


@exercise("text", order=2, zh="合并一对词元", en="Merge a pair of tokens", arguments=pieces)
def merge_pair(pair: tuple[str, str], tokens: list[str]) -> list[str]:
    """Join each occurrence of a pair of neighbors into one token: one step of byte-pair encoding.

    把相邻的一对词元合并成一个：字节对编码（BPE）的一步。

    Args:
        pair: the left and the right token.
        tokens: to go through from left to right; a token that was joined can't be joined again.
            从左到右处理；已经合并过的词元不能再用。

    >>> merge_pair(("l", "o"), ["l", "o", "w", "l", "o"])
    ['lo', 'w', 'lo']
    >>> merge_pair(("a", "a"), ["a", "a", "a"])
    ['aa', 'a']
    """
    raise NotImplementedError


@merge_pair.solution(
    en="After a join the place moves on by two. The last token has no right neighbor and is kept as it is.",
    zh="合并之后要跳过两个位置。最后一个词元右边没有邻居，原样留下。",
)
def merge_pair(pair, tokens):
    merged, place = [], 0
    while place < len(tokens):
        joined = tuple(tokens[place : place + 2]) == tuple(pair)
        merged.append("".join(pair) if joined else tokens[place])
        place += 2 if joined else 1
    return merged


def _merged(pair, tokens, last=0, step=2):
    found, place = [], 0
    while place < len(tokens):
        joined = place < len(tokens) - 1 - last and tuple(tokens[place : place + 2]) == tuple(pair)
        found.append("".join(pair) if joined else tokens[place])
        place += step if joined else 1
    return found


@merge_pair.mistake(
    en="A token is used twice: after a join the right one is looked at again, and the text grows longer than it was.",
    zh="同一个词元用了两次：合并之后又从右边那个看起，文本里凭空多出字来。",
)
def overlapping(pair, tokens):
    return _merged(pair, tokens, step=1)


@merge_pair.mistake(
    en="The last two tokens are never compared: where does the loop have to end?",
    zh="最后两个词元从来没有比较过：循环该到哪里为止？",
)
def last_pair_missed(pair, tokens):
    return _merged(pair, tokens, last=1)


@merge_pair.mistake(
    en="It goes from right to left: in a run of equal tokens, another one is left over than when reading forward.",
    zh="方向是从右到左：遇到一串相同的词元时，剩下的那一个位置就不对了。",
)
def from_the_right(pair, tokens):
    return _merged(tuple(pair)[::-1], tokens[::-1])[::-1] if pair[0] == pair[1] else _merged(pair, tokens)


@merge_pair.mistake(
    en="It stops after the first join: the pair stands in more places of the text.",
    zh="合并一处就停了：文本里别处还有这一对。",
)
def first_only(pair, tokens):
    for place in range(len(tokens) - 1):
        if tuple(tokens[place : place + 2]) == tuple(pair):
            return [*tokens[:place], "".join(pair), *tokens[place + 2 :]]
    return list(tokens)


@merge_pair.mistake(
    en="A last token that belongs to no pair gets lost: a tokenizer must be able to give back every letter.",
    zh="末尾没有配上对的词元丢了：分词器必须能还原出每一个字。",
)
def end_lost(pair, tokens):
    kept = _merged(pair, tokens)
    return kept[:-1] if kept[-1] == tokens[-1] else kept
