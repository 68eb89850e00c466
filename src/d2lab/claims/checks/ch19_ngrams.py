"""Chapter 19: counts of words: Zipf, stop words, smoothing."""

from collections.abc import Callable

from jaxtyping import Int64
from torch import Tensor

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.data.catalog import at_hand, load
from d2lab.data.texts import text_of
from d2lab.text.ngram import Smoothing

RANKS = (10, 1000)


def letters_of(name: str) -> str:
    """Return the letters of a text, in lower case."""
    parts = load(name, fetch=False)
    return text.keep_letters(text_of(parts.train) + " " + text_of(parts.test))


def counts_of(words: list[str], order: int) -> Int64[Tensor, " ranks"]:
    """Return how often each sequence of so many words occurs, the commonest first."""
    return text.rank_counts(zip(*(words[first:] for first in range(order)), strict=False))


@claim(
    chapter=19,
    kind="measurement",
    en="Frequencies of words and of pairs of words follow Zipf: count over rank, both logarithmic, is a straight line, "
    "flatter for pairs.",
    zh="词频与二元词组的频率服从齐普夫定律：频数与名次取对数后成一条直线，二元词组的直线更平。",
    scope="ranks 10 to 1,000 of The Time Machine",
    scope_zh="《时光机器》，名次 10 到 1000",
    covers=("n-grams are Markov models of order n - 1",),
)
def word_frequencies_follow_zipf() -> Evidence:
    name = at_hand("time-machine", "notes-en")
    counts = counts_of(letters_of(name).split(), 1)
    words, pairs = (
        text.fit_zipf(counts_of(letters_of(name).split(), n), first=RANKS[0], last=RANKS[1]) for n in (1, 2)
    )
    straight, first = min(words.r_squared, pairs.r_squared), int(counts[0]) / words.count(1)
    right = straight >= 0.95 and pairs.exponent < words.exponent and abs(words.exponent - 1) <= 0.25
    return Evidence(
        value={"words": words.exponent, "pairs": pairs.exponent, "r_squared": straight, "first": first},
        bound="both lines explain 0.95 of the variance, the exponent of words is within 0.25 of 1, that of pairs below "
        "it",
        bound_zh="两条直线都解释 0.95 以上的方差，单词的指数与 1 相差不到 0.25，二元词组的更小",
        verdict="holds in scope" if right else "does not hold",
        n=RANKS[1] - RANKS[0] + 1,
        data=name,
        stand_in=name != "time-machine",
        why_en="Exponents of {words:.2f} and {pairs:.2f}; the worse line explains {r_squared:.3f}. It is an "
        "approximation for the middle ranks: the commonest word occurs {first:.2f} times as often as the line says.",
        why_zh="指数分别为 {words:.2f} 和 {pairs:.2f}，较差的直线也解释了 {r_squared:.3f} 的方差。这只是中间名次的近"
        "似：最常见的词，出现次数只有直线所说的 {first:.2f} 倍。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="Frequencies of triples of words follow Zipf, too.",
    zh="三元词组的频率同样服从齐普夫定律。",
)
def frequencies_of_triples_follow_zipf() -> Evidence:
    names = (at_hand("time-machine", "notes-en"), "notes-en")
    counts = [counts_of(letters_of(name).split(), 3) for name in names]
    worse, better = sorted(text.fit_zipf(one, first=RANKS[0], last=RANKS[1]).r_squared for one in counts)
    few = float((counts[0][RANKS[0] - 1 : RANKS[1]] <= 3).double().mean())
    bad = better < 0.95
    return Evidence(
        value={"r_squared": better, "worse": worse, "few": few},
        bound="a line explains 0.95 of the variance over ranks 10 to 1,000 in both texts; in neither refutes it",
        bound_zh="名次 10 到 1000，直线在两篇文本中都解释 0.95 以上的方差；两篇都不到则不成立",
        verdict="does not hold" if bad else "holds" if worse >= 0.95 else "not decided",
        n=RANKS[1] - RANKS[0] + 1,
        data=", ".join(dict.fromkeys(names)),
        stand_in=names[0] != "time-machine",
        counterexample="triples that occur twice or three times: two steps of a staircase" if bad else "",
        counterexample_zh="只出现两三次的三元词组：两级台阶，不是直线" if bad else "",
        why_en="A text of a short book is too short for it: {few:.0%} of these ranks have a count of three or less, "
        "steps of a staircase, of which a line explains {r_squared:.3f} and {worse:.3f}.",
        why_zh="一本小书太短了：这些名次中有 {few:.0%} 的频数不超过三，是几级台阶，直线只解释了 {r_squared:.3f} 和 "
        "{worse:.3f} 的方差。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="The most frequent words of a text are stop words.",
    zh="文本中最常见的词是停用词。",
    scope="the ten commonest words of the course's English prose, by scikit-learn's list of 318 stop words",
    scope_zh="本课程英文正文最常见的十个词，以 scikit-learn 的 318 个停用词为准",
    budget_s=8,
)
def commonest_words_are_stop_words() -> Evidence:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = text.Vocabulary(letters_of("notes-en").split())
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


