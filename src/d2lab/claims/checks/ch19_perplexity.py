"""Chapter 19: what perplexity is."""

from math import log

import torch

from d2lab import text
from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within

PREDICTED = (0.9, 0.5, 0.4, 0.6, 0.2)  # the probabilities that a model gave the tokens that came


@claim(
    chapter=19,
    kind="identity",
    en="Perplexity measures a language model: 1 is perfect, the size of the vocabulary is uniform guessing, and one "
    "token that was thought impossible makes it infinite.",
    zh="困惑度衡量语言模型的好坏：1 是完美，均匀猜测时等于词表大小，只要有一个词元被判为不可能，困惑度就是无穷大。",
    scope="models that count in the same tokens; between characters and words, bits per byte compare",
    scope_zh="用同一种词元的模型之间；字符与词之间要比每字节的比特数",
)
def perplexity_is_one_at_best_and_the_vocabulary_when_guessing() -> Evidence:
    perfect, worst = text.perplexity(torch.zeros(9)), text.perplexity(torch.tensor([0.0, -torch.inf]))
    guessed = max(abs(text.perplexity(torch.full((9,), -log(kinds), dtype=torch.float64)) / kinds - 1)
                  for kinds in (2, 28, 50_000))  # fmt: skip
    letters = "the same text"  # by letters and by words, all equally probable: one probability of the whole
    whole = -log(28) * len(letters)
    by_letter, by_word = (text.perplexity(torch.full((n,), whole / n, dtype=torch.float64)) for n in (13, 3))
    bits = {text.bits_per_byte(torch.full((n,), whole / n, dtype=torch.float64), len(letters)) for n in (13, 3)}
    right = max(abs(perfect - 1), guessed) <= 1e-12 and worst == torch.inf
    scoped = by_word > 2 * by_letter and max(bits) - min(bits) <= 1e-12
    return Evidence(
        value={"perfect": perfect, "guessed": guessed, "letters": by_letter, "words": by_word, "bits": max(bits)},
        bound="1 and the vocabulary's size to 1e-12, infinity where a probability is 0; in scope if the same "
        "probability of a text has another perplexity in other tokens",
        bound_zh="1 与词表大小误差不超过 1e-12，有概率为 0 时无穷大；若同一文本、同一概率换一种词元困惑度就变，"
        "则只在范围内成立",
        verdict="does not hold" if not right else "holds in scope" if scoped else "holds",
        n=5,
        why_en="It is exp of the mean negative log-likelihood. But it is a mean over tokens: the same text with the "
        "same probability has {letters:.0f} by its letters and {words:,.0f} by its words; {bits:.2f} bits a byte both.",
        why_zh="它是平均负对数似然的指数。但平均是对词元取的：同一文本、同一概率，按字母算是 {letters:.0f}，按词算是 "
        "{words:.0f}；每字节的比特数都是 {bits:.2f}。",
    )


@claim(
    chapter=19,
    kind="identity",
    en="Perplexity is the harmonic mean of the number of choices for the next token.",
    zh="困惑度是“下一个词元的实际选择数的调和平均数”。",
)
def perplexity_is_a_harmonic_mean_of_choices() -> Evidence:
    choices = 1 / torch.tensor(PREDICTED, dtype=torch.float64)
    found = text.perplexity(-choices.log())
    geometric = float(choices.prod() ** (1 / len(choices)))
    harmonic, arithmetic = float(1 / (1 / choices).mean()), float(choices.mean())
    right = within(abs(found - harmonic), 1e-12)
    return Evidence(
        value={"perplexity": found, "harmonic": harmonic, "geometric": geometric, "arithmetic": arithmetic},
        bound="the harmonic mean of 1 / p to 1e-12",
        bound_zh="与 1/p 的调和平均数相差不超过 1e-12",
        verdict=right,
        n=len(choices),
        counterexample="" if right == "holds" else f"probabilities {', '.join(map(str, PREDICTED))}",
        counterexample_zh="" if right == "holds" else f"概率为 {'、'.join(map(str, PREDICTED))}",
        why_en="exp of a mean of logarithms is the geometric mean: {perplexity:.3f}, as the geometric mean of 1 / p "
        "({geometric:.3f}). The harmonic mean is {harmonic:.3f}, the arithmetic {arithmetic:.3f}.",
        why_zh="对数的平均再取指数，是几何平均：困惑度 {perplexity:.3f}，正是 1/p 的几何平均 {geometric:.3f}；调和平均"
        "只有 {harmonic:.3f}，算术平均为 {arithmetic:.3f}。",
    )
