"""Settings with which the notes train every image classifier: plain SGD, Xavier initialization, ten epochs."""


def book_settings(*, side: int | None, learning_rate: float, batch_size: int) -> dict[str, object]:
    """Return the settings of the notes for a model, in place of the recipe's own for small data.

    Args:
        side: side of the images, pixels; None for a model that takes them as stored.
        learning_rate: learning rate of SGD.
        batch_size: examples per step.
    """
    settings: dict[str, object] = {
        "init": "xavier",
        "optimizer.name": "sgd",
        "learning_rate": learning_rate,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "clip_norm": None,
        "schedule.name": "constant",
        "warmup_steps": 0,
        "epochs": 10,
        "batch_size": batch_size,
    }
    return settings if side is None else settings | {"side": side}