def pairs_over_single(name: str, units: Callable[[str], list[str]], smoothing: Smoothing) -> float:
    """Return the held-out perplexity of pairs of tokens over that of single ones, both counted on the training part."""
    parts = load(name)
    train, test = (units(text_of(part)) for part in (parts.train, parts.test))
    known = text.Vocabulary(train, min_count=2)
    ids, held_out, size = known.encode(train), known.encode(test), len(known)
    one = text.NGram(ids, order=1, size=size, smoothing="add-k").perplexity(held_out)
    return text.NGram(ids, order=2, size=size, smoothing=smoothing).perplexity(held_out) / one


@claim(
    chapter=19,
    kind="measurement",
    en="Laplace smoothing is an effective way to make models of pairs of words.",
    zh="拉普拉斯平滑是建立二元语法词模型的有效方法。",
    covers=("the notes say both, that it is unsuitable and that it is effective",),
)
def laplace_smoothing_serves_pairs_of_words() -> Evidence:
    added, backed = (pairs_over_single("notes-en", text.words, way) for way in ("add-k", "kneser-ney"))
    bad = added > 1 > backed
    return Evidence(
        value={"added": added, "backed": backed},
        bound="held-out perplexity of pairs, over that of single words, below 1 with add-one smoothing; above it, "
        "where another smoothing stays below, refutes the statement",
        bound_zh="加一平滑的二元语法与一元在留出文本上的困惑度之比小于 1；若大于 1，而别的平滑小于 1，则不成立",
        verdict="does not hold" if bad else "holds" if added < 1 else "not decided",
        n=2,
        data="notes-en",
        counterexample="words of notes-en: pairs with add-one predict worse than words alone" if bad else "",
        counterexample_zh="notes-en 的词：加一平滑的二元语法不如只看单词" if bad else "",
        why_en="With add-one smoothing pairs have {added:.2f} times the held-out perplexity of single words. Each "
        "context gives one count to every word there is, which is more than it has seen itself. Where unseen pairs are "
        "left to the single words, it is {backed:.2f}.",
        why_zh="加一平滑时，二元语法在留出文本上的困惑度是一元的 {added:.2f} 倍：每个上文都要给词表里的每个词加一次，加"
        "的比自己见过的还多。没见过的词对若交给一元来估计，则是 {backed:.2f} 倍。",
    )


@claim(
    chapter=19,
    kind="measurement",
    en="For pairs from a small vocabulary Laplace smoothing is good enough.",
    zh="词表小的时候，二元语法用拉普拉斯平滑就够了。",
    scope="English letters; with the thousand characters of the Chinese text pairs gain, but far less than they could",
    scope_zh="英文字符；中文文本的千余个汉字，二元语法虽有改进，却远不及应有的水平",
)
def laplace_smoothing_serves_pairs_of_letters() -> Evidence:
    kinds = (("letters", "notes-en", text.characters), ("han", "notes-zh", text.words))
    ways: tuple[Smoothing, ...] = ("add-k", "kneser-ney")
    found = {f"{key}_{way[:3]}": pairs_over_single(name, units, way) for key, name, units in kinds for way in ways}
    apart = {key: found[f"{key}_add"] / found[f"{key}_kne"] for key, *_ in kinds}
    return Evidence(
        value={"letters": apart["letters"], "han": apart["han"], **found},
        bound="perplexity of pairs with add-one smoothing at most 1.05 times that with Kneser-Ney's; in scope if more "
        "for Chinese characters",
        bound_zh="加一平滑的二元困惑度不超过 Kneser-Ney 的 1.05 倍；若汉字超过，则只在范围内成立",
        verdict="does not hold" if apart["letters"] > 1.05 else "holds in scope" if apart["han"] > 1.05 else "holds",
        n=4,
        data="notes-en, notes-zh",
        why_en="Adding one to each of a hundred counts hardly matters where a letter was seen a thousand times: "
        "{letters:.2f} times the perplexity of the best smoothing. With a thousand kinds it is {han:.1f} times.",
        why_zh="一个字母见过上千次，百来种后续各加一次无关紧要：困惑度是最好平滑的 {letters:.2f} 倍。种类上千时，则是 "
        "{han:.1f} 倍。",
    )
