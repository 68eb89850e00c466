"""Tokens and vocabularies: what the book makes of a text, ties, unknown ones, bad input."""

import re
from collections import Counter

import pytest
import torch

from d2lab.core.errors import ConfigError, DataError
from d2lab.text import UNKNOWN, Vocabulary, characters, from_bytes, keep_letters, to_bytes, words

TEXT = "The Time Traveller (for so it will be convenient)\n\nwas expounding: 时光机器，1895 年。"


def test_letters_are_the_books():
    lines = TEXT.splitlines()
    book = [re.sub("[^A-Za-z]+", " ", line).strip().lower() for line in lines]
    assert keep_letters(TEXT) == " ".join(line for line in book if line)


def test_bytes_and_characters_give_the_text_back():
    assert "".join(characters(TEXT)) == TEXT
    assert to_bytes(TEXT).tolist() == list(TEXT.encode())
    assert from_bytes(to_bytes(TEXT).long()) == TEXT
    assert from_bytes(to_bytes("时")[:2]) == "\ufffd"
    assert len(to_bytes("")) == 0


def test_words_leave_out_white_space_alone():
    assert "".join(words(TEXT)) == "".join(TEXT.split())
    assert words("don’t_x") == ["don’t", "_", "x"]


@pytest.mark.parametrize(
    ("act", "error"), [(lambda: to_bytes("\ud800"), DataError), (lambda: from_bytes(torch.tensor([256])), ConfigError)]
)
def test_what_is_no_text_is_refused(act, error):
    with pytest.raises(error, match="got"):
        act()


def test_numbers_follow_frequency_and_ties_the_text():
    made = Vocabulary(["b", "a", "c", "c", "b", "d"], reserved=("<pad>",))
    assert made.tokens == [UNKNOWN, "<pad>", "b", "c", "a", "d"]
    assert Vocabulary(["b", "a", "c", "c", "b"], min_count=2).tokens == [UNKNOWN, "b", "c"]
    assert Vocabulary(["b", "a", "c", "c", "b"], size=2).tokens == [UNKNOWN, "b"]
    counts = Counter(TEXT)
    rank = [counts[token] for token in Vocabulary(TEXT).tokens[1:]]
    assert rank == sorted(counts.values(), reverse=True)


def test_a_text_is_encoded_like_its_list_of_characters():
    made = Vocabulary(TEXT[:40])
    assert torch.equal(made.encode(TEXT), made.encode(list(TEXT)))
    assert made.encode("T时").tolist() == [made.ids["T"], 0]
    assert "".join(made.decode(made.encode(TEXT[:40]))) == TEXT[:40]
    assert made.unknown_share("T时") == 0.5
    assert made.unknown_share([]) == 0
    assert Vocabulary.from_tokens(made.tokens).ids == made.ids
    assert "T" in made
    assert "时" not in made


@pytest.mark.parametrize(
    "act",
    [
        lambda: Vocabulary("a", min_count=0),
        lambda: Vocabulary("a", size=0),
        lambda: Vocabulary("a", reserved=("<unk>",)),
        lambda: Vocabulary("a").decode([2]),
        lambda: Vocabulary("a").decode([-1]),
        lambda: Vocabulary.from_tokens(["a"]),
        lambda: Vocabulary.from_tokens([UNKNOWN, "a", "a"]),
    ],
)
def test_a_vocabulary_refuses_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act()
    assert "\n" not in str(caught.value)
