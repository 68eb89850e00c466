"""Tokenizers: what is written is read again, in every unit, from the record's plain values, too."""

import json

import pytest
import torch

from d2lab.core.errors import ConfigError, RunError
from d2lab.text.tokenizer import Tokenizer, join_words

TEXT = "The cat sat (well) on the mat, it isn't far.\n猫坐在垫子上，不远。The cat sat.\n"
UNITS = ("characters", "words", "bytes", "bpe")


@pytest.mark.parametrize("unit", UNITS)
def test_what_is_written_is_read_again(unit):
    made = Tokenizer.train(TEXT, unit, merges=20)
    again = Tokenizer.from_json(json.loads(json.dumps(made.to_json())), "run")
    ids = made.encode(TEXT)
    assert torch.equal(ids, again.encode(TEXT))
    assert len(made) == len(again) == int(ids.max()) + 1 or unit in ("bytes", "bpe")
    said = again.decode(ids)
    lost = (lambda text: text) if unit != "words" else (lambda text: "".join(text.split()))  # spaces and line breaks
    assert lost(said) == lost(TEXT)
    assert made.unknown(TEXT) == []


def test_bytes_are_pairs_without_merges_and_bpe_is_shorter():
    raw, merged = (Tokenizer.train(TEXT, unit, merges=20) for unit in ("bytes", "bpe"))
    assert len(raw) == 256 < len(merged) <= 276
    assert len(raw.encode(TEXT)) == len(TEXT.encode()) > len(merged.encode(TEXT))


def test_the_unknown_is_named_counted_and_shown():
    made = Tokenizer.train("abc abc", "characters")
    assert made.unknown("azbz") == ["z"]
    assert made.encode("za").tolist()[0] == 0
    assert made.decode(made.encode("za")) == "\ufffda"
    rare = Tokenizer.train("aab", "characters", min_count=1)
    assert rare.unknown("b") == []
    with pytest.raises(ConfigError, match="two or more"):
        Tokenizer.train("aab", "characters", min_count=2)
    assert len(Tokenizer.train("aabbc", "characters", size=3)) == 3


def test_letters_are_the_books():
    made = Tokenizer.train("The Time-Machine, 1898", "characters", letters=True)
    assert made.read("A B!") == "a b"
    assert made.unknown("MATHEMATIC") == []


def test_words_are_joined_as_they_are_written():
    assert join_words(["a", "(", "b", ",", "c", ")", ".", "d"]) == "a (b, c). d"
    assert join_words(["用", "NumPy", "写", "。"]) == "用NumPy写。"


@pytest.mark.parametrize(
    "wrong",
    [None, {}, {"format": 2, "unit": "bytes", "letters": False}, {"format": 1, "unit": "words", "letters": False},
     {"format": 1, "unit": "bpe", "letters": False, "merges": [[1, 900]]},
     {"format": 1, "unit": "characters", "letters": False, "tokens": ["a", "b"]}],
)  # fmt: skip
def test_broken_values_are_one_line(wrong):
    with pytest.raises(RunError) as caught:
        Tokenizer.from_json(wrong, "run x")
    assert "\n" not in str(caught.value)
