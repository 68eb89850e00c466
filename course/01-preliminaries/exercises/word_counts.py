from d2lab.exercises import RandomInputs, exercise


def some_words(draw: RandomInputs):
    return (" ".join(draw.choice(("layer", "loss", "Layer", "rate", "LOSS", "map")) for _ in range(draw.size(1, 12))),)


@exercise("python-primer", order=1, zh="数词", en="Count words", arguments=some_words)
def word_counts(text: str) -> dict[str, int]:
    """Count how often each word occurs; upper and lower case are the same word.

    数每个词出现几次；大小写算同一个词。

    Args:
        text: words with blanks between. 用空格隔开的词。

    >>> word_counts("layer Layer loss")
    {'layer': 2, 'loss': 1}
    """
    raise NotImplementedError


@word_counts.solution(
    en="`get` gives a word that is new a 0.",
    zh="字典的 `get` 给没见过的词一个 0。",
)
def word_counts(text):
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def _counted(words):
    return {w: words.count(w) for w in words}


@word_counts.mistake(en="Upper and lower case were counted apart.", zh="大小写分开数了。")
def case_matters(text):
    return _counted(text.split())


@word_counts.mistake(en="Letters were counted, not words.", zh="数的是字母，不是词。")
def letters(text):
    return _counted(list(text.lower().replace(" ", "")))


@word_counts.mistake(en="Every word counts once: a number must grow.", zh="每个词都只数了一次：次数要累加。")
def once_each(text):
    return dict.fromkeys(text.lower().split(), 1)


@word_counts.mistake(en="This is the number of different words.", zh="这是不同的词的个数。")
def how_many(text):
    return len(set(text.lower().split()))
