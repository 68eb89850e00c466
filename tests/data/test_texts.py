"""Texts, pairs and series: what is frozen stays, encodings are found, nothing leaks, and n pairs cost n lines."""

import hashlib
import io
import zipfile

import pytest
import torch

from d2lab import data
from d2lab.core.errors import ConfigError, DataError
from d2lab.core.seed import stream
from d2lab.data import catalog, pairs, series, text_file, texts

FROZEN = {
    "en-train": "76ac0ed6bbcf3a78218fbe8730bc61ad92b225fdf855f809adbbeda47cbd9dd4",
    "zh-train": "4ba4830c01365f0f3f3c7e512d8ad63bd42fb07e1928bf4ff505bfe9f471783c",
    "pairs-train": "110f55373784f9495503eb10e2f9784145d4ab360dd97c4dbdb04c19cb8ae5bc",
    "en-test": "7879429d5ba1bdc1f0a4b17cd5c2f3ad78009898662c84f2788f0bb5f28b0b6a",
    "zh-test": "342ecac13efc11c571225a654289292a7b3d2b2aa30d8a5c1788ea617b173197",
    "pairs-test": "7dfd3b60726212b77be7068f2fbf60095f0790806a23a9674aed749d2c9dfa3c",
}
LINES = ["It rains, and the rain is old.", "深度学习需要耐心，也需要数据。", "Ça va? Déjà vu, naïve œuvre."]


@pytest.mark.parametrize("name", FROZEN)
def test_the_notes_are_frozen(name):
    assert hashlib.sha256(texts.read_notes(name)).hexdigest() == FROZEN[name]


@pytest.mark.parametrize("name", ["notes-en", "notes-zh"])
def test_notes_are_bytes_in_order_without_markup(name, cache):
    loaded = data.load(name, fetch=False)
    for split, part in ((loaded.train, "train"), (loaded.test, "test")):
        raw = texts.read_notes(f"{name.removeprefix('notes-')}-{part}")
        assert bytes(split.inputs.numpy()) == raw[:-1]
        assert bytes(split.targets.numpy()) == raw[1:]
        assert split.inputs.untyped_storage().data_ptr() == split.targets.untyped_storage().data_ptr()
        assert data.text_of(split) == raw.decode()
        assert not [mark for mark in ("```", "$$", ":::", "{eq}", "+++") if mark in raw.decode()]
    assert not cache.exists()


def test_no_held_out_pair_was_trained_on():
    loaded = data.load("notes-pairs", fetch=False)
    english = [set(data.unpad_texts(*split.inputs)) for split in (loaded.train, loaded.test)]
    assert not english[0] & english[1]
    found = data.read_pairs(catalog.card("notes-pairs"))
    assert len(found) == sum(loaded.card.examples)
    assert data.unpad_texts(*loaded.train.targets)[:9] == [chinese for _, chinese in found[:9]]
    chinese = [any("\u4e00" <= c <= "\u9fff" for c in text) for _, text in found]
    assert all(chinese)


def test_padding_gives_the_texts_back():
    padded, lengths = pairs.pad_texts([*LINES, ""], 60)
    assert data.unpad_texts(padded, lengths) == [*LINES, ""]
    assert lengths.tolist() == [len(text.encode()) for text in [*LINES, ""]]
    assert padded[0, lengths[0] :].sum() == 0
    assert data.unpad_texts(*pairs.pad_texts(["时光"], 4)) == ["时"]


class Counted(io.StringIO):
    """A file that counts the lines that were read."""

    read_lines = 0

    def __next__(self):
        self.read_lines += 1
        return super().__next__()


def test_the_first_pairs_cost_their_own_lines(monkeypatch):
    made = Counted("".join(f"go {i} .\tva {i} !\n" for i in range(10_000)))
    card = catalog.card("notes-pairs")
    monkeypatch.setattr(pairs, "_pairs", lambda card, fetch: pairs._split_lines(made, card))
    assert data.read_pairs(card, 7)[-1] == ("go 6 .", "va 6 !")
    assert made.read_lines == 7


def test_pairs_refuse_in_one_line(tmp_path):
    card = catalog.card("notes-pairs")
    with pytest.raises(ConfigError, match="got 0"):
        data.read_pairs(card, 0)
    with pytest.raises(DataError, match="line 2 of notes-pairs: got 'no tab'"):
        list(pairs._split_lines(io.StringIO("a\tb\nno tab\n"), card))
    with pytest.raises(ConfigError, match="width"):
        pairs.pad_texts(["a"], 0)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("other.txt", "a")
    with pytest.raises(DataError, match=r"fra-eng/fra\.txt"):
        pairs._member(tmp_path / "a.zip", "fra-eng/fra.txt")


WRITTEN = [
    ("utf-8", "utf-8", "\n".join(LINES * 9)),
    ("utf-8-sig", "utf-8-sig", "\n".join(LINES * 9)),
    ("utf-16", "utf-16", "\n".join(LINES * 9)),
    ("utf-16-le", "utf-16-le", "\n".join(LINES[:1] * 9)),
    ("utf-16-be", "utf-16-be", "\n".join(LINES[:1] * 9)),
    ("gb18030", "gb18030", "\n".join(LINES[:2] * 9)),
    ("latin-1", None, "\n".join(["Ça va? Déjà vu, été, naïve élève."] * 9)),
]


