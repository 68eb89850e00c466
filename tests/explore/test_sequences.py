"""The explorers of chapter 19: what they show of windows, of gradients through time and of sampling is torch's."""

import json
import math

import pytest
import torch
from torch import nn

from d2lab.explore.run import STATIC
from d2lab.text.sampling import SamplingRule
from d2lab.text.windows import sequential_batches, windows

pytestmark = pytest.mark.slow
DOUBLE = {"dtype": torch.float64}


def close(given, wanted):
    wanted = torch.as_tensor(wanted, **DOUBLE)
    torch.testing.assert_close(torch.as_tensor(given, **DOUBLE), wanted, atol=1e-5, rtol=1e-5)


# Windows


def text_batches(kind, order, batch, steps, offset):
    """The batches of the library; the last one only if it is full."""
    text = torch.arange(35)
    if kind == "sequential":
        return list(sequential_batches(text, batch, steps, offset=offset))
    found = windows(text, steps, offset=offset)
    assert sorted(order) == list(range(len(found)))
    return [found.gather(torch.tensor(order[i : i + batch])) for i in range(0, len(found) - batch + 1, batch)]


@pytest.mark.parametrize("carry", [True, False])
@pytest.mark.parametrize("kind", ["random", "sequential"])
@pytest.mark.parametrize(("batch", "steps", "offset"), [(2, 5, 0), (1, 2, 1), (4, 8, 2), (3, 3, 2), (2, 6, 5)])
def test_windows_and_carried_states(explorer, kind, carry, batch, steps, offset):
    state = {"kind": kind, "carry": carry, "batch": batch, "steps": steps, "offset": offset, "at": 1}
    _, read = explorer("windows", state)
    data, found = read("e.data"), read("e.result.batches")
    wanted = text_batches(kind, data["order"], batch, steps, offset)
    assert [(one["inputs"], one["targets"]) for one in found] == [
        (one.inputs.tolist(), one.targets.tolist()) for one in wanted
    ]
    layer = nn.RNN(1, 1, bias=False, batch_first=True).double()
    with torch.no_grad():
        layer.weight_ih_l0.fill_(0.5)
        layer.weight_hh_l0.fill_(0.8)
        values, hidden = torch.tensor(data["values"], **DOUBLE), None
        for number, (one, given) in enumerate(zip(wanted, found, strict=True)):
            before = hidden if carry and number else torch.zeros(1, batch, 1, **DOUBLE)
            close(given["before"], before.flatten())
            _, hidden = layer(values[one.inputs][..., None], before)
            close(given["after"], hidden.flatten())
            previous = wanted[number - 1].targets[:, -1] if number else one.inputs[:, 0]
            follows = (previous == one.inputs[:, 0]).tolist()
            assert given["fits"] == (follows if carry else [True] * batch)


def test_with_partitions_the_state_always_fits_and_with_random_windows_it_does_not(explorer):
    _, read = explorer("windows", {"kind": "sequential", "carry": True, "steps": 3})
    fits = "e.result.batches.every((one) => one.fits.every(Boolean))"
    assert read(fits)
    assert "right" in read("e.words.textContent")
    _, read = explorer("windows", {"kind": "random", "carry": True, "steps": 3})
    assert not read(fits)
    assert "wrong" in read("e.words.textContent")


# Gradients through time


@pytest.mark.parametrize(
    ("name", "radius", "steps", "back", "clip"),
    [("identity", 0.9, 20, 50, 1), ("identity", 1.2, 30, 5, 0.5), ("tanh", 1.4, 50, 12, 10), ("tanh", 0.5, 2, 1, 0.1)],
)
def test_gradients_through_time(explorer, name, radius, steps, back, clip):
    state = {"name": name, "radius": radius, "steps": steps, "back": back, "clip": clip}
    _, read = explorer("bptt", state)
    data, found = read("e.data"), read("e.result")
    weights = torch.tensor(data["weights"], **DOUBLE)
    close(torch.linalg.eigvals(weights).abs().max(), radius)
    copies = [weights.clone().requires_grad_() for _ in range(steps)]  # one a step, so that each shows its share
    states = [torch.zeros(8, requires_grad=True, **DOUBLE)]
    for own, x in zip(copies, torch.tensor(data["inputs"], **DOUBLE), strict=True):
        added = own @ states[-1] + x
        states.append(added.tanh() if name == "tanh" else added)
    gradients = torch.autograd.grad(states[-1] @ torch.tensor(data["final"], **DOUBLE), [*states, *copies])
    close(found["gradients"], [g.norm() for g in gradients[: steps + 1]])
    shares = torch.stack(gradients[steps + 1 :])
    close(found["parts"], shares.flatten(1).norm(dim=1))
    full, some = shares.sum(0).flatten(), shares[-min(back, steps) :].sum(0).flatten()
    close([found["full"], found["norm"]], [full.norm(), some.norm()])
    close(found["cosine"], torch.cosine_similarity(full, some, dim=0))
    leaf = nn.Parameter(torch.zeros_like(some))
    leaf.grad = some.clone()
    nn.utils.clip_grad_norm_([leaf], clip if clip < 10 else math.inf)
    close(found["clipped"], leaf.grad.norm())
    close(found["factor"] * some, leaf.grad)


