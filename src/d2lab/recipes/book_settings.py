"""What the notes train every image classifier with: plain gradient descent, Xavier, ten epochs."""


def book_settings(*, side: int | None, learning_rate: float, batch_size: int) -> dict[str, object]:
    """Return the settings of the notes for a model, whatever the recipe says for small data.

    Args:
        side: of the images, pixels; none for a model that takes them as they are.
        learning_rate: of gradient descent.
        batch_size: examples a step.
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
