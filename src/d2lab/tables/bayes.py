"""Discrete probability as tables: joint, marginal and conditional distributions, and Bayes' rule."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from d2lab.core.errors import ConfigError

Table = Float[Tensor, "cause effect"]


class Joint(NamedTuple):
    """Joint distribution P(cause, effect): rows are causes, columns are effects, and all entries sum to 1.

    Source: Kolmogorov 1933, "Grundbegriffe der Wahrscheinlichkeitsrechnung", chapter I.
    """

    table: Table

    def causes(self) -> Float[Tensor, " cause"]:
        """Return the marginal P(cause), the sums of rows."""
        return self.table.sum(1)

    def effects(self) -> Float[Tensor, " effect"]:
        """Return the marginal P(effect), the sums of columns."""
        return self.table.sum(0)

    def effect_given_cause(self) -> Table:
        """Return the conditional P(effect | cause): every row divided by its sum."""
        return self.table / self.causes()[:, None]

    def cause_given_effect(self) -> Table:
        """Return the posterior P(cause | effect) by Bayes' rule: every column divided by its sum."""
        return self.table / self.effects()

    def independent(self, atol: float = 1e-12) -> bool:
        """Return whether P(cause, effect) = P(cause) P(effect) everywhere, up to `atol`."""
        return bool((self.table - self.causes()[:, None] * self.effects()).abs().amax() <= atol)


def posterior(prior: Float[Tensor, " prior"], likelihood: Table) -> Joint:
    """Compute the joint distribution from prior and likelihood; its `cause_given_effect()` is the posterior.

    Source: Bayes 1763, "An Essay towards solving a Problem in the Doctrine of Chances", proposition 5.

    Args:
        prior: P(cause).
        likelihood: P(effect | cause), a row for each cause.

    Raises:
        ConfigError: a probability is negative, or the prior or a row does not sum to 1.
    """
    sums = torch.cat([prior.sum()[None], likelihood.sum(1)])
    negative = bool((prior < 0).any() or (likelihood < 0).any())
    if len(prior) != len(likelihood) or negative or not torch.allclose(sums, torch.ones_like(sums)):
        raise ConfigError("the probabilities", got=sums.tolist(), need="a row for each cause, none negative, sums of 1")
    return Joint(prior[:, None] * likelihood)


def medical_test(prevalence: float, sensitivity: float, false_positive_rate: float, positives: int = 1) -> float:
    """Compute the probability of disease after `positives` positive tests, independent given the state of health.

    Posterior odds are prior odds times (sensitivity / false_positive_rate) for every positive test. A rare disease
    stays improbable after one positive result of a good test: to overlook that is the base-rate fallacy.

    Source: Gigerenzer and Hoffrage 1995, "How to Improve Bayesian Reasoning Without Instruction".

    Args:
        prevalence: prior probability of disease, before any test.
        sensitivity: true positive rate, the share of positive tests among the ill.
        false_positive_rate: share of positive tests among the healthy.
        positives: number of positive tests, 0 or more.

    Raises:
        ConfigError: a share is outside 0 to 1, positives is negative, or a positive test can't happen.
    """
    shares = (prevalence, sensitivity, false_positive_rate)
    if not all(0 <= share <= 1 for share in shares) or positives < 0:
        raise ConfigError("the medical test", got=(*shares, positives), need="shares from 0 to 1 and 0 tests or more")
    ill = prevalence * sensitivity**positives
    healthy = (1 - prevalence) * false_positive_rate**positives
    if ill + healthy == 0:
        raise ConfigError("the medical test", got="no way to be positive", need="a positive test that can happen")
    return ill / (ill + healthy)
