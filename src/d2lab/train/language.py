"""Tasks on sequences: language models whose windows do not know of each other, and forecasts of a series."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from d2lab.core.errors import ConfigError
from d2lab.core.tensor_tree import Tree
from d2lab.data.batch import Batch
from d2lab.data.card import Card
from d2lab.metrics import Metric
from d2lab.metrics.forecast import ForecastErrors
from d2lab.models.autoregression import roll_out
from d2lab.text.likelihood import perplexity_of
from d2lab.train.task import Model, Step, Task
from d2lab.train.tasks import LanguageModeling, register_task

SERIES = "d2lab.data.series"  # module of the cards whose examples are windows of a series


class WindowedLanguageModeling(LanguageModeling):
    """Predicts the next token within windows: each begins without a state, so that they may come in any order."""

    name = "language by windows"
    carries_state = False

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Run the model on windows that do not go on from those before."""
        result = super().loss(model, batch, None)
        result.state = None
        return result


class Forecasting(Task):
    """Predicts the next value of a series from its last ones, by the mean squared error of one step ahead.

    Held-out windows are continued for as many steps as they have targets, each prediction made from those before it.
    """

    name = "forecasting"
    kinds = ("regression",)
    ahead = False

    def loss(self, model: Model, batch: Batch, state: Tree = None) -> Step:
        """Compare the value after each window with the prediction."""
        history: Tensor = batch.inputs
        outputs = model(history)
        loss = functional.mse_loss(outputs, batch.targets[:, :1])
        if self.ahead:
            window = torch.cat([history, outputs], 1)[:, 1:]
            outputs = torch.cat([outputs, roll_out(model, window, batch.targets.shape[1] - 1)], 1)
        return Step(loss, outputs, len(batch))

    def metrics(self) -> list[Metric]:
        """Return the root mean squared error of each number of steps ahead."""
        return [ForecastErrors()]

    def train_metrics(self) -> list[Metric]:
        """Return none: the loss says it."""
        return []

    def for_evaluation(self) -> Task:
        """Return the task that predicts many steps ahead."""
        task = Forecasting()
        task.ahead = True
        return task

    def check(self, card: Card) -> None:
        """Check that the data are a series.

        Raises:
            ConfigError: they are not.
        """
        super().check(card)
        if card.module != SERIES:
            raise ConfigError("data", got=card.name, need="a series", fix="Try --data noisy-sine or ar-process.")


for _task in (WindowedLanguageModeling(), Forecasting()):
    register_task(_task)


def with_perplexity(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an epoch's row with the training perplexity, exp of its mean loss, so that it stands beside the others."""
    return {**row, "train_perplexity": perplexity_of(row.get("train_loss", math.inf))}
