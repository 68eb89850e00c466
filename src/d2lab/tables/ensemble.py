"""Predictions of rows by models that have not seen them, and a mean of models chosen on such predictions."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from d2lab.core.errors import ConfigError

Rows = Int64[np.ndarray, " _"]
Predictions = Float64[np.ndarray, "_ output"]
FitAndPredict = Callable[[Rows, Rows], Predictions]  # training rows, rows to predict -> their predictions
Loss = Callable[[Predictions], float]


def out_of_fold(rows: int, folds: Sequence[tuple[Rows, Rows]], predict: FitAndPredict) -> Predictions:
    """Predict every row by the model of the fold that holds it out.

    Whatever a model is made of has to be learned inside `predict` from the training rows: the scaling of a column, the
    words that are frequent, how far regularization goes. Learned outside, it has seen the rows that it is judged by.

    Source: Wolpert 1992, "Stacked Generalization", Neural Networks 5(2), section 2.

    Args:
        rows: how many there are.
        folds: training rows and held-out rows, as `data.folds.k_fold` gives them; each row is held out once.
        predict: fits on training rows and returns predictions of the others.

    Raises:
        ConfigError: a row is held out never or twice, or is trained on where it is held out.
    """
    held = np.concatenate([out for _, out in folds]) if folds else np.zeros(0, dtype=np.int64)
    if len(held) != rows or not np.array_equal(np.sort(held), np.arange(rows)):
        raise ConfigError("the folds", got=f"{len(held)} rows held out", need=f"each of {rows} rows once")
    parts = []
    for train, out in folds:
        if len(np.intersect1d(train, out)):
            raise ConfigError("a fold", got="rows that are trained on and held out", need="one of both")
        parts.append(predict(train, out))
    whole = np.empty((rows, parts[0].shape[1]))
    whole[held] = np.concatenate(parts)
    return whole


def greedy_ensemble(
    predictions: Sequence[Predictions], loss: Loss, *, rounds: int = 50
) -> Float64[np.ndarray, " model"]:
    """Choose the weights of a mean of models: begin with the best and add, again and again, whichever helps most.

    A model may be added several times; its weight is how often it was. The best of all rounds counts.

    Source: Caruana, Niculescu-Mizil, Crew, Ksikes 2004, "Ensemble Selection from Libraries of Models", section 2.

    Args:
        predictions: of each model, of rows that it has not seen.
        loss: of predictions of these rows, the smaller the better.
        rounds: how often a model is added.

    Raises:
        ConfigError: there is no model, or no round.
    """
    if not predictions or rounds < 1:
        raise ConfigError("an ensemble", got=f"{len(predictions)} models, {rounds} rounds", need="one or more of both")
    counts = np.zeros(len(predictions))
    best, chosen, total = np.inf, counts, np.zeros_like(predictions[0])
    for number in range(1, rounds + 1):
        losses = [loss((total + one) / number) for one in predictions]
        least = int(np.argmin(losses))
        counts = counts.copy()
        counts[least] += 1
        total = total + predictions[least]
        if losses[least] < best:
            best, chosen = losses[least], counts
    weights: Float64[np.ndarray, " model"] = chosen / chosen.sum()
    return weights


def score(losses: Shaped[np.ndarray, " row"]) -> tuple[float, float]:
    """Return the mean of the losses of rows and the half width of its 95 % interval.

    The interval is that of a mean of independent rows. Rows of one fold share a model, so it is a little too short.
    """
    half = 1.96 * float(np.std(losses, ddof=1)) / len(losses) ** 0.5 if len(losses) > 1 else float("inf")
    return float(np.mean(losses)), half
