"""Byte-pair encoding: by hand, by the slow algorithm, and merge for merge beside Hugging Face's tokenizers."""

import itertools
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from d2lab.core.errors import ConfigError
from d2lab.text import BytePairEncoding
from d2lab.text.pretokens import pretokens

ROOT = Path(__file__).resolve().parents[2]
MESSY = "It's 'll I'LL  two\t\ttabs\x1c\x85end ½ Ⅷ ² ٣٤ é e\u0301 _a__b 词,词。 \u3000全 😀👍🏽 a\u200bb\n\n  \n x"


def english():
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))[:300_000]


def chinese():
    lines = "\n".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "course").rglob("*.md"))).splitlines()
    return "\n".join(line for line in lines if any("\u4e00" <= c <= "\u9fff" for c in line))


def code():
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src/d2lab/core").glob("*.py")))


def slow(text, merges):
    """Count all pairs anew for each merge (algorithm 1 of the paper)."""
    start = BytePairEncoding()
    tokens = list(start.tokens)
    words = Counter(tuple(tokens.index(bytes([b])) for b in word.encode()) for word in pretokens(text))
    found = []
    while len(tokens) < 256 + merges:
        pairs = Counter()
        for word, count in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += count
        if not pairs or max(pairs.values()) < 2:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        joined = tokens[best[0]] + tokens[best[1]]
        if joined not in tokens:
            tokens.append(joined)
        found.append(best)
        changed = Counter()
        for word, count in words.items():
            new, i = [], 0
            while i < len(word):
                if word[i : i + 2] == best:
                    new.append(tokens.index(joined))
                    i += 2
                else:
                    new.append(word[i])
                    i += 1
            changed[tuple(new)] += count
        words = changed
    return found


def test_the_lesson_by_hand():
    made = BytePairEncoding.train("low lower lowest", 2)
    assert [made.tokens[i] for i in (256, 257)] == [b"lo", b"low"]
    assert made.decode(made.encode("lowlands")) == "lowlands"
    assert len(made.encode("low")) == 1


@pytest.mark.parametrize("seed", range(12))
def test_the_heap_finds_what_counting_anew_finds(seed):
    draw = random.Random(seed)
    text = " ".join("".join(draw.choices("aab词", k=draw.randint(1, 12))) for _ in range(60))
    made = BytePairEncoding.train(text, 60)
    assert made.merges == slow(text, 60)
    for word in set(text.split()):
        ids = [made._byte_id[byte] for byte in word.encode()]
        for left, right in made.merges:  # one merge after another over the whole word, from the left
            i = 0
            while i + 1 < len(ids):
                if (ids[i], ids[i + 1]) == (left, right):
                    ids[i : i + 2] = [made._rank[left, right][1]]
                i += 1
        assert made.encode(word).tolist() == ids


def hugging_face(text, merges):
    reason = "Hugging Face's tokenizers is not installed here"
    tokenizers = pytest.importorskip("tokenizers", reason=reason)
    pre = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = pre
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + merges, min_frequency=2, initial_alphabet=pre.alphabet(), show_progress=False
    )
    theirs.train_from_iterator([text], trainer)
    return theirs


@pytest.mark.parametrize("source", [english, chinese, code, lambda: MESSY * 3, lambda: "aaaa aaaaa aaaaaaaa " * 9])
def test_merges_and_tokens_are_those_of_hugging_face(source):
    text = source()
    made = BytePairEncoding.train(text, 500)
    theirs = hugging_face(text, 500)
    number = theirs.get_vocab()
    merges = [(number[a], number[b]) for a, b in json.loads(theirs.to_str())["model"]["merges"]]
    assert made.merges == merges
    assert made.encode(text + MESSY).tolist() == theirs.encode(text + MESSY).ids


def test_any_text_comes_back():
    made = BytePairEncoding.train(english()[:20_000], 200)
    for text in (MESSY, chinese()[:2000], "", " ", "\n", "\x00\x7f"):
        assert "".join(pretokens(text)) == text
        assert made.decode(made.encode(text)) == text
    again = BytePairEncoding(made.merges)
    assert again.tokens == made.tokens
    assert again.encode(MESSY).tolist() == made.encode(MESSY).tolist()
    assert len(made) == 456


def test_no_merge_crosses_a_text():
    assert BytePairEncoding.train(["ab", "ab"], 9).merges == BytePairEncoding.train("ab ab", 1).merges
    assert BytePairEncoding.train(["a", "b"] * 5, 9).merges == []


def test_a_word_without_end_is_encoded_in_a_moment():
    made = BytePairEncoding.train("ab" * 500 + " abab", 10)
    long = "ab" * 100_000
    assert made.decode(made.encode(long)) == long
    assert len(made.encode(long)) < 20_000


@pytest.mark.parametrize(
    "act",
    [
        lambda: BytePairEncoding.train("a", -1),
        lambda: BytePairEncoding.train("a", 1, min_count=0),
        lambda: BytePairEncoding([(0, 256)]),
        lambda: BytePairEncoding([(0, 1), (0, 1)]),
        lambda: BytePairEncoding().decode([256]),
    ],
)
def test_bad_input_is_refused_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
