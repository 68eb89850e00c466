"""Experiments: from a recipe's names to data, a model, a loop and a trained record."""

from d2lab.experiments.run import Run, resume, train
from d2lab.experiments.trained import Trained, load_run

__all__ = ["Run", "Trained", "load_run", "resume", "train"]
