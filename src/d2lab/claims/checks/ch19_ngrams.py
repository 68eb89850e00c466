"""Chapter 19: counts of words: Zipf, stop words, smoothing."""

from itertools import pairwise

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import load
from d2lab.data.texts import text_of

RANKS = (10, 1000)


def letters_of(name: str, part: str) -> str:
    """Return the letters of an embedded text, in lower case."""
    return text.keep_letters(text_of(getattr(load(name), part)))


@claim(
    chapter=19,
    kind="measurement",
    en="Frequencies of words, and of pairs and triples of words, follow Zipf: a straight line of count over rank, both "
    "logarithmic, the flatter the longer the sequence.",
    zh="词频服从齐普夫定律，二元、三元词组亦然：频数与名次取对数后成一条直线，序列越长，直线越平。",
    scope="ranks 10 to 1,000 of the course's English prose",
    scope_zh="本课程英文正文，名次 10 到 1000",
    covers=("n-grams are Markov models of order n - 1",),
)
def word_frequencies_follow_zipf() -> Evidence:
    words = letters_of("notes-en", "train").split()
    fits = []
    for order in (1, 2, 3):
        counts = text.rank_counts(zip(*(words[first:] for first in range(order)), strict=False))
        fits.append(text.fit_zipf(counts, first=RANKS[0], last=RANKS[1]))
    exponents = [fit.exponent for fit in fits]
    straight, flatter = min(fit.r_squared for fit in fits), all(a > b for a, b in pairwise(exponents))
    right = straight >= 0.95 and flatter and abs(exponents[0] - 1) <= 0.25
    return Evidence(
        value=dict(zip(("words", "pairs", "triples"), exponents, strict=True)) | {"r_squared": straight},
        bound="each line explains 0.95 of the variance, the exponent of words is within 0.25 of 1, and the exponents "
        "fall from words to triples",
        bound_zh="每条直线都解释 0.95 以上的方差，单词的指数与 1 相差不到 0.25，且从单词到三元词组指数递减",
        verdict="holds in scope" if right else "does not hold",
        n=RANKS[1] - RANKS[0] + 1,
        data="notes-en",
        why_en="Exponents of {words:.2f}, {pairs:.2f} and {triples:.2f} for one, two and three words; the worst line "
        "explains {r_squared:.3f}. It is an approximation, for the middle ranks: the first words and those that occur "
        "once lie off it.",
        why_zh="单词、二元、三元的指数分别为 {words:.2f}、{pairs:.2f}、{triples:.2f}，最差的直线也解释了 "
        "{r_squared:.3f} 的方差。这只是中间名次的近似：最前面的几个词和只出现一次的词都不在线上。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="The most frequent words of a text are stop words.",
    zh="文本中最常见的词是停用词。",
    scope="the ten commonest words of the course's English prose, by scikit-learn's list of 318 stop words",
    scope_zh="本课程英文正文最常见的十个词，以 scikit-learn 的 318 个停用词为准",
)
def commonest_words_are_stop_words() -> Evidence:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = text.Vocabulary(letters_of("notes-en", "train").split())
    first, later = words.tokens[1:11], words.tokens[201:401]
    share, rest = (sum(word in ENGLISH_STOP_WORDS for word in some) / len(some) for some in (first, later))
    taken = sum(words.counts[word] for word in first) / words.counts.total()
    right = share >= 0.8 and share > 2 * rest
    return Evidence(
        value={"share": share, "later": rest, "taken": taken},
        bound="8 of the first 10 or more, and twice their share among ranks 201 to 400",
        bound_zh="前 10 个中至少 8 个，且比例是名次 201 到 400 中的两倍以上",
        verdict="holds in scope" if right else "does not hold",
        n=words.counts.total(),
        data="notes-en",
        why_en="Of the ten commonest words {share:.0%} are on the list, of ranks 201 to 400 {later:.0%}. These ten "
        "words make {taken:.0%} of the text, so that a model may leave them out or must get them right, as the task "
        "is.",
        why_zh="最常见的十个词有 {share:.0%} 在停用词表上，名次 201 到 400 中只有 {later:.0%}。这十个词占全文的 "
        "{taken:.0%}：是去掉还是必须学好，要看任务。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="Laplace smoothing is an effective way to make models of pairs of words.",
    zh="拉普拉斯平滑是建立二元语法词模型的有效方法。",
    covers=("the notes say both, that it is unsuitable and that it is effective",),
    budget_s=10,
)
def laplace_smoothing_serves_pairs_of_words() -> Evidence:
    found: dict[str, float] = {}
    for name, units in (("notes-en", text.words), ("notes-zh", text.words), ("notes-en", text.characters)):
        parts = load(name)
        train, test = (units(text_of(part)) for part in (parts.train, parts.test))
        known = text.Vocabulary(train, min_count=2)
        ids, held_out, size = known.encode(train), known.encode(test), len(known)
        key = f"{name[-2:]}_{'letters' if units is text.characters else 'words'}"
        one = text.NGram(ids, order=1, size=size, smoothing="add-k").perplexity(held_out)
        for way in ("add-k", "kneser-ney"):
            pairs = text.NGram(ids, order=2, size=size, smoothing=way).perplexity(held_out)
            found[f"{key}_{way.replace('-', '_')}"] = pairs / one
    bad = min(found["en_words_add_k"], found["zh_words_add_k"]) > 1
    return Evidence(
        value=found,
        bound="held-out perplexity of pairs with add-one smoothing below that of single words, in both languages; "
        "above in both refutes it",
        bound_zh="两种语言中，加一平滑的二元语法在留出文本上的困惑度都低于一元；都高于一元则不成立",
        verdict="does not hold"
        if bad
        else "holds"
        if max(found["en_words_add_k"], found["zh_words_add_k"]) < 1
        else "not decided",
        n=4,
        data="notes-en, notes-zh",
        counterexample="words of notes-en: pairs with add-one predict worse than words alone" if bad else "",
        counterexample_zh="notes-en 的词：加一平滑的二元语法不如只看单词" if bad else "",
        why_en="Held-out perplexity of pairs over that of single words: {en_words_add_k:.2f} (English), "
        "{zh_words_add_k:.2f} (Chinese). Each context gives one count to every word of the vocabulary, which is more "
        "than it has seen. Backing off to single words gives {en_words_kneser_ney:.2f} and "
        "{zh_words_kneser_ney:.2f}; for letters, of which there are few, adding one does no harm "
        "({en_letters_add_k:.2f}).",
        why_zh="二元与一元在留出文本上的困惑度之比：英文 {en_words_add_k:.2f}，中文 {zh_words_add_k:.2f}。每个上文都要"
        "给词表中的每个词加一次，加的比见过的还多。改为退回到一元，则是 {en_words_kneser_ney:.2f} 和 "
        "{zh_words_kneser_ney:.2f}；字母种类少，加一无妨（{en_letters_add_k:.2f}）。",
    )
