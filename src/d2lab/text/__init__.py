"""The text room: tokens, vocabularies, byte-pair encoding, windows, n-grams, sampling and search.

    from d2lab import text

    words = text.words("It isn't far.")
    numbers = text.Vocabulary(words).encode(words)

It works on logits or on a step function `(tokens, state) -> (logits, state)`, and knows no model.
"""

from d2lab.text.beam import Hypothesis, beam_search
from d2lab.text.bpe import BytePairEncoding
from d2lab.text.hidden_markov import count_transitions, forward_log_likelihood, stationary, viterbi
from d2lab.text.likelihood import bits_per_byte, perplexity
from d2lab.text.ngram import NGram
from d2lab.text.sampling import SamplingRule, generate, greedy, min_p, temper, top_k, top_p
from d2lab.text.tokens import characters, from_bytes, keep_letters, to_bytes, words
from d2lab.text.vocabulary import UNKNOWN, Vocabulary
from d2lab.text.windows import (
    Windows,
    embed_series,
    random_batches,
    sequential_batches,
    split_blocks,
    windows,
)
from d2lab.text.zipf import ZipfFit, fit_zipf, rank_counts

__all__ = [
    "UNKNOWN",
    "BytePairEncoding",
    "Hypothesis",
    "NGram",
    "SamplingRule",
    "Vocabulary",
    "Windows",
    "ZipfFit",
    "beam_search",
    "bits_per_byte",
    "characters",
    "count_transitions",
    "embed_series",
    "fit_zipf",
    "forward_log_likelihood",
    "from_bytes",
    "generate",
    "greedy",
    "keep_letters",
    "min_p",
    "perplexity",
    "random_batches",
    "rank_counts",
    "sequential_batches",
    "split_blocks",
    "stationary",
    "temper",
    "to_bytes",
    "top_k",
    "top_p",
    "viterbi",
    "windows",
    "words",
]
