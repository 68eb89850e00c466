"""A mistake for each claim of chapter 19."""

FEW = {"seeds": range(5)}
QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "time-machine-has-28-kinds-of-characters": ('"".join(lines)', '" ".join(lines)'),
    "texts-become-numbers-and-come-back": ("known.decode(ids)", "known.decode(ids.flip(0))"),
    "perplexity-is-one-at-best-and-the-vocabulary-when-guessing": ("/ kinds - 1", "/ (kinds - 1) - 1"),
    "perplexity-is-a-harmonic-mean-of-choices": ("1 / (1 / choices).mean()", "choices.log().mean().exp()"),
    "word-frequencies-follow-zipf": ("first=RANKS[0], last=RANKS[1]) for n", "first=1500, last=3000) for n"),
    "frequencies-of-triples-follow-zipf": ("split(), 3)", "split(), 1)"),
    "laplace-smoothing-serves-pairs-of-words": ("text.words, way", "text.characters, way"),
    "laplace-smoothing-serves-pairs-of-letters": ('"notes-en", text.characters', '"notes-en", text.words'),
    "observations-depend-on-earlier-ones": ("[abs(correlation(series, 1))", "[abs(correlation(series[mixed], 1))"),
    "tau-of-the-whole-length-leaves-one-example": ("torch.arange(count), tau)", "torch.arange(count), tau - 1)"),
    "markov-models-look-at-few-recent-values": ("sample(FIRST, count)", "sample(SECOND, count)"),
    "long-texts-are-read-at-random-or-in-order": ("pairwise(read)", "pairwise(read[::-1])"),
    "hidden-layer-is-a-function-and-hidden-state-a-memory": ("second = cell(x, first)", "second = cell(x)"),
    "two-products-are-one-of-joined-matrices": ("[from_input, from_state]", "[from_state, from_input]"),
    "rnn-parameters-do-not-grow-with-time": ("(KINDS + 256 + 2)", "(KINDS + 256 + 1)"),
    "recurrent-layers-return-outputs-and-a-state": ("(outputs[:, -1] - state", "(outputs[:, 0] - state"),
    "high-level-rnn-reaches-a-lower-perplexity": ("for model in (loop, layer):", "for model in (layer,):"),
    "books-gru-is-the-gru-of-torch": ("reset=reset", 'reset="after"'),
    "detaching-the-state-saves-computation": ("state.detach() if detach else state", "state.detach()"),
    "clipping-stops-explosion-but-not-vanishing": ('1.0 if name == "exploded"', '1e6 if name == "exploded"'),
    "truncation-loses-a-part-of-the-gradient": ("state + factor * weight", "state + weight"),
    "random-truncation-is-unbiased": ("1 / chance if one", "1.0 if one"),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "commonest-words-are-stop-words": ("words.tokens[1:11]", "words.tokens[1001:1011]", {}),
    "one-recurrent-layer-serves-many-tasks": ("targets[:cut].flatten()", "targets[:cut].flatten().flip(0)", {}),
    "high-level-rnn-trains-faster": (
        'cost["scratch"] / cost["high_level"]',
        'cost["high_level"] / cost["scratch"]',
        {},
    ),
    "autoregressive-models-predict-from-their-past": ("one_step_error(series, 4)", "one_step_error(mixed, 4)", FEW),
    "larger-tau-is-not-always-better": ("text.embed_series(series[:CUT], tau)", "text.embed_series(series, tau)", FEW),
    "latent-variables-summarize-the-past": ("STAY, SHOWN = 0.95, 0.8", "STAY, SHOWN = 0.5, 0.8", FEW),
    "autoregressive-and-latent-models-both-predict": (
        "strands[:, -predicted.shape[1] :])",
        "strands[:, : predicted.shape[1]].flip(0))",
        FEW,
    ),
    "extrapolation-is-harder-than-interpolation": ("for part in (ends, inside)", "for part in (inside, inside)", {}),
    "errors-accumulate-over-many-steps": (
        "model.rollout(windows[:, :4], steps)",
        "model(windows.unfold(1, 4, 1)[:, :-1].flatten(0, 1)).detach().view(-1, steps)",
        {},
    ),
    "forward-estimation-is-easier": ("sin(3 * x)", "sin(0.3 * x)", FEW),
    "states-are-carried-between-neighbors-only": ("after.detach() if carry else None", "None", FEW),
    "warm-up-improves-the-hidden-state": ("20 - warm_up : 21", "20:21", {}),
    "training-perplexity-near-one-is-memorized": ("memorized(ids, held_out, seed", "memorized(ids, ids, seed", FEW),
    "adam-needs-fewer-epochs-than-sgd": (
        "(torch.optim.SGD, (0.25, 0.5, 1.0, 2.0))",
        "(torch.optim.Adam, (0.005, 0.01, 0.02, 0.04))",
        FEW,
    ),
}