@pytest.mark.parametrize(("encoding", "found", "text"), WRITTEN, ids=[row[0] for row in WRITTEN])
@pytest.mark.parametrize("piece", [1 << 20, 7])
def test_an_encoding_is_found_or_asked_for(encoding, found, text, piece, tmp_path, cache, monkeypatch):
    monkeypatch.setattr(text_file, "PIECE", max(piece, 64) if found != "utf-8" else piece)
    place = tmp_path / "own.txt"
    place.write_bytes(text.encode(encoding))
    text_file._looked_through.cache_clear()
    name = f"text:{place}"
    assert text_file.find_encoding(place) == found
    if found is None:
        with pytest.raises(DataError, match=r"text:own.txt#latin-1") as caught:
            data.load(name)
        assert "\n" not in str(caught.value)
        name += "#latin-1"
    loaded = data.load(name)
    both = bytes(loaded.train.inputs.numpy()) + bytes(loaded.train.targets[-1:].numpy())
    rest = bytes(loaded.test.inputs.numpy()) + bytes(loaded.test.targets[-1:].numpy())
    assert (both + rest).decode("utf-8") == text
    both.decode("utf-8")  # no character is cut
    assert len(rest) > 0.04 * len(text.encode())
    assert cache.exists() == (found not in ("utf-8", "utf-8-sig"))
    assert place.read_bytes() == text.encode(encoding)


def test_a_text_without_lines_is_cut_between_characters(tmp_path):
    place = tmp_path / "own.txt"
    place.write_text("词" * 101, encoding="utf-8")
    loaded = data.load(f"text:{place}")
    assert "\ufffd" not in data.text_of(loaded.train) + data.text_of(loaded.test)


def test_a_text_of_ones_own_refuses_in_one_line(tmp_path):
    (tmp_path / "short.txt").write_text("a" * 99)
    (tmp_path / "own.txt").write_text("a line\n" * 90)
    card = catalog.card(f"text:{tmp_path / 'own.txt'}")
    (tmp_path / "own.txt").write_text("other line\n" * 90)
    for act, message in [
        (lambda: data.load(f"text:{tmp_path / 'none.txt'}"), "no such file"),
        (lambda: data.load(f"text:{tmp_path}"), "a folder"),
        (lambda: data.load(f"text:{tmp_path / 'short.txt'}"), "99 bytes"),
        (lambda: data.load(f"text:{tmp_path / 'own.txt'}#klingon"), "klingon"),
        (lambda: data.load_card(card), "another content"),
        (lambda: texts.load(catalog.card("digits")), "digits"),
        (lambda: texts.byte_split(torch.zeros(1, dtype=torch.uint8)), "1 bytes"),
        (lambda: data.text_of(data.load("digits").train), "byte by byte"),
    ]:
        with pytest.raises(DataError, match=message) as caught:
            act()
        assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"For a text write text:"):
        catalog.card(str(tmp_path / "own.txt"))


REAL = ["time-machine", "tiny-shakespeare", "ptb", "wikitext-2", "fra-eng"]


@pytest.mark.parametrize("name", REAL)
def test_a_real_set_is_what_its_card_says(name):
    card = catalog.card(name)
    if data.on_disk(card).state != "complete":
        pytest.skip(f"{name} is not on disk: set D2LAB_DATA")
    loaded = data.load(name, fetch=False)
    assert (len(loaded.train), len(loaded.test)) == card.examples
    if card.task == "language":
        assert "\ufffd" not in data.text_of(loaded.test)
    else:
        english = [set(data.unpad_texts(*split.inputs)) for split in (loaded.train, loaded.test)]
        assert not english[0] & english[1]


def test_a_process_has_the_autocorrelation_of_its_weight():
    x = series.autoregressive([0.8], 40_000, stream(0, "test")).double()
    x = x - x.mean()
    for k in (1, 2, 3):
        assert float((x[k:] * x[:-k]).mean() / x.square().mean()) == pytest.approx(0.8**k, abs=0.03)
    assert float(x.var()) == pytest.approx(1 / (1 - 0.64), rel=0.05)


def test_least_squares_finds_the_weights_of_the_process():
    train = data.load("ar-process", seed=1).train
    found = torch.linalg.lstsq(train.inputs, train.targets).solution.flatten()
    assert found.tolist() == pytest.approx([0, 0, series.AR_WEIGHTS[1], series.AR_WEIGHTS[0]], abs=0.12)


def test_the_held_out_part_of_a_series_is_later_and_shares_no_value():
    loaded = data.load("noisy-sine", seed=3)
    whole = series.noisy_sine(1000, stream(3, "noisy-sine"))
    assert torch.equal(loaded.train.inputs[0], whole[:4])
    assert torch.equal(loaded.test.inputs[0], whole[600:604])
    assert float(loaded.test.targets[-1]) == float(whole[-1])
    assert float(loaded.train.targets[-1]) == float(whole[599])
    assert float((whole - torch.sin(0.01 * torch.arange(1, 1001))).std()) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    "act",
    [
        lambda draw: series.autoregressive([1.0], 5, draw),
        lambda draw: series.autoregressive([], 5, draw),
        lambda draw: series.autoregressive([0.5], 0, draw),
        lambda draw: series.noisy_sine(0, draw),
        lambda draw: series.noisy_sine(5, draw, noise=-1.0),
        lambda draw: series.load(catalog.card("digits")),
    ],
)
def test_a_series_refuses_in_one_line(act):
    with pytest.raises(ConfigError) as caught:
        act(torch.Generator())
    assert "\n" not in str(caught.value)
