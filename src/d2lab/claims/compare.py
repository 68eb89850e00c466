"""Fair comparisons of arms: each at its own best learning rate, the same seeds, and all that differs listed.

The learning rate of an arm is the one of a stated grid with the best validation accuracy, over seeds that the
comparison does not use. Settings, parameters, multiply-adds and steps are compared by the machine and kept with the
evidence, so that nothing that differs stays unsaid.

    found = compare({"16": ("mlp", {"batch_size": 16}), ...}, tune=(0.03, 0.1, 0.3))
    runs, decision = by_looks(found.measure, judge, seeds, stuck=found.stuck, differs=found.differs)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isnan, log, sqrt

import numpy as np

from d2lab.core.errors import ConfigError
from d2lab.core.settings import leaves
from d2lab.experiments.plan import Experiment, plan
from d2lab.experiments.quick_run import quick_run
from d2lab.reports.summary import summarize_config

TUNING_SEEDS = (1000, 1001, 1002)  # none that an experiment uses
HELD_OUT = 0.2  # of the training set, while the learning rate is chosen
NOISE = 3.0  # standard errors within which an accuracy is that of guessing
NEAR_LOG = 0.02  # nats from log(classes) within which a training loss is that of guessing
Arms = Mapping[str, tuple[str, Mapping[str, object]]]  # name -> recipe and its settings
Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Arms with their tuned learning rates, and what differs between them."""

    arms: Arms
    rates: Mapping[str, float]  # arm -> learning rate
    differs: tuple[Row, ...]  # first the names of the arms, then a row for each thing in which they differ

    def measure(self, seeds: Sequence[int]) -> dict[str, list[float]]:
        """Train every arm with each seed; return test accuracies by arm, training losses by "arm, train_loss".

        A run that diverged in its first epoch counts as an accuracy of 0.
        """
        found: dict[str, list[float]] = {}
        for name, (recipe, settings) in self.arms.items():
            changes = {**settings, "learning_rate": self.rates[name]}
            runs = [quick_run(recipe, changes=changes, seed=seed) for seed in seeds]
            found[name] = [float(rows[-1]["test_accuracy"]) if rows else 0.0 for rows in runs]
            found[f"{name}, train_loss"] = [float(rows[-1]["train_loss"]) if rows else inf for rows in runs]
        return found

    def stuck(self, runs: Mapping[str, Sequence[float]]) -> list[str]:
        """Return the arms that are at the level of chance.

        Args:
            runs: as `measure` returns them.
        """
        found = []
        for name, (recipe, settings) in self.arms.items():
            card = plan(recipe, changes=settings, device="cpu").card
            sizes = {"classes": len(card.classes), "examples": card.examples[1]}
            if at_chance(runs[name], runs[f"{name}, train_loss"], **sizes):
                found.append(name)
        return found


def compare(arms: Arms, *, tune: Sequence[float], tuning_seeds: Sequence[int] = TUNING_SEEDS) -> Comparison:
    """Choose the best learning rate of the grid for each arm, and list what differs between them.

    Args:
        arms: recipe and settings by name; what is not named is the same for all.
        tune: learning rates to choose from; one leaves nothing to tune.
        tuning_seeds: of the choice, others than those of the comparison.

    Raises:
        ConfigError: fewer than two arms, or no rate.
    """
    if len(arms) < 2 or not tune:
        raise ConfigError("compare", got=f"{len(arms)} arms, {len(tune)} rates", need="two arms or more and a rate")
    rates = {name: _best_rate(*arm, tune, tuning_seeds) for name, arm in arms.items()}
    return Comparison(arms=arms, rates=rates, differs=differences(arms, rates))


def at_chance(accuracies: Sequence[float], losses: Sequence[float], *, classes: int, examples: int) -> bool:
    """Return whether an arm is no better than guessing: by its test accuracy, or by a training loss of log(classes).

    Args:
        accuracies: on the test set, one per seed.
        losses: cross-entropies on the training set; none if not known.
        classes: number of classes.
        examples: of the test set.
    """
    chance = 1 / classes
    noise = NOISE * sqrt(chance * (1 - chance) / (examples * len(accuracies)))
    guessed = bool(losses) and float(np.mean(losses)) >= log(classes) - NEAR_LOG
    return float(np.mean(accuracies)) <= chance + noise or guessed


def differences(arms: Arms, rates: Mapping[str, float]) -> tuple[Row, ...]:
    """List what differs between arms: settings, parameters, multiply-adds of one example, steps.

    Args:
        arms: recipe and settings by name.
        rates: learning rate of each.
    """
    found = []
    for name, (recipe, settings) in arms.items():
        found.append(_facts(plan(recipe, changes={**settings, "learning_rate": rates[name]}, device="cpu")))
    names = list(dict.fromkeys(name for facts in found for name in facts))
    rows = [(name, *(facts.get(name, "-") for facts in found)) for name in names]
    return (("", *arms), *(row for row in rows if len(set(row[1:])) > 1))


def _facts(experiment: Experiment) -> dict[str, str]:
    """Return all that decides a run, as text by name."""
    summary = summarize_config(experiment.settings.model, _shape(experiment))
    loop, known = experiment.settings.loop, experiment.card.examples[0]
    examples = min(known, loop.examples or known)
    steps = ceil(examples / loop.batch_size / loop.accumulate) * loop.epochs
    facts = {"recipe": experiment.recipe.name}
    facts |= {name: str(value) for name, value in leaves(experiment.settings)}
    return facts | {
        "parameters": f"{summary.parameters:,}",
        "multiply-adds": f"{summary.multiply_adds:,}",
        "steps": f"{steps:,}",
    }


def _shape(experiment: Experiment) -> tuple[int, ...] | None:
    """Return the shape of an example where the model has no side of its own."""
    return None if hasattr(experiment.settings.model, "side") else experiment.card.shape


def _best_rate(recipe: str, settings: Mapping[str, object], tune: Sequence[float], seeds: Sequence[int]) -> float:
    """Return the learning rate with the best mean validation accuracy; a run that diverged counts as 0."""
    if len(tune) == 1:
        return tune[0]
    scores = []
    for rate in tune:
        changes = {**settings, "learning_rate": rate, "validation": HELD_OUT}
        runs = [quick_run(recipe, changes=changes, seed=seed) for seed in seeds]
        ends = [float(rows[-1]["valid_accuracy"]) if rows else 0.0 for rows in runs]
        scores.append(sum(0.0 if isnan(end) else end for end in ends) / len(ends))
    return tune[scores.index(max(scores))]
