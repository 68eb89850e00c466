"""`d2lab generate` and `evaluate` on a language model, in both languages; each refusal is one line."""

import pytest

SMALL = ("examples=3000", "batch_size=8", "hidden=16", "steps=16", "epochs=1", "threads=1")


@pytest.fixture(scope="module", params=["notes-en", "notes-zh"])
def run(request, tmp_path_factory):
    from d2lab.experiments import train

    changes = dict(pair.split("=") for pair in SMALL)
    root = tmp_path_factory.mktemp("runs")
    done = train("rnn", data=request.param, device="cpu", changes=changes, root=root)
    return request.param, done.record.folder


def test_it_writes_on_from_a_prompt_in_its_language(d2lab, run):
    data, folder = run
    prompt, foreign = "The " if data == "notes-en" else "数据", "\u0905"
    code, out, err = d2lab("generate", folder, "--prompt", prompt, "--tokens", 30, "--seed", 2)
    assert (code, err) == (0, "")
    assert out.startswith(prompt) and len(out.rstrip("\n")) >= len(prompt) + 20  # noqa: PT018
    assert d2lab("generate", folder, "--prompt", prompt, "--tokens", 30, "--seed", 2)[1] == out
    code, out, err = d2lab("generate", folder, "--prompt", foreign)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"unknown to the model: {foreign}" in err


def test_beam_and_options_are_bounded(d2lab, run):
    _, folder = run
    assert d2lab("generate", folder, "--tokens", 5, "--beam", 3)[0] == 0
    for option, value in (("--top-p", 0), ("--min-p", 1.5), ("--beam", -1), ("--temperature", "nan"), ("--tokens", 0)):
        code, out, err = d2lab("generate", folder, option, value)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert option in err


def test_every_part_is_evaluated(d2lab, run):
    code, out, _ = d2lab("evaluate", run[1])
    assert code == 0
    said = dict(line.rsplit("  ", 1) for line in out.splitlines())
    for part in ("train", "valid", "test"):
        assert float(said[f"{part} perplexity"]) > 1
        assert float(said[f"{part} bits_per_byte"]) > 0


def test_plot_draws_the_curves_and_prints_what_was_written(d2lab, run):
    code, out, err = d2lab("plot", run[1])
    assert (code, err) == (0, "")
    assert (run[1] / "curves.png").is_file()
    assert "epoch 1:\n" in out


@pytest.mark.slow
def test_a_run_of_counts_advises_no_more_epochs(d2lab, tmp_path):
    from d2lab.experiments import train

    run = train("ngram", device="cpu", budget="smoke", root=tmp_path)
    code, out, err = d2lab("resume", run.record.folder)
    assert (code, err) == (0, "")
    assert "It was finished before." in out
    assert "--epochs" not in out
