"""A mean of fitted models of a table, with weights that were chosen on rows that none of them had seen.

It is fitted in one pass, not trained by steps (`experiments.table_fit`); what is left of that are tensors.

Source: Caruana, Niculescu-Mizil, Crew, Ksikes 2004, "Ensemble Selection from Libraries of Models"; in tools for tables:
Erickson et al. 2020, "AutoGluon-Tabular".
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from jaxtyping import Float
from msgspec import Meta
from torch import Tensor, nn

from d2lab.core.bounds import Features
from d2lab.core.errors import ConfigError
from d2lab.models.catalog import ModelConfig, register_model
from d2lab.models.table_members import Kernel, Linear, Member, Trees

MEMBERS: dict[str, type[Member]] = {
    "ridge": Linear,
    "lasso": Linear,
    "logistic": Linear,
    "kernel": Kernel,
    "boosting": Trees,
    "forest": Trees,
}
LEAST = 1e-12  # a probability of 0 would cost an infinite loss


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEnsembleConfig(ModelConfig):
    """Which models are fitted, and how much; the data decide sizes."""

    COUNTED: ClassVar[bool] = True

    inputs: Features = 10  # features
    answers: Annotated[int, Meta(ge=1, le=1000, description="numbers")] = 1  # one for each class, or a number
    members: tuple[str, ...] = ()  # ridge, lasso, kernel, boosting, forest; logistic for classes; all that suit
    folds: Annotated[int, Meta(ge=2, le=100, description="folds")] = 5  # each row is judged by a model without it
    rounds: Annotated[int, Meta(ge=1, le=100_000, description="trees")] = 600  # of boosting, a third for classes
    trees: Annotated[int, Meta(ge=1, le=100_000, description="trees")] = 200  # of the forest
    log_target: Literal["auto", "yes", "no"] = "auto"  # predict the logarithm: where all are positive and skewed


@register_model(TableEnsembleConfig)
class TableEnsemble(nn.Module):
    """Features -> a number in the target's own unit, or the logarithm of a probability for each class."""

    weights: Float[Tensor, " member"]
    mean: Float[Tensor, ""]  # of the target, or of its logarithm
    scale: Float[Tensor, ""]
    log: Float[Tensor, ""]  # 1 where the logarithm is predicted

    def __init__(self, config: TableEnsembleConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleDict()
        for name, value in (("weights", torch.zeros(0)), ("mean", torch.zeros(())), ("scale", torch.ones(()))):
            self.register_buffer(name, value.double())
        self.register_buffer("log", torch.zeros((), dtype=torch.float64))

    def fill(
        self, members: dict[str, Member], weights: Float[Tensor, " member"], mean: float, scale: float, log: bool
    ) -> None:
        """Take fitted models and their weights.

        Args:
            members: by name, in the order of their weights.
            weights: 0 or more, of sum 1.
            mean: that was subtracted from the target.
            scale: that it was divided by.
            log: whether its logarithm was taken before.
        """
        of_each = dict(zip(members, weights.double(), strict=True))
        self.members = _in_order(members)
        self.weights = torch.stack([of_each[name] for name in self.members])
        for name, value in (("mean", mean), ("scale", scale), ("log", float(log))):
            setattr(self, name, torch.tensor(value, dtype=torch.float64))

    def allocate(self, tensors: dict[str, Tensor]) -> None:
        """Make room for kept models of any size; `load_state_dict` fills it.

        Raises:
            ConfigError: a model is of a kind that is not known.
        """
        kept: dict[str, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("members."):
                _, member, buffer = (*name.split(".", 2), "")[:3]
                kept.setdefault(member, {})[buffer] = torch.zeros_like(value)
        members = {}
        for name, buffers in kept.items():
            if name not in MEMBERS:
                raise ConfigError("a model of a table", got=name, need=", ".join(MEMBERS))
            members[name] = MEMBERS[name]()
            members[name].fill(buffers)
        self.members = _in_order(members)
        self.weights = torch.zeros_like(tensors.get("weights", self.weights))

    def forward(self, features: Float[Tensor, "row feature"]) -> Float[Tensor, "row answer"]:
        """Return the weighted mean of what the members answer.

        Raises:
            ConfigError: nothing was fitted yet.
        """
        if not len(self.members):
            raise ConfigError("the ensemble", got="no model", need="models that were fitted")
        answers = torch.stack([member(features.double()) for member in self.members.values()])  # member row answer
        mean = torch.einsum("m,mra->ra", self.weights, answers)
        if self.config.answers > 1:
            return mean.clamp(min=LEAST).log().float()
        numbers = mean * self.scale + self.mean
        return (numbers.exp() if self.log else numbers).float()


def _in_order(members: dict[str, Member]) -> nn.ModuleDict:
    """Return members in one order, whatever that of a file of tensors was: their weights have no names."""
    return nn.ModuleDict({name: members[name] for name in MEMBERS if name in members})
