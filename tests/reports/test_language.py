"""Figures of a language run: which there are, and that neighbors are the nearest by cosine."""

import pytest
import torch

from d2lab.experiments import load_run, train
from d2lab.reports.figures import draw_run
from d2lab.reports.language import nearest_tokens, shown_tokens, token_vectors
from d2lab.text.tokenizer import Tokenizer

TINY = {"examples": 2000, "batch_size": 8, "epochs": 1, "threads": 1, "sample": 0}
MODELS = {
    "rnn": ({"hidden": 8, "steps": 16}, ["curves", "gradients", "neighbors"]),
    "gpt-bpe": (
        {"width": 16, "layers": 1, "heads": 2, "context": 8, "merges": 20},
        ["curves", "gradients", "attention", "neighbors"],
    ),
    "ngram": ({"order": 3, "steps": 16}, ["curves"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_each_model_has_its_figures(name, tmp_path):
    changes, figures = MODELS[name]
    run = train(name, device="cpu", changes={**TINY, **changes}, root=tmp_path)
    made = draw_run(run.record.folder)
    assert [path.stem for path in made] == figures
    assert all(path.stat().st_size > 2_000 for path in made)
    vectors = token_vectors(load_run(run.record.folder).model)
    assert (vectors is None) == (name == "ngram")


def test_neighbors_are_the_nearest_of_the_tokens_that_are_read():
    tokenizer = Tokenizer.train("abcd" * 5 + "ab\n" * 3)
    names = [tokenizer.decode([number]) for number in range(1, len(tokenizer))]
    angles = {"a": 0.0, "b": 0.3, "c": 2.0, "d": 2.2, "\n": 4.0}
    turned = torch.tensor([angles[name] for name in names])
    vectors = torch.cat([torch.zeros(1, 2), torch.stack([turned.cos(), turned.sin()], 1)])
    vectors[1:] -= vectors[1:].mean(0)  # so that centering changes nothing
    rows = nearest_tokens(vectors, tokenizer, tokenizer.encode("aaaabbbccd\n"))
    assert [token for token, _ in rows] == ["a", "b", "c", "d", "↵"]
    units = torch.nn.functional.normalize(vectors[1:], dim=1)
    for token, near in rows:
        place = [{"\n": "↵"}.get(name, name) for name in names].index(token)
        cosines = {names[other]: float(units[place] @ units[other]) for other in range(5) if other != place}
        best = sorted(cosines, key=cosines.get, reverse=True)
        assert [{"↵": "\n"}.get(other, other) for other, _ in near] == best
        assert [cosine for _, cosine in near] == pytest.approx([cosines[other] for other in best], abs=1e-5)


@pytest.mark.parametrize("text", ["", "aaaa"])
def test_a_text_of_one_kind_of_token_has_no_neighbors(text):
    tokenizer = Tokenizer.train("abcd")
    assert nearest_tokens(torch.randn(5, 3), tokenizer, tokenizer.encode(text)) == []


def test_spaces_are_visible():
    tokenizer = Tokenizer.train("a b\nc\t")
    assert shown_tokens(tokenizer, tokenizer.encode("a \n\t")) == ["a", "␣", "↵", "→"]
