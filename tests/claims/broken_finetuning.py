"""A mistake for each claim about fine-tuning."""

QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "frozen-layers-take-no-part-in-updates": ('freeze(model, "drop").train()', "model.train()"),
    "layers-take-rates-of-their-own": ("parameter_groups(model, 10.0)", "parameter_groups(model, 1.0)"),
    "normalization-is-part-of-the-network": ("folded = kernel / deviation", "folded = kernel * deviation"),
    "rows-of-known-classes-start-the-head": ('if name == "copied":', 'if name == "random":'),
}
SLOW: dict[str, tuple[str, str, dict]] = {  # and sizes at which the verdict is still the recorded one
    "fine-tuning-is-faster-and-more-accurate": (
        "return network(len(OTHERS), seed + 1)",
        "return network(len(OTHERS), seed).apply(lambda m: [w.data.zero_() for w in m.parameters()])",
        {},
    ),
    "fine-tuning-does-not-make-it-worse": (
        'column(runs["scratch"], "late"), column(runs["two"], "late")',
        'column(runs["two"], "late"), column(runs["scratch"], "late")',
        {},
    ),
    "a-better-source-gives-a-better-model": (
        'classes = OTHERS[:2] if kind == "two" else OTHERS',
        'classes = OTHERS if kind == "seven" else OTHERS[:2]',
        {},
    ),
}