# Sampling


def letter_model():
    """The model of the page, in torch."""
    text = (STATIC / "text-model.js").read_text(encoding="utf-8")
    kept = json.loads(text.split("textModel = ")[1].rstrip(";\n"))
    parts = {key: torch.tensor(kept[key], **DOUBLE) / kept["scale"]
             for key in ("input", "state", "bias", "output", "outputBias")}  # fmt: skip
    hidden, size = parts["input"].shape
    layer, linear = nn.RNN(size, hidden).double(), nn.Linear(hidden, size).double()
    with torch.no_grad():
        for ours, theirs in (("input", layer.weight_ih_l0), ("state", layer.weight_hh_l0), ("bias", layer.bias_ih_l0)):
            theirs.copy_(parts[ours])
        layer.bias_hh_l0.zero_()
        linear.weight.copy_(parts["output"])
        linear.bias.copy_(parts["outputBias"])
    return kept, lambda letters, state: _logits(layer, linear, kept["tokens"], letters, state)


@torch.no_grad()
def _logits(layer, linear, tokens, letters, state):
    numbers = torch.tensor([tokens.index(letter) for letter in letters])
    hidden, state = layer(nn.functional.one_hot(numbers, len(tokens)).double(), state)
    return linear(hidden), state


DIALS = [(1, 0, 1, 0), (0.5, 5, 1, 0), (2, 0, 0.9, 0), (1.5, 12, 0.8, 0.05), (0, 0, 1, 0), (3, 0, 1, 0.2),
         (1, 1, 1, 0), (0.7, 0, 0.05, 1)]  # fmt: skip


@pytest.mark.parametrize(("temperature", "k", "p", "least"), DIALS)
def test_sampling(explorer, temperature, k, p, least):
    dials = {"temperature": temperature, "k": k, "p": p, "least": least}
    _, read = explorer("sampling", {**dials, "prompt": "Why is the Net, deep?", "seed": 7})
    kept, model = letter_model()
    found = read("e.result")
    assert read("e.data.prompt") == "why is the net deep "
    logits, state = model("why is the net deep ", None)
    logits = logits[-1]
    rule = SamplingRule(temperature=float(temperature), top_k=k, top_p=float(p), min_p=float(least))
    plain, after = logits.softmax(0), rule.distribution(logits)
    close(found["logits"], logits)
    close(found["plain"], plain)
    close(found["after"], after)
    close(found["bits"], [torch.special.entr(one).sum().item() / math.log(2) for one in (plain, after)])
    for row, text in enumerate(found["texts"]):  # each letter is where the drawn number falls into the distribution
        drawn = read(f"(() => {{ const d = D2.random(7000 + {row}); return Array.from({{length: 140}}, d.even); }})()")
        now, held = logits, state
        for number, letter in zip(drawn, text, strict=True):
            sums = rule.distribution(now).cumsum(0)
            place = kept["tokens"].index(letter)
            assert sums[place] > number - 1e-9
            assert place == 0 or sums[place - 1] <= number + 1e-9
            now, held = model(letter, held)
            now = now[-1]
    grams = [text[i : i + 4] for text in found["texts"] for i in range(len(text) - 3)]
    close(found["distinct"], len(set(grams)) / len(grams))


@pytest.mark.parametrize(("prompt", "read_as"), [("", " "), ("?!", " "), ("Tau = 3", "tau "), ("词 a", "a")])
def test_any_prompt_is_read_as_letters(explorer, prompt, read_as):
    _, read = explorer("sampling", {"prompt": prompt})
    assert read("e.data.prompt") == read_as
    assert read("e.result.logits.every(Number.isFinite)")


def test_the_letter_model_is_small_and_says_what_was_measured():
    """The perplexities stand in the file; the held-out one is measured again."""
    from d2lab.data.texts import read_notes
    from d2lab.text.tokens import keep_letters

    kept, model = letter_model()
    assert (STATIC / "text-model.js").stat().st_size < 60_000
    text = keep_letters(read_notes("en-test").decode())
    wanted = torch.tensor([kept["tokens"].index(letter) for letter in text[1:]])
    found = nn.functional.cross_entropy(model(text[:-1], None)[0], wanted).exp().item()
    assert found == pytest.approx(kept["perplexity"]["heldOut"], abs=2e-3)
    assert kept["perplexity"]["training"] < found < len(kept["tokens"])
