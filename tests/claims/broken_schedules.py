"""A mistake for each claim about momentum, schedules, the last batch, and classes as folders."""

QUICK: dict[str, tuple[str, str]] = {  # claim -> what its file says, and what a mistake would make of it
    "step-lr-multiplies-the-rate-every-few-epochs": ("gamma ** (epoch // period)", "gamma ** (epoch / period)"),
    "common-schedules-are-functions-of-the-step": ("theirs.step(loss)", "theirs.step(-loss)"),
    "momentum-with-the-rate-inside-is-torchs": (
        "momentum * velocity + rate * CURVATURES * inside",
        "momentum * velocity + CURVATURES * inside",
    ),
    "momentum-accelerates-in-a-narrow-valley": ("+ momentum * (weights - before)", "- momentum * (weights - before)"),
    "momentum-damps-oscillation": ("for momentum in (0.0, 0.9)", "for momentum in (0.0, 0.2)"),
    "momentum-escapes-local-minima": ("ends_at(start, momentum) > 0", "ends_at(start, momentum) > 1"),
    "classes-are-put-into-folders": ("== tuple(sorted(CLASSES))", "== CLASSES"),
    "drop-last-drops-the-incomplete-batch": ("batch_size=size, drop_last=True", "batch_size=size, drop_last=False"),
}
