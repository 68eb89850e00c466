"""The three forms of the recurrent language model that the benchmark times are one function, trained alike."""

import importlib

import pytest
import torch


@pytest.fixture
def forms():
    return importlib.import_module("benchmarks.vs_book.language_forms")


def test_all_forms_take_the_same_steps(forms, rng):
    concise, scratch = forms.Concise(), forms.Scratch()
    ours = forms.our_model(like=concise)
    with torch.no_grad():
        of = dict(concise.named_parameters())
        bias = of["rnn.bias_ih_l0"] + of["rnn.bias_hh_l0"]
        values = of["rnn.weight_ih_l0"].T, of["rnn.weight_hh_l0"].T, of["out.weight"].T, bias, of["out.bias"]
        for weight, value in zip((scratch.xh, scratch.hh, scratch.hq, scratch.bh, scratch.bq), values, strict=True):
            weight.copy_(value)
    # Two biases of a sum move twice as far as one: the scratch form is compared before its first step.
    step = forms.our_step(ours, torch.optim.SGD(ours.parameters(), lr=1.0))
    book, alone = forms.book_step(concise), forms.book_step(scratch)
    tokens = torch.randint(forms.KINDS, (4, 3, 6), generator=rng)
    losses = [[one(x[:, :-1], x[:, 1:]) for x in tokens] for one in (book, step)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][0] != pytest.approx(losses[0][-1], rel=1e-3)
    assert alone(tokens[0][:, :-1], tokens[0][:, 1:]) == pytest.approx(losses[0][0], rel=1e-6)
