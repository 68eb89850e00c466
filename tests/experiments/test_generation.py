"""What a run writes: by draws and by search, seeded, in tokens it knows; how well it predicts each part."""

import math

import pytest

from d2lab.core.errors import ConfigError
from d2lab.experiments import load_run, train
from d2lab.experiments.generation import Writing, evaluate_parts, write_text
from d2lab.text.sampling import SamplingRule

TINY = {"examples": 3000, "batch_size": 8, "epochs": 1, "threads": 1, "sample": 0}
MODELS = {
    "rnn": {"hidden": 16, "steps": 16},
    "lstm": {"hidden": 16, "steps": 16},
    "gpt-char": {"width": 16, "layers": 1, "heads": 2, "context": 16},
    "ngram": {"order": 3},
}


@pytest.fixture(scope="module", params=MODELS)
def run(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    made = train(request.param, device="cpu", changes={**TINY, **MODELS[request.param]}, root=root)
    return load_run(made.record.folder)


def test_a_seed_gives_the_same_text(run):
    texts = [write_text(run, Writing(prompt="The ", tokens=40, seed=seed)) for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert all(text.startswith("The ") and len(text) == 44 for text in texts)


def test_the_likeliest_token_is_a_beam_of_one(run):
    greedy = write_text(run, Writing(prompt="The ", tokens=12, rule=SamplingRule(temperature=0.0)))
    assert write_text(run, Writing(prompt="The ", tokens=12, beam=1)) == greedy


def test_a_wider_beam_finds_a_text_at_least_as_probable_here(run):
    def log_probability(text):
        tokens = run.experiment.tokenizer.encode(text)[None]
        logits, _ = run.model(tokens[:, :-1], None)
        return float(logits.detach().double().log_softmax(-1).gather(-1, tokens[:, 1:, None])[0, 3:].sum())

    narrow, wide = (write_text(run, Writing(prompt="The ", tokens=3, beam=beam)) for beam in (1, 2000))
    assert log_probability(wide) >= log_probability(narrow) - 1e-5


def test_a_prompt_of_unknown_characters_is_refused_in_a_line(run):
    with pytest.raises(ConfigError, match="unknown to the model: 猫") as caught:
        write_text(run, Writing(prompt="a 猫"))
    assert "\n" not in str(caught.value)


def test_without_a_prompt_it_goes_on_from_the_held_out_text(run):
    assert write_text(run, Writing(tokens=5)).startswith("Looking ")


def test_every_part_is_evaluated(run):
    found = evaluate_parts(run)
    assert set(found) == {"train", "valid", "test"}
    for values in found.values():
        assert values["perplexity"] == pytest.approx(math.exp(values["loss"]), rel=1e-5)
        assert values["bits_per_token"] == pytest.approx(values["loss"] / math.log(2), rel=1e-5)
        assert 0.9 < values["bits_per_byte"] / values["bits_per_token"] <= 1
    assert found["test"]["loss"] == pytest.approx(run.evaluate()["loss"], rel=1e-6)
    other = evaluate_parts(run, "notes-zh")
    assert set(other) == {"test"}
    assert other["test"]["unknown_share"] > 0.5


def test_an_image_model_writes_nothing(tmp_path):
    made = train("softmax", device="cpu", budget="smoke", changes={"threads": 1}, root=tmp_path)
    with pytest.raises(ConfigError, match="a language model"):
        write_text(load_run(made.record.folder), Writing())


def test_the_unknown_token_is_never_written(run):
    text = write_text(run, Writing(prompt="The ", tokens=300, rule=SamplingRule(temperature=50.0)))
    assert "\ufffd" not in text
