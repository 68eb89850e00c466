"""Hidden units over a text: a run's recurrent model computed by the browser is torch's, state by state."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.experiments import load_run, train
from d2lab.explore.run import pages_of_run
from d2lab.explore.server import serving

pytestmark = pytest.mark.slow
TEXT = "The state, held twice."
SMALL = {"hidden": 7, "layers": 2, "examples": 2000, "batch_size": 8, "sample": 0, "epochs": 1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    how = {"device": "cpu", "root": root}
    made = {name: train(name, changes=SMALL, **how).record.folder for name in ("rnn", "gru", "lstm")}
    return made | {"letters": train("rnn", changes={**SMALL, "letters": True}, **how).record.folder}


@pytest.fixture(scope="module", params=["rnn", "gru", "lstm", "letters"])
def run(request, runs):
    return runs[request.param]


@pytest.fixture(scope="module")
def address(run):
    with serving(pages_of_run(run, "en")) as address:
        yield address


@torch.no_grad()
def test_states_and_predictions_are_those_of_torch(run, visit):
    trained = load_run(run)
    model, tokenizer = trained.model.double(), trained.experiment.tokenizer
    page = visit("")
    page.wait_for_function("document.querySelector('d2-states')?.stage?.children.length > 0")
    element = "document.querySelector('d2-states')"
    page.evaluate(f"(t) => {element}.set('text', t)", TEXT + "猫")  # unknown: left out
    read_as = page.evaluate(f"{element}.data.text.join('')")
    assert read_as.rstrip() == tokenizer.read(TEXT)  # a space that was just typed stays
    tokens = tokenizer.vocabulary.encode(read_as)
    read, state = torch.nn.functional.one_hot(tokens, len(tokenizer)).double(), None
    held = []
    for one in read:
        _, state = torch_layer(model)(one[None, None], state)
        held.append(state)
    for layer in (0, 1):
        for which in ("h", "c") if isinstance(state, tuple) else ("h",):
            for unit in (0, 6):
                page.evaluate(
                    f"(s) => Object.assign({element}.state, s)", {"layer": layer, "unit": unit, "held": which}
                )
                found = page.evaluate(f"{element}.result.values")
                parts = [s if isinstance(s, torch.Tensor) else s["hc".index(which)] for s in held]
                expected = [part[layer, 0, unit].item() for part in parts]
                torch.testing.assert_close(torch.tensor(found), torch.tensor(expected), rtol=1e-5, atol=1e-6)
    logits, _ = model(tokens[None])
    shares = logits[0].softmax(-1)
    found = page.evaluate(f"{element}.result")
    torch.testing.assert_close(torch.tensor(found["shares"]).double(), shares, rtol=1e-5, atol=1e-7)
    bits = -shares[:-1].gather(1, tokens[1:, None])[:, 0].log2()
    torch.testing.assert_close(torch.tensor(found["bits"][1:]).double(), bits, rtol=1e-5, atol=1e-6)


def torch_layer(model):
    """The recurrent layer as torch has it: ours takes tokens where it is fused."""
    layer = model.rnn
    if isinstance(layer, torch.nn.RNNBase):
        return layer
    twin = torch.nn.RNN(layer.input_size, layer.hidden_size, layer.num_layers).double()
    twin.load_state_dict(layer.state_dict())
    return twin


def test_the_arrow_keys_walk_through_the_text(visit):
    page = visit("")
    page.wait_for_function("document.querySelector('d2-states')?.stage?.children.length > 0")
    page.focus("[data-key=at]")
    for key, place in (("End", None), ("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        now = page.evaluate("document.querySelector('d2-states').state.at")
        assert now == place if place is not None else now > 2
        assert page.evaluate("document.activeElement.dataset.key") == "at"
    page.evaluate("document.querySelector('d2-states').set('text', '')")
    assert "character that the model knows" in page.inner_text(".d2-words")


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("gpt-char", {"width": 8, "heads": 2, "layers": 1, "context": 8}, "carries a state"),
        ("gru", {"hidden": 4, "unit": "words", "most_tokens": 50}, "model of characters"),
        ("ngram", {"order": 2}, "carries a state"),
    ],
)
def test_what_can_not_be_shown_is_refused_in_a_line(name, changes, said, tmp_path):
    changes = {"examples": 2000, "sample": 0, "epochs": 1, "batch_size": 4, "steps": 8, **changes}
    run = train(name, device="cpu", changes=changes, root=tmp_path)
    with pytest.raises(ConfigError, match=said) as caught:
        pages_of_run(run.record.folder, "en")
    assert "\n" not in str(caught.value)
